// SPDX-License-Identifier: Apache-2.0
#include "snapshot/full.h"

#include <stdbool.h>
#include <string.h>

static const size_t full_size[FULL_ASN] = {
	[FULL_STRINGS] = 1,
	[FULL_CLASSES] = sizeof(struct full_class),
	[FULL_RULES] = sizeof(struct full_rule),
	[FULL_ASSIGNMENTS] = sizeof(struct full_assignment),
	[FULL_SOURCES] = sizeof(struct full_source),
	[FULL_SETS] = sizeof(struct full_set),
	[FULL_OPERATORS] = sizeof(struct full_operator),
	[FULL_EVIDENCE] = sizeof(struct full_evidence),
	[FULL_PIECES] = sizeof(uint32_t),
	[FULL_ZONES] = sizeof(struct full_zone),
	[FULL_FIRST4] = sizeof(uint32_t),
	[FULL_ZONE4] = sizeof(uint32_t),
	[FULL_FIRST6] = sizeof(struct full_first6),
	[FULL_ZONE6] = sizeof(uint32_t),
};

static size_t full_element(unsigned int id)
{
	return id < FULL_ASN ? full_size[id] : asn_part_size[id - FULL_ASN];
}

static bool full_zero(const void *data, size_t length)
{
	const uint8_t *bytes = data;

	while (length)
		if (bytes[--length])
			return false;
	return true;
}

static const char *full_check_layout(const uint8_t *data, size_t length)
{
	const struct full_header *header = (const struct full_header *)data;
	uint64_t offset = sizeof(*header), end;
	unsigned int id;

	for (id = 0; id < FULL_TABLES; id++) {
		const struct full_table *table = &header->table[id];

		if (table->offset != offset || table->reserved)
			return "full table: a table is out of place";
		end = offset + table->count * (uint64_t)full_element(id);
		if (end > length)
			return "full table: cut short";
		offset = (end + 7) & ~7ull;
		if (offset > length || !full_zero(data + end, offset - end))
			return "full table: padding is not zero, or cut short";
	}
	return offset == length ? NULL : "full table: bytes after the last table";
}

static bool full_has(const struct full *full, uint32_t string)
{
	return string < full_count(full, FULL_STRINGS);
}

static const char *full_check_operators(const struct full *full)
{
	uint32_t i;

	for (i = 0; i < full_count(full, FULL_OPERATORS); i++) {
		const struct full_operator *operator = &full->operator[i];

		if (!full_has(full, operator->id) || !full_has(full, operator->name) ||
		    !full_has(full, operator->parent) || !full_has(full, operator->citation) ||
		    !full_has(full, operator->reviewed) || !full_has(full, operator->confidence) ||
		    !full_has(full, operator->basis))
			return "full table: operator out of range";
	}
	return NULL;
}

/* Of the years that RFC 3339 can write. */
static bool full_is_time(int64_t seconds)
{
	return seconds >= -172800 && seconds <= 253402300800 + 172800;
}

static bool full_has_window(const struct full_rule *rule)
{
	return (rule->from == INT64_MIN || full_is_time(rule->from)) &&
	       (rule->until == INT64_MAX || full_is_time(rule->until));
}

static const char *full_check_names(const struct full *full)
{
	uint32_t i, classes = full_count(full, FULL_CLASSES);

	if (!full_has(full, full->header->policy_name) || !full_has(full, full->header->policy_text))
		return "full table: policy out of range";
	for (i = 0; i < classes; i++) {
		const struct full_class *class = &full->class[i];

		if (!full_has(full, class->name) || class->fallback >= RESID_V_COUNT ||
		    (class->judged_as != FULL_NO_CLASS && class->judged_as >= classes))
			return "full table: class out of range";
	}
	for (i = 0; i < full_count(full, FULL_RULES); i++) {
		const struct full_rule *rule = &full->rule[i];

		if (!full_has(full, rule->id) || !full_has(full, rule->reason) ||
		    !full_has(full, rule->clause) || !full_has(full, rule->justification) ||
		    !full_has(full, rule->owner) || !full_has(full, rule->ticket) || !full_has_window(rule) ||
		    rule->verdict >= RESID_V_COUNT || !full_zero(rule->reserved, sizeof(rule->reserved)))
			return "full table: rule out of range";
	}
	for (i = 0; i < full_count(full, FULL_ASSIGNMENTS); i++)
		if (!full_has(full, full->assignment[i].target) ||
		    !full_zero(full->assignment[i].reserved, sizeof(full->assignment[i].reserved)))
			return "full table: assignment out of range";
	for (i = 0; i < full_count(full, FULL_SOURCES); i++)
		if (!full_has(full, full->source[i].name) || !full_has(full, full->source[i].file) ||
		    !full_has(full, full->source[i].date) || !full_has(full, full->source[i].accepted) ||
		    !full_has(full, full->source[i].tier) || full->source[i].reserved)
			return "full table: source out of range";
	for (i = 0; i < full_count(full, FULL_SETS); i++)
		if (!full_has(full, full->set[i].name) || !full_has(full, full->set[i].date) ||
		    !full_has(full, full->set[i].source) || !full_has(full, full->set[i].members) ||
		    !full_is_time(full->set[i].ends))
			return "full table: set out of range";
	return full_check_operators(full);
}

static bool full_less6(const struct full_first6 *a, const struct full_first6 *b)
{
	return a->high < b->high || (a->high == b->high && a->low < b->low);
}

static bool full_has_source(const struct full *full, uint16_t source)
{
	return source < full_count(full, FULL_SOURCES) || source == FULL_NO_SOURCE;
}

static bool full_has_operator(const struct full *full, uint16_t operator)
{
	return operator < full_count(full, FULL_OPERATORS) || operator == FULL_NO_OPERATOR;
}

static bool full_is_evidence(const struct full *full, const struct full_evidence *evidence)
{
	static const uint8_t tiers[EVIDENCE_AXES] = {
		[EVIDENCE_LOCATION] = PLACE_TIERS, [EVIDENCE_REGISTERED] = REGISTERED_TIERS,
		[EVIDENCE_CONTROL] = CONTROL_TIERS,
	};

	return full_has(full, evidence->answer) && evidence->source < full_count(full, FULL_SOURCES) &&
	       full_has_operator(full, evidence->operator) && evidence->axis < EVIDENCE_AXES &&
	       evidence->tier < tiers[evidence->axis] && evidence->fresh <= 1 &&
	       full_zero(evidence->reserved, sizeof(evidence->reserved));
}

static bool full_has_zone(const struct full *full, const struct full_zone *zone, uint32_t group_count)
{
	uint32_t pieces = full_count(full, FULL_PIECES);

	return full_has(full, zone->location) && full_has(full, zone->where) && full_has(full, zone->registered) &&
	       full_has(full, zone->control) && zone->piece <= pieces && zone->piece_count <= pieces - zone->piece &&
	       zone->group < group_count && full_has_source(full, zone->source) &&
	       full_has_source(full, zone->control_source) && full_has_operator(full, zone->operator) &&
	       zone->tier < CONTROL_TIERS && zone->place < PLACE_TIERS && zone->settled <= 1 &&
	       full_zero(zone->reserved, sizeof(zone->reserved));
}

static const char *full_check_evidence(const struct full *full)
{
	uint32_t count = full_count(full, FULL_EVIDENCE);

	for (uint32_t i = 0; i < count; i++)
		if (!full_is_evidence(full, &full->evidence[i]))
			return "full table: evidence out of range";
	for (uint32_t i = 0; i < full_count(full, FULL_PIECES); i++)
		if ((full->piece[i] & ~FULL_PIECE_IGNORED) >= count)
			return "full table: a zone has evidence that is not there";
	return NULL;
}

static const char *full_check_ranges(const struct full *full, uint32_t group_count)
{
	uint32_t i, count4 = full_count(full, FULL_FIRST4), count6 = full_count(full, FULL_FIRST6);
	uint32_t zones = full_count(full, FULL_ZONES);

	for (i = 0; i < zones; i++)
		if (!full_has_zone(full, &full->zone[i], group_count))
			return "full table: zone out of range";
	if (!count4 || !count6 || full_count(full, FULL_ZONE4) != count4 || full_count(full, FULL_ZONE6) != count6)
		return "full table: ranges without zones";
	if (full->first4[0] || full->first6[0].high || full->first6[0].low)
		return "full table: ranges do not begin at the first address";
	for (i = 0; i < count4; i++)
		if ((i && full->first4[i] <= full->first4[i - 1]) || full->zone4[i] >= zones)
			return "full table: IPv4 range out of order or without a zone";
	for (i = 0; i < count6; i++)
		if ((i && !full_less6(&full->first6[i - 1], &full->first6[i])) || full->zone6[i] >= zones)
			return "full table: IPv6 range out of order or without a zone";
	return NULL;
}

const char *full_open(struct full *full, const void *data, size_t length, uint32_t group_count)
{
	const struct full_header *header = data;
	const uint8_t *bytes = data;
	const char *error;
	unsigned int i;

	if (length < sizeof(*header) || memcmp(header->magic, FULL_MAGIC, sizeof(header->magic)))
		return "full table: not one, or of another version";
	error = full_check_layout(bytes, length);
	if (error)
		return error;
	*full = (struct full){
		.header = header,
		.strings = (const char *)bytes + header->table[FULL_STRINGS].offset,
		.class = (const struct full_class *)(bytes + header->table[FULL_CLASSES].offset),
		.rule = (const struct full_rule *)(bytes + header->table[FULL_RULES].offset),
		.assignment = (const struct full_assignment *)(bytes + header->table[FULL_ASSIGNMENTS].offset),
		.source = (const struct full_source *)(bytes + header->table[FULL_SOURCES].offset),
		.set = (const struct full_set *)(bytes + header->table[FULL_SETS].offset),
		.operator = (const struct full_operator *)(bytes + header->table[FULL_OPERATORS].offset),
		.evidence = (const struct full_evidence *)(bytes + header->table[FULL_EVIDENCE].offset),
		.piece = (const uint32_t *)(bytes + header->table[FULL_PIECES].offset),
		.zone = (const struct full_zone *)(bytes + header->table[FULL_ZONES].offset),
		.first4 = (const uint32_t *)(bytes + header->table[FULL_FIRST4].offset),
		.zone4 = (const uint32_t *)(bytes + header->table[FULL_ZONE4].offset),
		.first6 = (const struct full_first6 *)(bytes + header->table[FULL_FIRST6].offset),
		.zone6 = (const uint32_t *)(bytes + header->table[FULL_ZONE6].offset),
	};
	for (i = 0; i < ASN_PARTS; i++) {
		full->asn.part[i] = bytes + header->table[FULL_ASN + i].offset;
		full->asn.count[i] = header->table[FULL_ASN + i].count;
	}
	if (!full_count(full, FULL_STRINGS) || full->strings[0] ||
	    full->strings[full_count(full, FULL_STRINGS) - 1])
		return "full table: strings without an end";
	error = full_check_names(full);
	if (error)
		return error;
	error = full_check_evidence(full);
	if (error)
		return error;
	if (!asn_is_sound(&full->asn))
		return "full table: ASes out of order or out of range";
	return full_check_ranges(full, group_count);
}

uint32_t full_find4(const struct full *full, uint32_t address)
{
	uint32_t low = 0, count = full_count(full, FULL_FIRST4);

	/* first[low] <= address always holds; the halving has no branch that a processor could guess wrong */
	while (count > 1) {
		uint32_t half = count / 2;

		low += full->first4[low + half] <= address ? half : 0;
		count -= half;
	}
	return low;
}

uint32_t full_find6(const struct full *full, uint64_t high, uint64_t low)
{
	const struct full_first6 key = { high, low };
	uint32_t at = 0, count = full_count(full, FULL_FIRST6);

	while (count > 1) {
		uint32_t half = count / 2;

		at += full_less6(&key, &full->first6[at + half]) ? 0 : half;
		count -= half;
	}
	return at;
}
