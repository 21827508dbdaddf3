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
		if (source_line_prefix(reader, line, &prefix))
			return -1;
		source_add(reader, &prefix, &fact);
	}
	return got;
}
