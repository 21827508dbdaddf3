// SPDX-License-Identifier: Apache-2.0
/* Which of the known shapes a document has. A key by name says more than one that '*' stands for. */
#include <stdio.h>

#include "source/detect.h"
#include "source/document_private.h"
#include "source/json_pull.h"

/* Does the rest of the path lead to a prefix here? */
static bool document_leads(json_t *node, const struct shape_path *path, unsigned int steps)
{
	const struct shape_step *step = &path->step[steps];
	struct document_at at = { 0 };
	const char *key;
	json_t *member;
	size_t i;

	if (steps == path->count)
		return document_is_prefix(node);
	if (step->kind == SHAPE_KEY)
		return json_is_object(node) && document_get(node, step, &at) &&
		       document_leads(at.node, path, steps + 1);
	if (step->kind == SHAPE_EACH) {
		json_array_foreach(node, i, member)
			if (document_leads(member, path, steps + 1))
				return true;
		return false;
	}
	json_object_foreach(node, key, member)
		if (document_leads(member, path, steps + 1))
			return true;
	return false;
}

/* What was seen of a document: under which key of its top (NULL: it is a list) and of what is there. */
struct document_seen {
	const char *key, *inner;
	json_t *node;
};

static bool document_fits(const struct document_seen *seen, const struct shape_path *path)
{
	const struct shape_step *step = path->step;
	unsigned int steps = 0;

	if (seen->key) {
		if (step->kind == SHAPE_EACH || (step->kind == SHAPE_KEY && !document_is_key(step, seen->key)))
			return false;
		step++;
		steps++;
	}
	if (seen->inner ? step->kind == SHAPE_EACH || (step->kind == SHAPE_KEY && !document_is_key(step, seen->inner)) :
			  step->kind != SHAPE_EACH)
		return false;
	return document_leads(seen->node, path, steps + 1);
}

/* The first shape with such a list; known: the key by name. */
static int document_find(const struct document_seen *seen, uint64_t formats, bool known)
{
	for (int format = 0; format < SOURCE_FORMATS; format++) {
		const struct shape *shape = shape_of((enum source_format)format);

		for (unsigned int i = 0; shape && formats & SOURCE_BIT(format) && i < SHAPE_LISTS; i++) {
			struct shape_path path;

			if (!shape->list[i].prefix)
				break;
			shape_path_parse(shape->list[i].prefix, &path);
			if ((path.step[0].kind != SHAPE_ANY) == known && document_fits(seen, &path))
				return format;
		}
	}
	return -1;
}

struct document_detect {
	struct json_pull pull;
	uint64_t formats;
	int known, any; /* the first shape that fits by name, and by '*' alone; -1 */
};

/* What is in the list or object that is next, as long as no shape fits. */
static int document_detect_elements(struct document_detect *detect, const char *key, bool keyed)
{
	struct document_seen seen;
	bool first = true;

	if (json_pull_enter(&detect->pull))
		return -1;
	for (; detect->known < 0; first = false) {
		_cleanup_free_ char *inner = NULL;
		_cleanup_json_ json_t *node = NULL;
		int more = json_pull_member(&detect->pull, first, keyed ? &inner : NULL);

		if (more <= 0)
			return more;
		if (json_pull_value(&detect->pull, &node))
			return -1;
		seen = (struct document_seen){ key, inner, node };
		detect->known = document_find(&seen, detect->formats, true);
		if (detect->any < 0)
			detect->any = document_find(&seen, detect->formats, false);
	}
	return 0;
}

static int document_detect_members(struct document_detect *detect)
{
	bool first = true;

	if (json_pull_enter(&detect->pull))
		return -1;
	for (; detect->known < 0; first = false) {
		_cleanup_free_ char *key = NULL;
		_cleanup_json_ json_t *value = NULL;
		int more = json_pull_member(&detect->pull, first, &key), next;

		if (more <= 0)
			return more;
		next = json_pull_next(&detect->pull);
		if (next == '{' || next == '[' ? document_detect_elements(detect, key, next == '{') :
						 json_pull_value(&detect->pull, &value))
			return -1;
	}
	return 0;
}

int document_detect(struct source_reader *reader, struct input *input, uint64_t formats)
{
	struct document_detect detect = { .formats = formats, .known = -1, .any = -1 };
	int next;

	if (json_pull_open(&detect.pull, input))
		return -1;
	next = json_pull_next(&detect.pull);
	if (next < 0)
		return -1;
	if (next == '{' ? document_detect_members(&detect) : document_detect_elements(&detect, NULL, false))
		return -1;
	if (detect.known < 0)
		detect.known = detect.any;
	if (detect.known < 0)
		return source_fail(reader, "is JSON, but of no shape that is read here; give a list of prefixes");
	reader->format = (enum source_format)detect.known;
	return 1;
}
