// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A packet may name more destinations than the one in its IP header: hops of a source route, segments of a routing
 * header, an IPv4 address inside an IPv6 one, the destination of a tunnelled packet. All of them are collected, and
 * the strictest verdict over them wins. What cannot be read to the end is unparsable, which is a verdict of its own.
 *
 * encap.c walks over the headers, frame.c, ip.c and the others read one each, dest.c keeps the list. A frame is taken
 * by what it says itself: skb->protocol is whatever an AF_PACKET sender said. Only where a device has no frames and
 * adds that number itself it is what leaves.
 */
#include "parse.h"

/* Without a word of the device the packet says itself what it is. */
static bool parse_begin(struct resid_parse *parse, const struct resid_reading *reading)
{
	u16 ethertype = reading->ethertype;
	u8 buffer;
	const u8 *first;

	switch (reading->link) {
	case RESID_LINK_ETHERNET:
		return resid_frame_ethernet(parse);
	case RESID_LINK_IP:
		first = resid_parse_at(parse, 0, 1, &buffer);
		if (!first)
			return false;
		if (!ethertype)
			ethertype = *first >> 4 == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6;
		parse->packet->ethertype = ethertype;
		resid_parse_next(parse, RESID_SPACE_ETHERTYPE, ethertype, 0);
		return true;
	case RESID_LINK_FOREIGN:
		break;
	}
	return false;
}

/*
 * Destinations that no router forwards. DHCP is one only as a broadcast: a unicast renewal can be routed anywhere, so
 * it is judged as its server's address is.
 */
static bool parse_is_link(struct resid_packet *packet)
{
	const u8 *address = packet->dest[0].address;

	if (packet->dest_count != 1)
		return false;
	if (packet->family == AF_INET) {
		u32 ipv4 = get_unaligned_be32(address);

		if (ipv4 >> 8 == 0xe00000)
			return true;
		if (ipv4 == 0xffffffff && packet->proto == IPPROTO_UDP && packet->has_port) {
			u16 port = get_unaligned_be16(&packet->dport);

			packet->of_link = port == 67 || port == 68;
			return packet->of_link;
		}
		return false;
	}
	if (address[0] == 0xfe)
		return (address[1] & 0xc0) == 0x80;
	return address[0] == 0xff && (address[1] & 15) <= 2;
}

void resid_packet_imagine(struct resid_packet *packet, const u8 *address, const struct resid_nat64 *nat64,
			  unsigned int nat64_count)
{
	struct resid_parse parse = {
		.packet = packet,
		.nat64 = nat64,
		.nat64_count = nat64_count,
	};

	/* cannot fail: an address holds fewer others than there is room for */
	if (packet->family == AF_INET)
		resid_dest_add(&parse, AF_INET, address);
	else
		resid_dest_add6(&parse, address);
	packet->kind = parse_is_link(packet) ? RESID_PACKET_LINK : RESID_PACKET_IP;
}

void resid_packet_parse(struct resid_packet *packet, const struct resid_bytes *bytes,
			const struct resid_reading *reading)
{
	struct resid_parse parse = {
		.packet = packet,
		.bytes = bytes,
		.nat64 = reading->nat64,
		.nat64_count = reading->nat64_count,
		.end = resid_bytes_length(bytes),
	};

	memset(packet, 0, offsetof(struct resid_packet, dest));
	packet->kind = RESID_PACKET_NON_IP;
	if (!parse_begin(&parse, reading) || !resid_encap_walk(&parse))
		packet->kind = RESID_PACKET_UNPARSABLE;
	else if (packet->kind == RESID_PACKET_IP && parse_is_link(packet))
		packet->kind = RESID_PACKET_LINK;
}
