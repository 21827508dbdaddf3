// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three places where a packet is met, all on the packet path under the RCU read side:
 *
 *   LOCAL_OUT   early enough that the program which sent it sees the refusal
 *   FORWARD     early enough that the routed tenant gets an ICMP error or a reset
 *   EGRESS      the last step before the device, for everything: the authority
 *
 * The first two only refuse. What they let pass is judged again at EGRESS, after whatever NAT did to it, and booked
 * there at the lowest device; what they refuse is booked where it died.
 *
 * No lock. What is judged and what is booked is on the stack. While a device is told that it is inside, or another
 * policy is swapped in, the hooks that one packet passes may see different answers; EGRESS has the last word.
 */
#include "hook.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/net_namespace.h>
#include <net/netfilter/ipv4/nf_reject.h>
#include <net/netfilter/ipv6/nf_reject.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/vxlan.h>

#include "book.h"
#include "device.h"
#include "judge.h"
#include "seal.h"
#include "sight.h"

static bool hook_is_delivery(const struct net_device *dev)
{
	return dev->flags & IFF_LOOPBACK || resid_device_is_inside(dev);
}

static struct resid_sight hook_sight(struct sk_buff *skb, struct net_device *dev, enum resid_hook hook,
				     enum resid_link link, u16 ethertype)
{
	return (struct resid_sight){
		.skb = skb,
		.dev = dev,
		.net = dev_net(dev),
		.ifindex = dev->ifindex,
		.hook = hook,
		.link = link,
		.ethertype = ethertype,
	};
}

static u16 hook_ethertype(const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_IPV4 ? ETH_P_IP : ETH_P_IPV6;
}

/* What a packet is to the books. */
static void hook_measure(struct resid_sight *sight, const struct resid_ruling *ruling)
{
	const struct sk_buff *skb = sight->skb;
	struct sock *sk;

	sight->bytes = skb->len - min(skb->len, ruling->packet.ip_offset);
	/* how one that is not what it says would have been cut nobody knows */
	sight->packets = ruling->refuse && ruling->packet.kind == RESID_PACKET_UNPARSABLE ? 1 :
											    resid_seal_segments(skb);
	if (!ruling->record)
		return;
	sk = skb_to_full_sk(skb);
	sight->sk = sk && sk_fullsock(sk) ? sk : NULL;
}

static bool hook_book(struct resid_sight *sight, const struct resid_ruling *ruling)
{
	if (!ruling->counter)
		return true;
	hook_measure(sight, ruling);
	return resid_book_add(sight, ruling);
}

/* Judges, and books a refusal; true: the packet must not pass. */
static bool hook_refuses(struct resid_sight *sight, struct resid_ruling *ruling)
{
	resid_judge(sight, ruling);
	if (ruling->refuse)
		hook_book(sight, ruling);
	return ruling->refuse;
}

static void hook_reset(struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (state->pf == NFPROTO_IPV4)
		nf_send_reset(state->net, state->sk, skb, state->hook);
	else
		nf_send_reset6(state->net, state->sk, skb, state->hook);
}

static bool hook_is_tcp_syn(const struct resid_packet *packet)
{
	return (packet->tcp_flags & (TCPHDR_SYN | TCPHDR_ACK)) == TCPHDR_SYN;
}

static bool hook_is_tcp(const struct resid_packet *packet)
{
	return packet->proto_known && packet->proto == IPPROTO_TCP && !packet->fragment;
}

unsigned int resid_hook_local_out(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct dst_entry *dst = skb_dst(skb);
	/* state->out is stale after DNAT */
	struct resid_sight sight =
		hook_sight(skb, dst ? dst->dev : state->out, RESID_HOOK_LOCAL_OUT, RESID_LINK_IP,
			   hook_ethertype(state));
	struct resid_ruling ruling;

	if (hook_is_delivery(sight.dev) || !hook_refuses(&sight, &ruling))
		return NF_ACCEPT;
	if (ruling.verdict == RESID_V_DROP) {
		/* NF_DROP would tell a UDP sender EPERM */
		kfree_skb_reason(skb, SKB_DROP_REASON_NETFILTER_DROP);
		return NF_STOLEN;
	}
	if (hook_is_tcp(&ruling.packet) && !hook_is_tcp_syn(&ruling.packet)) {
		hook_reset(skb, state);
		return NF_DROP;
	}
	return NF_DROP_ERR(-ECONNREFUSED);
}

unsigned int resid_hook_forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct resid_sight sight =
		hook_sight(skb, state->out, RESID_HOOK_FORWARD, RESID_LINK_IP, hook_ethertype(state));
	struct resid_ruling ruling;

	if (hook_is_delivery(sight.dev) || !hook_refuses(&sight, &ruling))
		return NF_ACCEPT;
	if (ruling.verdict == RESID_V_REJECT) {
		if (hook_is_tcp(&ruling.packet))
			hook_reset(skb, state);
		else if (state->pf == NFPROTO_IPV4)
			nf_send_unreach(skb, ICMP_PKT_FILTERED, state->hook);
		else
			nf_send_unreach6(state->net, skb, ICMPV6_ADM_PROHIBITED, state->hook);
	}
	return NF_DROP;
}

static enum resid_link hook_link(const struct net_device *dev)
{
	switch (dev->type) {
	case ARPHRD_ETHER:
		/* a tun device may call itself Ethernet and have no header */
		return dev->header_ops ? RESID_LINK_ETHERNET : RESID_LINK_IP;
	case ARPHRD_NONE:
	case ARPHRD_RAWIP:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		return RESID_LINK_IP;
	default:
		return RESID_LINK_FOREIGN;
	}
}

/*
 * What a device without frames says that a packet is: the number that the skb has. One that adds a header before its
 * hook (GRE to many) begins with an IP header, whatever is inside.
 */
static u16 hook_said(const struct sk_buff *skb, const struct net_device *dev)
{
	u16 said = ntohs(skb->protocol);

	return said == ETH_P_ALL || (dev->header_ops && dev->header_ops->create) ? 0 : said;
}

/*
 * Packets of a bond, VLAN, bridge or macvlan meet the device below as well, and those of a namespace's veth the
 * device by which the node sends them on. Those of a tunnel or of MACsec do not: what they send is another packet, and
 * booked as one.
 */
static bool hook_is_lowest(struct net_device *dev)
{
	const struct net_device_ops *ops = dev->netdev_ops;
	struct net_device *peer;

	if (!list_empty(&dev->adj_list.lower) && !netif_is_vxlan(dev) && !netif_is_macsec(dev))
		return false;
	if (net_eq(dev_net(dev), &init_net) || !ops->ndo_get_peer_dev)
		return true;
	peer = ops->ndo_get_peer_dev(dev);
	return !peer || net_eq(dev_net(peer), dev_net(dev));
}

unsigned int resid_hook_egress(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct resid_sight sight =
		hook_sight(skb, state->out, RESID_HOOK_EGRESS, hook_link(state->out), hook_said(skb, state->out));
	struct resid_ruling ruling;

	if (resid_device_hook_is_inside(priv))
		return NF_ACCEPT;
	if (hook_refuses(&sight, &ruling))
		return NF_DROP;
	if (hook_is_lowest(sight.dev) && !hook_book(&sight, &ruling))
		return NF_DROP;
	return NF_ACCEPT;
}
