// SPDX-License-Identifier: Apache-2.0
/* Sources that are JSON. Syntax is refused with line and column, sense with the path of the value. */
#include "source/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int source_json_fail(const struct source_reader *reader, const struct source_at *at, const char *key,
		     const char *format, ...)
{
	char text[512], place[160] = "";
	int used = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (at)
		used = snprintf(place, sizeof(place), "%s[%zu]", at->list, at->index);
	if (at && at->inner)
		used += snprintf(place + used, sizeof(place) - (size_t)used, ".%s[%zu]", at->inner, at->inner_index);
	if (key)
		snprintf(place + used, sizeof(place) - (size_t)used, "%s%s", at ? "." : "", key);
	return resid_fail(reader->err, RESID_EXIT_INPUT, "%s: %s%s%s; %s", reader->path, place, *place ? ": " : "", text,
			  SOURCE_REMEDY);
}

int source_json_load(struct source_reader *reader, json_t **out)
{
	_cleanup_json_ json_t *root = NULL;
	json_error_t error;

	root = json_loadb(reader->data, reader->length, JSON_REJECT_DUPLICATES, &error);
	if (!root && error.line < 1)
		return source_fail(reader, "byte %d: not JSON: %s", error.position, error.text);
	if (!root)
		return resid_fail(reader->err, RESID_EXIT_INPUT, "%s:%d:%d: not JSON: %s; %s", reader->path, error.line,
				  error.column < 1 ? 1 : error.column, error.text, SOURCE_REMEDY);
	if (!json_is_object(root))
		return source_fail(reader, "the JSON is not an object");
	*out = TAKE(root);
	return 0;
}

int source_json_list(const struct source_reader *reader, const struct source_at *at, json_t *object, const char *key,
		     json_t **out)
{
	if (!json_is_object(object))
		return source_json_fail(reader, at, NULL, "is not an object");
	*out = json_object_get(object, key);
	if (!*out)
		return source_json_fail(reader, at, key, "is missing, so this is no file of the provider `%s`",
					reader->format);
	if (!json_is_array(*out))
		return source_json_fail(reader, at, key, "is not a list");
	return 0;
}

int source_json_text(const struct source_reader *reader, const struct source_at *at, json_t *object, const char *key,
		     bool required, const char **out)
{
	json_t *value;

	if (!json_is_object(object))
		return source_json_fail(reader, at, NULL, "is not an object");
	value = json_object_get(object, key);
	*out = "";
	if (!value)
		return required ? source_json_fail(reader, at, key, "is missing") : 0;
	if (!json_is_string(value))
		return source_json_fail(reader, at, key, "is not text");
	*out = json_string_value(value);
	return 0;
}

int source_json_prefix(const struct source_reader *reader, const struct source_at *at, const char *key,
		       const char *text, struct prefix *out)
{
	const char *error = source_prefix(text, out);

	return error ? source_json_fail(reader, at, key, "'%.80s' %s", text, error) : 0;
}

int source_json_date(struct source_reader *reader, json_t *root, const char *key)
{
	char *date = reader->source->date;
	const char *text;

	if (source_json_text(reader, NULL, root, key, false, &text))
		return -1;
	if (!*text)
		return 0;
	snprintf(date, sizeof(reader->source->date), "%s", text);
	if (!source_is_date(date))
		return source_json_fail(reader, NULL, key, "'%.40s' does not begin with a date YYYY-MM-DD", text);
	return 0;
}
