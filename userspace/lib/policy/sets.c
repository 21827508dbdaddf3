// SPDX-License-Identifier: Apache-2.0
/*
 * Sets of countries. EU and EEA are dated files, because their members change by treaty: NAME.yaml is looked for where
 * packs are, in sets/ of the configuration and of what was installed, then among the embedded files. A policy may
 * declare sets of its own beside them.
 *
 * A country whose law holds in territories with codes of their own has such a file too: who writes FR means the law of
 * France, and so La Réunion (RE). The members of a file are codes as they stand.
 */
#include "policy/sets.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "yaml/embedded.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/paths.h"
#include "util/rfc3339.h"

#define SETS_DAY	86400

static const char *sets_suggest(const char *text)
{
	static char hint[96];
	const char *code = location_suggest(text);
	int location = code ? location_find(code) : -1;
	const char *country = location < 0 ? NULL : location_country_name((unsigned int)location);

	if (!code)
		return "write a country by its two letters of ISO 3166-1, or declare a set";
	snprintf(hint, sizeof(hint), country ? "write %s for %s" : "write %s", code, country);
	return hint;
}

static int sets_add_country(struct reader *reader, const struct yaml_node *node, struct location_set *out)
{
	int location;

	if (keys_kind(&reader->file, node, YAML_SCALAR, "a country"))
		return -1;
	location = location_find(node->text);
	if (location < 0)
		return keys_fail(&reader->file, node, "unknown country '%s'; %s", node->text, sets_suggest(node->text));
	if (!location_is_country((unsigned int)location))
		return keys_fail(&reader->file, node, "'%s' is no country, and a set holds only countries", node->text);
	location_set_add(out, (unsigned int)location);
	return 0;
}

/* Where a newer file is to be put. */
static const char *sets_folder(void)
{
	static struct path own;

	own = paths_in(paths_conf_dir(), "sets");
	return own.text;
}

/* The law that it copies may have an end: *ends is the second after it, 0 where there is none. */
static int sets_check_valid(struct reader *reader, const struct yaml_node *root, const char *name, int64_t *ends)
{
	const struct yaml_node *until = yaml_get(root, "valid_until");
	int64_t day;

	if (!until)
		return 0;
	if (keys_kind(&reader->file, until, YAML_SCALAR, "`valid_until`"))
		return -1;
	if (!rfc3339_parse_day(until->text, &day))
		return keys_fail(&reader->file, until, "`valid_until` '%s' must be a day, written YYYY-MM-DD", until->text);
	*ends = day + SETS_DAY;
	if (reader->options->now >= *ends)
		reader_warn(reader, reader->file.name, until,
			    "set '%s' was valid until %s; see what the law says now, and put a newer file into %s", name,
			    until->text, sets_folder());
	return 0;
}

/* A file of its own: errors name it, not the policy. */
static int sets_parse_file(struct reader *reader, const char *file, const char *name, const char *text, size_t length)
{
	static const char *const keys[] = { "set", "date", "valid_until", "source", "members", NULL };
	struct reader inner = {
		.policy = reader->policy, .file = { file, reader->file.err }, .options = reader->options
	};
	const struct yaml_node *set, *date, *source, *members;
	_cleanup_yaml_ struct yaml_node *root = NULL;
	struct location_set found = { 0 };
	struct policy_set *out;
	int64_t day, ends = 0;
	size_t i;

	if (yaml_parse(file, text, length, &root, reader->file.err) || keys_known(&inner.file, root, "a set file", keys))
		return -1;
	if (keys_get(&inner.file, root, "set", true, &set) || keys_get(&inner.file, root, "date", true, &date) ||
	    keys_get(&inner.file, root, "source", true, &source) || keys_get(&inner.file, root, "members", true, &members))
		return -1;
	if (keys_name(&inner.file, set, "`set`") || keys_kind(&inner.file, date, YAML_SCALAR, "`date`") ||
	    keys_kind(&inner.file, source, YAML_SCALAR, "`source`") ||
	    keys_kind(&inner.file, members, YAML_LIST, "`members`"))
		return -1;
	if (strcmp(set->text, name))
		return keys_fail(&inner.file, set, "set '%s' in a file that is named after the set '%s'", set->text, name);
	if (!rfc3339_parse_day(date->text, &day))
		return keys_fail(&inner.file, date, "date '%s' must be a day, written YYYY-MM-DD", date->text);
	if (!members->count)
		return keys_fail(&inner.file, members, "set '%s' has no members", name);
	for (i = 0; i < members->count; i++)
		if (sets_add_country(&inner, members->child[i], &found))
			return -1;
	if (sets_check_valid(&inner, root, name, &ends))
		return -1;

	out = MEM_PUSH(reader->policy->set, reader->policy->set_count, reader->policy->set_capacity);
	out->name = mem_copy(name, strlen(name));
	out->date = mem_copy(date->text, strlen(date->text));
	out->source = mem_copy(source->text, strlen(source->text));
	out->members = found;
	out->ends = ends;
	return 0;
}

/* The file of a set; false: only an embedded one may be there. The caller frees *out. */
static bool sets_find_file(const struct reader *reader, const char *name, char **out)
{
	const char *const folder[] = { paths_conf_dir(), paths_share_dir() };
	size_t i;

	for (i = 0; i < sizeof(folder) / sizeof(folder[0]); i++) {
		*out = reader->options->sets ? mem_format("%s/%s.yaml", reader->options->sets, name) :
					       mem_format("%s/sets/%s.yaml", folder[i], name);
		if (!access(*out, F_OK))
			return true;
		free(TAKE(*out));
	}
	return false;
}

static int sets_load(struct reader *reader, const char *name)
{
	_cleanup_free_ char *file = mem_format("%s.yaml", name);
	_cleanup_free_ char *path = NULL, *text = NULL;
	const struct embedded_file *embedded;
	size_t length;

	if (sets_find_file(reader, name, &path)) {
		if (file_read_text(path, YAML_SIZE_MAX, &text, &length, reader->file.err))
			return -1;
		return sets_parse_file(reader, path, name, text, length);
	}
	for (embedded = embedded_sets; embedded->name; embedded++)
		if (!strcmp(embedded->name, file))
			return sets_parse_file(reader, file, name, embedded->data,
					       (size_t)(embedded->end - embedded->data));
	return 1;
}

static const struct policy_set *sets_find(const struct policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->set_count; i++)
		if (!strcmp(policy->set[i].name, name))
			return &policy->set[i];
	return NULL;
}

/* The set of that name, read if it was not yet; *out NULL: there is none. */
static int sets_open(struct reader *reader, const char *name, const struct policy_set **out)
{
	*out = sets_find(reader->policy, name);
	if (!*out && sets_load(reader, name) < 0)
		return -1;
	*out = sets_find(reader->policy, name);
	return 0;
}

/* A country with its territories. */
static int sets_add_territory(struct reader *reader, const struct yaml_node *node, struct location_set *out)
{
	const struct policy_set *set;

	if (sets_add_country(reader, node, out) || sets_open(reader, node->text, &set))
		return -1;
	if (set)
		location_set_unite(out, &set->members);
	return 0;
}

int sets_add_location(struct reader *reader, const struct yaml_node *node, struct location_set *out)
{
	const struct policy_set *set;
	int location;

	if (keys_kind(&reader->file, node, YAML_SCALAR, "a location"))
		return -1;
	if (!strcmp(node->text, SETS_HOME)) {
		if (sets_read_home(reader))
			return -1;
		location_set_unite(out, &reader->policy->home);
		return 0;
	}
	location = location_find(node->text);
	if (location >= 0 && location_is_country((unsigned int)location))
		return sets_add_territory(reader, node, out);
	if (location >= 0) {
		location_set_add(out, (unsigned int)location);
		return 0;
	}
	set = sets_find(reader->policy, node->text);
	if (!set) {
		/* the name becomes part of a path; and UK or el are countries misspelt before they are files */
		if (location_suggest(node->text))
			return keys_fail(&reader->file, node, "unknown location '%s'; %s", node->text,
					 sets_suggest(node->text));
		if (keys_name(&reader->file, node, "a location"))
			return -1;
		if (sets_open(reader, node->text, &set))
			return -1;
		if (!set)
			return keys_fail(&reader->file, node,
					 "unknown location '%s': neither a country of ISO 3166-1, nor a set, nor one of $home, local, special, multicast, metadata, translated, link, region-EU, region-AP, anycast, satellite, proxy, unknown",
					 node->text);
	}
	location_set_unite(out, &set->members);
	return 0;
}

int sets_add_countries(struct reader *reader, const struct yaml_node *node, struct location_set *out)
{
	if (keys_kind(&reader->file, node, YAML_SCALAR, "a country"))
		return -1;
	if (location_find(node->text) >= 0 || location_suggest(node->text))
		return sets_add_territory(reader, node, out);
	return sets_add_location(reader, node, out);
}

int sets_read_home(struct reader *reader)
{
	static const struct location_set none;
	struct location_set *home = &reader->policy->home;
	const struct yaml_node *node;

	if (memcmp(home, &none, sizeof(none)))
		return 0;
	if (keys_get(&reader->file, reader->policy->root, "home", true, &node))
		return -1;
	if (node->kind == YAML_SCALAR && !strcmp(node->text, SETS_HOME))
		return keys_fail(&reader->file, node, "`home` cannot be %s, which is what it says; write a country or a set",
				 SETS_HOME);
	return sets_add_countries(reader, node, home);
}

static int sets_check_inline_name(struct reader *reader, const struct yaml_node *name)
{
	const struct embedded_file *embedded;

	if (keys_name(&reader->file, name, "set name"))
		return -1;
	if (location_find(name->text) >= 0)
		return keys_fail(&reader->file, name, "set name '%s' is a location already; choose another", name->text);
	for (embedded = embedded_sets; embedded->name; embedded++)
		if (!strncmp(embedded->name, name->text, strlen(name->text)) &&
		    !strcmp(embedded->name + strlen(name->text), ".yaml"))
			return keys_fail(&reader->file, name,
					 "set '%s' is a dated file; to change it, put %s/%s beside a source and a date",
					 name->text, sets_folder(), embedded->name);
	return 0;
}

int sets_read_inline(struct reader *reader, const struct yaml_node *node)
{
	struct policy *policy = reader->policy;
	size_t i, j;

	if (keys_kind(&reader->file, node, YAML_MAP, "`sets`"))
		return -1;
	for (i = 0; i < node->count; i += 2) {
		const struct yaml_node *name = node->child[i], *members = node->child[i + 1];
		struct location_set found = { 0 };
		struct policy_set *set;

		if (sets_check_inline_name(reader, name) || keys_kind(&reader->file, members, YAML_LIST, "a set"))
			return -1;
		if (!members->count)
			return keys_fail(&reader->file, members, "set '%s' has no members", name->text);
		for (j = 0; j < members->count; j++) {
			const struct yaml_node *member = members->child[j];

			if (member->kind == YAML_SCALAR && location_find(member->text) >= 0) {
				if (sets_add_territory(reader, member, &found))
					return -1;
			} else if (sets_add_location(reader, member, &found)) {
				return -1;
			}
		}
		if (sets_find(policy, name->text))
			return keys_fail(&reader->file, name, "set '%s' is known already, from another file", name->text);
		set = MEM_PUSH(policy->set, policy->set_count, policy->set_capacity);
		set->name = mem_copy(name->text, strlen(name->text));
		set->date = mem_copy("", 0);
		set->source = mem_copy("policy", 6);
		set->members = found;
	}
	return 0;
}
