// SPDX-License-Identifier: Apache-2.0
#include "snapshot/bases.h"

#include <stdio.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"
#include "util/rfc3339.h"

#define BASES_DAY 86400

static bool bases_has_ended(const struct operator_jurisdiction *basis, int64_t now)
{
	int64_t day;

	return rfc3339_parse_day(basis->valid_until, &day) && now >= day + BASES_DAY;
}

/* Does the country stand on another basis? */
static bool bases_stand(const struct operator *operator, const char *country, int64_t now)
{
	size_t i;

	for (i = 0; i < operator->jurisdiction_count; i++)
		if (!strcmp(operator->jurisdiction[i].country, country) &&
		    !bases_has_ended(&operator->jurisdiction[i], now))
			return true;
	return false;
}

static void bases_say(const struct policy_options *options, const char *text)
{
	options->warn(options->context, text);
}

/* How many operators have an ended basis of this name and day beside others; 0 when an earlier one was counted so. */
static size_t bases_count(const struct operators *operators, const bool *used, const struct operator *first,
			  const struct operator_jurisdiction *basis, int64_t now)
{
	size_t o, j, count = 0;

	for (o = 0; o < operators->count; o++) {
		const struct operator *operator = &operators->operator[o];

		for (j = 0; used[o] && j < operator->jurisdiction_count; j++) {
			const struct operator_jurisdiction *other = &operator->jurisdiction[j];

			if (strcmp(other->basis, basis->basis) || strcmp(other->valid_until, basis->valid_until) ||
			    !bases_stand(operator, other->country, now))
				continue;
			if (!count && operator != first)
				return 0;
			count++;
			break;
		}
	}
	return count;
}

static void bases_warn_one(const struct operators *operators, const bool *used, const struct operator *operator,
			   const struct operator_jurisdiction *basis, const struct policy_options *options)
{
	_cleanup_free_ char *text = NULL;
	size_t count;

	if (!bases_stand(operator, basis->country, options->now)) {
		text = mem_format("operators.yaml: all that puts '%s' under the law of %s has ended, '%s' on %s; it still counts, review the entry",
				  operator->id, basis->country, basis->basis, basis->valid_until);
		bases_say(options, text);
		return;
	}
	count = bases_count(operators, used, operator, basis, options->now);
	if (!count)
		return;
	text = mem_format("operators.yaml: '%s' ended on %s (%zu of the operators, among them '%s'); other bases stand, review the entries",
			  basis->basis, basis->valid_until, count, operator->id);
	bases_say(options, text);
}

void bases_warn(const struct world *world, const struct policy_options *options)
{
	const struct operators *operators = world->control.operators;
	_cleanup_free_ bool *used = mem_zero(operators->count, sizeof(*used));
	uint32_t i;
	size_t o, j;

	if (!options->warn)
		return;
	for (i = 0; i < intern_count(world->dossiers.evidence); i++) {
		const struct evidence *evidence = dossiers_evidence(&world->dossiers, i);

		if (evidence->axis == EVIDENCE_CONTROL && evidence->operator != EVIDENCE_NOBODY)
			used[evidence->operator] = true;
	}
	for (o = 0; o < operators->count; o++) {
		const struct operator *operator = &operators->operator[o];

		for (j = 0; used[o] && j < operator->jurisdiction_count; j++)
			if (bases_has_ended(&operator->jurisdiction[j], options->now))
				bases_warn_one(operators, used, operator, &operator->jurisdiction[j], options);
	}
}
