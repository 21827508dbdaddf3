// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot made by hand, small but for the two LPM roots, to be bent and broken by the suites. */

/*
 * Two classes beside 0 and 255: 1 may reach group 1, 2 nothing. Group 0 is the rest of the world.
 * IPv4: 10.0.0.0/8 and 192.0.2.128/25 are group 1. IPv6: 2001:db8::/48 is group 1.
 */
#define BLOB_RULES 3			/* 0 allow, 1 reject, 2 drop */
#define BLOB_STEPS 3
#define BLOB_GROUPS 3
#define BLOB_ROWS 4
#define BLOB_ROOT (1u << RESID_LPM_ROOT_BITS)

struct blob {
	u8 *data;
	size_t length;
	struct resid_snapshot_header *header;
	struct resid_core *core;
	struct resid_rule *rule;
	struct resid_step *step;
	u16 *matrix;
	u32 *root4;
	struct resid_lpm_node *node4;
	u16 *leaf4;
};

static size_t blob_lpm_length(u32 nodes, u32 leaves)
{
	return sizeof(struct resid_lpm_header) + BLOB_ROOT * 4 + nodes * sizeof(struct resid_lpm_node) + leaves * 2;
}

static void blob_seal(struct blob *blob)
{
	unsigned int id;

	for (id = 0; id < RESID_SECTION_FULL; id++) {
		struct resid_section *section = &blob->header->section[id];

		sha256(blob->data + section->offset, section->length, section->sha256);
	}
	sha256(blob->data, offsetof(struct resid_snapshot_header, sha256), blob->header->sha256);
}

/* 192.0.2.0/24 lies under root slot 192.0.0.0/18, then slots of /24; 192.0.2.0/24 is slot 2, then 2 bits of it /26. */
static void blob_fill_lpm4(struct blob *blob, void *section)
{
	struct resid_lpm_header *header = section;
	u32 i;

	*header = (struct resid_lpm_header){ .node_count = 2, .leaf_count = 4 };
	blob->root4 = (u32 *)(header + 1);
	blob->node4 = (struct resid_lpm_node *)(blob->root4 + BLOB_ROOT);
	blob->leaf4 = (u16 *)(blob->node4 + 2);
	for (i = 0; i < BLOB_ROOT; i++)
		blob->root4[i] = RESID_LPM_LEAF | (i >> 10 == 10);
	blob->root4[0xc0000000 >> 14] = 0;
	/* /24s 192.0.0 to 192.0.63: all group 0 but slot 2, which continues */
	blob->node4[0] = (struct resid_lpm_node){ .inner = 1 << 2, .starts = 1, .node_base = 1, .leaf_base = 0 };
	/* /30s of 192.0.2.0/24: the lower half group 0, the upper half group 1, its last /30 group 2 */
	blob->node4[1] = (struct resid_lpm_node){
		.starts = 1 | 1ull << 32 | 1ull << 63,
		.node_base = 2,
		.leaf_base = 1,
	};
	blob->leaf4[0] = 0;
	blob->leaf4[1] = 0;
	blob->leaf4[2] = 1;
	blob->leaf4[3] = 2;
}

static void blob_fill_lpm6(void *section)
{
	struct resid_lpm_header *header = section;
	u32 *root = (u32 *)(header + 1), i;

	for (i = 0; i < BLOB_ROOT; i++)
		root[i] = RESID_LPM_LEAF | (i >> 2 == 0x2001);
}

static int blob_new(struct kunit *test, struct blob *blob)
{
	const size_t length[RESID_SECTION_FULL] = {
		[RESID_SECTION_CORE] = sizeof(struct resid_core),
		[RESID_SECTION_RULES] = BLOB_RULES * sizeof(struct resid_rule),
		[RESID_SECTION_STEPS] = BLOB_STEPS * sizeof(struct resid_step),
		[RESID_SECTION_MATRIX] = BLOB_ROWS * BLOB_GROUPS * 2,
		[RESID_SECTION_LPM4] = blob_lpm_length(2, 4),
		[RESID_SECTION_LPM6] = blob_lpm_length(0, 0),
	};
	u64 offset = sizeof(*blob->header);
	unsigned int id, i;

	blob->length = offset;
	for (id = 0; id < RESID_SECTION_FULL; id++)
		blob->length += ALIGN(length[id], 8);
	blob->data = kvzalloc(blob->length, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, blob->data);

	blob->header = (void *)blob->data;
	memcpy(blob->header->magic, RESID_SNAPSHOT_MAGIC, 8);
	for (id = 0; id < RESID_SECTION_FULL; id++) {
		blob->header->section[id].offset = offset;
		blob->header->section[id].length = length[id];
		offset += ALIGN(length[id], 8);
	}
	blob->header->section[RESID_SECTION_FULL].offset = offset;

	blob->core = (void *)blob->data + blob->header->section[RESID_SECTION_CORE].offset;
	blob->rule = (void *)blob->data + blob->header->section[RESID_SECTION_RULES].offset;
	blob->step = (void *)blob->data + blob->header->section[RESID_SECTION_STEPS].offset;
	blob->matrix = (void *)blob->data + blob->header->section[RESID_SECTION_MATRIX].offset;
	*blob->core = (struct resid_core){
		.row_count = BLOB_ROWS,
		.rule_count = BLOB_RULES,
		.step_count = BLOB_STEPS,
		.group_count = BLOB_GROUPS,
		.non_ip_rule = 2,
		.unparsable_rule = 2,
		.link_group = 1,
	};
	blob->core->row[1] = 1;
	blob->core->row[2] = 2;
	blob->core->row[RESID_CLASS_KERNEL] = 3;
	for (i = 0; i < BLOB_RULES; i++)
		blob->rule[i].key = 1000 + i;
	blob->rule[1].verdict = RESID_V_REJECT;
	blob->rule[2].verdict = RESID_V_DROP;
	/* TCP 443 and 444 are allowed, else reject; and a chain that only rejects */
	blob->step[0] = (struct resid_step){
		.flags = RESID_STEP_F_PROTO | RESID_STEP_F_PORT,
		.proto = IPPROTO_TCP,
		.port_first = 443,
		.port_last = 444,
		.rule = 0,
	};
	blob->step[1] = (struct resid_step){ .flags = RESID_STEP_F_LAST, .rule = 1 };
	blob->step[2] = (struct resid_step){ .flags = RESID_STEP_F_LAST, .rule = 1 };
	for (i = 0; i < BLOB_ROWS * BLOB_GROUPS; i++)
		blob->matrix[i] = 1;
	blob->matrix[1 * BLOB_GROUPS + 1] = 0;
	blob->matrix[2 * BLOB_GROUPS + 1] = RESID_CELL_CHAIN | 0;
	blob->matrix[2 * BLOB_GROUPS + 2] = RESID_CELL_CHAIN | 2;

	blob_fill_lpm4(blob, blob->data + blob->header->section[RESID_SECTION_LPM4].offset);
	blob_fill_lpm6(blob->data + blob->header->section[RESID_SECTION_LPM6].offset);
	blob_seal(blob);
	return 0;
}

static void blob_free(struct blob *blob)
{
	kvfree(blob->data);
	blob->data = NULL;
}
