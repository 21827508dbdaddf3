// SPDX-License-Identifier: Apache-2.0
/*
 * From the last rule to the first: `rest` is what holds behind the rule at hand. What a rule surely takes is put in
 * front of it; what it perhaps takes is the product of its steps and of the rest.
 */
#include "snapshot/chain.h"

#include <string.h>

#include "snapshot/numbering.h"
#include "util/memory.h"

static void chain_push(struct buffer *steps, const struct resid_step *step)
{
	buffer_append(steps, step, sizeof(*step));
}

static const struct resid_step *chain_steps(const struct buffer *steps, size_t *count)
{
	*count = steps->length / sizeof(struct resid_step);
	return (const struct resid_step *)steps->data;
}

/* Only what lies between; false: nothing does. */
static bool chain_limit(struct resid_step *step, int64_t from, int64_t until)
{
	if (!(step->flags & RESID_STEP_F_TIME)) {
		step->from = POLICY_BEGINNING;
		step->until = POLICY_NEVER;
	}
	step->from = from > step->from ? from : step->from;
	step->until = until < step->until ? until : step->until;
	if (step->from >= step->until)
		return false;
	if (step->from == POLICY_BEGINNING && step->until == POLICY_NEVER) {
		step->flags &= (uint8_t)~RESID_STEP_F_TIME;
		step->from = step->until = 0;
		return true;
	}
	step->flags |= RESID_STEP_F_TIME;
	return true;
}

/* Every combination of what a rule looks at beside class and place, while there is time for it. */
static void chain_add_steps(struct buffer *out, const struct policy_rule *rule, uint16_t index, int64_t from,
			    int64_t until)
{
	size_t protos = rule->proto_count ? rule->proto_count : 1, ports = rule->ports_count ? rule->ports_count : 1;

	for (size_t p = 0; p < protos; p++) {
		for (size_t q = 0; q < ports; q++) {
			struct resid_step step = { .rule = index, .flags = rule->direction };

			if (rule->proto_count) {
				step.flags |= RESID_STEP_F_PROTO;
				step.proto = rule->proto[p];
			}
			if (rule->ports_count) {
				step.flags |= RESID_STEP_F_PORT;
				step.port_first = rule->ports[q].first;
				step.port_last = rule->ports[q].last;
			}
			if (chain_limit(&step, rule->from, rule->until) && chain_limit(&step, from, until))
				chain_push(out, &step);
		}
	}
}

/* What a rule of the class takes, and what takes its place once the data that it leans on are too old. */
static void chain_add_rule(const struct chain_inputs *inputs, uint16_t index, struct buffer *out)
{
	const struct policy *policy = inputs->policy;
	const struct policy_rule *rule = &policy->rule[index];
	int64_t stale_at = inputs->stale_at;

	if (stale_at == POLICY_NEVER || !match_goes_stale(&policy->class[inputs->class_index], rule)) {
		chain_add_steps(out, rule, index, POLICY_BEGINNING, POLICY_NEVER);
		return;
	}
	chain_add_steps(out, rule, index, POLICY_BEGINNING, stale_at);
	chain_add_steps(out, rule, numbering_stale(policy, inputs->class_index), stale_at, POLICY_NEVER);
}

/* Both at once; false: no packet is of both. */
static bool chain_meet(const struct resid_step *a, const struct resid_step *b, struct resid_step *out)
{
	static const uint8_t way = RESID_STEP_F_ORIGINAL | RESID_STEP_F_REPLY;

	*out = *a;
	out->flags |= b->flags & way;
	if ((out->flags & way) == way)
		return false;
	if (b->flags & RESID_STEP_F_PROTO) {
		if (a->flags & RESID_STEP_F_PROTO && a->proto != b->proto)
			return false;
		out->flags |= RESID_STEP_F_PROTO;
		out->proto = b->proto;
	}
	if (b->flags & RESID_STEP_F_PORT) {
		if (!(a->flags & RESID_STEP_F_PORT) || b->port_first > a->port_first)
			out->port_first = b->port_first;
		if (!(a->flags & RESID_STEP_F_PORT) || b->port_last < a->port_last)
			out->port_last = b->port_last;
		if (out->port_first > out->port_last)
			return false;
		out->flags |= RESID_STEP_F_PORT;
	}
	return !(b->flags & RESID_STEP_F_TIME) || chain_limit(out, b->from, b->until);
}

/* The stricter of two rules; of equals the first. */
static uint16_t chain_stricter(const struct policy *policy, uint16_t first, uint16_t second)
{
	return numbering_verdict(policy, second) > numbering_verdict(policy, first) ? second : first;
}

static void chain_take(struct buffer *rest, struct buffer *made)
{
	buffer_fini(rest);
	*rest = *made;
	*made = (struct buffer){ 0 };
}

/* What stands behind a step that takes everything, of which there is one, is never reached. */
static void chain_cut(struct buffer *steps)
{
	size_t count, kept = 0;
	const struct resid_step *step = chain_steps(steps, &count);

	while (step[kept].flags)
		kept++;
	steps->length = (kept + 1) * sizeof(*step);
}

static void chain_perhaps(const struct policy *policy, const struct buffer *taken, struct buffer *rest)
{
	_cleanup_buffer_ struct buffer made = { 0 };
	size_t a_count, b_count;
	const struct resid_step *a = chain_steps(taken, &a_count), *b = chain_steps(rest, &b_count);
	/* what would not fit makes all of the rest stricter */
	bool fits = (a_count + 1) * b_count <= RESID_CHAIN_MAX / 2;
	struct resid_step step;

	for (size_t i = 0; fits && i < a_count; i++) {
		for (size_t j = 0; j < b_count; j++) {
			if (!chain_meet(&a[i], &b[j], &step))
				continue;
			step.rule = chain_stricter(policy, a[i].rule, b[j].rule);
			chain_push(&made, &step);
		}
	}
	for (size_t j = 0; j < b_count; j++) {
		step = b[j];
		for (size_t i = 0; !fits && i < a_count; i++)
			step.rule = chain_stricter(policy, a[i].rule, step.rule);
		chain_push(&made, &step);
	}
	chain_take(rest, &made);
}

/* Is all of the rest as strict as whatever the rule says? Then it adds nothing; but a refusal gives its reason. */
static bool chain_adds_nothing(const struct policy *policy, const struct buffer *taken, const struct buffer *rest)
{
	size_t a_count, b_count;
	const struct resid_step *a = chain_steps(taken, &a_count), *b = chain_steps(rest, &b_count);

	if (a_count == 1 && !a->flags && numbering_verdict(policy, a->rule) >= RESID_V_REJECT)
		return false;
	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			if (numbering_verdict(policy, b[j].rule) < numbering_verdict(policy, a[i].rule))
				return false;
	return true;
}

static void chain_add(const struct chain_inputs *inputs, const struct chain_rule *rule, struct buffer *rest)
{
	_cleanup_buffer_ struct buffer taken = { 0 };

	chain_add_rule(inputs, rule->index, &taken);
	if (rule->sure) {
		buffer_append(&taken, rest->data, rest->length);
		chain_take(rest, &taken);
	} else if (!chain_adds_nothing(inputs->policy, &taken, rest)) {
		chain_perhaps(inputs->policy, &taken, rest);
	}
	chain_cut(rest);
}

void chain_build(const struct chain_inputs *inputs, struct buffer *out)
{
	const struct resid_step last = { .rule = inputs->last };

	chain_push(out, &last);
	for (size_t i = inputs->count; i--;)
		chain_add(inputs, &inputs->rule[i], out);
}

void chain_append(const struct buffer *chain, int64_t until, struct buffer *out)
{
	size_t count;
	const struct resid_step *step = chain_steps(chain, &count);

	for (size_t i = 0; i < count; i++) {
		struct resid_step one = step[i];

		if (!chain_limit(&one, POLICY_BEGINNING, until))
			continue;
		/* what has no condition takes all that is left */
		if (!one.flags)
			one.flags = RESID_STEP_F_LAST;
		chain_push(out, &one);
	}
}

void chain_simplify(struct buffer *chain)
{
	size_t count;
	struct resid_step *step = (struct resid_step *)chain_steps(chain, &count);

	while (count > 1 && step[count - 2].rule == step[count - 1].rule) {
		step[count - 2] = step[count - 1];
		count--;
	}
	chain->length = count * sizeof(*step);
}
