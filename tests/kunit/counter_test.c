// SPDX-License-Identifier: GPL-2.0-only

static int counter_test_init(struct kunit *test)
{
	counter_retired_max = 65536;
	return resid_counter_init();
}

static void counter_test_exit(struct kunit *test)
{
	resid_counter_fini();
	counter_retired_max = 65536;
	KUNIT_EXPECT_TRUE(test, xa_empty(&counter_xa));
	KUNIT_EXPECT_TRUE(test, hash_empty(counter_hash));
}

static void counter_test_add(struct resid_counter *counter, u32 packets)
{
	local_bh_disable();
	resid_counter_add(counter, packets, packets * 100);
	local_bh_enable();
}

/* By dump, as residctl sees it; *count is the number of those that match. @key 0: any. */
static u64 counter_test_packets(struct kunit *test, u8 class, u64 key, unsigned int *count)
{
	struct resid_counter_sum sum;
	unsigned long id = 0;
	u64 packets = 0;

	*count = 0;
	for (; resid_counter_read(&id, &sum); id++) {
		KUNIT_EXPECT_EQ(test, sum.bytes, sum.packets * 100);
		if (sum.class != class || (key && sum.rule_key != key))
			continue;
		packets += sum.packets;
		(*count)++;
	}
	return packets;
}

static struct resid_counter **counter_test_attach(struct kunit *test, const struct resid_table *table)
{
	struct netlink_ext_ack extack = {};
	struct resid_counter **array = NULL;

	KUNIT_ASSERT_EQ(test, resid_counter_attach(&array, table, &extack), 0);
	return array;
}

/* Counters belong to (class, verdict, rule), not to a generation, and one that rests goes on where it was. */
static void counter_test_generations(struct kunit *test)
{
	struct resid_counter **one, **two, *counter;
	const unsigned int at = 2 * BLOB_RULES + 1;
	struct resid_table table;
	unsigned int count;
	struct blob blob;

	blob_new(test, &blob);
	KUNIT_ASSERT_STREQ(test, "", resid_table_open(&table, blob.data, blob.length) ?: "");
	one = counter_test_attach(test, &table);
	two = counter_test_attach(test, &table);
	counter = one[at];
	KUNIT_EXPECT_PTR_EQ(test, counter, two[at]);
	KUNIT_EXPECT_EQ(test, counter->class, 2);
	KUNIT_EXPECT_EQ(test, counter->rule_key, 1001);
	KUNIT_EXPECT_EQ(test, counter->verdict, RESID_V_REJECT);
	counter_test_add(counter, 3);
	resid_counter_detach(one, &table);
	counter_test_add(counter, 4);
	KUNIT_EXPECT_EQ(test, counter_test_packets(test, 2, 1001, &count), 7);

	resid_counter_detach(two, &table);
	KUNIT_EXPECT_PTR_EQ(test, counter->cpu, NULL);
	KUNIT_EXPECT_EQ(test, counter_test_packets(test, 2, 1001, &count), 7);
	KUNIT_EXPECT_EQ(test, counter_retired_count, 1);
	/* what has counted nothing is gone, but for what counts without a policy */
	counter_test_packets(test, 0, 0, &count);
	KUNIT_EXPECT_EQ(test, count, 1);

	one = counter_test_attach(test, &table);
	KUNIT_EXPECT_PTR_EQ(test, counter, one[at]);
	KUNIT_EXPECT_EQ(test, counter_retired_count, 0);
	counter_test_add(counter, 5);
	KUNIT_EXPECT_EQ(test, counter_test_packets(test, 2, 1001, &count), 12);
	resid_counter_detach(one, &table);
	KUNIT_EXPECT_EQ(test, counter_test_packets(test, 2, 1001, &count), 12);
	blob_free(&blob);
}

/* Ever new rules: no more counters than the bound, no packet less, and the youngest can still be told apart. */
static void counter_test_fold(struct kunit *test)
{
	const unsigned int rounds = 1000;
	struct resid_counter **array;
	struct resid_table table;
	unsigned int count, i;
	struct blob blob;

	counter_retired_max = 10;
	blob_new(test, &blob);
	KUNIT_ASSERT_STREQ(test, "", resid_table_open(&table, blob.data, blob.length) ?: "");
	for (i = 0; i < rounds; i++) {
		/* the table's own rule, without the cost of proving the rest of it again */
		blob.rule[1].key = 5000 + i;
		array = counter_test_attach(test, &table);
		counter_test_add(array[2 * BLOB_RULES + 1], i + 1);
		resid_counter_detach(array, &table);
		KUNIT_EXPECT_LE(test, counter_retired_count, 10);
	}
	KUNIT_EXPECT_EQ(test, counter_test_packets(test, 2, 0, &count), rounds * (rounds + 1) / 2);
	KUNIT_EXPECT_EQ(test, count, 11);
	KUNIT_EXPECT_EQ(test, counter_test_packets(test, 2, 5000 + rounds - 1, &count), rounds);
	KUNIT_EXPECT_EQ(test, counter_test_packets(test, 2, 5000, &count), 0);
	KUNIT_EXPECT_EQ(test, counter_test_packets(test, 2, RESID_KEY_GONE, &count),
			(rounds - 10) * (rounds - 9) / 2);
	blob_free(&blob);
}

static struct kunit_case counter_cases[] = {
	KUNIT_CASE(counter_test_generations),
	KUNIT_CASE(counter_test_fold),
	{}
};

static struct kunit_suite counter_suite = {
	.name = "resid_counter",
	.init = counter_test_init,
	.exit = counter_test_exit,
	.test_cases = counter_cases,
};
