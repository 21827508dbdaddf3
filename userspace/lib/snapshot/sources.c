// SPDX-License-Identifier: Apache-2.0
#include "snapshot/sources.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmod/deps.h"
#include "geo/cache.h"
#include "geo/digests.h"
#include "geo/world_file.h"
#include "policy/controls.h"
#include "snapshot/bases.h"
#include "snapshot/guard.h"
#include "source/format.h"
#include "util/file.h"
#include "util/memory.h"

#define SOURCES_GEOIP4	"/usr/share/tor/geoip"			/* of the package tor-geoipdb */
#define SOURCES_GEOIP6	"/usr/share/tor/geoip6"
#define SOURCES_ASN	"/var/lib/location/database.db"		/* of the package libloc-database */

/* In the order of the world's sources. */
enum sources_kind { SOURCES_KIND_GEOIP4, SOURCES_KIND_GEOIP6, SOURCES_KIND_FEED, SOURCES_KIND_GEOFEED,
		    SOURCES_KIND_MMDB, SOURCES_KIND_RIR, SOURCES_KIND_ASN };

static const struct policy_guard sources_unguarded = { .max_shrink = POLICY_ANY_SHARE,
						       .max_unknown = POLICY_ANY_SHARE,
						       .max_bad = SOURCE_BAD };

/* A file that is to be read. */
struct sources_file {
	enum sources_kind kind;
	uint64_t formats;		/* that it may be of, as source_want */
	char *name, *path;
	const char *published;		/* of a feed that was read: operator_feed.file */
	const struct policy_guard *guard;
	struct digests_stamp stamp;	/* before it was read */
	uint8_t sha256[RESID_DIGEST_LEN];
	struct source *source;		/* once it is read; of the geoip files a table */
	struct geo_table *table;
};

struct sources_plan {
	const struct build_inputs *inputs;
	const struct policy *policy;
	struct sources *sources;
	struct regions *regions;
	struct digests digests;
	struct sources_file *file;
	size_t count, capacity;
	struct resid_error *err;
};

static void sources_plan_fini(struct sources_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->count; i++) {
		free(plan->file[i].name);
		free(plan->file[i].path);
		source_free(plan->file[i].source);
		geo_free(plan->file[i].table);
	}
	free(plan->file);
	regions_free(plan->regions);
}

void sources_free(struct sources *sources)
{
	size_t i;

	if (!sources)
		return;
	for (i = 0; sources->accepted && i < sources->world->source_count; i++)
		free(sources->accepted[i]);
	free(sources->accepted);
	world_free(sources->world);
	operators_free(sources->operators);
	free(sources);
}

/* ---- which files ---- */

static struct sources_file *sources_add(struct sources_plan *plan, enum sources_kind kind, uint64_t formats,
					const char *name, size_t name_length, const char *path, size_t path_length,
					const struct policy_guard *guard)
{
	struct sources_file *file = MEM_PUSH(plan->file, plan->count, plan->capacity);

	file->kind = kind;
	file->formats = formats;
	file->name = mem_copy(name, name_length);
	file->path = mem_copy(path, path_length);
	file->guard = guard;
	return file;
}

static void sources_add_one(struct sources_plan *plan, enum sources_kind kind, uint64_t formats,
			    const char *name, const char *given, const struct policy_source *own, const char *otherwise)
{
	const char *path = given ? given : own->path ? own->path : otherwise;

	/* what nobody wrote is not held against a file that somebody names */
	if (path)
		sources_add(plan, kind, formats, name, strlen(name), path, strlen(path),
			    given && !own->guard.mark ? &sources_unguarded : &own->guard);
}

static int sources_compare(const void *left, const void *right)
{
	const struct sources_file *a = left, *b = right;

	return strcmp(a->name, b->name) ? strcmp(a->name, b->name) : strcmp(a->path, b->path);
}

/* The policy's guard for a file that the caller names. */
static const struct policy_guard *sources_guard(const struct policy_source *own, size_t count, const char *name,
						size_t length)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strlen(own[i].name) == length && !strncmp(own[i].name, name, length))
			return &own[i].guard;
	return &sources_unguarded;
}

/* "NAME=PATH,NAME=PATH", else the policy's own; in the order of the names, whatever order they were given in. */
static int sources_add_named(struct sources_plan *plan, enum sources_kind kind, const char *what, const char *given,
			     const struct policy_source *own, size_t count)
{
	size_t first = plan->count, i;
	const char *at = given;

	while (at && *at) {
		size_t length = strcspn(at, ","), name = strcspn(at, "=,");

		if (!name || at[name] != '=' || name + 1 >= length)
			return resid_fail(plan->err, RESID_EXIT_USAGE, "%s '%.*s' must be NAME=PATH, as in aws=ip-ranges.json",
					  what, (int)length, at);
		sources_add(plan, kind, SOURCE_BIT(SOURCE_GEOFEED), at, name, at + name + 1, length - name - 1,
			    sources_guard(own, count, at, name));
		at += length + (at[length] == ',');
	}
	for (i = 0; !given && i < count; i++)
		sources_add(plan, kind, SOURCE_BIT(SOURCE_GEOFEED), own[i].name, strlen(own[i].name), own[i].path,
			    strlen(own[i].path), &own[i].guard);
	if (plan->count > first)
		qsort(plan->file + first, plan->count - first, sizeof(*plan->file), sources_compare);
	for (i = first + 1; i < plan->count; i++)
		if (!sources_compare(&plan->file[i - 1], &plan->file[i]))
			return resid_fail(plan->err, RESID_EXIT_USAGE, "%s '%s=%s' is given twice", what,
					  plan->file[i].name, plan->file[i].path);
	return 0;
}

/* What a feed may be: whatever its operator publishes. */
static int sources_find_feed(struct sources_plan *plan, struct sources_file *file)
{
	const struct operator *operator = operators_find(plan->sources->operators, file->name);

	if (!operator)
		return resid_fail(plan->err, RESID_EXIT_INPUT, "feed '%s': no operator of operators.yaml has this id",
				  file->name);
	file->formats = 0;
	for (size_t i = 0; i < operator->feed_count; i++)
		file->formats |= SOURCE_BIT(operator->feed[i].format);
	if (!file->formats)
		return resid_fail(plan->err, RESID_EXIT_INPUT,
				  "feed '%s': operators.yaml knows of no feed that it publishes", file->name);
	return 0;
}

/* Which of them it is: of those of its format the one that the provider names like it, else the first. */
static void sources_name_feed(struct sources_plan *plan, struct sources_file *file)
{
	const struct operator *operator = operators_find(plan->sources->operators, file->name);
	const char *base = file_base_name(file->path);
	const struct operator_feed *found = NULL;

	for (size_t i = 0; i < operator->feed_count; i++) {
		const struct operator_feed *feed = &operator->feed[i];

		if (feed->format == file->source->format &&
		    (!found || (strcmp(found->file, base) && !strcmp(feed->file, base))))
			found = feed;
	}
	file->published = found->file;
}

/* A second of work, ten in an emulated guest: only for a policy that asks. */
static const char *sources_default_asn(const struct policy *policy)
{
	return policy_asks_control(policy) && !access(SOURCES_ASN, R_OK) ? SOURCES_ASN : NULL;
}

static void sources_add_asn(struct sources_plan *plan)
{
	const struct policy_source *own = &plan->policy->sources.asn;
	const char *path = plan->inputs->asn ? plan->inputs->asn : own->path;

	if (!path)
		path = sources_default_asn(plan->policy);
	if (path && strcmp(path, "none"))
		sources_add_one(plan, SOURCES_KIND_ASN, source_formats(SOURCE_USE_ASN),
				source_is_libloc(path) ? "libloc" : "asn", plan->inputs->asn, own, path);
}

static int sources_name_files(struct sources_plan *plan)
{
	const struct policy_sources *own = &plan->policy->sources;
	const struct build_inputs *inputs = plan->inputs;

	sources_add_one(plan, SOURCES_KIND_GEOIP4, 0, "tor-geoipdb", inputs->geoip4, &own->geoip4, SOURCES_GEOIP4);
	sources_add_one(plan, SOURCES_KIND_GEOIP6, 0, "tor-geoipdb", inputs->geoip6, &own->geoip6, SOURCES_GEOIP6);
	if (sources_add_named(plan, SOURCES_KIND_FEED, "feed", inputs->feeds, own->feed, own->feed_count) ||
	    sources_add_named(plan, SOURCES_KIND_GEOFEED, "geofeed", inputs->geofeeds, own->geofeed,
			      own->geofeed_count))
		return -1;
	sources_add_one(plan, SOURCES_KIND_MMDB, source_formats(SOURCE_USE_MMDB), "mmdb", inputs->mmdb, &own->mmdb, NULL);
	sources_add_one(plan, SOURCES_KIND_RIR, source_formats(SOURCE_USE_RIR), "rir", inputs->rir, &own->rir, NULL);
	sources_add_asn(plan);
	return 0;
}

static int sources_plan_files(struct sources_plan *plan)
{
	size_t i;

	if (sources_name_files(plan))
		return -1;
	for (i = 0; i < plan->count; i++)
		if (plan->file[i].kind == SOURCES_KIND_FEED && sources_find_feed(plan, &plan->file[i]))
			return -1;
	return 0;
}

static const char *sources_operators(const struct build_inputs *inputs, const struct policy *policy)
{
	return inputs->operators ? inputs->operators : policy->sources.operators.path;
}

void sources_each_file(const struct build_inputs *inputs, const struct policy *policy, sources_file_found *found,
		       void *context)
{
	struct resid_error ignored;
	_cleanup_(sources_plan_fini) struct sources_plan plan = { .inputs = inputs, .policy = policy, .err = &ignored };
	const char *operators = sources_operators(inputs, policy);
	size_t i;

	sources_name_files(&plan);
	for (i = 0; i < plan.count; i++)
		found(context, plan.file[i].path);
	if (operators)
		found(context, operators);
}

/* ---- the world ---- */

/* A digest of all that the world follows from. The names of files are in it since a snapshot tells them. */
static void sources_key(const struct sources_plan *plan, uint8_t key[RESID_DIGEST_LEN])
{
	_cleanup_buffer_ struct buffer text = { 0 };
	size_t i;

	buffer_append(&text, WORLD_VERSION, sizeof(WORLD_VERSION));
	buffer_append(&text, plan->sources->operators->sha256, RESID_DIGEST_LEN);
	buffer_append(&text, plan->regions->sha256, RESID_DIGEST_LEN);
	for (i = 0; i < plan->count; i++) {
		const struct sources_file *file = &plan->file[i];
		const char *base = file_base_name(file->path);
		const uint64_t kind[2] = { file->kind, file->formats };

		buffer_append(&text, kind, sizeof(kind));
		buffer_append(&text, file->name, strlen(file->name) + 1);
		buffer_append(&text, base, strlen(base) + 1);
		buffer_append(&text, file->sha256, RESID_DIGEST_LEN);
	}
	sha256(text.data, (unsigned int)text.length, key);
}

/* The digests of all files; false: some file cannot be read, or nothing is kept that they could lead to. */
static bool sources_digests(struct sources_plan *plan)
{
	bool kept = cache_count(WORLD_SUFFIX);
	size_t i;

	digests_load(&plan->digests);
	for (i = 0; i < plan->count; i++)
		plan->file[i].stamp = digests_stamp(plan->file[i].path);
	for (i = 0; i < plan->count && kept; i++) {
		struct sources_file *file = &plan->file[i];

		if (digests_find(&plan->digests, &file->stamp, file->sha256))
			continue;
		if (!file_sha256(file->path, file->sha256))
			return false;
		digests_learn(&plan->digests, file->path, &file->stamp, file->sha256);
	}
	return kept;
}

static struct world *sources_cached(struct sources_plan *plan)
{
	uint8_t key[RESID_DIGEST_LEN];

	if (plan->inputs->uncached || !sources_digests(plan))
		return NULL;
	sources_key(plan, key);
	return world_load(key, plan->sources->operators);
}

/* For the next time. */
static void sources_keep(struct sources_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->count; i++)
		digests_learn(&plan->digests, plan->file[i].path, &plan->file[i].stamp, plan->file[i].sha256);
	world_save(plan->sources->world);
}

/* A database of the wrong kind says nothing of what it was named for. */
static int sources_check_kind(const struct sources_file *file, struct resid_error *err)
{
	if (file->kind == SOURCES_KIND_MMDB && !source_says(file->source, SOURCE_SAYS_COUNTRY))
		return resid_fail(err, RESID_EXIT_INPUT,
				  "%s: says of no network in which country it is; name a database of countries, or this one as `asn`",
				  file->path);
	if (file->kind == SOURCES_KIND_ASN && !source_says(file->source, SOURCE_SAYS_ASN))
		return resid_fail(err, RESID_EXIT_INPUT,
				  "%s: says of no network which AS announces it; name a database of ASes, or this one as `mmdb`",
				  file->path);
	return 0;
}

static int sources_read_file(struct sources_file *file, struct resid_error *err)
{
	const struct source_want want = { file->formats, file->name, file->guard->max_bad };
	sa_family_t family = file->kind == SOURCES_KIND_GEOIP4 ? AF_INET : AF_INET6;

	if (file->kind > SOURCES_KIND_GEOIP6) {
		if (source_read(&want, file->path, &file->source, err))
			return -1;
		memcpy(file->sha256, file->source->sha256, sizeof(file->sha256));
		return sources_check_kind(file, err);
	}
	if (geo_tor_read(file->path, family, &file->table, err))
		return -1;
	memcpy(file->sha256, file->table->sha256, sizeof(file->sha256));
	return 0;
}

static void sources_lay_out(struct sources_plan *plan)
{
	_cleanup_free_ struct world_feed *feed = mem_zero(plan->count, sizeof(*feed));
	_cleanup_free_ struct source **geofeed = mem_zero(plan->count, sizeof(*geofeed));
	_cleanup_free_ struct source **mmdb = mem_zero(plan->count, sizeof(*mmdb));
	_cleanup_free_ struct source **rir = mem_zero(plan->count, sizeof(*rir));
	_cleanup_free_ struct source **asn = mem_zero(plan->count, sizeof(*asn));
	struct world_inputs inputs = { .operators = plan->sources->operators, .regions = plan->regions, .feed = feed,
				       .geofeed = geofeed, .mmdb = mmdb, .rir = rir, .asn = asn, .consume = true };
	size_t i;

	for (i = 0; i < plan->count; i++) {
		const struct sources_file *file = &plan->file[i];

		switch (file->kind) {
		case SOURCES_KIND_GEOIP4:
			inputs.geo4 = file->table;
			break;
		case SOURCES_KIND_GEOIP6:
			inputs.geo6 = file->table;
			break;
		case SOURCES_KIND_FEED:
			feed[inputs.feed_count++] = (struct world_feed){ file->source, file->published };
			break;
		case SOURCES_KIND_GEOFEED:
			geofeed[inputs.geofeed_count++] = file->source;
			break;
		case SOURCES_KIND_MMDB:
			mmdb[inputs.mmdb_count++] = file->source;
			break;
		case SOURCES_KIND_RIR:
			rir[inputs.rir_count++] = file->source;
			break;
		case SOURCES_KIND_ASN:
			asn[inputs.asn_count++] = file->source;
			break;
		}
	}
	world_new(&inputs, &plan->sources->world);
}

static int sources_world(struct sources_plan *plan)
{
	struct world *world = sources_cached(plan);
	size_t i;

	plan->sources->world = world;
	if (world)
		digests_save(&plan->digests);
	if (world)
		return 0;
	for (i = 0; i < plan->count; i++) {
		if (sources_read_file(&plan->file[i], plan->err))
			return -1;
		if (plan->file[i].kind == SOURCES_KIND_FEED)
			sources_name_feed(plan, &plan->file[i]);
	}
	sources_lay_out(plan);
	/* of what was read, which may have changed since it was looked for */
	sources_key(plan, plan->sources->world->key);
	if (!plan->inputs->uncached) {
		sources_keep(plan);
		digests_save(&plan->digests);
	}
	return 0;
}

/* ---- guards and overrides ---- */

static int sources_guards(struct sources_plan *plan, const struct policy_options *options)
{
	struct sources *sources = plan->sources;
	struct world *world = sources->world;
	_cleanup_free_ struct guard_source *list = mem_zero(plan->count, sizeof(*list));
	struct guard_result result = { .accepted = mem_zero(world->source_count, sizeof(*result.accepted)) };
	/* the files stand at the end of the world's sources, but for those of geoip at its beginning */
	size_t i, skipped = world->source_count - plan->count;
	int status;

	for (i = 0; i < plan->count; i++) {
		const struct sources_file *file = &plan->file[i];

		list[i] = (struct guard_source){ file->guard, file->path,
						 (uint32_t)(file->kind > SOURCES_KIND_GEOIP6 ? skipped + i : i) };
	}
	status = guard_check(plan->inputs, plan->policy, options, list, plan->count, world, &result, plan->err);
	sources->accepted = result.accepted;
	sources->stale_at = result.stale_at;
	return status;
}

static void sources_override(struct sources_plan *plan)
{
	const struct policy_sources *own = &plan->policy->sources;
	const struct operators *operators = plan->sources->operators;
	struct world *world = plan->sources->world;
	_cleanup_free_ struct world_override *list = mem_zero(own->override_count, sizeof(*list));
	size_t i;

	for (i = 0; i < own->override_count; i++) {
		const struct policy_override *from = &own->override[i];

		list[i] = (struct world_override){ from->prefix, from->location, from->controlled, from->control,
						   EVIDENCE_NOBODY, from->until };
		if (!from->operator)
			continue;
		list[i].operator = (uint32_t)(operators_find(operators, from->operator->text) - operators->operator);
		if (location_set_is_empty(&from->control))
			list[i].set = world->control.law[list[i].operator];
	}
	world_override(world, list, own->override_count);
}

/* A region that regions.yaml does not know is one that a provider has opened since, or a slip here. */
static void sources_warn_regions(const struct world *world, const struct policy_options *options)
{
	for (size_t i = 0; options->warn && i < world->region_count; i++) {
		const struct world_region *region = &world->region[i];
		const struct world_source *source = &world->source[region->source];
		_cleanup_free_ char *text =
			mem_format("source '%s' (%s) has %llu IPv4 addresses and %llu IPv6 /64s in the region '%s', which regions.yaml does not know: where they are is unknown",
				   source->name, source->file, (unsigned long long)region->v4,
				   (unsigned long long)region->v6, region->name);

		options->warn(options->context, text);
	}
}

int sources_read(const struct build_inputs *inputs, const struct policy *policy, const struct policy_options *options,
		 struct sources **out, struct resid_error *err)
{
	const char *operators = sources_operators(inputs, policy);
	_cleanup_sources_ struct sources *sources = mem_zero(1, sizeof(*sources));
	_cleanup_(sources_plan_fini) struct sources_plan plan = {
		.inputs = inputs, .policy = policy, .sources = sources, .err = err
	};

	if (operators_read(operators, &sources->operators, err) || regions_read(&plan.regions, err) ||
	    controls_check_operators(policy, sources->operators, err))
		return -1;
	if (sources_plan_files(&plan) || sources_world(&plan) || sources_guards(&plan, options))
		return -1;
	sources_override(&plan);
	sources_warn_regions(sources->world, options);
	if (!inputs->lenient && policy_asks_control(policy))
		bases_warn(sources->world, options);
	*out = TAKE(sources);
	return 0;
}
