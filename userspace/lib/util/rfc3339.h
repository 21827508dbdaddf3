/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as RFC 3339 writes them, in whole seconds and with an offset: 2026-11-22T14:00:00+01:00. */
#ifndef RESID_UTIL_RFC3339_H
#define RESID_UTIL_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

#define RFC3339_TEXT	sizeof("9999-12-31T23:59:59Z")

/* Seconds since the epoch, of the years 1970 to 9999. NULL, or what is wrong, to stand behind the text. */
const char *rfc3339_parse(const char *text, int64_t *out);

/* In UTC. */
void rfc3339_format(int64_t seconds, char out[RFC3339_TEXT]);

/* A day that the calendar has, written YYYY-MM-DD; gives its first second in UTC. */
bool rfc3339_parse_day(const char *text, int64_t *out);

#endif
