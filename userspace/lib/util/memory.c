// SPDX-License-Identifier: Apache-2.0
#include "util/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/error.h"

#define MEMORY_LARGE	(1 << 20)

/* What is large grows without being copied and goes back at once; malloc's own limit rises to 32 MiB with use. */
__attribute__((constructor))
static void memory_init(void)
{
	mallopt(M_MMAP_THRESHOLD, MEMORY_LARGE);
}

static void *memory_check(void *memory)
{
	static const char text[] = "resid: out of memory; free some or raise the limit (MemoryMax=, ulimit -v)\n";

	if (memory)
		return memory;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(RESID_EXIT_SYSTEM);
	_exit(RESID_EXIT_SYSTEM);
}

void *mem_alloc(size_t size)
{
	return memory_check(malloc(size ? size : 1));
}

void *mem_zero(size_t count, size_t size)
{
	return memory_check(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return memory_check(NULL);
	return memory_check(realloc(old, bytes ? bytes : 1));
}

char *mem_copy(const void *bytes, size_t length)
{
	char *copy = mem_alloc(length + 1);

	if (length)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

char *mem_format(const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	return memory_check(length < 0 ? NULL : text);
}
