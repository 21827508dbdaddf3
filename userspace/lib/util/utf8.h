/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESID_UTIL_UTF8_H
#define RESID_UTIL_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Length of the UTF-8 sequence that begins at `text` (1 to 4), 0 when there is none: overlong forms, surrogates and
 * what lies beyond U+10FFFF are none (Unicode 15, table 3-7). Reads no further than a final zero.
 */
size_t utf8_length(const char *text);

/* Code point of a sequence of that length. */
uint32_t utf8_code(const char *text, size_t length);

#endif
