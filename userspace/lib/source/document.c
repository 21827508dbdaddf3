// SPDX-License-Identifier: Apache-2.0
/*
 * The reader of JSON documents of the known shapes. Elements of the outermost lists come one at a time (json_pull.h)
 * and are walked along the shape's paths; a prefix to which a path leads becomes a fact for each region, service and AS
 * that belong to it. JSON is written by programs: what is wrong in it is a format that has changed, and refuses it all.
 */
#include "source/format_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "source/document_private.h"
#include "source/json_pull.h"

#define DOCUMENT_VALUES 64 /* of a field of one prefix */

struct document_list {
	struct shape_path prefix, region, service, country, asn;
	sa_family_t family;
	bool found; /* the document has its first key */
	bool chosen; /* what is walked now is of it */
};

struct document {
	struct source_reader *reader;
	struct json_pull pull;
	struct shape_path date, asn;
	struct document_list list[SHAPE_LISTS];
	unsigned int lists;
	struct document_at at[SHAPE_STEPS + 1];
	uint32_t asked; /* the AS of who was asked; 0: not said */
	size_t prefixes; /* of the element that is walked */
};

/* What belongs to a prefix: numbers of strings, or of ASes. */
struct document_values {
	uint32_t number[DOCUMENT_VALUES];
	size_t count;
};

/* NAME: regions[3].cidrs[0].cidr: sentence, for where so many steps led, and a key of it or NULL. */
static int document_fail(struct document *walk, unsigned int steps, const struct shape_step *key, const char *format,
			 ...) __attribute__((format(printf, 4, 5)));

static int document_fail(struct document *walk, unsigned int steps, const struct shape_step *key, const char *format,
			 ...)
{
	char text[256], place[160] = "";
	size_t used = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (unsigned int i = 1; i <= steps && used < sizeof(place); i++) {
		const struct document_at *at = &walk->at[i];

		used += (size_t)(at->key ? snprintf(place + used, sizeof(place) - used, "%s%.*s", used ? "." : "",
						    at->length < 40 ? (int)at->length : 40, at->key) :
					   snprintf(place + used, sizeof(place) - used, "[%zu]", at->index));
	}
	if (key && used < sizeof(place))
		snprintf(place + used, sizeof(place) - used, "%s%.*s", used ? "." : "", (int)strcspn(key->name, "|?.["),
			 key->name);
	return source_fail(walk->reader, "%s%s%s", place, *place ? ": " : "", text);
}

json_t *document_get(json_t *node, const struct shape_step *step, struct document_at *at)
{
	const char *key = step->name, *end = step->name + step->length;
	json_t *value = NULL;

	for (; key < end; key += at->length + 1) {
		json_t *found;

		at->length = strcspn(key, "|?.[");
		found = json_object_getn(node, key, at->length);
		if (!found)
			continue;
		value = found;
		at->key = key;
		if (!json_is_string(value) || *json_string_value(value))
			break;
	}
	at->node = value;
	return value;
}

typedef int document_visitor(struct document *walk, const struct document_list *list, unsigned int steps,
			     void *context);

/* Every node that the rest of the path leads to. */
static int document_visit(struct document *walk, const struct document_list *list, const struct shape_path *path,
			  unsigned int steps, document_visitor *visit, void *context)
{
	const struct shape_step *step = &path->step[steps];
	struct document_at *next = &walk->at[steps + 1];
	json_t *node = walk->at[steps].node, *member;
	const char *key;

	if (steps == path->count)
		return visit(walk, list, steps, context);
	*next = (struct document_at){ 0 };
	switch (step->kind) {
	case SHAPE_KEY:
		if (!json_is_object(node))
			return document_fail(walk, steps, NULL, "is not an object");
		if (document_get(node, step, next))
			return document_visit(walk, list, path, steps + 1, visit, context);
		return step->optional ? 0 : document_fail(walk, steps, step, "is missing");
	case SHAPE_EACH:
		if (!json_is_array(node))
			return document_fail(walk, steps, NULL, "is not a list");
		for (; next->index < json_array_size(node); next->index++) {
			next->node = json_array_get(node, next->index);
			if (document_visit(walk, list, path, steps + 1, visit, context))
				return -1;
		}
		return 0;
	case SHAPE_ANY:
		if (!json_is_object(node))
			return document_fail(walk, steps, NULL, "is not an object");
		json_object_foreach(node, key, member) {
			*next = (struct document_at){ .node = member, .key = key, .length = strlen(key) };
			if (document_visit(walk, list, path, steps + 1, visit, context))
				return -1;
		}
	}
	return 0;
}

static int document_take_string(struct document *walk, const struct document_list *list, unsigned int steps,
				void *context)
{
	json_t *node = walk->at[steps].node;
	struct document_values *values = context;

	if (!json_is_string(node))
		return document_fail(walk, steps, NULL, "is not text");
	if (values->count < DOCUMENT_VALUES)
		values->number[values->count++] = source_string(walk->reader, json_string_value(node));
	return 0;
}

/* The ends of an AS path: the last AS, or all of a set ("64496 {64497,64498}"). An empty one began with who was asked. */
static bool document_as_path(struct document *walk, const char *path, struct document_values *values)
{
	const char *last = strrchr(path, ' '), *at = last ? last + 1 : path;
	uint32_t asn;

	if (!*path && walk->asked && values->count < DOCUMENT_VALUES)
		values->number[values->count++] = walk->asked;
	at += *at == '{';
	while (*at) {
		size_t length = strcspn(at, ",}");
		char text[16];

		snprintf(text, sizeof(text), "%.*s", (int)length, at);
		if (length >= sizeof(text) || !source_asn(text, &asn))
			return false;
		if (asn && values->count < DOCUMENT_VALUES)
			values->number[values->count++] = asn;
		at += length + (at[length] != '\0');
	}
	return true;
}

static int document_take_asn(struct document *walk, const struct document_list *list, unsigned int steps,
			     void *context)
{
	json_t *node = walk->at[steps].node;
	struct document_values *values = context;

	if (json_is_integer(node) && json_integer_value(node) >= 0 && json_integer_value(node) <= UINT32_MAX) {
		if (json_integer_value(node) && values->count < DOCUMENT_VALUES)
			values->number[values->count++] = (uint32_t)json_integer_value(node);
		return 0;
	}
	if (!json_is_string(node) || !document_as_path(walk, json_string_value(node), values))
		return document_fail(walk, steps, NULL, "is neither the number of an AS nor a path of them");
	return 0;
}

/* The key that a '*' of the prefix's path stood for. */
static const struct document_at *document_any(const struct document *walk, const struct shape_path *prefix,
					      unsigned int any)
{
	for (unsigned int i = 0; i < prefix->count; i++)
		if (prefix->step[i].kind == SHAPE_ANY && !--any)
			return &walk->at[i + 1];
	return NULL;
}

static bool document_same_step(const struct shape_step *a, const struct shape_step *b)
{
	return a->kind == b->kind && a->length == b->length && (!a->length || !memcmp(a->name, b->name, a->length));
}

/* A field of the prefix to which walk->at leads. Its path leaves that of the prefix somewhere, and goes on. */
static int document_field(struct document *walk, const struct document_list *list, const struct shape_path *path,
			  document_visitor *take, void *context)
{
	const struct shape_path *prefix = &list->prefix;
	struct document_values *values = context;
	struct document_at kept[SHAPE_STEPS + 1];
	unsigned int common = 0;
	int status;

	if (path->any) {
		const struct document_at *at = document_any(walk, prefix, path->any);
		char text[SOURCE_STRING + 1];

		snprintf(text, sizeof(text), "%.*s", at && at->length < SOURCE_STRING ? (int)at->length : 0,
			 at ? at->key : "");
		*values = (struct document_values){ { source_string(walk->reader, text) }, 1 };
		return 0;
	}
	while (common < path->count && common < prefix->count &&
	       document_same_step(&path->step[common], &prefix->step[common]))
		common++;
	memcpy(kept, walk->at, sizeof(kept));
	status = path->count ? document_visit(walk, list, path, common, take, context) : 0;
	memcpy(walk->at, kept, sizeof(kept));
	return status;
}

static void document_default(struct document_values *values)
{
	if (!values->count)
		values->number[values->count++] = 0;
}

/* One country at most: what a publisher says is a code, or nothing. */
static int document_take_country(struct document *walk, const struct document_list *list, unsigned int steps,
				 void *context)
{
	json_t *node = walk->at[steps].node;

	if (!json_is_string(node) || (*json_string_value(node) && !source_country(json_string_value(node), context)))
		return document_fail(walk, steps, NULL, "is not a country of two letters");
	return 0;
}

static int document_fields(struct document *walk, const struct document_list *list, const struct prefix *prefix)
{
	struct document_values region = { 0 }, service = { 0 }, asn = { 0 };
	struct source_fact fact = { 0 };

	if (document_field(walk, list, &list->region, document_take_string, &region) ||
	    document_field(walk, list, &list->service, document_take_string, &service) ||
	    document_field(walk, list, &list->asn, document_take_asn, &asn) ||
	    document_field(walk, list, &list->country, document_take_country, fact.country))
		return -1;
	/* what no AS may announce is no fact */
	if (list->asn.count && !asn.count)
		return 0;
	document_default(&region);
	document_default(&service);
	document_default(&asn);
	for (size_t r = 0; r < region.count; r++) {
		for (size_t s = 0; s < service.count; s++) {
			for (size_t a = 0; a < asn.count; a++) {
				fact.region = region.number[r];
				fact.service = service.number[s];
				fact.asn = asn.number[a];
				source_add(walk->reader, prefix, &fact);
			}
		}
	}
	return 0;
}

static int document_take_prefix(struct document *walk, const struct document_list *list, unsigned int steps,
				void *context)
{
	json_t *node = walk->at[steps].node;
	const char *text = json_string_value(node), *error;
	struct prefix prefix;

	if (!text)
		return document_fail(walk, steps, NULL, "is not text");
	error = source_prefix(text, &prefix);
	if (error)
		return document_fail(walk, steps, NULL, "'%.*s' %s", SOURCE_QUOTED, text, error);
	if (list->family != AF_UNSPEC && prefix.family != list->family)
		return document_fail(walk, steps, NULL, "'%s' is of the other address family", text);
	walk->prefixes++;
	return document_fields(walk, list, &prefix);
}

/* An element of an outermost list, or the value of a key, to which so many steps led. */
static int document_element(struct document *walk, unsigned int steps)
{
	const struct shape_step *last = NULL;

	walk->prefixes = 0;
	for (unsigned int i = 0; i < walk->lists; i++) {
		const struct document_list *list = &walk->list[i];

		if (!list->chosen)
			continue;
		if (document_visit(walk, list, &list->prefix, steps, document_take_prefix, NULL))
			return -1;
		last = &list->prefix.step[list->prefix.count - 1];
	}
	/* of several keys that may be missing one is there */
	if (!walk->prefixes && last->kind == SHAPE_KEY && last->optional)
		return document_fail(walk, steps, &walk->list[0].prefix.step[steps], "is missing");
	return 0;
}

/* The elements of the list or object that is next. */
static int document_elements(struct document *walk, unsigned int steps, bool keyed, bool sure)
{
	struct document_at *at = &walk->at[steps];
	bool skipped = false;
	size_t index;
	int more;

	if (json_pull_enter(&walk->pull))
		return -1;
	for (index = 0;; index++) {
		_cleanup_free_ char *key = NULL;
		_cleanup_json_ json_t *node = NULL;

		more = json_pull_member(&walk->pull, !index, keyed ? &key : NULL);
		if (more <= 0)
			return more;
		if (json_pull_value(&walk->pull, &node))
			return -1;
		/* under a key that nobody knows a list of something else */
		if (!index && !sure && !keyed)
			skipped = !document_is_prefix(node);
		*at = (struct document_at){ .node = node, .key = key, .length = key ? strlen(key) : 0, .index = index };
		if (!skipped && document_element(walk, steps))
			return -1;
	}
}

static int document_pass(struct document *walk)
{
	_cleanup_json_ json_t *value = NULL;

	return json_pull_value(&walk->pull, &value);
}

/* The day of the data. */
static int document_take_date(struct document *walk, const struct document_list *list, unsigned int steps,
			      void *context)
{
	json_t *node = walk->at[steps].node;

	if (json_is_integer(node) && source_date_seconds(walk->reader, json_integer_value(node)))
		return 0;
	if (!json_is_string(node))
		return document_fail(walk, steps, NULL, "is not text");
	if (!source_date(walk->reader, json_string_value(node)))
		return document_fail(walk, steps, NULL, "'%.40s' does not begin with a date YYYY-MM-DD",
				     json_string_value(node));
	return 0;
}

static int document_take_asked(struct document *walk, const struct document_list *list, unsigned int steps,
			       void *context)
{
	struct document_values values = { 0 };

	if (document_take_asn(walk, list, steps, &values))
		return -1;
	walk->asked = values.count ? values.number[0] : 0;
	return 0;
}

/* What is said once for all; -1, or whether the key was one of that. */
static int document_once(struct document *walk, const char *key)
{
	const struct {
		const struct shape_path *path;
		document_visitor *take;
	} once[] = { { &walk->date, document_take_date }, { &walk->asn, document_take_asked } };

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		_cleanup_json_ json_t *value = NULL;

		if (!once[i].path->count || !document_is_key(&once[i].path->step[0], key))
			continue;
		if (json_pull_value(&walk->pull, &value))
			return -1;
		walk->at[1].node = value;
		return document_visit(walk, NULL, once[i].path, 1, once[i].take, NULL) ? -1 : 1;
	}
	return 0;
}

/* The lists that begin with this key; sure: all of them name it. NULL: there is none. */
static const struct shape_path *document_choose(struct document *walk, const char *key, bool *sure)
{
	const struct shape_path *found = NULL;

	*sure = true;
	for (unsigned int i = 0; i < walk->lists; i++) {
		struct document_list *list = &walk->list[i];
		const struct shape_step *step = &list->prefix.step[0];

		list->chosen = step->kind == SHAPE_ANY || document_is_key(step, key);
		list->found |= list->chosen;
		*sure &= !list->chosen || step->kind == SHAPE_KEY;
		found = list->chosen ? &list->prefix : found;
	}
	return found;
}

static int document_member(struct document *walk, const char *key)
{
	struct document_at *at = &walk->at[1];
	const struct shape_path *path;
	_cleanup_json_ json_t *value = NULL;
	int next, once;
	bool sure;

	*at = (struct document_at){ .key = key, .length = strlen(key) };
	once = document_once(walk, key);
	if (once)
		return once < 0 ? -1 : 0;
	path = document_choose(walk, key, &sure);
	next = json_pull_next(&walk->pull);
	if (!path || next <= 0 || (!sure && next != (path->step[1].kind == SHAPE_EACH ? '[' : '{')))
		return document_pass(walk);
	if (path->step[1].kind == SHAPE_EACH && next != '[')
		return document_fail(walk, 1, NULL, "is not a list");
	if (path->step[1].kind == SHAPE_ANY && next != '{')
		return document_fail(walk, 1, NULL, "is not an object");
	if (path->step[1].kind != SHAPE_KEY)
		return document_elements(walk, 2, next == '{', sure);
	if (json_pull_value(&walk->pull, &value))
		return -1;
	at->node = value;
	return document_element(walk, 1);
}

static int document_object(struct document *walk)
{
	const char *format = source_format_name(walk->reader->format);
	bool first = true;
	int more;

	if (json_pull_enter(&walk->pull))
		return -1;
	for (;; first = false) {
		_cleanup_free_ char *key = NULL;

		more = json_pull_member(&walk->pull, first, &key);
		if (more < 0 || (more && document_member(walk, key)))
			return -1;
		if (!more)
			break;
	}
	for (unsigned int i = 0; i < walk->lists; i++) {
		const struct shape_step *step = &walk->list[i].prefix.step[0];

		if (!walk->list[i].found && step->kind == SHAPE_KEY && !step->optional)
			return document_fail(walk, 0, step, "is missing, so this is no file of the format `%s`", format);
	}
	return 0;
}

static void document_prepare(struct document *walk, const struct shape *shape)
{
	for (unsigned int i = 0; i < SHAPE_LISTS && shape->list[i].prefix; i++) {
		const struct shape_list *from = &shape->list[i];
		struct document_list *list = &walk->list[walk->lists++];
		const struct {
			const char *text;
			struct shape_path *path;
		} paths[] = {
			{ from->prefix, &list->prefix },
			{ from->region, &list->region },
			{ from->service, &list->service },
			{ from->country, &list->country },
			{ from->asn, &list->asn },
		};

		list->family = from->family;
		for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++)
			if (paths[j].text)
				shape_path_parse(paths[j].text, paths[j].path);
	}
	if (shape->date)
		shape_path_parse(shape->date, &walk->date);
	if (shape->asn)
		shape_path_parse(shape->asn, &walk->asn);
}

int source_document_read(struct source_reader *reader)
{
	struct document walk = { .reader = reader };
	int next;

	document_prepare(&walk, shape_of(reader->format));
	if (json_pull_open(&walk.pull, &reader->input))
		return -1;
	next = json_pull_next(&walk.pull);
	if (next < 0)
		return -1;
	if (next == '[' && walk.list[0].prefix.step[0].kind == SHAPE_EACH) {
		walk.list[0].chosen = true;
		if (document_elements(&walk, 1, false, true))
			return -1;
	} else if (next == '{' && walk.list[0].prefix.step[0].kind != SHAPE_EACH) {
		if (document_object(&walk))
			return -1;
	} else if (next == '{' || next == '[') {
		return source_fail(reader, "the JSON is not %s", next == '{' ? "a list" : "an object");
	} else {
		return document_pass(&walk) ? -1 : source_fail(reader, "the JSON is not an object");
	}
	return json_pull_end(&walk.pull);
}
