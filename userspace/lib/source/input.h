/* SPDX-License-Identifier: Apache-2.0 */
/* A file as a confined parser reads it: from beginning to end, unpacked on the way, in a bounded window. */
#ifndef RESID_SOURCE_INPUT_H
#define RESID_SOURCE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/confine.h"
#include "source/unpack.h"

#define INPUT_LINE	((size_t)1 << 16)	/* bytes of a line at most */

struct input {
	struct confine *confine;
	int fd;
	struct unpack *unpack;		/* NULL: not packed */
	uint8_t *packed;		/* what was read and not unpacked yet */
	const uint8_t *packed_at;
	size_t packed_left;
	uint8_t *window;
	size_t begin, end, capacity;	/* of what is in it and was not taken yet */
	size_t line;			/* number of the line that was taken last, from 1 */
	uint64_t taken;			/* bytes before the window's begin, unpacked */
	bool over;			/* the window's end is that of the file */
};

/* The file from its beginning. What fails here and below is said, and -1. */
int input_open(struct input *input, struct confine *confine, int fd);
/* Makes sure of length bytes, or of all there are; how many there are, at *at until the next call. */
ptrdiff_t input_peek(struct input *input, size_t length, const uint8_t **at);
/* Takes these bytes away. */
void input_take(struct input *input, size_t length);
/*
 * The next line, without its end (LF, CRLF or CR) and with a zero after it; it may be changed. A byte order mark before
 * the first is not of it. 1; 0: no more.
 */
int input_line(struct input *input, char **line, size_t *length);
/* All that is left, at most so many bytes, with a zero after it, until the next call. */
int input_all(struct input *input, size_t most, char **data, size_t *length);

#endif
