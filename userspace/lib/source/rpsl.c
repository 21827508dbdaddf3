// SPDX-License-Identifier: Apache-2.0
/*
 * The database of a registry as text (RFC 2622): RIPE's split files, of which those of inetnum, inet6num and
 * organisation are needed, one after the other in one file, packed or not; or the whole.
 *
 *   inetnum:        192.0.2.0 - 192.0.2.255        organisation:   ORG-EX1-RIPE
 *   org:            ORG-EX1-RIPE                   org-name:       Example SAS
 *   status:         ALLOCATED PA                   country:        FR
 *
 * A range that names an organisation is held by it: the service of its fact is the organisation's name, and its country
 * is where the holder is registered. The country of the range itself says neither, and ranges without an organisation
 * are their holder's customers'.
 */
#include "source/format_private.h"

#include <string.h>

struct rpsl_held {
	u128 first, last;
	sa_family_t family;
	uint32_t org;			/* of rpsl.orgs */
};

struct rpsl_org {
	uint32_t name;			/* of the source's strings */
	char country[3];
};

struct rpsl {
	struct source_reader *reader;
	struct intern *orgs;
	struct buffer held;		/* struct rpsl_held[] */
	struct buffer known;		/* struct rpsl_org[], by number of the org */
	/* of the object that is read */
	enum { RPSL_OTHER, RPSL_RANGE, RPSL_ORG } kind;
	struct rpsl_held range;
	struct rpsl_org org;
	uint32_t number;
	bool has_org, is_bad;
};

static struct rpsl_org *rpsl_org(struct rpsl *rpsl, uint32_t number)
{
	const size_t have = rpsl->known.length / sizeof(struct rpsl_org);

	if (number >= have)
		buffer_extend(&rpsl->known, (number + 1 - have) * sizeof(struct rpsl_org));
	return (struct rpsl_org *)rpsl->known.data + number;
}

static void rpsl_end(struct rpsl *rpsl)
{
	if (rpsl->kind == RPSL_RANGE && rpsl->has_org && !rpsl->is_bad) {
		rpsl->range.org = rpsl->number;
		buffer_append(&rpsl->held, &rpsl->range, sizeof(rpsl->range));
	}
	if (rpsl->kind == RPSL_ORG)
		*rpsl_org(rpsl, rpsl->number) = rpsl->org;
	rpsl->kind = RPSL_OTHER;
	rpsl->org = (struct rpsl_org){ 0 };
	rpsl->has_org = rpsl->is_bad = false;
}

/* "192.0.2.0 - 192.0.2.255" or "2001:db8::/32" */
static bool rpsl_range(char *text, struct rpsl_held *out)
{
	char *dash = strstr(text, " - ");
	struct prefix prefix;
	sa_family_t family;

	if (!dash) {
		if (source_prefix(text, &prefix))
			return false;
		out->family = prefix.family;
		out->first = prefix.first;
		out->last = prefix_last(&prefix);
		return true;
	}
	*dash = '\0';
	if (!address_parse(text, &out->family, &out->first) || !address_parse(dash + 3, &family, &out->last) ||
	    family != out->family)
		return false;
	if (family == AF_INET)
		out->last |= U128_MAX >> 32;
	return out->first <= out->last && (out->first || out->last != U128_MAX);
}

static void rpsl_begin(struct rpsl *rpsl, const char *key, char *value)
{
	struct source_reader *reader = rpsl->reader;

	reader->line = reader->input.line;
	if (!strcmp(key, "inetnum") || !strcmp(key, "inet6num")) {
		rpsl->kind = RPSL_RANGE;
		reader->rows++;
		rpsl->is_bad = !rpsl_range(value, &rpsl->range);
		if (rpsl->is_bad)
			source_bad(reader, "'%.*s' is no range of addresses", SOURCE_QUOTED, value);
	} else if (!strcmp(key, "organisation")) {
		rpsl->kind = RPSL_ORG;
		rpsl->number = intern_put(rpsl->orgs, value, strlen(value));
	}
}

static char *rpsl_value(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return text;
}

static void rpsl_line(struct rpsl *rpsl, char *line, bool first)
{
	char *colon = strchr(line, ':'), *value;

	/* what begins with a blank or '+' goes on with the line before, and nothing that is asked here does */
	if (!colon || strchr(" \t+%#", *line))
		return;
	*colon = '\0';
	value = rpsl_value(colon + 1);
	if (first)
		rpsl_begin(rpsl, line, value);
	else if (rpsl->kind == RPSL_RANGE && !strcmp(line, "org") && *value) {
		rpsl->number = intern_put(rpsl->orgs, value, strlen(value));
		rpsl->has_org = true;
	} else if (rpsl->kind == RPSL_ORG && !strcmp(line, "org-name")) {
		rpsl->org.name = source_string(rpsl->reader, value);
	} else if (rpsl->kind == RPSL_ORG && !strcmp(line, "country")) {
		source_country(value, rpsl->org.country);
	}
}

/* Organisations may stand after what they hold. */
static void rpsl_facts(struct rpsl *rpsl)
{
	const struct rpsl_held *held = (const struct rpsl_held *)rpsl->held.data;

	for (size_t i = 0; i < rpsl->held.length / sizeof(*held); i++) {
		const struct rpsl_org *org = rpsl_org(rpsl, held[i].org);
		struct source_fact fact = { .service = org->name };

		memcpy(fact.registered, org->country, sizeof(fact.registered));
		if (org->name || *org->country)
			source_add_range(rpsl->reader, held[i].family, held[i].first, held[i].last, &fact);
	}
}

int source_rpsl_read(struct source_reader *reader)
{
	struct rpsl rpsl = { .reader = reader };
	bool first = true;
	size_t length;
	char *line;
	int got;

	intern_new(&rpsl.orgs);
	while ((got = input_line(&reader->input, &line, &length)) > 0) {
		if (!*line) {
			rpsl_end(&rpsl);
			first = true;
		} else if (!strchr("%#", *line)) {
			rpsl_line(&rpsl, line, first);
			first = false;
		}
	}
	if (got < 0)
		return -1;
	rpsl_end(&rpsl);
	rpsl_facts(&rpsl);
	return 0;
}
