// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Ethernet frames: their tags, what they carry, and which of those without IP belong to the link itself. */
#include "parse.h"

#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_SLOW 0x8809		/* LACP */
#define ETHERTYPE_EAPOL 0x888e
#define ETHERTYPE_QINQ 0x88a8
#define ETHERTYPE_LLDP 0x88cc
#define ETHERTYPE_QINQ_OLD 0x9100

#define FRAME_TAG_MAX 4		/* tags */

static enum resid_packet_kind frame_kind(const u8 *destination, u16 ethertype)
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

bool resid_frame_read(struct resid_parse *parse, u32 offset)
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

		if (!tag || ++tags > FRAME_TAG_MAX)
			return false;
		ethertype = get_unaligned_be16(tag + 2);
		offset += 4;
	}
	if (ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6) {
		if (!packet->dest_count)
			packet->ethertype = ethertype;
		return resid_ip_read(parse, offset, ethertype);
	}
	/* inside a tunnel a frame without IP names no destination */
	if (!packet->dest_count) {
		packet->ethertype = ethertype;
		packet->kind = frame_kind(frame, ethertype);
	}
	return true;
}
