// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* IP headers, the extensions behind them, and of what follows only ports and the headers of tunnels. */
#include "parse.h"

#define ETHERTYPE_TEB 0x6558		/* Ethernet inside GRE */

#define PROTO_IPIP 4
#define PROTO_IPV6 41
#define PROTO_GRE 47
#define PROTO_UDPLITE 136
#define PROTO_ICMPV6 58

#define EXT_HOP_BY_HOP 0
#define EXT_ROUTING 43
#define EXT_FRAGMENT 44
#define EXT_AUTH 51
#define EXT_DESTINATION 60
#define EXT_MOBILITY 135
#define EXT_HIP 139
#define EXT_SHIM6 140

#define IP_TUNNEL_MAX 4		/* headers inside headers */
#define IP_EXTENSION_MAX 12

/* Keyed and optional fields of GRE; version 1 (PPTP) and other payloads than IP and Ethernet name no destination. */
static bool ip_gre(struct resid_parse *parse, u32 offset)
{
	u8 buffer[4];
	const u8 *gre = resid_bytes_at(parse->bytes, offset, sizeof(buffer), buffer);
	u16 flags, ethertype;

	if (!gre)
		return false;
	flags = get_unaligned_be16(gre);
	ethertype = get_unaligned_be16(gre + 2);
	if (flags & 7)
		return true;
	if (flags & 0x4000)		/* source routes inside GRE */
		return false;
	offset += 4;
	if (flags & 0x8000)
		offset += 4;
	if (flags & 0x2000)
		offset += 4;
	if (flags & 0x1000)
		offset += 4;
	if (ethertype == ETHERTYPE_TEB)
		return resid_frame_read(parse, offset);
	if (ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6)
		return resid_ip_read(parse, offset, ethertype);
	return true;
}

static bool ip_tcp(struct resid_parse *parse, u32 offset, u32 bare_length)
{
	u8 buffer[14];
	const u8 *tcp = resid_bytes_at(parse->bytes, offset, sizeof(buffer), buffer);
	u32 header;

	if (!tcp)
		return false;
	header = (u32)(tcp[12] >> 4) * 4;
	parse->packet->tcp_flags = tcp[13];
	parse->packet->bare_tcp = bare_length == header && !resid_bytes_at(parse->bytes, offset + header, 1, buffer);
	return true;
}

/*
 * Transport header at @offset. @bare_length is its length, with all that follows, by the IP header's own account; 0 if
 * anything but a plain IP header stands before it. Ports count only for the outer header.
 */
static bool ip_transport(struct resid_parse *parse, u8 proto, u32 offset, u32 bare_length)
{
	struct resid_packet *packet = parse->packet;
	u8 buffer[4];
	const u8 *ports;

	switch (proto) {
	case PROTO_IPIP:
		return resid_ip_read(parse, offset, ETHERTYPE_IPV4);
	case PROTO_IPV6:
		return resid_ip_read(parse, offset, ETHERTYPE_IPV6);
	case PROTO_GRE:
		return ip_gre(parse, offset);
	}
	if (parse->depth)
		return true;

	switch (proto) {
	case IPPROTO_TCP:
		if (!ip_tcp(parse, offset, bare_length))
			return false;
		fallthrough;
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case PROTO_UDPLITE:
		ports = resid_bytes_at(parse->bytes, offset, 4, buffer);
		if (!ports)
			return false;
		memcpy(&packet->sport, ports, 2);
		memcpy(&packet->dport, ports + 2, 2);
		packet->has_port = true;
		return true;
	case IPPROTO_ICMP:
	case PROTO_ICMPV6:
		ports = resid_bytes_at(parse->bytes, offset, 2, buffer);
		if (!ports)
			return false;
		memcpy(&packet->dport, ports, 2);
		return true;
	}
	return true;
}

/* Loose and strict source route name the hops to come, and those that have been. */
static bool ip_options4(struct resid_parse *parse, const u8 *option, u32 length)
{
	while (length) {
		u8 type = option[0], size, i;

		if (type == 0)
			return true;
		if (type == 1) {
			option++;
			length--;
			continue;
		}
		if (length < 2)
			return false;
		size = option[1];
		if (size < 2 || size > length)
			return false;
		if (type == 131 || type == 137) {
			if (size < 3 || (size - 3) % 4)
				return false;
			for (i = 3; i < size; i += 4)
				if (!resid_dest_add(parse, AF_INET, option + i))
					return false;
		}
		option += size;
		length -= size;
	}
	return true;
}

static bool ip_read4(struct resid_parse *parse, u32 offset)
{
	struct resid_packet *packet = parse->packet;
	u8 buffer[20], options[40];
	const u8 *ip = resid_bytes_at(parse->bytes, offset, sizeof(buffer), buffer);
	const u8 *option, *auth;
	u32 header, total, at;
	unsigned int count;
	u16 fragment;
	u8 proto;

	if (!ip || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4;
	total = get_unaligned_be16(ip + 2);
	fragment = get_unaligned_be16(ip + 6);
	proto = ip[9];
	if (header < 20 || (total && total < header))
		return false;
	if (!resid_dest_add(parse, AF_INET, ip + 16))
		return false;
	if (!parse->depth) {
		packet->family = AF_INET;
		memcpy(packet->src, ip + 12, 4);
		packet->proto = proto;
		packet->proto_known = proto != EXT_AUTH;
		packet->fragment = fragment & 0x1fff;
	}
	if (header > 20) {
		option = resid_bytes_at(parse->bytes, offset + 20, header - 20, options);
		if (!option || !ip_options4(parse, option, header - 20))
			return false;
	}
	/* a later fragment is worth nothing to a receiver without the first, which is judged by all that it holds */
	if (fragment & 0x1fff)
		return true;
	at = offset + header;
	for (count = 0; proto == EXT_AUTH; count++) {
		auth = resid_bytes_at(parse->bytes, at, 4, buffer);
		if (!auth || count == IP_EXTENSION_MAX)
			return false;
		proto = auth[0];
		at += (auth[1] + 2) * 4;
	}
	if (!parse->depth) {
		packet->proto = proto;
		packet->proto_known = true;
	}
	return ip_transport(parse, proto, at, header > 20 || fragment & 0x3fff || count ? 0 : total - header);
}

/* Types 0 and 2 (RFC 2460, Mobile IPv6) and 4 (SRv6) carry plain addresses. */
static bool ip_routing(struct resid_parse *parse, u32 offset, u32 length)
{
	u8 buffer[16];
	const u8 *header = resid_bytes_at(parse->bytes, offset, 8, buffer);
	u32 count, i;
	u8 type;

	if (!header)
		return false;
	type = header[2];
	count = (length - 8) / 16;
	if (type == 4) {
		if (header[4] >= count)
			return false;
		count = header[4] + 1;
	} else if (type != 0 && type != 2) {
		return false;
	}
	for (i = 0; i < count; i++) {
		const u8 *address = resid_bytes_at(parse->bytes, offset + 8 + 16 * i, 16, buffer);

		if (!address || !resid_dest_add6(parse, address))
			return false;
	}
	return true;
}

static bool ip_is_extension(u8 proto)
{
	switch (proto) {
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_FRAGMENT:
	case EXT_AUTH:
	case EXT_DESTINATION:
	case EXT_MOBILITY:
	case EXT_HIP:
	case EXT_SHIM6:
		return true;
	}
	return false;
}

static bool ip_read6(struct resid_parse *parse, u32 offset)
{
	struct resid_packet *packet = parse->packet;
	u8 buffer[40];
	const u8 *ip = resid_bytes_at(parse->bytes, offset, sizeof(buffer), buffer);
	u32 at = offset + 40, payload, length;
	unsigned int count;
	u8 proto, hop_limit;

	if (!ip || ip[0] >> 4 != 6)
		return false;
	payload = get_unaligned_be16(ip + 4);
	proto = ip[6];
	hop_limit = ip[7];
	if (!parse->depth) {
		packet->family = AF_INET6;
		memcpy(packet->src, ip + 8, 16);
	}
	if (!resid_dest_add6(parse, ip + 24))
		return false;

	for (count = 0; ip_is_extension(proto); count++) {
		const u8 *header = resid_bytes_at(parse->bytes, at, 4, buffer);

		if (!header || count == IP_EXTENSION_MAX)
			return false;
		if (proto == EXT_FRAGMENT)
			length = 8;
		else if (proto == EXT_AUTH)
			length = (header[1] + 2) * 4;
		else
			length = (header[1] + 1) * 8;
		if (proto == EXT_FRAGMENT && get_unaligned_be16(header + 2) & 0xfff8) {
			if (!parse->depth) {
				packet->proto = header[0];
				packet->proto_known = !ip_is_extension(header[0]);
				packet->fragment = true;
			}
			return true;
		}
		if (proto == EXT_ROUTING) {
			proto = header[0];
			if (!ip_routing(parse, at, length))
				return false;
		} else {
			proto = header[0];
		}
		at += length;
	}

	if (!parse->depth) {
		packet->proto = proto;
		packet->proto_known = true;
	}
	if (!ip_transport(parse, proto, at, count ? 0 : payload))
		return false;
	if (!parse->depth && proto == PROTO_ICMPV6 && hop_limit == 255 && !count) {
		u8 type = get_unaligned_be16(&packet->dport) >> 8;

		packet->neighbour = type >= 133 && type <= 137;
	}
	return true;
}

/* A header inside another one counts for its destinations only. The outer one is at depth 0. */
bool resid_ip_read(struct resid_parse *parse, u32 offset, u16 ethertype)
{
	struct resid_packet *packet = parse->packet;

	if (packet->dest_count && ++parse->depth > IP_TUNNEL_MAX)
		return false;
	if (!packet->dest_count) {
		packet->ip_offset = offset;
		packet->kind = RESID_PACKET_IP;
	}
	return ethertype == ETHERTYPE_IPV4 ? ip_read4(parse, offset) : ip_read6(parse, offset);
}
