// SPDX-License-Identifier: GPL-2.0-only
/*
 * Accounting that adds up.
 *
 * Each CPU counts into a table of its own, keyed by flow. To drain, every CPU's table is swapped for its empty twin;
 * what was swapped out is the batch. It stays, and is read again by whoever asks, until it is acknowledged; then its
 * tables are wiped and are the twins of the next drain. So all memory is taken at insmod, and nothing here can fail.
 *
 *      packets --> active --swap--> waiting (batch n) --ack n--> wiped --> twin
 *                    ^                                                     |
 *                    '-------------------------swap------------------------'
 *
 * A table that fills up folds: new flows go into keys without source and ports, then without the destination, then
 * into one key for each verdict. Detail is lost, and said so in the key; packets and bytes never are. A class that says
 * `on_loss: deny` would rather not send a packet than lose that detail of it: what would be let go and recorded is then
 * refused, until the daemon has acknowledged and room is made.
 *
 * A packet takes the lock of its CPU's active table and no other, with BH off. audit_mutex belongs to those who drain,
 * read and acknowledge; the locks of CPUs are taken inside it, one at a time, and only to swap and to look. A batch
 * that waits is out of the packets' reach, so it is read and wiped under the mutex alone.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "audit.h"

#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#define AUDIT_WAKE_DELAY (HZ / 5)	/* lets a burst become one batch */

struct audit_table {
	u32 used;
	u64 folded;			/* packets */
	u64 denied;			/* of these */
	struct resid_audit_record slot[];	/* free: first_boot_ns is 0 */
};

struct audit_cpu {
	spinlock_t lock;		/* active, and its contents */
	struct audit_table *active;
	struct audit_table *twin;	/* empty, or the batch that waits: audit_mutex */
};

static DEFINE_PER_CPU(struct audit_cpu, audit_cpus);
static unsigned int audit_slots;	/* a power of two */
static u32 audit_seed;
static void (*audit_wake)(void);	/* set once */

static DEFINE_MUTEX(audit_mutex);	/* batches: all below */
static u64 audit_batch;			/* number of the last batch that was made */
static bool audit_waiting;		/* it is not acknowledged yet */
static u64 audit_folded;		/* packets, of acknowledged and waiting batches */
static u64 audit_denied;

static void audit_wake_now(struct work_struct *work)
{
	audit_wake();
}

static DECLARE_DELAYED_WORK(audit_wake_work, audit_wake_now);

static struct audit_table *audit_table_new(unsigned int cpu)
{
	return kvzalloc_node(struct_size_t(struct audit_table, slot, audit_slots), GFP_KERNEL, cpu_to_node(cpu));
}

/* How full the table may be for keys of each coarseness; the last one always finds a slot. */
static u32 audit_limit(enum resid_fold fold)
{
	switch (fold) {
	case RESID_FOLD_NONE:
		return audit_slots / 4 * 3;
	case RESID_FOLD_FLOW:
		return audit_slots / 8 * 7;
	case RESID_FOLD_DEST:
		return audit_slots / 16 * 15;
	default:
		return audit_slots;
	}
}

static void audit_fold(struct resid_audit_key *to, const struct resid_audit_key *from, enum resid_fold fold)
{
	memset(to, 0, sizeof(*to));
	to->fold = fold;
	to->verdict = from->verdict;
	to->flags = from->flags & (RESID_AUDIT_F_PERMISSIVE | RESID_AUDIT_F_DENIED);
	to->uid = ~0u;
	if (fold == RESID_FOLD_ALL)
		return;
	to->generation = from->generation;
	to->class = from->class;
	to->rule = from->rule;
	to->hook = from->hook;
	if (fold == RESID_FOLD_DEST)
		return;
	to->group = from->group;
	to->family = from->family;
	to->proto = from->proto;
	to->netns = from->netns;
	to->ifindex = from->ifindex;
	memcpy(to->dst, from->dst, sizeof(to->dst));
}

/* The slot that holds @key, or a free one if the table is less than @limit full, or NULL. Lock held. */
static struct resid_audit_record *audit_find(struct audit_table *table, const struct resid_audit_key *key, u32 limit)
{
	u32 at = jhash2((const u32 *)key, sizeof(*key) / sizeof(u32), audit_seed), step;

	for (step = 0; step < audit_slots; step++, at++) {
		struct resid_audit_record *record = &table->slot[at & (audit_slots - 1)];

		if (!record->first_boot_ns) {
			if (table->used >= limit)
				return NULL;
			table->used++;
			record->key = *key;
			return record;
		}
		if (!memcmp(&record->key, key, sizeof(*key)))
			return record;
	}
	return NULL;
}

bool resid_audit_add(const struct resid_audit_key *key, u32 packets, u32 bytes, u8 tcp_flags, bool whole)
{
	struct audit_cpu *cpu = this_cpu_ptr(&audit_cpus);
	u64 boot_ns = ktime_get_boottime_ns(), wall_ns = ktime_get_real_ns();
	enum resid_fold fold = RESID_FOLD_NONE;
	struct resid_audit_record *record;
	struct resid_audit_key coarser;
	struct audit_table *table;
	u32 before, after;

	spin_lock(&cpu->lock);
	table = cpu->active;
	before = table->used;
	record = audit_find(table, key, audit_limit(fold));
	if (unlikely(!record && whole)) {
		spin_unlock(&cpu->lock);
		return false;
	}
	while (unlikely(!record)) {	/* ends: keys of RESID_FOLD_ALL are fewer than the slots kept for them */
		audit_fold(&coarser, key, ++fold);
		record = audit_find(table, &coarser, audit_limit(fold));
	}
	if (!record->first_boot_ns) {
		record->first_boot_ns = boot_ns;
		record->first_wall_ns = wall_ns;
	}
	record->packets += packets;
	record->bytes += bytes;
	record->last_boot_ns = boot_ns;
	record->last_wall_ns = wall_ns;
	record->tcp_flags |= tcp_flags;
	if (fold)
		table->folded += packets;
	if (key->flags & RESID_AUDIT_F_DENIED)
		table->denied += packets;
	after = table->used;
	spin_unlock(&cpu->lock);

	if (before == after)
		return true;
	if (after == audit_slots / 2)
		mod_delayed_work(system_wq, &audit_wake_work, 0);
	else if (after == 1)
		schedule_delayed_work(&audit_wake_work, AUDIT_WAKE_DELAY);
	return true;
}

static u32 audit_waiting_count(void)
{
	unsigned int cpu;
	u32 count = 0;

	for_each_possible_cpu(cpu)
		count += per_cpu_ptr(&audit_cpus, cpu)->twin->used;
	return count;
}

void resid_audit_drain(u64 *batch, u32 *count)
{
	unsigned int cpu;

	mutex_lock(&audit_mutex);
	if (!audit_waiting) {
		for_each_possible_cpu(cpu) {
			struct audit_cpu *at = per_cpu_ptr(&audit_cpus, cpu);

			spin_lock_bh(&at->lock);
			swap(at->active, at->twin);
			spin_unlock_bh(&at->lock);
			audit_folded += at->twin->folded;
			audit_denied += at->twin->denied;
		}
		audit_waiting = audit_waiting_count();
		if (audit_waiting)
			audit_batch++;
	}
	*count = audit_waiting_count();
	*batch = *count ? audit_batch : 0;
	mutex_unlock(&audit_mutex);
}

int resid_audit_ack(u64 batch, struct netlink_ext_ack *extack)
{
	unsigned int cpu;
	int error = 0;

	mutex_lock(&audit_mutex);
	if (!batch || batch > audit_batch) {
		NL_SET_ERR_MSG(extack, "there was no batch of this number: drain first");
		error = -ESTALE;
		goto out;
	}
	if (!audit_waiting || batch < audit_batch)
		goto out;	/* said twice */
	for_each_possible_cpu(cpu) {
		struct audit_table *twin = per_cpu_ptr(&audit_cpus, cpu)->twin;

		if (twin->used)
			memset(twin, 0, struct_size(twin, slot, audit_slots));
	}
	audit_waiting = false;
out:
	mutex_unlock(&audit_mutex);
	return error;
}

int resid_audit_read(u64 batch, struct resid_audit_cursor *cursor, struct resid_audit_record *records, int max)
{
	int count = 0;

	mutex_lock(&audit_mutex);
	if (!audit_waiting || batch != audit_batch) {
		mutex_unlock(&audit_mutex);
		return -ESTALE;
	}
	for (; cursor->cpu < nr_cpu_ids; cursor->cpu++, cursor->slot = 0) {
		const struct audit_table *twin;

		if (!cpu_possible(cursor->cpu))
			continue;
		twin = per_cpu_ptr(&audit_cpus, cursor->cpu)->twin;
		for (; cursor->slot < audit_slots && twin->used; cursor->slot++) {
			if (!twin->slot[cursor->slot].first_boot_ns)
				continue;
			if (count == max)
				goto out;
			records[count++] = twin->slot[cursor->slot];
		}
	}
out:
	cursor->index += count;
	mutex_unlock(&audit_mutex);
	return count;
}

void resid_audit_status(struct resid_audit_status *status)
{
	unsigned int cpu;

	memset(status, 0, sizeof(*status));
	mutex_lock(&audit_mutex);
	status->slots = audit_slots;
	status->batch = audit_waiting ? audit_batch : 0;
	status->acked = audit_waiting ? audit_batch - 1 : audit_batch;
	status->folded = audit_folded;
	status->denied = audit_denied;
	for_each_possible_cpu(cpu) {
		struct audit_cpu *at = per_cpu_ptr(&audit_cpus, cpu);

		spin_lock_bh(&at->lock);
		status->used += at->active->used;
		status->folded += at->active->folded;
		status->denied += at->active->denied;
		spin_unlock_bh(&at->lock);
	}
	mutex_unlock(&audit_mutex);
}

/* Process context, no hook any more. */
void resid_audit_stop(void)
{
	cancel_delayed_work_sync(&audit_wake_work);
}

void resid_audit_fini(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct audit_cpu *at = per_cpu_ptr(&audit_cpus, cpu);

		kvfree(at->active);
		kvfree(at->twin);
		at->active = NULL;
		at->twin = NULL;
	}
}

int resid_audit_init(unsigned int slots, void (*wake)(void))
{
	unsigned int cpu;

	BUILD_BUG_ON(sizeof(struct resid_audit_key) % sizeof(u64));
	if (!is_power_of_2(slots) || slots < 256 || slots > 1 << 20) {
		pr_err("audit_slots is %u; it must be a power of two from 256 to 1048576\n", slots);
		return -EINVAL;
	}
	audit_slots = slots;
	audit_wake = wake;
	audit_seed = get_random_u32();
	for_each_possible_cpu(cpu) {
		struct audit_cpu *at = per_cpu_ptr(&audit_cpus, cpu);

		spin_lock_init(&at->lock);
		at->active = audit_table_new(cpu);
		at->twin = audit_table_new(cpu);
		if (!at->active || !at->twin) {
			resid_audit_fini();
			return -ENOMEM;
		}
	}
	return 0;
}
