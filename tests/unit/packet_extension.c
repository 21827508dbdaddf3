// SPDX-License-Identifier: Apache-2.0
/* kmod/extension.c and the options of kmod/ip.c: what stands between an IP header and what the packet carries. */
#include "packet_support.h"

static void routing(struct frame *frame, unsigned int type, unsigned int left, unsigned int last, unsigned int segments,
		    const char *options)
{
	put8(frame, IPPROTO_UDP);
	put8(frame, 2 * segments + (unsigned int)strlen(options) / 16);
	put8(frame, type);
	put8(frame, left);
	put8(frame, last);
	zeros(frame, 3);
	for (unsigned int i = 0; i < segments; i++) {
		char text[32];

		snprintf(text, sizeof(text), "2001:db8:%u::1", i + 1);
		put_address(frame, AF_INET6, text);
	}
	put_hex(frame, options);
	ports(frame, 1, 2);
}

static void test_routing_header(void **state)
{
	static const char hmac[] = "0526000000000001" "0000000000000000" "0000000000000000" "0000000000000000"
				   "0000000000000000";
	static const struct {
		unsigned int type, left, last, segments;
		const char *options, *expected;
	} cases[] = {
		{ 0, 1, 0, 2, "", "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 2, 1, 0, 1, "", "fd00::2 2001:db8:1::1" },
		{ 4, 1, 1, 2, "", "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		/* behind the last entry, where only Linux looks */
		{ 4, 1, 0, 2, "", "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 4, 2, 0, 3, "", "fd00::2 2001:db8:1::1 2001:db8:2::1 2001:db8:3::1" },
		{ 4, 0, 0, 2, "", "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 4, 1, 2, 2, "", "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 4, 1, 255, 1, "", "fd00::2 2001:db8:1::1" },
		/* options are none */
		{ 4, 1, 1, 2, hmac, "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 4, 1, 1, 2, "0406000000000000", "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 4, 1, 1, 2, "0000000000000000", "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 4, 1, 1, 2, "0407000000000000", "unparsable" },	/* longer than the header */
		{ 4, 1, 1, 2, "0706000000000000", "unparsable" },	/* unknown */
		{ 4, 3, 1, 2, "0406000000000000", "unparsable" },	/* the next segment is among them */
		{ 1, 0, 0, 1, "", "unparsable" },
		{ 3, 1, 0, 1, "", "unparsable" },
		{ 5, 1, 0, 1, "", "unparsable" },
		{ 0, 1, 0, 1, "0000000000000000", "unparsable" },
		{ 0, 1, 0, 20, "", "unparsable" },			/* more than anyone keeps */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct frame frame = { 0 };
		struct resid_packet packet;

		ipv6(&frame, 43, "fd00::2");
		routing(&frame, cases[i].type, cases[i].left, cases[i].last, cases[i].segments, cases[i].options);
		packet = parse(&frame);
		names(&packet, cases[i].expected);
		if (packet.kind == RESID_PACKET_IP)
			assert_int_equal(ntohs(packet.dport), 2);
		cut_everywhere(&frame, RESID_LINK_IP);
	}

	for (unsigned int segments = 15; segments <= 16; segments++) {
		struct frame frame = { 0 };

		ipv6(&frame, 43, "fd00::2");
		routing(&frame, 0, 1, 0, segments, "");
		assert_int_equal(parse(&frame).kind, segments == 15 ? RESID_PACKET_IP : RESID_PACKET_UNPARSABLE);
	}
}

/* SRv6 carries whole packets and frames behind the segments. */
static void test_behind_segments(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ipv6(&frame, 43, "fd00::2");
	put_hex(&frame, "04 02 04 00 00 00 0000");
	put_address(&frame, AF_INET6, "fd00::3");
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "fd00::2 fd00::3 8.8.8.8");
	frame.data[40] = 143;
	packet = parse(&frame);
	names(&packet, "unparsable");
	clear(&frame);
	ipv6(&frame, 43, "fd00::2");
	put_hex(&frame, "8f 00 00 00 00 00 0000");
	ethernet(&frame, 0x0800);
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "fd00::2 8.8.8.8");
}

static void test_options(void **state)
{
	static const struct {
		unsigned int next;
		const char *header, *expected;
	} cases[] = {
		{ 0, "1100 0502 0000 0100", "fd00::2" },		/* router alert */
		{ 60, "1100 0401 0401 0100", "fd00::2" },		/* encapsulation limit */
		{ 60, "1100 0000 0000 0000", "fd00::2" },
		{ 60, "1100 0104 0000 0000", "fd00::2" },
		{ 60, "1102 0102 0000 c910 20010db8000900000000000000000001", "fd00::2 2001:db8:9::1" },
		{ 60, "1102 0102 0000 c910 20020808080800000000000000000001",
		  "fd00::2 2002:808:808::1 8.8.8.8" },
		{ 60, "1102 0102 0000 c90f 20010db8000900000000000000000000 00", "unparsable" },
		{ 60, "1100 0105 0000 0000", "unparsable" },		/* longer than the header */
		{ 60, "1100 0103 0000 0001", "unparsable" },		/* cut */
		{ 60, "1100 1e04 0000 0000", "unparsable" },		/* for experiments */
		{ 0, "1100 c204 0001 0000", "fd00::2" },		/* jumbo */
		{ 135, "3b01 0500 0000 0000 0000 0000 0000 0000", "fd00::2" },
		{ 135, "1101 0500 0000 0000 0000 0000 0000 0000", "unparsable" },
		{ 139, "3b00 0000 0000 0000", "fd00::2" }, { 139, "0400 0000 0000 0000", "unparsable" },
		{ 140, "3b00 0000 0000 0000", "fd00::2" }, { 140, "2900 0000 0000 0000", "unparsable" },
		{ 59, "", "fd00::2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct frame frame = { 0 };
		struct resid_packet packet;

		ipv6(&frame, cases[i].next, "fd00::2");
		put_hex(&frame, cases[i].header);
		ports(&frame, 1, 2);
		packet = parse(&frame);
		names(&packet, cases[i].expected);
		cut_everywhere(&frame, RESID_LINK_IP);
	}
}

/* Of IPv4's options those that are known to lead nowhere, and source routes. */
static void test_options4(void **state)
{
	for (unsigned int type = 2; type < 256; type++) {
		uint8_t option[8] = { (uint8_t)type, 7, 4, 9, 9, 9, 9, 0 };
		struct frame frame = { 0 };
		struct resid_packet packet;

		ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", option, sizeof(option), AUTO, 0);
		ports(&frame, 1, 2);
		packet = parse(&frame);
		if (type == 131 || type == 137)
			names(&packet, "8.8.8.8 9.9.9.9");
		else if (memchr("\7\31\104\122\202\205\206\210\224", (int)type, 9))
			names(&packet, "8.8.8.8");
		else
			names(&packet, "unparsable");
	}
}

/* The authentication header hides nothing, in either family. */
static void test_authentication(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	for (int family = 4; family <= 6; family += 2) {
		for (unsigned int words = 1; words <= 6; words++) {
			clear(&frame);
			if (family == 4)
				ipv4(&frame, 51, "10.0.0.2");
			else
				ipv6(&frame, 51, "fd00::2");
			authentication(&frame, IPPROTO_TCP, words);
			tcp(&frame, 2);
			packet = parse(&frame);
			assert_int_equal(packet.proto, IPPROTO_TCP);
			assert_int_equal(ntohs(packet.dport), 443);
			assert_true(packet.has_port && packet.proto_known && !packet.bare_tcp);
		}
	}

	clear(&frame);
	ipv4(&frame, 51, "10.0.0.2");
	authentication(&frame, 51, 4);
	authentication(&frame, 4, 4);
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "10.0.0.2 8.8.8.8");
	cut_everywhere(&frame, RESID_LINK_IP);
	frame.length = 20 + 24;
	packet = parse(&frame);
	names(&packet, "unparsable");
	assert_false(packet.proto_known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routing_header), cmocka_unit_test(test_behind_segments),
		cmocka_unit_test(test_options), cmocka_unit_test(test_options4), cmocka_unit_test(test_authentication),
	};

	return cmocka_run_group_tests_name("packet_extension", tests, NULL, NULL);
}
