// SPDX-License-Identifier: Apache-2.0
#include "place.h"

#include <string.h>

#include "source/location.h"

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
	place_evidence_of(view, "location", place->source, place->source_date, "");
	if (*place->control)
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
	view_note(view, "%s%s (%s%s%s)", country ? ", " : "", country ?: "", place->source, *place->source_date ? " of " : "",
		  place->source_date);
	view_text(view, "source", NULL, place->source);
	view_known(view, "date", NULL, place->source_date);
}

static void place_control(struct view *view, const struct snapshot_place *place)
{
	view_countries(view, "control", "control", place->control);
	if (*place->control)
		view_note(view, " (by %s: %s%s%s)", place->tier, place->control_source, *place->control_date ? " of " : "",
			  place->control_date);
	else
		view_text(view, NULL, "control", "unknown");
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

void place_view(struct view *view, const struct snapshot_place *place)
{
	view_prefix(view, "prefix", "prefix", place->prefix);
	place_location(view, place);
	place_control(view, place);
	place_operator(view, place);
	view_text(view, "tier", NULL, place->tier);
	place_evidence(view, place);
}
