/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things live. Each folder can be moved by an environment variable, for tests and for nodes with several roots.
 *
 *   folder                 variable          holds
 *   /etc/resid             RESID_CONF_DIR    policy.yaml, residd.conf, assign.d/, sets/, packs/
 *   /usr/share/resid       RESID_SHARE_DIR   sets/, packs/
 *   /var/lib/resid         RESID_STATE_DIR   current.rsnap, generations/, mode
 *   /run/resid             RESID_RUN_DIR     status.json
 *   /sys/fs/bpf/resid      RESID_BPF_DIR     pinned maps and programs
 *   /var/log/resid/egress.jsonl  RESID_LOG_FILE
 *   /var/cache/resid/worlds  RESID_CACHE_DIR   data as they were laid out last; may be deleted at any time. For others
 *                                              than root: $XDG_CACHE_HOME/resid, or ~/.cache/resid
 */
#ifndef RESID_UTIL_PATHS_H
#define RESID_UTIL_PATHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/error.h"

struct path {
	char text[PATH_MAX];
};

const char *paths_conf_dir(void);
const char *paths_share_dir(void);
const char *paths_state_dir(void);
const char *paths_run_dir(void);
const char *paths_bpf_dir(void);
const char *paths_log_file(void);
/* "" : there is none. */
const char *paths_cache_dir(void);

/* DIR/FORMAT..., by value. */
struct path paths_in(const char *dir, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes a folder and the ones above it. */
int paths_make_dir(const char *dir, mode_t mode, struct resid_error *err);

/* The folder of a file, "." if it names none. */
struct path paths_dir_of(const char *file);

/* The id of group `resid`, or FILE_OWN_GROUP if the system has none. */
gid_t paths_group(void);

#endif
