// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Validation of a snapshot. Whatever passes here can be walked by the packet path without a further check: every
 * index is in range, every chain ends, the tables have no cycle. What it means is the compiler's business.
 */
#include "table.h"

static_assert(sizeof(struct resid_snapshot_header) == 64 + 48 * RESID_SECTION_COUNT);
static_assert(sizeof(struct resid_core) == 720);
static_assert(sizeof(struct resid_rule) == 16);
static_assert(sizeof(struct resid_step) == 24);
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

#define TABLE_ALIGN(n) (((n) + 7) & ~7ull)

static bool table_all_zero(const u8 *bytes, u64 count)
{
	while (count)
		if (bytes[--count])
			return false;
	return true;
}

/* Sections follow each other without gaps and fill the blob, and every digest is right. */
static const char *table_check_sections(const struct resid_snapshot_header *header, const u8 *data, size_t length)
{
	u64 offset = sizeof(*header), padded;
	u8 digest[RESID_DIGEST_LEN];
	unsigned int id;

	sha256(data, offsetof(struct resid_snapshot_header, sha256), digest);
	if (memcmp(digest, header->sha256, sizeof(digest)))
		return "snapshot header does not match its digest";

	for (id = 0; id < RESID_SECTION_FULL; id++) {
		const struct resid_section *section = &header->section[id];

		if (section->offset != offset || section->length > length - offset)
			return "snapshot is cut short, or its sections are out of place";
		sha256(data + offset, section->length, digest);
		if (memcmp(digest, section->sha256, sizeof(digest)))
			return "snapshot section does not match its digest";
		offset += section->length;
		padded = TABLE_ALIGN(offset);
		if (padded > length)
			return "snapshot is cut short, or its sections are out of place";
		if (!table_all_zero(data + offset, padded - offset))
			return "snapshot padding is not zero";
		offset = padded;
	}
	if (offset != length)
		return "snapshot has bytes after its last section";
	if (header->section[RESID_SECTION_FULL].offset != offset)
		return "snapshot is cut short, or its sections are out of place";
	return NULL;
}

static const char *table_check_core(const struct resid_core *core)
{
	unsigned int i;

	if (!core->row_count || core->row_count > RESID_CLASS_COUNT || !core->rule_count ||
	    core->rule_count > RESID_CELL_INDEX || core->step_count > RESID_CELL_INDEX || !core->group_count ||
	    core->nat64_count > RESID_NAT64_MAX || core->link_group >= core->group_count)
		return "snapshot core: a count is out of range";
	if (core->non_ip_rule >= core->rule_count || core->unparsable_rule >= core->rule_count)
		return "snapshot core: rule out of range";
	for (i = 0; i < RESID_CLASS_COUNT; i++) {
		if (core->row[i] >= core->row_count)
			return "snapshot core: row out of range";
		if (core->class_flags[i] & ~RESID_CLASS_F_ALL)
			return "snapshot core: unknown class flag";
	}
	for (i = 0; i < core->nat64_count; i++) {
		u8 length = core->nat64[i].length;

		if (length < 32 || length > 96 || length % 8 || (length > 64 && length < 96))
			return "snapshot core: NAT64 prefix length";
		if (!table_all_zero(core->nat64[i].reserved, sizeof(core->nat64[i].reserved)))
			return "snapshot core: reserved byte is not zero";
	}
	return NULL;
}

static const char *table_check_rules(const struct resid_table *table)
{
	unsigned int i;

	for (i = 0; i < table->core->rule_count; i++) {
		const struct resid_rule *rule = &table->rule[i];

		if (rule->verdict >= RESID_V_COUNT || !table_all_zero(rule->reserved, sizeof(rule->reserved)))
			return "snapshot rule: unknown verdict";
		if (rule->key == RESID_KEY_NO_POLICY || rule->key == RESID_KEY_GONE)
			return "snapshot rule: a key that is not a rule's";
	}
	return NULL;
}

/* A chain is a run of steps up to one that is last; the last one matches everything. */
static const char *table_check_steps(const struct resid_table *table)
{
	unsigned int i, run = 0;

	for (i = 0; i < table->core->step_count; i++) {
		const struct resid_step *step = &table->step[i];

		if (step->rule >= table->core->rule_count)
			return "snapshot step: rule out of range";
		if (step->flags & ~RESID_STEP_F_ALL)
			return "snapshot step: unknown flag";
		if (step->flags & RESID_STEP_F_LAST && step->flags != RESID_STEP_F_LAST)
			return "snapshot step: the last of a chain has a condition";
		if (++run > RESID_CHAIN_MAX)
			return "snapshot step: chain too long";
		if (step->flags & RESID_STEP_F_LAST)
			run = 0;
	}
	return run ? "snapshot step: chain without an end" : NULL;
}

static const char *table_check_matrix(const struct resid_table *table)
{
	const struct resid_core *core = table->core;
	u32 i, count = (u32)core->row_count * core->group_count;

	for (i = 0; i < count; i++) {
		u16 index = table->matrix[i] & RESID_CELL_INDEX;

		if (index >= (table->matrix[i] & RESID_CELL_CHAIN ? core->step_count : core->rule_count))
			return "snapshot matrix: cell out of range";
	}
	return NULL;
}

const char *resid_table_open(struct resid_table *table, const void *data, size_t length)
{
	const struct resid_snapshot_header *header = data;
	const struct resid_core *core;
	const char *error;
	const void *at[RESID_SECTION_FULL];
	u64 size[RESID_SECTION_FULL];
	unsigned int id;

	if (length < sizeof(*header) || length > RESID_SNAPSHOT_MAX)
		return "snapshot is shorter than its header, or too long";
	if (memcmp(header->magic, RESID_SNAPSHOT_MAGIC, sizeof(header->magic)))
		return "not a Resid snapshot, or one of another version";
	error = table_check_sections(header, data, length);
	if (error)
		return error;
	for (id = 0; id < RESID_SECTION_FULL; id++) {
		at[id] = (const u8 *)data + header->section[id].offset;
		size[id] = header->section[id].length;
	}

	if (size[RESID_SECTION_CORE] != sizeof(*core))
		return "snapshot core: wrong length";
	core = at[RESID_SECTION_CORE];
	error = table_check_core(core);
	if (error)
		return error;
	if (size[RESID_SECTION_RULES] != core->rule_count * sizeof(struct resid_rule) ||
	    size[RESID_SECTION_STEPS] != core->step_count * sizeof(struct resid_step) ||
	    size[RESID_SECTION_MATRIX] != (u64)core->row_count * core->group_count * sizeof(u16))
		return "snapshot section length does not fit its count";

	table->header = header;
	table->core = core;
	table->rule = at[RESID_SECTION_RULES];
	table->step = at[RESID_SECTION_STEPS];
	table->matrix = at[RESID_SECTION_MATRIX];
	error = table_check_rules(table);
	if (!error)
		error = table_check_steps(table);
	if (!error)
		error = table_check_matrix(table);
	if (!error)
		error = resid_lpm_open(&table->lpm4, at[RESID_SECTION_LPM4], size[RESID_SECTION_LPM4], 32,
				       core->group_count);
	if (!error)
		error = resid_lpm_open(&table->lpm6, at[RESID_SECTION_LPM6], size[RESID_SECTION_LPM6], 128,
				       core->group_count);
	if (error)
		return error;
	sha256(data, sizeof(*header), table->generation);
	return NULL;
}
