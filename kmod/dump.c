// SPDX-License-Identifier: GPL-2.0-only
/*
 * The commands whose answer is a list. All in process context, a message at a time; netlink holds the mutex of the
 * socket, so two messages of one list are not made at once. What is listed is locked only while a message is made:
 * devices by RTNL and net_rwsem, counters and records by their files. A list that changes between two messages may hold
 * a thing twice or not at all; NLM_F_DUMP_INTR says so, and the asker begins again.
 */
#include "dump.h"

#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>

#include "attach.h"
#include "audit.h"
#include "counter.h"
#include "device.h"

static void *dump_put(struct sk_buff *skb, struct netlink_callback *cb, u8 command)
{
	return genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, genl_dumpit_info(cb)->family,
			   NLM_F_MULTI, command);
}

static int dump_counter(struct sk_buff *skb, struct netlink_callback *cb, const struct resid_counter_sum *sum)
{
	void *header = dump_put(skb, cb, RESID_CMD_COUNTER_GET);

	if (!header)
		return -EMSGSIZE;
	if (nla_put_u8(skb, RESID_A_COUNTER_CLASS, sum->class) ||
	    nla_put_u8(skb, RESID_A_COUNTER_VERDICT, sum->verdict) ||
	    nla_put_u64_64bit(skb, RESID_A_COUNTER_RULE, sum->rule_key, RESID_A_COUNTER_PAD) ||
	    nla_put_u64_64bit(skb, RESID_A_COUNTER_PACKETS, sum->packets, RESID_A_COUNTER_PAD) ||
	    nla_put_u64_64bit(skb, RESID_A_COUNTER_BYTES, sum->bytes, RESID_A_COUNTER_PAD)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genl_dump_check_consistent(cb, header);
	genlmsg_end(skb, header);
	return 0;
}

/* args[0]: the number of the next counter. */
int resid_dump_counters(struct sk_buff *skb, struct netlink_callback *cb)
{
	unsigned long id = cb->args[0];
	struct resid_counter_sum sum;

	cb->seq = resid_counter_changes();
	for (; resid_counter_read(&id, &sum); id++)
		if (dump_counter(skb, cb, &sum))
			break;
	cb->args[0] = id;
	return skb->len;
}

static int dump_device(struct sk_buff *skb, struct netlink_callback *cb, struct net_device *dev)
{
	void *header = dump_put(skb, cb, RESID_CMD_DEVICE_GET);

	if (!header)
		return -EMSGSIZE;
	if (nla_put_u32(skb, RESID_A_DEVICE_IFINDEX, dev->ifindex) ||
	    nla_put_string(skb, RESID_A_DEVICE_NAME, dev->name) ||
	    nla_put_u64_64bit(skb, RESID_A_DEVICE_NETNS, dev_net(dev)->net_cookie, RESID_A_DEVICE_PAD) ||
	    nla_put_u8(skb, RESID_A_DEVICE_INSIDE, resid_device_is_inside(dev))) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genl_dump_check_consistent(cb, header);
	genlmsg_end(skb, header);
	return 0;
}

/* args[0]: devices dumped so far. */
int resid_dump_devices(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct net_device *dev;
	struct net *net;
	long at = 0;

	rtnl_lock();
	down_read(&net_rwsem);
	cb->seq = resid_attach_changes();
	for_each_net(net) {
		for_each_netdev(net, dev) {
			if (dev->flags & IFF_LOOPBACK || at++ < cb->args[0])
				continue;
			if (dump_device(skb, cb, dev))
				goto out;
			cb->args[0]++;
		}
	}
out:
	up_read(&net_rwsem);
	rtnl_unlock();
	return skb->len;
}

#define DUMP_RECORDS_MAX 100		/* in one message: 14,400 bytes */

/* cb->ctx: what resid_dump_records() keeps between messages. */
struct dump_records {
	u64 batch;
	struct resid_audit_cursor cursor;
};

int resid_dump_records_start(struct netlink_callback *cb)
{
	struct dump_records *state = (struct dump_records *)cb->ctx;
	struct nlattr *batch = genl_dumpit_info(cb)->attrs[RESID_A_AUDIT_BATCH];

	BUILD_BUG_ON(sizeof(*state) > sizeof(cb->ctx));
	if (!batch) {
		NL_SET_ERR_MSG(cb->extack, "AUDIT_GET needs the number of the batch: drain first");
		return -EINVAL;
	}
	state->batch = nla_get_u64(batch);
	return 0;
}

int resid_dump_records(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump_records *state = (struct dump_records *)cb->ctx;
	struct resid_audit_record *records;
	struct nlattr *data;
	u32 index = state->cursor.index;
	void *header;
	int count;

	header = dump_put(skb, cb, RESID_CMD_AUDIT_GET);
	if (!header)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, RESID_A_AUDIT_BATCH, state->batch, RESID_A_AUDIT_PAD) ||
	    nla_put_u32(skb, RESID_A_AUDIT_INDEX, index))
		goto err_cancel;
	count = min_t(int, (skb_tailroom(skb) - nla_total_size_64bit(0)) / (int)sizeof(*records), DUMP_RECORDS_MAX);
	if (count <= 0)
		goto err_cancel;
	data = nla_reserve_64bit(skb, RESID_A_AUDIT_RECORDS, count * sizeof(*records), RESID_A_AUDIT_PAD);
	if (!data)
		goto err_cancel;

	count = resid_audit_read(state->batch, &state->cursor, nla_data(data), count);
	if (count <= 0) {
		genlmsg_cancel(skb, header);
		if (count < 0)
			NL_SET_ERR_MSG(cb->extack, "this batch does not wait: drain first");
		return count;
	}
	/* the last message is shorter than what was reserved */
	skb_trim(skb, (u8 *)nla_data(data) + count * sizeof(*records) - skb->data);
	data->nla_len = nla_attr_size(count * sizeof(*records));
	genlmsg_end(skb, header);
	return skb->len;

err_cancel:
	genlmsg_cancel(skb, header);
	return -EMSGSIZE;
}
