// SPDX-License-Identifier: Apache-2.0
/* One prefix a line, as Cloudflare and many others publish theirs; what follows a '#' is a comment. */
#include "source/format_private.h"

int source_list_read(struct source_reader *reader)
{
	const struct source_fact fact = { 0 };
	struct prefix prefix;
	char *line;
	int got;

	while ((got = source_line(reader, &line)) > 0) {
		const char *error = source_prefix(line, &prefix);

		if (error)
			source_bad(reader, "'%.*s' %s", SOURCE_QUOTED, line, error);
		else
			source_add(reader, &prefix, &fact);
	}
	return got;
}
