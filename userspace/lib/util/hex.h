/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESID_UTIL_HEX_H
#define RESID_UTIL_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * length lower-case digits and a zero. */
static inline void hex_format(const uint8_t *bytes, size_t length, char *out)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < length; i++) {
		out[2 * i] = digit[bytes[i] >> 4];
		out[2 * i + 1] = digit[bytes[i] & 15];
	}
	out[2 * length] = '\0';
}

#endif
