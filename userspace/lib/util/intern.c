// SPDX-License-Identifier: Apache-2.0
#include "util/intern.h"

#include <stdlib.h>
#include <string.h>

#include "util/memory.h"

struct intern_entry {
	size_t offset, length;
	uint64_t hash;
};

struct intern {
	struct intern_entry *entry;
	size_t count, capacity;
	uint32_t *slot;		/* open addressing: number + 1, 0 is free */
	size_t slot_count;	/* power of two */
	uint8_t *bytes;
	size_t used, size;
};

void intern_new(struct intern **out)
{
	struct intern *intern = mem_zero(1, sizeof(*intern));

	intern->slot_count = 64;
	intern->slot = mem_zero(intern->slot_count, sizeof(*intern->slot));
	*out = intern;
}

void intern_free(struct intern *intern)
{
	if (!intern)
		return;
	free(intern->entry);
	free(intern->slot);
	free(intern->bytes);
	free(intern);
}

/* FNV-1a: not keyed, which is right for a tool that reads its own operator's files. */
static uint64_t intern_hash(const uint8_t *bytes, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325;

	while (length--)
		hash = (hash ^ *bytes++) * 0x100000001b3;
	return hash ^ hash >> 29;
}

static void intern_grow(struct intern *intern)
{
	size_t i, at, mask = intern->slot_count * 2 - 1;

	free(intern->slot);
	intern->slot_count *= 2;
	intern->slot = mem_zero(intern->slot_count, sizeof(*intern->slot));
	for (i = 0; i < intern->count; i++) {
		for (at = intern->entry[i].hash & mask; intern->slot[at]; at = (at + 1) & mask)
			;
		intern->slot[at] = (uint32_t)i + 1;
	}
}

uint32_t intern_put(struct intern *intern, const void *bytes, size_t length)
{
	uint64_t hash = intern_hash(bytes, length);
	size_t mask, at, padded = (length + 7) & ~(size_t)7;
	struct intern_entry *entry;

	if (intern->count * 2 >= intern->slot_count)
		intern_grow(intern);
	mask = intern->slot_count - 1;
	for (at = hash & mask; intern->slot[at]; at = (at + 1) & mask) {
		entry = &intern->entry[intern->slot[at] - 1];
		if (entry->hash == hash && entry->length == length &&
		    !memcmp(intern->bytes + entry->offset, bytes, length))
			return intern->slot[at] - 1;
	}

	if (intern->used + padded > intern->size || !intern->bytes) {
		intern->size = (intern->size + padded) * 2 + 64;
		intern->bytes = mem_resize(intern->bytes, intern->size, 1);
	}
	entry = MEM_PUSH(intern->entry, intern->count, intern->capacity);
	entry->offset = intern->used;
	entry->length = length;
	entry->hash = hash;
	if (length)
		memcpy(intern->bytes + intern->used, bytes, length);
	intern->used += padded;
	intern->slot[at] = (uint32_t)intern->count;
	return (uint32_t)intern->count - 1;
}

const void *intern_get(const struct intern *intern, uint32_t number, size_t *length)
{
	if (length)
		*length = intern->entry[number].length;
	return intern->bytes + intern->entry[number].offset;
}

uint32_t intern_count(const struct intern *intern)
{
	return (uint32_t)intern->count;
}
