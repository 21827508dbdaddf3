// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters outlive the policies that name them, and their sums outlive everything but the module.
 *
 *   in use     a policy names it: sums per CPU, to which the packet path adds
 *   retired    none does any more: one sum; it is the same counter again when a policy names it again
 *   gone       the longest retired beyond COUNTER_RETIRED_MAX: added to one counter for their class and verdict, under
 *              RESID_KEY_GONE
 *
 * So a node that loads ever new rules keeps at most two policies' counters in use, 65,536 retired ones and one for each
 * class and verdict, and all of them together always add up to all packets that were judged.
 *
 * Packets add without a lock, each CPU to its own sum, with BH off, and find their counters in the array of the policy
 * that judged them. That array is taken apart a grace period after the last state that pointed to the policy, so a sum
 * per CPU that is folded or freed has no writer left. Readers use the sequence of each sum; all else is under
 * counter_mutex, which is the innermost of the module's.
 */
#include "counter.h"

#include <linux/bitmap.h>
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#define COUNTER_MAX 65536		/* of one policy */

struct resid_counter *resid_counter_closed;

static DEFINE_MUTEX(counter_mutex);	/* all below, and all of a counter but its sums per CPU */
static DEFINE_XARRAY(counter_xa);	/* by id */
static DEFINE_HASHTABLE(counter_hash, 10);
static LIST_HEAD(counter_retired);	/* the longest retired first */
static unsigned int counter_retired_count;
static unsigned int counter_retired_max = 65536;	/* a variable for its test's sake */
static unsigned long counter_next_id;
static unsigned int counter_changes = 1;	/* odd */

static struct resid_counter *counter_find(u8 class, u8 verdict, u64 rule_key)
{
	struct resid_counter *counter;

	hash_for_each_possible(counter_hash, counter, hash, rule_key ^ class)
		if (counter->class == class && counter->verdict == verdict && counter->rule_key == rule_key)
			return counter;
	return NULL;
}

/* Not in use yet, and not retired. */
static struct resid_counter *counter_new(u8 class, u8 verdict, u64 rule_key)
{
	struct resid_counter *counter = kzalloc(sizeof(*counter), GFP_KERNEL);

	if (!counter)
		return NULL;
	counter->class = class;
	counter->verdict = verdict;
	counter->rule_key = rule_key;
	counter->id = counter_next_id;
	INIT_LIST_HEAD(&counter->retired);
	if (xa_insert(&counter_xa, counter->id, counter, GFP_KERNEL)) {
		kfree(counter);
		return NULL;
	}
	counter_next_id++;
	hash_add(counter_hash, &counter->hash, rule_key ^ class);
	return counter;
}

static void counter_free(struct resid_counter *counter)
{
	hash_del(&counter->hash);
	xa_erase(&counter_xa, counter->id);
	free_percpu(counter->cpu);
	kfree(counter);
}

static void counter_sum(const struct resid_counter *counter, u64 *packets, u64 *bytes)
{
	unsigned int cpu;

	*packets = counter->packets;
	*bytes = counter->bytes;
	if (!counter->cpu)
		return;
	for_each_possible_cpu(cpu) {
		const struct resid_counter_cpu *from = per_cpu_ptr(counter->cpu, cpu);
		unsigned int start;
		u64 p, b;

		do {
			start = u64_stats_fetch_begin(&from->sync);
			p = u64_stats_read(&from->packets);
			b = u64_stats_read(&from->bytes);
		} while (u64_stats_fetch_retry(&from->sync, start));
		*packets += p;
		*bytes += b;
	}
}

/* The longest retired one becomes a part of its class and verdict. False if there is no memory for that. */
static bool counter_fold(void)
{
	struct resid_counter *oldest = list_first_entry(&counter_retired, struct resid_counter, retired), *gone;

	gone = counter_find(oldest->class, oldest->verdict, RESID_KEY_GONE);
	if (!gone)
		gone = counter_new(oldest->class, oldest->verdict, RESID_KEY_GONE);
	if (!gone)
		return false;
	gone->packets += oldest->packets;
	gone->bytes += oldest->bytes;
	list_del(&oldest->retired);
	counter_retired_count--;
	counter_free(oldest);
	return true;
}

static int counter_use(struct resid_counter *counter)
{
	unsigned int cpu;

	if (counter->users++)
		return 0;
	counter->cpu = alloc_percpu(struct resid_counter_cpu);
	if (!counter->cpu) {
		counter->users--;
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(counter->cpu, cpu)->sync);
	if (!list_empty(&counter->retired)) {
		list_del_init(&counter->retired);
		counter_retired_count--;
	}
	return 0;
}

/* One that has never counted anything is not missed. */
static void counter_unuse(struct resid_counter *counter)
{
	if (--counter->users)
		return;
	counter_sum(counter, &counter->packets, &counter->bytes);
	if (!counter->packets) {
		counter_free(counter);
		return;
	}
	free_percpu(counter->cpu);
	counter->cpu = NULL;
	list_add_tail(&counter->retired, &counter_retired);
	counter_retired_count++;
}

static struct resid_counter *counter_get(u8 class, const struct resid_rule *rule)
{
	struct resid_counter *counter = counter_find(class, rule->verdict, rule->key);

	if (!counter)
		counter = counter_new(class, rule->verdict, rule->key);
	if (!counter || !counter_use(counter))
		return counter;
	/* it was retired, or has never counted anything */
	if (list_empty(&counter->retired))
		counter_free(counter);
	return NULL;
}

/* The class that a row stands for: each declared class has one of its own, undeclared ones share that of class 0. */
static u8 counter_row_class(const struct resid_core *core, unsigned int row)
{
	unsigned int class;

	for (class = 0; class < RESID_CLASS_COUNT; class++)
		if (core->row[class] == row)
			return class;
	return RESID_CLASS_UNLABELLED;
}

/* The rules that a packet of a row can meet. */
static void counter_row_rules(const struct resid_table *table, unsigned int row, unsigned long *rules)
{
	const struct resid_core *core = table->core;
	const u16 *cell = &table->matrix[row * core->group_count];
	const struct resid_step *step;
	unsigned int group;

	bitmap_zero(rules, core->rule_count);
	__set_bit(core->non_ip_rule, rules);
	__set_bit(core->unparsable_rule, rules);
	for (group = 0; group < core->group_count; group++) {
		if (!(cell[group] & RESID_CELL_CHAIN)) {
			__set_bit(cell[group], rules);
			continue;
		}
		step = &table->step[cell[group] & RESID_CELL_INDEX];
		do
			__set_bit(step->rule, rules);
		while (!(step++->flags & RESID_STEP_F_LAST));
	}
}

static int counter_row_attach(struct resid_counter **array, const struct resid_table *table, unsigned int row,
			      unsigned long *rules)
{
	u8 class = counter_row_class(table->core, row);
	unsigned int rule;

	counter_row_rules(table, row, rules);
	for_each_set_bit(rule, rules, table->core->rule_count) {
		array[rule] = counter_get(class, &table->rule[rule]);
		if (!array[rule])
			return -ENOMEM;
	}
	return 0;
}

int resid_counter_attach(struct resid_counter ***out, const struct resid_table *table, struct netlink_ext_ack *extack)
{
	unsigned int rows = table->core->row_count, count = table->core->rule_count, row;
	struct resid_counter **array;
	unsigned long *rules;
	int error = -ENOMEM;

	if (rows * count > COUNTER_MAX) {
		NL_SET_ERR_MSG(extack, "classes times rules exceed 65536 counters: split the policy or merge rules");
		return -E2BIG;
	}
	array = kvcalloc(rows * count, sizeof(*array), GFP_KERNEL);
	rules = bitmap_alloc(count, GFP_KERNEL);
	if (array && rules) {
		mutex_lock(&counter_mutex);
		WRITE_ONCE(counter_changes, counter_changes + 2);
		for (row = 0, error = 0; !error && row < rows; row++)
			error = counter_row_attach(&array[row * count], table, row, rules);
		mutex_unlock(&counter_mutex);
	}
	bitmap_free(rules);
	if (error) {
		NL_SET_ERR_MSG(extack, "no memory for counters; the generation in force stays");
		resid_counter_detach(array, table);
		return error;
	}
	*out = array;
	return 0;
}

void resid_counter_detach(struct resid_counter **array, const struct resid_table *table)
{
	unsigned int i;

	if (!array)
		return;
	mutex_lock(&counter_mutex);
	WRITE_ONCE(counter_changes, counter_changes + 2);
	for (i = 0; i < table->core->row_count * table->core->rule_count; i++)
		if (array[i])
			counter_unuse(array[i]);
	/* without memory for the fold they are a few more until the next policy */
	while (counter_retired_count > counter_retired_max && counter_fold())
		;
	mutex_unlock(&counter_mutex);
	kvfree(array);
}

unsigned int resid_counter_changes(void)
{
	return READ_ONCE(counter_changes);
}

bool resid_counter_read(unsigned long *id, struct resid_counter_sum *sum)
{
	const struct resid_counter *counter;

	mutex_lock(&counter_mutex);
	counter = xa_find(&counter_xa, id, ULONG_MAX, XA_PRESENT);
	if (counter) {
		sum->class = counter->class;
		sum->verdict = counter->verdict;
		sum->rule_key = counter->rule_key;
		counter_sum(counter, &sum->packets, &sum->bytes);
	}
	mutex_unlock(&counter_mutex);
	return counter;
}

int resid_counter_init(void)
{
	static const struct resid_rule closed = { .key = RESID_KEY_NO_POLICY, .verdict = RESID_V_DROP };

	mutex_lock(&counter_mutex);
	resid_counter_closed = counter_get(RESID_CLASS_UNLABELLED, &closed);
	mutex_unlock(&counter_mutex);
	return resid_counter_closed ? 0 : -ENOMEM;
}

/* Process context, module exit, no reader left. */
void resid_counter_fini(void)
{
	struct resid_counter *counter;
	unsigned long id;

	mutex_lock(&counter_mutex);
	xa_for_each(&counter_xa, id, counter)
		counter_free(counter);
	INIT_LIST_HEAD(&counter_retired);
	counter_retired_count = 0;
	mutex_unlock(&counter_mutex);
}
