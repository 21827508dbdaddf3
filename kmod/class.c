// SPDX-License-Identifier: GPL-2.0-only
/*
 * The class comes from where a packet was made, never from what its maker says of it.
 *
 *   a socket                     its cgroup, else its namespace, else the device: the tagger knows them
 *   a kernel socket              kernel; but an MPTCP subflow is its owner's
 *   no socket, made by the node  kernel: SYN-ACKs of syncookies, ACKs of TIME_WAIT, RSTs, which carry a mark that
 *                                the tenant chose
 *   no socket, received here     the mark, which the tagger stamped at the inside device it came by
 *   no socket, in a namespace    the namespace, else the device
 *   anything else                unlabelled
 *
 * A mark is believed only on a device of the initial namespace that carries no macvlan or ipvlan of another one, for
 * those hand over packets whose mark and incoming device a tenant has written.
 */
#include "class.h"

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/mptcp.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>
#include <net/sock.h>

#include "state.h"

/* The lowest bit of the mask says that the others are a class. */
static u8 class_of_mark(u32 mark, u32 mask)
{
	u32 bits = (mark & mask) >> __ffs(mask);

	return bits & 1 ? bits >> 1 : RESID_CLASS_UNLABELLED;
}

/*
 * The program was written for tc, which has a device, has BH off and owns skb->cb; here it may be anybody's. A helper
 * that meets a NULL device panics.
 */
static u8 class_run(struct bpf_prog *tagger, struct sk_buff *skb, struct net_device *dev, const struct net *net)
{
	u32 *word = (u32 *)qdisc_skb_cb(skb)->data;
	struct net_device *saved_dev = skb->dev;
	u32 saved_mark = skb->mark, class;
	u8 saved_cb[sizeof(skb->cb)];

	memcpy(saved_cb, skb->cb, sizeof(saved_cb));
	memset(skb->cb, 0, sizeof(saved_cb));
	skb->dev = dev;
	skb->mark = 0;
	word[RESID_CB_NETNS_LO] = (u32)net->net_cookie;
	word[RESID_CB_NETNS_HI] = (u32)(net->net_cookie >> 32);
	/* a device label is about what is made beside that device */
	word[RESID_CB_IFINDEX] = net_eq(net, dev_net(dev)) ? dev->ifindex : 0;

	local_bh_disable();
	migrate_disable();
	bpf_compute_data_pointers(skb);
	class = bpf_prog_run(tagger, skb);
	migrate_enable();
	local_bh_enable();

	memcpy(skb->cb, saved_cb, sizeof(saved_cb));
	skb->mark = saved_mark;
	skb->dev = saved_dev;
	return class < RESID_CLASS_KERNEL ? class : RESID_CLASS_UNLABELLED;
}

static int upper_is_foreign(struct net_device *upper, struct netdev_nested_priv *lower)
{
	return !net_eq(dev_net(upper), dev_net(lower->data));
}

static bool class_believes_mark(const struct sk_buff *skb, struct net_device *dev)
{
	struct netdev_nested_priv lower = { .data = dev };

	return skb->skb_iif && net_eq(dev_net(dev), &init_net) &&
	       !netdev_walk_all_upper_dev_rcu(dev, upper_is_foreign, &lower);
}

static bool is_kernel_socket(struct sock *sk)
{
	if (!sk->sk_kern_sock)
		return false;
	return !(sk_is_tcp(sk) && sk_is_mptcp(sk));
}

u8 resid_class_of(const struct resid_state *state, struct sk_buff *skb, struct net_device *dev,
		  const struct resid_packet *packet)
{
	struct sock *sk = skb_to_full_sk(skb);

	if (sk && sk_fullsock(sk)) {
		if (is_kernel_socket(sk))
			return RESID_CLASS_KERNEL;
		return state->tagger ? class_run(state->tagger, skb, dev, sock_net(sk)) : RESID_CLASS_UNLABELLED;
	}
	if (!skb->skb_iif && packet->proto_known && packet->proto == IPPROTO_TCP && !packet->payload)
		return RESID_CLASS_KERNEL;
	if (!state->tagger)
		return RESID_CLASS_UNLABELLED;
	if (!net_eq(dev_net(dev), &init_net))
		return class_run(state->tagger, skb, dev, dev_net(dev));
	return class_believes_mark(skb, dev) ? class_of_mark(skb->mark, state->mark_mask) : RESID_CLASS_UNLABELLED;
}
