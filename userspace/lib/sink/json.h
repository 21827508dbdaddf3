/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON: what is on the record path, and status. Strings come from workloads, so whatever bytes they have, the
 * result is one line of valid UTF-8: control characters are escaped, and so are U+2028, U+2029 and U+007F; bytes that
 * are no UTF-8 become U+FFFD. Commas are the writer's business.
 */
#ifndef RESID_SINK_JSON_H
#define RESID_SINK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json {
	char *text;		/* `length` bytes, not ended by a zero; json_fini frees it */
	size_t length, room;
	bool comma;		/* the next value or key needs one before it */
};

void json_fini(struct json *json);

/* key NULL: an element of an array, or the top. */
void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);
void json_string(struct json *json, const char *key, const char *value);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_hex(struct json *json, const char *key, const void *bytes, size_t length);
/* Ends a line of a JSON lines file. */
void json_line(struct json *json);

#endif
