// SPDX-License-Identifier: Apache-2.0
/*
 * Origin ASes as CSV: "192.0.2.0/24,64496,Example", or a range, "192.0.2.0,192.0.2.255,64496,Example", with a tab between
 * fields as well. Where the first row names its fields, they may be in any order and others between them.
 */
#include "source/format_private.h"

#include <string.h>

enum asn_field { ASN_FIRST, ASN_LAST, ASN_NUMBER, ASN_NAME, ASN_FIELDS };

struct asn_columns {
	int at[ASN_FIELDS];	/* -1: there is none */
	bool named;
};

/* What publishers call them. */
static const struct {
	const char *name;
	enum asn_field field;
} asn_names[] = {
	{ "network", ASN_FIRST },	{ "prefix", ASN_FIRST },      { "cidr", ASN_FIRST },
	{ "ip_range", ASN_FIRST },	{ "start_ip", ASN_FIRST },    { "range_start", ASN_FIRST },
	{ "ip_range_start", ASN_FIRST }, { "start", ASN_FIRST },      { "first", ASN_FIRST },
	{ "end_ip", ASN_LAST },		{ "range_end", ASN_LAST },    { "ip_range_end", ASN_LAST },
	{ "end", ASN_LAST },		{ "last", ASN_LAST },	      { "asn", ASN_NUMBER },
	{ "as_number", ASN_NUMBER },	{ "as number", ASN_NUMBER },  { "autonomous_system_number", ASN_NUMBER },
	{ "origin", ASN_NUMBER },	{ "as_name", ASN_NAME },      { "name", ASN_NAME },
	{ "as name", ASN_NAME },	{ "as_description", ASN_NAME }, { "autonomous_system_organization", ASN_NAME },
	{ "organization", ASN_NAME },	{ "org", ASN_NAME },
};

static void asn_name_columns(const struct source_row *row, struct asn_columns *columns)
{
	for (size_t i = 0; i < row->count; i++)
		for (size_t j = 0; j < sizeof(asn_names) / sizeof(asn_names[0]); j++)
			if (!strcasecmp(row->field[i], asn_names[j].name) && columns->at[asn_names[j].field] < 0)
				columns->at[asn_names[j].field] = (int)i;
	columns->named = columns->at[ASN_FIRST] >= 0 && columns->at[ASN_NUMBER] >= 0;
}

static const char *asn_field(const struct source_row *row, const struct asn_columns *columns, enum asn_field field)
{
	return columns->at[field] >= 0 && (size_t)columns->at[field] < row->count ? row->field[columns->at[field]] : "";
}

/* Without names: the second field is an address, or it is the number. */
static void asn_guess_columns(const struct source_row *row, struct asn_columns *columns)
{
	const bool range = row->count > 1 && strpbrk(row->field[1], ".:");

	*columns = (struct asn_columns){ { 0, range ? 1 : -1, range ? 2 : 1, range ? 3 : 2 }, false };
}

/* "first,last", or a prefix alone. What is wrong, or NULL. */
static const char *asn_range(const char *first, const char *last, struct prefix *prefix, u128 *end)
{
	sa_family_t family;
	const char *error = source_prefix(first, prefix);

	if (error)
		return error;
	*end = prefix_last(prefix);
	if (!*last)
		return NULL;
	if (strchr(first, '/') || !address_parse(last, &family, end) || family != prefix->family)
		return "is not followed by the last address of a range";
	if (family == AF_INET)
		*end |= U128_MAX >> 32;
	return *end < prefix->first ? "is a range that ends before it begins" : NULL;
}

static int asn_row(struct source_reader *reader, const struct source_row *row, struct asn_columns *columns)
{
	struct source_fact fact = { 0 };
	const char *first, *name, *error;
	struct prefix prefix;
	u128 last;

	if (!columns->named)
		asn_guess_columns(row, columns);
	first = asn_field(row, columns, ASN_FIRST);
	error = asn_range(first, asn_field(row, columns, ASN_LAST), &prefix, &last);
	if (error)
		return source_bad(reader, "'%.*s' %s", SOURCE_QUOTED, first, error);
	if (!source_asn(asn_field(row, columns, ASN_NUMBER), &fact.asn))
		return source_bad(reader, "'%.*s' has no number of an AS: '%.20s'", SOURCE_QUOTED, first,
				  asn_field(row, columns, ASN_NUMBER));
	/* 0: nobody announces it */
	if (!fact.asn)
		return 0;
	source_add_range(reader, prefix.family, prefix.first, last, &fact);
	name = asn_field(row, columns, ASN_NAME);
	source_as(reader, fact.asn, name, strlen(name));
	return 0;
}

/* The delimiter that the file's first row has. */
static int asn_delimiter(struct source_reader *reader, char *delimiter)
{
	const uint8_t *at;
	ptrdiff_t there = input_peek(&reader->input, 4096, &at);
	size_t begin = 0, end;

	if (there < 0)
		return -1;
	for (end = 0; end < (size_t)there; begin = end + 1) {
		for (end = begin; end < (size_t)there && at[end] != '\n' && at[end] != '\r'; end++)
			;
		if (end > begin && at[begin] != '#')
			break;
	}
	*delimiter = ',';
	if (begin < end && !memchr(at + begin, ',', end - begin) && memchr(at + begin, '\t', end - begin))
		*delimiter = '\t';
	return 0;
}

int source_asn_csv_read(struct source_reader *reader)
{
	struct asn_columns columns = { { -1, -1, -1, -1 }, false };
	struct source_row row;
	char delimiter;
	int got;

	if (asn_delimiter(reader, &delimiter))
		return -1;
	while ((got = source_row(reader, delimiter, &row)) > 0) {
		if (source_row_is_header(reader, &row))
			asn_name_columns(&row, &columns);
		else if (asn_row(reader, &row, &columns))
			return -1;
	}
	return got;
}
