// SPDX-License-Identifier: Apache-2.0
#include "util/utf8.h"

size_t utf8_length(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (*at < 0x80)
		return 1;
	if (*at >= 0xc2 && *at <= 0xdf)
		return at[1] >= 0x80 && at[1] <= 0xbf ? 2 : 0;
	if (*at >= 0xe0 && *at <= 0xef) {
		length = 3;
		low = *at == 0xe0 ? 0xa0 : 0x80;
		high = *at == 0xed ? 0x9f : 0xbf;
	} else if (*at >= 0xf0 && *at <= 0xf4) {
		length = 4;
		low = *at == 0xf0 ? 0x90 : 0x80;
		high = *at == 0xf4 ? 0x8f : 0xbf;
	} else {
		return 0;
	}
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return length;
}

uint32_t utf8_code(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t code = length == 1 ? *at : *at & (0x7fu >> length);

	for (size_t i = 1; i < length; i++)
		code = code << 6 | (at[i] & 0x3fu);
	return code;
}
