// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet is sealed before it is judged: what the judgement reads is in memory that no sender can write, and nothing
 * that is done to the packet afterwards writes there. Who could:
 *
 *   pages that a sender keeps    TX_RING, MSG_ZEROCOPY, splice, io_uring's zero copy, vhost, AF_XDP on a device that
 *                                takes pages: their bytes are fragments of the skb, and the sender goes on writing
 *                                them. So what was read is pulled into the linear part, which is the kernel's own,
 *                                and read again there; what a packet says the first time it need not say the second.
 *                                An ordinary packet has its headers there already, and pays one comparison.
 *   the linear part itself       is allocated by the kernel and filled by copying: sockets, tun (build_skb() around a
 *                                page of its own, napi_frags), vhost's batches, AF_XDP's generic copy, veth's XDP
 *                                (which copies what is shared first). The clone of a packet shares it (TCP keeps one
 *                                to send again, packet sockets get one to show), but who wants to write a shared head
 *                                gets a copy (skb_cow_head(), skb_ensure_writable()), and TCP does not send again
 *                                what is still on its way (skb_still_in_host_queue()). An skb that is itself shared
 *                                (pktgen's) cannot be pulled: it is unparsable, unless all that is read is linear.
 *   a checksum that is owed      the device or skb_checksum_help() writes it at csum_start + csum_offset, which a
 *                                virtio header (AF_PACKET, tun, vhost) sets. It must be the checksum of a header that
 *                                was read, or lie behind everything that was read in a packet whose inside is left to
 *                                the endpoint.
 *   segmentation                 goes by the skb's offsets and type, of which the same virtio header sets some, and
 *                                writes lengths, checksums and sequence numbers there. They must be those that were
 *                                read. A segment size that no TCP would use is refused, or one send would be
 *                                thousands of packets to the books.
 *   a list of skbs (frag_list)   pskb_may_pull() takes bytes from there as well. Segmentation by SKB_GSO_FRAGLIST lays
 *                                the first one's headers over the others', so all go where it goes.
 *   VLAN acceleration            the tag is put between addresses and ethertype on the way out. It moves what follows
 *                                and changes none of it, and a tag names no destination.
 *   encapsulation offloads       the outer headers are there already; of their checksums and segmentation what is said
 *                                above holds for the inner headers too.
 *
 * What the node's administrator does to packets after the hook (tc, XDP) is no matter of this file.
 */
#include "seal.h"

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <net/tcp.h>

#define SEAL_GSO_TCP (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)
/* tunnels that are read, and those that are left to the endpoint */
#define SEAL_GSO_READ_TUNNEL (SKB_GSO_GRE | SKB_GSO_GRE_CSUM | SKB_GSO_IPXIP4 | SKB_GSO_IPXIP6)
#define SEAL_GSO_LEFT_TUNNEL (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM | SKB_GSO_TUNNEL_REMCSUM | SKB_GSO_ESP)
#define SEAL_GSO_TUNNEL (SEAL_GSO_READ_TUNNEL | SEAL_GSO_LEFT_TUNNEL)
/* these say how it is cut, not what */
#define SEAL_GSO_MANNER (SKB_GSO_DODGY | SKB_GSO_TCP_ECN | SKB_GSO_TCP_FIXEDID | SKB_GSO_PARTIAL | SKB_GSO_FRAGLIST)

#define SEAL_UDP_SEGMENTS_MAX 128	/* UDP_MAX_SEGMENTS, where it is greatest */

/* May the checksum that @skb owes be written? */
static bool seal_allows_sum(const struct sk_buff *skb, const struct resid_packet *packet)
{
	int start = skb_checksum_start_offset(skb);
	unsigned int i;

	for (i = 0; i < packet->sum_count; i++)
		if (packet->sum[i].start == start && packet->sum[i].offset == skb->csum_offset)
			return true;
	return packet->endpoint && start >= (int)packet->extent;
}

/* Is a packet of @family and @proto one that is cut by @type? */
static bool seal_is_cut_by(unsigned int type, u8 family, u8 proto)
{
	switch (type) {
	case SKB_GSO_TCPV4:
		return family == AF_INET && proto == IPPROTO_TCP;
	case SKB_GSO_TCPV6:
		return family == AF_INET6 && proto == IPPROTO_TCP;
	case SKB_GSO_UDP:
	case SKB_GSO_UDP_L4:
		return proto == IPPROTO_UDP;
	case SKB_GSO_SCTP:
		return proto == IPPROTO_SCTP;
	}
	return false;
}

/* Where the headers are that are cut. */
static int seal_transport(const struct sk_buff *skb)
{
	if (skb_shinfo(skb)->gso_type & SEAL_GSO_TUNNEL)
		return skb_inner_transport_offset(skb);
	return skb_transport_offset(skb);
}

/* Of the packet that is cut: bytes that are in each of the parts, and, of TCP, of options. */
static bool seal_header(const struct sk_buff *skb, u32 *length, u32 *options)
{
	const u32 at = seal_transport(skb), type = skb_shinfo(skb)->gso_type;
	u8 buffer[20];
	const u8 *header;

	*options = 0;
	*length = at;
	if (type & SKB_GSO_UDP_L4)
		*length += 8;
	if (!(type & SEAL_GSO_TCP))
		return true;
	header = skb_header_pointer(skb, at, sizeof(buffer), buffer);
	if (!header || header[12] >> 4 < 5)
		return false;
	*options = (header[12] >> 4) * 4 - 20;
	*length += 20 + *options;
	return true;
}

u32 resid_seal_segments(const struct sk_buff *skb)
{
	const struct skb_shared_info *shared = skb_shinfo(skb);
	u32 header, options;

	if (!skb_is_gso(skb))
		return 1;
	if (shared->gso_segs)
		return shared->gso_segs;
	/* a sender by a virtio header leaves the count to the driver */
	if (!seal_header(skb, &header, &options) || header >= skb->len)
		return 1;
	return DIV_ROUND_UP(skb->len - header, shared->gso_size);
}

/* A TCP segment has at least TCP_MIN_SND_MSS bytes of options and data; UDP_SEGMENT allows so many segments of any. */
static bool seal_size_is_possible(const struct sk_buff *skb)
{
	u32 size = skb_shinfo(skb)->gso_size, header, options;

	if (!seal_header(skb, &header, &options))
		return false;
	return size + options >= TCP_MIN_SND_MSS ||
	       (!(skb_shinfo(skb)->gso_type & SEAL_GSO_TCP) && resid_seal_segments(skb) <= SEAL_UDP_SEGMENTS_MAX);
}

static bool seal_is_mpls(u16 ethertype)
{
	return ethertype == ETH_P_MPLS_UC || ethertype == ETH_P_MPLS_MC;
}

/*
 * The headers by which a packet without a tunnel's offload is cut: the outer ones, or, where a device adds an outer
 * header of its own before its hook (GRE to many), the inner ones.
 */
static bool seal_allows_plain(const struct sk_buff *skb, const struct resid_packet *packet, unsigned int type)
{
	const bool mpls = seal_is_mpls(packet->ethertype);
	int network = mpls ? skb_inner_network_offset(skb) : skb_network_offset(skb);
	u16 protocol = ntohs(vlan_get_protocol(skb)), expected;
	u8 family, proto;

	if (network == (int)packet->ip_offset && skb_transport_offset(skb) == (int)packet->transport_offset) {
		family = packet->family;
		proto = packet->proto;
	} else if (network == (int)packet->inner_offset && skb_transport_offset(skb) == (int)packet->inner_transport) {
		family = packet->inner_family;
		proto = packet->inner_proto;
	} else {
		return false;
	}
	expected = mpls ? packet->ethertype : family == AF_INET ? ETH_P_IP : ETH_P_IPV6;
	return protocol == expected && seal_is_cut_by(type, family, proto);
}

/* The same with one: its outer headers, and inside those that were read, or of what was left to the endpoint any. */
static bool seal_allows_tunnel(const struct sk_buff *skb, const struct resid_packet *packet, unsigned int type)
{
	int network = skb_inner_network_offset(skb), transport = skb_inner_transport_offset(skb);

	/* IPIP leaves the inner transport header for the outer one */
	if (skb_network_offset(skb) != (int)packet->ip_offset ||
	    (skb_transport_offset(skb) != (int)packet->transport_offset &&
	     skb_transport_offset(skb) != (int)packet->inner_transport) ||
	    vlan_get_protocol(skb) != htons(packet->family == AF_INET ? ETH_P_IP : ETH_P_IPV6))
		return false;
	if (skb_shinfo(skb)->gso_type & SEAL_GSO_LEFT_TUNNEL)
		return packet->endpoint && network >= (int)packet->extent && transport >= (int)packet->extent;
	return packet->depth > 1 && network == (int)packet->inner_offset &&
	       transport == (int)packet->inner_transport &&
	       seal_is_cut_by(type, packet->inner_family, packet->inner_proto);
}

/* May @skb be cut? */
static bool seal_allows_gso(const struct sk_buff *skb, const struct resid_packet *packet)
{
	const unsigned int type = skb_shinfo(skb)->gso_type & ~SEAL_GSO_MANNER;

	if (!packet->family || !packet->sum_count || !skb_transport_header_was_set(skb) || !seal_size_is_possible(skb))
		return false;
	return type & SEAL_GSO_TUNNEL ? seal_allows_tunnel(skb, packet, type & ~SEAL_GSO_TUNNEL) :
					seal_allows_plain(skb, packet, type);
}

/* Whatever it seemed to be. */
static void seal_refuse(struct resid_packet *packet)
{
	packet->kind = RESID_PACKET_UNPARSABLE;
	packet->neighbour = false;
	packet->bare_tcp = false;
}

void resid_seal(struct sk_buff *skb, struct resid_packet *packet, const struct resid_reading *reading)
{
	const struct resid_bytes bytes = { .skb = skb };

	resid_packet_parse(packet, &bytes, reading);
	if (unlikely(packet->extent > skb_headlen(skb))) {
		if (!skb_shared(skb) && pskb_may_pull(skb, packet->extent))
			resid_packet_parse(packet, &bytes, reading);
		/* who changes it while it is read gets no third try */
		if (packet->extent > skb_headlen(skb))
			seal_refuse(packet);
	}
	if ((skb->ip_summed == CHECKSUM_PARTIAL && !seal_allows_sum(skb, packet)) ||
	    (skb_is_gso(skb) && !seal_allows_gso(skb, packet)))
		seal_refuse(packet);
}
