// SPDX-License-Identifier: Apache-2.0
/*
 * A damaged snapshot is refused: any byte flipped, cut at any length. The two roots of the LPM tables are a megabyte
 * each and alike in every word, so of them every 4,093rd byte stands for the rest. And where the digests are right but
 * the content is not, the validator sees it.
 */
#include "support.h"

#include "snapshot/full.h"

#define SAMPLE 4093

struct fixture {
	struct snapshot *snapshot;
	uint8_t *data;		/* a copy to spoil, 8-byte aligned */
	size_t length, kernel;
};

static struct fixture f;

static int setup(void **context)
{
	const void *bytes;

	f.snapshot = support_build(CLASSES "rules:\n"
					   "  - {id: web, class: shut, location: EU, port: 443, verdict: allow, reason: r}\n"
					   "  - {id: host, class: open, prefix: [2.0.0.7, 2.0.0.9, '2a00::7'], verdict: drop, reason: r}\n"
					   "nat64: ['2001:db8:64::/96']\n");
	bytes = snapshot_bytes(f.snapshot, &f.length);
	snapshot_kernel_part(f.snapshot, &f.kernel);
	f.data = malloc(f.length);
	memcpy(f.data, bytes, f.length);
	return 0;
}

static int teardown(void **context)
{
	snapshot_free(f.snapshot);
	free(f.data);
	return 0;
}

static struct resid_snapshot_header *header(void)
{
	return (struct resid_snapshot_header *)f.data;
}

/* The digests put right after the content was spoilt. */
static void sign(void)
{
	unsigned int id;

	for (id = 0; id < RESID_SECTION_COUNT; id++)
		sha256(f.data + header()->section[id].offset, (unsigned int)header()->section[id].length,
		       header()->section[id].sha256);
	sha256(f.data, offsetof(struct resid_snapshot_header, sha256), header()->sha256);
}

static bool in_root(size_t offset)
{
	unsigned int id;

	for (id = RESID_SECTION_LPM4; id <= RESID_SECTION_LPM6; id++) {
		size_t root = header()->section[id].offset + sizeof(struct resid_lpm_header);

		if (offset >= root && offset < root + (4u << RESID_LPM_ROOT_BITS))
			return true;
	}
	return false;
}

static const char *open_kernel(size_t length)
{
	struct resid_table table;

	return resid_table_open(&table, f.data, length);
}

/* What snapshot_open() says of a file with these bytes; it takes them over, so they are copied. */
static bool whole_is_good(size_t length)
{
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };
	uint8_t *copy = malloc(length ? length : 1);
	int status;

	memcpy(copy, f.data, length);
	status = snapshot_adopt(copy, length, "x.rsnap", &snapshot, &err);
	if (status) {
		assert_int_equal(err.status, RESID_EXIT_INPUT);
		assert_non_null(strstr(err.text, "x.rsnap: "));
		assert_non_null(strstr(err.text, "policy compile"));
	}
	snapshot_free(snapshot);
	return !status;
}

static void test_good(void **context)
{
	assert_null(open_kernel(f.kernel));
	assert_true(whole_is_good(f.length));
}

static void test_flip_kernel_part(void **context)
{
	size_t i, tried = 0;

	for (i = 0; i < f.kernel; i += in_root(i) ? SAMPLE : 1) {
		f.data[i] ^= 1u << i % 8;
		if (!open_kernel(f.kernel))
			fail_msg("byte %zu flipped and not seen", i);
		f.data[i] ^= 1u << i % 8;
		tried++;
	}
	assert_true(tried > 1500);
	assert_null(open_kernel(f.kernel));
}

/* Another number, rightly sealed, is another generation. */
static void test_generation(void **context)
{
	struct resid_table before, after;

	assert_null(resid_table_open(&before, f.data, f.kernel));
	header()->number ^= 1;
	sign();
	assert_null(resid_table_open(&after, f.data, f.kernel));
	assert_memory_not_equal(before.generation, after.generation, RESID_DIGEST_LEN);
	header()->number ^= 1;
	sign();
}

static void test_flip_full(void **context)
{
	size_t i;

	for (i = f.kernel; i < f.length; i++) {
		f.data[i] ^= 1u << i % 8;
		/* a copy and all digests a byte is the price of asking the real thing */
		if (i % 16 == 0 || i < f.kernel + 256)
			assert_false(whole_is_good(f.length));
		f.data[i] ^= 1u << i % 8;
	}
	for (i = offsetof(struct resid_snapshot_header, section[RESID_SECTION_FULL]);
	     i < sizeof(struct resid_snapshot_header); i++) {
		f.data[i] ^= 1;
		assert_false(whole_is_good(f.length));
		f.data[i] ^= 1;
	}
	assert_true(whole_is_good(f.length));
}

static void test_cut(void **context)
{
	size_t length;

	for (length = 0; length < f.kernel; length += in_root(length) ? SAMPLE : 1)
		assert_non_null(open_kernel(length));
	for (length = 0; length < f.length; length += in_root(length) ? SAMPLE : 1)
		assert_false(whole_is_good(length));
}

static void test_longer(void **context)
{
	uint8_t *longer = calloc(1, f.length + 8);
	struct snapshot *snapshot = NULL;
	struct resid_error err = { 0 };
	struct resid_table table;

	memcpy(longer, f.data, f.length);
	assert_non_null(resid_table_open(&table, longer, f.kernel + 8));
	assert_int_equal(snapshot_adopt(longer, f.length + 8, "x", &snapshot, &err), -1);
}

static void *section(enum resid_section_id id)
{
	return f.data + header()->section[id].offset;
}

#define SPOIL(field, value)                                            \
	do {                                                           \
		__typeof__(field) good = (field);                      \
		(field) = (__typeof__(field))(value);                  \
		sign();                                                \
		if (!open_kernel(f.kernel))                            \
			fail_msg("%s = %s was not seen", #field, #value); \
		(field) = good;                                        \
		sign();                                                \
	} while (0)

static void test_spoilt_kernel_part(void **context)
{
	struct resid_core *core = section(RESID_SECTION_CORE);
	struct resid_rule *rule = section(RESID_SECTION_RULES);
	struct resid_step *step = section(RESID_SECTION_STEPS);
	uint16_t *matrix = section(RESID_SECTION_MATRIX);

	assert_int_equal(core->step_count, 2);
	SPOIL(core->row[7], core->row_count);
	SPOIL(core->class_flags[1], 4);
	SPOIL(core->row_count, 0);
	SPOIL(core->row_count, core->row_count + 1);
	SPOIL(core->rule_count, core->rule_count + 1);
	SPOIL(core->rule_count, 0x8000);
	SPOIL(core->step_count, core->step_count + 1);
	SPOIL(core->step_count, 1);
	SPOIL(core->group_count, core->group_count - 1);
	SPOIL(core->group_count, 0);
	SPOIL(core->non_ip_rule, core->rule_count);
	SPOIL(core->unparsable_rule, core->rule_count);
	SPOIL(core->nat64_count, RESID_NAT64_MAX + 1);
	SPOIL(core->nat64[0].length, 95);
	SPOIL(core->nat64[0].length, 72);
	SPOIL(core->nat64[0].reserved[6], 1);
	SPOIL(core->link_group, core->group_count);
	SPOIL(rule[0].verdict, RESID_V_COUNT);
	SPOIL(rule[0].reserved[0], 1);
	SPOIL(step[0].rule, core->rule_count);
	SPOIL(step[0].flags, 64);
	SPOIL(step[1].flags, 0);				/* a chain without an end */
	SPOIL(step[1].flags, RESID_STEP_F_LAST | RESID_STEP_F_PROTO);
	SPOIL(matrix[0], core->rule_count);
	SPOIL(matrix[0], RESID_CELL_CHAIN | core->step_count);
	assert_null(open_kernel(f.kernel));
}

/* The first node has slots that continue and slots that do not: 2.0.0.7 lies below it. */
static void test_spoilt_lpm(void **context)
{
	struct resid_lpm_header *lpm = section(RESID_SECTION_LPM4);
	struct resid_lpm_node *node = (struct resid_lpm_node *)((uint32_t *)(lpm + 1) + (1u << RESID_LPM_ROOT_BITS));
	uint16_t *leaf = (uint16_t *)(node + lpm->node_count);
	uint64_t begin = node->starts & -node->starts, gap = ~(node->inner | node->starts);

	assert_true(node->inner && begin && gap);
	SPOIL(node->starts, node->starts ^ begin ^ (gap & -gap));	/* as many runs, but none for the first slot */
	SPOIL(node->node_base, node->node_base + 1);
	SPOIL(node->leaf_base, node->leaf_base + 1);
	SPOIL(node->inner, 0);
	SPOIL(leaf[0], snapshot_table(f.snapshot)->core->group_count);
	SPOIL(lpm->node_count, lpm->node_count + 1);
	assert_null(open_kernel(f.kernel));
}

/* What lies between two sections, and a section that goes on behind the end: nothing there is read. */
static void test_spoilt_layout(void **context)
{
	struct resid_section *lpm4 = &header()->section[RESID_SECTION_LPM4];
	struct resid_section *last = &header()->section[RESID_SECTION_LPM6];
	uint8_t *exact = malloc(f.kernel);
	struct resid_table table;
	uint64_t length;

	assert_true(lpm4->length % 8);
	SPOIL(f.data[lpm4->offset + lpm4->length], 1);

	length = last->length;
	last->length = f.kernel;
	sha256(f.data, offsetof(struct resid_snapshot_header, sha256), header()->sha256);
	memcpy(exact, f.data, f.kernel);
	assert_non_null(resid_table_open(&table, exact, f.kernel));
	free(exact);
	last->length = length;
	sign();
}

/* Two chains of together one step more than one may have: the end of the first taken away. */
static void test_chain_too_long(void **context)
{
	struct fixture kept = f;
	struct resid_core *core;
	struct resid_step *step;
	char *text = NULL;
	const void *bytes;
	size_t size;

	FILE *to = open_memstream(&text, &size);

	fputs(CLASSES "rules:\n", to);
	for (unsigned int i = 0; i < RESID_CHAIN_MAX - 1; i++)
		fprintf(to, "  - {id: r%u, class: %s, location: EU, port: %u, verdict: %s, reason: r}\n", i,
			i % 2 ? "open" : "shut", 1000 + 2 * i, i % 2 ? "drop" : "allow");
	fclose(to);
	f.snapshot = support_build(text);
	bytes = snapshot_bytes(f.snapshot, &f.length);
	snapshot_kernel_part(f.snapshot, &f.kernel);
	f.data = malloc(f.length);
	memcpy(f.data, bytes, f.length);

	core = section(RESID_SECTION_CORE);
	step = section(RESID_SECTION_STEPS);
	assert_int_equal(core->step_count, RESID_CHAIN_MAX + 1);
	while (!(step->flags & RESID_STEP_F_LAST))
		step++;
	assert_null(open_kernel(f.kernel));
	SPOIL(step->flags, RESID_STEP_F_PROTO);
	snapshot_free(f.snapshot);
	free(f.data);
	free(text);
	f = kept;
}

#define SPOIL_FULL(field, value)                                       \
	do {                                                           \
		__typeof__(field) good = (field);                      \
		(field) = (__typeof__(field))(value);                  \
		sign();                                                \
		if (whole_is_good(f.length))                           \
			fail_msg("%s = %s was not seen", #field, #value); \
		(field) = good;                                        \
		sign();                                                \
	} while (0)

static void test_spoilt_full(void **context)
{
	uint8_t *base = section(RESID_SECTION_FULL);
	struct full_header *full = (struct full_header *)base;
	struct full_class *class = (struct full_class *)(base + full->table[FULL_CLASSES].offset);
	struct full_rule *rule = (struct full_rule *)(base + full->table[FULL_RULES].offset);
	struct full_evidence *evidence = (struct full_evidence *)(base + full->table[FULL_EVIDENCE].offset);
	uint32_t *piece = (uint32_t *)(base + full->table[FULL_PIECES].offset);
	struct full_zone *zone = (struct full_zone *)(base + full->table[FULL_ZONES].offset);
	struct full_source *source = (struct full_source *)(base + full->table[FULL_SOURCES].offset);
	struct full_set *set = (struct full_set *)(base + full->table[FULL_SETS].offset);
	uint32_t *first4 = (uint32_t *)(base + full->table[FULL_FIRST4].offset);
	uint32_t *zone4 = (uint32_t *)(base + full->table[FULL_ZONE4].offset);
	struct full_first6 *first6 = (struct full_first6 *)(base + full->table[FULL_FIRST6].offset);
	uint32_t *zone6 = (uint32_t *)(base + full->table[FULL_ZONE6].offset);
	char *strings = (char *)base + full->table[FULL_STRINGS].offset;
	uint32_t end = full->table[FULL_STRINGS].count, zones = full->table[FULL_ZONES].count;
	unsigned int id;

	SPOIL_FULL(full->magic[0], 'x');
	SPOIL_FULL(full->policy_name, end);
	SPOIL_FULL(full->policy_text, end);
	for (id = 0; id < FULL_TABLES; id++) {
		SPOIL_FULL(full->table[id].offset, full->table[id].offset + 8);
		SPOIL_FULL(full->table[id].count, 0xffffffff);
		SPOIL_FULL(full->table[id].count, 0x80000000);
		SPOIL_FULL(full->table[id].reserved, 1);
	}
	SPOIL_FULL(strings[0], 'x');
	SPOIL_FULL(strings[end - 1], 'x');
	SPOIL_FULL(class[0].name, end);
	SPOIL_FULL(class[2].judged_as, full->table[FULL_CLASSES].count);
	SPOIL_FULL(class[0].fallback, RESID_V_COUNT);
	SPOIL_FULL(rule[0].id, end);
	SPOIL_FULL(rule[0].reason, end);
	SPOIL_FULL(rule[0].clause, end);
	SPOIL_FULL(rule[0].justification, end);
	SPOIL_FULL(rule[0].owner, end);
	SPOIL_FULL(rule[0].ticket, end);
	SPOIL_FULL(rule[0].from, INT64_MIN + 1);
	SPOIL_FULL(rule[0].until, INT64_MAX - 1);
	SPOIL_FULL(rule[0].key, 1);
	SPOIL_FULL(rule[0].verdict, RESID_V_DROP);
	SPOIL_FULL(source[0].name, end);
	SPOIL_FULL(source[0].tier, end);
	SPOIL_FULL(set[0].members, end);
	SPOIL_FULL(evidence[0].answer, end);
	SPOIL_FULL(evidence[0].source, full->table[FULL_SOURCES].count);
	SPOIL_FULL(evidence[0].operator, 0);
	SPOIL_FULL(evidence[0].axis, EVIDENCE_AXES);
	SPOIL_FULL(evidence[0].tier, PLACE_TIERS);
	SPOIL_FULL(evidence[0].fresh, 2);
	SPOIL_FULL(evidence[0].reserved[4], 1);
	SPOIL_FULL(piece[0], full->table[FULL_EVIDENCE].count);
	SPOIL_FULL(piece[0], full->table[FULL_EVIDENCE].count | FULL_PIECE_IGNORED);
	SPOIL_FULL(zone[0].location, end);
	SPOIL_FULL(zone[0].where, end);
	SPOIL_FULL(zone[0].registered, end);
	SPOIL_FULL(zone[0].control, end);
	SPOIL_FULL(zone[0].piece, full->table[FULL_PIECES].count + 1);
	SPOIL_FULL(zone[0].piece_count, full->table[FULL_PIECES].count + 1);
	SPOIL_FULL(zone[0].place, PLACE_TIERS);
	SPOIL_FULL(zone[0].settled, 2);
	SPOIL_FULL(zone[0].tier, CONTROL_TIERS);
	SPOIL_FULL(zone[0].operator, 0);
	SPOIL_FULL(zone[0].control_source, full->table[FULL_SOURCES].count);
	SPOIL_FULL(zone[0].reserved[1], 1);
	SPOIL_FULL(zone[0].source, full->table[FULL_SOURCES].count);
	SPOIL_FULL(zone[0].group, snapshot_table(f.snapshot)->core->group_count);
	SPOIL_FULL(first4[0], 1);
	SPOIL_FULL(first4[2], first4[1]);
	SPOIL_FULL(zone4[1], zones);
	SPOIL_FULL(first6[0].low, 1);
	SPOIL_FULL(first6[2], first6[1]);
	SPOIL_FULL(zone6[1], zones);
	assert_true(whole_is_good(f.length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_flip_kernel_part),
		cmocka_unit_test(test_generation), cmocka_unit_test(test_flip_full),
		cmocka_unit_test(test_cut),	  cmocka_unit_test(test_longer),
		cmocka_unit_test(test_spoilt_kernel_part), cmocka_unit_test(test_spoilt_lpm),
		cmocka_unit_test(test_spoilt_layout), cmocka_unit_test(test_chain_too_long),
		cmocka_unit_test(test_spoilt_full),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
