/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a packet says of itself: addresses, ports, and every destination that it names. parse.c reads one. */
#ifndef _RESID_PACKET_H
#define _RESID_PACKET_H

#include "deps.h"

/* What the first byte is. */
enum resid_link {
	RESID_LINK_IP,			/* an IP header, or what the ethertype says */
	RESID_LINK_ETHERNET,
	RESID_LINK_FOREIGN		/* a link header that nobody here reads */
};

enum resid_packet_kind {
	RESID_PACKET_IP,
	RESID_PACKET_LINK,		/* never leaves the link: ARP, LACP, ND, ... */
	RESID_PACKET_NON_IP,
	RESID_PACKET_UNPARSABLE
};

#define RESID_DEST_MAX 16		/* a packet that names more is unparsable */

struct resid_dest {
	u8 family;			/* AF_INET or AF_INET6 */
	u8 address[16];
};

#define RESID_SUM_MAX 6

/* Where a header keeps its checksum of what follows: TCP, UDP, GRE, ... */
struct resid_sum {
	u32 start;			/* the header */
	u32 offset;			/* of the field, from there */
};

struct resid_packet {
	enum resid_packet_kind kind;
	u16 ethertype;			/* RESID_LINK_ETHERNET only, host order */
	u32 extent;			/* bytes from the first on, behind which nothing was read */
	u32 ip_offset;			/* of the outer IP header */
	u32 transport_offset;		/* of what follows it and its extensions */
	u32 inner_offset;		/* of the innermost IP header that was read; it may be the outer one */
	u32 inner_transport;		/* and of what follows that */
	u8 inner_family;
	u8 inner_proto;
	u8 depth;			/* IP headers that were read, one inside the other */
	u8 family;			/* of the outer IP header, 0 if there is none */
	u8 proto;			/* of the outer transport header */
	u8 tcp_flags;
	bool proto_known;
	bool has_port;
	bool fragment;			/* not the first one: it has no transport header */
	bool endpoint;			/* it may carry a packet that was left to the endpoint */
	bool bare_tcp;			/* IP header, TCP header, and nothing before, between or after */
	bool neighbour;			/* a short solicitation or advertisement, hop limit 255, to any address */
	bool of_link;			/* RESID_PACKET_LINK whatever its address says: the policy's link_group */
	__be16 sport;
	__be16 dport;			/* ICMP: type << 8 | code */
	u8 src[16];
	unsigned int dest_count;	/* the outer one first */
	unsigned int sum_count;
	/* Not cleared: what lies behind the counts is not set. */
	struct resid_dest dest[RESID_DEST_MAX];
	struct resid_sum sum[RESID_SUM_MAX];
};

/* How a packet is to be read. */
struct resid_reading {
	enum resid_link link;
	u16 ethertype;			/* RESID_LINK_IP: what the device will say that it is; 0: it says so itself */
	const struct resid_nat64 *nat64; /* prefixes in which addresses embed IPv4 ones, beside the well-known */
	unsigned int nat64_count;
};

/**
 * resid_packet_parse() - read a packet
 * @packet: is set, but for what lies behind its counts
 * @bytes: the packet
 * @reading: how to
 *
 * Nothing outside @bytes is trusted. A packet whose destinations cannot all be read is RESID_PACKET_UNPARSABLE.
 */
void resid_packet_parse(struct resid_packet *packet, const struct resid_bytes *bytes,
			const struct resid_reading *reading);

/**
 * resid_packet_imagine() - a packet of which only the destination is known, and perhaps the protocol and port
 * @packet: family, protocol and port are the caller's, the rest is zero; its destinations and its kind are set
 * @address: 4 or 16 bytes
 * @nat64: as in struct resid_reading
 * @nat64_count: of @nat64
 *
 * They are those of a packet to @address that carries nothing else.
 */
void resid_packet_imagine(struct resid_packet *packet, const u8 *address, const struct resid_nat64 *nat64,
			  unsigned int nat64_count);

#define RESID_DEST_EMBEDDED_MAX (RESID_NAT64_MAX + 4)

/**
 * resid_dest_embedded() - IPv4 addresses inside an IPv6 address
 * @address: IPv6 address
 * @nat64: as in struct resid_reading
 * @nat64_count: of @nat64
 * @ipv4: the addresses found
 *
 * The forms are v4-mapped and its kin, NAT64 (RFC 6052), 6to4, Teredo (server and client), ISATAP.
 *
 * Return: their number, at most RESID_DEST_EMBEDDED_MAX.
 */
unsigned int resid_dest_embedded(const u8 address[16], const struct resid_nat64 *nat64, unsigned int nat64_count,
				 u8 ipv4[RESID_DEST_EMBEDDED_MAX][4]);

#endif /* _RESID_PACKET_H */
