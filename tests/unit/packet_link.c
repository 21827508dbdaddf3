// SPDX-License-Identifier: Apache-2.0
/*
 * kmod/link.c: frames that keep a link in order are that only as they are defined. Each is written out as its protocol
 * has it, and then spoiled in every way that would make room for something else.
 */
#include "packet_support.h"

/* In brackets is what its protocol leaves to the sender. */
static const struct {
	const char *name;
	unsigned int last;	/* of the address: 01:80:c2:00:00:last; 256: broadcast */
	unsigned int type;	/* 0: 802.2, the length is filled in */
	const char *payload;
} good[] = {
	{ "ARP", 256, 0x0806, "0001 0800 06 04 0001 [020000000001 0a000001 000000000000 0a000002]" },
	{ "ARP reply", 256, 0x0806, "0001 0800 06 04 0002 [020000000001 0a000001 020000000002 0a000002]" },
	{ "LACP", 2, 0x8809,
	  "01 01 01 14 [ffff 020000000001 0009 00ff 0001 3d] 000000"
	  "02 14 [ffff 020000000002 0009 00ff 0001 3d] 000000 03 10 [0000] 000000000000000000000000 00 00"
	  "00000000000000000000000000000000000000000000000000 00000000000000000000000000000000000000000000000000" },
	{ "marker", 2, 0x8809,
	  "02 01 [01] 10 [0001 020000000001 00000001] 0000 00 00"
	  "000000000000000000000000000000000000000000000000000000000000 00000000000000000000000000000000000000000000"
	  "0000000000000000000000000000 000000000000000000000000000000000000000000000000" },
	{ "EAPOL start", 3, 0x888e, "[01] 01 0000" },
	{ "EAPOL, EAP", 3, 0x888e, "[02] 00 000a [02 01] 000a [01 616c696365]" },
	{ "EAPOL, key agreement", 3, 0x888e, "[03] 05 0020 [0102030405060708 0102030405060708 0102030405060708 0102030405060708]" },
	{ "LLDP", 14, 0x88cc, "0207 [04 020000000001] 0407 [03 020000000001] 0602 [0078] 0000" },
	{ "LLDP, a name", 0, 0x88cc, "0207 [04 020000000001] 0405 [05 65746830] 0602 [0078] [0a]04 [6e6f6465] 0000" },
	{ "PTP, delay request between neighbours", 14, 0x88f7,
	  "[12 02] 0036 [00 00 0000 0000000000000000 00000000 0200000000000001 0001 0001 05 7f"
	  "00000000000000000000 00000000000000000000]" },
	{ "spanning tree", 0, 0,
	  "424203 0000 00 00 [00 8000020000000001 00000000 8000020000000001 8001 0000 1400 0200 0f00]" },
	{ "topology change", 0, 0, "424203 0000 [00] 80" },
	{ "rapid spanning tree", 0, 0,
	  "424203 0000 02 02 [3c 8000020000000001 00000000 8000020000000001 8001 0000 1400 0200 0f00 00]" },
	{ "multiple spanning tree", 0, 0,
	  "424203 0000 03 02 [7c 8000020000000001 00000000 8000020000000001 8001 0000 1400 0200 0f00 00] 0040"
	  "[00 0000000000000000000000000000000000000000000000000000000000000000 0000"
	  "00000000000000000000000000000000 00000000 8000020000000001 14]" },
};

#define HEADER 14

/* @free: one for each byte of the frame that is the sender's */
static void build(struct frame *frame, size_t i, bool free[])
{
	char part[512];
	bool is_free = false;

	clear(frame);
	ethernet(frame, good[i].type);
	if (good[i].last == 256)
		memset(frame->data, 255, 6);
	else
		memcpy(frame->data, (uint8_t[]){ 1, 0x80, 0xc2, 0, 0, (uint8_t)good[i].last }, 6);
	for (const char *at = good[i].payload; *at; is_free = *at == '[', at += *at != '\0') {
		size_t length = strcspn(at, "[]"), from = frame->length;

		snprintf(part, sizeof(part), "%.*s", (int)length, at);
		put_hex(frame, part);
		for (; free && from < frame->length; from++)
			free[from] = is_free;
		at += length;
	}
	if (!good[i].type) {
		frame->data[12] = (uint8_t)((frame->length - HEADER) >> 8);
		frame->data[13] = (uint8_t)(frame->length - HEADER);
	}
}

static enum resid_packet_kind kind_of(struct frame *frame)
{
	return parse_as(frame, RESID_LINK_ETHERNET, NULL, 0).kind;
}

static void test_good(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct frame frame = { 0 };
		size_t length;

		build(&frame, i, NULL);
		assert_int_equal(kind_of(&frame), RESID_PACKET_LINK);
		length = frame.length;
		/* filled up to the least size */
		if (length < HEADER + 46) {
			zeros(&frame, HEADER + 46 - length);
			assert_int_equal(kind_of(&frame), RESID_PACKET_LINK);
			for (; length < HEADER + 46; length++) {
				frame.data[length] = 1;
				assert_int_equal(kind_of(&frame), RESID_PACKET_NON_IP);
				frame.data[length] = 0;
			}
		}
		/* and no further */
		zeros(&frame, 1);
		assert_int_equal(kind_of(&frame), RESID_PACKET_NON_IP);
	}
}

static void test_tagged(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct frame frame = { 0 };

		build(&frame, i, NULL);
		memmove(frame.data + 16, frame.data + 12, frame.length - 12);
		memcpy(frame.data + 12, "\x81\0\0\7", 4);
		frame.length += 4;
		assert_int_equal(kind_of(&frame), RESID_PACKET_LINK);
	}
}

/* To any other address they are frames like others, ARP excepted. */
static void test_address(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct frame frame = { 0 };
		unsigned int accepted = 0;

		if (good[i].last == 256)
			continue;
		build(&frame, i, NULL);
		for (unsigned int last = 0; last < 256; last++) {
			frame.data[5] = (uint8_t)last;
			accepted += kind_of(&frame) == RESID_PACKET_LINK;
		}
		assert_in_range(accepted, 1, 3);
		frame.data[5] = (uint8_t)good[i].last;
		for (unsigned int byte = 0; byte < 5; byte++) {
			frame.data[byte] ^= 4;
			assert_int_equal(kind_of(&frame), RESID_PACKET_NON_IP);
			frame.data[byte] ^= 4;
		}
	}
}

/* Any other bit makes it a frame of another kind. */
static void test_fixed(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		bool free[sizeof(((struct frame *)0)->data)];
		struct frame frame = { 0 };

		build(&frame, i, free);
		for (size_t byte = HEADER; byte < frame.length; byte++) {
			for (unsigned int bit = 0; bit < 8 && !free[byte]; bit++) {
				frame.data[byte] ^= (uint8_t)(1 << bit);
				assert_int_not_equal(kind_of(&frame), RESID_PACKET_LINK);
				frame.data[byte] ^= (uint8_t)(1 << bit);
			}
		}
	}
}

/* What it carries, if it is not the link's, is read for what it is. */
static void test_ip_to_reserved(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ethernet(&frame, 0x0800);
	memcpy(frame.data, "\x01\x80\xc2\0\0\0", 6);
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	ports(&frame, 1, 2);
	packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
	names(&packet, "8.8.8.8");

	clear(&frame);
	ethernet(&frame, 0x88b5);
	memcpy(frame.data, "\x01\x80\xc2\0\0\0", 6);
	zeros(&frame, 46);
	assert_int_equal(kind_of(&frame), RESID_PACKET_NON_IP);
}

static void test_lldp_bounded(void **state)
{
	struct frame frame = { 0 };

	for (unsigned int size = 400; size <= 500; size++) {
		clear(&frame);
		ethernet(&frame, 0x88cc);
		memcpy(frame.data, "\x01\x80\xc2\0\0\x0e", 6);
		put_hex(&frame, "0207 04 020000000001 0407 03 020000000001 0602 0078");
		put16(&frame, 127 << 9 | size);
		zeros(&frame, size);
		put_hex(&frame, "0000");
		/* the last header begins below 512 */
		assert_int_equal(kind_of(&frame), 24 + size < 512 ? RESID_PACKET_LINK : RESID_PACKET_NON_IP);
	}
}

/* VLANs and QinQ, and frames of a device with a header that nobody here reads. */
static void test_tags(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ethernet(&frame, 0x88a8);
	put16(&frame, 1);
	put16(&frame, 0x8100);
	put16(&frame, 2);
	put16(&frame, 0x86dd);
	ipv6(&frame, IPPROTO_UDP, "2001:db8::1");
	ports(&frame, 1, 2);
	packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
	names(&packet, "2001:db8::1");
	assert_int_equal(packet.ip_offset, 22);
	packet = parse_as(&frame, RESID_LINK_FOREIGN, NULL, 0);
	names(&packet, "unparsable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_tagged), cmocka_unit_test(test_address),
		cmocka_unit_test(test_fixed), cmocka_unit_test(test_ip_to_reserved),
		cmocka_unit_test(test_lldp_bounded), cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests_name("packet_link", tests, NULL, NULL);
}
