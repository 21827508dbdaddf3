/* SPDX-License-Identifier: Apache-2.0 */
/* One record in a format, and what stands in it. */
#ifndef TESTS_UNIT_RECORD_H
#define TESTS_UNIT_RECORD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sample.h"
#include "sink/format/format.h"

/* One record in a format, with a final zero. free() it. */
static inline char *written(const char *name, const struct audit_event *event)
{
	struct format_writer *writer;
	struct jsonw out = { 0 };
	struct resid_error err;

	assert_int_equal(format_writer_new(format_find(name), 0, &writer, &err), 0);
	format_record(writer, event, 0, &out);
	if (out.length > FORMAT_MAX)
		fail_msg("%s: %zu bytes", name, out.length);
	jsonw_raw(&out, "", 1);
	format_writer_free(writer);
	return out.text;
}

static inline json_t *parsed(const char *name, const struct audit_event *event)
{
	char *text = written(name, event);
	json_error_t error;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s: %s in %s", name, error.text, text);
	free(text);
	return json;
}

/* a.b.c of an object; an array's first element stands for it. */
static inline const json_t *at(const json_t *json, const char *path)
{
	char key[64];

	while (*path && json) {
		size_t length = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)length, path);
		if (json_is_array(json))
			json = json_array_get(json, 0);
		json = json_object_get(json, key);
		path += length + (path[length] == '.');
	}
	return json;
}

static inline void says(const json_t *json, const char *path, const char *value)
{
	const json_t *have = at(json, path);

	if (json_is_array(have))
		have = json_array_get(have, 0);
	if (!json_is_string(have))
		fail_msg("no %s", path);
	if (strcmp(json_string_value(have), value))
		fail_msg("%s is %s, not %s", path, json_string_value(have), value);
}

static inline void counts(const json_t *json, const char *path, long long value)
{
	if (!json_is_integer(at(json, path)) || json_integer_value(at(json, path)) != value)
		fail_msg("%s is not %lld", path, value);
}

static inline void silent(const json_t *json, const char *path)
{
	if (at(json, path))
		fail_msg("%s should not be there", path);
}

#endif
