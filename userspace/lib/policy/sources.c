// SPDX-License-Identifier: Apache-2.0
/* The key `sources`: the files that say where addresses are and who controls them, what they must be, and overrides. */
#include "policy/sources.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"
#include "util/rfc3339.h"

/* tor-geoipdb loses a few per cent at most from one month to the next. */
#define SOURCES_GEOIP_SHRINK 200

static int sources_read_path(struct reader *reader, const struct yaml_node *node, const char **out)
{
	if (keys_kind(&reader->file, node, YAML_SCALAR, "the path of a source"))
		return -1;
	if (node->text[0] != '/')
		return keys_fail(&reader->file, node, "'%s' must be a path from the root, as in /var/lib/resid/sources/FILE",
				 node->text);
	*out = node->text;
	return 0;
}

/* "10%" or "2.5%" in thousandths. */
static int sources_read_share(struct reader *reader, const struct yaml_node *map, const char *key, unsigned int *out)
{
	const struct yaml_node *node = yaml_get(map, key);
	unsigned int whole = 0, tenth = 0;
	int end = 0;

	if (!node)
		return 0;
	if (node->kind == YAML_SCALAR && strspn(node->text, "0123456789.%") == strlen(node->text) &&
	    ((sscanf(node->text, "%3u%%%n", &whole, &end) == 1 && end) ||
	     (sscanf(node->text, "%3u.%1u%%%n", &whole, &tenth, &end) == 2 && end)) &&
	    !node->text[end] && whole * 10 + tenth <= POLICY_ANY_SHARE) {
		*out = whole * 10 + tenth;
		return 0;
	}
	return keys_fail(&reader->file, node, "`%s` must be a share from 0%% to 100%%, as in 10%% or 2.5%%", key);
}

static int sources_read_age(struct reader *reader, const struct yaml_node *map, unsigned int *out)
{
	const struct yaml_node *node = yaml_get(map, "max_age");
	unsigned int days = 0;
	int end = 0;

	if (!node)
		return 0;
	if (node->kind != YAML_SCALAR || strspn(node->text, "0123456789d") != strlen(node->text) ||
	    sscanf(node->text, "%5ud%n", &days, &end) != 1 || !end || node->text[end] || !days)
		return keys_fail(&reader->file, node, "`max_age` must be a number of days, as in 90d");
	*out = days;
	return 0;
}

static int sources_read_guard(struct reader *reader, const struct yaml_node *map, struct policy_guard *guard)
{
	const struct yaml_node *date = yaml_get(map, "date"), *sha256 = yaml_get(map, "sha256");
	int64_t day;

	guard->mark = map;
	if (date) {
		if (date->kind != YAML_SCALAR || !rfc3339_parse_day(date->text, &day))
			return keys_fail(&reader->file, date, "`date` must be a day, written YYYY-MM-DD");
		guard->date = date->text;
	}
	if (sha256) {
		if (sha256->kind != YAML_SCALAR || strlen(sha256->text) != 2 * RESID_DIGEST_LEN ||
		    strspn(sha256->text, "0123456789abcdef") != 2 * RESID_DIGEST_LEN)
			return keys_fail(&reader->file, sha256, "`sha256` must be 64 digits from 0 to 9 and a to f, as sha256sum prints them");
		guard->sha256 = sha256->text;
	}
	if (sources_read_age(reader, map, &guard->max_age) ||
	    sources_read_share(reader, map, "max_bad", &guard->max_bad) ||
	    sources_read_share(reader, map, "max_shrink", &guard->max_shrink))
		return -1;
	return sources_read_share(reader, map, "max_unknown", &guard->max_unknown);
}

/* A path, or a map with one. places: does it say where addresses are? */
static int sources_read_one(struct reader *reader, const struct yaml_node *node, bool places, bool needs_path,
			    struct policy_source *out)
{
	static const char *const keys[] = { "path",	  "date",   "max_age",	   "max_shrink",
					    "max_bad", "sha256", "max_unknown", NULL };
	const struct yaml_node *path;

	if (node->kind == YAML_SCALAR)
		return sources_read_path(reader, node, &out->path);
	if (node->kind != YAML_MAP)
		return keys_fail(&reader->file, node, "a source is a path, or {path: ..., max_age: ..., ...}");
	if (keys_known(&reader->file, node, "a source", keys) || keys_get(&reader->file, node, "path", needs_path, &path) ||
	    (path && sources_read_path(reader, path, &out->path)))
		return -1;
	if (!places && yaml_get(node, "max_unknown"))
		return keys_fail(&reader->file, yaml_get(node, "max_unknown"),
				 "`max_unknown` is for what says where addresses are: geoip, mmdb");
	return sources_read_guard(reader, node, &out->guard);
}

static void sources_any(struct policy_source *source)
{
	source->guard.max_shrink = source->guard.max_unknown = POLICY_ANY_SHARE;
	source->guard.max_bad = SOURCE_BAD;
}

static int sources_read_named(struct reader *reader, const struct yaml_node *node, const char *what,
			      const char *name, struct policy_source **list, size_t *count, size_t *capacity)
{
	size_t i;

	if (!node)
		return 0;
	if (keys_kind(&reader->file, node, YAML_MAP, what))
		return -1;
	for (i = 0; i < node->count; i += 2) {
		struct policy_source *out = MEM_PUSH(*list, *count, *capacity);

		sources_any(out);
		if (keys_name(&reader->file, node->child[i], name) ||
		    sources_read_one(reader, node->child[i + 1], false, true, out))
			return -1;
		out->name = node->child[i]->text;
	}
	return 0;
}

static int sources_read_override_place(struct reader *reader, const struct yaml_node *node, int *out)
{
	int location;

	*out = -1;
	if (!node)
		return 0;
	if (keys_kind(&reader->file, node, YAML_SCALAR, "`location`"))
		return -1;
	location = location_find(node->text);
	if (location < 0 || !location_is_geographic((unsigned int)location) ||
	    (!location_is_country((unsigned int)location) && location < LOCATION_ANYCAST) ||
	    location == LOCATION_UNKNOWN)
		return keys_fail(&reader->file, node,
				 "an override says in which country a prefix is, or anycast, satellite or proxy; '%s' is none",
				 node->text);
	*out = location;
	return 0;
}

static int sources_read_override_control(struct reader *reader, const struct yaml_node *node,
					 struct policy_override *override)
{
	const struct yaml_node *control, *const *items;
	size_t i, count;

	if (keys_get(&reader->file, node, "control", false, &control) ||
	    keys_get(&reader->file, node, "operator", false, &override->operator) ||
	    (override->operator && keys_name(&reader->file, override->operator, "operator")))
		return -1;
	override->controlled = control || override->operator;
	if (!control)
		return 0;
	if (keys_items(&reader->file, &control, "`control`", &items, &count))
		return -1;
	for (i = 0; i < count; i++) {
		int location = items[i]->kind == YAML_SCALAR ? location_find(items[i]->text) : -1;

		if (location < 0 || !location_is_country((unsigned int)location))
			return keys_fail(&reader->file, items[i], "`control` of an override is a list of countries");
		location_set_add(&override->control, (unsigned int)location);
	}
	return 0;
}

/* One entry for each of its prefixes. */
static int sources_read_override(struct reader *reader, const struct yaml_node *node)
{
	static const char *const keys[] = { "prefix", "location", "control", "operator", "reason", "until", NULL };
	struct policy_sources *sources = &reader->policy->sources;
	const struct yaml_node *prefix, *reason, *until = yaml_get(node, "until"), *const * items;
	struct policy_override override = { .mark = node };
	size_t i, count;

	if (keys_known(&reader->file, node, "an override", keys) ||
	    keys_get(&reader->file, node, "prefix", true, &prefix) || keys_get(&reader->file, node, "reason", true, &reason) ||
	    keys_kind(&reader->file, reason, YAML_SCALAR, "`reason`") ||
	    sources_read_override_place(reader, yaml_get(node, "location"), &override.location) ||
	    sources_read_override_control(reader, node, &override) ||
	    (until && keys_time(&reader->file, until, "`until`", &override.until)))
		return -1;
	if (override.location < 0 && !override.controlled)
		return keys_fail(&reader->file, node, "an override says a `location`, a `control`, an `operator`, or several of them");
	if (keys_items(&reader->file, &prefix, "`prefix`", &items, &count))
		return -1;
	for (i = 0; i < count; i++) {
		if (keys_prefix(&reader->file, items[i], &override.prefix))
			return -1;
		if (!override.prefix.length)
			return keys_fail(&reader->file, items[i], "prefix '%s' is every address there is", items[i]->text);
		*MEM_PUSH(sources->override, sources->override_count, sources->override_capacity) = override;
	}
	return 0;
}

int sources_read_policy(struct reader *reader, const struct yaml_node *node)
{
	static const char *const keys[] = { "geoip", "geoip6", "mmdb",	  "feed",      "geofeed",
					    "rir",   "asn",    "operators", "overrides", NULL };
	struct policy_sources *sources = &reader->policy->sources;
	struct {
		const char *key;
		struct policy_source *out;
		bool places, needs_path;
	} one[] = { { "geoip", &sources->geoip4, true, false },	  { "geoip6", &sources->geoip6, true, false },
		    { "mmdb", &sources->mmdb, true, true },	  { "rir", &sources->rir, false, true },
		    { "asn", &sources->asn, false, false },	  { "operators", &sources->operators, false, true } };
	const struct yaml_node *overrides, *item;
	size_t i;

	for (i = 0; i < sizeof(one) / sizeof(one[0]); i++)
		sources_any(one[i].out);
	sources->geoip4.guard.max_shrink = sources->geoip6.guard.max_shrink = SOURCES_GEOIP_SHRINK;
	if (!node)
		return 0;
	if (keys_known(&reader->file, node, "`sources`", keys))
		return -1;
	for (i = 0; i < sizeof(one) / sizeof(one[0]); i++) {
		item = yaml_get(node, one[i].key);
		if (item && sources_read_one(reader, item, one[i].places, one[i].needs_path, one[i].out))
			return -1;
	}
	if (sources_read_named(reader, yaml_get(node, "feed"), "`feed`", "feed", &sources->feed, &sources->feed_count,
			       &sources->feed_capacity) ||
	    sources_read_named(reader, yaml_get(node, "geofeed"), "`geofeed`", "geofeed", &sources->geofeed,
			       &sources->geofeed_count, &sources->geofeed_capacity))
		return -1;
	overrides = yaml_get(node, "overrides");
	if (overrides && keys_kind(&reader->file, overrides, YAML_LIST, "`overrides`"))
		return -1;
	for (i = 0; overrides && i < overrides->count; i++)
		if (sources_read_override(reader, overrides->child[i]))
			return -1;
	return 0;
}
