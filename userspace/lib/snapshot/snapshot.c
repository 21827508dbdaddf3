// SPDX-License-Identifier: Apache-2.0
#include "snapshot/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/full.h"
#include "util/address.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

#define SNAPSHOT_FILE_MAX ((size_t)512 << 20)
#define SNAPSHOT_REMEDY "compile it again with `residctl policy compile`"

struct snapshot {
	void *data;
	size_t length, kernel_length;
	struct resid_table table;
	struct full full;
	char undeclared[RESID_CLASS_COUNT][sizeof("class-255")];
	const char *class_name[RESID_CLASS_COUNT];
};

static const char *snapshot_check(struct snapshot *snapshot)
{
	const struct resid_snapshot_header *header = snapshot->data;
	const struct resid_section *full = &header->section[RESID_SECTION_FULL];
	uint8_t digest[RESID_DIGEST_LEN];
	const char *error;
	uint32_t i;

	if (snapshot->length < sizeof(*header) || memcmp(header->magic, RESID_SNAPSHOT_MAGIC, sizeof(header->magic)))
		return "not a Resid snapshot, or one of another version";
	if (full->offset > snapshot->length || full->length != snapshot->length - full->offset)
		return "snapshot is cut short, or has bytes after its end";
	snapshot->kernel_length = full->offset;
	error = resid_table_open(&snapshot->table, snapshot->data, snapshot->kernel_length);
	if (error)
		return error;
	sha256((const uint8_t *)snapshot->data + full->offset, (unsigned int)full->length, digest);
	if (memcmp(digest, full->sha256, sizeof(digest)))
		return "snapshot section does not match its digest";
	error = full_open(&snapshot->full, (const uint8_t *)snapshot->data + full->offset, full->length,
			  snapshot->table.core->group_count);
	if (error)
		return error;
	if (full_count(&snapshot->full, FULL_RULES) != snapshot->table.core->rule_count)
		return "full table: not the rules of the kernel's table";
	for (i = 0; i < snapshot->table.core->rule_count; i++)
		if (snapshot->full.rule[i].key != snapshot->table.rule[i].key ||
		    snapshot->full.rule[i].verdict != snapshot->table.rule[i].verdict)
			return "full table: not the rules of the kernel's table";
	return NULL;
}

static void snapshot_name_classes(struct snapshot *snapshot)
{
	const struct full *full = &snapshot->full;
	unsigned int id;
	uint32_t i;

	for (id = 0; id < RESID_CLASS_COUNT; id++) {
		snprintf(snapshot->undeclared[id], sizeof(snapshot->undeclared[id]), "class-%u", id);
		snapshot->class_name[id] = snapshot->undeclared[id];
	}
	for (i = 0; i < full_count(full, FULL_CLASSES); i++)
		snapshot->class_name[full->class[i].id] = full_string(full, full->class[i].name);
}

int snapshot_adopt(void *data, size_t length, const char *name, struct snapshot **out, struct resid_error *err)
{
	struct snapshot *snapshot = mem_zero(1, sizeof(*snapshot));
	const char *error;

	snapshot->data = data;
	snapshot->length = length;
	error = snapshot_check(snapshot);
	if (error) {
		snapshot_free(snapshot);
		return resid_fail(err, RESID_EXIT_INPUT, "%s: %s; %s", name, error, SNAPSHOT_REMEDY);
	}
	snapshot_name_classes(snapshot);
	*out = snapshot;
	return 0;
}

int snapshot_open(const char *path, struct snapshot **out, struct resid_error *err)
{
	char *data;
	size_t length;

	if (file_read(path, SNAPSHOT_FILE_MAX, &data, &length, err))
		return -1;
	return snapshot_adopt(data, length, path, out, err);
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->data);
	free(snapshot);
}

const void *snapshot_bytes(const struct snapshot *snapshot, size_t *length)
{
	*length = snapshot->length;
	return snapshot->data;
}

const void *snapshot_kernel_part(const struct snapshot *snapshot, size_t *length)
{
	*length = snapshot->kernel_length;
	return snapshot->data;
}

const struct resid_table *snapshot_table(const struct snapshot *snapshot)
{
	return &snapshot->table;
}

const uint8_t *snapshot_generation(const struct snapshot *snapshot)
{
	return snapshot->table.generation;
}

const char *snapshot_policy_name(const struct snapshot *snapshot)
{
	return full_string(&snapshot->full, snapshot->full.header->policy_name);
}

const char *snapshot_policy_text(const struct snapshot *snapshot)
{
	return full_string(&snapshot->full, snapshot->full.header->policy_text);
}

static size_t snapshot_find(const struct full *full, sa_family_t family, u128 key)
{
	return family == AF_INET ? full_find4(full, (uint32_t)(key >> 96)) :
				   full_find6(full, (uint64_t)(key >> 64), (uint64_t)key);
}

static u128 snapshot_first(const struct full *full, sa_family_t family, size_t at)
{
	if (family == AF_INET)
		return (u128)full->first4[at] << 96;
	return (u128)full->first6[at].high << 64 | full->first6[at].low;
}

static u128 snapshot_last(const struct full *full, sa_family_t family, size_t at)
{
	size_t count = full_count(full, family == AF_INET ? FULL_FIRST4 : FULL_FIRST6);

	return at + 1 < count ? snapshot_first(full, family, at + 1) - 1 : U128_MAX;
}

static const struct full_zone *snapshot_zone(const struct full *full, sa_family_t family, size_t at)
{
	return &full->zone[family == AF_INET ? full->zone4[at] : full->zone6[at]];
}

/* All but the prefix. */
static void snapshot_describe(const struct full *full, const struct full_zone *zone, struct snapshot_place *out)
{
	static const struct full_operator nobody;	/* offset 0 is "" */
	static const struct full_source nowhere;
	const struct full_source *source = &nowhere, *control = &nowhere;
	const struct full_operator *operator = &nobody;

	if (zone->source != FULL_NO_SOURCE)
		source = &full->source[zone->source];
	if (zone->control_source != FULL_NO_SOURCE)
		control = &full->source[zone->control_source];
	if (zone->operator != FULL_NO_OPERATOR)
		operator = &full->operator[zone->operator];
	out->location = full_string(full, zone->location);
	out->where = full_string(full, zone->where);
	out->source = full_string(full, source->name);
	out->source_date = full_string(full, source->date);
	out->registered = full_string(full, zone->registered);
	out->control = full_string(full, zone->control);
	out->tier = control_tier_name(zone->tier);
	out->control_source = full_string(full, control->name);
	out->control_date = full_string(full, control->date);
	out->settled = zone->settled;
	out->operator = full_string(full, operator->id);
	out->operator_name = full_string(full, operator->name);
	out->operator_parent = full_string(full, operator->parent);
	out->citation = full_string(full, operator->citation);
	out->reviewed = full_string(full, operator->reviewed);
	out->basis = full_string(full, operator->basis);
	out->place_tier = place_tier_name(zone->place);
	out->group = zone->group;
}

static const char *snapshot_tier(const struct full_evidence *evidence)
{
	switch ((enum evidence_axis)evidence->axis) {
	case EVIDENCE_LOCATION:
		return place_tier_name(evidence->tier);
	case EVIDENCE_REGISTERED:
		return registered_tier_name(evidence->tier);
	default:
		return control_tier_name(evidence->tier);
	}
}

/* Is each of the names, between commas, among those of the list? */
static bool snapshot_has_all(const char *list, const char *names)
{
	while (*names) {
		size_t length = strcspn(names, ","), at = 0;

		while (list[at]) {
			size_t next = strcspn(list + at, ",");

			if (next == length && !strncmp(list + at, names, length))
				break;
			at += next + (list[at + next] == ',');
		}
		if (!list[at])
			return false;
		names += length + (names[length] == ',');
	}
	return true;
}

static const struct full_evidence *snapshot_evidence(const struct full *full, const struct full_zone *zone, size_t i)
{
	return &full->evidence[full->piece[zone->piece + i] & ~FULL_PIECE_IGNORED];
}

/* What the strongest says who says anything of the axis; "": nobody does. */
static const char *snapshot_strongest(const struct full *full, const struct full_zone *zone, enum evidence_axis axis)
{
	for (size_t i = 0; i < zone->piece_count; i++)
		if (snapshot_evidence(full, zone, i)->axis == axis &&
		    !(full->piece[zone->piece + i] & FULL_PIECE_IGNORED))
			return full_string(full, snapshot_evidence(full, zone, i)->answer);
	return "";
}

size_t snapshot_opinions(const struct snapshot *snapshot, sa_family_t family, const void *address,
			 struct snapshot_opinion *out, size_t room)
{
	static const char *const axes[EVIDENCE_AXES] = { "location", "registered", "control" };
	const struct full *full = &snapshot->full;
	const struct full_zone *zone =
		snapshot_zone(full, family, snapshot_find(full, family, address_key(family, address)));

	for (size_t i = 0; i < zone->piece_count && i < room; i++) {
		const struct full_evidence *evidence = snapshot_evidence(full, zone, i);
		const struct full_source *source = &full->source[evidence->source];
		const char *held = snapshot_strongest(full, zone, evidence->axis == EVIDENCE_LOCATION ?
									  EVIDENCE_LOCATION : EVIDENCE_CONTROL);

		out[i] = (struct snapshot_opinion){
			.axis = axes[evidence->axis],
			.tier = snapshot_tier(evidence),
			.answer = full_string(full, evidence->answer),
			.source = full_string(full, source->name),
			.file = full_string(full, source->file),
			.date = full_string(full, source->date),
			.operator = evidence->operator == FULL_NO_OPERATOR ?
					    "" : full_string(full, full->operator[evidence->operator].id),
			.fresh_until = evidence->fresh_until,
			.fresh = evidence->fresh,
			.ignored = full->piece[zone->piece + i] & FULL_PIECE_IGNORED,
		};
		out[i].contradicts = *held && !snapshot_has_all(held, out[i].answer);
	}
	return zone->piece_count;
}

void snapshot_lookup(const struct snapshot *snapshot, sa_family_t family, const void *address,
		     struct snapshot_place *out)
{
	const struct full *full = &snapshot->full;
	u128 key = address_key(family, address);
	size_t at = snapshot_find(full, family, key);
	u128 first = snapshot_first(full, family, at), last = snapshot_last(full, family, at);
	struct prefix prefix = prefix_within(family, first, last, key);

	prefix_format(&prefix, out->prefix);
	snapshot_describe(full, snapshot_zone(full, family, at), out);
}

struct snapshot_as snapshot_as_of(const struct snapshot *snapshot, sa_family_t family, const void *address)
{
	const struct asn_view *view = &snapshot->full.asn;
	uint32_t asn = asn_find(view, family, address_key(family, address));

	return (struct snapshot_as){ asn, asn ? asn_name(view, asn) : "" };
}

void snapshot_walk(const struct snapshot *snapshot, sa_family_t family, u128 first, u128 last, snapshot_piece *piece,
		   void *context)
{
	const struct full *full = &snapshot->full;
	size_t at = snapshot_find(full, family, first);

	for (;;) {
		struct snapshot_place place = { .prefix = "" };
		u128 end = snapshot_last(full, family, at);

		snapshot_describe(full, snapshot_zone(full, family, at), &place);
		piece(context, first, end < last ? end : last, &place);
		if (end >= last)
			return;
		first = end + 1;
		at++;
	}
}

size_t snapshot_zone_count(const struct snapshot *snapshot)
{
	return full_count(&snapshot->full, FULL_ZONES);
}

size_t snapshot_range_count(const struct snapshot *snapshot)
{
	return (size_t)full_count(&snapshot->full, FULL_FIRST4) + full_count(&snapshot->full, FULL_FIRST6);
}

size_t snapshot_class_count(const struct snapshot *snapshot)
{
	return full_count(&snapshot->full, FULL_CLASSES);
}

struct snapshot_class snapshot_class_at(const struct snapshot *snapshot, size_t index)
{
	const struct full *full = &snapshot->full;
	const struct full_class *class = &full->class[index];

	return (struct snapshot_class){
		.id = class->id,
		.name = full_string(full, class->name),
		.judged_as = class->judged_as == FULL_NO_CLASS ? NULL :
								 full_string(full, full->class[class->judged_as].name),
		.fallback = class->fallback,
		.permissive = snapshot->table.core->class_flags[class->id] & RESID_CLASS_F_PERMISSIVE,
		.deny_on_loss = snapshot->table.core->class_flags[class->id] & RESID_CLASS_F_DENY_ON_LOSS,
	};
}

const char *snapshot_class_name(const struct snapshot *snapshot, uint8_t id)
{
	return snapshot->class_name[id];
}

int snapshot_class_find(const struct snapshot *snapshot, const char *name)
{
	size_t i;

	for (i = 0; i < snapshot_class_count(snapshot); i++)
		if (!strcmp(full_string(&snapshot->full, snapshot->full.class[i].name), name))
			return snapshot->full.class[i].id;
	return -1;
}

size_t snapshot_rule_count(const struct snapshot *snapshot)
{
	return full_count(&snapshot->full, FULL_RULES);
}

struct snapshot_rule snapshot_rule_at(const struct snapshot *snapshot, size_t index)
{
	const struct full_rule *rule = &snapshot->full.rule[index];

	return (struct snapshot_rule){
		.id = full_string(&snapshot->full, rule->id),
		.reason = full_string(&snapshot->full, rule->reason),
		.clause = full_string(&snapshot->full, rule->clause),
		.justification = full_string(&snapshot->full, rule->justification),
		.owner = full_string(&snapshot->full, rule->owner),
		.ticket = full_string(&snapshot->full, rule->ticket),
		.from = rule->from,
		.until = rule->until,
		.verdict = rule->verdict,
		.key = rule->key,
	};
}

int64_t snapshot_stale_at(const struct snapshot *snapshot)
{
	return snapshot->full.header->stale_at;
}

const uint8_t *snapshot_world(const struct snapshot *snapshot)
{
	return snapshot->full.header->world;
}

size_t snapshot_source_count(const struct snapshot *snapshot)
{
	return full_count(&snapshot->full, FULL_SOURCES);
}

struct snapshot_source snapshot_source_at(const struct snapshot *snapshot, size_t index)
{
	const struct full_source *source = &snapshot->full.source[index];

	return (struct snapshot_source){
		.name = full_string(&snapshot->full, source->name),
		.file = full_string(&snapshot->full, source->file),
		.date = full_string(&snapshot->full, source->date),
		.tier = full_string(&snapshot->full, source->tier),
		.sha256 = source->sha256,
		.accepted = full_string(&snapshot->full, source->accepted),
		.prefixes = source->prefixes,
		.v4 = source->v4,
		.v6 = source->v6,
	};
}

size_t snapshot_set_count(const struct snapshot *snapshot)
{
	return full_count(&snapshot->full, FULL_SETS);
}

struct snapshot_set snapshot_set_at(const struct snapshot *snapshot, size_t index)
{
	const struct full_set *set = &snapshot->full.set[index];

	return (struct snapshot_set){
		.name = full_string(&snapshot->full, set->name),
		.date = full_string(&snapshot->full, set->date),
		.source = full_string(&snapshot->full, set->source),
		.members = full_string(&snapshot->full, set->members),
		.ends = set->ends,
	};
}

const char *snapshot_set_ended(const struct snapshot *snapshot, int64_t now, int64_t *ended)
{
	const char *name = NULL;
	size_t i;

	for (i = 0; i < snapshot_set_count(snapshot); i++) {
		struct snapshot_set set = snapshot_set_at(snapshot, i);

		if (!set.ends || set.ends > now || (name && set.ends >= *ended))
			continue;
		name = set.name;
		*ended = set.ends;
	}
	return name;
}

size_t snapshot_assignment_count(const struct snapshot *snapshot)
{
	return full_count(&snapshot->full, FULL_ASSIGNMENTS);
}

struct snapshot_assignment snapshot_assignment_at(const struct snapshot *snapshot, size_t index)
{
	const struct full_assignment *assignment = &snapshot->full.assignment[index];

	return (struct snapshot_assignment){
		.target = full_string(&snapshot->full, assignment->target),
		.class_id = assignment->class_id,
	};
}
