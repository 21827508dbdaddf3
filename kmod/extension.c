// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* What stands between an IPv6 header and what the packet carries, and the authentication header of either family. */
#include "parse.h"

#define EXTENSION_NONE 59		/* no next header */

#define EXTENSION_SRH_PAD1 0
#define EXTENSION_SRH_PADN 4
#define EXTENSION_SRH_HMAC 5

bool resid_extension_auth(struct resid_parse *parse)
{
	u8 buffer[2];
	const u8 *header = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (!header)
		return false;
	parse->bare = 0;
	resid_parse_next_proto(parse, header[0], parse->at + (header[1] + 2) * 4);
	return true;
}

/* One option of a hop-by-hop or destination options header. */
static bool extension_option(struct resid_parse *parse, u8 type, u32 at, u32 length)
{
	u8 buffer[16];
	const u8 *address;

	switch (type) {
	case 0x01:		/* padding */
	case 0x04:		/* tunnel encapsulation limit */
	case 0x05:		/* router alert */
	case 0x07:		/* CALIPSO */
	case 0x08:		/* duplicate packet detection */
	case 0x0f:		/* performance metrics */
	case 0x11:		/* IOAM */
	case 0x12:		/* alternate marking */
	case 0x26:		/* quick start */
	case 0x30:		/* path MTU */
	case 0x31:		/* IOAM */
	case 0xc2:		/* jumbo payload */
		return true;
	case 0xc9:		/* home address: the receiver takes it for the source, and answers there */
		address = length == 16 ? resid_parse_at(parse, at, 16, buffer) : NULL;
		return address && resid_dest_add6(parse, address);
	}
	return false;
}

bool resid_extension_options(struct resid_parse *parse)
{
	u8 buffer[2];
	const u8 *header = resid_parse_at(parse, parse->at, sizeof(buffer), buffer), *option;
	u32 at = parse->at + 2, end;
	u8 next;

	if (!header)
		return false;
	next = header[0];
	end = parse->at + (header[1] + 1) * 8;
	while (at < end) {
		u8 type, length;

		option = resid_parse_at(parse, at, 1, buffer);
		if (!option)
			return false;
		type = option[0];
		if (!type) {		/* one byte of padding */
			at++;
			continue;
		}
		option = resid_parse_at(parse, at, 2, buffer);
		if (!option || end - at < 2)
			return false;
		length = option[1];
		at += 2;
		if (length > end - at || !extension_option(parse, type, at, length))
			return false;
		at += length;
	}
	parse->bare = 0;
	resid_parse_next_proto(parse, next, at);
	return true;
}

static bool extension_addresses(struct resid_parse *parse, u32 count)
{
	u8 buffer[16];
	u32 i;

	for (i = 0; i < count; i++) {
		const u8 *address = resid_parse_at(parse, parse->at + 8 + 16 * i, 16, buffer);

		if (!address || !resid_dest_add6(parse, address))
			return false;
	}
	return true;
}

/* Are the bytes from @at to @end the options that a segment routing header can have behind its segments? */
static bool extension_is_srh_options(struct resid_parse *parse, u32 at, u32 end)
{
	u8 buffer[2];

	while (at < end) {
		const u8 *option = resid_parse_at(parse, at, 1, buffer);

		if (!option)
			return false;
		if (option[0] == EXTENSION_SRH_PAD1) {
			at++;
			continue;
		}
		option = resid_parse_at(parse, at, 2, buffer);
		if (!option || (option[0] != EXTENSION_SRH_PADN && option[0] != EXTENSION_SRH_HMAC))
			return false;
		at += 2 + option[1];
	}
	return at == end;
}

/*
 * Linux goes by the length of the header and the segments left, and does not look at the last entry. So segments end
 * where the last entry says only if options follow there and the next segment is not among them.
 */
static bool extension_segments(struct resid_parse *parse, u32 end, u8 left, u8 last)
{
	const u32 at = parse->at + 8;
	u32 count = last + 1;

	if (left <= count && at + 16 * count <= end && extension_is_srh_options(parse, at + 16 * count, end))
		return extension_addresses(parse, count);
	return !((end - at) % 16) && extension_addresses(parse, (end - at) / 16);
}

/* Types 0 and 2 (RFC 2460, Mobile IPv6) carry plain addresses; so does 4 (SRv6), and options. Others are refused. */
bool resid_extension_routing(struct resid_parse *parse)
{
	u8 buffer[8], next, type, left, last;
	const u8 *header = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);
	u32 end;

	if (!header)
		return false;
	next = header[0];
	end = parse->at + (header[1] + 1) * 8;
	type = header[2];
	left = header[3];
	last = header[4];
	switch (type) {
	case 0:
	case 2:
		if ((end - parse->at - 8) % 16 || !extension_addresses(parse, (end - parse->at - 8) / 16))
			return false;
		break;
	case 4:
		if (!extension_segments(parse, end, left, last))
			return false;
		break;
	default:
		return false;
	}
	parse->bare = 0;
	resid_parse_next_proto(parse, next, end);
	return true;
}

bool resid_extension_fragment(struct resid_parse *parse)
{
	u8 buffer[4];
	const u8 *header = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);
	u16 fragment;

	if (!header)
		return false;
	fragment = get_unaligned_be16(header + 2);
	if (fragment & 0xfff9)
		return resid_ip_fragment(parse, header[0], parse->at + 8, fragment & 0xfff8);
	/* a whole packet for all that (RFC 6946) */
	parse->bare = 0;
	resid_parse_next_proto(parse, header[0], parse->at + 8);
	return true;
}

/* Mobility, HIP and Shim6 have a field for what follows, and nothing may (yet). */
bool resid_extension_last(struct resid_parse *parse)
{
	u8 buffer[1];
	const u8 *header = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	return header && header[0] == EXTENSION_NONE;
}
