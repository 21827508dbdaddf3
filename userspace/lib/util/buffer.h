/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that grow. */
#ifndef RESID_UTIL_BUFFER_H
#define RESID_UTIL_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

struct buffer {
	uint8_t *data;
	size_t length, capacity;
};

/* Room for length more bytes, zeroed, and its address, valid until the next call. */
static inline void *buffer_extend(struct buffer *buffer, size_t length)
{
	void *at;

	if (buffer->length + length > buffer->capacity || !buffer->data) {
		buffer->capacity = (buffer->length + length) * 3 / 2 + 64;
		buffer->data = mem_resize(buffer->data, buffer->capacity, 1);
	}
	at = memset(buffer->data + buffer->length, 0, length);
	buffer->length += length;
	return at;
}

static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
	if (length)
		memcpy(buffer_extend(buffer, length), bytes, length);
}

/* Zeros up to the next multiple of 8. */
static inline void buffer_align(struct buffer *buffer)
{
	buffer_extend(buffer, -buffer->length & 7);
}

static inline void buffer_fini(struct buffer *buffer)
{
	free(buffer->data);
}

#define _cleanup_buffer_ __attribute__((cleanup(buffer_fini)))

#endif
