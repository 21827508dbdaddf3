// SPDX-License-Identifier: GPL-2.0-only

#define STAGE_TEST_PORTID 4711

static const u8 stage_test_none[RESID_DIGEST_LEN];

static int stage_test_init(struct kunit *test)
{
	return resid_counter_init() ?: resid_state_init(RESID_BOOT_OPEN, 0xff800000);
}

static void stage_test_exit(struct kunit *test)
{
	struct netlink_ext_ack extack = {};

	resid_stage_fini();
	KUNIT_EXPECT_EQ(test, resid_state_disarm(&extack), 0);
	resid_state_fini();
	resid_counter_fini();
}

static int stage_test_upload(struct blob *blob, size_t length, u64 *token, struct netlink_ext_ack *extack)
{
	size_t offset, chunk;
	int error = resid_stage_begin(STAGE_TEST_PORTID, length, token, extack);

	for (offset = 0; !error && offset < length; offset += chunk) {
		chunk = min_t(size_t, length - offset, RESID_STAGE_CHUNK_MAX);
		error = resid_stage_chunk(STAGE_TEST_PORTID, *token, offset, blob->data + offset, chunk, extack);
	}
	return error;
}

static void stage_test_publish(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct resid_status status;
	struct blob blob;
	u8 first[RESID_DIGEST_LEN];
	u64 token;

	blob_new(test, &blob);
	KUNIT_ASSERT_EQ(test, stage_test_upload(&blob, blob.length, &token, &extack), 0);
	KUNIT_ASSERT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, stage_test_none, 0, &extack), 0);
	resid_state_status(&status);
	KUNIT_EXPECT_TRUE(test, status.has_policy);
	memcpy(first, status.generation, sizeof(first));

	/* the next one must name the first; what does not, changes nothing */
	blob.core->non_ip_rule = 1;
	blob_seal(&blob);
	KUNIT_ASSERT_EQ(test, stage_test_upload(&blob, blob.length, &token, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, stage_test_none, 0, &extack), -ESTALE);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, extack._msg);
	resid_state_status(&status);
	KUNIT_EXPECT_EQ(test, memcmp(first, status.generation, sizeof(first)), 0);

	KUNIT_ASSERT_EQ(test, stage_test_upload(&blob, blob.length, &token, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, first, 0, &extack), 0);
	resid_state_status(&status);
	KUNIT_EXPECT_NE(test, memcmp(first, status.generation, sizeof(first)), 0);
	blob_free(&blob);
}

/* Without a policy a node can be closed, with one it cannot; disarming opens it. */
static void stage_test_close(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct resid_status status;
	struct blob blob;
	u64 token;

	resid_state_status(&status);
	KUNIT_EXPECT_FALSE(test, status.closed);
	KUNIT_ASSERT_EQ(test, resid_state_set_mode(RESID_MODE_PERMISSIVE, 0, &extack), 0);
	KUNIT_ASSERT_EQ(test, resid_state_close(&extack), 0);
	KUNIT_EXPECT_EQ(test, resid_state_close(&extack), 0);
	resid_state_status(&status);
	KUNIT_EXPECT_TRUE(test, status.closed);
	KUNIT_EXPECT_FALSE(test, status.has_policy);
	KUNIT_EXPECT_EQ(test, status.mode, RESID_MODE_ENFORCING);

	blob_new(test, &blob);
	KUNIT_ASSERT_EQ(test, stage_test_upload(&blob, blob.length, &token, &extack), 0);
	KUNIT_ASSERT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, stage_test_none, 0, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_state_close(&extack), -EBUSY);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, extack._msg);
	KUNIT_ASSERT_EQ(test, resid_state_disarm(&extack), 0);
	resid_state_status(&status);
	KUNIT_EXPECT_FALSE(test, status.closed);
	blob_free(&blob);
}

/* Publishes @blob in place of @replaces, until it is confirmed; gives its generation. */
static void stage_test_try(struct kunit *test, struct blob *blob, u8 *generation, u32 confirm)
{
	struct netlink_ext_ack extack = {};
	struct resid_status status;
	u64 token;

	blob_seal(blob);
	KUNIT_ASSERT_EQ(test, stage_test_upload(blob, blob->length, &token, &extack), 0);
	KUNIT_ASSERT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, generation, confirm, &extack), 0);
	resid_state_status(&status);
	KUNIT_EXPECT_EQ(test, status.policy_confirm, confirm);
	memcpy(generation, status.generation, RESID_DIGEST_LEN);
}

static bool stage_test_is(const u8 *generation)
{
	struct resid_status status;

	resid_state_status(&status);
	return status.has_policy && !memcmp(generation, status.generation, RESID_DIGEST_LEN);
}

/* The time to confirm is over. The first test of each waits for the timer itself. */
static void stage_test_late(struct resid_trial *trial)
{
	if (trial->deadline)
		trial->deadline = jiffies ?: 1;
	mod_delayed_work(system_wq, &trial->work, 0);
	flush_delayed_work(&trial->work);
}

/* What is not confirmed goes back to what was confirmed last, and that may be nothing. */
static void stage_test_confirm(struct kunit *test)
{
	u8 first[RESID_DIGEST_LEN] = {}, then[RESID_DIGEST_LEN];
	struct resid_status status;
	struct blob blob;

	blob_new(test, &blob);
	stage_test_try(test, &blob, first, 1);
	msleep(1100);
	flush_delayed_work(&state_policy_trial.work);
	resid_state_status(&status);
	KUNIT_EXPECT_FALSE(test, status.has_policy);
	KUNIT_EXPECT_FALSE(test, state_pinned);

	memset(first, 0, sizeof(first));
	stage_test_try(test, &blob, first, 0);
	memcpy(then, first, sizeof(then));
	blob.core->non_ip_rule = 1;
	stage_test_try(test, &blob, then, 60);
	blob.header->number = 2;
	stage_test_try(test, &blob, then, 1);
	KUNIT_EXPECT_FALSE(test, stage_test_is(first));
	stage_test_late(&state_policy_trial);
	KUNIT_EXPECT_TRUE(test, stage_test_is(first));
	KUNIT_EXPECT_TRUE(test, state_pinned);

	memcpy(then, first, sizeof(then));
	stage_test_try(test, &blob, then, 1);
	stage_test_try(test, &blob, then, 0);
	stage_test_late(&state_policy_trial);
	KUNIT_EXPECT_TRUE(test, stage_test_is(then));
	KUNIT_EXPECT_PTR_EQ(test, state_previous, (struct resid_policy *)NULL);

	/* nothing of it is lost or leaks when the node is disarmed meanwhile */
	blob.header->number = 3;
	stage_test_try(test, &blob, then, 60);
	blob_free(&blob);
}

static void stage_test_window(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct blob blob;
	u64 token;

	blob_new(test, &blob);
	blob.header->not_before = ktime_get_real_seconds() + 3600;
	blob_seal(&blob);
	KUNIT_ASSERT_EQ(test, stage_test_upload(&blob, blob.length, &token, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, stage_test_none, 0, &extack), -EKEYREJECTED);
	blob.header->not_before = 0;
	blob.header->not_after = ktime_get_real_seconds();
	blob_seal(&blob);
	KUNIT_ASSERT_EQ(test, stage_test_upload(&blob, blob.length, &token, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, stage_test_none, 0, &extack), -EKEYEXPIRED);
	blob.header->not_after += 3600;
	blob_seal(&blob);
	KUNIT_ASSERT_EQ(test, stage_test_upload(&blob, blob.length, &token, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, stage_test_none, 0, &extack), 0);
	blob_free(&blob);
}

/* Windows are held against the second that the clock shows, at every part of it. */
static void stage_test_now(struct kunit *test)
{
	u8 generation[RESID_DIGEST_LEN] = {};
	const struct resid_policy *policy;
	s64 before, now;
	struct blob blob;
	int i;

	blob_new(test, &blob);
	stage_test_try(test, &blob, generation, 0);
	policy = rcu_dereference_protected(resid_state, true)->policy;
	for (i = 0; i < 50; i++) {
		before = ktime_get_real_seconds();
		now = resid_policy_now(policy);
		KUNIT_EXPECT_LE(test, before, now);
		KUNIT_EXPECT_LE(test, now, ktime_get_real_seconds());
		msleep(20);
	}
	blob_free(&blob);
}

/* The first second of a snapshot's time is in it, the last is not. */
static void stage_test_edges(struct kunit *test)
{
	struct resid_snapshot_header header = {};
	struct resid_policy policy = { .table.header = &header };
	struct netlink_ext_ack extack = {};

	header.not_before = ktime_get_real_seconds();
	KUNIT_EXPECT_EQ(test, policy_check_window(&policy, &extack), 0);
	header.not_before = 0;
	header.not_after = ktime_get_real_seconds();
	KUNIT_EXPECT_EQ(test, policy_check_window(&policy, &extack), -EKEYEXPIRED);
}

/* A node that booted closed takes no permissive class. */
static void stage_test_closed(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct blob blob;
	u64 token;

	blob_new(test, &blob);
	blob.core->class_flags[2] = RESID_CLASS_F_PERMISSIVE;
	blob_seal(&blob);
	state_boot = RESID_BOOT_CLOSED;
	KUNIT_ASSERT_EQ(test, stage_test_upload(&blob, blob.length, &token, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, stage_test_none, 0, &extack), -EPERM);
	KUNIT_EXPECT_EQ(test, resid_state_set_mode(RESID_MODE_PERMISSIVE, 0, &extack), -EPERM);
	state_boot = RESID_BOOT_OPEN;
	blob_free(&blob);
}

static void stage_test_refuse(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct blob blob;
	u64 token, other;

	blob_new(test, &blob);
	KUNIT_EXPECT_EQ(test, resid_stage_begin(1, sizeof(*blob.header) - 1, &token, &extack), -EINVAL);
	KUNIT_EXPECT_EQ(test, resid_stage_begin(1, RESID_SNAPSHOT_MAX + 1, &token, &extack), -EINVAL);
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(1, 1, 0, blob.data, 8, &extack), -ENOENT);
	KUNIT_EXPECT_EQ(test, resid_stage_commit(1, 1, stage_test_none, 0, &extack), -ENOENT);

	KUNIT_ASSERT_EQ(test, resid_stage_begin(1, 1000, &token, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_stage_begin(2, 1000, &other, &extack), -EBUSY);
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(2, token, 0, blob.data, 8, &extack), -ENOENT);
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(1, token + 1, 0, blob.data, 8, &extack), -ENOENT);
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(1, token, 1, blob.data, 8, &extack), -EINVAL);
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(1, token, 0, blob.data, 1001, &extack), -EINVAL);
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(1, token, 0, blob.data, 999, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_stage_commit(1, token, stage_test_none, 0, &extack), -EINVAL);
	KUNIT_EXPECT_STREQ(test, extack._msg, "the upload is not complete; it has been dropped");
	/* a failed commit ends the upload */
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(1, token, 999, blob.data, 1, &extack), -ENOENT);

	/* an upload dies with its socket, and with no other */
	KUNIT_ASSERT_EQ(test, resid_stage_begin(1, 1000, &token, &extack), 0);
	resid_stage_release(2);
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(1, token, 0, blob.data, 8, &extack), 0);
	resid_stage_release(1);
	KUNIT_EXPECT_EQ(test, resid_stage_chunk(1, token, 8, blob.data, 8, &extack), -ENOENT);
	KUNIT_EXPECT_EQ(test, resid_stage_begin(2, 1000, &other, &extack), 0);
	blob_free(&blob);
}

static void stage_test_mode(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct resid_status status;

	KUNIT_EXPECT_EQ(test, resid_state_set_mode(RESID_MODE_ENFORCING, 1, &extack), 0);
	resid_state_status(&status);
	KUNIT_EXPECT_EQ(test, (int)status.mode, RESID_MODE_ENFORCING);
	KUNIT_EXPECT_EQ(test, status.confirm, 1);
	msleep(1100);
	flush_delayed_work(&state_mode_trial.work);
	resid_state_status(&status);
	KUNIT_EXPECT_EQ(test, (int)status.mode, RESID_MODE_PERMISSIVE);

	KUNIT_EXPECT_EQ(test, resid_state_set_mode(RESID_MODE_ENFORCING, 1, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_state_set_mode(RESID_MODE_ENFORCING, 0, &extack), 0);
	stage_test_late(&state_mode_trial);
	resid_state_status(&status);
	KUNIT_EXPECT_EQ(test, (int)status.mode, RESID_MODE_ENFORCING);

	/* twice unconfirmed goes back to what was confirmed, and so does a node that is disarmed meanwhile */
	KUNIT_EXPECT_EQ(test, resid_state_set_mode(RESID_MODE_PERMISSIVE, 60, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_state_set_mode(RESID_MODE_PERMISSIVE, 60, &extack), 0);
	stage_test_late(&state_mode_trial);
	resid_state_status(&status);
	KUNIT_EXPECT_EQ(test, (int)status.mode, RESID_MODE_ENFORCING);
	KUNIT_EXPECT_EQ(test, resid_state_set_mode(RESID_MODE_PERMISSIVE, 60, &extack), 0);
	KUNIT_EXPECT_EQ(test, resid_state_disarm(&extack), 0);
	resid_state_status(&status);
	KUNIT_EXPECT_EQ(test, (int)status.mode, RESID_MODE_ENFORCING);
}

static struct kunit_case stage_cases[] = {
	KUNIT_CASE(stage_test_publish),
	KUNIT_CASE(stage_test_confirm),
	KUNIT_CASE(stage_test_window),
	KUNIT_CASE(stage_test_now),
	KUNIT_CASE(stage_test_edges),
	KUNIT_CASE(stage_test_closed),
	KUNIT_CASE(stage_test_close),
	KUNIT_CASE(stage_test_refuse),
	KUNIT_CASE(stage_test_mode),
	{}
};

static struct kunit_suite stage_suite = {
	.name = "resid_stage",
	.init = stage_test_init,
	.exit = stage_test_exit,
	.test_cases = stage_cases,
};
