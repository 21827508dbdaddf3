/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESID_UTIL_UTF8_H
#define RESID_UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define UTF8_MARK 3	/* bytes of a byte order mark */

/* Does it begin with a byte order mark, which some editors put before a text and is no part of it? */
static inline bool utf8_mark(const char *text, size_t length)
{
	return length >= UTF8_MARK && !memcmp(text, "\xef\xbb\xbf", UTF8_MARK);
}

/*
 * Length of the UTF-8 sequence that begins at `text` (1 to 4), 0 when there is none: overlong forms, surrogates and
 * what lies beyond U+10FFFF are none (Unicode 15, table 3-7). Reads no further than a final zero.
 */
size_t utf8_length(const char *text);

/* Code point of a sequence of that length. */
uint32_t utf8_code(const char *text, size_t length);

#endif
