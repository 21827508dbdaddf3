/* SPDX-License-Identifier: Apache-2.0 */
/* The node's state as JSON: what `residctl status --json` prints and residd keeps in /run/resid/status.json. */
#ifndef RESID_NODE_REPORT_H
#define RESID_NODE_REPORT_H

#include "label/assign.h"
#include "nl/nl.h"
#include "util/jsonw.h"
#include "snapshot/snapshot.h"

/*
 * What a policy with rules for a direction lacks, in one sentence: where conntrack is not at work, what holds there and
 * what switches it on. "": nothing, or the policy has no such rules.
 */
#define REPORT_DIRECTION 512
void report_direction(const struct resid_nl_status *status, const struct snapshot *snapshot,
		      char out[REPORT_DIRECTION]);

/* The members of an object that the caller opened. snapshot (may be NULL) is the current one, for names. */
void report_status(struct jsonw *json, const struct resid_nl_status *status, const struct snapshot *snapshot);

const char *report_verdict(enum resid_verdict verdict);
/* The id of the rule with a key; a key that the snapshot does not have is "key-HEX". */
const char *report_rule(const struct snapshot *snapshot, uint64_t key, char unknown[32]);
/* RFC 3339 in UTC with nanoseconds. */
#define REPORT_TIME 80
void report_time(uint64_t wall_ns, char out[REPORT_TIME]);

#define REPORT_TARGET 4200	/* of an assignment, as text */

/* The files that a snapshot was compiled with, an array. */
void report_sources(struct jsonw *json, const char *key, const struct snapshot *snapshot);

#endif
