// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The headers of tunnels: where the packet inside begins, and of what kind it is. As Linux reads them, or stricter. */
#include "parse.h"

#define TUNNEL_GRE_CHECKSUM 0x8000
#define TUNNEL_GRE_KEY 0x2000
#define TUNNEL_GRE_SEQUENCE 0x1000
#define TUNNEL_GRE_ACK 0x0080		/* version 1 */
#define TUNNEL_GRE_VERSION 7
#define TUNNEL_GRE_PPP 0x880b

#define TUNNEL_LABELS_MAX 16

/* RFC 2637, for PPTP: it has nothing but PPP inside. */
static bool tunnel_gre1(struct resid_parse *parse, u16 flags, u16 type)
{
	u32 at = parse->at + 8;

	if ((flags & ~(TUNNEL_GRE_SEQUENCE | TUNNEL_GRE_ACK)) != (TUNNEL_GRE_KEY | 1) || type != TUNNEL_GRE_PPP)
		return false;
	if (flags & TUNNEL_GRE_ACK)
		at += 4;
	if (flags & TUNNEL_GRE_SEQUENCE)
		resid_parse_next(parse, RESID_SPACE_GRE, type, at + 4);
	else if (at < parse->end)	/* an acknowledgement carries nothing */
		return false;
	return true;
}

/* RFC 2784 and 2890. Source routes (RFC 1701) and what else the flags could mean are refused. */
bool resid_tunnel_gre(struct resid_parse *parse)
{
	u8 buffer[4];
	const u8 *gre = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);
	u32 at = parse->at + 4;
	u16 flags, type;

	if (!gre)
		return false;
	flags = get_unaligned_be16(gre);
	type = get_unaligned_be16(gre + 2);
	if ((flags & TUNNEL_GRE_VERSION) == 1)
		return tunnel_gre1(parse, flags, type);
	if (flags & ~(TUNNEL_GRE_CHECKSUM | TUNNEL_GRE_KEY | TUNNEL_GRE_SEQUENCE))
		return false;
	if (flags & TUNNEL_GRE_CHECKSUM) {
		resid_transport_sum(parse, 4);
		at += 4;
	}
	if (flags & TUNNEL_GRE_KEY)
		at += 4;
	if (flags & TUNNEL_GRE_SEQUENCE)
		at += 4;
	resid_parse_next(parse, RESID_SPACE_GRE, type, at);
	return true;
}

/*
 * Version 1 redirects a packet as it is; version 2 has four bytes before it, which do not begin like an IPv4 header.
 * Linux takes it for one of the family of the outer header.
 */
bool resid_tunnel_wccp(struct resid_parse *parse)
{
	u8 buffer;
	const u8 *first = resid_parse_at(parse, parse->at, 1, &buffer);
	u32 at = parse->at;

	if (!first || at - parse->from != 4)
		return false;
	if (*first >> 4 != 4)
		at += 4;
	resid_parse_next(parse, RESID_SPACE_ETHERTYPE, parse->family == AF_INET ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, at);
	return true;
}

/*
 * Type I has the frame right behind a GRE header of four bytes. Types II and III say their version first; a III may
 * have one more header, which Linux does not skip and others do.
 */
bool resid_tunnel_erspan(struct resid_parse *parse)
{
	u8 buffer[12];
	u32 header = 0;

	if (parse->id == 0x22eb || parse->at - parse->from != 4) {
		const u8 *erspan = resid_parse_at(parse, parse->at, 8, buffer);
		u8 version = erspan ? erspan[0] >> 4 : 0;

		if (version != (parse->id == 0x22eb ? 2 : 1))
			return false;
		header = 8;
		if (version == 2) {
			erspan = resid_parse_at(parse, parse->at, 12, buffer);
			if (!erspan || erspan[11] & 1)
				return false;
			header = 12;
		}
	}
	resid_parse_next(parse, RESID_SPACE_FRAME, 0, parse->at + header);
	return true;
}

/* RFC 3378: a version, and twelve bits that must be zero. */
bool resid_tunnel_etherip(struct resid_parse *parse)
{
	u8 buffer[2];
	const u8 *etherip = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (!etherip || get_unaligned_be16(etherip) != 0x3000)
		return false;
	resid_parse_next(parse, RESID_SPACE_FRAME, 0, parse->at + 2);
	return true;
}

/* An IP packet begins at @at, of the family that it says. */
static bool tunnel_ip(struct resid_parse *parse, u32 at)
{
	u8 buffer;
	const u8 *first = resid_parse_at(parse, at, 1, &buffer);

	if (!first || (*first >> 4 != 4 && *first >> 4 != 6))
		return false;
	resid_parse_next(parse, RESID_SPACE_ETHERTYPE, *first >> 4 == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, at);
	return true;
}

/* What follows the last label is known to who gave it out. Linux takes it for IP, and so must it be. */
bool resid_tunnel_mpls(struct resid_parse *parse)
{
	u8 buffer[4];
	unsigned int i;

	for (i = 0; i < TUNNEL_LABELS_MAX; i++) {
		const u8 *label = resid_parse_at(parse, parse->at + 4 * i, 4, buffer);

		if (!label)
			return false;
		if (label[2] & 1)
			return tunnel_ip(parse, parse->at + 4 * i + 4);
	}
	return false;
}

/* The protocol may be cut to its second byte, which is odd, and the first of a whole one is even (RFC 1661). */
bool resid_tunnel_ppp(struct resid_parse *parse)
{
	u8 buffer[2];
	const u8 *ppp = resid_parse_at(parse, parse->at, 2, buffer);
	u32 at = parse->at;

	if (ppp && get_unaligned_be16(ppp) == 0xff03) {		/* all stations, unnumbered */
		at += 2;
		ppp = resid_parse_at(parse, at, 2, buffer);
	}
	if (!ppp)
		return false;
	if (ppp[0] & 1)
		resid_parse_next(parse, RESID_SPACE_PPP, ppp[0], at + 1);
	else
		resid_parse_next(parse, RESID_SPACE_PPP, get_unaligned_be16(ppp), at + 2);
	return true;
}

bool resid_tunnel_pppoe(struct resid_parse *parse)
{
	u8 buffer[6];
	const u8 *pppoe = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (!pppoe || get_unaligned_be16(pppoe) != 0x1100)	/* version 1, type 1, code 0 */
		return false;
	parse->at += 6;
	resid_parse_bound(parse, parse->at + get_unaligned_be16(pppoe + 4));
	return resid_tunnel_ppp(parse);
}

/* A Register carries a packet to the rendezvous point, which forwards it; other messages carry none. */
bool resid_tunnel_pim(struct resid_parse *parse)
{
	u8 buffer;
	const u8 *type = resid_parse_at(parse, parse->at, 1, &buffer);

	if (!type)
		return false;
	return (*type & 15) != 1 || tunnel_ip(parse, parse->at + 8);
}

/* The same of PIM's first version, which is a message of IGMP. */
bool resid_tunnel_igmp(struct resid_parse *parse)
{
	u8 buffer[2];
	const u8 *type = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (!type)
		return false;
	return type[0] != 0x14 || type[1] != 1 || tunnel_ip(parse, parse->at + 8);
}
