// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands of uapi/resid.h: each takes its attributes out of the message, calls the one function that does it, and
 * puts the answer into a message.
 *
 * All in process context and without a lock of this file's: commands of several sockets run at the same time, and the
 * functions that they call have locks of their own. An answer is made before anything is done where making it may fail,
 * so that no command has been obeyed that could not be answered.
 */
#include "netlink.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "attach.h"
#include "audit.h"
#include "device.h"
#include "dump.h"
#include "evaluate.h"
#include "stage.h"
#include "state.h"

static struct genl_family netlink_family;
static u8 netlink_instance[16];
static bool netlink_registered;

/*
 * GENL_ADMIN_PERM alone would let a container with CAP_NET_ADMIN in the host's network namespace disarm the node, so
 * every command asks for CAP_SYS_ADMIN in the initial user namespace as well, of the socket's opener and of the sender.
 */
static int netlink_permit(const struct sk_buff *skb, struct netlink_ext_ack *extack)
{
	if (netlink_capable(skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "needs CAP_SYS_ADMIN and CAP_NET_ADMIN in the initial user namespace");
	return -EPERM;
}

static int netlink_require(struct genl_info *info, int attribute)
{
	if (info->attrs[attribute])
		return 0;
	NL_SET_ERR_ATTR_MISS(info->extack, NULL, attribute);
	NL_SET_ERR_MSG(info->extack, "an attribute is missing: see the command in uapi/resid.h");
	return -EINVAL;
}

static int netlink_require_two(struct genl_info *info, int one, int two)
{
	return netlink_require(info, one) ?: netlink_require(info, two);
}

/* An answer to @info, with @room for attributes: *header is for genlmsg_end(). */
static struct sk_buff *netlink_reply_new(struct genl_info *info, size_t room, void **header)
{
	struct sk_buff *reply = genlmsg_new(room, GFP_KERNEL);

	if (!reply)
		return NULL;
	*header = genlmsg_put_reply(reply, info, &netlink_family, 0, info->genlhdr->cmd);
	if (!*header) {
		nlmsg_free(reply);
		return NULL;
	}
	return reply;
}

/* ---- commands: process context ---- */

static int netlink_put_status(struct sk_buff *reply)
{
	struct resid_audit_status audit;
	struct resid_status status;
	u8 untracked_own;
	u32 untracked;

	resid_state_status(&status);
	untracked = resid_attach_untracked(&untracked_own);
	resid_audit_status(&audit);
	return nla_put(reply, RESID_A_STATUS_INSTANCE, sizeof(netlink_instance), netlink_instance) ||
	       nla_put_u8(reply, RESID_A_STATUS_BOOT, status.boot) ||
	       nla_put_u8(reply, RESID_A_STATUS_MODE, status.mode) ||
	       (status.confirm && nla_put_u32(reply, RESID_A_STATUS_CONFIRM, status.confirm)) ||
	       (status.policy_confirm &&
		nla_put_u32(reply, RESID_A_STATUS_POLICY_CONFIRM, status.policy_confirm)) ||
	       nla_put_u32(reply, RESID_A_STATUS_MARK_MASK, status.mark_mask) ||
	       (status.has_policy &&
		nla_put(reply, RESID_A_STATUS_GENERATION, sizeof(status.generation), status.generation)) ||
	       (status.has_tagger && nla_put_u32(reply, RESID_A_STATUS_TAGGER, status.tagger_id)) ||
	       nla_put_u32(reply, RESID_A_STATUS_DEVICES, resid_device_count()) ||
	       nla_put_u32(reply, RESID_A_STATUS_NETNS, resid_attach_netns_count()) ||
	       nla_put_u32(reply, RESID_A_STATUS_AUDIT_SLOTS, audit.slots) ||
	       nla_put_u32(reply, RESID_A_STATUS_AUDIT_USED, audit.used) ||
	       (audit.batch &&
		nla_put_u64_64bit(reply, RESID_A_STATUS_AUDIT_BATCH, audit.batch, RESID_A_STATUS_PAD)) ||
	       nla_put_u64_64bit(reply, RESID_A_STATUS_AUDIT_ACKED, audit.acked, RESID_A_STATUS_PAD) ||
	       nla_put_u64_64bit(reply, RESID_A_STATUS_AUDIT_FOLDED, audit.folded, RESID_A_STATUS_PAD) ||
	       nla_put_u64_64bit(reply, RESID_A_STATUS_AUDIT_DENIED, audit.denied, RESID_A_STATUS_PAD) ||
	       nla_put_u32(reply, RESID_A_STATUS_UNTRACKED, untracked) ||
	       nla_put_u8(reply, RESID_A_STATUS_UNTRACKED_OWN, untracked_own) ||
	       (status.closed && nla_put_flag(reply, RESID_A_STATUS_CLOSED));
}

static int netlink_status(struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;

	reply = netlink_reply_new(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!reply)
		return -ENOMEM;
	if (netlink_put_status(reply)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int netlink_stage_begin(struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;
	u64 token;
	int error;

	error = netlink_require(info, RESID_A_STAGE_LENGTH);
	if (error)
		return error;
	reply = netlink_reply_new(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!reply)
		return -ENOMEM;
	error = resid_stage_begin(info->snd_portid, nla_get_u32(info->attrs[RESID_A_STAGE_LENGTH]), &token,
				  info->extack);
	if (error) {
		nlmsg_free(reply);
		return error;
	}
	/* cannot fail: the message is fresh */
	nla_put_u64_64bit(reply, RESID_A_STAGE_TOKEN, token, RESID_A_STAGE_PAD);
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int netlink_stage_chunk(struct genl_info *info)
{
	const struct nlattr *data = info->attrs[RESID_A_STAGE_DATA];
	int error;

	error = netlink_require_two(info, RESID_A_STAGE_TOKEN, RESID_A_STAGE_OFFSET) ?:
		netlink_require(info, RESID_A_STAGE_DATA);
	if (error)
		return error;
	return resid_stage_chunk(info->snd_portid, nla_get_u64(info->attrs[RESID_A_STAGE_TOKEN]),
				 nla_get_u32(info->attrs[RESID_A_STAGE_OFFSET]), nla_data(data), nla_len(data),
				 info->extack);
}

static int netlink_stage_commit(struct genl_info *info)
{
	int error = netlink_require_two(info, RESID_A_STAGE_TOKEN, RESID_A_STAGE_REPLACES);
	u32 confirm = 0;

	if (error)
		return error;
	if (info->attrs[RESID_A_STAGE_CONFIRM])
		confirm = nla_get_u32(info->attrs[RESID_A_STAGE_CONFIRM]);
	return resid_stage_commit(info->snd_portid, nla_get_u64(info->attrs[RESID_A_STAGE_TOKEN]),
				  nla_data(info->attrs[RESID_A_STAGE_REPLACES]), confirm, info->extack);
}

static int netlink_mode_set(struct genl_info *info)
{
	u32 confirm = 0;
	int error;

	error = netlink_require(info, RESID_A_MODE_VALUE);
	if (error)
		return error;
	if (info->attrs[RESID_A_MODE_CONFIRM])
		confirm = nla_get_u32(info->attrs[RESID_A_MODE_CONFIRM]);
	return resid_state_set_mode(nla_get_u8(info->attrs[RESID_A_MODE_VALUE]), confirm, info->extack);
}

static int netlink_tagger_set(struct genl_info *info)
{
	struct bpf_prog *tagger = NULL;
	int error, fd;

	error = netlink_require(info, RESID_A_TAGGER_FD);
	if (error)
		return error;
	fd = nla_get_s32(info->attrs[RESID_A_TAGGER_FD]);
	if (fd >= 0) {
		tagger = bpf_prog_get_type_dev(fd, BPF_PROG_TYPE_SCHED_CLS, false);
		if (IS_ERR(tagger)) {
			NL_SET_ERR_MSG(info->extack, "the descriptor is not a BPF program of type sched_cls");
			return PTR_ERR(tagger);
		}
	}
	error = resid_state_set_tagger(tagger, info->extack);
	if (error && tagger)
		bpf_prog_put(tagger);
	return error;
}

static int netlink_device_set(struct genl_info *info)
{
	int error = netlink_require_two(info, RESID_A_DEVICE_IFINDEX, RESID_A_DEVICE_INSIDE);

	if (error)
		return error;
	return resid_device_set_inside(nla_get_u32(info->attrs[RESID_A_DEVICE_IFINDEX]),
				       nla_get_u8(info->attrs[RESID_A_DEVICE_INSIDE]), info->extack);
}

static int netlink_audit_drain(struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;
	u64 batch;
	u32 count;

	reply = netlink_reply_new(info, GENLMSG_DEFAULT_SIZE, &header);
	if (!reply)
		return -ENOMEM;
	resid_audit_drain(&batch, &count);
	/* cannot fail: the message is fresh */
	nla_put_u64_64bit(reply, RESID_A_AUDIT_BATCH, batch, RESID_A_AUDIT_PAD);
	nla_put_u32(reply, RESID_A_AUDIT_COUNT, count);
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int netlink_audit_ack(struct genl_info *info)
{
	int error = netlink_require(info, RESID_A_AUDIT_BATCH);

	return error ?: resid_audit_ack(nla_get_u64(info->attrs[RESID_A_AUDIT_BATCH]), info->extack);
}

static int netlink_disarm(struct genl_info *info)
{
	return resid_state_disarm(info->extack);
}

static int netlink_close(struct genl_info *info)
{
	return resid_state_close(info->extack);
}

static int netlink_evaluate_reply(struct genl_info *info, const struct resid_question *questions, unsigned int count)
{
	int length = count * (int)sizeof(struct resid_answer);
	u8 generation[RESID_DIGEST_LEN];
	struct nlattr *answers;
	struct sk_buff *reply;
	void *header;

	reply = netlink_reply_new(info, nla_total_size_64bit(length) + nla_total_size(sizeof(generation)), &header);
	if (!reply)
		return -ENOMEM;
	/* neither can fail: the message is fresh */
	answers = nla_reserve_64bit(reply, RESID_A_EVALUATE_ANSWERS, length, RESID_A_EVALUATE_PAD);
	if (resid_evaluate(questions, count, nla_data(answers), generation))
		nla_put(reply, RESID_A_EVALUATE_GENERATION, sizeof(generation), generation);
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int netlink_evaluate(struct genl_info *info)
{
	const struct nlattr *attribute = info->attrs[RESID_A_EVALUATE_QUESTIONS];
	struct resid_question *questions;
	unsigned int count;
	int error;

	error = netlink_require(info, RESID_A_EVALUATE_QUESTIONS);
	if (error)
		return error;
	count = nla_len(attribute) / sizeof(*questions);
	if (!count || nla_len(attribute) % sizeof(*questions)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attribute, "EVALUATE_QUESTIONS is not a whole number of questions");
		return -EINVAL;
	}
	/* an attribute is aligned to 4 bytes only */
	questions = nla_memdup(attribute, GFP_KERNEL);
	if (!questions)
		return -ENOMEM;
	error = resid_evaluate_check(questions, count, info->extack) ?: netlink_evaluate_reply(info, questions, count);
	kfree(questions);
	return error;
}

/* ---- the table of commands ---- */

static struct netlink_range_validation netlink_confirm_range = { .min = 1, .max = 86400 };

static const struct nla_policy netlink_stage_policy[RESID_A_STAGE_MAX + 1] = {
	[RESID_A_STAGE_TOKEN] = { .type = NLA_U64 },
	[RESID_A_STAGE_LENGTH] = { .type = NLA_U32 },
	[RESID_A_STAGE_OFFSET] = { .type = NLA_U32 },
	[RESID_A_STAGE_DATA] = { .type = NLA_BINARY, .len = RESID_STAGE_CHUNK_MAX },
	[RESID_A_STAGE_REPLACES] = NLA_POLICY_EXACT_LEN(RESID_DIGEST_LEN),
	[RESID_A_STAGE_CONFIRM] = NLA_POLICY_FULL_RANGE(NLA_U32, &netlink_confirm_range),
};

static const struct nla_policy netlink_mode_policy[RESID_A_MODE_MAX + 1] = {
	[RESID_A_MODE_VALUE] = NLA_POLICY_MAX(NLA_U8, RESID_MODE_ENFORCING),
	[RESID_A_MODE_CONFIRM] = NLA_POLICY_FULL_RANGE(NLA_U32, &netlink_confirm_range),
};

static const struct nla_policy netlink_tagger_policy[RESID_A_TAGGER_MAX + 1] = {
	[RESID_A_TAGGER_FD] = NLA_POLICY_MIN(NLA_S32, -1),
};

static const struct nla_policy netlink_device_policy[RESID_A_DEVICE_MAX + 1] = {
	[RESID_A_DEVICE_IFINDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[RESID_A_DEVICE_INSIDE] = NLA_POLICY_MAX(NLA_U8, 1),
};

static const struct nla_policy netlink_audit_policy[RESID_A_AUDIT_MAX + 1] = {
	[RESID_A_AUDIT_BATCH] = { .type = NLA_U64 },
};

static const struct nla_policy netlink_evaluate_policy[RESID_A_EVALUATE_MAX + 1] = {
	[RESID_A_EVALUATE_QUESTIONS] = { .type = NLA_BINARY,
					 .len = RESID_QUESTIONS_MAX * sizeof(struct resid_question) },
};

/* A command is answered by @run, or, if the answer is a list, by @next until it has nothing more to say. */
struct netlink_command {
	int (*run)(struct genl_info *info);
	int (*start)(struct netlink_callback *cb);	/* before @next, may be NULL */
	int (*next)(struct sk_buff *skb, struct netlink_callback *cb);
	const struct nla_policy *policy;		/* NULL: it takes no attribute, and the core refuses any */
	unsigned int maxattr;
};

#define NETLINK_TAKES(attributes) .policy = (attributes), .maxattr = ARRAY_SIZE(attributes) - 1

static const struct netlink_command netlink_commands[] = {
	[RESID_CMD_STATUS] = { netlink_status },
	[RESID_CMD_STAGE_BEGIN] = { netlink_stage_begin, NETLINK_TAKES(netlink_stage_policy) },
	[RESID_CMD_STAGE_CHUNK] = { netlink_stage_chunk, NETLINK_TAKES(netlink_stage_policy) },
	[RESID_CMD_STAGE_COMMIT] = { netlink_stage_commit, NETLINK_TAKES(netlink_stage_policy) },
	[RESID_CMD_MODE_SET] = { netlink_mode_set, NETLINK_TAKES(netlink_mode_policy) },
	[RESID_CMD_TAGGER_SET] = { netlink_tagger_set, NETLINK_TAKES(netlink_tagger_policy) },
	[RESID_CMD_DEVICE_SET] = { netlink_device_set, NETLINK_TAKES(netlink_device_policy) },
	[RESID_CMD_DEVICE_GET] = { .next = resid_dump_devices },
	[RESID_CMD_COUNTER_GET] = { .next = resid_dump_counters },
	[RESID_CMD_AUDIT_DRAIN] = { netlink_audit_drain },
	[RESID_CMD_AUDIT_GET] = { .start = resid_dump_records_start, .next = resid_dump_records,
				  NETLINK_TAKES(netlink_audit_policy) },
	[RESID_CMD_AUDIT_ACK] = { netlink_audit_ack, NETLINK_TAKES(netlink_audit_policy) },
	[RESID_CMD_DISARM] = { netlink_disarm },
	[RESID_CMD_EVALUATE] = { netlink_evaluate, NETLINK_TAKES(netlink_evaluate_policy) },
	[RESID_CMD_CLOSE] = { netlink_close },
};

static_assert(ARRAY_SIZE(netlink_commands) == RESID_CMD_MAX + 1);

/* ---- the family ---- */

/* The only two ways in; the core has found the command in netlink_ops. */
static int netlink_do(struct sk_buff *skb, struct genl_info *info)
{
	return netlink_permit(skb, info->extack) ?: netlink_commands[info->genlhdr->cmd].run(info);
}

static int netlink_dump(struct netlink_callback *cb)
{
	const struct genlmsghdr *header = nlmsg_data(cb->nlh);
	const struct netlink_command *command = &netlink_commands[header->cmd];
	int error = netlink_permit(cb->skb, cb->extack);

	return error || !command->start ? error : command->start(cb);
}

static struct genl_ops netlink_ops[RESID_CMD_MAX] __ro_after_init;

static void __init netlink_fill(void)
{
	unsigned int i;

	for (i = 0; i < RESID_CMD_MAX; i++) {
		const struct netlink_command *command = &netlink_commands[i + 1];

		netlink_ops[i] = (struct genl_ops){
			.cmd = i + 1,
			.flags = GENL_ADMIN_PERM,
			.doit = command->run ? netlink_do : NULL,
			.start = command->next ? netlink_dump : NULL,
			.dumpit = command->next,
			.policy = command->policy,
			.maxattr = command->maxattr,
		};
	}
}

static const struct genl_multicast_group netlink_groups[] = {
	{ .name = RESID_GENL_GROUP, .flags = GENL_MCAST_CAP_NET_ADMIN | GENL_MCAST_CAP_SYS_ADMIN },
};

static struct genl_family netlink_family __ro_after_init = {
	.name = RESID_GENL_NAME,
	.version = RESID_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = false,
	.ops = netlink_ops,
	.n_ops = ARRAY_SIZE(netlink_ops),
	.parallel_ops = true,
	.mcgrps = netlink_groups,
	.n_mcgrps = ARRAY_SIZE(netlink_groups),
};

void resid_netlink_wake(void)
{
	struct sk_buff *skb;
	void *header;

	/* hooks count before there is a family */
	if (!smp_load_acquire(&netlink_registered))
		return;
	skb = genlmsg_new(0, GFP_KERNEL);
	if (!skb)
		return;
	header = genlmsg_put(skb, 0, 0, &netlink_family, 0, RESID_CMD_AUDIT_DRAIN);
	if (!header) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	/* nobody may be listening */
	genlmsg_multicast(&netlink_family, skb, 0, 0, GFP_KERNEL);
}

/* Process context. A socket is gone; perhaps it was uploading. */
static int netlink_event(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC && net_eq(notify->net, &init_net))
		resid_stage_release(notify->portid);
	return NOTIFY_DONE;
}

static struct notifier_block netlink_notifier = {
	.notifier_call = netlink_event,
};

int __init resid_netlink_init(void)
{
	int error;

	netlink_fill();
	get_random_bytes(netlink_instance, sizeof(netlink_instance));
	error = netlink_register_notifier(&netlink_notifier);
	if (error)
		return error;
	error = genl_register_family(&netlink_family);
	if (error) {
		netlink_unregister_notifier(&netlink_notifier);
		return error;
	}
	/* pairs with resid_netlink_wake(): the family is complete */
	smp_store_release(&netlink_registered, true);
	return 0;
}

/*
 * Process context. The family goes first: unregistering it waits for commands that are running. A socket that is closed
 * between the two may still have an upload, which is heard of or is dropped by resid_stage_fini(). Nobody calls
 * resid_netlink_wake() any more: resid_audit_stop() has come before.
 */
void resid_netlink_fini(void)
{
	genl_unregister_family(&netlink_family);
	netlink_unregister_notifier(&netlink_notifier);
}
