// SPDX-License-Identifier: Apache-2.0
/* The caller's side of record.h. */
#include "source/record.h"

#include <string.h>

#include "util/memory.h"
#include "util/rfc3339.h"
#include "util/utf8.h"

#define RECORD_FACTS	((size_t)1 << 22)	/* the largest known file has 1.3 million */
#define RECORD_STRINGS	((size_t)1 << 20)
#define RECORD_ASES	((size_t)1 << 20)

static int record_refuse(const struct record_taker *taker, struct resid_error *err)
{
	return confine_refuse(taker->path, err, "its parser says what makes no sense");
}

/* Zeros, or two letters as source_country() has them. */
static bool record_code(const char code[2], char out[3])
{
	const char text[3] = { code[0], code[1], '\0' };

	return (!code[0] && !code[1]) || source_country(text, out);
}

static bool record_range(const struct record_fact *said)
{
	const u128 host = U128_MAX >> 32;

	if (said->first > said->last || (!said->first && said->last == U128_MAX))
		return false;
	return said->family == 6 || (said->family == 4 && !(said->first & host) && (said->last & host) == host);
}

static int record_fact(struct record_taker *taker, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	struct source *source = taker->source;
	struct source_facts *facts;
	struct source_fact fact = { 0 };
	struct record_fact said;

	if (length != sizeof(said))
		return record_refuse(taker, err);
	memcpy(&said, bytes, sizeof(said));
	facts = said.family == 4 ? &source->v4 : &source->v6;
	if (!record_range(&said) || said.region >= source->string_count || said.service >= source->string_count ||
	    !record_code(said.country, fact.country) || !record_code(said.registered, fact.registered) ||
	    !record_code(said.represented, fact.represented))
		return record_refuse(taker, err);
	if (source->v4.count + source->v6.count >= RECORD_FACTS)
		return confine_refuse(taker->path, err, "holds more than %zu networks", RECORD_FACTS);
	fact.first = said.first;
	fact.last = said.last;
	fact.asn = said.asn;
	fact.region = said.region;
	fact.service = said.service;
	fact.flags = said.flags & SOURCE_F_ALL;
	*MEM_PUSH(facts->fact, facts->count, facts->capacity) = fact;
	return 0;
}

/* Text of a stranger: what is no UTF-8, a control character or over the length is not there. */
static size_t record_clean(const uint8_t *bytes, size_t length, char *out, size_t most)
{
	_cleanup_free_ char *text = mem_copy(bytes, length);
	size_t used = 0, step;
	const char *at;

	for (at = text; *at; at += step ? step : 1) {
		step = utf8_length(at);
		if (!step || (step == 1 && (*at < ' ' || *at == 127)))
			continue;
		if (used + step > most)
			break;
		memcpy(out + used, at, step);
		used += step;
	}
	out[used] = '\0';
	return used;
}

static int record_string(struct record_taker *taker, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	struct source *source = taker->source;
	char text[SOURCE_STRING + 1];

	if (source->string_count >= RECORD_STRINGS)
		return confine_refuse(taker->path, err, "names more than %zu regions and services", RECORD_STRINGS);
	length = record_clean(bytes, length, text, SOURCE_STRING);
	*MEM_PUSH(source->string, source->string_count, source->string_capacity) = mem_copy(text, length);
	return 0;
}

static int record_as_name(struct record_taker *taker, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	struct source *source = taker->source;
	struct source_as as = { .name = (uint32_t)source->as_text.length + 1 };
	char text[SOURCE_AS_NAME + 1];

	if (length < sizeof(as.number))
		return record_refuse(taker, err);
	if (source->as.length / sizeof(as) >= RECORD_ASES)
		return confine_refuse(taker->path, err, "names more than %zu ASes", RECORD_ASES);
	memcpy(&as.number, bytes, sizeof(as.number));
	length = record_clean(bytes + sizeof(as.number), length - sizeof(as.number), text, SOURCE_AS_NAME);
	if (!as.number || !length)
		return 0;
	buffer_append(&source->as, &as, sizeof(as));
	buffer_append(&source->as_text, text, length + 1);
	return 0;
}

static int record_as_country(struct record_taker *taker, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	struct source *source = taker->source;
	struct source_as_country said = { 0 };

	if (length != sizeof(said.number) + 2 || !record_code((const char *)bytes + sizeof(said.number), said.country))
		return record_refuse(taker, err);
	if (source->as_country.length / sizeof(said) >= RECORD_ASES)
		return confine_refuse(taker->path, err, "names more than %zu ASes", RECORD_ASES);
	memcpy(&said.number, bytes, sizeof(said.number));
	if (said.number && *said.country)
		buffer_append(&source->as_country, &said, sizeof(said));
	return 0;
}

static int record_bad(struct record_taker *taker, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	struct source *source = taker->source;
	char text[SOURCE_SAID + 1];

	if (source->said_count >= SOURCE_SAYS_BAD)
		return record_refuse(taker, err);
	length = record_clean(bytes, length, text, SOURCE_SAID);
	source->said[source->said_count++] = mem_copy(text, length);
	return 0;
}

static int record_rows(struct record_taker *taker, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	struct record_rows rows;

	if (length != sizeof(rows))
		return record_refuse(taker, err);
	memcpy(&rows, bytes, sizeof(rows));
	if (rows.bad > rows.rows || (rows.bad != 0) != (taker->source->said_count != 0))
		return record_refuse(taker, err);
	taker->source->rows = rows.rows;
	taker->source->bad = rows.bad;
	return 0;
}

static int record_date(struct record_taker *taker, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	char *date = taker->source->date, text[sizeof(taker->source->date)] = "";
	int64_t day;

	if (length != sizeof(text) - 1)
		return record_refuse(taker, err);
	memcpy(text, bytes, length);
	if (!rfc3339_parse_day(text, &day))
		return record_refuse(taker, err);
	memcpy(date, text, sizeof(text));
	return 0;
}

static int record_format(struct record_taker *taker, const uint8_t *bytes, size_t length, struct resid_error *err)
{
	if (length != 1 || *bytes >= SOURCE_FORMATS || !(taker->formats >> *bytes & 1))
		return record_refuse(taker, err);
	taker->source->format = (enum source_format)bytes[0];
	return 0;
}

int record_take(struct record_taker *taker, unsigned int kind, const uint8_t *bytes, size_t length,
		struct resid_error *err)
{
	static int (*const take[])(struct record_taker *, const uint8_t *, size_t, struct resid_error *) = {
		[RECORD_FORMAT] = record_format,   [RECORD_FACT] = record_fact,	      [RECORD_STRING] = record_string,
		[RECORD_AS_NAME] = record_as_name, [RECORD_AS_COUNTRY] = record_as_country, [RECORD_DATE] = record_date,
		[RECORD_BAD] = record_bad,	   [RECORD_ROWS] = record_rows,
	};

	if (kind >= sizeof(take) / sizeof(take[0]))
		return record_refuse(taker, err);
	return take[kind](taker, bytes, length, err);
}
