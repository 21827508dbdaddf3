/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/resid/residd.conf: key = value, # begins a comment. What is not understood is said, and nothing stops for it: a
 * typo must neither be a silent default nor leave the node without its daemon.
 */
#ifndef RESIDD_CONFIG_H
#define RESIDD_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "audit/privacy.h"
#include "node/absent.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/settings.h"

struct config {
	struct path geoip4, geoip6, sets;	/* "": the compiler's default */
	uint32_t drain_interval;	/* seconds between drains that the kernel did not ask for */
	uint32_t status_interval;	/* seconds between two status files, at most */
	uint32_t reconcile_interval;	/* seconds between reconciliations that no event asked for */
	uint32_t generations_keep;	/* old snapshots on disk */
	struct path audit_key;		/* signs the heads of the spool */
	uint32_t spool_days, spool_mb;	/* how long records are kept, and how many; 0 MB: what the disk holds */
	uint32_t spool_segment_mb, spool_segment_age;	/* when a segment is closed; seconds */
	enum absent_setting when_absent;	/* so that it is no typo; node/absent.h reads it where it counts */
	struct privacy privacy;
	struct setting_text metrics_listen;	/* loopback address and port, or a socket; "": none */
	struct path metrics_file;	/* for a node exporter; "": none */
};

/* A missing file is the default. `wrong` is told of each line that is not understood; its setting keeps its default. */
void config_read(struct config *config, const char *file, settings_wrong *wrong, void *context);

#endif
