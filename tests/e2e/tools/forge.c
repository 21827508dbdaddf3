// SPDX-License-Identifier: Apache-2.0
/*
 * Sends what a tenant would send who wants out: forged marks, frames past the IP stack, destinations inside
 * packets. Prints `sent=N` or `sent=N error=ERRNO`; exit status 0 whatever became of it, 2 if it could not try.
 *
 *   forge [OPTION...] KIND ARGUMENT...
 *
 *   datagram ADDRESS PORT TAG            an ordinary UDP socket (with -m or -c: a forged mark)
 *   udp      SOURCE ADDRESS PORT TAG     a UDP packet whose IP header we write
 *   srcroute SOURCE FIRST FINAL PORT TAG the same with an IPv4 loose source route
 *   srh      SOURCE FIRST FINAL PORT TAG the same with an IPv6 segment routing header
 *   rthdr    FIRST FINAL PORT TAG        segment routing by setsockopt(IPV6_RTHDR), which needs no privilege
 *   ipip, gre OUTER-SOURCE OUTER SOURCE ADDRESS PORT TAG   a UDP packet inside a tunnel
 *   frag     SOURCE ADDRESS PORT TAG     two fragments; the second has no ports
 *   short    SOURCE ADDRESS TAG          an IP packet whose header length lies
 *   frame    [stuffed-]{lacp|stp|arp|lldp|eapol|unknown} TAG   an Ethernet frame (needs -i); the tag is in stuffed ones
 *
 *   -m MARK  SO_MARK by setsockopt       -c MARK  SO_MARK as a control message
 *   -i DEVICE -d MAC   AF_PACKET instead of a raw socket, to that Ethernet address
 *   -b       PACKET_QDISC_BYPASS         -p TYPE  the ethertype that we tell the kernel (the frame keeps the true one)
 *   -v ID    a VLAN tag, again for QinQ  -n N     so many times
 *   -s PORT  the source port
 */
#include "packet.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

static const char *device;
static uint8_t source_mac[6] = { 2, 0, 0, 0, 0xee, 1 }, destination_mac[6] = { 255, 255, 255, 255, 255, 255 };
static unsigned long mark, cmsg_mark, claimed_type, count = 1;
static unsigned int vlan[4], vlans;
static int bypass, sent, error;

static void result(ssize_t n)
{
	if (n < 0)
		error = errno;
	else
		sent++;
}

static int socket_or_die(int family, int type, int proto)
{
	int fd = socket(family, type, proto);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	if (mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &(uint32_t){ (uint32_t)mark }, sizeof(uint32_t)))
		die("SO_MARK: %s", strerror(errno));
	return fd;
}

static void send_message(int fd, const void *data, size_t length, const void *to, socklen_t to_length)
{
	char control[CMSG_SPACE(sizeof(uint32_t))] = {};
	struct iovec iov = { (void *)data, length };
	struct msghdr m = { .msg_name = (void *)to, .msg_namelen = to_length, .msg_iov = &iov, .msg_iovlen = 1 };

	if (cmsg_mark) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SO_MARK;
		c->cmsg_len = CMSG_LEN(sizeof(uint32_t));
		memcpy(CMSG_DATA(c), &(uint32_t){ (uint32_t)cmsg_mark }, sizeof(uint32_t));
	}
	for (unsigned long i = 0; i < count; i++)
		result(sendmsg(fd, &m, 0));
}

/* A frame by AF_PACKET; `type` is the true ethertype. */
static void send_frame(const uint8_t *payload, size_t length, uint16_t type, int llc)
{
	struct packet frame = {};
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_halen = 6,
				  .sll_protocol = htons(claimed_type ? (uint16_t)claimed_type : type) };
	int fd = socket_or_die(AF_PACKET, SOCK_RAW, 0), one = 1;

	ll.sll_ifindex = (int)if_nametoindex(device);
	memcpy(ll.sll_addr, destination_mac, 6);
	packet_add(&frame, destination_mac, 6);
	packet_add(&frame, source_mac, 6);
	for (unsigned int i = 0; i < vlans; i++) {
		uint8_t *tag = packet_add(&frame, NULL, 4);

		put16(tag, i + 1 < vlans ? ETH_P_8021AD : ETH_P_8021Q);
		put16(tag + 2, vlan[i]);
	}
	put16(packet_add(&frame, NULL, 2), llc ? (unsigned int)length : type);
	packet_add(&frame, payload, length);
	if (bypass && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		die("PACKET_QDISC_BYPASS: %s", strerror(errno));
	send_message(fd, frame.data, frame.length, &ll, sizeof(ll));
}

static void send_packet(const struct packet *p, const union address *to)
{
	union address a = *to;

	if (device) {
		send_frame(p->data, p->length, to->sa.sa_family == AF_INET ? ETH_P_IP : ETH_P_IPV6, 0);
		return;
	}
	/* IPPROTO_RAW: our header is the packet's, in either family. The port must be zero in a v6 raw address. */
	if (a.sa.sa_family == AF_INET)
		a.in.sin_port = 0;
	else
		a.in6.sin6_port = 0;
	send_message(socket_or_die(a.sa.sa_family, SOCK_RAW, IPPROTO_RAW), p->data, p->length, &a, address_len(&a));
}

/* Of the frames that keep a link in order each as its protocol has it; `stuffed` puts the tag behind that. */
static void send_frame_kind(const char *kind, const char *tag)
{
	static const struct {
		const char *name;
		uint8_t to[6];
		uint16_t type;
		int llc;
		size_t length;
		uint8_t head[48];
	} frames[] = {
		{ "lacp", { 0x01, 0x80, 0xc2, 0, 0, 2 }, 0x8809, 0, 110,
		  { 1, 1, 1, 20, [22] = 2, [23] = 20, [42] = 3, [43] = 16 } },
		{ "stp", { 0x01, 0x80, 0xc2, 0, 0, 0 }, 0x0004, 1, 38, { 0x42, 0x42, 3 } },
		{ "arp", { 255, 255, 255, 255, 255, 255 }, 0x0806, 0, 28,
		  { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0xee, 1, 10, 77, 0, 9, 0, 0, 0, 0, 0, 0, 10, 77, 0, 99 } },
		{ "lldp", { 0x01, 0x80, 0xc2, 0, 0, 0x0e }, 0x88cc, 0, 20,
		  { 2, 7, 4, 2, 0, 0, 0, 0xee, 1, 4, 3, 5, 'x', '0', 6, 2, 0, 120, 0, 0 } },
		{ "eapol", { 0x01, 0x80, 0xc2, 0, 0, 3 }, 0x888e, 0, 4, { 1, 1 } },
		{ "unknown", { 2, 0, 0, 0, 0xee, 2 }, 0x88b5, 0, 46, {} },
	};
	int stuffed = !strncmp(kind, "stuffed-", 8);
	uint8_t body[512] = {};
	char text[256];
	size_t n = tag_write(text, sizeof(text), tag), length;

	kind += stuffed ? 8 : 0;
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		if (strcmp(frames[i].name, kind))
			continue;
		memcpy(destination_mac, frames[i].to, 6);
		memcpy(body, frames[i].head, sizeof(frames[i].head));
		length = frames[i].length;
		if (stuffed) {
			length = length < 46 ? 46 : length;
			memcpy(body + length, text, n);
			length += n;
		}
		send_frame(body, length, frames[i].type, frames[i].llc);
		return;
	}
	die("no frame '%s'", kind);
}

static void routing_header(struct packet *p, const union address *final)
{
	uint8_t *srh = packet_add(p, NULL, 8 + 2 * 16);

	srh[0] = IPPROTO_UDP;
	srh[1] = 4;	/* in units of 8 bytes, without the first: two segments */
	srh[2] = 4;	/* segment routing */
	srh[3] = 1;	/* segments left */
	srh[4] = 1;	/* last entry */
	memcpy(srh + 8, &final->in6.sin6_addr, 16);
	memcpy(srh + 24, p->data + 24, 16);
}

static void send_by_rthdr(const union address *first, const union address *final, const char *tag)
{
	int fd = socket_or_die(AF_INET6, SOCK_DGRAM, 0);
	uint8_t srh[8 + 2 * 16] = { 0, 4, 4, 1, 1 };
	char text[256];
	size_t n = tag_write(text, sizeof(text), tag);
	union address a = *first;

	/* Linux sends to segment[segments left] and puts the destination of the call at segment 0. */
	memcpy(srh + 8, &final->in6.sin6_addr, 16);
	memcpy(srh + 24, &first->in6.sin6_addr, 16);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, srh, sizeof(srh)))
		die("IPV6_RTHDR: %s", strerror(errno));
	a.in6 = final->in6;
	send_message(fd, text, n, &a, address_len(&a));
}

static void send_fragments(const union address *from, const union address *to, const char *tag)
{
	struct packet whole = {}, part;
	char text[256];
	/* no IPv6 packet needs a fragment that is smaller than the least MTU, and such are refused */
	size_t n = tag_write(text, sizeof(text), tag), at, first = to->sa.sa_family == AF_INET ? 64 : 1232;

	packet_ip(&whole, from, to, IPPROTO_UDP);
	at = whole.length;
	packet_udp(&whole, from, to, tag);
	/* The UDP header and some payload go first, then a part that has a tag of its own and no ports. */
	packet_add(&whole, NULL, first);
	whole.length = at + first;
	packet_add(&whole, text, n);
	put16(whole.data + at + 4, (unsigned int)(first + n));
	put16(whole.data + at + 6, 0);
	packet_sum(&whole, at, 6, IPPROTO_UDP, from, to);

	for (int second = 0; second < 2; second++) {
		part = (struct packet){};
		packet_ip(&part, from, to, to->sa.sa_family == AF_INET ? IPPROTO_UDP : IPPROTO_FRAGMENT);
		if (to->sa.sa_family == AF_INET) {
			put16(part.data + 6, second ? (unsigned int)first / 8 : 0x2000);
		} else {
			uint8_t *f = packet_add(&part, NULL, 8);

			f[0] = IPPROTO_UDP;
			put16(f + 2, second ? (unsigned int)first : 1);
			put16(f + 6, (unsigned int)getpid() & 0xffff);
		}
		if (second)
			packet_add(&part, text, n);
		else
			packet_add(&part, whole.data + at, first);
		packet_finish(&part, 0);
		send_packet(&part, to);
	}
}

int main(int argc, char **argv)
{
	struct packet p = {};
	union address from, to, final;
	size_t inner;
	int option;

	while ((option = getopt(argc, argv, "+m:c:i:d:bp:v:n:s:")) != -1) {
		switch (option) {
		case 'm': mark = number(optarg); break;
		case 'c': cmsg_mark = number(optarg); break;
		case 'i': device = optarg; break;
		case 'd': mac_parse(optarg, destination_mac); break;
		case 'b': bypass = 1; break;
		case 'p': claimed_type = number(optarg); break;
		case 'v':
			if (vlans == 4)
				die("too many VLAN tags");
			vlan[vlans++] = (unsigned int)number(optarg);
			break;
		case 's': packet_sport = (unsigned int)number(optarg); break;
		case 'n': count = number(optarg); break;
		default: return 2;
		}
	}
	argv += optind;
	argc -= optind;
	const char *kind = argc ? argv[0] : "";

	if (!strcmp(kind, "datagram") && argc == 4) {
		char text[256];
		size_t n = tag_write(text, sizeof(text), argv[3]);

		to = address(argv[1], number(argv[2]));
		send_message(socket_or_die(to.sa.sa_family, SOCK_DGRAM, 0), text, n, &to, address_len(&to));
	} else if (!strcmp(kind, "udp") && argc == 5) {
		from = address(argv[1], 0);
		to = address(argv[2], number(argv[3]));
		packet_ip(&p, &from, &to, IPPROTO_UDP);
		packet_udp(&p, &from, &to, argv[4]);
		packet_finish(&p, 0);
		send_packet(&p, &to);
	} else if (!strcmp(kind, "srcroute") && argc == 6) {
		uint8_t route[8] = { 131, 7, 4 };	/* loose, one address, none taken yet; then the end */

		from = address(argv[1], 0);
		to = address(argv[2], number(argv[4]));
		final = address(argv[3], number(argv[4]));
		packet_ip(&p, &from, &to, IPPROTO_UDP);
		memcpy(route + 3, &final.in.sin_addr, 4);
		packet_add(&p, route, 8);
		p.data[0] = 0x47;
		packet_udp(&p, &from, &final, argv[5]);
		packet_finish(&p, 0);
		send_packet(&p, &to);
	} else if (!strcmp(kind, "srh") && argc == 6) {
		from = address(argv[1], 0);
		to = address(argv[2], number(argv[4]));
		final = address(argv[3], number(argv[4]));
		packet_ip(&p, &from, &to, IPPROTO_ROUTING);
		routing_header(&p, &final);
		packet_udp(&p, &from, &final, argv[5]);
		packet_finish(&p, 0);
		send_packet(&p, &to);
	} else if (!strcmp(kind, "rthdr") && argc == 5) {
		to = address(argv[1], number(argv[3]));
		final = address(argv[2], number(argv[3]));
		send_by_rthdr(&to, &final, argv[4]);
	} else if ((!strcmp(kind, "ipip") || !strcmp(kind, "gre")) && argc == 7) {
		int gre = !strcmp(kind, "gre");

		from = address(argv[1], 0);
		to = address(argv[2], 0);
		final = address(argv[4], number(argv[5]));
		int v4 = final.sa.sa_family == AF_INET;

		packet_ip(&p, &from, &to, gre ? IPPROTO_GRE : v4 ? IPPROTO_IPIP : IPPROTO_IPV6);
		if (gre)
			put16(packet_add(&p, NULL, 4) + 2, v4 ? ETH_P_IP : ETH_P_IPV6);
		union address inner_from = address(argv[3], 0);

		inner = packet_ip(&p, &inner_from, &final, IPPROTO_UDP);
		packet_udp(&p, &inner_from, &final, argv[6]);
		packet_finish(&p, inner);
		packet_finish(&p, 0);
		send_packet(&p, &to);
	} else if (!strcmp(kind, "frag") && argc == 5) {
		from = address(argv[1], 0);
		to = address(argv[2], number(argv[3]));
		send_fragments(&from, &to, argv[4]);
	} else if (!strcmp(kind, "short") && argc == 4) {
		from = address(argv[1], 0);
		to = address(argv[2], 0);
		packet_ip(&p, &from, &to, IPPROTO_UDP);
		packet_udp(&p, &from, &to, argv[3]);
		packet_finish(&p, 0);
		p.data[0] = to.sa.sa_family == AF_INET ? 0x43 : 0x30;
		send_packet(&p, &to);
	} else if (!strcmp(kind, "frame") && argc == 3 && device) {
		send_frame_kind(argv[1], argv[2]);
	} else {
		die("forge: see the head of forge.c for what it takes");
	}
	if (error)
		printf("sent=%d error=%s\n", sent, errno_name(error));
	else
		printf("sent=%d\n", sent);
	return 0;
}
