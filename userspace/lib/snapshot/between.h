/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where two snapshots part over one class and one destination. Chains look at protocol, port, direction and time, so
 * the answer is not one verdict each but the packets for which they differ:
 *
 *   old   tcp 443: allow | else reject            between   tcp 443      allow -> reject
 *   new   tcp 80:  allow | else reject                      tcp 80       reject -> allow
 */
#ifndef RESID_SNAPSHOT_BETWEEN_H
#define RESID_SNAPSHOT_BETWEEN_H

#include "kmod/verdict.h"

struct between_side {
	const struct resid_table *table;
	uint8_t class_id;
	uint16_t group;
};

/*
 * Called once for each pair of rules, an old and a new one, of different verdicts. packets says in words for which
 * packets: "all packets", "tcp 443", "all but tcp 80, udp 53 replies"; it lives as long as the call.
 */
typedef void between_change(void *context, uint16_t old_rule, uint16_t new_rule, const char *packets);

/* Exact for packets whose protocol, port and direction are known, from now (seconds since the epoch) on. */
void between_sides(const struct between_side *old, const struct between_side *new, int64_t now, between_change *change,
		   void *context);

#endif
