// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Frames by which neighbours keep a link in order. They pass where nothing else does, or bonds and bridges die; so they
 * are told by what they are, to the last byte, and not by their type or destination alone: behind an ethertype anything
 * could be hidden. Each function says whether the frame at @parse->at is what it claims: well-formed, of the size
 * that its protocol gives it, to the address that it is sent to, and with zeros behind it up to the least size of a
 * frame. What is not is a frame of an unknown kind.
 *
 * Some bytes of such frames are anybody's nevertheless (an LLDP description, a padding in EAP). Their sizes are bounded
 * here; whose frames they are is for the policy.
 */
#include "parse.h"

#define LINK_PAYLOAD_MIN 46	/* of an Ethernet frame; shorter ones are filled up */
#define LINK_LLDP_MAX 512
#define LINK_PTP_MAX 128
#define LINK_EAPOL_KEY_MIN 32
#define LINK_EAPOL_KEY_MAX 512

static bool link_is_zero(const u8 *bytes, u32 length)
{
	u8 any = 0;

	while (length--)
		any |= *bytes++;
	return !any;
}

/* Does the frame end @length bytes from @parse->at, but for filling? */
static bool link_ends(struct resid_parse *parse, u32 length)
{
	const u32 end = parse->at + length;
	u8 buffer[LINK_PAYLOAD_MIN];
	const u8 *rest;

	if (end == parse->frame_end)
		return true;
	if (end > parse->frame_end || parse->frame_end - parse->at > LINK_PAYLOAD_MIN)
		return false;
	parse->end = parse->frame_end;
	rest = resid_parse_at(parse, end, parse->frame_end - end, buffer);
	return rest && link_is_zero(rest, parse->frame_end - end);
}

/* Is it sent to 01:80:c2:00:00:XX, XX one of the bits of @last? Bridges keep these to themselves. */
static bool link_is_reserved(struct resid_parse *parse, u16 last)
{
	static const u8 reserved[5] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };
	u8 buffer[6];
	const u8 *address = resid_parse_at(parse, parse->frame, sizeof(buffer), buffer);

	return address && !memcmp(address, reserved, sizeof(reserved)) && address[5] < 16 && last >> address[5] & 1;
}

#define LINK_BRIDGE 0x0001		/* nearest customer bridge */
#define LINK_SLOW 0x0004
#define LINK_NEAREST 0x4009		/* nearest bridge, nearest non-TPMR bridge, nearest customer bridge */

/* IPv4 over Ethernet, a request or a reply (RFC 826). */
bool resid_link_arp(struct resid_parse *parse)
{
	static const u8 head[7] = { 0, 1, 8, 0, 6, 4, 0 };
	u8 buffer[28];
	const u8 *arp = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	return arp && !memcmp(arp, head, sizeof(head)) && (arp[7] == 1 || arp[7] == 2) &&
	       link_ends(parse, sizeof(buffer));
}

/* LACP and markers are of the same size (802.1AX). */
#define LINK_SLOW_SIZE 110

static bool link_is_lacp(const u8 *pdu)
{
	return pdu[2] == 1 && pdu[3] == 20 && link_is_zero(pdu + 19, 3) &&	/* actor */
	       pdu[22] == 2 && pdu[23] == 20 && link_is_zero(pdu + 39, 3) &&	/* partner */
	       pdu[42] == 3 && pdu[43] == 16 && link_is_zero(pdu + 46, 12) &&	/* collector */
	       link_is_zero(pdu + 58, LINK_SLOW_SIZE - 58);
}

static bool link_is_marker(const u8 *pdu)
{
	return (pdu[2] == 1 || pdu[2] == 2) && pdu[3] == 16 && link_is_zero(pdu + 16, LINK_SLOW_SIZE - 16);
}

bool resid_link_slow(struct resid_parse *parse)
{
	u8 buffer[LINK_SLOW_SIZE];
	const u8 *pdu = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (!pdu || pdu[1] != 1 || !link_ends(parse, LINK_SLOW_SIZE) || !link_is_reserved(parse, LINK_SLOW))
		return false;
	return (pdu[0] == 1 && link_is_lacp(pdu)) || (pdu[0] == 2 && link_is_marker(pdu));
}

/* 802.1X: version, type, length, and what the type says. */
bool resid_link_eapol(struct resid_parse *parse)
{
	u8 buffer[4], eap_buffer[4];
	const u8 *eapol = resid_parse_at(parse, parse->at, sizeof(buffer), buffer), *eap;
	u16 length;
	u8 type;

	if (!eapol || eapol[0] < 1 || eapol[0] > 3)
		return false;
	type = eapol[1];
	length = get_unaligned_be16(eapol + 2);
	if (!link_ends(parse, 4 + length) || !link_is_reserved(parse, LINK_NEAREST))
		return false;
	switch (type) {
	case 0:		/* EAP: code, identifier, length */
		eap = resid_parse_at(parse, parse->at + 4, sizeof(eap_buffer), eap_buffer);
		return eap && eap[0] >= 1 && eap[0] <= 4 && get_unaligned_be16(eap + 2) == length;
	case 1:		/* start */
	case 2:		/* log off */
		return !length;
	case 3:		/* key */
	case 5:		/* MACsec key agreement */
		return length >= LINK_EAPOL_KEY_MIN && length <= LINK_EAPOL_KEY_MAX;
	}
	return false;
}

/* 802.1AB: chassis, port, time to live, any others, end. */
bool resid_link_lldp(struct resid_parse *parse)
{
	u32 at = parse->at, count;
	u8 buffer[2];

	for (count = 0; at - parse->at < LINK_LLDP_MAX; count++) {
		const u8 *head = resid_parse_at(parse, at, sizeof(buffer), buffer);
		u16 type, length;

		if (!head)
			return false;
		type = get_unaligned_be16(head) >> 9;
		length = get_unaligned_be16(head) & 511;
		if (count < 3 ? type != count + 1 || length < 2 : type && type <= 3)
			return false;
		at += 2 + length;
		if (!type)
			return !length && link_ends(parse, at - parse->at) && link_is_reserved(parse, LINK_NEAREST);
	}
	return false;
}

/* IEEE 1588 between neighbours: type, version 2, its own length. */
bool resid_link_ptp(struct resid_parse *parse)
{
	u8 buffer[4];
	const u8 *ptp = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);
	u16 length;

	if (!ptp || (ptp[1] & 15) != 2)
		return false;
	length = get_unaligned_be16(ptp + 2);
	return length >= 34 && length <= LINK_PTP_MAX && link_ends(parse, length) && link_is_reserved(parse, 1 << 14);
}

/* 802.1D: of the spanning tree's messages each kind has its size, that of MSTP by what it says of itself. */
static u32 link_bpdu_size(const u8 *bpdu, u32 length)
{
	const u8 version = bpdu[2], type = bpdu[3];
	u32 more;

	if (!link_is_zero(bpdu, 2))
		return 0;
	if (type == 0x80)
		return 4;
	if (type == 0 && version == 0)
		return 35;
	if (type != 2)
		return 0;
	if (version == 2)
		return 36;
	if (version != 3 || length < 38)
		return 0;
	more = get_unaligned_be16(bpdu + 36);
	return more >= 64 && more <= 64 + 64 * 16 && !(more % 16) ? 38 + more : 0;
}

bool resid_link_stp(struct resid_parse *parse)
{
	const u32 length = parse->end - parse->at;	/* as the frame says */
	u8 buffer[3 + 38] = { 0 };
	const u8 *llc = resid_parse_at(parse, parse->at, length < sizeof(buffer) ? length : sizeof(buffer), buffer);

	return llc && length >= 3 + 4 && llc[2] == 3 && length == 3 + link_bpdu_size(llc + 3, length - 3) &&
	       link_ends(parse, length) && link_is_reserved(parse, LINK_BRIDGE);
}
