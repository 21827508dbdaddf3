// SPDX-License-Identifier: Apache-2.0
/* From what a reader finds to records. */
#include "source/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "source/record.h"
#include "util/memory.h"
#include "util/rfc3339.h"

int source_fail(struct source_reader *reader, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return confine_fail(reader->confine, ": %s", text);
}

int source_fail_line(struct source_reader *reader, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return confine_fail(reader->confine, ":%zu: %s", reader->line, text);
}

int source_bad(struct source_reader *reader, const char *format, ...)
{
	char text[SOURCE_SAID];
	int used;
	va_list args;

	if (reader->bad++ >= SOURCE_SAYS_BAD || reader->detecting)
		return 0;
	used = snprintf(text, sizeof(text), "%zu: ", reader->line);
	va_start(args, format);
	vsnprintf(text + used, sizeof(text) - (size_t)used, format, args);
	va_end(args);
	confine_send(reader->confine, RECORD_BAD, text, strlen(text));
	return 0;
}

const char *source_prefix(const char *text, struct prefix *out)
{
	const char *error = prefix_parse(text, out);

	if (error)
		return error;
	return out->length ? NULL : "is every address there is, which says nothing of anybody";
}

void source_add_range(struct source_reader *reader, sa_family_t family, u128 first, u128 last,
		      const struct source_fact *fact)
{
	struct record_fact record = {
		.first = first,
		.last = last,
		.asn = fact->asn,
		.region = fact->region,
		.service = fact->service,
		.family = family == AF_INET ? 4 : 6,
		.flags = fact->flags,
	};

	memcpy(record.country, fact->country, sizeof(record.country));
	memcpy(record.registered, fact->registered, sizeof(record.registered));
	memcpy(record.represented, fact->represented, sizeof(record.represented));
	confine_send(reader->confine, RECORD_FACT, &record, sizeof(record));
}

void source_add(struct source_reader *reader, const struct prefix *prefix, const struct source_fact *fact)
{
	source_add_range(reader, prefix->family, prefix->first, prefix_last(prefix), fact);
}

static bool reader_codes(const struct source_fact *fact, struct source_fact *out)
{
	*out = *fact;
	return (!*fact->country || source_country(fact->country, out->country)) &&
	       (!*fact->registered || source_country(fact->registered, out->registered)) &&
	       (!*fact->represented || source_country(fact->represented, out->represented));
}

int source_network(struct source_reader *reader, const struct prefix *prefix, const struct source_fact *fact)
{
	struct source_fact checked;
	char text[ADDRESS_TEXT];

	if (!prefix->length || prefix->length > address_bits(prefix->family))
		return source_fail(reader, "has a network with the prefix length %u", prefix->length);
	if (prefix->first & ~prefix_mask(prefix->length)) {
		prefix_format(prefix, text);
		return source_fail(reader, "network '%s' %s", text, PREFIX_HOST_BITS);
	}
	if (!reader_codes(fact, &checked)) {
		prefix_format(prefix, text);
		return source_fail(reader, "network '%s' has a country that is not two letters", text);
	}
	if (checked.asn || *checked.country || *checked.registered || *checked.represented || checked.flags)
		source_add(reader, prefix, &checked);
	return 0;
}

uint32_t source_string(struct source_reader *reader, const char *text)
{
	size_t length = strnlen(text, SOURCE_STRING);
	uint32_t count = intern_count(reader->strings), number = intern_put(reader->strings, text, length);

	if (number == count)
		confine_send(reader->confine, RECORD_STRING, text, length);
	return number;
}

void source_as(struct source_reader *reader, uint32_t number, const char *name, size_t length)
{
	uint8_t bytes[sizeof(number) + 4 * SOURCE_AS_NAME];
	uint32_t count = intern_count(reader->ases);

	if (!length || intern_put(reader->ases, &number, sizeof(number)) != count)
		return;
	/* its beginning will do */
	if (length > sizeof(bytes) - sizeof(number))
		length = sizeof(bytes) - sizeof(number);
	memcpy(bytes, &number, sizeof(number));
	memcpy(bytes + sizeof(number), name, length);
	confine_send(reader->confine, RECORD_AS_NAME, bytes, sizeof(number) + length);
}

void source_as_country(struct source_reader *reader, uint32_t number, const char country[2])
{
	uint8_t bytes[sizeof(number) + 2];

	memcpy(bytes, &number, sizeof(number));
	memcpy(bytes + sizeof(number), country, 2);
	confine_send(reader->confine, RECORD_AS_COUNTRY, bytes, sizeof(bytes));
}

bool source_date(struct source_reader *reader, const char *text)
{
	char date[sizeof("2026-06-25")];
	int64_t day;

	snprintf(date, sizeof(date), "%.10s", text);
	if (!rfc3339_parse_day(date, &day))
		return false;
	confine_send(reader->confine, RECORD_DATE, date, sizeof(date) - 1);
	return true;
}

bool source_date_seconds(struct source_reader *reader, int64_t seconds)
{
	const time_t time = (time_t)seconds;
	char text[32];
	struct tm day;

	if (seconds <= 0 || !gmtime_r(&time, &day) || day.tm_year > 9999 - 1900)
		return false;
	strftime(text, sizeof(text), "%Y-%m-%d", &day);
	return source_date(reader, text);
}

/* What was said of a prefix that was seen, and where. */
struct reader_answer {
	char text[20];
	size_t line;
};

int source_once(struct source_reader *reader, const struct prefix *prefix, const char *answer)
{
	const struct reader_answer *known;
	struct reader_answer said = { .line = reader->line };
	struct prefix key;
	char text[ADDRESS_TEXT];
	uint32_t number;

	memset(&key, 0, sizeof(key));
	key.first = prefix->first;
	key.family = prefix->family;
	key.length = prefix->length;
	snprintf(said.text, sizeof(said.text), "%s", answer);
	number = intern_put(reader->seen, &key, sizeof(key));
	if (number == reader->answers.length / sizeof(said)) {
		buffer_append(&reader->answers, &said, sizeof(said));
		return 1;
	}
	known = (const struct reader_answer *)reader->answers.data + number;
	prefix_format(prefix, text);
	if (strcmp(known->text, said.text))
		return source_fail_line(reader, "'%s' stands twice with two answers, '%s' here and '%s' in line %zu", text,
					said.text, known->text, known->line);
	return source_bad(reader, "'%s' stands twice, first in line %zu", text, known->line);
}

bool source_asn(const char *text, uint32_t *out)
{
	const char *at = text + (strncasecmp(text, "AS", 2) ? 0 : 2), *digit;
	uint64_t value = 0;

	for (digit = at; *digit >= '0' && *digit <= '9' && digit - at < 10; digit++)
		value = value * 10 + (uint64_t)(*digit - '0');
	if (digit == at || *digit || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}
