// SPDX-License-Identifier: Apache-2.0
#include "because.h"

#include <stdio.h>
#include <string.h>

#include "geo/control.h"
#include "source/location.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/memory.h"
#include "util/rfc3339.h"

/* Clauses of a sentence, as they come. */
static void because_add(struct buffer *out, char *clause)
{
	_cleanup_free_ char *text = clause;

	if (out->length)
		buffer_append(out, "; ", 2);
	buffer_append(out, text, strlen(text));
}

static bool because_is(const struct snapshot_opinion *opinion, const char *axis)
{
	return !strcmp(opinion->axis, axis);
}

/* Does it name an operator, rather than only say whose law holds there? */
static bool because_names(const struct snapshot_opinion *opinion)
{
	return because_is(opinion, "control") && control_tier_parse(opinion->tier) >= 0;
}

/* "libloc of 2026-06-17" */
static char *because_source(const struct snapshot_opinion *opinion)
{
	return mem_format("%s%s%s", opinion->source, *opinion->date ? " of " : "", opinion->date);
}

/* Who says what of an axis, as far as it is asked for: "geoip says FR, feed says DE". */
static char *because_says(const struct snapshot_opinion *opinion, size_t count, const char *axis, bool contradicting)
{
	_cleanup_buffer_ struct buffer list = { 0 };

	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *source = NULL, *text = NULL;

		if (!because_is(&opinion[i], axis) || opinion[i].ignored || (contradicting && !opinion[i].contradicts))
			continue;
		source = because_source(&opinion[i]);
		text = mem_format("%s%s says %s", list.length ? ", " : "", source, opinion[i].answer);
		buffer_append(&list, text, strlen(text));
	}
	return mem_copy((const char *)list.data ?: "", list.length);
}

/* An override that has an end: nothing else counts. */
static bool because_settled(const struct snapshot_place *place, const struct snapshot_opinion *opinion, size_t count,
			    struct buffer *out)
{
	char until[RFC3339_TEXT];

	for (size_t i = 0; place->settled && i < count; i++) {
		if (!because_is(&opinion[i], "control") || strcmp(opinion[i].tier, "override"))
			continue;
		rfc3339_format(opinion[i].fresh_until, until);
		because_add(out, mem_format("the policy itself settles until %s who controls it, %s", until, place->control));
		return true;
	}
	return false;
}

static void because_control(const struct snapshot_place *place, const struct snapshot_opinion *opinion, size_t count,
			    struct buffer *out)
{
	const char *name = *place->operator_name ? place->operator_name : "whoever operates it";
	const struct snapshot_opinion *named = NULL, *fresh = NULL;
	_cleanup_free_ char *source = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!because_names(&opinion[i]))
			continue;
		named = named ?: &opinion[i];
		fresh = fresh ?: opinion[i].fresh ? &opinion[i] : NULL;
	}
	if (!named) {
		because_add(out, mem_format("nobody names who operates it, so nothing says who controls it"));
		return;
	}
	source = because_source(fresh ?: named);
	if (fresh)
		because_add(out, mem_format("the law of %s reaches %s, by %s, which is fresh", place->control, name, source));
	else
		because_add(out, mem_format("the law of %s reaches %s, by %s, which is too old to carry an allow", place->control,
					    name, source));
}

static void because_location(const struct snapshot_place *place, const struct snapshot_opinion *opinion, size_t count,
			     struct buffer *out)
{
	const int location = location_find(place->location);
	const bool somewhere = location >= 0 && location_is_country((unsigned int)location);
	_cleanup_free_ char *says = because_says(opinion, count, "location", false);

	if (location >= LOCATION_ANYCAST && location < LOCATION_UNKNOWN)
		because_add(out, mem_format("it is %s, so nowhere in particular", place->location));
	else if (!*says)
		because_add(out, mem_format("nobody knows where it is"));
	else if (!strcmp(place->where, place->location) || (somewhere && !strchr(place->where, ',')))
		return;
	else if (strstr(place->where, "unknown"))
		because_add(out, mem_format("its operator publishes where its ranges are, and does not say it here (%s)", says));
	else
		because_add(out, mem_format("where it is is disputed (%s)", says));
}

char *because(const struct snapshot_place *place, const struct snapshot_opinion *opinion, size_t count)
{
	const int location = location_find(place->location);
	_cleanup_buffer_ struct buffer out = { 0 };
	_cleanup_free_ char *against = NULL;

	if (location < 0 || !location_is_geographic((unsigned int)location))
		return NULL;
	if (!because_settled(place, opinion, count, &out)) {
		because_control(place, opinion, count, &out);
		against = because_says(opinion, count, "registered", true);
		if (*against)
			because_add(&out, mem_format("where its holder is registered contradicts that (%s)", against));
	}
	because_location(place, opinion, count, &out);
	return mem_copy((const char *)out.data, out.length);
}
