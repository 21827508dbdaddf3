// SPDX-License-Identifier: Apache-2.0
#include "source/input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/memory.h"
#include "util/utf8.h"

#define INPUT_CHUNK	((size_t)1 << 17)

static ptrdiff_t input_read(struct input *input, uint8_t *to, size_t room)
{
	ssize_t got;

	do
		got = read(input->fd, to, room);
	while (got < 0 && errno == EINTR);
	return got < 0 ? confine_fail(input->confine, ": cannot be read: %s", strerror(errno)) : got;
}

static ptrdiff_t input_unpack(struct input *input, uint8_t *to, size_t room)
{
	for (;;) {
		const char *why = NULL;
		ptrdiff_t got = unpack_step(input->unpack, &input->packed_at, &input->packed_left, to, room, &why);

		if (got < 0)
			return confine_fail(input->confine, ": byte %llu of what is unpacked: %s",
					    (unsigned long long)(input->taken + input->end - input->begin), why);
		if (got)
			return got;
		if (input->packed_left)
			continue;
		got = input_read(input, input->packed, INPUT_CHUNK);
		if (got < 0)
			return -1;
		if (!got && !unpack_is_whole(input->unpack))
			return confine_fail(input->confine, ": the packed data are cut short");
		if (!got)
			return 0;
		input->packed_at = input->packed;
		input->packed_left = (size_t)got;
	}
}

/* More into the window, which grows when it is full. */
static int input_fill(struct input *input)
{
	ptrdiff_t got;

	if (input->begin && input->end + INPUT_CHUNK > input->capacity) {
		input->end -= input->begin;
		memmove(input->window, input->window + input->begin, input->end);
		input->begin = 0;
	}
	if (input->end + INPUT_CHUNK > input->capacity) {
		input->capacity = input->capacity + input->capacity / 2 + 2 * INPUT_CHUNK;
		input->window = mem_resize(input->window, input->capacity + 1, 1);
	}
	got = input->unpack ? input_unpack(input, input->window + input->end, INPUT_CHUNK) :
			      input_read(input, input->window + input->end, INPUT_CHUNK);
	if (got < 0)
		return -1;
	input->over = !got;
	input->end += (size_t)got;
	return 0;
}

int input_open(struct input *input, struct confine *confine, int fd)
{
	uint8_t head[UNPACK_HEAD];
	ssize_t got = pread(fd, head, sizeof(head), 0);

	*input = (struct input){ .confine = confine, .fd = fd };
	if (got < 0 || lseek(fd, 0, SEEK_SET))
		return confine_fail(confine, ": cannot be read: %s", strerror(errno));
	input->unpack = unpack_new(head, (size_t)got);
	if (input->unpack)
		input->packed = mem_alloc(INPUT_CHUNK);
	return 0;
}

ptrdiff_t input_peek(struct input *input, size_t length, const uint8_t **at)
{
	while (input->end - input->begin < length && !input->over)
		if (input_fill(input))
			return -1;
	*at = input->window + input->begin;
	return (ptrdiff_t)(input->end - input->begin);
}

void input_take(struct input *input, size_t length)
{
	input->begin += length;
	input->taken += length;
}

/* Where the line in the window ends, or its end as far as it is there. */
static size_t input_line_length(const struct input *input)
{
	const uint8_t *at = input->window + input->begin, *lf, *cr;
	size_t length = input->end - input->begin;

	lf = length ? memchr(at, '\n', length) : NULL;
	if (lf)
		length = (size_t)(lf - at);
	cr = length ? memchr(at, '\r', length) : NULL;
	return cr ? (size_t)(cr - at) : length;
}

int input_line(struct input *input, char **line, size_t *length)
{
	size_t found, used;
	char *at;

	/* a byte more than the line, lest the LF of a CRLF be the next line's */
	for (;;) {
		found = input_line_length(input);
		if (input->begin + found + 1 < input->end || input->over)
			break;
		if (found > INPUT_LINE)
			return confine_fail(input->confine, ":%zu: the line is longer than %zu bytes", input->line + 1,
					    INPUT_LINE);
		if (input_fill(input))
			return -1;
	}
	if (input->begin == input->end)
		return 0;
	at = (char *)input->window + input->begin;
	used = found + (input->begin + found < input->end);
	if (at[found] == '\r' && input->begin + used < input->end && at[used] == '\n')
		used++;
	input_take(input, used);
	at[found] = '\0';
	if (!input->line++ && utf8_mark(at, found)) {
		at += UTF8_MARK;
		found -= UTF8_MARK;
	}
	if (memchr(at, '\0', found))
		return confine_fail(input->confine, ":%zu: a zero byte, so this is not text", input->line);
	*line = at;
	*length = found;
	return 1;
}

int input_all(struct input *input, size_t most, char **data, size_t *length)
{
	while (!input->over) {
		if (input->end - input->begin > most)
			return confine_fail(input->confine, ": holds more than %zu bytes", most);
		if (input_fill(input))
			return -1;
	}
	*data = (char *)input->window + input->begin;
	*length = input->end - input->begin;
	(*data)[*length] = '\0';
	return 0;
}
