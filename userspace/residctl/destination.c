// SPDX-License-Identifier: Apache-2.0
#include "destination.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "util/proto.h"

static int destination_fail(struct resid_error *err, const char *what, const char *text)
{
	return resid_fail(err, RESID_EXIT_INPUT,
			  "'%.100s': %s; write IP, IP:PORT, [IPv6]:PORT, each with /PROTOCOL or without", text, what);
}

bool destination_number(const char *text, unsigned int max, unsigned int *out)
{
	size_t length = strlen(text);

	if (!length || length > 5 || strspn(text, "0123456789") != length)
		return false;
	*out = (unsigned int)strtoul(text, NULL, 10);
	return *out <= max;
}

static int destination_parse_proto(struct destination *out, const char *text, struct resid_error *err)
{
	if (!proto_parse(text, &out->flow.proto))
		return destination_fail(err, "is not a protocol: tcp, udp, icmp, icmpv6, sctp, gre, esp or a number", text);
	out->flow.proto_known = true;
	out->proto_name = text;
	return 0;
}

static int destination_parse_port(struct destination *out, const char *text, struct resid_error *err)
{
	unsigned int port;

	if (!destination_number(text, 65535, &port))
		return destination_fail(err, "is not a port", text);
	out->flow.dport = (uint16_t)port;
	out->flow.has_port = true;
	return 0;
}

/* Takes text apart in place. A protocol alone is a slash and no digits after it only for numbers' sake: /6 is TCP. */
int destination_parse(struct destination *out, char *text, struct resid_error *err)
{
	struct destination_place *outer = &out->place[0];
	char *slash = strchr(text, '/'), *address = text, *port = NULL, *end;
	u128 key;

	if (slash) {
		*slash = '\0';
		if (destination_parse_proto(out, slash + 1, err))
			return -1;
	}
	if (*text == '[') {
		address = text + 1;
		end = strchr(address, ']');
		if (!end || (end[1] && end[1] != ':'))
			return destination_fail(err, "has a bracket without its other", text);
		*end = '\0';
		port = end[1] ? end + 2 : NULL;
	} else if (strchr(text, ':') == strrchr(text, ':') && strchr(text, ':')) {
		port = strchr(text, ':');
		*port++ = '\0';
	}
	if (!address_parse(address, &outer->family, &key))
		return destination_fail(err, "is not an IPv4 or IPv6 address", address);
	if (port && destination_parse_port(out, port, err))
		return -1;
	if (port && !out->flow.proto_known) {
		/* a port says TCP to whoever reads it */
		out->flow.proto_known = true;
		out->flow.proto = IPPROTO_TCP;
		out->proto_name = "tcp";
	}
	if (port && !resid_verdict_has_ports(out->flow.proto))
		return destination_fail(err, "is a protocol without ports", out->proto_name);
	address_bytes(outer->family, key, outer->address);
	return 0;
}

uint16_t destination_rule(const struct resid_table *table, uint8_t class_id, sa_family_t family, const uint8_t *address,
			  const struct resid_flow *flow)
{
	uint16_t group = family == AF_INET ? resid_lpm_lookup4(&table->lpm4, address) :
					     resid_lpm_lookup6(&table->lpm6, address);

	return resid_verdict_decide(table, class_id, group, flow);
}

/* What the kernel does with the destinations of a packet: every one is judged, the strictest verdict holds. */
void destination_judge(struct destination *out, const struct snapshot *snapshot, uint8_t class_id)
{
	const struct resid_table *table = snapshot_table(snapshot);
	struct resid_packet packet = {
		.family = (uint8_t)out->place[0].family,
		.proto_known = out->flow.proto_known,
		.proto = out->flow.proto,
		.has_port = out->flow.has_port,
		.dport = htons(out->flow.dport),
	};
	size_t i;

	resid_packet_imagine(&packet, out->place[0].address, table->core->nat64, table->core->nat64_count);
	out->link = packet.kind == RESID_PACKET_LINK;
	out->count = packet.dest_count;
	for (i = 0; i < out->count; i++) {
		struct destination_place *place = &out->place[i];

		place->family = packet.dest[i].family;
		memcpy(place->address, packet.dest[i].address, sizeof(place->address));
		if (packet.of_link)
			place->rule = resid_verdict_decide(table, class_id, table->core->link_group, &out->flow);
		else
			place->rule = destination_rule(table, class_id, place->family, place->address, &out->flow);
		snapshot_lookup(snapshot, place->family, place->address, &place->place);
		inet_ntop(place->family, place->address, place->text, sizeof(place->text));
		if (table->rule[place->rule].verdict > table->rule[out->place[out->decided].rule].verdict)
			out->decided = i;
	}
}
