// SPDX-License-Identifier: Apache-2.0
#include "source/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/location.h"
#include "util/memory.h"
#include "util/utf8.h"

int source_fail(const struct source_reader *reader, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return resid_fail(reader->err, RESID_EXIT_INPUT, "%s: %s; %s", reader->path, text, SOURCE_REMEDY);
}

const char *source_prefix(const char *text, struct prefix *out)
{
	const char *error = prefix_parse(text, out);

	return error || out->length ? error : "is every address there is, which says nothing of anybody";
}

void source_add(struct source_reader *reader, const struct prefix *prefix, const struct source_fact *fact)
{
	struct source_facts *facts = prefix->family == AF_INET ? &reader->source->v4 : &reader->source->v6;
	struct source_fact *added = MEM_PUSH(facts->fact, facts->count, facts->capacity);

	*added = *fact;
	added->first = prefix->first;
	added->last = prefix_last(prefix);
}

/* Text of a stranger: what is no UTF-8, a control character or over the length is not there. */
void source_as(struct source_reader *reader, uint32_t number, const char *name)
{
	struct source *source = reader->source;
	const struct source_as as = { number, (uint32_t)source->as_text.length + 1 };
	size_t length, used = 0;
	char clean[SOURCE_AS_NAME + 1];

	for (; *name; name += length ? length : 1) {
		length = utf8_length(name);
		if (length == 1 && (*name < ' ' || *name == 127))
			continue;
		if (used + length > SOURCE_AS_NAME)
			break;
		memcpy(clean + used, name, length);
		used += length;
	}
	if (!number || !used)
		return;
	clean[used] = '\0';
	buffer_append(&source->as, &as, sizeof(as));
	buffer_append(&source->as_text, clean, used + 1);
}

void source_as_country(struct source_reader *reader, uint32_t number, const char *country)
{
	struct source_as_country said = { .number = number };

	if (number && source_country(country, said.country) && *said.country)
		buffer_append(&reader->source->as_country, &said, sizeof(said));
}

uint32_t source_string(struct source_reader *reader, const char *text)
{
	return intern_put(reader->strings, text, strlen(text) + 1);
}

bool source_country(const char *text, char out[3])
{
	char code[3] = "";
	int location, i;

	out[0] = '\0';
	if (strlen(text) != 2)
		return false;
	for (i = 0; i < 2; i++)
		code[i] = (char)(text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]);
	location = location_of_code(code);
	if (location < 0)
		return false;
	if (location == LOCATION_REGION_EU || location == LOCATION_REGION_AP)
		memcpy(out, code, 3);
	else if (location == LOCATION_PROXY || location == LOCATION_SATELLITE)
		memcpy(out, code, 3);
	else if (location < LOCATION_CODES)
		memcpy(out, location_name((unsigned int)location), 3);
	return true;
}

bool source_is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int i, year, month, day;

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != '-')
			return false;
	year = atoi(text);
	month = atoi(text + 5);
	day = atoi(text + 8);
	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] ||
	       (month == 2 && day == 29 && year % 4 == 0 && (year % 100 || year % 400 == 0));
}
