// SPDX-License-Identifier: Apache-2.0
/* kmod/ip.c: fragments are judged by their destination, and none can hide a destination from the judgement. */
#include "packet_support.h"

static void fragment6(struct frame *frame, unsigned int next, unsigned int field)
{
	ipv6(frame, 44, "2001:db8::1");
	put8(frame, next);
	put8(frame, 0);
	put16(frame, field);
	zeros(frame, 4);
}

static void test_later(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, AUTO, 185);
	zeros(&frame, 8);
	packet = parse(&frame);
	names(&packet, "8.8.8.8");
	assert_true(packet.fragment && packet.proto_known && !packet.has_port);

	/* the last place where one can begin, and the first */
	clear(&frame);
	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, AUTO, 0x1000);
	assert_true(parse(&frame).fragment);
	clear(&frame);
	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, AUTO, 1);
	packet = parse(&frame);
	names(&packet, "8.8.8.8");
	assert_true(packet.fragment);

	clear(&frame);
	fragment6(&frame, IPPROTO_UDP, 1480);
	zeros(&frame, 8);
	packet = parse(&frame);
	names(&packet, "2001:db8::1");
	assert_true(packet.fragment && packet.proto_known && !packet.has_port);
	frame.data[40] = 60;			/* what comes first in the whole is an extension header */
	packet = parse(&frame);
	assert_true(packet.fragment && !packet.proto_known);
}

/* One that begins where headers are could change them, where the receiver prefers what comes later. */
static void test_later_among_headers(void **state)
{
	static const struct {
		unsigned int proto, offset;
		const char *expected;
	} cases[] = {
		{ IPPROTO_UDP, 8, "8.8.8.8" }, { IPPROTO_TCP, 8, "8.8.8.8" }, { 50, 8, "8.8.8.8" }, { 253, 8, "8.8.8.8" },
		{ 4, 8, "unparsable" }, { 4, 504, "unparsable" }, { 4, 512, "8.8.8.8" },
		{ 41, 504, "unparsable" }, { 47, 504, "unparsable" }, { 47, 512, "8.8.8.8" }, { 51, 504, "unparsable" },
		{ 137, 8, "unparsable" }, { 103, 8, "unparsable" }, { 2, 8, "unparsable" },
		{ 108, 1480, "unparsable" }, { 115, 1480, "unparsable" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned int more = 0; more <= 0x2000; more += 0x2000) {
			struct frame frame = { 0 };
			struct resid_packet packet;

			ipv4_with(&frame, cases[i].proto, "8.8.8.8", "", 0, AUTO, cases[i].offset / 8 | more);
			zeros(&frame, 64);
			packet = parse(&frame);
			names(&packet, cases[i].expected);
		}
	}

	/* in IPv6 only the first one knows what they belong to */
	for (unsigned int offset = 8; offset <= 1232; offset += 8) {
		struct frame frame = { 0 };
		struct resid_packet packet;

		fragment6(&frame, IPPROTO_UDP, offset);
		zeros(&frame, 64);
		packet = parse(&frame);
		names(&packet, offset < 512 ? "unparsable" : "2001:db8::1");
	}
}

/* A first one must hold all headers, by its own length and not by what lies behind. */
static void test_first(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	/* too short for its ports, which are then in the second */
	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, AUTO, 0x2000);
	zeros(&frame, 2);
	packet = parse(&frame);
	names(&packet, "unparsable");
	clear(&frame);
	fragment6(&frame, IPPROTO_UDP, 1);
	packet = parse(&frame);
	names(&packet, "unparsable");

	/* an inner header that goes on in the second, and one that seems whole for what a frame is filled with */
	for (unsigned int length = 20; length < 20 + 20; length++) {
		clear(&frame);
		ipv4_with(&frame, 4, "10.0.0.2", "", 0, length, 0x2000);
		ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
		zeros(&frame, 64);
		packet = parse(&frame);
		names(&packet, "unparsable");
	}
	clear(&frame);
	ipv4_with(&frame, 4, "10.0.0.2", "", 0, AUTO, 0x2000);
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	zeros(&frame, 64);
	packet = parse(&frame);
	names(&packet, "10.0.0.2 8.8.8.8");

	/* a chain of extensions that goes on in the second */
	clear(&frame);
	fragment6(&frame, 60, 1);
	put_hex(&frame, "2b00 0104 00000000");
	packet = parse(&frame);
	names(&packet, "unparsable");
	clear(&frame);
	fragment6(&frame, 60, 1);
	put_hex(&frame, "1100 0104 00000000");
	ports(&frame, 1, 2);
	packet = parse(&frame);
	names(&packet, "2001:db8::1");
	assert_int_equal(ntohs(packet.dport), 2);
}

/* Headers count as far as no later fragment may begin. */
static void test_first_reaches_far(void **state)
{
	for (unsigned int padding = 440; padding <= 520; padding += 8) {
		struct frame frame = { 0 };
		struct resid_packet packet;

		fragment6(&frame, 60, 1);
		put8(&frame, 4);
		put8(&frame, padding / 8 - 1);
		put8(&frame, 1);
		put8(&frame, 252);
		zeros(&frame, 252);
		put8(&frame, 1);
		put8(&frame, padding - 258);
		zeros(&frame, padding - 258);
		ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
		zeros(&frame, 512);
		packet = parse(&frame);
		names(&packet, padding + 20 <= 512 ? "2001:db8::1 8.8.8.8" : "unparsable");
	}
}

/* RFC 6946: a packet in one fragment is whole. */
static void test_atomic(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	fragment6(&frame, 4, 6);		/* the two bits between are reserved */
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "2001:db8::1 8.8.8.8");
	assert_false(packet.fragment);

	/* of the inner one, too */
	clear(&frame);
	ipv4(&frame, 4, "10.0.0.2");
	ipv4_with(&frame, 4, "10.0.0.3", "", 0, AUTO, 1);
	zeros(&frame, 8);
	packet = parse(&frame);
	names(&packet, "unparsable");
	clear(&frame);
	ipv4(&frame, 4, "10.0.0.2");
	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, AUTO, 1);
	zeros(&frame, 8);
	packet = parse(&frame);
	names(&packet, "10.0.0.2 8.8.8.8");
	assert_false(packet.fragment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_later), cmocka_unit_test(test_later_among_headers), cmocka_unit_test(test_first),
		cmocka_unit_test(test_first_reaches_far), cmocka_unit_test(test_atomic),
	};

	return cmocka_run_group_tests_name("packet_fragment", tests, NULL, NULL);
}
