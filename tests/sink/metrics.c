// SPDX-License-Identifier: Apache-2.0
/* metrics SNAPSHOT: every metric that there is, of a node with some of everything, names hostile to the format too. */
#include <stdio.h>

#include "userspace/residd/metrics.h"

int main(int argc, char **argv)
{
	const struct resid_nl_status status = { .mode = RESID_MODE_ENFORCING, .has_generation = true, .tagger = 7,
						.devices = 3, .netns = 2, .audit_slots = 4096, .audit_used = 12,
						.audit_batch = 9, .audit_acked = 8, .audit_folded = 1 };
	const struct resid_nl_counter counters[] = {
		{ .class_id = 1, .verdict = RESID_V_REJECT, .rule = 1, .packets = 10, .bytes = 600 },
		{ .class_id = 2, .verdict = RESID_V_DROP, .rule = 2, .packets = UINT64_MAX, .bytes = 1 },
	};
	const struct spool_status spool = { .segments = 2, .bytes = 1000, .records = 30, .room = 4096 };
	const struct sink_status sinks[] = {
		{ .name = "siem", .transport = "syslog-tls", .lag = 4, .delivered = 26, .failures = 1 },
		{ .name = "a\"b\\c\nd\xff", .transport = "bulk", .state = SINK_FAILING, .parked = 2 },
	};
	struct metrics_facts facts = { .started = 1792842896, .status = &status, .counters = counters,
				       .counter_count = 2, .spool = &spool, .sinks = sinks, .sink_count = 2 };
	struct snapshot *snapshot;
	struct resid_error err;
	struct jsonw out = { 0 };

	if (argc != 2 || snapshot_open(argv[1], &snapshot, &err))
		return 2;
	facts.snapshot = snapshot;
	metrics_write(&out, &facts);
	fwrite(out.text, 1, out.length, stdout);
	jsonw_fini(&out);
	snapshot_free(snapshot);
	return 0;
}
