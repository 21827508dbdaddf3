// SPDX-License-Identifier: Apache-2.0
/*
 * The statistics that all five regional registries publish in one format (delegated-extended, and without what is
 * extended), one file or several after each other:
 *
 *   2|ripencc|20260625|3|19830705|20260624|+0200              version, registry, serial, records, first and last day
 *   ripencc|*|ipv4|*|1|summary
 *   ripencc|FR|ipv4|192.0.2.0|256|20100101|allocated|id       first address and how many
 *   ripencc|FR|ipv6|2001:db8::|32|20100101|allocated|id       first address and the length of the prefix
 *   ripencc|FR|asn|64496|1|20100101|allocated|id              first number and how many
 *
 * It says where the holder is registered, and nothing of where the addresses are. The summaries say how many records
 * there must be, so a file that is cut short is known.
 */
#include "source/format_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELEGATED_FIELDS	8
#define DELEGATED_ASES		100000	/* numbers of one record at most */

enum delegated_type { DELEGATED_ASN, DELEGATED_IPV4, DELEGATED_IPV6, DELEGATED_TYPES };

static const char *const delegated_types[DELEGATED_TYPES] = { "asn", "ipv4", "ipv6" };

struct delegated {
	struct source_reader *reader;
	char registry[16];
	unsigned long long promised[DELEGATED_TYPES], found[DELEGATED_TYPES];
	char oldest[sizeof("2026-06-25")];	/* of several files */
};

static bool delegated_number(const char *text, unsigned long long *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end;
}

/* One registry's part has ended. */
static int delegated_close(struct delegated *delegated)
{
	for (size_t i = 0; i < DELEGATED_TYPES; i++) {
		if (delegated->promised[i] && delegated->found[i] < delegated->promised[i])
			return source_fail_line(delegated->reader,
						"the file is cut short: %s has promised %llu records of %s, and here are %llu",
						delegated->registry, delegated->promised[i], delegated_types[i],
						delegated->found[i]);
		delegated->promised[i] = delegated->found[i] = 0;
	}
	return 0;
}

/* "2|ripencc|20260625|3|19830705|20260624|+0200" */
static int delegated_open(struct delegated *delegated, char *const field[DELEGATED_FIELDS], size_t count)
{
	char day[sizeof("2026-06-25")];

	if (delegated_close(delegated))
		return -1;
	snprintf(delegated->registry, sizeof(delegated->registry), "%s", field[1]);
	if (count < 6 || strlen(field[5]) != 8)
		return 0;
	snprintf(day, sizeof(day), "%.4s-%.2s-%.2s", field[5], field[5] + 4, field[5] + 6);
	if (*delegated->oldest && strcmp(day, delegated->oldest) >= 0)
		return 0;
	if (source_date(delegated->reader, day))
		snprintf(delegated->oldest, sizeof(delegated->oldest), "%s", day);
	return 0;
}

static int delegated_ases(struct source_reader *reader, const char *first, unsigned long long count,
			  const struct source_fact *fact)
{
	uint32_t number;

	if (!source_asn(first, &number) || !count || count > DELEGATED_ASES || number + count - 1 > UINT32_MAX)
		return source_bad(reader, "'%.20s' and %llu more are no numbers of ASes", first, count);
	for (; count && *fact->registered; count--, number++)
		source_as_country(reader, number, fact->registered);
	return 0;
}

static int delegated_addresses(struct source_reader *reader, enum delegated_type type, const char *first,
			       unsigned long long count, const struct source_fact *fact)
{
	struct prefix prefix;
	sa_family_t family;
	char text[64];
	const char *error;
	u128 begin, last;

	if (type == DELEGATED_IPV6) {
		snprintf(text, sizeof(text), "%.50s/%llu", first, count > 999 ? 999 : count);
		error = source_prefix(text, &prefix);
		if (error)
			return source_bad(reader, "'%s' %s", text, error);
		source_add(reader, &prefix, fact);
		return 0;
	}
	if (!address_parse(first, &family, &begin) || family != AF_INET)
		return source_bad(reader, "'%.*s' is no IPv4 address", SOURCE_QUOTED, first);
	last = begin + ((u128)(count - 1) << 96 | U128_MAX >> 32);
	if (!count || count > (1ull << 31) || last < begin)
		return source_bad(reader, "'%s' and %llu more are no IPv4 addresses", first, count);
	source_add_range(reader, AF_INET, begin, last, fact);
	return 0;
}

static int delegated_record(struct delegated *delegated, enum delegated_type type, char *const field[DELEGATED_FIELDS])
{
	struct source_reader *reader = delegated->reader;
	struct source_fact fact = { 0 };
	unsigned long long count;

	delegated->found[type]++;
	if (!delegated_number(field[4], &count))
		return source_bad(reader, "'%.20s' is not how many", field[4]);
	/* what is free or reserved has no holder */
	if (strcmp(field[6], "allocated") && strcmp(field[6], "assigned"))
		return 0;
	if (!source_country(field[1], fact.registered))
		return source_bad(reader, "'%.16s' is not a country of two letters", field[1]);
	return type == DELEGATED_ASN ? delegated_ases(reader, field[3], count, &fact) :
				       delegated_addresses(reader, type, field[3], count, &fact);
}

static int delegated_line(struct delegated *delegated, char *line)
{
	struct source_reader *reader = delegated->reader;
	char *field[DELEGATED_FIELDS];
	size_t count = 0;

	while (count < DELEGATED_FIELDS && (field[count] = strsep(&line, "|")))
		count++;
	if (count >= 6 && strspn(field[0], "0123456789.") == strlen(field[0])) {
		reader->rows--;
		return delegated_open(delegated, field, count);
	}
	for (enum delegated_type type = 0; count >= 6 && type < DELEGATED_TYPES; type++) {
		if (strcmp(field[2], delegated_types[type]))
			continue;
		if (!strcmp(field[5], "summary")) {
			reader->rows--;
			return delegated_number(field[4], &delegated->promised[type]) ?
				0 : source_fail_line(reader, "'%.20s' is not how many", field[4]);
		}
		if (count >= 7)
			return delegated_record(delegated, type, field);
	}
	return source_bad(reader, "'%.*s' is no record of a registry", SOURCE_QUOTED, count ? field[0] : "");
}

int source_delegated_read(struct source_reader *reader)
{
	struct delegated delegated = { .reader = reader };
	char *line;
	int got;

	while ((got = source_line(reader, &line)) > 0)
		if (delegated_line(&delegated, line))
			return -1;
	return got < 0 ? -1 : delegated_close(&delegated);
}
