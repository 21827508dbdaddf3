// SPDX-License-Identifier: Apache-2.0
/*
 * full_open() on damaged sections: an even first byte, edits to a good one; an odd first byte, the input as it stands
 * behind a right magic. Whatever it accepts is read from end to end, in a buffer that ends where the section ends.
 */
#include "edit.h"
#include "snapshot/full.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

void sha256(const u8 *data, unsigned int length, u8 *out)
{
	memset(out, EDIT_DIGEST, RESID_DIGEST_LEN);
}

#define GROUPS 64

static uint8_t *good;
static size_t good_length, starts[1 + FULL_TABLES], lengths[1 + FULL_TABLES];

static void begin(void)
{
	struct snapshot *snapshot = edit_template();
	size_t whole, kernel, id;
	const uint8_t *bytes = snapshot_bytes(snapshot, &whole);
	const struct full_header *header;

	snapshot_kernel_part(snapshot, &kernel);
	good_length = whole - kernel;
	good = malloc(good_length);
	memcpy(good, bytes + kernel, good_length);
	snapshot_free(snapshot);
	header = (const struct full_header *)good;
	lengths[0] = sizeof(*header);
	for (id = 0; id < FULL_TABLES; id++) {
		starts[1 + id] = header->table[id].offset;
		lengths[1 + id] = good_length - header->table[id].offset;
		if (id + 1 < FULL_TABLES)
			lengths[1 + id] = header->table[id + 1].offset - header->table[id].offset;
	}
}

static size_t total;

static void read_string(const struct full *full, uint32_t offset)
{
	total += strlen(full_string(full, offset));
}

static void read_all(const struct full *full)
{
	uint32_t i;

	read_string(full, full->header->policy_name);
	read_string(full, full->header->policy_text);
	for (i = 0; i < full_count(full, FULL_CLASSES); i++) {
		read_string(full, full->class[i].name);
		if (full->class[i].judged_as != FULL_NO_CLASS)
			read_string(full, full->class[full->class[i].judged_as].name);
	}
	for (i = 0; i < full_count(full, FULL_RULES); i++) {
		read_string(full, full->rule[i].id);
		read_string(full, full->rule[i].reason);
	}
	for (i = 0; i < full_count(full, FULL_ASSIGNMENTS); i++)
		read_string(full, full->assignment[i].target);
	for (i = 0; i < full_count(full, FULL_SETS); i++)
		read_string(full, full->set[i].members);
	for (i = 0; i < 64; i++) {
		uint32_t at4 = full_find4(full, i << 26), at6 = full_find6(full, (uint64_t)i << 58, i);
		const struct full_zone *zone4 = &full->zone[full->zone4[at4]], *zone6 = &full->zone[full->zone6[at6]];

		if (full->first4[at4] > i << 26 || zone4->group >= GROUPS || zone6->group >= GROUPS)
			abort();
		read_string(full, zone4->location);
		if (zone6->source != FULL_NO_SOURCE)
			read_string(full, full->source[zone6->source].name);
		for (uint32_t p = 0; p < zone4->piece_count; p++)
			read_string(full, full->evidence[full->piece[zone4->piece + p] & ~FULL_PIECE_IGNORED].answer);
		total += strlen(asn_name(&full->asn, asn_find(&full->asn, AF_INET, (u128)i << 122)));
		total += strlen(asn_name(&full->asn, asn_find(&full->asn, AF_INET6, (u128)i << 122)));
	}
	for (i = 0; i < full->asn.count[ASN_NAMES]; i++)
		total += strlen(asn_name(&full->asn, ((const struct source_as *)full->asn.part[ASN_NAMES])[i].number));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct edit_undo undo[EDIT_MAX];
	struct full full;
	uint8_t *raw;

	if (!good)
		begin();
	if (!size)
		return 0;
	if (input[0] & 1) {
		raw = malloc(size + 7);
		memcpy(raw, FULL_MAGIC, 8);
		memcpy(raw + 8, input + 1, size - 1);
		if (!full_open(&full, raw, size + 7, GROUPS))
			read_all(&full);
		free(raw);
	} else {
		size_t count = edit_apply(good, starts, lengths, 1 + FULL_TABLES, input + 1, size - 1, undo);

		if (!full_open(&full, good, good_length, GROUPS))
			read_all(&full);
		edit_take_back(good, undo, count);
	}
	return 0;
}
