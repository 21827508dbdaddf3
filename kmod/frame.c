// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Ethernet frames, and what may stand between their header and what they carry. */
#include "parse.h"

/* Below it the field is a length, and an 802.2 header follows: eth_proto_is_802_3(). */
#define FRAME_ETHERTYPE_MIN 0x0600

#define FRAME_OUI_ETHERTYPE 0x000000	/* RFC 1042 */
#define FRAME_OUI_TUNNEL 0x0000f8	/* 802.1H, the same for those that bridges would confuse */
#define FRAME_OUI_BRIDGED 0x0080c2	/* whole frames, RFC 2684 */
#define FRAME_OUI_APPLE 0x080007	/* AppleTalk, which can carry IP */

/* @type stands before @at. */
static bool frame_next(struct resid_parse *parse, u16 type, u32 at)
{
	u8 buffer[2];
	const u8 *points;

	if (!parse->inner)
		parse->packet->ethertype = type;
	if (type >= FRAME_ETHERTYPE_MIN) {
		resid_parse_next(parse, RESID_SPACE_ETHERTYPE, type, at);
		return true;
	}
	if (type > parse->end - at)
		return false;
	resid_parse_bound(parse, at + type);
	points = resid_parse_at(parse, at, sizeof(buffer), buffer);
	resid_parse_next(parse, RESID_SPACE_LLC, points ? get_unaligned_be16(points) : 0, at);
	return true;
}

bool resid_frame_ethernet(struct resid_parse *parse)
{
	u8 buffer[14];
	const u8 *frame = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (!frame)
		return false;
	parse->frame = parse->at;
	parse->frame_end = parse->end;
	return frame_next(parse, get_unaligned_be16(frame + 12), parse->at + 14);
}

/* 802.1Q and 802.1ad: two bytes, then the type of what is tagged. */
bool resid_frame_tag(struct resid_parse *parse)
{
	u8 buffer[4];
	const u8 *tag = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	return tag && frame_next(parse, get_unaligned_be16(tag + 2), parse->at + 4);
}

/* IEC 62439-3: path and size, sequence number, then the type of what is tagged. */
bool resid_frame_hsr(struct resid_parse *parse)
{
	u8 buffer[6];
	const u8 *tag = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	return tag && frame_next(parse, get_unaligned_be16(tag + 4), parse->at + 6);
}

bool resid_frame_snap(struct resid_parse *parse)
{
	u8 buffer[8];
	const u8 *snap = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (!snap)
		return false;
	switch (get_unaligned_be32(snap + 2) & 0xffffff) {
	case FRAME_OUI_ETHERTYPE:
	case FRAME_OUI_TUNNEL:
		resid_parse_next(parse, RESID_SPACE_ETHERTYPE, get_unaligned_be16(snap + 6), parse->at + 8);
		return true;
	case FRAME_OUI_BRIDGED:
	case FRAME_OUI_APPLE:
		return false;
	}
	return resid_encap_foreign(parse);
}
