// SPDX-License-Identifier: Apache-2.0
#include "geo/special.h"

#include <stdlib.h>

#include "util/memory.h"

/*
 * Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its successors), without the blocks
 * that they mark as globally reachable, for which location data have an answer; the providers' documentation for the
 * metadata services.
 */
static const struct {
	const char *prefix;
	enum special_layer layer;
} builtin[] = {
	{ "169.254.169.254/32", SPECIAL_METADATA },	/* AWS, Azure, Google, Oracle, OpenStack, OVHcloud, Hetzner */
	{ "169.254.170.2/32", SPECIAL_METADATA },	/* AWS: credentials of an ECS task */
	{ "169.254.170.23/32", SPECIAL_METADATA },	/* AWS: credentials of an EKS pod */
	{ "169.254.42.42/32", SPECIAL_METADATA },	/* Scaleway */
	{ "169.254.0.23/32", SPECIAL_METADATA },	/* Tencent */
	{ "100.100.100.200/32", SPECIAL_METADATA },	/* Alibaba */
	{ "192.0.0.192/32", SPECIAL_METADATA },		/* Oracle Classic */
	{ "168.63.129.16/32", SPECIAL_METADATA },	/* Azure wire server */
	{ "fd00:ec2::254/128", SPECIAL_METADATA },	/* AWS */
	{ "fd00:ec2::23/128", SPECIAL_METADATA },	/* AWS: EKS pod */
	{ "fd20:ce::254/128", SPECIAL_METADATA },	/* Google */
	{ "fd00:42::42/128", SPECIAL_METADATA },	/* Scaleway */
	{ "224.0.0.0/24", SPECIAL_LINK },
	{ "fe80::/10", SPECIAL_LINK },
	{ "ff02::/16", SPECIAL_LINK },
	{ "127.0.0.0/8", SPECIAL_HOST },
	{ "255.255.255.255/32", SPECIAL_HOST },
	{ "::1/128", SPECIAL_HOST },
	{ "::ffff:0:0/96", SPECIAL_TRANSLATED },	/* v4-mapped */
	{ "::ffff:0:0:0/96", SPECIAL_TRANSLATED },	/* SIIT, withdrawn, but kernels still translate it */
	{ "64:ff9b::/96", SPECIAL_TRANSLATED },		/* NAT64 */
	{ "2001::/32", SPECIAL_TRANSLATED },		/* Teredo */
	{ "2002::/16", SPECIAL_TRANSLATED },		/* 6to4 */
	{ "224.0.0.0/4", SPECIAL_MULTICAST },
	{ "ff00::/8", SPECIAL_MULTICAST },
	{ "0.0.0.0/8", SPECIAL_REGISTRY },
	{ "10.0.0.0/8", SPECIAL_REGISTRY },
	{ "100.64.0.0/10", SPECIAL_REGISTRY },		/* carrier-grade NAT */
	{ "169.254.0.0/16", SPECIAL_REGISTRY },
	{ "172.16.0.0/12", SPECIAL_REGISTRY },
	{ "192.0.0.0/24", SPECIAL_REGISTRY },
	{ "192.0.2.0/24", SPECIAL_REGISTRY },
	{ "192.88.99.0/24", SPECIAL_REGISTRY },		/* 6to4 relays, withdrawn */
	{ "192.168.0.0/16", SPECIAL_REGISTRY },
	{ "198.18.0.0/15", SPECIAL_REGISTRY },
	{ "198.51.100.0/24", SPECIAL_REGISTRY },
	{ "203.0.113.0/24", SPECIAL_REGISTRY },
	{ "240.0.0.0/4", SPECIAL_REGISTRY },
	{ "::/96", SPECIAL_REGISTRY },			/* unspecified, and v4-compatible, withdrawn */
	{ "64:ff9b:1::/48", SPECIAL_REGISTRY },		/* local NAT64: translated once the policy lists it */
	{ "100::/64", SPECIAL_REGISTRY },
	{ "100:0:0:1::/64", SPECIAL_REGISTRY },
	{ "2001::/23", SPECIAL_REGISTRY },
	{ "2001:db8::/32", SPECIAL_REGISTRY },
	{ "3fff::/20", SPECIAL_REGISTRY },
	{ "5f00::/16", SPECIAL_REGISTRY },
	{ "fc00::/7", SPECIAL_REGISTRY },
	{ "fec0::/10", SPECIAL_REGISTRY },		/* site-local, withdrawn (RFC 3879) */
};

#define BUILTIN_COUNT (sizeof(builtin) / sizeof(builtin[0]))

const char *const special_local_default[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", NULL };

void special_prefixes(struct special_prefix **out, size_t *count)
{
	struct special_prefix *list = mem_zero(BUILTIN_COUNT, sizeof(*list));
	size_t i;

	for (i = 0; i < BUILTIN_COUNT; i++) {
		if (prefix_parse_literal(builtin[i].prefix, &list[i].prefix))
			abort();
		list[i].layer = builtin[i].layer;
	}
	*out = list;
	*count = BUILTIN_COUNT;
}

unsigned int special_location(enum special_layer layer)
{
	static const unsigned int location[SPECIAL_LAYERS] = {
		[SPECIAL_METADATA] = LOCATION_METADATA,	    [SPECIAL_LINK] = LOCATION_LINK,
		[SPECIAL_HOST] = LOCATION_LOCAL,	    [SPECIAL_TRANSLATED] = LOCATION_TRANSLATED,
		[SPECIAL_LOCAL] = LOCATION_LOCAL,	    [SPECIAL_MULTICAST] = LOCATION_MULTICAST,
		[SPECIAL_REGISTRY] = LOCATION_SPECIAL,
	};

	return location[layer];
}

const char *special_source(enum special_layer layer)
{
	if (layer == SPECIAL_LOCAL)
		return "policy";
	return layer == SPECIAL_METADATA ? "resid" : "iana";
}
