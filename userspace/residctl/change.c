// SPDX-License-Identifier: Apache-2.0
#include "change.h"

#include <stdio.h>
#include <string.h>

#include "output.h"
#include "util/buffer.h"

struct change_side change_side(const struct snapshot *snapshot, uint16_t rule, const struct snapshot_place *place)
{
	return (struct change_side){
		.rule = snapshot_rule_at(snapshot, rule),
		.location = place->location,
		.control = place->control,
		.operator = place->operator,
		.operator_name = place->operator_name,
		.tier = place->tier,
	};
}

static void change_key_text(struct buffer *key, const char *text)
{
	buffer_append(key, text, strlen(text) + 1);
}

static void change_key_side(struct buffer *key, const struct change_side *side)
{
	change_key_text(key, side->rule.id);
	change_key_text(key, output_verdict(side->rule.verdict));
	change_key_text(key, side->location);
	change_key_text(key, side->control);
	change_key_text(key, side->operator);
	change_key_text(key, side->tier);
}

uint32_t change_number(struct intern *keys, const struct change *change, const char *more)
{
	_cleanup_buffer_ struct buffer key = { 0 };

	change_key_text(&key, change->class);
	change_key_text(&key, more);
	change_key_side(&key, &change->old);
	change_key_side(&key, &change->new);
	return intern_put(keys, key.data, key.length);
}

static bool change_refuses(const struct change_side *side)
{
	return side->rule.verdict >= RESID_V_REJECT;
}

/* What breaks first, what opens next. */
static int change_rank(const struct change *change)
{
	if (change_refuses(&change->old) == change_refuses(&change->new))
		return 2;
	return change_refuses(&change->new) ? 0 : 1;
}

const char *change_kind(const struct change *change)
{
	static const char *const kind[] = { "newly refused", "newly allowed", "otherwise changed" };

	return kind[change_rank(change)];
}

int change_compare(const struct change *a, const struct change *b)
{
	int class = strcmp(a->class, b->class);

	return class ? class : change_rank(a) - change_rank(b);
}

static void change_json_side(struct jsonw *json, const char *key, const struct change_side *side)
{
	jsonw_object(json, key);
	jsonw_string(json, "verdict", output_verdict(side->rule.verdict));
	jsonw_string(json, "rule", side->rule.id);
	jsonw_string(json, "reason", side->rule.reason);
	if (*side->rule.clause)
		jsonw_string(json, "clause", side->rule.clause);
	jsonw_string(json, "location", side->location);
	jsonw_countries(json, "control", side->control);
	jsonw_string(json, "tier", side->tier);
	if (*side->operator)
		jsonw_string(json, "operator", side->operator);
	jsonw_object_end(json);
}

void change_json(struct jsonw *json, const struct change *change)
{
	jsonw_string(json, "class", change->class);
	jsonw_string(json, "change", change_kind(change));
	change_json_side(json, "old", &change->old);
	change_json_side(json, "new", &change->new);
}

static const char *change_word(const char *word)
{
	return *word ? word : "unknown";
}

/* "location FR", or "location FR -> US" where it changes. */
static void change_text_word(const char *what, const char *old, const char *new)
{
	printf(", %s %s", what, change_word(old));
	if (strcmp(old, new))
		printf(" -> %s", change_word(new));
}

static void change_text_verdict(enum resid_verdict verdict)
{
	printf("%s%s%s", output_verdict_colour(verdict), output_verdict(verdict), output_plain());
}

void change_text_verdicts(const struct change *change, const char *packets)
{
	const struct change_side *old = &change->old, *new = &change->new;

	printf("%s%s%s: ", output_bold(), change->class, output_plain());
	change_text_verdict(old->rule.verdict);
	fputs(" -> ", stdout);
	change_text_verdict(new->rule.verdict);
	printf("  (%s -> %s)  %s\n", old->rule.id, new->rule.id, packets);
}

void change_text_place(const struct change *change)
{
	const struct change_side *old = &change->old, *new = &change->new;
	const char *name = *new->operator_name ? new->operator_name : old->operator_name;

	printf("    %s", *name ? name : "operator unknown");
	change_text_word("location", old->location, new->location);
	change_text_word("control", old->control, new->control);
	change_text_word("by", old->tier, new->tier);
	putchar('\n');
}
