// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Of what a packet carries at last: ports, ICMP's type and code, TCP's flags, and where the checksum is. */
#include "parse.h"

#define TRANSPORT_UDPLITE 136
#define TRANSPORT_ICMPV6 58

/* The checksum of a packet in fragments is nobody's to set in one of them. */
void resid_transport_sum(struct resid_parse *parse, u32 offset)
{
	struct resid_packet *packet = parse->packet;

	if (parse->fragment || packet->sum_count == RESID_SUM_MAX)
		return;
	packet->sum[packet->sum_count].start = parse->at;
	packet->sum[packet->sum_count++].offset = offset;
}

static void transport_ports(struct resid_packet *packet, const u8 *ports)
{
	memcpy(&packet->sport, ports, 2);
	memcpy(&packet->dport, ports + 2, 2);
	packet->has_port = true;
}

static bool transport_tcp(struct resid_parse *parse)
{
	struct resid_packet *packet = parse->packet;
	u8 buffer[14];
	const u8 *tcp = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);
	u32 header;

	if (!tcp)
		return false;
	header = (u32)(tcp[12] >> 4) * 4;
	transport_ports(packet, tcp);
	packet->tcp_flags = tcp[13];
	packet->bare_tcp = header >= 20 && parse->bare == header &&
			   resid_bytes_length(parse->bytes) == parse->at + header;
	return true;
}

/* Linux makes none longer: two link-layer addresses of InfiniBand and a nonce fit. */
#define TRANSPORT_DISCOVERY_MAX 96

static bool transport_udp(struct resid_parse *parse)
{
	u8 buffer[4];
	const u8 *udp = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (udp)
		transport_ports(parse->packet, udp);
	return udp;
}

static bool transport_icmp(struct resid_parse *parse)
{
	struct resid_packet *packet = parse->packet;
	u8 buffer[2];
	const u8 *icmp = resid_parse_at(parse, parse->at, sizeof(buffer), buffer);

	if (!icmp)
		return false;
	memcpy(&packet->dport, icmp, 2);
	packet->neighbour = parse->id == TRANSPORT_ICMPV6 && parse->bare && parse->bare <= TRANSPORT_DISCOVERY_MAX &&
			    parse->hop_limit == 255 && icmp[0] >= 133 && icmp[0] <= 136;
	return true;
}

/* Of an inner packet no more than the place of the checksum counts. */
bool resid_transport_read(struct resid_parse *parse)
{
	const bool outer = parse->packet->depth == 1;

	switch (parse->id) {
	case IPPROTO_TCP:
		resid_transport_sum(parse, 16);
		return !outer || transport_tcp(parse);
	case IPPROTO_UDP:
	case TRANSPORT_UDPLITE:
		parse->packet->endpoint = true;		/* VXLAN and its like */
		fallthrough;
	case IPPROTO_DCCP:
		resid_transport_sum(parse, 6);
		return !outer || transport_udp(parse);
	case IPPROTO_SCTP:
		resid_transport_sum(parse, 8);
		return !outer || transport_udp(parse);
	case IPPROTO_ICMP:
	case TRANSPORT_ICMPV6:
		resid_transport_sum(parse, 2);
		return !outer || transport_icmp(parse);
	}
	return true;
}
