// SPDX-License-Identifier: Apache-2.0
#include "util/proto.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	uint8_t number;
} protos[] = {
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 },
	{ "sctp", IPPROTO_SCTP }, { "gre", IPPROTO_GRE }, { "esp", IPPROTO_ESP },
};

const char *proto_name(uint8_t proto, char number[4])
{
	size_t i;

	for (i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (protos[i].number == proto)
			return protos[i].name;
	snprintf(number, 4, "%u", proto);
	return number;
}

bool proto_parse(const char *text, uint8_t *out)
{
	size_t length = strlen(text), i;
	unsigned long number;

	for (i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (!strcmp(text, protos[i].name)) {
			*out = protos[i].number;
			return true;
		}
	}
	if (!length || length > 3 || strspn(text, "0123456789") != length)
		return false;
	number = strtoul(text, NULL, 10);
	*out = (uint8_t)number;
	return number <= 255;
}
