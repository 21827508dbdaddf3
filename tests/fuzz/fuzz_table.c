// SPDX-License-Identifier: Apache-2.0
/*
 * resid_table_open() on damaged snapshots; whatever it accepts is then walked as the packet path would, and must give
 * groups and rules in range.
 */
#include "edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

void sha256(const u8 *data, unsigned int length, u8 *out)
{
	memset(out, EDIT_DIGEST, RESID_DIGEST_LEN);
}

static uint8_t *data;
static size_t length, starts[9], lengths[9], areas;

static void add_area(size_t start, size_t bytes)
{
	starts[areas] = start;
	lengths[areas++] = bytes;
}

static void begin(void)
{
	struct snapshot *snapshot = edit_template();
	const void *bytes = snapshot_kernel_part(snapshot, &length);
	const struct resid_snapshot_header *header;
	const size_t root = sizeof(struct resid_lpm_header) + (4u << RESID_LPM_ROOT_BITS);
	unsigned int id;

	data = malloc(length);
	memcpy(data, bytes, length);
	snapshot_free(snapshot);
	header = (const struct resid_snapshot_header *)data;
	add_area(0, sizeof(*header));
	for (id = 0; id < RESID_SECTION_FULL; id++)
		add_area(header->section[id].offset, id < RESID_SECTION_LPM4 ? header->section[id].length : root);
	/* nodes and leaves */
	for (id = RESID_SECTION_LPM4; id <= RESID_SECTION_LPM6; id++)
		add_area(header->section[id].offset + root, header->section[id].length - root);
}

static void walk_address(const struct resid_table *table, uint16_t group)
{
	static const uint8_t class_id[] = { 0, 1, 2, 3, 255 };
	static const struct resid_flow flow[] = {
		{ .proto = 6, .proto_known = true, .has_port = true, .dport = 443 },
		{ .proto = 1, .proto_known = true, .direction = RESID_DIR_REPLY },
		{ .now = 1 },
	};
	size_t c, f;

	if (group >= table->core->group_count)
		abort();
	for (c = 0; c < sizeof(class_id); c++)
		for (f = 0; f < sizeof(flow) / sizeof(flow[0]); f++)
			if (resid_verdict_decide(table, class_id[c], group, &flow[f]) >= table->core->rule_count)
				abort();
}

static void walk(const struct resid_table *table)
{
	static const uint64_t high[] = { 0,		     0x0200000700000000, 0x0300000500000000, 0x2a00000000000000,
					 0x2b00000000000000, 0x2b00000000000007, ~0ull };
	static const uint64_t low[] = { 0, 7, 0xff, 0x100, ~0ull };
	size_t h, l;

	for (h = 0; h < sizeof(high) / sizeof(high[0]); h++) {
		walk_address(table, resid_lpm_lookup(&table->lpm4, high[h] & 0xffffffff00000000, 0));
		for (l = 0; l < sizeof(low) / sizeof(low[0]); l++)
			walk_address(table, resid_lpm_lookup(&table->lpm6, high[h], low[l]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct edit_undo undo[EDIT_MAX];
	struct resid_table table;
	size_t count;

	if (!data)
		begin();
	count = edit_apply(data, starts, lengths, areas, input, size, undo);
	if (!resid_table_open(&table, data, length))
		walk(&table);
	edit_take_back(data, undo, count);
	return 0;
}
