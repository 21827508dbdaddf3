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
};

void jsonw_fini(struct jsonw *json);

/* key NULL: an element of an array, or the top. */
void jsonw_object(struct jsonw *json, const char *key);
void jsonw_object_end(struct jsonw *json);
void jsonw_array(struct jsonw *json, const char *key);
void jsonw_array_end(struct jsonw *json);
void jsonw_string(struct jsonw *json, const char *key, const char *value);
void jsonw_u64(struct jsonw *json, const char *key, uint64_t value);
void jsonw_bool(struct jsonw *json, const char *key, bool value);
void jsonw_hex(struct jsonw *json, const char *key, const void *bytes, size_t length);
/* "FR,US" as ["FR","US"]; "" as []. */
void jsonw_countries(struct jsonw *json, const char *key, const char *list);
/* Ends a line of a JSON lines file. */
void jsonw_line(struct jsonw *json);

#endif
