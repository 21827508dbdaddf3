// SPDX-License-Identifier: Apache-2.0
/*
 * "192.0.2.0 24 64496" a line, as CAIDA derives it from RouteViews: a prefix and who announces it. Several ASes that do
 * stand between '_', and the members of a set between ','; each of them may be it.
 */
#include "source/format_private.h"

#include <stdio.h>
#include <string.h>

#include "util/memory.h"

static int pfx2as_line(struct source_reader *reader, char *line)
{
	char *address = strsep(&line, " \t"), *length, *origins, *origin, text[ADDRESS_TEXT];
	struct source_fact fact = { 0 };
	struct prefix prefix;
	const char *error;

	line += line ? strspn(line, " \t") : 0;
	length = strsep(&line, " \t");
	line += line ? strspn(line, " \t") : 0;
	origins = strsep(&line, " \t");
	if (!length || !origins || (line && line[strspn(line, " \t")]))
		return source_bad(reader, "'%.*s' is not followed by the length of its prefix and an AS", SOURCE_QUOTED,
				  address);
	snprintf(text, sizeof(text), "%.*s/%.3s", (int)sizeof(text) - 5, address, length);
	error = strlen(length) > 3 ? "has a prefix length that is not a number" : source_prefix(text, &prefix);
	if (error)
		return source_bad(reader, "'%s' %s", text, error);
	while ((origin = strsep(&origins, "_,"))) {
		if (!source_asn(origin, &fact.asn))
			return source_bad(reader, "'%s' has no number of an AS: '%.20s'", text, origin);
		if (fact.asn)
			source_add(reader, &prefix, &fact);
	}
	return 0;
}

int source_pfx2as_read(struct source_reader *reader)
{
	char *line;
	int got;

	while ((got = source_line(reader, &line)) > 0)
		if (pfx2as_line(reader, line))
			return -1;
	return got;
}
