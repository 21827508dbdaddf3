// SPDX-License-Identifier: GPL-2.0-only

static struct resid_lpm lpm_test_open(struct kunit *test, struct blob *blob)
{
	const struct resid_section *section = &blob->header->section[RESID_SECTION_LPM4];
	struct resid_lpm lpm = {};

	KUNIT_ASSERT_STREQ(test, "",
			   resid_lpm_open(&lpm, blob->data + section->offset, section->length, 32, BLOB_GROUPS) ?: "");
	return lpm;
}

/* What blob.c says in prose. */
static u16 lpm_test_naive(u32 address)
{
	if (address >> 24 == 10)
		return 1;
	if (address >> 8 != 0xc00002)
		return 0;
	return (address & 0xff) >= 0xfc ? 2 : (address & 0xff) >= 0x80;
}

static void lpm_test_lookup(struct kunit *test)
{
	static const u32 edges[] = { 0, 0x09ffffff, 0x0a000000, 0x0affffff, 0x0b000000, 0xbfffffff, 0xc0000000,
				     0xc00001ff, 0xc0000200, 0xc000027f, 0xc0000280, 0xc00002fb, 0xc00002fc,
				     0xc00002ff, 0xc0000300, 0xc0003fff, 0xc0004000, 0xffffffff };
	struct blob blob;
	struct resid_lpm lpm;
	u32 i;

	blob_new(test, &blob);
	lpm = lpm_test_open(test, &blob);
	for (i = 0; i < ARRAY_SIZE(edges); i++)
		KUNIT_EXPECT_EQ(test, resid_lpm_lookup(&lpm, (u64)edges[i] << 32, 0), lpm_test_naive(edges[i]));
	for (i = 0; i < 100000; i++) {
		u32 address = get_random_u32();

		if (i & 1)
			address = 0xc0000000 | (address & 0x3fff);
		if (resid_lpm_lookup(&lpm, (u64)address << 32, 0) != lpm_test_naive(address))
			KUNIT_FAIL(test, "%pI4h", &address);
	}
	blob_free(&blob);
}

/* Each way to break a table is refused by the sentence that is meant for it. */
static void lpm_test_refuse(struct kunit *test)
{
	struct blob blob;
	const struct resid_section *section;
	struct resid_lpm_header *header;
	struct resid_lpm lpm;
	void *at;

#define EXPECT_REFUSED(sentence, statement)                                                                            \
	do {                                                                                                           \
		blob_new(test, &blob);                                                                                 \
		section = &blob.header->section[RESID_SECTION_LPM4];                                                   \
		at = blob.data + section->offset;                                                                      \
		header = at;                                                                                           \
		statement;                                                                                             \
		KUNIT_EXPECT_STREQ(test, sentence,                                                                     \
				   resid_lpm_open(&lpm, at, section->length, 32, BLOB_GROUPS) ?: "accepted");         \
		blob_free(&blob);                                                                                      \
	} while (0)

	EXPECT_REFUSED("LPM section length does not fit its counts", header->node_count++);
	EXPECT_REFUSED("LPM section length does not fit its counts", header->leaf_count = ~0u);
	EXPECT_REFUSED("LPM root: nodes are not in order", blob.root4[0xc0000000 >> 14] = 1);
	EXPECT_REFUSED("LPM root: group out of range", blob.root4[7] = RESID_LPM_LEAF | BLOB_GROUPS);
	EXPECT_REFUSED("LPM node: a slot is both node and leaf", blob.node4[0].starts |= 1 << 2);
	EXPECT_REFUSED("LPM node: a leaf before the first run", blob.node4[0].starts = 1 << 1);
	EXPECT_REFUSED("LPM node: children or leaves are not in order", blob.node4[0].node_base = 0);
	EXPECT_REFUSED("LPM node: children or leaves are not in order", blob.node4[1].leaf_base = 3);
	EXPECT_REFUSED("LPM: wrong number of nodes", blob.node4[1].inner = 1ull << 40);
	EXPECT_REFUSED("LPM: wrong number of leaves", blob.node4[1].starts |= 1ull << 50);
	EXPECT_REFUSED("LPM leaf: group out of range", blob.leaf4[3] = BLOB_GROUPS);
	EXPECT_REFUSED("LPM node: not reachable", blob.root4[0xc0000000 >> 14] = RESID_LPM_LEAF);
#undef EXPECT_REFUSED
}

static struct kunit_case lpm_cases[] = {
	KUNIT_CASE(lpm_test_lookup),
	KUNIT_CASE(lpm_test_refuse),
	{}
};

static struct kunit_suite lpm_suite = {
	.name = "resid_lpm",
	.test_cases = lpm_cases,
};
