/* SPDX-License-Identifier: Apache-2.0 */
/* IP protocols by name, as records, policies and the command line write them. */
#ifndef RESID_UTIL_PROTO_H
#define RESID_UTIL_PROTO_H

#include <stdbool.h>
#include <stdint.h>

/* "tcp"; the number, in the buffer, where there is no name. */
const char *proto_name(uint8_t proto, char number[4]);

/* A name, or a number up to 255. */
bool proto_parse(const char *text, uint8_t *out);

#endif
