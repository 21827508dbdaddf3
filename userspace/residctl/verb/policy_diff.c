// SPDX-License-Identifier: Apache-2.0
/*
 * Both tables are walked side by side. What is known of an address on both sides is a spot; spots are few, addresses
 * are many, so each spot is judged once and each range only counted.
 */
#include "residctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "residctl/diff.h"
#include "residctl/output.h"
#include "residctl/replay.h"
#include "policy/compare.h"
#include "policy/policy.h"
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

/* What the policies say, field by field; classes that both have are compared address by address as well. */

static void diff_classes(struct diff *diff)
{
	for (size_t i = 0; i < snapshot_class_count(diff->old); i++) {
		const struct snapshot_class old = snapshot_class_at(diff->old, i);

		for (size_t j = 0; j < snapshot_class_count(diff->new); j++) {
			const struct snapshot_class new = snapshot_class_at(diff->new, j);

			/* unlabelled and kernel are judged as a class, which is compared already */
			if (!strcmp(old.name, new.name) && (!old.judged_as || !new.judged_as))
				*MEM_PUSH(diff->class, diff->class_count, diff->class_capacity) =
					(struct diff_class){ old.name, old.id, new.id };
		}
	}
}

/* What a change means for the labels that are out there. */
static const char *diff_means(const struct compare_change *change)
{
	if (change->kind != DESCRIBE_CLASS)
		return "";
	if (!change->key)
		return change->new ? "" : ": what carries it becomes unlabelled";
	return strcmp(change->key, "id") ? "" : ": labels carry the number";
}

static void diff_note(void *context, const struct compare_change *change)
{
	_cleanup_free_ char *said = compare_text(change), *text = mem_format("%s%s", said, diff_means(change));
	struct diff *diff = context;

	diff->note_count++;
	if (diff->json)
		jsonw_string(&diff->notes, NULL, text);
	else
		puts(text);
}

/* A snapshot has the whole text of its policy, and of what that includes. */
static int diff_policy(const struct snapshot *snapshot, const struct policy_options *options, struct policy **out,
		       struct resid_error *err)
{
	const char *text = snapshot_policy_text(snapshot);

	return policy_parse(snapshot_policy_name(snapshot), text, strlen(text), options, out, err);
}

static int diff_rest(struct diff *diff, const struct call *call, struct resid_error *err)
{
	const struct policy_options options = { .sets = call_option(call, "sets"), .now = diff->now };
	_cleanup_policy_ struct policy *old = NULL, *new = NULL;

	diff_classes(diff);
	if (diff_policy(diff->old, &options, &old, err) || diff_policy(diff->new, &options, &new, err))
		return -1;
	compare_policies(old, new, diff_note, diff);
	return 0;
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
	if (diff_rest(&diff, call, err))
		return -1;
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
		  "First what the policies themselves say differently: classes, assignments, local networks, sets, sources, "
		  "exceptions and rules, a line for each field. Then for each class the addresses whose verdict changes, by old and new rule, and of those the three biggest by "
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
