// SPDX-License-Identifier: Apache-2.0
#include "util/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

u128 address_key(sa_family_t family, const void *bytes)
{
	uint64_t word[2];
	uint32_t v4;

	if (family == AF_INET) {
		memcpy(&v4, bytes, sizeof(v4));
		return (u128)__builtin_bswap32(v4) << 96;
	}
	memcpy(word, bytes, sizeof(word));
	return (u128)__builtin_bswap64(word[0]) << 64 | __builtin_bswap64(word[1]);
}

void address_bytes(sa_family_t family, u128 key, void *bytes)
{
	uint64_t word[2] = { __builtin_bswap64((uint64_t)(key >> 64)), __builtin_bswap64((uint64_t)key) };

	memcpy(bytes, word, family == AF_INET ? 4 : 16);
}

/* As it is written, ::ffff:192.0.2.1 included. */
static bool address_read(const char *text, sa_family_t *family, u128 *key)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		*family = AF_INET;
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		*family = AF_INET6;
	else
		return false;
	*key = address_key(*family, bytes);
	return true;
}

bool address_parse(const char *text, sa_family_t *family, u128 *key)
{
	struct prefix prefix = { .length = 128 };

	if (!address_read(text, &prefix.family, &prefix.first))
		return false;
	prefix_fold(&prefix);
	*family = prefix.family;
	*key = prefix.first;
	return true;
}

void address_format(sa_family_t family, u128 key, char out[ADDRESS_TEXT])
{
	uint8_t bytes[16];

	address_bytes(family, key, bytes);
	inet_ntop(family, bytes, out, ADDRESS_TEXT);
}

void prefix_format(const struct prefix *prefix, char out[ADDRESS_TEXT])
{
	size_t used;

	address_format(prefix->family, prefix->first, out);
	used = strlen(out);
	snprintf(out + used, ADDRESS_TEXT - used, "/%u", prefix->length);
}

void prefix_fold(struct prefix *prefix)
{
	if (prefix->family != AF_INET6 || prefix->length < ADDRESS_MAPPED_BITS ||
	    prefix->first >> (128 - ADDRESS_MAPPED_BITS) != 0xffff)
		return;
	prefix->family = AF_INET;
	prefix->first <<= ADDRESS_MAPPED_BITS;
	prefix->length = (uint8_t)(prefix->length - ADDRESS_MAPPED_BITS);
}

const char *prefix_parse(const char *text, struct prefix *out)
{
	const char *error = prefix_parse_literal(text, out);

	if (!error || !strcmp(error, PREFIX_HOST_BITS))
		prefix_fold(out);
	return error;
}

const char *prefix_parse_literal(const char *text, struct prefix *out)
{
	char address[ADDRESS_TEXT];
	const char *slash = strchrnul(text, '/');
	struct prefix prefix;
	unsigned int length = 0;
	const char *at;

	if ((size_t)(slash - text) >= sizeof(address))
		return "is not an address or a prefix";
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (!address_read(address, &prefix.family, &prefix.first))
		return "is not an address or a prefix";
	if (!*slash) {
		length = address_bits(prefix.family);
	} else {
		if (!slash[1] || strlen(slash + 1) > 3 || (slash[1] == '0' && slash[2]))
			return "has a prefix length that is not a number";
		for (at = slash + 1; *at; at++) {
			if (*at < '0' || *at > '9')
				return "has a prefix length that is not a number";
			length = length * 10 + (unsigned int)(*at - '0');
		}
		if (length > address_bits(prefix.family))
			return prefix.family == AF_INET ? "has a prefix length over 32" :
							  "has a prefix length over 128";
	}
	prefix.length = (uint8_t)length;
	*out = prefix;
	out->first &= prefix_mask(length);
	return prefix.first == out->first ? NULL : PREFIX_HOST_BITS;
}

struct prefix prefix_within(sa_family_t family, u128 first, u128 last, u128 key)
{
	unsigned int length;

	for (length = 0; length < address_bits(family); length++) {
		u128 mask = prefix_mask(length);

		if ((key & mask) >= first && (key | ~mask) <= last)
			break;
	}
	return (struct prefix){ .first = key & prefix_mask(length), .family = family, .length = (uint8_t)length };
}
