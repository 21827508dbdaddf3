// SPDX-License-Identifier: Apache-2.0
#include "place.h"

#include <string.h>
#include <time.h>

#include "because.h"
#include "source/location.h"
#include "util/cleanup.h"
#include "util/rfc3339.h"

#define PLACE_OPINIONS	64	/* shown at most; who has more sources than that sees the strongest */
#define PLACE_DAY	86400

static void place_evidence_of(struct view *view, const char *of, const char *source, const char *date,
			      const char *citation)
{
	view_row(view);
	view_text(view, "of", NULL, of);
	view_text(view, "source", NULL, source);
	view_known(view, "date", NULL, date);
	view_known(view, "citation", NULL, citation);
	view_end(view);
}

static void place_evidence(struct view *view, const struct snapshot_place *place)
{
	view_table(view, "evidence", NULL, NULL);
	if (*place->source)
		place_evidence_of(view, "location", place->source, place->source_date, "");
	if (*place->control_source)
		place_evidence_of(view, "control", place->control_source, place->control_date, "");
	if (*place->operator)
		place_evidence_of(view, "operator", "operators", place->reviewed, place->citation);
	view_end(view);
}

static void place_location(struct view *view, const struct snapshot_place *place)
{
	const int location = location_find(place->location);
	const char *country = location < 0 ? NULL : location_country_name((unsigned int)location);

	view_text(view, "location", "location", place->location);
	view_note(view, "%s%s%s%s%s%s%s", country ? ", " : "", country ?: "", *place->source ? " (" : "", place->source,
		  *place->source_date ? " of " : "", place->source_date, *place->source ? ")" : "");
	view_known(view, "source", NULL, place->source);
	view_known(view, "date", NULL, place->source_date);
	view_countries(view, "where", NULL, place->where);
	if (strcmp(place->where, place->location))
		view_text(view, NULL, "may be in", place->where);
}

static void place_registered(struct view *view, const struct snapshot_place *place)
{
	view_countries(view, "registered", NULL, place->registered);
	view_text(view, NULL, "registered", *place->registered ? place->registered : "unknown");
}

static void place_control(struct view *view, const struct snapshot_place *place)
{
	view_countries(view, "control", NULL, place->control);
	view_text(view, NULL, "control", *place->control ? place->control : "unknown");
	if (*place->control_source)
		view_note(view, " (by %s: %s%s%s)", place->tier, place->control_source, *place->control_date ? " of " : "",
			  place->control_date);
}

static void place_operator(struct view *view, const struct snapshot_place *place)
{
	if (!*place->operator)
		return;
	view_text(view, "operator", NULL, place->operator);
	view_text(view, "operator_name", "operator", place->operator_name);
	view_note(view, ", of %s", place->operator_parent);
	view_more(view, "%s (reviewed %s)", place->citation, place->reviewed);
	view_text(view, "operator_parent", NULL, place->operator_parent);
}

void place_view(struct view *view, const struct place *place)
{
	struct snapshot_opinion opinions[PLACE_OPINIONS];
	size_t count = snapshot_opinions(place->snapshot, place->family, place->address, opinions, PLACE_OPINIONS);
	_cleanup_free_ char *sentence =
		because(place->known, opinions, count < PLACE_OPINIONS ? count : PLACE_OPINIONS);

	view_prefix(view, "prefix", "prefix", place->known->prefix);
	place_location(view, place->known);
	place_registered(view, place->known);
	place_control(view, place->known);
	place_operator(view, place->known);
	view_text(view, "tier", NULL, place->known->tier);
	view_known(view, "because", "because", sentence);
	place_evidence(view, place->known);
}

/* In days, of the date that the data bear. */
static void place_age(struct view *view, const struct snapshot_opinion *opinion)
{
	int64_t day;

	if (rfc3339_parse_day(opinion->date, &day) && time(NULL) >= day)
		view_number(view, "age_days", "days old", (uint64_t)(time(NULL) - day) / PLACE_DAY);
}

static void place_opinion(struct view *view, const struct snapshot_opinion *opinion)
{
	view_row(view);
	view_text(view, "axis", "axis", opinion->axis);
	view_text(view, "tier", "tier", opinion->tier);
	view_text(view, "answer", "answer", opinion->answer);
	view_text(view, "source", "source", opinion->source);
	view_known(view, "file", "file", opinion->file);
	view_known(view, "date", "date", opinion->date);
	place_age(view, opinion);
	view_bool(view, "fresh", NULL, opinion->fresh);
	view_bool(view, "counts", NULL, !opinion->ignored);
	view_bool(view, "contradicts", NULL, opinion->contradicts);
	view_format(view, NULL, "which is", "%s%s%s", opinion->fresh ? "fresh" : "stale",
		    opinion->contradicts ? ", contradicts" : "", opinion->ignored ? ", does not count" : "");
	view_known(view, "operator", "operator", opinion->operator);
	view_end(view);
}

void place_view_opinions(struct view *view, const struct place *place)
{
	static const struct view_column columns[] = {
		{ .label = "axis" }, { .label = "tier" }, { .label = "answer" }, { .label = "which is" }, { .label = "source" },
		{ .label = "file", .rank = 2 }, { .label = "date", .rank = 1 }, { .label = "days old", .right = true },
		{ .label = "operator" }, { NULL },
	};
	struct snapshot_opinion opinions[PLACE_OPINIONS];
	size_t count = snapshot_opinions(place->snapshot, place->family, place->address, opinions, PLACE_OPINIONS);

	view_table(view, "opinions", "what each source says:", columns);
	for (size_t i = 0; i < count && i < PLACE_OPINIONS; i++)
		place_opinion(view, &opinions[i]);
	view_end(view);
}
