// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "util/memory.h"

struct yaml_reader {
	yaml_parser_t parser;
	const char *name;
	struct resid_error *err;
};

static void yaml_reader_fini(struct yaml_reader *reader)
{
	yaml_parser_delete(&reader->parser);
}

void yaml_free(struct yaml_node *node)
{
	size_t i;

	if (!node)
		return;
	for (i = 0; i < node->count; i++)
		yaml_free(node->child[i]);
	free(node->child);
	free(node->text);
	free(node);
}

static int yaml_fail_at(const char *name, size_t line, size_t column, struct resid_error *err, const char *format,
			va_list args)
{
	char text[768];

	vsnprintf(text, sizeof(text), format, args);
	return resid_fail(err, RESID_EXIT_INPUT, "%s:%zu:%zu: %s", name, line, column, text);
}

int yaml_fail(const char *name, const struct yaml_node *node, struct resid_error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	yaml_fail_at(name, node->line, node->column, err, format, args);
	va_end(args);
	return -1;
}

__attribute__((format(printf, 3, 4)))
static int yaml_refuse(struct yaml_reader *reader, const yaml_mark_t *mark, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	yaml_fail_at(reader->name, mark->line + 1, mark->column + 1, reader->err, format, args);
	va_end(args);
	return -1;
}

static int yaml_next(struct yaml_reader *reader, yaml_event_t *event)
{
	yaml_parser_t *parser = &reader->parser;
	const yaml_mark_t *mark = &parser->problem_mark;

	if (yaml_parser_parse(parser, event))
		return 0;
	if (parser->error == YAML_MEMORY_ERROR)
		return resid_fail(reader->err, RESID_EXIT_SYSTEM, "%s: out of memory", reader->name);
	if (parser->error == YAML_READER_ERROR)
		return resid_fail(reader->err, RESID_EXIT_INPUT, "%s:1:1: not UTF-8 text: %s at byte %zu",
				  reader->name, parser->problem, parser->problem_offset);
	if (!parser->problem_mark.index && parser->context)
		mark = &parser->context_mark;
	return yaml_refuse(reader, mark, "not YAML: %s%s%s", parser->problem ? parser->problem : "unknown problem",
			   parser->context ? " " : "", parser->context ? parser->context : "");
}

/* Anchors and tags stand on any kind of node. */
static int yaml_refuse_extras(struct yaml_reader *reader, const yaml_event_t *event, const yaml_char_t *anchor,
			      const yaml_char_t *tag)
{
	if (anchor)
		return yaml_refuse(reader, &event->start_mark,
				   "anchor '&%s': anchors have no place in a policy; write the value out", anchor);
	if (tag)
		return yaml_refuse(reader, &event->start_mark, "tag '%s': a policy's values are text; leave it out", tag);
	return 0;
}

static int yaml_check_event(struct yaml_reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return yaml_refuse(reader, &event->start_mark,
				   "alias '*%s': aliases have no place in a policy; write the value out",
				   event->data.alias.anchor);
	case YAML_SCALAR_EVENT:
		if (memchr(event->data.scalar.value, 0, event->data.scalar.length))
			return yaml_refuse(reader, &event->start_mark, "text with a zero byte in it");
		return yaml_refuse_extras(reader, event, event->data.scalar.anchor, event->data.scalar.tag);
	case YAML_SEQUENCE_START_EVENT:
		return yaml_refuse_extras(reader, event, event->data.sequence_start.anchor,
					  event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return yaml_refuse_extras(reader, event, event->data.mapping_start.anchor,
					  event->data.mapping_start.tag);
	default:
		return 0;
	}
}

static int yaml_check_key(struct yaml_reader *reader, const struct yaml_node *map, const struct yaml_node *key)
{
	size_t i;

	if (key->kind != YAML_SCALAR)
		return yaml_fail(reader->name, key, reader->err, "a key must be a word, not a list or a map");
	for (i = 0; i + 1 < map->count; i += 2)
		if (!strcmp(map->child[i]->text, key->text))
			return yaml_fail(reader->name, key, reader->err, "key '%s' stands twice, first in line %zu",
					 key->text, map->child[i]->line);
	return 0;
}

static int yaml_build(struct yaml_reader *reader, const yaml_event_t *event, unsigned int depth,
		      struct yaml_node **out);

static int yaml_build_children(struct yaml_reader *reader, struct yaml_node *node, unsigned int depth)
{
	for (;;) {
		_cleanup_(yaml_event_delete) yaml_event_t event = { 0 };
		_cleanup_yaml_ struct yaml_node *child = NULL;

		if (yaml_next(reader, &event))
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
			return 0;
		if (yaml_build(reader, &event, depth + 1, &child))
			return -1;
		if (node->kind == YAML_MAP && node->count % 2 == 0 && yaml_check_key(reader, node, child))
			return -1;
		*MEM_PUSH(node->child, node->count, node->capacity) = TAKE(child);
	}
}

static int yaml_build(struct yaml_reader *reader, const yaml_event_t *event, unsigned int depth,
		      struct yaml_node **out)
{
	_cleanup_yaml_ struct yaml_node *node = NULL;

	if (yaml_check_event(reader, event))
		return -1;
	if (depth > YAML_DEPTH_MAX)
		return yaml_refuse(reader, &event->start_mark, "nested more than %d deep", YAML_DEPTH_MAX);
	node = mem_zero(1, sizeof(*node));
	node->line = event->start_mark.line + 1;
	node->column = event->start_mark.column + 1;
	if (event->type == YAML_SCALAR_EVENT) {
		node->kind = YAML_SCALAR;
		node->text = mem_copy(event->data.scalar.value, event->data.scalar.length);
	} else {
		node->kind = event->type == YAML_SEQUENCE_START_EVENT ? YAML_LIST : YAML_MAP;
		if (yaml_build_children(reader, node, depth))
			return -1;
	}
	*out = TAKE(node);
	return 0;
}

static int yaml_read_documents(struct yaml_reader *reader, size_t max, struct yaml_stream *stream)
{
	for (;;) {
		_cleanup_(yaml_event_delete) yaml_event_t event = { 0 };
		_cleanup_yaml_ struct yaml_node *root = NULL;

		if (yaml_next(reader, &event))
			return -1;
		switch (event.type) {
		case YAML_STREAM_START_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (stream->count == max)
				return yaml_refuse(reader, &event.start_mark, max == 1 ?
							   "a second document begins here; the file is one document" :
							   "one document more than a policy can include");
			break;
		case YAML_STREAM_END_EVENT:
			if (!stream->count)
				return resid_fail(reader->err, RESID_EXIT_INPUT, "%s:1:1: the file is empty", reader->name);
			return 0;
		default:
			if (yaml_build(reader, &event, 0, &root))
				return -1;
			*MEM_PUSH(stream->document, stream->count, stream->capacity) = TAKE(root);
		}
	}
}

static int yaml_parse_some(const char *name, const char *text, size_t length, size_t max, struct yaml_stream *out,
			   struct resid_error *err)
{
	_cleanup_(yaml_reader_fini) struct yaml_reader reader = { .name = name, .err = err };
	_cleanup_(yaml_stream_fini) struct yaml_stream stream = { 0 };

	if (!yaml_parser_initialize(&reader.parser))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: out of memory", name);
	if (length > YAML_SIZE_MAX)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: is longer than %zu bytes; move prefix lists out of it",
				  name, YAML_SIZE_MAX);
	yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, length);
	if (yaml_read_documents(&reader, max, &stream))
		return -1;
	*out = stream;
	stream = (struct yaml_stream){ 0 };
	return 0;
}

int yaml_parse_stream(const char *name, const char *text, size_t length, struct yaml_stream *out,
		      struct resid_error *err)
{
	return yaml_parse_some(name, text, length, YAML_DOCUMENTS_MAX, out, err);
}

int yaml_parse(const char *name, const char *text, size_t length, struct yaml_node **out, struct resid_error *err)
{
	struct yaml_stream stream;

	if (yaml_parse_some(name, text, length, 1, &stream, err))
		return -1;
	*out = stream.document[0];
	free(stream.document);
	return 0;
}

void yaml_stream_fini(struct yaml_stream *stream)
{
	size_t i;

	for (i = 0; i < stream->count; i++)
		yaml_free(stream->document[i]);
	free(stream->document);
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	size_t i;

	for (i = 0; i + 1 < map->count; i += 2)
		if (!strcmp(map->child[i]->text, key))
			return map->child[i + 1];
	return NULL;
}
