/* SPDX-License-Identifier: Apache-2.0 */
/* What `policy diff` (policy_diff.c) finds, and how it is shown (diff_print.c). */
#ifndef RESIDCTL_DIFF_H
#define RESIDCTL_DIFF_H

#include "change.h"
#include "util/address.h"

struct diff_half {
	uint64_t units;			/* IPv4: addresses; IPv6: /64s, one that is split counts in each part */
	bool open;			/* first..last is being put together */
	u128 first, last;
};

/* Changes of one class, from one rule to another, of the same packets: what they come to together. */
struct diff_group {
	uint32_t number;
	uint64_t ipv4, ipv6;
};

struct diff_change {
	struct change change;
	char *packets;
	struct diff_half v4, v6;
	uint64_t prefix_count;
	char (*prefix)[ADDRESS_TEXT];	/* the first of them */
	size_t kept, capacity;
	struct diff_group group;
};

/* Elements of an open array. */
void diff_json(struct jsonw *json, const struct diff_change *change, size_t count);

/* Sorted by group, the biggest change of each first; of a group the first few, or with all every one. */
void diff_text(const struct diff_change *change, size_t count, bool all);

#endif
