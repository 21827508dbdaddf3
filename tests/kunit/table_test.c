// SPDX-License-Identifier: GPL-2.0-only

static void table_test_accept(struct kunit *test)
{
	struct resid_table table;
	struct blob blob;
	u8 digest[RESID_DIGEST_LEN];

	blob_new(test, &blob);
	KUNIT_EXPECT_STREQ(test, "", resid_table_open(&table, blob.data, blob.length) ?: "");
	sha256(blob.data, sizeof(*blob.header), digest);
	KUNIT_EXPECT_EQ(test, memcmp(digest, table.generation, sizeof(digest)), 0);
	KUNIT_EXPECT_EQ(test, table.core->group_count, BLOB_GROUPS);
	blob_free(&blob);
}

/* One bit changed, digests as they were: refused. Each byte of the header, samples of the sections. */
static void table_test_flip(struct kunit *test)
{
	struct resid_table table;
	struct blob blob;
	size_t at, step;

	blob_new(test, &blob);
	for (at = 0; at < blob.length; at += step) {
		step = at < 512 ? 1 : at < blob.header->section[RESID_SECTION_LPM4].offset ? 97 : 40009;
		blob.data[at] ^= 1 << (at & 7);
		if (!resid_table_open(&table, blob.data, blob.length))
			KUNIT_FAIL(test, "byte %zu flipped and accepted", at);
		blob.data[at] ^= 1 << (at & 7);
	}
	KUNIT_EXPECT_STREQ(test, "", resid_table_open(&table, blob.data, blob.length) ?: "");
	blob_free(&blob);
}

static void table_test_cut(struct kunit *test)
{
	struct resid_table table;
	struct blob blob;
	size_t length;

	blob_new(test, &blob);
	for (length = 0; length < blob.length; length += length < 2048 ? 7 : 60013)
		if (!resid_table_open(&table, blob.data, length))
			KUNIT_FAIL(test, "cut at %zu and accepted", length);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, resid_table_open(&table, blob.data, blob.length - 8));
	blob_free(&blob);
}

/* Well-formed by its digests and wrong in what it says: refused by the sentence that is meant for it. */
static void table_test_refuse(struct kunit *test)
{
	struct resid_table table;
	struct blob blob;

#define EXPECT_REFUSED(sentence, statement)                                                                            \
	do {                                                                                                           \
		blob_new(test, &blob);                                                                                 \
		statement;                                                                                             \
		blob_seal(&blob);                                                                                      \
		KUNIT_EXPECT_STREQ(test, sentence, resid_table_open(&table, blob.data, blob.length) ?: "accepted");   \
		blob_free(&blob);                                                                                      \
	} while (0)

	EXPECT_REFUSED("snapshot core: a count is out of range", blob.core->row_count = 0);
	EXPECT_REFUSED("snapshot core: a count is out of range", blob.core->nat64_count = RESID_NAT64_MAX + 1);
	EXPECT_REFUSED("snapshot core: rule out of range", blob.core->non_ip_rule = BLOB_RULES);
	EXPECT_REFUSED("snapshot core: row out of range", blob.core->row[77] = BLOB_ROWS);
	EXPECT_REFUSED("snapshot core: unknown class flag", blob.core->class_flags[3] = 4);
	EXPECT_REFUSED("snapshot core: NAT64 prefix length",
		       (blob.core->nat64_count = 1, blob.core->nat64[0].length = 72));
	EXPECT_REFUSED("snapshot rule: unknown verdict", blob.rule[1].verdict = RESID_V_COUNT);
	EXPECT_REFUSED("snapshot rule: a key that is not a rule's", blob.rule[1].key = RESID_KEY_GONE);
	EXPECT_REFUSED("snapshot step: rule out of range", blob.step[0].rule = BLOB_RULES);
	EXPECT_REFUSED("snapshot step: unknown flag", blob.step[0].flags |= 64);
	EXPECT_REFUSED("snapshot step: the last of a chain has a condition", blob.step[1].flags |= RESID_STEP_F_REPLY);
	EXPECT_REFUSED("snapshot step: chain without an end", blob.step[2].flags = 0);
	EXPECT_REFUSED("snapshot matrix: cell out of range", blob.matrix[5] = BLOB_RULES);
	EXPECT_REFUSED("snapshot matrix: cell out of range", blob.matrix[5] = RESID_CELL_CHAIN | BLOB_STEPS);
	EXPECT_REFUSED("snapshot section length does not fit its count", blob.core->group_count++);
	EXPECT_REFUSED("LPM root: group out of range", blob.root4[9] = RESID_LPM_LEAF | 500);
#undef EXPECT_REFUSED
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(table_test_accept),
	KUNIT_CASE(table_test_flip),
	KUNIT_CASE(table_test_cut),
	KUNIT_CASE(table_test_refuse),
	{}
};

static struct kunit_suite table_suite = {
	.name = "resid_table",
	.test_cases = table_cases,
};
