// SPDX-License-Identifier: Apache-2.0
/*
 * `include: WHAT` as an item of a list. WHAT is a file with the same key, whose items stand in its place:
 *
 *   hds2             the pack of that name: packs/hds2/pack.yaml below /etc/resid, else below /usr/share/resid
 *   site/nets.yaml   a path, seen from the folder of the file that includes it, else from those two packs/
 *
 * A snapshot must say by itself what it was made of, so the text of an included file becomes a further document of the
 * policy's text, in the order in which it was met. Text that has such documents is complete: nothing is looked for on
 * disk, and the includes take the documents in the same order.
 */
#include "policy/include.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/sets.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/paths.h"

#define INCLUDE_DEPTH_MAX 8

static bool include_is_path(const char *what)
{
	size_t length = strlen(what);

	return strchr(what, '/') || (length > 5 && !strcmp(what + length - 5, ".yaml"));
}

static bool include_exists(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

/* The file that is meant, for which the caller frees *out. */
static int include_find(struct reader *reader, const struct yaml_node *what, char **out)
{
	const char *const folder[] = { paths_conf_dir(), paths_share_dir() };
	const char *tail = include_is_path(what->text) ? "" : "/pack.yaml";
	size_t i;

	if (*what->text == '/') {
		*out = mem_copy(what->text, strlen(what->text));
		return 0;
	}
	if (!*tail) {
		struct path here = paths_dir_of(reader->file.name);

		*out = !strcmp(here.text, ".") ? mem_copy(what->text, strlen(what->text)) :
						 mem_format("%s/%s", here.text, what->text);
		if (include_exists(*out))
			return 0;
		free(TAKE(*out));
	}
	for (i = 0; i < sizeof(folder) / sizeof(folder[0]); i++) {
		*out = mem_format("%s/packs/%s%s", folder[i], what->text, tail);
		if (include_exists(*out))
			return 0;
		free(TAKE(*out));
	}
	return keys_fail(&reader->file, what, "'%s' is not there: neither %s%s/packs/%s%s nor %s/packs/%s%s", what->text,
			 *tail ? "" : "beside this file nor ", folder[0], what->text, tail, folder[1], what->text,
			 tail);
}

/* The same file further out, by whatever path it was reached. */
static bool include_is_cycle(const struct reader *reader, const struct stat *file)
{
	struct stat st;

	for (; reader; reader = reader->outer)
		if (!stat(reader->file.name, &st) && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
			return true;
	return false;
}

/* It becomes a document after others, so it must not say itself where documents begin and end. */
static int include_check_bare(struct reader *reader, const struct yaml_node *what, const char *path, const char *text)
{
	const char *line = text;
	size_t number = 1;

	for (;; number++) {
		if (!strncmp(line, "---", 3) || !strncmp(line, "...", 3))
			return keys_fail(&reader->file, what, "%s, line %zu: an included file has no '%.3s' in it", path, number,
					 line);
		line = strchr(line, '\n');
		if (!line)
			return 0;
		line++;
	}
}

/* Where a document comes from, as a comment; a path may hold bytes that no text has, or that would end it. */
static char *include_head(const char *end, const char *path)
{
	char *head = mem_format("%s--- # %s\n", end, path), *at;

	for (at = head + strlen(end); at[1]; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	return head;
}

static int include_append(struct reader *reader, const struct yaml_node *what, const char *path, const char *text,
			  size_t length)
{
	struct policy *policy = reader->policy;
	const char *end = policy->text_length && policy->text[policy->text_length - 1] != '\n' ? "\n" : "";
	_cleanup_free_ char *head = include_head(end, path);
	size_t total = policy->text_length + strlen(head) + length;

	if (total > YAML_SIZE_MAX)
		return keys_fail(&reader->file, what, "with '%s' the policy is longer than %zu bytes", what->text, YAML_SIZE_MAX);
	policy->text = mem_resize(policy->text, total + 1, 1);
	memcpy(policy->text + policy->text_length, head, strlen(head));
	memcpy(policy->text + total - length, text, length);
	policy->text[total] = '\0';
	policy->text_length = total;
	return 0;
}

static int include_read_file(struct reader *reader, const struct yaml_node *what, struct policy_included *out)
{
	_cleanup_free_ char *text = NULL;
	struct resid_error inner;
	size_t length;
	struct stat st;

	if (include_find(reader, what, &out->name))
		return -1;
	if (stat(out->name, &st))
		return keys_fail(&reader->file, what, "'%s' cannot be included: %s: %s", what->text, out->name, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return keys_fail(&reader->file, what, "'%s' cannot be included: %s is not a file", what->text, out->name);
	if (include_is_cycle(reader, &st))
		return keys_fail(&reader->file, what, "'%s' includes itself, by way of %s", what->text, out->name);
	if (file_read_text(out->name, YAML_SIZE_MAX, &text, &length, &inner))
		return keys_fail(&reader->file, what, "'%s' cannot be included: %s", what->text, inner.text);
	if (yaml_parse(out->name, text, length, &out->root, reader->file.err) ||
	    include_check_bare(reader, what, out->name, text))
		return -1;
	return include_append(reader, what, out->name, text, length);
}

/* The next of the documents that came along. */
static int include_take(struct reader *reader, const struct yaml_node *what, struct policy_included *out)
{
	struct yaml_stream *given = reader->given;

	if (reader->policy->included_count >= given->count)
		return keys_fail(&reader->file, what, "'%s' has no document; the policy's text is not complete", what->text);
	out->root = TAKE(given->document[reader->policy->included_count]);
	out->name = mem_copy(reader->file.name, strlen(reader->file.name));
	return 0;
}

/* What it opens is the policy's; *out is a view. */
static int include_open(struct reader *reader, const struct yaml_node *what, struct policy_included *out)
{
	struct policy *policy = reader->policy;
	struct policy_included *included;
	const struct reader *outer;
	unsigned int depth = 0;
	int status;

	if (keys_kind(&reader->file, what, YAML_SCALAR, "`include`"))
		return -1;
	if (!*what->text || strpbrk(what->text, "\n\r"))
		return keys_fail(&reader->file, what, "`include` must be the name of a pack or the path of a file");
	for (outer = reader->outer; outer; outer = outer->outer)
		depth++;
	if (depth >= INCLUDE_DEPTH_MAX)
		return keys_fail(&reader->file, what, "'%s' is included more than %d deep", what->text, INCLUDE_DEPTH_MAX);
	if (policy->included_count >= YAML_DOCUMENTS_MAX - 1)
		return keys_fail(&reader->file, what, "'%s' is one file more than the %d that a policy can include", what->text,
				 YAML_DOCUMENTS_MAX - 1);
	included = MEM_PUSH(policy->included, policy->included_count, policy->included_capacity);
	status = reader->given->count > 1 ? include_take(reader, what, included) :
					    include_read_file(reader, what, included);
	*out = *included;
	return status;
}

static int include_splice(struct reader *reader, const struct yaml_node *item, const char *key, include_item *read)
{
	static const char *const item_keys[] = { "include", NULL };
	const char *const file_keys[] = { "sets", key, NULL };
	struct policy_included included = { 0 };
	const struct yaml_node *root, *sets, *list;
	struct reader inner = *reader;

	if (keys_known(&reader->file, item, "an include", item_keys) ||
	    include_open(reader, yaml_get(item, "include"), &included))
		return -1;
	root = included.root;
	inner.file.name = included.name;
	inner.outer = reader;
	inner.document = reader->policy->included_count;
	if (keys_known(&inner.file, root, "an included file", file_keys) ||
	    keys_get(&inner.file, root, key, true, &list))
		return -1;
	sets = yaml_get(root, "sets");
	if (sets && sets_read_inline(&inner, sets))
		return -1;
	return include_list(&inner, list, key, read);
}

int include_list(struct reader *reader, const struct yaml_node *list, const char *key, include_item *read)
{
	_cleanup_free_ char *what = mem_format("`%s`", key);
	size_t i;

	if (keys_kind(&reader->file, list, YAML_LIST, what))
		return -1;
	for (i = 0; i < list->count; i++) {
		const struct yaml_node *item = list->child[i];
		bool is_include = item->kind == YAML_MAP && yaml_get(item, "include");

		if (is_include ? include_splice(reader, item, key, read) : read(reader, item))
			return -1;
	}
	return 0;
}
