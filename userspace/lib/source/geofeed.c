// SPDX-License-Identifier: Apache-2.0
/*
 * RFC 8805: "prefix,country,region,city,postal" a line. The fields after the first may be empty or left out; an empty
 * country, or ZZ, asks not to be located. The region is ISO 3166-2.
 */
#include "source/format_private.h"

#include <string.h>

#include "source/location.h"

/* FR-NC is New Caledonia, whose law is not France's. */
static void geofeed_territory(const char *region, char country[3])
{
	int location = location_of_subdivision(region);

	if (location >= 0)
		memcpy(country, location_name((unsigned int)location), 3);
}

int source_geofeed_read(struct source_reader *reader)
{
	struct prefix prefix;
	char *line;
	int got;

	while ((got = source_line(reader, &line)) > 0) {
		const char *text = source_field(&line), *country = source_field(&line), *region = source_field(&line);
		struct source_fact fact = { 0 };

		if (source_line_prefix(reader, text, &prefix))
			return -1;
		if (!country)
			return source_fail_line(reader, "'%s' stands alone; a geofeed has a comma and a country after it "
						"(a plain list of prefixes is of the format `list`)", text);
		if (*country && !source_country(country, fact.country))
			return source_fail_line(reader, "'%.16s' is not a country of two letters", country);
		if (region && *region) {
			if (strlen(region) < 4 || strncasecmp(region, country, 2) || region[2] != '-')
				return source_fail_line(reader, "'%.16s' is not a region of the country '%s' in the form "
							"of ISO 3166-2", region, country);
			geofeed_territory(region, fact.country);
			fact.region = source_string(reader, region);
		}
		source_add(reader, &prefix, &fact);
	}
	return got;
}
