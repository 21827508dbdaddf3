/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as numbers. A key is an address at the upper end of 128 bits: 192.0.2.1 is 0xc0000201 followed by 96
 * zeros, so that IPv4 and IPv6 share every algorithm. The last key of an IPv4 range has ones there instead.
 */
#ifndef RESID_UTIL_ADDRESS_H
#define RESID_UTIL_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef unsigned __int128 u128;

#define U128_MAX (~(u128)0)
#define ADDRESS_TEXT 64	/* holds any address or prefix */

struct prefix {
	u128 first;
	sa_family_t family;
	uint8_t length;
};

static inline unsigned int address_bits(sa_family_t family)
{
	return family == AF_INET ? 32 : 128;
}

static inline u128 prefix_mask(unsigned int length)
{
	return length ? U128_MAX << (128 - length) : 0;
}

static inline u128 prefix_last(const struct prefix *prefix)
{
	return prefix->first | ~prefix_mask(prefix->length);
}

/* Key of 4 or 16 bytes in network order, and back. */
u128 address_key(sa_family_t family, const void *bytes);
void address_bytes(sa_family_t family, u128 key, void *bytes);

#define ADDRESS_MAPPED_BITS 96	/* ::ffff:0:0/96 holds IPv4, RFC 4291 */

/* An IPv4 prefix that is written as IPv6 (::ffff:192.0.2.0/120) becomes what it means, and others stay. */
void prefix_fold(struct prefix *prefix);

/*
 * IPv4 dotted quad or IPv6 of RFC 4291, the whole text; false when it is neither. ::ffff:192.0.2.1 is 192.0.2.1: a
 * program that connects to the one sends IPv4 to the other.
 */
bool address_parse(const char *text, sa_family_t *family, u128 *key);

void address_format(sa_family_t family, u128 key, char out[ADDRESS_TEXT]);
void prefix_format(const struct prefix *prefix, char out[ADDRESS_TEXT]);

#define PREFIX_HOST_BITS "has bits set after its prefix length"

/*
 * "192.0.2.0/24", or an address alone for a host; "::ffff:192.0.2.0/120" is the same prefix. NULL, or what is wrong, to
 * follow the quoted text. With PREFIX_HOST_BITS *out is the prefix without them.
 */
const char *prefix_parse(const char *text, struct prefix *out);
/* The same without prefix_fold(): for who speaks of the IPv6 packets themselves. */
const char *prefix_parse_literal(const char *text, struct prefix *out);

/* The longest prefix that holds key and lies inside first..last. */
struct prefix prefix_within(sa_family_t family, u128 first, u128 last, u128 key);

#endif
