// SPDX-License-Identifier: Apache-2.0
/* kmod/parse.c: packets made by hand, a header at a time, and the destinations that they name. */
#include "packet_support.h"

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

	clear(&frame);
	ipv6(&frame, IPPROTO_UDP, "2001:db8::1");
	ports(&frame, 1, 53);
	packet = parse(&frame);
	names(&packet, "2001:db8::1");
	assert_int_equal(ntohs(packet.dport), 53);

	clear(&frame);
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

	clear(&frame);
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 41, 0);
	tcp(&frame, 4);
	put8(&frame, 'x');
	assert_false(parse(&frame).bare_tcp);

	clear(&frame);
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "\1\1\1\1", 4, 44, 0);
	tcp(&frame, 4);
	assert_false(parse(&frame).bare_tcp);

	clear(&frame);
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 40, 1);	/* a later fragment */
	tcp(&frame, 4);
	assert_false(parse(&frame).bare_tcp);
	clear(&frame);
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 40, 0x2000);	/* a first one */
	tcp(&frame, 4);
	assert_false(parse(&frame).bare_tcp);

	clear(&frame);
	ipv6(&frame, IPPROTO_TCP, "2001:db8::1");
	tcp(&frame, 4);
	assert_true(parse(&frame).bare_tcp);
	clear(&frame);
	ipv6_hops(&frame, 60, "2001:db8::1", 28, 64);
	put(&frame, "\6\0\1\4\0\0\0\0", 8);
	tcp(&frame, 4);
	assert_int_equal(parse(&frame).proto, IPPROTO_TCP);
	assert_false(parse(&frame).bare_tcp);
	frame.data[5] = 20;			/* nor if the payload's length leaves the extension out */
	assert_false(parse(&frame).bare_tcp);

	clear(&frame);
	ipv4_with(&frame, IPPROTO_TCP, "8.8.8.8", "", 0, 60, 0);	/* cut short */
	tcp(&frame, 4);
	assert_false(parse(&frame).bare_tcp);
	clear(&frame);
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

		clear(&frame);
		ipv4_with(&frame, IPPROTO_UDP, "10.0.0.2", options[i], lengths[i], 40, 0);
		ports(&frame, 1, 2);
		packet = parse(&frame);
		names(&packet, "unparsable");
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
		clear(&frame);
		ipv4(&frame, cases[i].proto, cases[i].address);
		ports(&frame, 68, cases[i].port);
		packet = parse(&frame);
		names(&packet, cases[i].expected);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases6); i++) {
		clear(&frame);
		ipv6(&frame, IPPROTO_UDP, cases6[i].address);
		ports(&frame, 1, 2);
		packet = parse(&frame);
		names(&packet, cases6[i].expected);
	}

	/* a link address outside does not excuse what is inside */
	clear(&frame);
	ipv6(&frame, 4, "fe80::1");
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "fe80::1 8.8.8.8");
}

static void test_neighbour(void **state)
{
	static const struct {
		unsigned int type, hops, length;
		bool expected;
	} cases[] = {
		{ 133, 255, 24, true },	  { 134, 255, 24, true },  { 135, 255, 24, true },  { 136, 255, 24, true },
		{ 135, 255, 96, true },	  { 135, 255, 104, false }, { 132, 255, 24, false }, { 137, 255, 24, false },
		{ 135, 254, 24, false },  { 128, 255, 24, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct frame frame = { 0 };

		ipv6_hops(&frame, 58, "2001:db8::1", cases[i].length, cases[i].hops);
		put16(&frame, cases[i].type << 8);
		zeros(&frame, cases[i].length - 2);
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
		assert_memory_equal(imagined.dest, real.dest, real.dest_count * sizeof(real.dest[0]));
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
		cmocka_unit_test(test_plain), cmocka_unit_test(test_bare_tcp),
		cmocka_unit_test(test_source_route), cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_nat64_lengths), cmocka_unit_test(test_link_scope),
		cmocka_unit_test(test_neighbour), cmocka_unit_test(test_imagined),
		cmocka_unit_test(test_imagined_dhcp),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
