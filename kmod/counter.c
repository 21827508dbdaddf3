// SPDX-License-Identifier: GPL-2.0-only
#include "counter.h"

#include <linux/bitmap.h>
#include <linux/hashtable.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#define COUNTER_MAX 65536		/* bounds what a root that loads ever new rules can pin */

struct resid_counter *resid_counter_closed;

static LIST_HEAD(counter_list);		/* appended to by one writer at a time */
static DEFINE_HASHTABLE(counter_hash, 8);	/* the same counters, for the writer alone */
static unsigned int counter_count;

static struct resid_counter *counter_find(u8 class, const struct resid_rule *rule)
{
	struct resid_counter *counter;

	hash_for_each_possible(counter_hash, counter, hash, rule->key ^ class)
		if (counter->class == class && counter->verdict == rule->verdict && counter->rule_key == rule->key)
			return counter;
	return NULL;
}

static struct resid_counter *counter_new(u8 class, const struct resid_rule *rule)
{
	struct resid_counter *counter;
	unsigned int cpu;

	if (counter_count >= COUNTER_MAX)
		return NULL;
	counter = kzalloc(sizeof(*counter), GFP_KERNEL);
	if (!counter)
		return NULL;
	counter->class = class;
	counter->verdict = rule->verdict;
	counter->rule_key = rule->key;
	counter->cpu = alloc_percpu(struct resid_counter_cpu);
	if (!counter->cpu) {
		kfree(counter);
		return NULL;
	}
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(counter->cpu, cpu)->sync);
	hash_add(counter_hash, &counter->hash, rule->key ^ class);
	list_add_tail_rcu(&counter->list, &counter_list);
	counter_count++;
	return counter;
}

/* The class that a row stands for: each declared class has one of its own, undeclared ones share that of class 0. */
static u8 row_class(const struct resid_core *core, unsigned int row)
{
	unsigned int class;

	for (class = 0; class < RESID_CLASS_COUNT; class++)
		if (core->row[class] == row)
			return class;
	return RESID_CLASS_UNLABELLED;
}

/* The rules that a packet of a row can meet. */
static void row_rules(const struct resid_table *table, unsigned int row, unsigned long *rules)
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

static int row_attach(struct resid_counter **array, const struct resid_table *table, unsigned int row,
		      unsigned long *rules)
{
	u8 class = row_class(table->core, row);
	unsigned int rule;

	row_rules(table, row, rules);
	for_each_set_bit(rule, rules, table->core->rule_count) {
		array[rule] = counter_find(class, &table->rule[rule]);
		if (!array[rule])
			array[rule] = counter_new(class, &table->rule[rule]);
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
	if (!array || !rules)
		goto out;
	for (row = 0, error = 0; !error && row < rows; row++)
		error = row_attach(&array[row * count], table, row, rules);
out:
	bitmap_free(rules);
	if (error) {
		NL_SET_ERR_MSG(extack, "no memory for counters, or over 65536 of them since the module was loaded; the generation in force stays");
		kvfree(array);
		return error;
	}
	*out = array;
	return 0;
}

/* No lock: a counter stays once it is on the list, and is complete by then. */
struct resid_counter *resid_counter_next(struct resid_counter *previous)
{
	const struct list_head *from = previous ? &previous->list : &counter_list;
	/* pairs with list_add_tail_rcu() */
	struct list_head *next = smp_load_acquire(&from->next);

	return next == &counter_list ? NULL : list_entry(next, struct resid_counter, list);
}

void resid_counter_sum(const struct resid_counter *counter, u64 *packets, u64 *bytes)
{
	unsigned int cpu;

	*packets = 0;
	*bytes = 0;
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

int resid_counter_init(void)
{
	static const struct resid_rule closed = { .verdict = RESID_V_DROP };

	resid_counter_closed = counter_new(RESID_CLASS_UNLABELLED, &closed);
	return resid_counter_closed ? 0 : -ENOMEM;
}

/* Process context, module exit, no reader left. */
void resid_counter_fini(void)
{
	struct resid_counter *counter, *next;

	list_for_each_entry_safe(counter, next, &counter_list, list) {
		free_percpu(counter->cpu);
		kfree(counter);
	}
}
