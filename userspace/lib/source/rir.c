// SPDX-License-Identifier: Apache-2.0
/*
 * "prefix,country" or "prefix,country,holder" a row: where the holder of the addresses is registered, out of the
 * delegation statistics of the regional registries (delegated.c), and what it is called. It says nothing of where the
 * addresses are. Two countries of one prefix are both told: while it moves between registries it is in both.
 */
#include "source/format_private.h"

static int rir_row(struct source_reader *reader, const struct source_row *row)
{
	struct source_fact fact = { 0 };
	struct prefix prefix;
	const char *error = source_prefix(row->field[0], &prefix);

	if (error)
		return source_bad(reader, "'%.*s' %s", SOURCE_QUOTED, row->field[0], error);
	if (row->count < 2 || row->count > 3)
		return source_bad(reader, "'%.*s' is not followed by a country, a holder or nothing, and the end of the row",
				  SOURCE_QUOTED, row->field[0]);
	if (!source_country(row->field[1], fact.registered))
		return source_bad(reader, "'%.16s' is not a country of two letters", row->field[1]);
	fact.service = row->count > 2 ? source_string(reader, row->field[2]) : 0;
	source_add(reader, &prefix, &fact);
	return 0;
}

int source_rir_read(struct source_reader *reader)
{
	struct source_row row;
	int got;

	while ((got = source_row(reader, ',', &row)) > 0)
		if (!source_row_is_header(reader, &row) && rir_row(reader, &row))
			return -1;
	return got;
}
