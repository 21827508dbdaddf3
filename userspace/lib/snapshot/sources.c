// SPDX-License-Identifier: Apache-2.0
#include "snapshot/sources.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/file.h"
#include "util/memory.h"

#define SOURCES_ASN "/var/lib/location/database.db"	/* of the package libloc-database */

/* NAME=PATH */
struct sources_word {
	char *name, *path;
};

struct sources_words {
	struct sources_word *word;
	size_t count, capacity;
};

static void sources_words_fini(struct sources_words *words)
{
	size_t i;

	for (i = 0; i < words->count; i++) {
		free(words->word[i].name);
		free(words->word[i].path);
	}
	free(words->word);
}

static void sources_add_word(struct sources_words *words, const char *name, size_t name_length, const char *path,
			     size_t path_length)
{
	struct sources_word *word = MEM_PUSH(words->word, words->count, words->capacity);

	word->name = mem_copy(name, name_length);
	word->path = mem_copy(path, path_length);
}

static int sources_compare(const void *left, const void *right)
{
	const struct sources_word *a = left, *b = right;

	return strcmp(a->name, b->name) ? strcmp(a->name, b->name) : strcmp(a->path, b->path);
}

/* In the order of the names, whatever order they were given in. */
static int sources_words(const struct build_inputs *inputs, const struct policy *policy, struct sources_words *out,
			 struct resid_error *err)
{
	const char *at = inputs->feeds;
	size_t i;

	while (at && *at) {
		size_t length = strcspn(at, ","), name = strcspn(at, "=,");

		if (!name || at[name] != '=' || name + 1 >= length)
			return resid_fail(err, RESID_EXIT_USAGE, "feed '%.*s' must be NAME=PATH, as in aws=ip-ranges.json",
					  (int)length, at);
		sources_add_word(out, at, name, at + name + 1, length - name - 1);
		at += length + (at[length] == ',');
	}
	for (i = 0; !inputs->feeds && i < policy->sources.feed_count; i++)
		sources_add_word(out, policy->sources.feed[i].name, strlen(policy->sources.feed[i].name),
				 policy->sources.feed[i].path, strlen(policy->sources.feed[i].path));
	if (out->count)
		qsort(out->word, out->count, sizeof(*out->word), sources_compare);
	for (i = 1; i < out->count; i++)
		if (!sources_compare(&out->word[i - 1], &out->word[i]))
			return resid_fail(err, RESID_EXIT_USAGE, "feed '%s=%s' is given twice", out->word[i].name,
					  out->word[i].path);
	return 0;
}

/* Which of an operator's feeds a file is: the one that the provider names like it, else the first if all are alike. */
static int sources_find_feed(const struct operators *operators, const struct sources_word *word,
			     const struct operator_feed **out, struct resid_error *err)
{
	const struct operator *operator = operators_find(operators, word->name);
	const char *base = file_base_name(word->path);
	const struct operator_feed *found = NULL;
	bool alike = true;
	size_t i;

	if (!operator)
		return resid_fail(err, RESID_EXIT_INPUT, "feed '%s': no operator of operators.yaml has this id", word->name);
	for (i = 0; i < operator->feed_count; i++) {
		const struct operator_feed *feed = &operator->feed[i];

		if (!found || (strcmp(found->file, base) && !strcmp(feed->file, base)))
			found = feed;
		alike &= feed->format == operator->feed[0].format;
	}
	if (!found)
		return resid_fail(err, RESID_EXIT_INPUT, "feed '%s': operators.yaml knows of no feed that it publishes",
				  word->name);
	if (!alike && strcmp(found->file, base))
		return resid_fail(err, RESID_EXIT_INPUT,
				  "feed '%s': it publishes several kinds, so the file must be named as there: %s or another",
				  word->name, found->file);
	*out = found;
	return 0;
}

void sources_free(struct sources *sources)
{
	size_t i;

	if (!sources)
		return;
	control_free(sources->control);
	for (i = 0; i < sources->feed_count; i++)
		source_free(sources->feed[i]);
	free(sources->feed);
	source_free(sources->rir);
	source_free(sources->asn);
	operators_free(sources->operators);
	free(sources);
}

static int sources_read_feeds(struct sources *sources, const struct sources_words *words, struct control_feed *feed,
			      struct resid_error *err)
{
	size_t i;

	for (i = 0; i < words->count; i++) {
		const struct sources_word *word = &words->word[i];
		const struct operator_feed *known = NULL;
		struct source *source = NULL;

		if (sources_find_feed(sources->operators, word, &known, err) ||
		    source_read(known->format, word->name, word->path, &source, err))
			return -1;
		*MEM_PUSH(sources->feed, sources->feed_count, sources->feed_capacity) = source;
		feed[i].source = source;
		feed[i].file = known->file;
	}
	return 0;
}

static bool sources_are_asked_for(const struct policy *policy)
{
	size_t i;

	for (i = 0; i < policy->rule_count; i++)
		if (policy_rule_asks_control(&policy->rule[i]))
			return true;
	return false;
}

int sources_read(const struct build_inputs *inputs, const struct policy *policy, struct sources **out,
		 struct resid_error *err)
{
	_cleanup_sources_ struct sources *sources = mem_zero(1, sizeof(*sources));
	_cleanup_(sources_words_fini) struct sources_words words = { 0 };
	const char *rir = inputs->rir ? inputs->rir : policy->sources.rir;
	const char *asn = inputs->asn ? inputs->asn : policy->sources.asn;
	const char *operators = inputs->operators ? inputs->operators : policy->sources.operators;
	struct control_inputs control = { 0 };
	_cleanup_free_ struct control_feed *feed = NULL;

	/* a second of work, ten in an emulated guest: only for a policy that asks */
	if (!asn && sources_are_asked_for(policy) && !access(SOURCES_ASN, R_OK))
		asn = SOURCES_ASN;
	if (asn && !strcmp(asn, "none"))
		asn = NULL;
	if (sources_words(inputs, policy, &words, err) || operators_read(operators, &sources->operators, err) ||
	    policy_check_operators(policy, sources->operators, err))
		return -1;
	feed = mem_zero(words.count, sizeof(*feed));
	if (sources_read_feeds(sources, &words, feed, err))
		return -1;
	if (rir && source_read(SOURCE_RIR, "rir", rir, &sources->rir, err))
		return -1;
	if (asn && source_read(SOURCE_LIBLOC, "libloc", asn, &sources->asn, err))
		return -1;
	control.operators = sources->operators;
	control.feed = feed;
	control.feed_count = words.count;
	control.rir = sources->rir;
	control.asn = sources->asn;
	control_new(&control, &sources->control);
	*out = TAKE(sources);
	return 0;
}
