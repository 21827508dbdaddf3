/* SPDX-License-Identifier: Apache-2.0 */
/* Builds IP packets byte by byte, for the programs that forge them and for the one that plays a virtual machine. */
#ifndef RESID_E2E_PACKET_H
#define RESID_E2E_PACKET_H

#include "tool.h"

struct packet {
	size_t length;
	uint8_t data[2048];
};

static inline uint8_t *packet_add(struct packet *p, const void *bytes, size_t length)
{
	uint8_t *at = p->data + p->length;

	if (p->length + length > sizeof(p->data))
		die("packet too long");
	if (bytes)
		memcpy(at, bytes, length);
	else
		memset(at, 0, length);
	p->length += length;
	return at;
}

static inline void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline uint32_t sum_add(uint32_t sum, const uint8_t *p, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return sum;
}

static inline unsigned int sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static inline const uint8_t *address_bytes(const union address *a, size_t *length)
{
	*length = a->sa.sa_family == AF_INET ? 4 : 16;
	return a->sa.sa_family == AF_INET ? (const uint8_t *)&a->in.sin_addr : a->in6.sin6_addr.s6_addr;
}

/* The IP header; its length is set by packet_finish(), when all is there. Returns its offset. */
static inline size_t packet_ip(struct packet *p, const union address *from, const union address *to, int proto)
{
	size_t at = p->length, length;

	if (from->sa.sa_family != to->sa.sa_family)
		die("source and destination are of two families");
	if (to->sa.sa_family == AF_INET) {
		uint8_t *ip = packet_add(p, NULL, 20);

		ip[0] = 0x45;
		put16(ip + 4, (unsigned int)getpid() & 0xffff);
		ip[8] = 64;
		ip[9] = (uint8_t)proto;
		memcpy(ip + 12, address_bytes(from, &length), 4);
		memcpy(ip + 16, address_bytes(to, &length), 4);
	} else {
		uint8_t *ip = packet_add(p, NULL, 40);

		ip[0] = 0x60;
		ip[6] = (uint8_t)proto;
		ip[7] = 64;
		memcpy(ip + 8, address_bytes(from, &length), 16);
		memcpy(ip + 24, address_bytes(to, &length), 16);
	}
	return at;
}

static inline void packet_finish(struct packet *p, size_t at)
{
	uint8_t *ip = p->data + at;

	if (ip[0] >> 4 == 4) {
		put16(ip + 2, (unsigned int)(p->length - at));
		put16(ip + 10, 0);
		put16(ip + 10, sum_fold(sum_add(0, ip, (size_t)(ip[0] & 15) * 4)));
	} else {
		put16(ip + 4, (unsigned int)(p->length - at - 40));
	}
}

/* The checksum of TCP, UDP or ICMPv6 that begins at `l4` and ends the packet. `final`: where routing headers lead. */
static inline void packet_sum(struct packet *p, size_t l4, size_t field, int proto, const union address *from,
			      const union address *final)
{
	size_t length, l4_length = p->length - l4;
	uint32_t sum = (uint32_t)proto + (uint32_t)l4_length;
	const uint8_t *bytes = address_bytes(from, &length);

	sum = sum_add(sum, bytes, length);
	bytes = address_bytes(final, &length);
	sum = sum_add(sum, bytes, length);
	put16(p->data + l4 + field, sum_fold(sum_add(sum, p->data + l4, l4_length)));
}

static unsigned int packet_sport;	/* 0: one of our own */

/* A UDP datagram that carries the tag, to the end of the packet. */
static inline void packet_udp(struct packet *p, const union address *from, const union address *final, const char *tag)
{
	char payload[256];
	size_t n = tag_write(payload, sizeof(payload), tag), at = p->length;
	uint8_t *udp = packet_add(p, NULL, 8);

	put16(udp, packet_sport ? packet_sport : 40000 + (unsigned int)getpid() % 20000);
	put16(udp + 2, address_port(final));
	put16(udp + 4, (unsigned int)(8 + n));
	packet_add(p, payload, n);
	packet_sum(p, at, 6, IPPROTO_UDP, from, final);
}

static inline void packet_tcp_syn(struct packet *p, const union address *from, const union address *final)
{
	size_t at = p->length;
	uint8_t *tcp = packet_add(p, NULL, 20);

	put16(tcp, packet_sport ? packet_sport : 40000 + (unsigned int)getpid() % 20000);
	put16(tcp + 2, address_port(final));
	tcp[12] = 0x50;
	tcp[13] = 2;
	put16(tcp + 14, 65535);
	packet_sum(p, at, 16, IPPROTO_TCP, from, final);
}

static inline void packet_echo(struct packet *p, const union address *from, const union address *to, const char *tag)
{
	char payload[256];
	size_t n = tag_write(payload, sizeof(payload), tag), at = p->length;
	uint8_t *icmp = packet_add(p, NULL, 8);

	icmp[0] = from->sa.sa_family == AF_INET ? 8 : 128;
	put16(icmp + 4, (unsigned int)getpid() & 0xffff);
	packet_add(p, payload, n);
	if (from->sa.sa_family == AF_INET)
		put16(p->data + at + 2, sum_fold(sum_add(0, p->data + at, p->length - at)));
	else
		packet_sum(p, at, 2, IPPROTO_ICMPV6, from, to);
}

static inline void mac_parse(const char *text, uint8_t mac[6])
{
	unsigned int b[6];

	if (sscanf(text, "%x:%x:%x:%x:%x:%x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]) != 6)
		die("'%s' is not a MAC address", text);
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
}

#endif
