// SPDX-License-Identifier: GPL-2.0-only

#define AUDIT_TEST_SLOTS 256

static atomic_t audit_test_woken;

static void audit_test_wake(void)
{
	atomic_inc(&audit_test_woken);
}

static int audit_test_init(struct kunit *test)
{
	audit_batch = 0;
	audit_waiting = false;
	audit_folded = 0;
	audit_denied = 0;
	atomic_set(&audit_test_woken, 0);
	return resid_audit_init(AUDIT_TEST_SLOTS, audit_test_wake);
}

static void audit_test_exit(struct kunit *test)
{
	resid_audit_stop();
	resid_audit_fini();
}

static void audit_test_add(u32 flow, u32 packets)
{
	struct resid_audit_key key = {
		.class = 1 + flow % 3,
		.verdict = RESID_V_REJECT + flow % 2,
		.family = AF_INET,
		.sport = flow,
	};

	memcpy(key.dst, &flow, sizeof(flow));
	local_bh_disable();
	resid_audit_add(&key, packets, packets * 100, flow & 0x3f, false);
	local_bh_enable();
}

struct audit_test_sum {
	u64 packets, bytes, coarse, denied;
	u32 records;
};

/* Reads a batch a few records at a time, as netlink does. */
static void audit_test_read(struct kunit *test, u64 batch, struct audit_test_sum *sum)
{
	struct resid_audit_cursor cursor = {};
	struct resid_audit_record *records = kunit_kcalloc(test, 7, sizeof(*records), GFP_KERNEL);
	int count, i;

	memset(sum, 0, sizeof(*sum));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, records);
	while ((count = resid_audit_read(batch, &cursor, records, 7)) > 0) {
		for (i = 0; i < count; i++) {
			sum->packets += records[i].packets;
			sum->bytes += records[i].bytes;
			if (records[i].key.fold)
				sum->coarse += records[i].packets;
			if (records[i].key.flags & RESID_AUDIT_F_DENIED)
				sum->denied += records[i].packets;
			KUNIT_EXPECT_GE(test, records[i].last_boot_ns, records[i].first_boot_ns);
			KUNIT_EXPECT_NE(test, records[i].first_boot_ns, 0);
		}
		sum->records += count;
		KUNIT_EXPECT_EQ(test, cursor.index, sum->records);
	}
	KUNIT_EXPECT_EQ(test, count, 0);
}

static void audit_test_batch(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct audit_test_sum first, again;
	struct resid_audit_status status;
	u64 batch, same;
	u32 count, i;

	resid_audit_drain(&batch, &count);
	KUNIT_EXPECT_EQ(test, batch, 0);
	KUNIT_EXPECT_EQ(test, resid_audit_ack(1, &extack), -ESTALE);
	KUNIT_EXPECT_EQ(test, resid_audit_ack(0, &extack), -ESTALE);

	for (i = 0; i < 100; i++)
		audit_test_add(i % 50, 1);
	resid_audit_drain(&batch, &count);
	KUNIT_EXPECT_EQ(test, batch, 1);
	KUNIT_EXPECT_EQ(test, count, 50);
	audit_test_read(test, batch, &first);
	KUNIT_EXPECT_EQ(test, first.packets, 100);
	KUNIT_EXPECT_EQ(test, first.bytes, 10000);
	KUNIT_EXPECT_EQ(test, first.records, 50);

	/* what comes meanwhile belongs to the next batch; this one stays as it is until it is acknowledged */
	audit_test_add(1, 7);
	resid_audit_drain(&same, &count);
	KUNIT_EXPECT_EQ(test, same, 1);
	KUNIT_EXPECT_EQ(test, count, 50);
	audit_test_read(test, batch, &again);
	KUNIT_EXPECT_EQ(test, again.packets, 100);
	resid_audit_status(&status);
	KUNIT_EXPECT_EQ(test, status.batch, 1);
	KUNIT_EXPECT_EQ(test, status.acked, 0);

	KUNIT_EXPECT_EQ(test, resid_audit_ack(1, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_audit_ack(1, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_audit_ack(2, &extack), -ESTALE);
	resid_audit_drain(&batch, &count);
	KUNIT_EXPECT_EQ(test, batch, 2);
	KUNIT_EXPECT_EQ(test, count, 1);
	audit_test_read(test, batch, &again);
	KUNIT_EXPECT_EQ(test, again.packets, 7);
	/* a late acknowledgement of the first must not free the second */
	KUNIT_EXPECT_EQ(test, resid_audit_ack(1, &extack), 0);
	audit_test_read(test, batch, &again);
	KUNIT_EXPECT_EQ(test, again.packets, 7);
	KUNIT_EXPECT_EQ(test, resid_audit_ack(2, &extack), 0);
	resid_audit_drain(&batch, &count);
	KUNIT_EXPECT_EQ(test, batch, 0);
}

/* A hundred times more flows than slots, over several batches: the detail folds, the sums are exact. */
static void audit_test_fold(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct audit_test_sum sum;
	struct resid_audit_status status;
	u64 batch, sent = 0, packets = 0, bytes = 0, coarse = 0;
	u32 count, i, round;

	for (round = 0; round < 4; round++) {
		for (i = 0; i < 100 * AUDIT_TEST_SLOTS; i++) {
			audit_test_add(get_random_u32(), 1 + i % 3);
			sent += 1 + i % 3;
		}
		resid_audit_drain(&batch, &count);
		KUNIT_EXPECT_LE(test, count, AUDIT_TEST_SLOTS * num_possible_cpus());
		audit_test_read(test, batch, &sum);
		KUNIT_EXPECT_EQ(test, sum.records, count);
		packets += sum.packets;
		bytes += sum.bytes;
		coarse += sum.coarse;
		KUNIT_EXPECT_EQ(test, resid_audit_ack(batch, &extack), 0);
	}
	KUNIT_EXPECT_EQ(test, packets, sent);
	KUNIT_EXPECT_EQ(test, bytes, sent * 100);
	KUNIT_EXPECT_GT(test, coarse, 0);
	resid_audit_status(&status);
	KUNIT_EXPECT_EQ(test, status.folded, coarse);
}

/* A hook that says "no packets" must neither hide a slot nor hang the CPU that fills the table. */
static void audit_test_nothing(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	u64 batch;
	u32 count, i;

	for (i = 0; i < 4 * AUDIT_TEST_SLOTS; i++)
		audit_test_add(i, 0);
	resid_audit_drain(&batch, &count);
	KUNIT_EXPECT_GT(test, count, AUDIT_TEST_SLOTS / 2);
	KUNIT_EXPECT_EQ(test, resid_audit_ack(batch, &extack), 0);
}

/* What must be whole finds room, or leaves no trace; what was denied is told apart however much it is folded. */
static void audit_test_whole(struct kunit *test)
{
	struct resid_audit_key key = { .class = 1, .verdict = RESID_V_AUDIT, .family = AF_INET };
	struct netlink_ext_ack extack = {};
	struct resid_audit_status status;
	struct audit_test_sum sum;
	u32 count, kept, denied = 0;
	u64 batch;

	for (kept = 0; !denied; kept++) {
		key.sport = kept;
		local_bh_disable();
		denied = !resid_audit_add(&key, 1, 100, 0, true);
		local_bh_enable();
		KUNIT_ASSERT_LT(test, kept, 2 * AUDIT_TEST_SLOTS);
	}
	kept--;
	KUNIT_EXPECT_EQ(test, kept, AUDIT_TEST_SLOTS / 4 * 3);
	/* a flow that has its record still goes on */
	key.sport = 0;
	local_bh_disable();
	KUNIT_EXPECT_TRUE(test, resid_audit_add(&key, 1, 100, 0, true));
	key.flags = RESID_AUDIT_F_DENIED;
	for (denied = 0; denied < 1000; denied++) {
		key.sport = 10000 + denied;
		memcpy(key.dst, &denied, sizeof(denied));
		KUNIT_EXPECT_TRUE(test, resid_audit_add(&key, 1, 100, 0, false));
	}
	local_bh_enable();
	resid_audit_status(&status);
	KUNIT_EXPECT_EQ(test, status.denied, 1000);
	KUNIT_EXPECT_EQ(test, status.folded, 1000);

	resid_audit_drain(&batch, &count);
	audit_test_read(test, batch, &sum);
	KUNIT_EXPECT_EQ(test, sum.packets, kept + 1 + 1000);
	KUNIT_EXPECT_EQ(test, sum.coarse, 1000);
	KUNIT_EXPECT_EQ(test, sum.denied, 1000);
	KUNIT_EXPECT_EQ(test, resid_audit_ack(batch, &extack), 0);

	/* and there is room again */
	key.flags = 0;
	local_bh_disable();
	KUNIT_EXPECT_TRUE(test, resid_audit_add(&key, 1, 100, 0, true));
	local_bh_enable();
	resid_audit_status(&status);
	KUNIT_EXPECT_EQ(test, status.denied, 1000);
}

/* The first flow wakes the daemon after a while, half a table at once, and nothing after the stop. */
static void audit_test_wakes(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	u64 batch;
	u32 count, i;

	audit_test_add(1, 1);
	audit_test_add(1, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&audit_test_woken), 0);
	msleep(300);
	KUNIT_EXPECT_EQ(test, atomic_read(&audit_test_woken), 1);
	/* on one CPU, whose table it is */
	migrate_disable();
	for (i = 0; i < AUDIT_TEST_SLOTS / 2; i++)
		audit_test_add(1000 + i, 1);
	migrate_enable();
	flush_work(&audit_wake_work.work);
	KUNIT_EXPECT_GE(test, atomic_read(&audit_test_woken), 2);

	resid_audit_drain(&batch, &count);
	KUNIT_EXPECT_EQ(test, resid_audit_ack(batch, &extack), 0);
	i = atomic_read(&audit_test_woken);
	audit_test_add(1, 1);
	resid_audit_stop();
	msleep(300);
	KUNIT_EXPECT_EQ(test, atomic_read(&audit_test_woken), i);
}

static struct kunit_case audit_cases[] = {
	KUNIT_CASE(audit_test_batch),
	KUNIT_CASE(audit_test_fold),
	KUNIT_CASE(audit_test_nothing),
	KUNIT_CASE(audit_test_whole),
	KUNIT_CASE(audit_test_wakes),
	{}
};

static struct kunit_suite audit_suite = {
	.name = "resid_audit",
	.init = audit_test_init,
	.exit = audit_test_exit,
	.test_cases = audit_cases,
};
