// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * IP headers, IPv4 options, and fragments.
 *
 * A header inside another one counts for its destinations only; ports, source and the like are those of the outer.
 *
 * Fragments are put together at their destination, and only then is a tunnel unpacked. A first fragment is judged by
 * all headers, so it must hold them all. A later one that begins among them could be laid over what was judged: Linux
 * discards such, others do not. So headers count only in the first IP_FRAGMENT_HEADERS bytes, and a later fragment that
 * begins there is unparsable if it can belong to a tunnel. In IPv4 its protocol tells; in IPv6 only that of the first
 * fragment does, but nobody needs such small ones: every link carries 1280 bytes.
 */
#include "parse.h"

#define IP_DEPTH_MAX 5		/* headers, the outer one included */
#define IP_FRAGMENT_HEADERS 512	/* bytes */

#define IP_OFFSET 0x1fff	/* in units of 8 bytes */
#define IP_MORE 0x2000

/* One more header, at @parse->at, of a packet of @family to @address. */
static bool ip_enter(struct resid_parse *parse, u8 family, const u8 *address)
{
	struct resid_packet *packet = parse->packet;

	if (++packet->depth > IP_DEPTH_MAX)
		return false;
	if (packet->depth == 1) {
		packet->kind = RESID_PACKET_IP;
		packet->ip_offset = parse->at;
		packet->family = family;
	}
	packet->inner_offset = parse->at;
	packet->inner_family = family;
	parse->family = family;
	return family == AF_INET ? resid_dest_add(parse, family, address) : resid_dest_add6(parse, address);
}

bool resid_ip_fragment(struct resid_parse *parse, u8 proto, u32 at, u32 offset)
{
	const enum resid_space space = parse->family == AF_INET ? RESID_SPACE_IPV4 : RESID_SPACE_IPV6;
	const enum resid_encap encap = resid_encap_of(space, proto);
	struct resid_packet *packet = parse->packet;
	bool opaque = encap == RESID_ENCAP_PLAIN || encap == RESID_ENCAP_ENDPOINT;

	parse->bare = 0;
	if (!offset) {
		parse->fragment = true;
		resid_parse_bound(parse, at + IP_FRAGMENT_HEADERS);
		resid_parse_next(parse, space, proto, at);
		return true;
	}
	if (packet->depth == 1) {
		packet->proto = proto;
		packet->proto_known = encap != RESID_ENCAP_READ;
		packet->fragment = true;
	}
	if (encap == RESID_ENCAP_REFUSE)
		return false;
	return offset >= IP_FRAGMENT_HEADERS || (space == RESID_SPACE_IPV4 && opaque);
}

/* The options that name addresses to go to are the source routes: the hops to come, and those that have been. */
static bool ip_options4(struct resid_parse *parse, const u8 *option, u32 length)
{
	while (length) {
		u8 size, i;

		switch (option[0]) {
		case 0:			/* end */
			return true;
		case 1:			/* no operation */
			option++;
			length--;
			continue;
		}
		if (length < 2)
			return false;
		size = option[1];
		if (size < 2 || size > length)
			return false;
		switch (option[0]) {
		case 7:			/* record route */
		case 25:		/* quick start */
		case 68:		/* timestamp */
		case 82:		/* traceroute */
		case 130:		/* security */
		case 133:		/* extended security */
		case 134:		/* CIPSO */
		case 136:		/* stream identifier */
		case 148:		/* router alert */
			break;
		case 131:		/* loose source route */
		case 137:		/* strict source route */
			if (size < 3 || (size - 3) % 4)
				return false;
			for (i = 3; i < size; i += 4)
				if (!resid_dest_add(parse, AF_INET, option + i))
					return false;
			break;
		default:		/* who knows where it leads: 149 is a list of destinations */
			return false;
		}
		option += size;
		length -= size;
	}
	return true;
}

bool resid_ip_read4(struct resid_parse *parse)
{
	const u32 at = parse->at;
	u8 buffer[20], options[40];
	const u8 *ip = resid_parse_at(parse, at, sizeof(buffer), buffer);
	u32 header, total, fragment;
	const u8 *option;
	u8 proto;

	if (!ip || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4;
	total = get_unaligned_be16(ip + 2);
	fragment = get_unaligned_be16(ip + 6);
	proto = ip[9];
	if (header < 20 || (total && total < header) || !ip_enter(parse, AF_INET, ip + 16))
		return false;
	if (parse->packet->depth == 1)
		memcpy(parse->packet->src, ip + 12, 4);
	/* it is zero in a packet that a device is yet to cut */
	if (total)
		resid_parse_bound(parse, at + total);
	parse->bare = total && header == 20 ? total - header : 0;
	if (header > 20) {
		option = resid_parse_at(parse, at + 20, header - 20, options);
		if (!option || !ip_options4(parse, option, header - 20))
			return false;
	}
	if (fragment & (IP_OFFSET | IP_MORE))
		return resid_ip_fragment(parse, proto, at + header, (fragment & IP_OFFSET) * 8);
	resid_parse_next(parse, RESID_SPACE_IPV4, proto, at + header);
	return true;
}

bool resid_ip_read6(struct resid_parse *parse)
{
	const u32 at = parse->at;
	u8 buffer[40];
	const u8 *ip = resid_parse_at(parse, at, sizeof(buffer), buffer);
	u32 payload;
	u8 next;

	if (!ip || ip[0] >> 4 != 6)
		return false;
	payload = get_unaligned_be16(ip + 4);
	next = ip[6];
	if (parse->packet->depth == 0) {
		memcpy(parse->packet->src, ip + 8, 16);
		parse->hop_limit = ip[7];
	}
	if (!ip_enter(parse, AF_INET6, ip + 24))
		return false;
	/* zero in a jumbogram: it ends where the bytes do */
	if (payload)
		resid_parse_bound(parse, at + 40 + payload);
	parse->bare = payload;
	resid_parse_next(parse, RESID_SPACE_IPV6, next, at + 40);
	return true;
}
