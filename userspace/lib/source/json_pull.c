// SPDX-License-Identifier: Apache-2.0
#include "source/json_pull.h"

#include <stdio.h>
#include <string.h>

#include "util/memory.h"
#include "util/utf8.h"

#define PULL_CHUNK	((size_t)1 << 16)
#define PULL_MARGIN	16			/* bytes that a token may lack at the window's end */
#define PULL_ELEMENT	((size_t)1 << 26)	/* bytes of an element at most */

static int pull_fail(struct json_pull *pull, size_t line, size_t column, const char *what)
{
	return confine_fail(pull->input->confine, ":%zu:%zu: not JSON: %s", line, column ? column : 1, what);
}

/* Takes bytes and counts their lines. */
static void pull_skip(struct json_pull *pull, const uint8_t *at, size_t length)
{
	const uint8_t *end = at + length, *line;

	input_take(pull->input, length);
	while (at < end && (line = memchr(at, '\n', (size_t)(end - at)))) {
		pull->line++;
		pull->column = 1;
		at = line + 1;
	}
	pull->column += (size_t)(end - at);
}

int json_pull_open(struct json_pull *pull, struct input *input)
{
	const uint8_t *at;
	ptrdiff_t there = input_peek(input, UTF8_MARK, &at);

	*pull = (struct json_pull){ .input = input, .line = 1, .column = 1 };
	if (there < 0)
		return -1;
	if (utf8_mark((const char *)at, (size_t)there))
		input_take(input, UTF8_MARK);
	return 0;
}

int json_pull_next(struct json_pull *pull)
{
	const uint8_t *at;

	for (;;) {
		ptrdiff_t there = input_peek(pull->input, 1, &at);
		ptrdiff_t blanks = 0;

		if (there <= 0)
			return (int)there;
		while (blanks < there && at[blanks] && strchr(" \t\n\r", at[blanks]))
			blanks++;
		if (blanks)
			pull_skip(pull, at, (size_t)blanks);
		if (blanks < there)
			return at[blanks] ? at[blanks] : pull_fail(pull, pull->line, pull->column, "a zero byte");
	}
}

static int pull_expected(struct json_pull *pull, int got, const char *expected)
{
	char text[64];

	if (got < 0)
		return -1;
	if (!got)
		snprintf(text, sizeof(text), "%s expected, and the file ends", expected);
	else
		snprintf(text, sizeof(text), "%s expected near '%c'", expected, got < ' ' || got > '~' ? '?' : got);
	return pull_fail(pull, pull->line, pull->column, text);
}

/* Takes the byte that json_pull_next() saw. */
static void pull_byte(struct json_pull *pull)
{
	pull->column++;
	input_take(pull->input, 1);
}

int json_pull_value(struct json_pull *pull, json_t **out)
{
	int next = json_pull_next(pull);
	size_t want = PULL_CHUNK;

	if (next <= 0)
		return pull_expected(pull, next, "a value");
	for (;; want *= 2) {
		const uint8_t *at;
		ptrdiff_t there = input_peek(pull->input, want, &at);
		_cleanup_json_ json_t *value = NULL;
		json_error_t error;

		if (there < 0)
			return -1;
		value = json_loadb((const char *)at, (size_t)there,
				   JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
		/* what comes to the window's end, or fails there, may go on after it */
		if ((size_t)there >= want && error.position + PULL_MARGIN >= there) {
			if (want >= PULL_ELEMENT)
				return pull_fail(pull, pull->line, pull->column, "an element is longer than 64 MiB");
			continue;
		}
		if (!value)
			return pull_fail(pull, pull->line + (size_t)(error.line > 1 ? error.line - 1 : 0),
					 (size_t)(error.column > 0 ? error.column : 0) +
						 (error.line > 1 ? 0 : pull->column - 1),
					 error.text);
		pull_skip(pull, at, (size_t)error.position);
		*out = TAKE(value);
		return 0;
	}
}

int json_pull_enter(struct json_pull *pull)
{
	int next = json_pull_next(pull);

	if (next != '{' && next != '[')
		return pull_expected(pull, next, "'[' or '{'");
	if (pull->depth == JSON_PULL_DEPTH)
		return pull_fail(pull, pull->line, pull->column, "it is nested too deep");
	intern_new(&pull->keys[pull->depth++]);
	pull_byte(pull);
	return 0;
}

static int pull_key(struct json_pull *pull, char **key)
{
	struct intern *keys = pull->keys[pull->depth - 1];
	const uint32_t count = intern_count(keys);
	_cleanup_json_ json_t *value = NULL;
	int next = json_pull_next(pull);

	if (next != '"')
		return pull_expected(pull, next, "a string or '}'");
	if (json_pull_value(pull, &value))
		return -1;
	if (intern_put(keys, json_string_value(value), json_string_length(value)) != count)
		return pull_fail(pull, pull->line, pull->column, "duplicate object key");
	next = json_pull_next(pull);
	if (next != ':')
		return pull_expected(pull, next, "':'");
	pull_byte(pull);
	*key = mem_copy(json_string_value(value), json_string_length(value));
	return 1;
}

int json_pull_member(struct json_pull *pull, bool first, char **key)
{
	const char close = key ? '}' : ']';
	int next = json_pull_next(pull);

	if (next == close) {
		intern_free(pull->keys[--pull->depth]);
		pull_byte(pull);
		return 0;
	}
	if (!first && next != ',')
		return pull_expected(pull, next, key ? "',' or '}'" : "',' or ']'");
	if (!first)
		pull_byte(pull);
	return key ? pull_key(pull, key) : 1;
}

int json_pull_end(struct json_pull *pull)
{
	int next = json_pull_next(pull);

	return next ? pull_expected(pull, next, "the end of the file") : 0;
}
