// SPDX-License-Identifier: Apache-2.0
/*
 * kmod/encap.c, kmod/tunnel.c, kmod/frame.c: packets inside others. Whatever carries it, a packet to 8.8.8.8 is found,
 * or nothing is.
 */
#include "packet_support.h"

enum inside { NOTHING, V4, V6, FRAME4, FRAME_ARP, JUNK };

static const char arp[] = "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002";

static void put_inside(struct frame *frame, enum inside inside)
{
	switch (inside) {
	case NOTHING:
		break;
	case V4:
		ipv4(frame, IPPROTO_UDP, "8.8.8.8");
		ports(frame, 1, 2);
		break;
	case V6:
		ipv6(frame, IPPROTO_UDP, "2001:4860::8888");
		ports(frame, 1, 2);
		break;
	case FRAME4:
		ethernet(frame, 0x0800);
		put_inside(frame, V4);
		break;
	case FRAME_ARP:
		ethernet(frame, 0x0806);
		put_hex(frame, arp);
		break;
	case JUNK:
		put_hex(frame, "0001020304050607");
		break;
	}
}

static const struct {
	const char *name;
	unsigned int proto;
	const char *header;
	enum inside inside;
	const char *expected;
} cases[] = {
	{ "IPIP", 4, "", V4, "8.8.8.8" },
	{ "IPIP that is IPv6", 4, "", V6, "unparsable" },
	{ "IPIP that is empty", 4, "", NOTHING, "unparsable" },
	{ "6in4", 41, "", V6, "2001:4860::8888" },
	{ "GRE", 47, "0000 0800", V4, "8.8.8.8" },
	{ "GRE, IPv6", 47, "0000 86dd", V6, "2001:4860::8888" },
	{ "GRE, checksum", 47, "8000 0800 00000000", V4, "8.8.8.8" },
	{ "GRE, key", 47, "2000 0800 00000001", V4, "8.8.8.8" },
	{ "GRE, sequence", 47, "1000 0800 00000001", V4, "8.8.8.8" },
	{ "GRE, all three", 47, "b000 0800 000000000000000100000001", V4, "8.8.8.8" },
	{ "GRE, source routes", 47, "4000 0800 00000000", V4, "unparsable" },
	{ "GRE, recursion", 47, "0100 0800", V4, "unparsable" },
	{ "GRE, a reserved bit", 47, "0008 0800", V4, "unparsable" },
	{ "GRE version 2", 47, "0002 0800", V4, "unparsable" },
	{ "GRE, a frame", 47, "0000 6558", FRAME4, "8.8.8.8" },
	{ "GRE, a frame of the link", 47, "0000 6558", FRAME_ARP, "" },
	{ "GRE, a tag of no VLAN", 47, "0000 8100 0000 0800", V4, "8.8.8.8" },
	{ "GRE, a provider's tag", 47, "0000 88a8 0007 8100 0007 0800", V4, "8.8.8.8" },
	{ "GRE, SNAP by its number in Linux", 47, "0000 0004", JUNK, "unparsable" },
	{ "GRE, WCCP version 1", 47, "0000 883e", V4, "8.8.8.8" },
	{ "GRE, WCCP version 2", 47, "0000 883e 00000000", V4, "8.8.8.8" },
	{ "GRE, WCCP behind a key", 47, "2000 883e 00000000", V4, "unparsable" },
	{ "ERSPAN I", 47, "0000 88be", FRAME4, "8.8.8.8" },
	{ "ERSPAN II", 47, "1000 88be 00000001 1000 0001 00000000", FRAME4, "8.8.8.8" },
	{ "ERSPAN II of another version", 47, "1000 88be 00000001 2000 0001 00000000", FRAME4, "unparsable" },
	{ "ERSPAN III", 47, "1000 22eb 00000001 2000 0001 00000000 0000 0000", FRAME4, "8.8.8.8" },
	{ "ERSPAN III, one more header", 47, "1000 22eb 00000001 2000 0001 00000000 0000 0001", FRAME4, "unparsable" },
	{ "GRE, MPLS", 47, "0000 8847 00064140", V4, "8.8.8.8" },
	{ "GRE, MPLS, three labels", 47, "0000 8847 00064040 00064040 00064140", V6, "2001:4860::8888" },
	{ "GRE, MPLS, no last label", 47, "0000 8848 00064040", NOTHING, "unparsable" },
	{ "GRE, MPLS, no IP", 47, "0000 8847 00064140", JUNK, "unparsable" },
	{ "GRE, PPPoE", 47, "0000 8864 1100 0001 001e 0021", V4, "8.8.8.8" },
	{ "GRE, HSR", 47, "0000 892f 0000 0000 0800", V4, "8.8.8.8" },
	{ "GRE, nothing, as a keepalive's answer", 47, "0000 0000", NOTHING, "" },
	{ "GRE, unknown", 47, "0000 1234", JUNK, "unparsable" },
	{ "GRE, NHRP", 47, "0000 2001", JUNK, "" },
	{ "PPTP", 47, "3001 880b 001e 0001 00000001 ff03 0021", V4, "8.8.8.8" },
	{ "PPTP, acknowledged", 47, "3081 880b 001e 0001 00000001 00000001 0021", V4, "8.8.8.8" },
	{ "PPTP, short protocol", 47, "3001 880b 001d 0001 00000001 21", V4, "8.8.8.8" },
	{ "PPTP, IPv6", 47, "3001 880b 001e 0001 00000001 0057", V6, "2001:4860::8888" },
	{ "PPTP, MPLS", 47, "3001 880b 001e 0001 00000001 0281 00064140", V4, "8.8.8.8" },
	{ "PPTP, LCP", 47, "3001 880b 0008 0001 00000001 c021", JUNK, "" },
	{ "PPTP, compressed", 47, "3001 880b 0008 0001 00000001 00fd", JUNK, "unparsable" },
	{ "PPTP, a fragment of multilink", 47, "3001 880b 0008 0001 00000001 003d", JUNK, "unparsable" },
	{ "PPTP, van Jacobson", 47, "3001 880b 0008 0001 00000001 002d", JUNK, "unparsable" },
	{ "PPTP, an acknowledgement alone", 47, "2081 880b 0000 0001 00000001", NOTHING, "" },
	{ "PPTP, an acknowledgement and more", 47, "2081 880b 0000 0001 00000001 0021", V4, "unparsable" },
	{ "GRE version 1 of something else", 47, "2001 6400 001c 0001", V4, "unparsable" },
	{ "EtherIP", 97, "3000", FRAME4, "8.8.8.8" },
	{ "EtherIP of another version", 97, "2000", FRAME4, "unparsable" },
	{ "MPLS in IP", 137, "00064140", V4, "8.8.8.8" },
	{ "Ethernet in IP", 143, "", FRAME4, "8.8.8.8" },
	{ "PIM register", 103, "2100 0000 00000000", V4, "8.8.8.8" },
	{ "PIM hello", 103, "2000 0000", JUNK, "" },
	{ "PIM version 1 register", 2, "1401 0000 00000000", V4, "8.8.8.8" },
	{ "IGMP report", 2, "1600 0000 e0000001", NOTHING, "" },
	{ "ESP", 50, "00000001 00000001", JUNK, "" },
	{ "IPComp", 108, "04 00 0001", JUNK, "unparsable" },
	{ "L2TP", 115, "00000001", JUNK, "unparsable" },
	{ "minimal encapsulation", 55, "", JUNK, "unparsable" },
	{ "IPIP of NOS", 94, "", V4, "unparsable" },
	{ "NSH", 145, "", JUNK, "unparsable" },
	{ "what nobody unpacks", 253, "", V4, "" },
};

static void test_in_ip(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int family = 4; family <= 6; family += 2) {
			const char *outer = family == 4 ? "10.0.0.2" : "fd00::2";
			struct frame frame = { 0 };
			struct resid_packet packet;
			char expected[64];

			/* WCCP is taken for the family of the outer header, and IGMP is IPv4's */
			if (family == 6 && (strstr(cases[i].name, "WCCP") || cases[i].proto == 2))
				continue;
			if (family == 4)
				ipv4(&frame, cases[i].proto, outer);
			else
				ipv6(&frame, cases[i].proto, outer);
			put_hex(&frame, cases[i].header);
			put_inside(&frame, cases[i].inside);
			packet = parse(&frame);
			if (!strcmp(cases[i].expected, "unparsable"))
				strcpy(expected, "unparsable");
			else
				snprintf(expected, sizeof(expected), "%s%s%s", outer, *cases[i].expected ? " " : "",
					 cases[i].expected);
			names(&packet, expected);
			cut_everywhere(&frame, RESID_LINK_IP);
		}
	}
}

static void test_wccp_of_ipv6(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ipv6(&frame, 47, "fd00::2");
	put_hex(&frame, "0000 883e 00000000");
	put_inside(&frame, V6);
	packet = parse(&frame);
	names(&packet, "fd00::2 2001:4860::8888");
	/* what begins like an IPv4 header is taken for IPv6 all the same */
	clear(&frame);
	ipv6(&frame, 47, "fd00::2");
	put_hex(&frame, "0000 883e");
	put_inside(&frame, V4);
	packet = parse(&frame);
	names(&packet, "unparsable");
}

/* What a device unpacks that gets the frame. */
static void test_in_frames(void **state)
{
	static const struct {
		unsigned int type;
		const char *header;
		enum inside inside;
		const char *expected;
	} frames[] = {
		{ 0x8847, "00064140", V4, "8.8.8.8" },
		{ 0x8848, "00064040 00064140", V6, "2001:4860::8888" },
		{ 0x8847, "00064140", JUNK, "unparsable" },
		{ 0x8864, "1100 0001 001e 0021", V4, "8.8.8.8" },
		{ 0x8864, "1100 0001 0032 0057", V6, "2001:4860::8888" },
		{ 0x8864, "1100 0001 0022 0281 00064140", V4, "8.8.8.8" },
		{ 0x8864, "1100 0001 000a c021", JUNK, "non-ip" },
		{ 0x8864, "1100 0001 000a 00fd", JUNK, "unparsable" },
		{ 0x8864, "1109 0001 001e 0021", V4, "unparsable" },
		{ 0x8863, "1109 0000 0008", JUNK, "non-ip" },
		{ 0x892f, "0000 0000 0800", V4, "8.8.8.8" },
		{ 0x9100, "0001 0800", V4, "8.8.8.8" },
		{ 0x6558, "", FRAME4, "8.8.8.8" },
		{ 0x6558, "", FRAME_ARP, "non-ip" },
		{ 36, "aaaa03 000000 0800", V4, "8.8.8.8" },		/* 802.2 with SNAP */
		{ 36, "aaaa03 0000f8 0800", V4, "8.8.8.8" },
		{ 16, "aaaa03 00000c 2000", JUNK, "non-ip" },
		{ 16, "aaaa03 0080c2 0007", JUNK, "unparsable" },
		{ 16, "aaaa03 080007 809b", JUNK, "unparsable" },
		{ 31, "060603", V4, "unparsable" },
		{ 11, "fefe03", JUNK, "non-ip" },
		{ 0x88e5, "0000", JUNK, "non-ip" },
		{ 0x4305, "", JUNK, "unparsable" }, { 0x88e7, "", JUNK, "unparsable" },
		{ 0x894f, "", JUNK, "unparsable" }, { 0x893f, "", JUNK, "unparsable" },
		{ 0x8926, "", JUNK, "unparsable" }, { 0x22f3, "", JUNK, "unparsable" },
		{ 0x08ff, "", JUNK, "unparsable" }, { 0x6000, "", JUNK, "unparsable" },
		{ 0x880b, "", JUNK, "unparsable" }, { 0x88b5, "", JUNK, "non-ip" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		for (int tagged = 0; tagged < 2; tagged++) {
			struct frame frame = { 0 };
			struct resid_packet packet;

			ethernet(&frame, tagged ? 0x8100 : frames[i].type);
			if (tagged) {
				put16(&frame, 7);
				put16(&frame, frames[i].type);
			}
			put_hex(&frame, frames[i].header);
			put_inside(&frame, frames[i].inside);
			packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
			names(&packet, frames[i].expected);
			if (packet.kind == RESID_PACKET_NON_IP)
				assert_int_equal(packet.ethertype, frames[i].type);
			cut_everywhere(&frame, RESID_LINK_ETHERNET);
		}
	}
}

/* An inner packet ends where the header around it says, and what is behind is not read for it. */
static void test_lengths_bind(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ipv4_with(&frame, 4, "10.0.0.2", "", 0, 20, 0);
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "unparsable");

	clear(&frame);
	ipv6_hops(&frame, 4, "fd00::2", 19, 64);
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse(&frame);
	names(&packet, "unparsable");

	clear(&frame);
	ethernet(&frame, 0x8864);
	put_hex(&frame, "1100 0001 0015 0021");
	ipv4(&frame, IPPROTO_UDP, "8.8.8.8");
	packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
	names(&packet, "unparsable");
}

/* As much of everything as is read, and one more. */
static void test_limits(void **state)
{
	struct resid_packet packet;

	for (unsigned int more = 0; more < 2; more++) {
		struct frame frame = { 0 };

		for (unsigned int i = 0; i < 5 + more; i++)
			ipv4(&frame, i < 4 + more ? 4 : 59, "10.0.0.2");
		packet = parse(&frame);
		names(&packet, more ? "unparsable" : "10.0.0.2 10.0.0.2 10.0.0.2 10.0.0.2 10.0.0.2");

		/* 22 tags, IP, and what it carries */
		clear(&frame);
		ethernet(&frame, 0x8100);
		for (unsigned int i = 0; i < 21 + more; i++) {
			put16(&frame, 1);
			put16(&frame, 0x8100);
		}
		put16(&frame, 1);
		put16(&frame, 0x0800);
		ipv4(&frame, 59, "8.8.8.8");
		packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
		names(&packet, more ? "unparsable" : "8.8.8.8");

		clear(&frame);
		ethernet(&frame, 0x8847);
		for (unsigned int i = 0; i < 15 + more; i++)
			put_hex(&frame, "00064040");
		put_hex(&frame, "00064140");
		ipv4(&frame, 59, "8.8.8.8");
		packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
		names(&packet, more ? "unparsable" : "8.8.8.8");
	}
}

/* Where a checksum may still be written: at those of the headers that were read. */
static void test_sums(void **state)
{
	struct frame frame = { 0 };
	struct resid_packet packet;

	ethernet(&frame, 0x0800);
	ipv4(&frame, 47, "10.0.0.2");
	put_hex(&frame, "8000 0800 00000000");
	ipv4(&frame, IPPROTO_TCP, "8.8.8.8");
	tcp(&frame, 2);
	packet = parse_as(&frame, RESID_LINK_ETHERNET, NULL, 0);
	assert_int_equal(packet.sum_count, 2);
	assert_int_equal(packet.sum[0].start, 34);
	assert_int_equal(packet.sum[0].offset, 4);
	assert_int_equal(packet.sum[1].start, 62);
	assert_int_equal(packet.sum[1].offset, 16);
	assert_int_equal(packet.transport_offset, 34);
	assert_int_equal(packet.inner_offset, 42);
	assert_int_equal(packet.inner_family, AF_INET);

	/* a fragment has none */
	clear(&frame);
	ipv4_with(&frame, IPPROTO_UDP, "8.8.8.8", "", 0, AUTO, 0x2000);
	ports(&frame, 1, 2);
	packet = parse(&frame);
	names(&packet, "8.8.8.8");
	assert_int_equal(packet.sum_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_ip), cmocka_unit_test(test_wccp_of_ipv6), cmocka_unit_test(test_in_frames),
		cmocka_unit_test(test_lengths_bind), cmocka_unit_test(test_limits), cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests_name("packet_tunnel", tests, NULL, NULL);
}
