// SPDX-License-Identifier: GPL-2.0-only
/*
 * The classes come from where a packet was made, never from what its maker says of it.
 *
 *   a socket                     its cgroup, its namespace, the device: the tagger knows them
 *   a kernel socket              the same, for a tenant can have one made (SMC, MPTCP); kernel only if nobody labelled
 *                                the cgroup and it is the root one, where boot and kernel threads make theirs
 *   ICMP of the kernel           an echo reply or an error carries what its cause chose: namespace, device, and all
 *                                that the namespace has held
 *   TCP control of the kernel    kernel: RSTs, ACKs of TIME_WAIT, SYN-ACKs of syncookies, which have no socket and a
 *                                mark that the tenant chose
 *   no socket, received here     the mark, which the tagger stamped at the inside device it came by, and all that the
 *                                namespace behind that device has held
 *   no socket, made here         the namespace, the device, and all that the namespace has held
 *   anything else                unlabelled
 *
 * Labels that disagree all count, and the strictest verdict of theirs holds. A packet that has lost its socket (AF_XDP,
 * ICMP errors, copies, whatever crosses a veth) may be of any workload of its namespace: class_held keeps, as long as
 * the namespace lives, every class that a socket of it was ever seen with.
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
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/dst.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/sch_generic.h>
#include <net/sock.h>
#include <uapi/linux/udp.h>

#include "device.h"
#include "packet.h"
#include "state.h"

/* Of a network namespace. Bits are only ever set, so readers and writers need no order among themselves. */
struct class_held {
	DECLARE_BITMAP(class, RESID_CLASS_COUNT);
};

static unsigned int class_net_id __read_mostly;

/* More than there is room for are as unlabelled, which the policy holds for the strictest. */
static void class_add(struct resid_classes *classes, u8 class)
{
	unsigned int i;

	for (i = 0; i < classes->count; i++)
		if (classes->id[i] == class)
			return;
	if (classes->count < RESID_CLASSES_MAX)
		classes->id[classes->count++] = class;
	else
		classes->id[RESID_CLASSES_MAX - 1] = RESID_CLASS_UNLABELLED;
}

/* What loses its socket in the initial namespace is unlabelled anyway, which is as strict as can be. */
static void class_hold(const struct net *net, const struct resid_classes *classes)
{
	struct class_held *held = net_generic(net, class_net_id);
	unsigned int i;

	if (net_eq(net, &init_net))
		return;
	/* looked at first: the line is shared by all CPUs, and hardly ever written */
	for (i = 0; i < classes->count; i++)
		if (classes->id[i] && !test_bit(classes->id[i], held->class))
			set_bit(classes->id[i], held->class);
}

static void class_add_held(struct resid_classes *classes, const struct net *net)
{
	const struct class_held *held = net_generic(net, class_net_id);
	unsigned int class;

	for_each_set_bit(class, held->class, RESID_CLASS_COUNT)
		class_add(classes, class);
}

/* The lowest bit of the mask says that the others are a class. */
static u8 class_of_mark(u32 mark, u32 mask)
{
	u32 bits = (mark & mask) >> __ffs(mask), class = bits >> 1;

	return bits & 1 && class < RESID_CLASS_KERNEL ? class : RESID_CLASS_UNLABELLED;
}

/*
 * The program was written for tc, which has a device, has BH off and owns skb->cb; here it may be anybody's. A helper
 * that meets a NULL device panics. Without @sk the tagger sees no cgroup, only @net and @dev. Returns RESID_TAG().
 */
static u32 class_run(struct bpf_prog *tagger, struct sk_buff *skb, struct sock *sk, struct net_device *dev,
		     const struct net *net)
{
	u32 *word = (u32 *)qdisc_skb_cb(skb)->data;
	struct net_device *saved_dev = skb->dev;
	struct sock *saved_sk = skb->sk;
	u32 saved_mark = skb->mark, tag;
	u8 saved_cb[sizeof(skb->cb)];

	if (!tagger)
		return 0;
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
	tag = bpf_prog_run(tagger, skb);
	migrate_enable();
	local_bh_enable();

	memcpy(skb->cb, saved_cb, sizeof(saved_cb));
	skb->sk = saved_sk;
	skb->mark = saved_mark;
	skb->dev = saved_dev;
	return tag;
}

/* What the tagger says is a number like any other: whatever is no class makes the packet unlabelled as well. */
static void class_add_tag(struct resid_classes *classes, u32 tag)
{
	unsigned int i;

	if (!tag || tag >> (8 * RESID_TAG_KINDS))
		class_add(classes, RESID_CLASS_UNLABELLED);
	for (i = 0; i < RESID_TAG_KINDS; i++) {
		u8 class = tag >> (8 * i);

		if (class)
			class_add(classes, class == RESID_CLASS_KERNEL ? RESID_CLASS_UNLABELLED : class);
	}
}

static int class_upper_is_foreign(struct net_device *upper, struct netdev_nested_priv *lower)
{
	return !net_eq(dev_net(upper), dev_net(lower->data));
}

static int class_lower_is_inside(struct net_device *lower, struct netdev_nested_priv *unused)
{
	return resid_device_is_inside(lower);
}

/* A macvlan or VLAN leaves the route of a packet as it was; an ipvlan in mode L3 finds one of this namespace. */
static int class_upper_reroutes(struct net_device *upper, struct netdev_nested_priv *lower)
{
	return class_upper_is_foreign(upper, lower) && !netif_is_macvlan(upper) && !is_vlan_dev(upper);
}

static bool class_carries_foreign(struct net_device *dev)
{
	struct netdev_nested_priv lower = { .data = dev };

	return netdev_walk_all_upper_dev_rcu(dev, class_upper_is_foreign, &lower);
}

/* Did the namespace of @dev make @skb, which has no socket and was not received? */
static bool class_is_made_here(const struct sk_buff *skb, struct net_device *dev)
{
	struct netdev_nested_priv lower = { .data = dev };
	const struct dst_entry *dst = skb_dst(skb);
	struct net_device *by;

	if (!class_carries_foreign(dev))
		return true;
	if (!dst || netdev_walk_all_upper_dev_rcu(dev, class_upper_reroutes, &lower))
		return false;
	by = READ_ONCE(dst->dev);
	return by == dev || (by && net_eq(dev_net(by), dev_net(dev)) && netdev_has_upper_dev_all_rcu(dev, by));
}

/* Did @skb come by an inside device of the node, or by a bridge of some? */
static bool class_came_from_inside(const struct sk_buff *skb)
{
	struct netdev_nested_priv unused = {};
	struct net_device *in = dev_get_by_index_rcu(&init_net, skb->skb_iif);

	return in && (resid_device_is_inside(in) || netdev_walk_all_lower_dev_rcu(in, class_lower_is_inside, &unused));
}

/* The namespaces that packets which come in by @in can be from: of its veth's other end. */
static int class_add_behind(struct net_device *in, struct netdev_nested_priv *classes)
{
	const struct net_device_ops *ops = in->netdev_ops;
	struct net_device *peer = ops->ndo_get_peer_dev ? ops->ndo_get_peer_dev(in) : NULL;

	if (peer && !net_eq(dev_net(peer), dev_net(in)))
		class_add_held(classes->data, dev_net(peer));
	return 0;
}

/* Of a bridge, all that its ports lead to. */
static void class_add_sender(struct resid_classes *classes, const struct sk_buff *skb, struct net_device *dev)
{
	struct net_device *in = dev_get_by_index_rcu(dev_net(dev), skb->skb_iif);
	struct netdev_nested_priv priv = { .data = classes };

	if (!in)
		return;
	class_add_behind(in, &priv);
	netdev_walk_all_lower_dev_rcu(in, class_add_behind, &priv);
}

static bool class_believes_mark(const struct sk_buff *skb, struct net_device *dev)
{
	return skb->skb_iif && net_eq(dev_net(dev), &init_net) && !class_carries_foreign(dev) &&
	       class_came_from_inside(skb);
}

/* rxrpc shares a kernel socket among its users, so its cgroup is that of the first of them. */
static bool class_is_shared_socket(const struct sock *sk)
{
	return sk->sk_kern_sock && sk_is_udp(sk) && udp_sk(sk)->encap_type == UDP_ENCAP_RXRPC;
}

/* The sockets by which the kernel answers for itself. */
static bool class_is_control_socket(const struct sock *sk, u8 protocol)
{
	return sk->sk_kern_sock && sk->sk_type == SOCK_RAW && sk->sk_protocol == protocol;
}

/* By the prefixes of @dev; in the initial namespace also by a route without gateway, which no tenant can make. */
static bool class_is_on_link(struct net_device *dev, const struct in6_addr *address)
{
	struct rt6_info *route;
	bool on_link;

	if (ipv6_chk_prefix(address, dev))
		return true;
	if (!net_eq(dev_net(dev), &init_net))
		return false;
	route = rt6_lookup(dev_net(dev), address, NULL, dev->ifindex, NULL, 0);
	if (!route)
		return false;
	on_link = route->dst.dev == dev && !(route->rt6i_flags & (RTF_GATEWAY | RTF_REJECT));
	ip6_rt_put(route);
	return on_link;
}

/*
 * Neighbour discovery of the namespace's own stack about its own link: to an address there. What it is made to say to
 * others (a tenant chooses which addresses it has, and who asks for them) is the tenant's.
 */
static bool class_is_discovery(const struct sk_buff *skb, const struct sock *sk, struct net_device *dev,
			       const struct resid_packet *packet)
{
	const struct resid_dest *dest = &packet->dest[0];

	if (!packet->neighbour || !net_eq(sock_net(sk), dev_net(dev)) || packet->dest_count != 1)
		return false;
	return packet->kind == RESID_PACKET_LINK ||
	       class_is_on_link(dev, (const struct in6_addr *)dest->address);
}

static bool class_is_root_cgroup(struct sock *sk)
{
	return !cgroup_parent(sock_cgroup_ptr(&sk->sk_cgrp_data));
}

static void class_of_socket(const struct resid_state *state, struct sk_buff *skb, struct sock *sk,
			    struct net_device *dev, const struct resid_packet *packet, struct resid_classes *classes)
{
	struct net *net = sock_net(sk);
	u32 tag;

	if (class_is_control_socket(sk, IPPROTO_TCP) && packet->bare_tcp) {
		class_add(classes, RESID_CLASS_KERNEL);
	} else if (class_is_control_socket(sk, IPPROTO_ICMP) || class_is_control_socket(sk, IPPROTO_ICMPV6)) {
		if (class_is_discovery(skb, sk, dev, packet)) {
			class_add(classes, RESID_CLASS_KERNEL);
			return;
		}
		class_add_tag(classes, class_run(state->tagger, skb, NULL, dev, net));
		class_add_held(classes, net);
	} else if (class_is_shared_socket(sk)) {
		class_add(classes, RESID_CLASS_UNLABELLED);
	} else {
		tag = class_run(state->tagger, skb, sk, dev, net);
		if (!tag && sk->sk_kern_sock && class_is_root_cgroup(sk)) {
			class_add(classes, RESID_CLASS_KERNEL);
			return;
		}
		class_add_tag(classes, tag);
		class_hold(net, classes);
	}
}

/* Without a socket, of whatever may be in @net, or behind the device that it came by. */
static void class_of_namespace(const struct resid_state *state, struct sk_buff *skb, struct net_device *dev,
			       struct resid_classes *classes)
{
	struct net *net = dev_net(dev);

	class_add_tag(classes, class_run(state->tagger, skb, NULL, dev, net));
	class_add_held(classes, net);
	if (!skb->skb_iif)
		return;
	class_add_sender(classes, skb, dev);
	class_hold(net, classes);
}

/* ARP, spanning tree, LACP and the like, which the kernel makes without a socket. */
static bool class_is_frame(const struct resid_packet *packet)
{
	return packet->kind == RESID_PACKET_LINK && !packet->dest_count;
}

void resid_class_of(const struct resid_state *state, struct sk_buff *skb, struct net_device *dev,
		    const struct resid_packet *packet, struct resid_classes *classes)
{
	struct sock *sk = skb_to_full_sk(skb);

	classes->count = 0;
	/* what is left of a connection in TIME_WAIT has no cgroup */
	if (sk && !sk_fullsock(sk))
		sk = NULL;
	/* the socket of a tun or tap device belongs to who opened it, not to the guest behind it */
	if (sk && sk->sk_family != AF_UNSPEC) {
		class_of_socket(state, skb, sk, dev, packet, classes);
	} else if (!skb->skb_iif && !class_is_made_here(skb, dev)) {
		class_add(classes, RESID_CLASS_UNLABELLED);
	} else if (!sk && !skb->skb_iif && (packet->bare_tcp || class_is_frame(packet))) {
		class_add(classes, RESID_CLASS_KERNEL);
	} else if (!state->tagger) {
		class_add(classes, RESID_CLASS_UNLABELLED);
	} else if (!skb->skb_iif || !net_eq(dev_net(dev), &init_net)) {
		class_of_namespace(state, skb, dev, classes);
	} else if (class_believes_mark(skb, dev)) {
		class_add(classes, class_of_mark(skb->mark, state->mark_mask));
		class_add_sender(classes, skb, dev);
	} else {
		class_add(classes, RESID_CLASS_UNLABELLED);
	}
}

static struct pernet_operations class_pernet = {
	.id = &class_net_id,
	.size = sizeof(struct class_held),
};

int resid_class_init(void)
{
	return register_pernet_subsys(&class_pernet);
}

void resid_class_fini(void)
{
	unregister_pernet_subsys(&class_pernet);
}
