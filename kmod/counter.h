/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Meeting place. Packets and bytes by (class, verdict, rule key), since insmod: a policy load resets nothing. See
 * counter.c.
 */
#ifndef _RESID_COUNTER_H
#define _RESID_COUNTER_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

#include "table.h"

struct netlink_ext_ack;

struct resid_counter_cpu {
	u64_stats_t packets;
	u64_stats_t bytes;
	struct u64_stats_sync sync;
};

struct resid_counter {
	struct resid_counter_cpu __percpu *cpu;	/* while it is in use */
	unsigned int users;		/* policies whose array names it, or that it is a fixed one */
	u8 class;
	u8 verdict;
	u64 rule_key;
	u64 packets;			/* of past uses */
	u64 bytes;
	unsigned long id;		/* in order of creation */
	struct hlist_node hash;
	struct list_head retired;
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

/* Counts what is refused before there is a policy: class 0, verdict drop, rule key RESID_KEY_NO_POLICY. */
extern struct resid_counter *resid_counter_closed;

int resid_counter_init(void);
void resid_counter_fini(void);

/* All of these: process context. */

/*
 * Finds or makes the counters that @table needs: an array [row][rule], NULL where no packet of a row can meet the rule,
 * for resid_counter_detach().
 */
int resid_counter_attach(struct resid_counter ***out, const struct resid_table *table, struct netlink_ext_ack *extack);
/* Frees @array, which may be NULL. No packet may see it any more. */
void resid_counter_detach(struct resid_counter **array, const struct resid_table *table);

/* A number that is another one whenever a counter may have come or gone; never 0. */
unsigned int resid_counter_changes(void);

/* What one counter says. */
struct resid_counter_sum {
	u64 rule_key;
	u64 packets;
	u64 bytes;
	u8 class;
	u8 verdict;
};

/* The first counter whose number is @id or greater: sets @id to it and returns true, or false after the last. */
bool resid_counter_read(unsigned long *id, struct resid_counter_sum *sum);

#endif /* _RESID_COUNTER_H */
