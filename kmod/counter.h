/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets and bytes by (class, verdict, rule key), since insmod. A counter outlives the policies that use it, so a
 * policy load resets nothing.
 */
#ifndef _RESID_COUNTER_H
#define _RESID_COUNTER_H

#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/u64_stats_sync.h>

#include "table.h"

struct netlink_ext_ack;

struct resid_counter_cpu {
	u64_stats_t packets;
	u64_stats_t bytes;
	struct u64_stats_sync sync;
};

struct resid_counter {
	struct list_head list;		/* in order of creation; none goes before resid_counter_fini() */
	struct hlist_node hash;
	u64 rule_key;
	u8 class;
	u8 verdict;
	struct resid_counter_cpu __percpu *cpu;
};

/* Packet path, BH off. */
static inline void resid_counter_add(struct resid_counter *counter, u32 packets, u32 bytes)
{
	struct resid_counter_cpu *cpu = this_cpu_ptr(counter->cpu);

	u64_stats_update_begin(&cpu->sync);
	u64_stats_add(&cpu->packets, packets);
	u64_stats_add(&cpu->bytes, bytes);
	u64_stats_update_end(&cpu->sync);
}

/* Counts what is refused before there is a policy: class 0, verdict drop, rule key 0. */
extern struct resid_counter *resid_counter_closed;

int resid_counter_init(void);
void resid_counter_fini(void);

/*
 * Finds or makes the counters that @table needs: an array [row][rule], NULL where no packet of a row can meet the rule.
 * The caller kvfree()s the array, not the counters.
 * Process context, callers take turns (state_mutex).
 */
int resid_counter_attach(struct resid_counter ***out, const struct resid_table *table, struct netlink_ext_ack *extack);

/* Walks the counters: the first one after NULL; NULL after the last. Process context. */
struct resid_counter *resid_counter_next(struct resid_counter *previous);
void resid_counter_sum(const struct resid_counter *counter, u64 *packets, u64 *bytes);

#endif /* _RESID_COUNTER_H */
