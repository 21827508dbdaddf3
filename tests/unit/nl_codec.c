// SPDX-License-Identifier: Apache-2.0
/* The codec: what the kernel says is read; what is missing, short, long or cut is refused without a read too far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "nl/codec.h"

static const uint8_t bytes32[32] = { 9, 8, 7 };

static struct nlattr *head(struct nl_msg *msg)
{
	return nlmsg_attrdata(nlmsg_hdr(msg), 0);
}

static int length(struct nl_msg *msg)
{
	return nlmsg_attrlen(nlmsg_hdr(msg), 0);
}

static struct nl_msg *fresh(void)
{
	return nlmsg_alloc_simple(20, 0);
}

static struct nl_msg *status_message(void)
{
	struct nl_msg *msg = fresh();

	nla_put(msg, RESID_A_STATUS_INSTANCE, 16, bytes32);
	nla_put_u8(msg, RESID_A_STATUS_BOOT, RESID_BOOT_CLOSED);
	nla_put_u8(msg, RESID_A_STATUS_MODE, RESID_MODE_ENFORCING);
	nla_put_u32(msg, RESID_A_STATUS_MARK_MASK, 0xff800000);
	nla_put(msg, RESID_A_STATUS_GENERATION, 32, bytes32);
	nla_put(msg, RESID_A_STATUS_PAD, 0, NULL);
	nla_put_u64(msg, RESID_A_STATUS_AUDIT_BATCH, UINT64_MAX);
	nla_put_u64(msg, RESID_A_STATUS_AUDIT_DENIED, 77);
	nla_put_u32(msg, RESID_A_STATUS_UNTRACKED, 3);
	nla_put_u8(msg, RESID_A_STATUS_UNTRACKED_OWN, RESID_UNTRACKED_IPV6);
	return msg;
}

static void status(void **state)
{
	struct nl_msg *msg = status_message();
	struct resid_nl_status got;
	struct resid_error err;

	nla_put_u32(msg, 99, 1);	/* a newer module says more */
	if (codec_status(head(msg), length(msg), &got, &err))
		fail_msg("%s", err.text);
	assert_int_equal(got.boot, RESID_BOOT_CLOSED);
	assert_int_equal(got.mode, RESID_MODE_ENFORCING);
	assert_true(got.has_generation);
	assert_memory_equal(got.generation, bytes32, 32);
	assert_int_equal(got.audit_batch, UINT64_MAX);
	assert_int_equal(got.audit_denied, 77);
	assert_int_equal(got.untracked, 3);
	assert_int_equal(got.untracked_own, RESID_UNTRACKED_IPV6);
	assert_int_equal(got.tagger, 0);
	assert_int_equal(got.confirm, 0);
	nlmsg_free(msg);
}

/* Every prefix of the message, in memory of exactly that size. */
static void status_cut_at_every_byte(void **state)
{
	struct nl_msg *msg = status_message();
	struct resid_nl_status got;
	struct resid_error err;

	for (int cut = 0; cut < length(msg); cut++) {
		void *copy = malloc((size_t)cut + 1);

		memcpy(copy, head(msg), (size_t)cut);
		copy = realloc(copy, (size_t)cut ? (size_t)cut : 1);
		codec_status(copy, cut, &got, &err);
		free(copy);
	}
	nlmsg_free(msg);
}

static void status_with_wrong_sizes(void **state)
{
	static const struct {
		int attribute, size;
	} wrong[] = {
		{ RESID_A_STATUS_INSTANCE, 15 },     { RESID_A_STATUS_INSTANCE, 17 },
		{ RESID_A_STATUS_GENERATION, 31 },   { RESID_A_STATUS_GENERATION, 33 },
		{ RESID_A_STATUS_MARK_MASK, 3 },     { RESID_A_STATUS_MODE, 0 },
		{ RESID_A_STATUS_AUDIT_ACKED, 4 },   { RESID_A_STATUS_TAGGER, 2 },
		{ RESID_A_STATUS_UNTRACKED, 3 },     { RESID_A_STATUS_UNTRACKED_OWN, 0 },
		{ RESID_A_STATUS_POLICY_CONFIRM, 2 },
	};
	char data[64] = { 0 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct nl_msg *msg = status_message();
		struct resid_nl_status got;
		struct resid_error err;

		nla_put(msg, wrong[i].attribute, wrong[i].size, data);
		assert_int_equal(codec_status(head(msg), length(msg), &got, &err), -1);
		assert_int_equal(err.status, RESID_EXIT_SYSTEM);
		nlmsg_free(msg);
	}
}

static void status_lacking_something(void **state)
{
	struct nl_msg *msg = fresh();
	struct resid_nl_status got;
	struct resid_error err;

	assert_int_equal(codec_status(head(msg), length(msg), &got, &err), -1);
	nla_put(msg, RESID_A_STATUS_INSTANCE, 16, bytes32);
	assert_int_equal(codec_status(head(msg), length(msg), &got, &err), -1);
	assert_non_null(strstr(err.text, "BOOT"));
	nlmsg_free(msg);
}

static void others(void **state)
{
	struct nl_msg *msg = fresh();
	struct resid_nl_device device;
	struct resid_nl_counter counter;
	struct resid_nl_batch batch;
	struct resid_error err;
	uint64_t token;

	assert_int_equal(codec_token(head(msg), length(msg), &token, &err), -1);
	nla_put_u64(msg, RESID_A_STAGE_TOKEN, 0x1122334455667788);
	assert_int_equal(codec_token(head(msg), length(msg), &token, &err), 0);
	assert_int_equal(token, 0x1122334455667788);
	nlmsg_free(msg);

	msg = fresh();
	nla_put_u32(msg, RESID_A_DEVICE_IFINDEX, 4);
	nla_put_string(msg, RESID_A_DEVICE_NAME, "a-name-that-is-far-too-long-for-a-device");
	nla_put_u64(msg, RESID_A_DEVICE_NETNS, 1);
	nla_put_u8(msg, RESID_A_DEVICE_INSIDE, 1);
	assert_int_equal(codec_device(head(msg), length(msg), &device, &err), 0);
	assert_int_equal(strlen(device.name), IFNAMSIZ - 1);
	assert_true(device.inside);
	nlmsg_free(msg);

	msg = fresh();
	nla_put_u8(msg, RESID_A_COUNTER_CLASS, 255);
	nla_put_u8(msg, RESID_A_COUNTER_VERDICT, RESID_V_DROP);
	assert_int_equal(codec_counter(head(msg), length(msg), &counter, &err), -1);
	nla_put_u64(msg, RESID_A_COUNTER_PACKETS, 5);
	assert_int_equal(codec_counter(head(msg), length(msg), &counter, &err), 0);
	assert_int_equal(counter.packets, 5);
	nlmsg_free(msg);

	msg = fresh();
	nla_put_u64(msg, RESID_A_AUDIT_BATCH, 0);
	assert_int_equal(codec_batch(head(msg), length(msg), &batch, &err), 0);
	assert_int_equal(batch.number, 0);
	assert_int_equal(batch.count, 0);
	nlmsg_free(msg);
}

static void records(void **state)
{
	const struct resid_audit_record *got;
	struct resid_audit_record given[2] = { { .packets = 1 }, { .packets = 2 } };
	struct resid_error err;
	uint64_t batch;
	uint32_t index;
	size_t count;

	for (int extra = -1; extra <= 1; extra++) {
		struct nl_msg *msg = fresh();
		int result;

		nla_put_u64(msg, RESID_A_AUDIT_BATCH, 3);
		nla_put_u32(msg, RESID_A_AUDIT_INDEX, 10);
		nla_put(msg, RESID_A_AUDIT_RECORDS, (int)sizeof(given) + (extra < 0 ? -1 : 0), given);
		result = codec_records(head(msg), length(msg), &batch, &index, &got, &count, &err);
		assert_int_equal(result, extra < 0 ? -1 : 0);
		if (!result) {
			assert_int_equal(count, 2);
			assert_int_equal(batch, 3);
			assert_int_equal(index, 10);
			assert_memory_equal(got, given, sizeof(given));
		}
		nlmsg_free(msg);
	}
}

static void answers(void **state)
{
	struct resid_answer given[2] = { { .rule = 1 }, { .rule = 2 } }, got[3] = { 0 };
	struct codec_answers out = { .answers = got };
	struct nl_msg *msg = fresh();
	struct resid_error err;

	assert_int_equal(codec_answers(head(msg), length(msg), &out, &err), -1);
	nla_put(msg, RESID_A_EVALUATE_ANSWERS, (int)sizeof(given), given);
	for (out.count = 0; out.count <= 3; out.count++)
		assert_int_equal(codec_answers(head(msg), length(msg), &out, &err), out.count == 2 ? 0 : -1);
	assert_memory_equal(got, given, sizeof(given));
	assert_int_equal(out.generation[0], 0);
	nla_put(msg, RESID_A_EVALUATE_GENERATION, 32, bytes32);
	out.count = 2;
	assert_int_equal(codec_answers(head(msg), length(msg), &out, &err), 0);
	assert_memory_equal(out.generation, bytes32, 32);
	nlmsg_free(msg);
}

/* An NLMSG_ERROR as the kernel makes it, capped or with the request behind it, cut to `cut` bytes of payload. */
static struct nlmsghdr *refusal(bool capped, int *full, int cut)
{
	static const char sentence[] = "the snapshot's magic is wrong";
	int echoed = capped ? NLMSG_HDRLEN : NLMSG_HDRLEN + 100;
	int size = (int)sizeof(int) + NLMSG_ALIGN(echoed);
	struct nlmsghdr *header;
	struct nlmsgerr *error;
	struct nlattr *attr;
	int total = size + NLA_HDRLEN + (int)sizeof(sentence);

	*full = total;
	header = calloc(1, (size_t)(NLMSG_HDRLEN + NLA_ALIGN(total)));
	header->nlmsg_type = NLMSG_ERROR;
	header->nlmsg_flags = (uint16_t)(NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0));
	error = nlmsg_data(header);
	error->error = -22;
	error->msg.nlmsg_len = NLMSG_HDRLEN + 100;
	attr = (struct nlattr *)((char *)error + size);
	attr->nla_type = NLMSGERR_ATTR_MSG;
	attr->nla_len = (uint16_t)(NLA_HDRLEN + sizeof(sentence));
	memcpy(nla_data(attr), sentence, sizeof(sentence));
	header->nlmsg_len = (uint32_t)(NLMSG_HDRLEN + (cut < 0 ? total : cut));
	return realloc(header, header->nlmsg_len);
}

static void sentences(void **state)
{
	for (int capped = 0; capped < 2; capped++) {
		struct nlmsghdr *header;
		int full;

		header = refusal(capped, &full, -1);
		assert_string_equal(codec_extack(header), "the snapshot's magic is wrong");
		header->nlmsg_flags &= (uint16_t)~NLM_F_ACK_TLVS;
		assert_null(codec_extack(header));
		free(header);
		for (int cut = 0; cut < full; cut++) {
			header = refusal(capped, &full, cut);
			assert_null(codec_extack(header));
			free(header);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status),
		cmocka_unit_test(status_cut_at_every_byte),
		cmocka_unit_test(status_with_wrong_sizes),
		cmocka_unit_test(status_lacking_something),
		cmocka_unit_test(others),
		cmocka_unit_test(records),
		cmocka_unit_test(answers),
		cmocka_unit_test(sentences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
