// SPDX-License-Identifier: Apache-2.0
/*
 * What BIRD lists (birdc show route), of version 1 or 2, with `all` or without:
 *
 *   192.0.2.0/24         unicast [peer1 2026-06-25] * (100) [AS64496i]
 *                        unicast [peer2 2026-06-24] (100) [AS64497i]
 *   	BGP.as_path: 64511 64496
 *
 * A prefix stands where its line begins; what is indented after it is another way to the same. The AS in the last
 * brackets is the origin, and so is the last of a path, which version 3 calls bgp_path.
 */
#include "source/format_private.h"

#include <ctype.h>
#include <string.h>

struct bird {
	struct source_reader *reader;
	struct prefix prefix;
	bool known;		/* a prefix was read */
};

/* "[AS64496i]", the letter of which is its BGP origin. */
static bool bird_origin(const char *line, uint32_t *asn)
{
	const char *at = strrchr(line, '[');
	char text[16] = "";
	size_t length;

	if (!at || strncmp(at, "[AS", 3))
		return false;
	length = strspn(at + 3, "0123456789");
	if (!length || length > 10 || !at[3 + length] || at[3 + length + (at[3 + length] != ']')] != ']')
		return false;
	memcpy(text, at + 3, length);
	return source_asn(text, asn);
}

/* "BGP.as_path: 64511 {64496 64497}": the last, or all of the set at the end. */
static void bird_path(struct bird *bird, char *path)
{
	char *set = strrchr(path, '{'), *at = set ? set + 1 : path, *word, *last = NULL;
	struct source_fact fact = { 0 };

	while ((word = strsep(&at, " \t{}"))) {
		if (!*word)
			continue;
		last = word;
		if (set && source_asn(word, &fact.asn) && fact.asn)
			source_add(bird->reader, &bird->prefix, &fact);
	}
	if (!set && last && source_asn(last, &fact.asn) && fact.asn)
		source_add(bird->reader, &bird->prefix, &fact);
}

static int bird_begin(struct bird *bird, char *line)
{
	char *prefix = strsep(&line, " \t");
	const char *error;

	/* "Table master4:", "BIRD 2.0.12 ready.", "Access restricted" */
	if (!strchr(prefix, '/'))
		return 0;
	bird->reader->rows++;
	bird->prefix.length = 1;
	error = source_prefix(prefix, &bird->prefix);
	/* the default route is a route, and says nothing of anybody */
	bird->known = !error;
	if (error && bird->prefix.length)
		return source_bad(bird->reader, "'%.*s' %s", SOURCE_QUOTED, prefix, error);
	return 0;
}

static int bird_line(struct bird *bird, char *line)
{
	static const char *const path[] = { "BGP.as_path:", "bgp_path:" };
	const bool begins = *line && !isspace((unsigned char)*line);
	struct source_fact fact = { 0 };
	char *at;

	if (bird_origin(line, &fact.asn) && !begins && bird->known)
		source_add(bird->reader, &bird->prefix, &fact);
	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]) && !begins; i++) {
		at = strstr(line, path[i]);
		if (at && bird->known)
			bird_path(bird, at + strlen(path[i]));
	}
	if (!begins)
		return 0;
	bird->known = false;
	if (bird_begin(bird, line))
		return -1;
	if (bird->known && fact.asn)
		source_add(bird->reader, &bird->prefix, &fact);
	return 0;
}

int source_bird_read(struct source_reader *reader)
{
	struct bird bird = { .reader = reader };
	size_t length;
	char *line;
	int got;

	while ((got = input_line(&reader->input, &line, &length)) > 0) {
		reader->line = reader->input.line;
		if (bird_line(&bird, line))
			return -1;
	}
	return got;
}
