/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON: what is on the record path, and status. Strings come from workloads, so whatever bytes they have, the
 * result is one line of valid UTF-8: control characters are escaped, and so are U+2028, U+2029 and U+007F; bytes that
 * are no UTF-8 become U+FFFD. Commas are the writer's business.
 */
#ifndef RESID_SINK_JSONW_H
#define RESID_SINK_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jsonw {
	char *text;		/* `length` bytes, not ended by a zero; jsonw_fini frees it */
	size_t length, room;
	bool comma;		/* the next value or key needs one before it */
	size_t name_max;	/* bytes that jsonw_name leaves of a name; 0: all */
	bool cut;		/* it left less than all of one */
};

void jsonw_fini(struct jsonw *json);

/* key NULL: an element of an array, or the top. */
void jsonw_object(struct jsonw *json, const char *key);
void jsonw_object_end(struct jsonw *json);
void jsonw_array(struct jsonw *json, const char *key);
void jsonw_array_end(struct jsonw *json);
void jsonw_string(struct jsonw *json, const char *key, const char *value);
/* A string that may be cut when the record would grow too long: names, never ids. */
void jsonw_name(struct jsonw *json, const char *key, const char *value);
void jsonw_u64(struct jsonw *json, const char *key, uint64_t value);
void jsonw_bool(struct jsonw *json, const char *key, bool value);
void jsonw_hex(struct jsonw *json, const char *key, const void *bytes, size_t length);
/* "FR,US" as ["FR","US"]; "" as []. */
void jsonw_countries(struct jsonw *json, const char *key, const char *list);
/* Ends a line of a JSON lines file. */
void jsonw_line(struct jsonw *json);

/* Bytes as they stand: for what is written between JSON, and for the formats that are none. */
void jsonw_raw(struct jsonw *json, const char *bytes, size_t length);
void jsonw_raw_u64(struct jsonw *json, uint64_t value);

/*
 * Length of the UTF-8 sequence that begins at `text` (1 to 4), 0 when there is none: overlong forms, surrogates and what
 * lies beyond U+10FFFF are none (Unicode 15, table 3-7). Reads no further than a final zero.
 */
size_t jsonw_utf8(const char *text);

/* How many bytes of a name may stand, whole characters; notes in `cut` when that is not all. */
size_t jsonw_cut(struct jsonw *json, const char *name);

#endif
