// SPDX-License-Identifier: GPL-2.0-only
/*
 * The class comes from where a packet was made, never from what its maker says of it.
 *
 *   a socket                     its cgroup, else its namespace, else the device: the tagger knows them
 *   a kernel socket              the same, for a tenant can have one made (SMC, MPTCP); kernel only if nobody labelled
 *                                the cgroup and it is the root one, where boot and kernel threads make theirs
 *   ICMP of the kernel           an echo reply or an error carries what its cause chose: namespace, device, unlabelled
 *   TCP control of the kernel    kernel: RSTs, ACKs of TIME_WAIT, SYN-ACKs of syncookies, which have no socket and a
 *                                mark that the tenant chose
 *   no socket, received here     the mark, which the tagger stamped at the inside device it came by
 *   no socket, made here         the namespace, else the device
 *   anything else                unlabelled
 *
 * A macvlan or ipvlan of another namespace hands over packets whose mark and incoming device a tenant has written, and
 * copies (nft dup, TEE) that have neither socket nor incoming device. So on a device that carries one no mark is
 * believed, and what comes without a socket is made here only if it has a route of this device's own. A mark is
 * believed only in the initial namespace, and only if the packet came by an inside device: nothing stamps the others.
 */
#include "class.h"

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_macvlan.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/cgroup.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/dst.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>
#include <net/sock.h>
#include <uapi/linux/udp.h>

#include "device.h"
#include "state.h"

/* The lowest bit of the mask says that the others are a class. */
static u8 class_of_mark(u32 mark, u32 mask)
{
	u32 bits = (mark & mask) >> __ffs(mask), class = bits >> 1;

	return bits & 1 && class < RESID_CLASS_KERNEL ? class : RESID_CLASS_UNLABELLED;
}

/*
 * The program was written for tc, which has a device, has BH off and owns skb->cb; here it may be anybody's. A helper
 * that meets a NULL device panics. Without @sk the tagger sees no cgroup, only @net and @dev.
 */
static u8 class_run(struct bpf_prog *tagger, struct sk_buff *skb, struct sock *sk, struct net_device *dev,
		    const struct net *net)
{
	u32 *word = (u32 *)qdisc_skb_cb(skb)->data;
	struct net_device *saved_dev = skb->dev;
	struct sock *saved_sk = skb->sk;
	u32 saved_mark = skb->mark, class;
	u8 saved_cb[sizeof(skb->cb)];

	if (!tagger)
		return RESID_CLASS_UNLABELLED;
	memcpy(saved_cb, skb->cb, sizeof(saved_cb));
	memset(skb->cb, 0, sizeof(saved_cb));
	skb->dev = dev;
	skb->mark = 0;
	if (!sk)
		skb->sk = NULL;
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
	skb->sk = saved_sk;
	skb->mark = saved_mark;
	skb->dev = saved_dev;
	return class < RESID_CLASS_KERNEL ? class : RESID_CLASS_UNLABELLED;
}

static int upper_is_foreign(struct net_device *upper, struct netdev_nested_priv *lower)
{
	return !net_eq(dev_net(upper), dev_net(lower->data));
}

static int lower_is_inside(struct net_device *lower, struct netdev_nested_priv *unused)
{
	return resid_device_is_inside(lower);
}

/* A macvlan or VLAN leaves the route of a packet as it was; an ipvlan in mode L3 finds one of this namespace. */
static int upper_reroutes(struct net_device *upper, struct netdev_nested_priv *lower)
{
	return upper_is_foreign(upper, lower) && !netif_is_macvlan(upper) && !is_vlan_dev(upper);
}

static bool carries_foreign(struct net_device *dev)
{
	struct netdev_nested_priv lower = { .data = dev };

	return netdev_walk_all_upper_dev_rcu(dev, upper_is_foreign, &lower);
}

/* Did the namespace of @dev make @skb, which has no socket and was not received? */
static bool is_made_here(const struct sk_buff *skb, struct net_device *dev)
{
	struct netdev_nested_priv lower = { .data = dev };
	const struct dst_entry *dst = skb_dst(skb);
	struct net_device *by;

	if (!carries_foreign(dev))
		return true;
	if (!dst || netdev_walk_all_upper_dev_rcu(dev, upper_reroutes, &lower))
		return false;
	by = READ_ONCE(dst->dev);
	return by == dev || (by && net_eq(dev_net(by), dev_net(dev)) && netdev_has_upper_dev_all_rcu(dev, by));
}

/* Did @skb come by an inside device of the node, or by a bridge of some? */
static bool came_from_inside(const struct sk_buff *skb)
{
	struct netdev_nested_priv unused = {};
	struct net_device *in = dev_get_by_index_rcu(&init_net, skb->skb_iif);

	return in && (resid_device_is_inside(in) || netdev_walk_all_lower_dev_rcu(in, lower_is_inside, &unused));
}

static bool class_believes_mark(const struct sk_buff *skb, struct net_device *dev)
{
	return skb->skb_iif && net_eq(dev_net(dev), &init_net) && !carries_foreign(dev) && came_from_inside(skb);
}

/* rxrpc shares a kernel socket among its users, so its cgroup is that of the first of them. */
static bool is_shared_socket(const struct sock *sk)
{
	return sk->sk_kern_sock && sk_is_udp(sk) && udp_sk(sk)->encap_type == UDP_ENCAP_RXRPC;
}

/* The sockets by which the kernel answers for itself. */
static bool is_control_socket(const struct sock *sk, u8 protocol)
{
	return sk->sk_kern_sock && sk->sk_type == SOCK_RAW && sk->sk_protocol == protocol;
}

static bool is_root_cgroup(struct sock *sk)
{
	return !cgroup_parent(sock_cgroup_ptr(&sk->sk_cgrp_data));
}

static u8 class_of_socket(const struct resid_state *state, struct sk_buff *skb, struct sock *sk,
			  struct net_device *dev, const struct resid_packet *packet)
{
	u8 class;

	if (is_control_socket(sk, IPPROTO_TCP) && packet->bare_tcp)
		return RESID_CLASS_KERNEL;
	if (is_control_socket(sk, IPPROTO_ICMP) || is_control_socket(sk, IPPROTO_ICMPV6))
		return packet->neighbour ? RESID_CLASS_KERNEL :
					   class_run(state->tagger, skb, NULL, dev, sock_net(sk));
	if (is_shared_socket(sk))
		return RESID_CLASS_UNLABELLED;
	class = class_run(state->tagger, skb, sk, dev, sock_net(sk));
	if (class == RESID_CLASS_UNLABELLED && sk->sk_kern_sock && is_root_cgroup(sk))
		return RESID_CLASS_KERNEL;
	return class;
}

u8 resid_class_of(const struct resid_state *state, struct sk_buff *skb, struct net_device *dev,
		  const struct resid_packet *packet)
{
	struct sock *sk = skb_to_full_sk(skb);

	/* what is left of a connection in TIME_WAIT has no cgroup */
	if (sk && !sk_fullsock(sk))
		sk = NULL;
	/* the socket of a tun or tap device belongs to who opened it, not to the guest behind it */
	if (sk && sk->sk_family != AF_UNSPEC)
		return class_of_socket(state, skb, sk, dev, packet);
	if (!skb->skb_iif && !is_made_here(skb, dev))
		return RESID_CLASS_UNLABELLED;
	if (!sk && !skb->skb_iif && packet->bare_tcp)
		return RESID_CLASS_KERNEL;
	if (!state->tagger)
		return RESID_CLASS_UNLABELLED;
	if (!skb->skb_iif || !net_eq(dev_net(dev), &init_net))
		return class_run(state->tagger, skb, NULL, dev, dev_net(dev));
	return class_believes_mark(skb, dev) ? class_of_mark(skb->mark, state->mark_mask) : RESID_CLASS_UNLABELLED;
}
