/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that others supplied, made harmless: what workloads are called, what a policy or a feed says, what a file's name
 * holds. A terminal obeys control characters; a reader is deceived by characters that turn the direction of writing or
 * that nobody sees. Both stand as an escape instead (\n, \x1b, \u202e, \U000e0041), and so do bytes that are no UTF-8.
 */
#ifndef RESID_UTIL_PRINTABLE_H
#define RESID_UTIL_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters of Unicode's categories Cc, Cf, Zl and Zp: controls, formatting, separators of lines and paragraphs. */
bool printable_is_hidden(uint32_t code);

#define PRINTABLE_ESCAPE 11	/* "\U000e0041" */

/*
 * The character at the beginning of a text that is not empty: its length in bytes. `escape` is what stands for it, ""
 * if it stands for itself.
 */
size_t printable_next(const char *text, char escape[PRINTABLE_ESCAPE]);

/* The whole text, to be freed. */
char *printable_copy(const char *text);

#endif
