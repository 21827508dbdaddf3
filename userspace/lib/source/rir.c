// SPDX-License-Identifier: Apache-2.0
/*
 * "prefix,country" or "prefix,country,holder" a line, packed by gzip or not: where the holder of the addresses is
 * registered, out of the delegation statistics of the regional registries, and what it is called. It says nothing of
 * where the addresses are.
 */
#include "source/format_private.h"

#include <string.h>

int source_rir_read(struct source_reader *reader)
{
	struct prefix prefix;
	char *line;
	int got;

	if (source_unzip(reader))
		return -1;
	while ((got = source_line(reader, &line)) > 0) {
		const char *text = source_field(&line), *country = source_field(&line);
		struct source_fact fact = { 0 };

		if (source_line_prefix(reader, text, &prefix))
			return -1;
		if (!country)
			return source_fail_line(reader, "'%s' is not followed by a country", text);
		if (!source_country(country, fact.registered))
			return source_fail_line(reader, "'%.16s' is not a country of two letters", country);
		if (line)
			fact.service = source_string(reader, line + strspn(line, " \t"));
		source_add(reader, &prefix, &fact);
	}
	return got;
}
