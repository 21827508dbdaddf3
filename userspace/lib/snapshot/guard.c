// SPDX-License-Identifier: Apache-2.0
#include "snapshot/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "snapshot/snapshot.h"
#include "source/source.h"
#include "util/cleanup.h"
#include "util/hex.h"
#include "util/memory.h"
#include "util/rfc3339.h"

#define GUARD_DAY 86400

struct guard {
	const struct build_inputs *inputs;
	const struct policy *policy;
	const struct policy_options *options;
	const struct snapshot *previous;	/* or NULL */
	struct world *world;
	struct guard_result *result;
	struct resid_error *err;
};

static void guard_warn(const struct guard *guard, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void guard_warn(const struct guard *guard, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (!guard->options->warn)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	guard->options->warn(guard->options->context, text);
}

/* Is the name one of "NAME,NAME"? */
static bool guard_has_name(const char *list, const char *name)
{
	while (list && *list) {
		size_t length = strcspn(list, ",");

		if (length == strlen(name) && !strncmp(list, name, length))
			return true;
		list += length + (list[length] == ',');
	}
	return false;
}

/* Takes the sentence: refuses, warns, or records that it was accepted. */
static int guard_violation(struct guard *guard, const struct guard_source *source, char *sentence)
{
	const struct world_source *data = &guard->world->source[source->number];
	char **accepted = &guard->result->accepted[source->number];
	_cleanup_free_ char *text = sentence, *place = NULL;

	if (guard_has_name(guard->inputs->accept, data->name)) {
		char *joined = *accepted ? mem_format("%s; %s", *accepted, text) : mem_copy(text, strlen(text));

		free(*accepted);
		*accepted = joined;
		guard_warn(guard, "source '%s' (%s) %s; accepted", data->name, source->path, text);
		return 0;
	}
	if (guard->inputs->lenient) {
		guard_warn(guard, "source '%s' (%s) %s; a load would be refused", data->name, source->path, text);
		return 0;
	}
	place = source->guard->mark ? mem_format("%s:%zu:%zu: ", guard->policy->name, source->guard->mark->line,
						 source->guard->mark->column) :
				      mem_copy("", 0);
	return resid_fail(guard->err, RESID_EXIT_INPUT,
			  "%ssource '%s' (%s) %s; bring it up to date, or let it pass once with --accept %s", place,
			  data->name, source->path, text, data->name);
}

static int guard_pin(struct guard *guard, const struct guard_source *source)
{
	char hex[2 * RESID_DIGEST_LEN + 1];

	hex_format(guard->world->source[source->number].sha256, RESID_DIGEST_LEN, hex);
	if (!source->guard->sha256 || !strcmp(source->guard->sha256, hex))
		return 0;
	return guard_violation(guard, source,
			       mem_format("has the SHA-256 %s, and the policy pins %s", hex, source->guard->sha256));
}

static int guard_age(struct guard *guard, const struct guard_source *source)
{
	struct world_source *data = &guard->world->source[source->number];
	const struct policy_guard *rule = source->guard;
	int64_t day = 0, stale_at;

	if (rule->date && *data->date && strcmp(rule->date, data->date))
		guard_warn(guard, "%s:%zu:%zu: source '%s' says itself that it is of %s; its `date` is not used",
			   guard->policy->name, rule->mark->line, rule->mark->column, data->name, data->date);
	if (rule->date && !*data->date)
		memcpy(data->date, rule->date, sizeof(data->date));
	data->max_age = rule->max_age;
	if (!rule->max_age)
		return 0;
	if (!rfc3339_parse_day(data->date, &day))
		return guard_violation(guard, source,
				       mem_format("does not say of when it is, and `max_age` asks; write its `date`"));
	/* local midnight may come before that of UTC */
	if (guard->inputs->now < day - GUARD_DAY)
		return guard_violation(guard, source,
				       mem_format("is of %s, a day that has not come yet, and `max_age` asks", data->date));
	stale_at = day + (int64_t)rule->max_age * GUARD_DAY;
	if (!guard->result->stale_at || stale_at < guard->result->stale_at)
		guard->result->stale_at = stale_at;
	if (guard->inputs->now < stale_at)
		return 0;
	return guard_violation(guard, source,
			       mem_format("is of %s, which is %lld days ago, and may be %u days old at most", data->date,
					  (long long)(guard->inputs->now - day) / GUARD_DAY, rule->max_age));
}

/* The same source in the snapshot before: by its place where that is fixed, else by name, of several by the file's. */
static bool guard_find(const struct snapshot *snapshot, const struct guard_source *like,
		       const struct world_source *data, struct snapshot_source *out)
{
	size_t i, found = 0;

	if (like->number < WORLD_FIXED) {
		*out = snapshot_source_at(snapshot, like->number);
		return true;
	}
	for (i = WORLD_FIXED; i < snapshot_source_count(snapshot); i++) {
		struct snapshot_source source = snapshot_source_at(snapshot, i);

		if (strcmp(source.name, data->name) || (found && strcmp(source.file, data->file)))
			continue;
		*out = source;
		found++;
	}
	return found;
}

/* Thousandths that are gone. */
static unsigned int guard_loss(uint64_t before, uint64_t now)
{
	return before > now ? (unsigned int)((__uint128_t)(before - now) * 1000 / before) : 0;
}

static int guard_shrink(struct guard *guard, const struct guard_source *source)
{
	const struct world_source *data = &guard->world->source[source->number];
	struct snapshot_source before;
	unsigned int v4, v6;

	if (!guard->previous || source->guard->max_shrink >= POLICY_ANY_SHARE ||
	    !guard_find(guard->previous, source, data, &before))
		return 0;
	v4 = guard_loss(before.v4, data->v4);
	v6 = guard_loss(before.v6, data->v6);
	if (v4 <= source->guard->max_shrink && v6 <= source->guard->max_shrink)
		return 0;
	return guard_violation(guard, source,
			       mem_format("has lost %u.%u %% of its %s since the policy in force, and may lose %u.%u %%",
					  (v4 > v6 ? v4 : v6) / 10, (v4 > v6 ? v4 : v6) % 10,
					  v4 > v6 ? "IPv4 addresses" : "IPv6 /64s", source->guard->max_shrink / 10,
					  source->guard->max_shrink % 10));
}

static int guard_unknown(struct guard *guard, const struct guard_source *source)
{
	const struct world_source *data = &guard->world->source[source->number];
	uint64_t all = world_unicast4();
	unsigned int unknown;

	if (source->guard->max_unknown >= POLICY_ANY_SHARE || !data->v4)
		return 0;
	unknown = guard_loss(all, data->located);
	if (unknown <= source->guard->max_unknown)
		return 0;
	return guard_violation(guard, source,
			       mem_format("does not know where %u.%u %% of the IPv4 addresses are, and may not know it of %u.%u %%",
					  unknown / 10, unknown % 10, source->guard->max_unknown / 10,
					  source->guard->max_unknown % 10));
}

/* What is left out of a source is said; it is in a kept world as well. */
static int guard_bad(struct guard *guard, const struct guard_source *source)
{
	const struct world_source *data = &guard->world->source[source->number];

	if (source_check_bad(source->path, data->rows, data->bad, data->said, source->guard->max_bad, guard->err))
		return -1;
	if (data->bad)
		guard_warn(guard, "source '%s' (%s): %llu of its %llu rows are bad and left out: %s", data->name,
			   source->path, (unsigned long long)data->bad, (unsigned long long)data->rows, data->said);
	return 0;
}

/* A name behind --accept that no source has is a slip. */
static int guard_check_names(const struct guard *guard, const struct guard_source *source, size_t count)
{
	const char *at = guard->inputs->accept;

	while (at && *at) {
		size_t length = strcspn(at, ","), i;

		for (i = 0; i < count; i++) {
			const char *name = guard->world->source[source[i].number].name;

			if (strlen(name) == length && !strncmp(name, at, length))
				break;
		}
		if (i == count)
			return resid_fail(guard->err, RESID_EXIT_USAGE,
					  "--accept: no source of this policy has the name '%.*s'", (int)length, at);
		at += length + (at[length] == ',');
	}
	return 0;
}

static void guard_overlaps(const struct guard *guard)
{
	size_t i;

	for (i = 0; i < guard->world->overlap_count; i++) {
		const struct world_overlap *overlap = &guard->world->overlap[i];

		guard_warn(guard,
			   "sources '%s' and '%s' both list %llu IPv4 addresses and %llu IPv6 /64s; there the longer prefix decides, and equal ones unite",
			   guard->world->source[overlap->left].name, guard->world->source[overlap->right].name,
			   (unsigned long long)overlap->v4, (unsigned long long)overlap->v6);
	}
}

static void cleanup_previous(struct snapshot **snapshot)
{
	snapshot_free(*snapshot);
}

int guard_check(const struct build_inputs *inputs, const struct policy *policy, const struct policy_options *options,
		const struct guard_source *source, size_t count, struct world *world, struct guard_result *out,
		struct resid_error *err)
{
	struct guard guard = { inputs, policy, options, NULL, world, out, err };
	_cleanup_(cleanup_previous) struct snapshot *previous = NULL;
	struct resid_error unreadable;
	size_t i;

	if (inputs->previous && !access(inputs->previous, R_OK) &&
	    snapshot_open(inputs->previous, &previous, &unreadable))
		guard_warn(&guard, "%s; no source is held against it", unreadable.text);
	guard.previous = previous;
	if (guard_check_names(&guard, source, count))
		return -1;
	for (i = 0; i < count; i++)
		if (guard_bad(&guard, &source[i]) || guard_pin(&guard, &source[i]) || guard_age(&guard, &source[i]) ||
		    guard_shrink(&guard, &source[i]) || guard_unknown(&guard, &source[i]))
			return -1;
	guard_overlaps(&guard);
	return 0;
}
