// SPDX-License-Identifier: Apache-2.0
/* kmod/packet.c: packets made by hand, a header at a time, and the destinations that they name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/packet.h"

struct frame {
	uint8_t data[4096];
	size_t length;
};

static void put(struct frame *frame, const void *data, size_t length)
{
	memcpy(frame->data + frame->length, data, length);
	frame->length += length;
}

static void put8(struct frame *frame, unsigned int value)
{
	frame->data[frame->length++] = (uint8_t)value;
}

static void put16(struct frame *frame, unsigned int value)
{
	put8(frame, value >> 8);
	put8(frame, value);
}

static void zeros(struct frame *frame, size_t count)
{
	memset(frame->data + frame->length, 0, count);
	frame->length += count;
}

static void put_address(struct frame *frame, int family, const char *text)
{
	uint8_t address[16];

	assert_int_equal(inet_pton(family, text, address), 1);
	put(frame, address, family == AF_INET ? 4 : 16);
}

static void ethernet(struct frame *frame, unsigned int type)
{
	put(frame, "\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	put16(frame, type);
}

/* options: bytes, a multiple of four; fragment: the 16 bits of that field */
static void ipv4_with(struct frame *frame, unsigned int proto, const char *to, const void *options, unsigned int length,
		      unsigned int total, unsigned int fragment)
{
	put8(frame, 0x40 | (5 + length / 4));
	put8(frame, 0);
	put16(frame, total);
	put16(frame, 0);
	put16(frame, fragment);
	put8(frame, 64);
	put8(frame, proto);
	put16(frame, 0);
	put_address(frame, AF_INET, "10.0.0.1");
	put_address(frame, AF_INET, to);
	put(frame, options, length);
}

static void ipv4(struct frame *frame, unsigned int proto, const char *to)
{
	ipv4_with(frame, proto, to, "", 0, 40, 0);
}

static void ipv6_hops(struct frame *frame, unsigned int next, const char *to, unsigned int payload, unsigned int hops)
{
	put(frame, "\x60\0\0\0", 4);
	put16(frame, payload);
	put8(frame, next);
	put8(frame, hops);
	put_address(frame, AF_INET6, "fd00::1");
	put_address(frame, AF_INET6, to);
}

static void ipv6(struct frame *frame, unsigned int next, const char *to)
{
	ipv6_hops(frame, next, to, 20, 64);
}

static void ports(struct frame *frame, unsigned int from, unsigned int to)
{
	put16(frame, from);
	put16(frame, to);
	zeros(frame, 4);
}

static void tcp(struct frame *frame, unsigned int flags)
{
	put16(frame, 40000);
	put16(frame, 443);
	zeros(frame, 8);
	put8(frame, 5 << 4);
	put8(frame, flags);
	zeros(frame, 6);
}

static struct resid_packet parse_as(const struct frame *frame, enum resid_link link, const struct resid_nat64 *nat64,
				    unsigned int count)
{
	struct resid_bytes bytes = { .data = frame->data, .length = frame->length };
	struct resid_packet packet;

	resid_packet_parse(&packet, &bytes, link, nat64, count);
	return packet;
}

static struct resid_packet parse(const struct frame *frame)
{
	return parse_as(frame, RESID_LINK_IP, NULL, 0);
}

/* "8.8.8.8 2001:db8::1", or what the packet is instead. */
static void names(const struct resid_packet *packet, const char *expected)
{
	static const char *const kinds[] = { "", "link", "non-ip", "unparsable" };
	char text[1024] = "", one[64];

	if (packet->kind != RESID_PACKET_IP) {
		assert_string_equal(kinds[packet->kind], expected);
		return;
	}
	for (unsigned int i = 0; i < packet->dest_count; i++) {
		inet_ntop(packet->dest[i].family, packet->dest[i].address, one, sizeof(one));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "", one);
	}
	assert_string_equal(text, expected);
}

static void test_plain(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ipv4(&frame, IPPROTO_TCP, "8.8.8.8");
	tcp(&frame, 0x12);
	packet = parse(&frame);
	names(&packet, "8.8.8.8");
	assert_int_equal(packet.proto, IPPROTO_TCP);
	assert_int_equal(ntohs(packet.dport), 443);
	assert_int_equal(ntohs(packet.sport), 40000);
	assert_int_equal(packet.tcp_flags, 0x12);
	assert_true(packet.has_port && packet.proto_known && packet.bare_tcp && !packet.fragment);
	for (size_t cut = 0; cut < 34; cut++) {
		frame.length = cut;
		packet = parse(&frame);
		names(&packet, "unparsable");
	}

	frame.length = 0;
	ipv6(&frame, IPPROTO_UDP, "2001:db8::1");
	ports(&frame, 1, 53);
	packet = parse(&frame);
	names(&packet, "2001:db8::1");
	assert_int_equal(ntohs(packet.dport), 53);

	frame.length = 0;
	ipv4(&frame, IPPROTO_ICMP, "9.9.9.9");
	put16(&frame, 8 << 8 | 3);
	packet = parse(&frame);
	assert_int_equal(ntohs(packet.dport), 8 << 8 | 3);
	assert_false(packet.has_port);
}

/* The class `kernel` hangs on this: nothing but the two headers. */
static void test_bare_tcp(void **state)
{
	struct frame frame = { 0 };

	ipv4(&frame, IPPROTO_TCP, "8.8.8.8");
	tcp(&frame, 4);
	assert_true(parse(&frame).bare_tcp);
	put8(&frame, 'x');			/* behind what the IP header counts */
	assert_false(parse(&frame).bare_tcp);

	frame.length = 0;
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 41, 0);
	tcp(&frame, 4);
	put8(&frame, 'x');
	assert_false(parse(&frame).bare_tcp);

	frame.length = 0;
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "\1\1\1\1", 4, 44, 0);
	tcp(&frame, 4);
	assert_false(parse(&frame).bare_tcp);

	frame.length = 0;
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 40, 1);	/* a later fragment */
	tcp(&frame, 4);
	assert_false(parse(&frame).bare_tcp);
	frame.length = 0;
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 40, 0x2000);	/* a first one */
	tcp(&frame, 4);
	assert_false(parse(&frame).bare_tcp);

	frame.length = 0;
	ipv6(&frame, IPPROTO_TCP, "2001:db8::1");
	tcp(&frame, 4);
	assert_true(parse(&frame).bare_tcp);
	frame.length = 0;
	ipv6_hops(&frame, 60, "2001:db8::1", 28, 64);
	put(&frame, "\6\0\1\4\0\0\0\0", 8);
	tcp(&frame, 4);
	assert_int_equal(parse(&frame).proto, IPPROTO_TCP);
	assert_false(parse(&frame).bare_tcp);
	frame.data[5] = 20;			/* nor if the payload's length leaves the extension out */
	assert_false(parse(&frame).bare_tcp);

	frame.length = 0;
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 60, 0);	/* cut short */
	tcp(&frame, 4);
	assert_false(parse(&frame).bare_tcp);
	frame.length = 0;
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 19, 0);	/* shorter than its own header */
	tcp(&frame, 4);
	names(&(struct resid_packet){ .kind = parse(&frame).kind }, "unparsable");
}

static void test_source_route(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ipv4_with(&frame, IPPROTO_UDP, "10.0.0.2", "\203\13\4\10\10\10\10\11\11\11\11\0", 12, 40, 0);
	ports(&frame, 1, 2);
	packet = parse(&frame);
	names(&packet, "10.0.0.2 8.8.8.8 9.9.9.9");

	/* a length that does not fit, one that is no multiple, one that is missing */
	for (unsigned int i = 0; i < 3; i++) {
		static const char *const options[] = { "\211\14\4\10", "\211\6\4\10\10\10\0\0", "\1\1\1\211" };
		static const unsigned int lengths[] = { 4, 8, 4 };

		frame.length = 0;
		ipv4_with(&frame, IPPROTO_UDP, "10.0.0.2", options[i], lengths[i], 40, 0);
		ports(&frame, 1, 2);
		packet = parse(&frame);
		names(&packet, "unparsable");
	}
}

static void routing(struct frame *frame, unsigned int type, unsigned int last, unsigned int segments)
{
	put8(frame, IPPROTO_UDP);
	put8(frame, 2 * segments);
	put8(frame, type);
	put8(frame, 1);
	put8(frame, last);
	zeros(frame, 3);
	for (unsigned int i = 0; i < segments; i++) {
		char text[32];

		snprintf(text, sizeof(text), "2001:db8:%u::1", i + 1);
		put_address(frame, AF_INET6, text);
	}
	ports(frame, 1, 2);
}

static void test_routing_header(void **state)
{
	static const struct {
		unsigned int type, last, segments;
		const char *expected;
	} cases[] = {
		{ 0, 0, 2, "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 2, 0, 1, "fd00::2 2001:db8:1::1" },
		{ 4, 1, 2, "fd00::2 2001:db8:1::1 2001:db8:2::1" },
		{ 4, 0, 2, "fd00::2 2001:db8:1::1" },
		{ 4, 2, 2, "unparsable" },
		{ 3, 0, 1, "unparsable" },
		{ 0, 0, 20, "unparsable" },	/* more than anyone keeps */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct frame frame = { 0 };
		struct resid_packet packet;

		ipv6(&frame, 43, "fd00::2");
		routing(&frame, cases[i].type, cases[i].last, cases[i].segments);
		packet = parse(&frame);
		names(&packet, cases[i].expected);
	}
}

static void test_embedded(void **state)
{
	static const struct {
		const char *address, *expected;
	} cases[] = {
		{ "64:ff9b::808:808", "64:ff9b::808:808 8.8.8.8" },
		{ "2002:808:808::1", "2002:808:808::1 8.8.8.8" },
		{ "2001::102:304:0:0:f7f7:f7f7", "2001:0:102:304::f7f7:f7f7 1.2.3.4 8.8.8.8" },
		{ "2001:db8::5efe:808:808", "2001:db8::5efe:808:808 8.8.8.8" },
		{ "2001:db8::200:5efe:808:808", "2001:db8::200:5efe:808:808 8.8.8.8" },
		{ "::ffff:8.8.8.8", "::ffff:8.8.8.8 8.8.8.8" },
		{ "::8.8.8.8", "::8.8.8.8 8.8.8.8" },
		{ "::ffff:0:8.8.8.8", "::ffff:0:808:808 8.8.8.8" },
		{ "::1", "::1" },
		{ "2001:4860::8888", "2001:4860::8888" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct frame frame = { 0 };
		struct resid_packet packet;

		ipv6(&frame, IPPROTO_UDP, cases[i].address);
		ports(&frame, 1, 2);
		packet = parse(&frame);
		names(&packet, cases[i].expected);
	}
}

/* The table of RFC 6052, section 2.4: 192.0.2.33 under prefixes of each length. */
static void test_nat64_lengths(void **state)
{
	static const struct {
		unsigned int length;
		const char *prefix, *address;
	} cases[] = {
		{ 32, "2001:db8::", "2001:db8:c000:221::" },
		{ 40, "2001:db8:100::", "2001:db8:1c0:2:21::" },
		{ 48, "2001:db8:122::", "2001:db8:122:c000:2:2100::" },
		{ 56, "2001:db8:122:300::", "2001:db8:122:3c0:0:221::" },
		{ 64, "2001:db8:122:344::", "2001:db8:122:344:c0:2:2100::" },
		{ 96, "2001:db8:122:344::", "2001:db8:122:344::192.0.2.33" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct resid_nat64 nat64 = { .length = (uint8_t)cases[i].length };
		struct frame frame = { 0 };
		struct resid_packet packet;
		char shown[64];

		inet_pton(AF_INET6, cases[i].prefix, nat64.prefix);
		ipv6(&frame, IPPROTO_UDP, cases[i].address);
		ports(&frame, 1, 2);
		packet = parse_as(&frame, RESID_LINK_IP, &nat64, 1);
		assert_int_equal(packet.dest_count, 2);
		inet_ntop(AF_INET, packet.dest[1].address, shown, sizeof(shown));
		assert_string_equal(shown, "192.0.2.33");
		assert_int_equal(parse(&frame).dest_count, 1);
	}
}

static void test_tunnels(void **state)
{
	static const struct {
		unsigned int flags, options;
	} gre[] = { { 0, 0 }, { 0x8000, 4 }, { 0x2000, 4 }, { 0x1000, 4 }, { 0xb000, 12 } };
	struct frame frame = { 0 };
	struct resid_packet packet;

	ipv4(&frame, 4, "10.0.0.2");
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "10.0.0.2 8.8.8.8");
	assert_int_equal(packet.proto, 4);
	frame.length -= 1;
	packet = parse(&frame);
	names(&packet, "unparsable");

	frame.length = 0;
	ipv4(&frame, 41, "10.0.0.2");
	ipv6(&frame, 59, "2002:909:909::1");
	packet = parse(&frame);
	names(&packet, "10.0.0.2 2002:909:909::1 9.9.9.9");

	frame.length = 0;
	ipv6(&frame, 41, "fd00::2");
	ipv6(&frame, 4, "fd00::3");
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "fd00::2 fd00::3 8.8.8.8");

	for (size_t i = 0; i < ARRAY_SIZE(gre); i++) {
		frame.length = 0;
		ipv4(&frame, 47, "10.0.0.2");
		put16(&frame, gre[i].flags);
		put16(&frame, 0x0800);
		zeros(&frame, gre[i].options);
		ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
		packet = parse(&frame);
		names(&packet, "10.0.0.2 8.8.8.8");
	}
	frame.length = 0;
	ipv4(&frame, 47, "10.0.0.2");
	put16(&frame, 0);
	put16(&frame, 0x6558);
	ethernet(&frame, 0x8100);
	put16(&frame, 7);
	put16(&frame, 0x0800);
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "10.0.0.2 8.8.8.8");

	frame.length = 0;
	for (int i = 0; i < 6; i++)
		ipv4(&frame, 4, "10.0.0.2");
	packet = parse(&frame);
	names(&packet, "unparsable");
}

static void test_fragments(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, 28, 185);
	zeros(&frame, 8);
	packet = parse(&frame);
	names(&packet, "8.8.8.8");
	assert_true(packet.fragment && packet.proto_known && !packet.has_port);

	/* the last place where one can begin, and the first */
	frame.length = 0;
	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, 28, 0x1000);
	assert_true(parse(&frame).fragment);
	frame.data[6] = 0;
	frame.data[7] = 1;
	assert_true(parse(&frame).fragment);

	/* a first fragment too short for its ports hides them */
	frame.length = 0;
	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, 22, 0x2000);
	zeros(&frame, 2);
	packet = parse(&frame);
	names(&packet, "unparsable");

	frame.length = 0;
	ipv6(&frame, 44, "2001:db8::1");
	put8(&frame, IPPROTO_UDP);
	put8(&frame, 0);
	put16(&frame, 1480);
	zeros(&frame, 12);
	packet = parse(&frame);
	names(&packet, "2001:db8::1");
	assert_true(packet.fragment && packet.proto_known && !packet.has_port);
	frame.data[40] = 60;			/* what comes first in the whole is an extension header */
	packet = parse(&frame);
	assert_true(packet.fragment && !packet.proto_known);
	frame.data[42] = 0;
	frame.data[43] = 8;			/* the first place of a later one; the lowest bits are flags */
	assert_true(parse(&frame).fragment);
	frame.data[43] = 7;
	assert_false(parse(&frame).fragment);
}

/* An authentication header, then @proto; the header has @words words beside its first two. */
static void authentication(struct frame *frame, unsigned int proto, unsigned int words)
{
	put8(frame, proto);
	put8(frame, words);
	zeros(frame, 6 + 4 * words);
}

/* It hides nothing, in either family. */
static void test_authentication(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	for (int family = 4; family <= 6; family += 2) {
		for (unsigned int words = 1; words <= 6; words++) {
			frame.length = 0;
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

	frame.length = 0;
	ipv4(&frame, 51, "10.0.0.2");
	authentication(&frame, 51, 4);
	authentication(&frame, 4, 4);
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "10.0.0.2 8.8.8.8");
	frame.length = 20 + 24;
	names(&(struct resid_packet){ .kind = parse(&frame).kind }, "unparsable");
}

/* As much of everything as is read, and one more. */
static void test_limits(void **state)
{
	static const uint8_t option[8] = { 60, 0, 1, 4 };
	struct resid_packet packet;

	for (int more = 0; more < 2; more++) {
		struct frame frame = { 0 };

		for (int i = 0; i < 5 + more; i++)
			ipv4(&frame, i < 4 + more ? 4 : 59, "10.0.0.2");
		packet = parse(&frame);
		names(&packet, more ? "unparsable" : "10.0.0.2 10.0.0.2 10.0.0.2 10.0.0.2 10.0.0.2");

		frame.length = 0;
		ethernet(&frame, 0x8100);
		for (int i = 0; i < 3 + more; i++) {
			put16(&frame, 1);
			put16(&frame, 0x8100);
		}
		put16(&frame, 1);
		put16(&frame, 0x0800);
		ipv4(&frame, 59, "8.8.8.8");
		packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
		names(&packet, more ? "unparsable" : "8.8.8.8");

		for (int family = 4; family <= 6; family += 2) {
			frame.length = 0;
			if (family == 4)
				ipv4(&frame, 51, "8.8.8.8");
			else
				ipv6(&frame, 60, "2001:db8::1");
			for (int i = 0; i < 12 + more; i++) {
				if (family == 4)
					authentication(&frame, i < 11 + more ? 51 : 59, 1);
				else
					put(&frame, option, sizeof(option));
			}
			if (family == 6)
				frame.data[frame.length - 8] = 59;
			packet = parse(&frame);
			names(&packet, more ? "unparsable" : family == 4 ? "8.8.8.8" : "2001:db8::1");
		}

		frame.length = 0;
		ipv6(&frame, 43, "fd00::2");
		routing(&frame, 0, 0, 15 + more);
		packet = parse(&frame);
		assert_int_equal(packet.kind, more ? RESID_PACKET_UNPARSABLE : RESID_PACKET_IP);

		/* the last address that bridges keep to themselves */
		frame.length = 0;
		ethernet(&frame, 0x0026);
		memcpy(frame.data, "\x01\x80\xc2\0\0", 5);
		frame.data[5] = (uint8_t)(15 + more);
		packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
		names(&packet, more ? "non-ip" : "link");
	}
}

static void test_frames(void **state)
{
	static const struct {
		unsigned int type;
		const char *expected;
	} types[] = {
		{ 0x0806, "link" }, { 0x8809, "link" }, { 0x888e, "link" }, { 0x88cc, "link" },
		{ 0x8847, "non-ip" }, { 0x8863, "non-ip" }, { 0x88e5, "non-ip" }, { 0x0026, "non-ip" },
	};
	struct frame frame = { 0 };
	struct resid_packet packet;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		frame.length = 0;
		ethernet(&frame, types[i].type);
		packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
		names(&packet, types[i].expected);
		assert_int_equal(packet.ethertype, types[i].type);
	}

	/* STP: link by its address; IP to that address is judged as IP */
	frame.length = 0;
	ethernet(&frame, 0x0026);
	memcpy(frame.data, "\x01\x80\xc2\0\0\0", 6);
	packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
	names(&packet, "link");
	frame.data[12] = 8;
	frame.data[13] = 0;
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	ports(&frame, 1, 2);
	packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
	names(&packet, "8.8.8.8");

	frame.length = 0;
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

	frame.length = 0;
	ethernet(&frame, 0x8100);
	for (int i = 0; i < 5; i++) {
		put16(&frame, 1);
		put16(&frame, 0x8100);
	}
	packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
	names(&packet, "unparsable");
	packet = parse_as(&frame, RESID_LINK_FOREIGN, NULL, 0);
	names(&packet, "unparsable");
}

static void test_link_scope(void **state)
{
	static const struct {
		const char *address;
		unsigned int proto, port;
		const char *expected;
	} cases[] = {
		{ "224.0.0.251", IPPROTO_UDP, 5353, "link" },
		{ "224.0.1.1", IPPROTO_UDP, 123, "224.0.1.1" },
		{ "255.255.255.255", IPPROTO_UDP, 67, "link" },
		{ "255.255.255.255", IPPROTO_UDP, 69, "255.255.255.255" },
		{ "8.8.8.8", IPPROTO_UDP, 67, "8.8.8.8" },	/* DHCP that a router would carry anywhere */
		{ "169.254.169.254", IPPROTO_UDP, 80, "169.254.169.254" },
	};
	static const struct {
		const char *address, *expected;
	} cases6[] = {
		{ "fe80::1", "link" }, { "febf::1", "link" }, { "fec0::1", "fec0::1" }, { "ff02::1:2", "link" },
		{ "ff05::1", "ff05::1" }, { "fd00::1", "fd00::1" },
	};
	struct frame frame = { 0 };
	struct resid_packet packet;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		frame.length = 0;
		ipv4(&frame, cases[i].proto, cases[i].address);
		ports(&frame, 68, cases[i].port);
		packet = parse(&frame);
		names(&packet, cases[i].expected);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases6); i++) {
		frame.length = 0;
		ipv6(&frame, IPPROTO_UDP, cases6[i].address);
		ports(&frame, 1, 2);
		packet = parse(&frame);
		names(&packet, cases6[i].expected);
	}

	/* a link address outside does not excuse what is inside */
	frame.length = 0;
	ipv6(&frame, 4, "fe80::1");
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "fe80::1 8.8.8.8");
}

static void test_neighbour(void **state)
{
	static const struct {
		unsigned int type, hops;
		bool expected;
	} cases[] = { { 135, 255, true }, { 136, 255, true }, { 135, 254, false }, { 128, 255, false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct frame frame = { 0 };

		ipv6_hops(&frame, 58, "2001:db8::1", 24, cases[i].hops);
		put16(&frame, cases[i].type << 8);
		zeros(&frame, 22);
		assert_int_equal(parse(&frame).neighbour, cases[i].expected);
	}
}

/* A packet that is only imagined names what a real one to the same address names, and is of the same kind. */
static void test_imagined(void **state)
{
	static const struct {
		int family;
		const char *address;
	} cases[] = {
		{ AF_INET, "8.8.8.8" },		  { AF_INET, "224.0.0.1" },   { AF_INET, "224.0.1.1" },
		{ AF_INET, "255.255.255.255" },	  { AF_INET6, "2a00::1" },    { AF_INET6, "fe80::1" },
		{ AF_INET6, "::ffff:8.8.8.8" },	  { AF_INET6, "2002:808:808::1" },
		{ AF_INET6, "2001:0:808:808::1" }, { AF_INET6, "2a00::5efe:808:808" },
		{ AF_INET6, "2a01:db8::8.8.8.8" },
	};
	struct resid_nat64 nat64 = { .length = 96 };

	inet_pton(AF_INET6, "2a01:db8::", nat64.prefix);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct frame frame = { 0 };
		struct resid_packet real, imagined = { .family = (u8)cases[i].family };
		uint8_t address[16];

		if (cases[i].family == AF_INET)
			ipv4(&frame, 99, cases[i].address);
		else
			ipv6(&frame, 99, cases[i].address);
		zeros(&frame, 20);
		real = parse_as(&frame, RESID_LINK_IP, &nat64, 1);
		inet_pton(cases[i].family, cases[i].address, address);
		resid_packet_imagine(&imagined, address, &nat64, 1);
		assert_int_equal(imagined.kind, real.kind);
		assert_int_equal(imagined.dest_count, real.dest_count);
		assert_memory_equal(imagined.dest, real.dest, sizeof(real.dest));
	}
}

/* DHCP is of the link by its port. */
static void test_imagined_dhcp(void **state)
{
	for (unsigned int port = 66; port <= 69; port++) {
		struct resid_packet imagined = { .family = AF_INET, .proto_known = true, .proto = IPPROTO_UDP,
						 .has_port = true, .dport = htons((u16)port) };
		struct frame frame = { 0 };

		ipv4(&frame, IPPROTO_UDP, "255.255.255.255");
		ports(&frame, 68, port);
		resid_packet_imagine(&imagined, (const u8 *)"\xff\xff\xff\xff", NULL, 0);
		assert_int_equal(imagined.kind, parse(&frame).kind);
		assert_int_equal(imagined.kind, port == 67 || port == 68 ? RESID_PACKET_LINK : RESID_PACKET_IP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_bare_tcp), cmocka_unit_test(test_source_route),
		cmocka_unit_test(test_routing_header), cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_nat64_lengths), cmocka_unit_test(test_tunnels),
		cmocka_unit_test(test_fragments), cmocka_unit_test(test_frames), cmocka_unit_test(test_link_scope),
		cmocka_unit_test(test_neighbour), cmocka_unit_test(test_imagined),
		cmocka_unit_test(test_imagined_dhcp), cmocka_unit_test(test_authentication),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
