// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * A packet may name more destinations than the one in its IP header: hops of a source route, segments of a routing
 * header, an IPv4 address inside an IPv6 one, the destination of a tunnelled packet. All of them are collected, and
 * the strictest verdict over them wins. What cannot be read to the end is unparsable, which is a verdict of its own.
 *
 * Here is the link header, in headers.c what it carries. It is read, for skb->protocol is whatever an AF_PACKET sender
 * said.
 */
#include "parse.h"

#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_SLOW 0x8809		/* LACP */
#define ETHERTYPE_EAPOL 0x888e
#define ETHERTYPE_QINQ 0x88a8
#define ETHERTYPE_LLDP 0x88cc
#define ETHERTYPE_QINQ_OLD 0x9100

#define PARSE_VLAN_MAX 4		/* tags */

static enum resid_packet_kind classify_frame(const u8 *destination, u16 ethertype)
{
	static const u8 reserved[5] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };

	switch (ethertype) {
	case ETHERTYPE_ARP:
	case ETHERTYPE_SLOW:
	case ETHERTYPE_EAPOL:
	case ETHERTYPE_LLDP:
		return RESID_PACKET_LINK;
	}
	/* bridges never forward these: STP and its kin */
	if (!memcmp(destination, reserved, sizeof(reserved)) && destination[5] < 16)
		return RESID_PACKET_LINK;
	return RESID_PACKET_NON_IP;
}

bool resid_parse_ethernet(struct parse *parse, u32 offset)
{
	struct resid_packet *packet = parse->packet;
	u8 buffer[14], tag_buffer[4];
	const u8 *frame = resid_bytes_at(parse->bytes, offset, sizeof(buffer), buffer);
	unsigned int tags = 0;
	u16 ethertype;

	if (!frame)
		return false;
	ethertype = get_unaligned_be16(frame + 12);
	offset += 14;
	while (ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ || ethertype == ETHERTYPE_QINQ_OLD) {
		const u8 *tag = resid_bytes_at(parse->bytes, offset, sizeof(tag_buffer), tag_buffer);

		if (!tag || ++tags > PARSE_VLAN_MAX)
			return false;
		ethertype = get_unaligned_be16(tag + 2);
		offset += 4;
	}
	if (ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6) {
		if (!packet->dest_count)
			packet->ethertype = ethertype;
		return resid_parse_ip(parse, offset, ethertype);
	}
	/* inside a tunnel a frame without IP names no destination */
	if (!packet->dest_count) {
		packet->ethertype = ethertype;
		packet->kind = classify_frame(frame, ethertype);
	}
	return true;
}

static bool parse_bare_ip(struct parse *parse)
{
	u8 buffer;
	const u8 *first = resid_bytes_at(parse->bytes, 0, 1, &buffer);

	if (!first)
		return false;
	if (*first >> 4 == 4)
		return resid_parse_ip(parse, 0, ETHERTYPE_IPV4);
	if (*first >> 4 == 6)
		return resid_parse_ip(parse, 0, ETHERTYPE_IPV6);
	return false;
}

/*
 * Destinations that no router forwards. DHCP is one only as a broadcast: a unicast renewal can be routed anywhere, so
 * it is judged as its server's address is.
 */
static bool is_link_scope(const struct resid_packet *packet)
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

			return port == 67 || port == 68;
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
	struct parse parse = {
		.packet = packet,
		.nat64 = nat64,
		.nat64_count = nat64_count,
	};

	/* cannot fail: an address holds fewer others than there is room for */
	if (packet->family == AF_INET)
		resid_parse_dest(&parse, AF_INET, address);
	else
		resid_parse_dest6(&parse, address);
	packet->kind = is_link_scope(packet) ? RESID_PACKET_LINK : RESID_PACKET_IP;
}

void resid_packet_parse(struct resid_packet *packet, const struct resid_bytes *bytes, enum resid_link link,
			const struct resid_nat64 *nat64, unsigned int nat64_count)
{
	struct parse parse = {
		.packet = packet,
		.bytes = bytes,
		.nat64 = nat64,
		.nat64_count = nat64_count,
	};
	bool ok = false;

	memset(packet, 0, sizeof(*packet));
	packet->kind = RESID_PACKET_NON_IP;
	if (link == RESID_LINK_ETHERNET)
		ok = resid_parse_ethernet(&parse, 0);
	else if (link == RESID_LINK_IP)
		ok = parse_bare_ip(&parse);

	if (!ok)
		packet->kind = RESID_PACKET_UNPARSABLE;
	else if (packet->kind == RESID_PACKET_IP && is_link_scope(packet))
		packet->kind = RESID_PACKET_LINK;
}
