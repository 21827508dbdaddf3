// SPDX-License-Identifier: Apache-2.0
#include "nl/codec.h"

#include <linux/netlink.h>
#include <netlink/msg.h>
#include <string.h>

#define ATTRS(object) struct nlattr *attr[RESID_A_##object##_MAX + 1]

static int codec_parse(struct nlattr **attr, int max, struct nlattr *head, int length, const struct nla_policy *policy,
		       const char *what, struct resid_error *err)
{
	if (nla_parse(attr, max, head, length, (struct nla_policy *)policy) < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM,
				  "the kernel's answer to %s cannot be read: resid.ko and this program differ in version",
				  what);
	return 0;
}

static int codec_missing(const char *what, const char *name, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM,
			  "the kernel's answer to %s lacks %s: resid.ko and this program differ in version", what, name);
}

/* nla_get_u64 copies, so an attribute that is only 4-aligned is fine. */
static uint64_t codec_u64(const struct nlattr *attr)
{
	return attr ? nla_get_u64((struct nlattr *)attr) : 0;
}

static uint32_t codec_u32(const struct nlattr *attr)
{
	return attr ? nla_get_u32(attr) : 0;
}

int codec_status(struct nlattr *head, int length, struct resid_nl_status *out, struct resid_error *err)
{
	static const struct nla_policy policy[RESID_A_STATUS_MAX + 1] = {
		[RESID_A_STATUS_INSTANCE] = { .minlen = 16, .maxlen = 16 },
		[RESID_A_STATUS_BOOT] = { .type = NLA_U8 },
		[RESID_A_STATUS_MODE] = { .type = NLA_U8 },
		[RESID_A_STATUS_CONFIRM] = { .type = NLA_U32 },
		[RESID_A_STATUS_MARK_MASK] = { .type = NLA_U32 },
		[RESID_A_STATUS_GENERATION] = { .minlen = RESID_DIGEST_LEN, .maxlen = RESID_DIGEST_LEN },
		[RESID_A_STATUS_TAGGER] = { .type = NLA_U32 },
		[RESID_A_STATUS_DEVICES] = { .type = NLA_U32 },
		[RESID_A_STATUS_NETNS] = { .type = NLA_U32 },
		[RESID_A_STATUS_AUDIT_SLOTS] = { .type = NLA_U32 },
		[RESID_A_STATUS_AUDIT_USED] = { .type = NLA_U32 },
		[RESID_A_STATUS_AUDIT_BATCH] = { .type = NLA_U64 },
		[RESID_A_STATUS_AUDIT_ACKED] = { .type = NLA_U64 },
		[RESID_A_STATUS_AUDIT_FOLDED] = { .type = NLA_U64 },
		[RESID_A_STATUS_AUDIT_DENIED] = { .type = NLA_U64 },
		[RESID_A_STATUS_POLICY_CONFIRM] = { .type = NLA_U32 },
		[RESID_A_STATUS_UNTRACKED] = { .type = NLA_U32 },
		[RESID_A_STATUS_UNTRACKED_OWN] = { .type = NLA_U8 },
		[RESID_A_STATUS_CLOSED] = { .type = NLA_FLAG },
	};
	ATTRS(STATUS);

	if (codec_parse(attr, RESID_A_STATUS_MAX, head, length, policy, "STATUS", err))
		return -1;
	if (!attr[RESID_A_STATUS_INSTANCE])
		return codec_missing("STATUS", "INSTANCE", err);
	if (!attr[RESID_A_STATUS_BOOT])
		return codec_missing("STATUS", "BOOT", err);
	if (!attr[RESID_A_STATUS_MODE])
		return codec_missing("STATUS", "MODE", err);
	if (!attr[RESID_A_STATUS_MARK_MASK])
		return codec_missing("STATUS", "MARK_MASK", err);
	*out = (struct resid_nl_status){
		.boot = nla_get_u8(attr[RESID_A_STATUS_BOOT]),
		.mode = nla_get_u8(attr[RESID_A_STATUS_MODE]),
		.confirm = codec_u32(attr[RESID_A_STATUS_CONFIRM]),
		.policy_confirm = codec_u32(attr[RESID_A_STATUS_POLICY_CONFIRM]),
		.mark_mask = codec_u32(attr[RESID_A_STATUS_MARK_MASK]),
		.closed = attr[RESID_A_STATUS_CLOSED],
		.has_generation = attr[RESID_A_STATUS_GENERATION],
		.tagger = codec_u32(attr[RESID_A_STATUS_TAGGER]),
		.devices = codec_u32(attr[RESID_A_STATUS_DEVICES]),
		.netns = codec_u32(attr[RESID_A_STATUS_NETNS]),
		.audit_slots = codec_u32(attr[RESID_A_STATUS_AUDIT_SLOTS]),
		.audit_used = codec_u32(attr[RESID_A_STATUS_AUDIT_USED]),
		.audit_batch = codec_u64(attr[RESID_A_STATUS_AUDIT_BATCH]),
		.audit_acked = codec_u64(attr[RESID_A_STATUS_AUDIT_ACKED]),
		.audit_folded = codec_u64(attr[RESID_A_STATUS_AUDIT_FOLDED]),
		.audit_denied = codec_u64(attr[RESID_A_STATUS_AUDIT_DENIED]),
		.untracked = codec_u32(attr[RESID_A_STATUS_UNTRACKED]),
	};
	memcpy(out->instance, nla_data(attr[RESID_A_STATUS_INSTANCE]), sizeof(out->instance));
	if (attr[RESID_A_STATUS_GENERATION])
		memcpy(out->generation, nla_data(attr[RESID_A_STATUS_GENERATION]), sizeof(out->generation));
	if (attr[RESID_A_STATUS_UNTRACKED_OWN])
		out->untracked_own = nla_get_u8(attr[RESID_A_STATUS_UNTRACKED_OWN]);
	return 0;
}

int codec_token(struct nlattr *head, int length, uint64_t *token, struct resid_error *err)
{
	static const struct nla_policy policy[RESID_A_STAGE_MAX + 1] = {
		[RESID_A_STAGE_TOKEN] = { .type = NLA_U64 },
	};
	ATTRS(STAGE);

	if (codec_parse(attr, RESID_A_STAGE_MAX, head, length, policy, "STAGE_BEGIN", err))
		return -1;
	if (!attr[RESID_A_STAGE_TOKEN])
		return codec_missing("STAGE_BEGIN", "TOKEN", err);
	*token = codec_u64(attr[RESID_A_STAGE_TOKEN]);
	return 0;
}

int codec_device(struct nlattr *head, int length, struct resid_nl_device *out, struct resid_error *err)
{
	static const struct nla_policy policy[RESID_A_DEVICE_MAX + 1] = {
		[RESID_A_DEVICE_IFINDEX] = { .type = NLA_U32 },
		[RESID_A_DEVICE_NAME] = { .type = NLA_STRING },
		[RESID_A_DEVICE_NETNS] = { .type = NLA_U64 },
		[RESID_A_DEVICE_INSIDE] = { .type = NLA_U8 },
	};
	ATTRS(DEVICE);

	if (codec_parse(attr, RESID_A_DEVICE_MAX, head, length, policy, "DEVICE_GET", err))
		return -1;
	if (!attr[RESID_A_DEVICE_IFINDEX])
		return codec_missing("DEVICE_GET", "IFINDEX", err);
	*out = (struct resid_nl_device){
		.ifindex = codec_u32(attr[RESID_A_DEVICE_IFINDEX]),
		.netns = codec_u64(attr[RESID_A_DEVICE_NETNS]),
		.inside = attr[RESID_A_DEVICE_INSIDE] && nla_get_u8(attr[RESID_A_DEVICE_INSIDE]),
	};
	if (attr[RESID_A_DEVICE_NAME])
		nla_strlcpy(out->name, attr[RESID_A_DEVICE_NAME], sizeof(out->name));
	return 0;
}

int codec_counter(struct nlattr *head, int length, struct resid_nl_counter *out, struct resid_error *err)
{
	static const struct nla_policy policy[RESID_A_COUNTER_MAX + 1] = {
		[RESID_A_COUNTER_CLASS] = { .type = NLA_U8 },
		[RESID_A_COUNTER_VERDICT] = { .type = NLA_U8 },
		[RESID_A_COUNTER_RULE] = { .type = NLA_U64 },
		[RESID_A_COUNTER_PACKETS] = { .type = NLA_U64 },
		[RESID_A_COUNTER_BYTES] = { .type = NLA_U64 },
	};
	ATTRS(COUNTER);

	if (codec_parse(attr, RESID_A_COUNTER_MAX, head, length, policy, "COUNTER_GET", err))
		return -1;
	if (!attr[RESID_A_COUNTER_CLASS])
		return codec_missing("COUNTER_GET", "CLASS", err);
	if (!attr[RESID_A_COUNTER_VERDICT])
		return codec_missing("COUNTER_GET", "VERDICT", err);
	if (!attr[RESID_A_COUNTER_PACKETS])
		return codec_missing("COUNTER_GET", "PACKETS", err);
	*out = (struct resid_nl_counter){
		.class_id = nla_get_u8(attr[RESID_A_COUNTER_CLASS]),
		.verdict = nla_get_u8(attr[RESID_A_COUNTER_VERDICT]),
		.rule = codec_u64(attr[RESID_A_COUNTER_RULE]),
		.packets = codec_u64(attr[RESID_A_COUNTER_PACKETS]),
		.bytes = codec_u64(attr[RESID_A_COUNTER_BYTES]),
	};
	return 0;
}

static const struct nla_policy codec_audit_policy[RESID_A_AUDIT_MAX + 1] = {
	[RESID_A_AUDIT_BATCH] = { .type = NLA_U64 },
	[RESID_A_AUDIT_COUNT] = { .type = NLA_U32 },
	[RESID_A_AUDIT_INDEX] = { .type = NLA_U32 },
};

int codec_batch(struct nlattr *head, int length, struct resid_nl_batch *out, struct resid_error *err)
{
	ATTRS(AUDIT);

	if (codec_parse(attr, RESID_A_AUDIT_MAX, head, length, codec_audit_policy, "AUDIT_DRAIN", err))
		return -1;
	if (!attr[RESID_A_AUDIT_BATCH])
		return codec_missing("AUDIT_DRAIN", "BATCH", err);
	*out = (struct resid_nl_batch){
		.number = codec_u64(attr[RESID_A_AUDIT_BATCH]),
		.count = codec_u32(attr[RESID_A_AUDIT_COUNT]),
	};
	return 0;
}

int codec_records(struct nlattr *head, int length, uint64_t *batch, uint32_t *index,
		  const struct resid_audit_record **records, size_t *count, struct resid_error *err)
{
	ATTRS(AUDIT);
	size_t bytes;

	if (codec_parse(attr, RESID_A_AUDIT_MAX, head, length, codec_audit_policy, "AUDIT_GET", err))
		return -1;
	if (!attr[RESID_A_AUDIT_BATCH])
		return codec_missing("AUDIT_GET", "BATCH", err);
	if (!attr[RESID_A_AUDIT_INDEX])
		return codec_missing("AUDIT_GET", "INDEX", err);
	if (!attr[RESID_A_AUDIT_RECORDS])
		return codec_missing("AUDIT_GET", "RECORDS", err);
	bytes = (size_t)nla_len(attr[RESID_A_AUDIT_RECORDS]);
	if (bytes % sizeof(struct resid_audit_record))
		return resid_fail(err, RESID_EXIT_SYSTEM,
				  "the kernel's audit records are not of %zu bytes: resid.ko and this program differ in "
				  "version", sizeof(struct resid_audit_record));
	*batch = codec_u64(attr[RESID_A_AUDIT_BATCH]);
	*index = codec_u32(attr[RESID_A_AUDIT_INDEX]);
	*records = nla_data(attr[RESID_A_AUDIT_RECORDS]);
	*count = bytes / sizeof(struct resid_audit_record);
	return 0;
}

int codec_answers(struct nlattr *head, int length, struct codec_answers *out, struct resid_error *err)
{
	static const struct nla_policy policy[RESID_A_EVALUATE_MAX + 1] = {
		[RESID_A_EVALUATE_GENERATION] = { .minlen = RESID_DIGEST_LEN, .maxlen = RESID_DIGEST_LEN },
	};
	ATTRS(EVALUATE);

	if (codec_parse(attr, RESID_A_EVALUATE_MAX, head, length, policy, "EVALUATE", err))
		return -1;
	if (!attr[RESID_A_EVALUATE_ANSWERS])
		return codec_missing("EVALUATE", "ANSWERS", err);
	if ((size_t)nla_len(attr[RESID_A_EVALUATE_ANSWERS]) != out->count * sizeof(*out->answers))
		return resid_fail(err, RESID_EXIT_SYSTEM,
				  "the kernel did not answer %zu questions with as many answers of %zu bytes: resid.ko "
				  "and this program differ in version", out->count, sizeof(*out->answers));
	memcpy(out->answers, nla_data(attr[RESID_A_EVALUATE_ANSWERS]), out->count * sizeof(*out->answers));
	if (attr[RESID_A_EVALUATE_GENERATION])
		memcpy(out->generation, nla_data(attr[RESID_A_EVALUATE_GENERATION]), sizeof(out->generation));
	return 0;
}

const char *codec_extack(const struct nlmsghdr *header)
{
	struct nlmsghdr *message = (struct nlmsghdr *)header;
	int fixed = sizeof(int), length = nlmsg_datalen(message);
	struct nlattr *attr[NLMSGERR_ATTR_MAX + 1];
	const char *text;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (header->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *error = nlmsg_data(message);

		if (length < (int)sizeof(*error))
			return NULL;
		fixed = sizeof(*error);
		if (!(header->nlmsg_flags & NLM_F_CAPPED))
			fixed += (int)error->msg.nlmsg_len - NLMSG_HDRLEN;
	}
	fixed = NLMSG_ALIGN(fixed);
	if (fixed < 0 || fixed > length)
		return NULL;
	if (nla_parse(attr, NLMSGERR_ATTR_MAX, (struct nlattr *)((char *)nlmsg_data(message) + fixed), length - fixed,
		      NULL) < 0 || !attr[NLMSGERR_ATTR_MSG])
		return NULL;
	text = nla_data(attr[NLMSGERR_ATTR_MSG]);
	if (!nla_len(attr[NLMSGERR_ATTR_MSG]) || !memchr(text, '\0', (size_t)nla_len(attr[NLMSGERR_ATTR_MSG])))
		return NULL;
	return text;
}
