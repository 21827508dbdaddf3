/* SPDX-License-Identifier: Apache-2.0 */
/* The node's state as Prometheus reads it (text format 0.0.4): what residd serves and leaves for a node exporter. */
#ifndef RESID_SINK_METRICS_H
#define RESID_SINK_METRICS_H

#include "spool/spool.h"
#include "nl/nl.h"
#include "sink/sinks.h"
#include "util/jsonw.h"
#include "snapshot/snapshot.h"

struct metrics_facts {
	uint64_t started;	/* of the daemon: seconds since the epoch */
	const struct resid_nl_status *status;	/* NULL: the module is not there */
	const struct resid_nl_counter *counters;
	size_t counter_count;
	bool counters_known;	/* else there are none, because they could not be had */
	uint32_t unhooked;	/* devices of the initial namespace, but loopback, that the module does not hook */
	bool unhooked_known;
	const struct snapshot *snapshot;	/* NULL: no policy */
	const struct spool_status *spool;	/* NULL: none */
	bool spool_writable;
	const struct sink_status *sinks;
	size_t sink_count;
	bool clock_synchronised;
	unsigned int troubles;	/* of the daemon, as `residctl status` says them */
};

void metrics_write(struct jsonw *out, const struct metrics_facts *facts);

#endif
