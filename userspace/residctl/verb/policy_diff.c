// SPDX-License-Identifier: Apache-2.0
/*
 * Both tables are walked side by side. What is known of an address on both sides is a spot; spots are few, addresses
 * are many, so each spot is judged once and each range only counted.
 */
#include "residctl/command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "residctl/diff.h"
#include "residctl/output.h"
#include "residctl/replay.h"
#include "snapshot/between.h"
#include "residctl/snapshots.h"
#include "util/memory.h"

#define DIFF_EXAMPLES 3

/* A class that both have. */
struct diff_class {
	const char *name;
	uint8_t old_id, new_id;
};

/* Changes of one spot: the numbers from first on in diff->change_of_spot. */
struct diff_spot {
	size_t first, count;
};

struct diff {
	const struct snapshot *old, *new;
	int64_t now;
	size_t examples;		/* prefixes kept of each change */
	struct diff_class *class;
	size_t class_count, class_capacity;
	sa_family_t family;
	struct snapshot_place left;	/* where the walk of the old side is */
	struct intern *spots;
	struct diff_spot *spot;
	size_t spot_count, spot_capacity;
	uint32_t *change_of_spot;
	size_t change_of_spot_count, change_of_spot_capacity;
	struct intern *keys;
	struct diff_change *change;
	size_t change_count, change_capacity;
	const struct diff_class *at_class;	/* while a spot is judged */
	const struct snapshot_place *at_left, *at_right;
	struct jsonw notes;		/* array of sentences: what changed beside addresses */
	size_t note_count;
	bool json;
};

static void diff_fini(struct diff *diff)
{
	size_t i;

	for (i = 0; i < diff->change_count; i++) {
		free(diff->change[i].packets);
		free(diff->change[i].prefix);
	}
	intern_free(diff->spots);
	intern_free(diff->keys);
	free(diff->class);
	free(diff->spot);
	free(diff->change_of_spot);
	free(diff->change);
	jsonw_fini(&diff->notes);
}

/* Addresses. */

static void diff_keep_prefix(struct diff *diff, struct diff_change *change, const struct prefix *prefix)
{
	change->prefix_count++;
	if (change->kept >= diff->examples)
		return;
	MEM_PUSH(change->prefix, change->kept, change->capacity);
	prefix_format(prefix, change->prefix[change->kept - 1]);
}

/* The range that was put together, as prefixes. */
static void diff_close(struct diff *diff, struct diff_change *change, sa_family_t family)
{
	struct diff_half *half = family == AF_INET ? &change->v4 : &change->v6;
	u128 at = half->first;

	while (half->open) {
		struct prefix prefix = prefix_within(family, at, half->last, at);

		diff_keep_prefix(diff, change, &prefix);
		half->open = prefix_last(&prefix) < half->last;
		at = prefix_last(&prefix) + 1;
	}
}

static void diff_count(struct diff *diff, struct diff_change *change, u128 first, u128 last)
{
	struct diff_half *half = diff->family == AF_INET ? &change->v4 : &change->v6;
	unsigned int shift = diff->family == AF_INET ? 96 : 64;

	half->units += (uint64_t)(last >> shift) - (uint64_t)(first >> shift) + 1;
	if (half->open && half->last + 1 != first)
		diff_close(diff, change, diff->family);
	if (!half->open)
		half->first = first;
	half->open = true;
	half->last = last;
}

/* Spots. */

static void diff_found(void *context, uint16_t old_rule, uint16_t new_rule, const char *packets)
{
	struct diff *diff = context;
	const struct change change = {
		.class = diff->at_class->name,
		.old = change_side(diff->old, old_rule, diff->at_left),
		.new = change_side(diff->new, new_rule, diff->at_right),
	};
	uint32_t number = change_number(diff->keys, &change, packets);

	if (number == diff->change_count) {
		struct diff_change *added = MEM_PUSH(diff->change, diff->change_count, diff->change_capacity);

		added->change = change;
		added->packets = mem_copy(packets, strlen(packets));
	}
	*MEM_PUSH(diff->change_of_spot, diff->change_of_spot_count, diff->change_of_spot_capacity) = number;
}

static void diff_judge(struct diff *diff, struct diff_spot *spot, const struct snapshot_place *left,
		       const struct snapshot_place *right)
{
	size_t i;

	spot->first = diff->change_of_spot_count;
	diff->at_left = left;
	diff->at_right = right;
	for (i = 0; i < diff->class_count; i++) {
		const struct between_side old = { snapshot_table(diff->old), diff->class[i].old_id, left->group };
		const struct between_side new = { snapshot_table(diff->new), diff->class[i].new_id, right->group };

		diff->at_class = &diff->class[i];
		between_sides(&old, &new, diff->now, diff_found, diff);
	}
	spot->count = diff->change_of_spot_count - spot->first;
}

static void diff_right(void *context, u128 first, u128 last, const struct snapshot_place *right)
{
	struct diff *diff = context;
	const struct snapshot_place *left = &diff->left;
	/* the snapshots' own strings: equal pointers are equal words */
	const void *const key[] = {
		(void *)(uintptr_t)left->group, left->location, left->control, left->operator, left->tier,
		(void *)(uintptr_t)right->group, right->location, right->control, right->operator, right->tier,
	};
	uint32_t number = intern_put(diff->spots, key, sizeof(key));
	size_t i;

	if (number == diff->spot_count) {
		MEM_PUSH(diff->spot, diff->spot_count, diff->spot_capacity);
		diff_judge(diff, &diff->spot[number], left, right);
	}
	for (i = 0; i < diff->spot[number].count; i++)
		diff_count(diff, &diff->change[diff->change_of_spot[diff->spot[number].first + i]], first, last);
}

static void diff_left(void *context, u128 first, u128 last, const struct snapshot_place *left)
{
	struct diff *diff = context;

	diff->left = *left;
	snapshot_walk(diff->new, diff->family, first, last, diff_right, diff);
}

/* The newly refused first; of those the group that comes to most, and in it the place that does. */
static int diff_order(const void *a, const void *b)
{
	const struct diff_change *left = a, *right = b;
	const struct diff_group *mine = &left->group, *other = &right->group;
	int order = change_compare(&left->change, &right->change);

	if (order)
		return order;
	if (mine->ipv4 != other->ipv4)
		return mine->ipv4 < other->ipv4 ? 1 : -1;
	if (mine->ipv6 != other->ipv6)
		return mine->ipv6 < other->ipv6 ? 1 : -1;
	if (mine->number != other->number)
		return mine->number < other->number ? -1 : 1;
	if (left->v4.units != right->v4.units)
		return left->v4.units < right->v4.units ? 1 : -1;
	return (left->v6.units < right->v6.units) - (left->v6.units > right->v6.units);
}

static void diff_groups(struct diff *diff)
{
	_cleanup_free_ struct diff_group *group = mem_zero(diff->change_count + 1, sizeof(*group));
	struct intern *keys;
	size_t i;

	intern_new(&keys);
	for (i = 0; i < diff->change_count; i++) {
		struct diff_change *change = &diff->change[i];
		_cleanup_free_ char *key = mem_format("%s %s %s %s", change->change.class, change->change.old.rule.id,
						      change->change.new.rule.id, change->packets);
		uint32_t number = intern_put(keys, key, strlen(key));

		change->group.number = group[number].number = number;
		group[number].ipv4 += change->v4.units;
		group[number].ipv6 += change->v6.units;
	}
	for (i = 0; i < diff->change_count; i++)
		diff->change[i].group = group[diff->change[i].group.number];
	intern_free(keys);
}

static void diff_addresses(struct diff *diff)
{
	static const sa_family_t families[] = { AF_INET, AF_INET6 };
	size_t i, j;

	for (i = 0; i < 2; i++) {
		diff->family = families[i];
		snapshot_walk(diff->old, families[i], 0, U128_MAX, diff_left, diff);
		for (j = 0; j < diff->change_count; j++)
			diff_close(diff, &diff->change[j], families[i]);
	}
	diff_groups(diff);
	if (diff->change_count)
		qsort(diff->change, diff->change_count, sizeof(*diff->change), diff_order);
}

/* Classes, and packets without a destination. */

__attribute__((format(printf, 2, 3)))
static void diff_note(struct diff *diff, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	diff->note_count++;
	if (diff->json)
		jsonw_string(&diff->notes, NULL, text);
	else
		puts(text);
}

static bool diff_class_find(const struct snapshot *snapshot, const char *name, struct snapshot_class *out)
{
	size_t i;

	for (i = 0; i < snapshot_class_count(snapshot); i++) {
		*out = snapshot_class_at(snapshot, i);
		if (!strcmp(out->name, name))
			return true;
	}
	return false;
}

static const char *diff_mode(const struct snapshot_class *class)
{
	return class->permissive ? "permissive" : "enforcing";
}

/* unlabelled and kernel are judged as a class, which is compared already: only that counts. */
static void diff_class(struct diff *diff, const struct snapshot_class *old, const struct snapshot_class *new)
{
	struct diff_class *class;

	if (old->permissive != new->permissive && !new->judged_as)
		diff_note(diff, "class %s: %s -> %s", old->name, diff_mode(old), diff_mode(new));
	if (old->id != new->id)
		diff_note(diff, "class %s: its number was %u and is %u: labels carry the number", old->name, old->id,
			  new->id);
	if (!old->judged_as || !new->judged_as) {
		class = MEM_PUSH(diff->class, diff->class_count, diff->class_capacity);
		*class = (struct diff_class){ old->name, old->id, new->id };
	} else if (strcmp(old->judged_as, new->judged_as)) {
		diff_note(diff, "%s: judged as %s -> as %s", old->name, old->judged_as, new->judged_as);
	}
}

static void diff_classes(struct diff *diff)
{
	struct snapshot_class other;
	size_t i;

	for (i = 0; i < snapshot_class_count(diff->old); i++) {
		struct snapshot_class class = snapshot_class_at(diff->old, i);

		if (diff_class_find(diff->new, class.name, &other))
			diff_class(diff, &class, &other);
		else
			diff_note(diff, "class %s is no more: what carries it becomes unlabelled", class.name);
	}
	for (i = 0; i < snapshot_class_count(diff->new); i++) {
		struct snapshot_class class = snapshot_class_at(diff->new, i);

		if (!diff_class_find(diff->old, class.name, &other))
			diff_note(diff, "class %s is new", class.name);
	}
}

static void diff_special(struct diff *diff, const char *what, uint16_t old_rule, uint16_t new_rule)
{
	enum resid_verdict old = snapshot_rule_at(diff->old, old_rule).verdict;
	enum resid_verdict new = snapshot_rule_at(diff->new, new_rule).verdict;

	if (old != new)
		diff_note(diff, "%s: %s -> %s", what, output_verdict(old), output_verdict(new));
}

static void diff_rest(struct diff *diff)
{
	const struct resid_core *old = snapshot_table(diff->old)->core, *new = snapshot_table(diff->new)->core;

	diff_classes(diff);
	diff_special(diff, "frames that are not IP", old->non_ip_rule, new->non_ip_rule);
	diff_special(diff, "packets that cannot be read", old->unparsable_rule, new->unparsable_rule);
	if (old->nat64_count != new->nat64_count ||
	    memcmp(old->nat64, new->nat64, old->nat64_count * sizeof(old->nat64[0])))
		diff_note(diff, "NAT64 prefixes differ: other IPv6 addresses carry IPv4 ones");
}

/* What was found. */

static void diff_report_side(struct jsonw *json, const char *key, const struct snapshot *snapshot)
{
	jsonw_object(json, key);
	jsonw_string(json, "policy", snapshot_policy_name(snapshot));
	jsonw_hex(json, "generation", snapshot_generation(snapshot), RESID_DIGEST_LEN);
	jsonw_object_end(json);
}

/* Begins with what diff_note() has written. */
static void diff_report_json(struct diff *diff, const struct replay *flows)
{
	struct jsonw *json = &diff->notes;

	jsonw_array_end(json);
	jsonw_array(json, "changes");
	diff_json(json, diff->change, diff->change_count);
	jsonw_array_end(json);
	if (flows)
		replay_json(flows, json, "flows");
	jsonw_object_end(json);
	output_json(json);
}

static void diff_report_text(const struct diff *diff, const struct replay *flows, bool all)
{
	diff_text(diff->change, diff->change_count, all);
	if (!diff->change_count && !diff->note_count)
		puts("no verdict changes");
	if (flows)
		replay_text(flows);
}

static int diff_open(const struct call *call, struct snapshot **old, struct snapshot **new, struct resid_error *err)
{
	const char *operators = call_option(call, "operators-b"), *feeds = call_option(call, "feed-b");
	const char *last = call->argv[call->argc - 1];
	struct build_inputs inputs;

	if (snapshots_inputs(call, call->argv[0], &inputs, err) ||
	    (call->argc == 1 ? snapshots_open_current(call, old, err) : snapshots_read(&inputs, old, err)))
		return -1;
	inputs.policy = last;
	if (operators)
		inputs.operators = operators;
	if (feeds)
		inputs.feeds = feeds;
	return snapshots_read(&inputs, new, err);
}

static int policy_diff_run(const struct call *call, struct view *view, struct resid_error *err)
{
	_cleanup_(diff_fini) struct diff diff = { .examples = DIFF_EXAMPLES };
	_cleanup_snapshot_ struct snapshot *old = NULL, *new = NULL;
	_cleanup_(replay_fini) struct replay flows = { 0 };
	const char *log = call_option(call, "flows");

	if (snapshots_now(call, &diff.now, err) || diff_open(call, &old, &new, err))
		return -1;
	diff.old = old;
	diff.new = new;
	diff.json = (view->output.form == VIEW_FORM_JSON);
	if (call_option(call, "prefixes"))
		diff.examples = SIZE_MAX;
	intern_new(&diff.spots);
	intern_new(&diff.keys);
	replay_init(&flows, old, new, diff.now);
	if (log && replay_log(&flows, log, err))
		return -1;
	jsonw_object(&diff.notes, NULL);
	diff_report_side(&diff.notes, "old", old);
	diff_report_side(&diff.notes, "new", new);
	jsonw_array(&diff.notes, "notes");
	diff_rest(&diff);
	diff_addresses(&diff);
	if (diff.json)
		diff_report_json(&diff, log ? &flows : NULL);
	else
		diff_report_text(&diff, log ? &flows : NULL, call_option(call, "all"));
	return call_option(call, "expect-none") && (diff.change_count || diff.note_count) ? RESID_EXIT_EXPECT :
											    RESID_EXIT_OK;
}

static const struct command_option policy_diff_options[] = {
	{ "flows", "FILE", "a log of Resid's: which of its flows change" },
	{ "all", NULL, "every place that changes, not only the biggest of those that change in the same way" },
	{ "prefixes", NULL, "all prefixes of a place, not only the first three" },
	{ "expect-none", NULL, "exit status 4 if anything changes" },
	{ "operators-b", "FILE", "for B another operators.yaml than for A" },
	{ "feed-b", "NAME=PATH,...", "for B other ranges of operators than for A; may stand again" },
	SNAPSHOTS_DATA_OPTIONS,
	{ NULL, NULL, NULL },
};

const struct command command_policy_diff = {
	.name = "policy diff",
	.args = "[A] B",
	.summary = "show which destinations change their verdict",
	.detail = "A and B are policies, or snapshots that `residctl policy compile` made; without A it is what was loaded "
		  "last. Policies are compiled with the data of the options, so what differs is the policies; two snapshots "
		  "of one policy differ by their data. With --operators-b or --feed-b B has others: it shows what a change of "
		  "control does before it is loaded.\n\n"
		  "For each class the addresses whose verdict changes, by old and new rule, and of those the three biggest by "
		  "operator, location and control: their IPv4 addresses, their IPv6 /64s (one that is split counts in each part) "
		  "and their prefixes. --json has all. Where "
		  "rules look at protocol, port, direction or time it is said for which packets. Exceptions that are over "
		  "by then count for nothing, those to come with their times.\n\n"
		  "The exit status is 0 whether anything changes or not, and 4 with --expect-none if something does.\n\n"
		  "  residctl policy diff old.yaml new.yaml --flows /var/log/resid/egress.jsonl",
	.json = "one object",
	.min_args = 1,
	.max_args = 2,
	.options = policy_diff_options,
	.run = policy_diff_run,
};
