// SPDX-License-Identifier: Apache-2.0
#include "snapshot/weigh.h"

#include <string.h>

/* A dossier being weighed. */
struct weigh_case {
	const struct world *world;
	const uint32_t *list;
	size_t count;
	struct weigh_day day;
};

static struct weigh_case weigh_open(const struct world *world, uint32_t dossier, struct weigh_day day)
{
	struct weigh_case open = { .world = world, .day = day };

	open.list = dossiers_get(&world->dossiers, dossier, &open.count);
	return open;
}

static const struct evidence *weigh_at(const struct weigh_case *of, size_t i)
{
	return dossiers_evidence(&of->world->dossiers, of->list[i]);
}

bool weigh_is_fresh(const struct world *world, const struct evidence *evidence, struct weigh_day day)
{
	return world_is_fresh(world, evidence, evidence->source == WORLD_POLICY ? day.overrides : day.data);
}

int64_t weigh_end(const struct world *world, uint32_t dossier, int64_t after)
{
	const struct weigh_case of = weigh_open(world, dossier, (struct weigh_day){ 0 });
	int64_t end = INT64_MAX;

	for (size_t i = 0; i < of.count; i++) {
		int64_t until = weigh_at(&of, i)->until;

		if (until && until > after && until < end)
			end = until;
	}
	return end;
}

/* ---- location ---- */

static const struct location_set *weigh_nowhere(void)
{
	static struct location_set set;

	location_set_add(&set, LOCATION_ANYCAST);
	location_set_add(&set, LOCATION_SATELLITE);
	location_set_add(&set, LOCATION_PROXY);
	return &set;
}

static bool weigh_names(const struct weigh_case *of, uint32_t operator)
{
	for (size_t i = 0; i < of->count; i++)
		if (weigh_at(of, i)->axis == EVIDENCE_CONTROL && weigh_at(of, i)->operator == operator)
			return true;
	return false;
}

/* Does somebody stronger say something fresh of where it is? */
static bool weigh_is_superseded(const struct weigh_case *of, const struct evidence *evidence)
{
	for (size_t i = 0; i < of->count; i++) {
		const struct evidence *other = weigh_at(of, i);

		if (other->axis == EVIDENCE_LOCATION && other->tier < evidence->tier &&
		    weigh_is_fresh(of->world, other, of->day))
			return true;
	}
	return false;
}

static bool weigh_location_counts(const struct weigh_case *of, const struct evidence *evidence)
{
	if (evidence->tier == PLACE_GEOFEED && evidence->operator != EVIDENCE_NOBODY &&
	    !weigh_names(of, evidence->operator))
		return false;
	return weigh_is_fresh(of->world, evidence, of->day) || !weigh_is_superseded(of, evidence);
}

bool weigh_counts(const struct world *world, uint32_t dossier, const struct evidence *evidence, struct weigh_day day)
{
	const struct weigh_case of = weigh_open(world, dossier, day);

	return evidence->axis != EVIDENCE_LOCATION || weigh_location_counts(&of, evidence);
}

/* Is it of an operator that publishes where its ranges are, and does not say so here? */
static bool weigh_lacks_own_word(const struct weigh_case *of)
{
	bool lacks = false;

	for (size_t i = 0; i < of->count; i++) {
		const struct evidence *evidence = weigh_at(of, i);

		if (evidence->axis == EVIDENCE_LOCATION && evidence->tier <= PLACE_FEED &&
		    weigh_location_counts(of, evidence))
			return false;
		if (evidence->axis == EVIDENCE_CONTROL && evidence->operator != EVIDENCE_NOBODY)
			lacks |= operator_locates(&of->world->control.operators->operator[evidence->operator]);
	}
	return lacks;
}

/* What an override says that has not ended, by axis; NULL: none. */
static const struct evidence *weigh_override(const struct weigh_case *of, enum evidence_axis axis, uint32_t tier)
{
	for (size_t i = 0; i < of->count; i++) {
		const struct evidence *evidence = weigh_at(of, i);

		if (evidence->axis == axis && evidence->tier == tier && weigh_is_fresh(of->world, evidence, of->day))
			return evidence;
	}
	return NULL;
}

/* The only one of a set; LOCATION_UNKNOWN: there are several. */
static unsigned int weigh_only(const struct location_set *set)
{
	unsigned int found = LOCATION_UNKNOWN, count = 0;

	for (unsigned int location = 0; location < LOCATION_COUNT; location++) {
		if (!location_set_has(set, location))
			continue;
		found = location;
		count++;
	}
	return count == 1 ? found : LOCATION_UNKNOWN;
}

static bool weigh_is_younger(const struct world *world, const struct evidence *evidence, const struct evidence *than)
{
	return strcmp(world->source[evidence->source].date, world->source[than->source].date) > 0;
}

/* The word for it: that of the strongest, unless somebody younger says another. */
static void weigh_say_location(const struct weigh_case *of, struct weighed *out)
{
	const struct evidence *strongest = NULL;

	for (unsigned int location = LOCATION_ANYCAST; location <= LOCATION_UNKNOWN; location++) {
		if (!location_set_has(&out->place.where, location))
			continue;
		out->location = location;
		for (size_t i = 0; i < of->count && !out->located; i++)
			if (weigh_at(of, i)->axis == EVIDENCE_LOCATION &&
			    location_set_has(&weigh_at(of, i)->set, location))
				out->located = weigh_at(of, i);
		return;
	}
	for (size_t i = 0; i < of->count; i++) {
		const struct evidence *evidence = weigh_at(of, i);

		if (evidence->axis != EVIDENCE_LOCATION || !weigh_location_counts(of, evidence))
			continue;
		if (!strongest) {
			strongest = evidence;
			continue;
		}
		if (memcmp(&evidence->set, &strongest->set, sizeof(evidence->set)) &&
		    (evidence->source == strongest->source || weigh_is_younger(of->world, evidence, strongest)))
			return;
	}
	out->location = strongest ? weigh_only(&strongest->set) : LOCATION_UNKNOWN;
	out->located = out->location == LOCATION_UNKNOWN ? NULL : strongest;
}

static void weigh_locate(const struct weigh_case *of, struct weighed *out)
{
	const struct evidence *override = weigh_override(of, EVIDENCE_LOCATION, PLACE_OVERRIDE);
	struct match_place *place = &out->place;
	bool said = false;

	out->location = LOCATION_UNKNOWN;
	if (override) {
		place->where = override->set;
		place->where_fresh = true;
		out->location = weigh_only(&override->set);
		out->located = override;
		return;
	}
	for (size_t i = 0; i < of->count && weigh_at(of, i)->axis == EVIDENCE_LOCATION; i++) {
		const struct evidence *evidence = weigh_at(of, i);
		struct location_set set = evidence->set;

		/* however old: a country that somebody else names does not deny it */
		if (!weigh_location_counts(of, evidence)) {
			for (size_t w = 0; w < sizeof(set.bits) / sizeof(set.bits[0]); w++)
				set.bits[w] &= weigh_nowhere()->bits[w];
		} else {
			said |= evidence->tier != PLACE_OVERRIDE;
			place->where_fresh |= weigh_is_fresh(of->world, evidence, of->day);
		}
		location_set_unite(&place->where, &set);
	}
	if (!said || weigh_lacks_own_word(of))
		location_set_add(&place->where, LOCATION_UNKNOWN);
	weigh_say_location(of, out);
}

/* ---- the other axes ---- */

static void weigh_register(const struct weigh_case *of, struct weighed *out)
{
	struct match_place *place = &out->place;

	for (size_t i = 0; i < of->count; i++) {
		const struct evidence *evidence = weigh_at(of, i);

		if (evidence->axis != EVIDENCE_REGISTERED)
			continue;
		location_set_unite(&out->registered, &evidence->set);
		if (place->registered_count < MATCH_EVIDENCE)
			place->registered[place->registered_count++] = &evidence->set;
		else
			location_set_unite(&place->rest[0], &evidence->set);
	}
}

static void weigh_hear_control(const struct weigh_case *of, const struct evidence *evidence, struct weighed *out)
{
	struct match_place *place = &out->place;
	struct match_control *control;

	location_set_unite(&out->control, &evidence->set);
	if (!out->named && evidence->tier <= CONTROL_NAMES)
		out->named = evidence;
	if (place->control_count == MATCH_EVIDENCE) {
		location_set_unite(&place->rest[1], &evidence->set);
		return;
	}
	control = &place->control[place->control_count++];
	*control = (struct match_control){ .set = &evidence->set, .tier = evidence->tier,
					   .fresh = weigh_is_fresh(of->world, evidence, of->day) };
	if (evidence->operator != EVIDENCE_NOBODY)
		control->operator = of->world->control.operators->operator[evidence->operator].id;
}

static void weigh_control(const struct weigh_case *of, struct weighed *out)
{
	const struct evidence *override = weigh_override(of, EVIDENCE_CONTROL, CONTROL_OVERRIDE);

	out->place.settled = override && override->until;
	for (size_t i = 0; i < of->count; i++) {
		const struct evidence *evidence = weigh_at(of, i);

		if (evidence->axis != EVIDENCE_CONTROL)
			continue;
		if (!out->place.settled || (evidence->tier == CONTROL_OVERRIDE && evidence->until == override->until))
			weigh_hear_control(of, evidence, out);
	}
}

void weigh(const struct world *world, uint32_t dossier, struct weigh_day day, struct weighed *out)
{
	const struct weigh_case of = weigh_open(world, dossier, day);

	memset(out, 0, sizeof(*out));
	weigh_locate(&of, out);
	weigh_register(&of, out);
	weigh_control(&of, out);
}
