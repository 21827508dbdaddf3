// SPDX-License-Identifier: Apache-2.0
/*
 * RFC 8805: "prefix,country,region,city,postal" a row. The fields after the first may be empty or left out; an empty
 * country, or ZZ, asks not to be located. The region is ISO 3166-2. An entry with a bad field is left out, and a prefix
 * that stands twice is an error (2.1.2).
 */
#include "source/format_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "source/location.h"

/* FR-NC is New Caledonia, whose law is not France's. */
static void geofeed_territory(const char *region, char country[3])
{
	int location = location_of_subdivision(region);

	if (location >= 0)
		memcpy(country, location_name((unsigned int)location), 3);
}

static bool geofeed_is_region(const char *region, const char *country)
{
	return strlen(region) >= 4 && strlen(country) == 2 && !strncasecmp(region, country, 2) && region[2] == '-';
}

static int geofeed_row(struct source_reader *reader, const struct source_row *row)
{
	const char *country = row->count > 1 ? row->field[1] : NULL, *region = row->count > 2 ? row->field[2] : "";
	struct source_fact fact = { 0 };
	struct prefix prefix;
	const char *error = source_prefix(row->field[0], &prefix);
	char answer[20];
	int once;

	if (error)
		return source_bad(reader, "'%.*s' %s", SOURCE_QUOTED, row->field[0], error);
	if (!country)
		return source_bad(reader, "'%.*s' stands alone; a geofeed has a comma and a country after it (a plain list of prefixes is of the format `list`)",
				  SOURCE_QUOTED, row->field[0]);
	if (*country && !source_country(country, fact.country))
		return source_bad(reader, "'%.16s' is not a country of two letters", country);
	if (*region && !geofeed_is_region(region, country))
		return source_bad(reader, "'%.16s' is not a region of the country '%s' in the form of ISO 3166-2", region,
				  country);
	snprintf(answer, sizeof(answer), "%s", *region ? region : country);
	for (char *at = answer; *at; at++)
		*at = (char)toupper((unsigned char)*at);
	once = source_once(reader, &prefix, answer);
	if (once <= 0)
		return once;
	geofeed_territory(region, fact.country);
	fact.region = source_string(reader, region);
	source_add(reader, &prefix, &fact);
	return 0;
}

int source_geofeed_read(struct source_reader *reader)
{
	struct source_row row;
	int got;

	while ((got = source_row(reader, ',', &row)) > 0)
		if (!source_row_is_header(reader, &row) && geofeed_row(reader, &row))
			return -1;
	return got;
}
