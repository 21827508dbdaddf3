// SPDX-License-Identifier: Apache-2.0
#include "view.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/hex.h"
#include "util/memory.h"

const char view_label_more[] = "more", view_label_say[] = "say";

/* ---- memory: given back all at once ------------------------------------------------------------------------- */

#define ARENA_BLOCK 65536

struct view_arena {
	struct view_arena *older;
	size_t used, room;
	char bytes[];
};

static void *view_room(struct view *view, size_t size)
{
	struct view_arena *arena = view->arena;
	size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;

	size = (size + 15) & ~(size_t)15;
	if (!arena || arena->room - arena->used < size) {
		arena = mem_alloc(sizeof(*arena) + room + 16);
		*arena = (struct view_arena){ .older = view->arena, .room = room + 16 };
		view->arena = arena;
	}
	arena->used += size;
	return arena->bytes + arena->used - size;
}

/* All but one block, which serves again. */
static void view_forget(struct view *view)
{
	while (view->arena && view->arena->older) {
		struct view_arena *older = view->arena->older;

		free(view->arena);
		view->arena = older;
	}
	if (view->arena)
		view->arena->used = 0;
}

static const char *view_copy(struct view *view, const char *text, size_t length)
{
	char *copy = view_room(view, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

static const char *view_print(struct view *view, const char *format, va_list args)
{
	char brief[512];
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(brief, sizeof(brief), format, args);
	if (length < 0) {
		va_end(again);
		return "";
	}
	text = view_room(view, (size_t)length + 1);
	if ((size_t)length < sizeof(brief))
		memcpy(text, brief, (size_t)length + 1);
	else
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

/* ---- the tree ----------------------------------------------------------------------------------------------- */

static struct view_node *view_make(struct view *view, enum view_kind kind)
{
	struct view_node *node = view_room(view, sizeof(*node));

	*node = (struct view_node){ .kind = kind };
	return node;
}

static struct view_node *view_add(struct view *view, enum view_kind kind, const char *key, const char *label)
{
	struct view_node *node = view_make(view, kind), *parent = view->at;

	node->key = key;
	node->label = label;
	node->parent = parent;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	view->value = node;
	return node;
}

static void view_begin(struct view *view)
{
	const struct view_node *before = view->root;

	view_forget(view);
	/* a stream's table goes on */
	if (view->stream) {
		const struct view_column *columns = before->columns;

		view->root = view_make(view, VIEW_TABLE);
		view->root->columns = columns;
	} else {
		view->root = view_make(view, VIEW_OBJECT);
	}
	view->at = view->root;
	view->value = NULL;
}

struct view *view_new(const struct view_output *output)
{
	struct view *view = mem_zero(1, sizeof(*view));

	view->output = *output;
	view_begin(view);
	return view;
}

void view_free(struct view *view)
{
	if (!view)
		return;
	view_forget(view);
	free(view->arena);
	free(view);
}

void view_clear(struct view *view)
{
	view->flushed++;
	view_begin(view);
}

bool view_has_more(const struct view *view)
{
	return view->root->first || (view->root->kind == VIEW_TABLE && !view->stream);
}

void view_object(struct view *view, const char *key, const char *label)
{
	view->at = view_add(view, VIEW_OBJECT, key, label);
}

void view_table(struct view *view, const char *key, const char *label, const struct view_column *columns)
{
	view->at = view_add(view, VIEW_TABLE, key, label);
	view->at->columns = columns;
}

void view_list(struct view *view, const char *key, const char *label)
{
	view->at = view_add(view, VIEW_LIST, key, label);
}

void view_row(struct view *view)
{
	view->at = view_add(view, VIEW_OBJECT, NULL, NULL);
}

void view_end(struct view *view)
{
	view->value = view->at;
	view->at = view->at->parent;
}

void view_rows(struct view *view, const struct view_column *columns)
{
	view->root->kind = VIEW_TABLE;
	view->root->columns = columns;
	view->header = true;
}

void view_stream(struct view *view, const struct view_column *columns, bool header)
{
	view_rows(view, columns);
	view->stream = true;
	view->header = header;
}

/* ---- values ------------------------------------------------------------------------------------------------- */

void view_text(struct view *view, const char *key, const char *label, const char *text)
{
	view_add(view, VIEW_TEXT, key, label)->text = view_copy(view, text, strlen(text));
}

void view_known(struct view *view, const char *key, const char *label, const char *text)
{
	if (text && *text)
		view_text(view, key, label, text);
}

void view_format(struct view *view, const char *key, const char *label, const char *format, ...)
{
	struct view_node *node = view_add(view, VIEW_TEXT, key, label);
	va_list args;

	va_start(args, format);
	node->text = view_print(view, format, args);
	va_end(args);
}

void view_block(struct view *view, const char *key, const char *label, const char *text)
{
	view_add(view, VIEW_BLOCK, key, label)->text = view_copy(view, text, strlen(text));
}

void view_raw(struct view *view, const char *key, const char *label, const char *json, size_t length)
{
	view_add(view, VIEW_RAW, key, label)->text = view_copy(view, json, length);
}

void view_prefix(struct view *view, const char *key, const char *label, const char *text)
{
	view_add(view, VIEW_PREFIX, key, label)->text = view_copy(view, text, strlen(text));
}

void view_number(struct view *view, const char *key, const char *label, uint64_t number)
{
	view_add(view, VIEW_NUMBER, key, label)->number = number;
}

void view_count(struct view *view, const char *key, const char *label, uint64_t count)
{
	view_add(view, VIEW_COUNT, key, label)->number = count;
}

void view_time(struct view *view, const char *key, const char *label, int64_t seconds)
{
	view_add(view, VIEW_TIME, key, label)->number = (uint64_t)seconds;
}

void view_time_ns(struct view *view, const char *key, const char *label, uint64_t ns)
{
	view_add(view, VIEW_TIME_NS, key, label)->number = ns;
}

void view_bool(struct view *view, const char *key, const char *label, bool truth)
{
	view_add(view, VIEW_BOOL, key, label)->number = truth;
}

void view_verdict(struct view *view, const char *key, const char *label, enum resid_verdict verdict)
{
	view_add(view, VIEW_VERDICT, key, label)->number = verdict;
}

void view_hex(struct view *view, const char *key, const char *label, const void *bytes, size_t length)
{
	char *text = view_room(view, 2 * length + 1);

	hex_format(bytes, length, text);
	view_add(view, VIEW_TEXT, key, label)->text = text;
}

void view_countries(struct view *view, const char *key, const char *label, const char *list)
{
	view_list(view, key, label);
	for (; *list; list += 2 + (list[2] == ','))
		view_add(view, VIEW_TEXT, NULL, NULL)->text = view_copy(view, list, 2);
	view_end(view);
}

/* ---- in text only ------------------------------------------------------------------------------------------- */

void view_note(struct view *view, const char *format, ...)
{
	va_list args;

	if (view->output.form != VIEW_FORM_TEXT)
		return;
	va_start(args, format);
	view->value->note = view_print(view, format, args);
	va_end(args);
}

void view_alarm(struct view *view)
{
	view->value->alarm = true;
}

static void view_line(struct view *view, const char *label, const char *format, va_list args)
{
	if (view->output.form == VIEW_FORM_TEXT)
		view_add(view, VIEW_TEXT, NULL, label)->text = view_print(view, format, args);
}

void view_more(struct view *view, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	view_line(view, view_label_more, format, args);
	va_end(args);
}

void view_say(struct view *view, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	view_line(view, view_label_say, format, args);
	va_end(args);
}
