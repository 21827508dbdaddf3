/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is there or ends the program: status 2 and one sentence. What decides about packets is in the kernel
 * and does not depend on this process, so there is nothing that a caller could do better.
 */
#ifndef RESID_UTIL_MEMORY_H
#define RESID_UTIL_MEMORY_H

#include <stddef.h>

void *mem_alloc(size_t size);			/* not zeroed; never NULL */
void *mem_zero(size_t count, size_t size);	/* zeroed array */
void *mem_resize(void *old, size_t count, size_t size);
char *mem_copy(const void *bytes, size_t length);	/* adds a final zero */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Makes room for one more element of a growable array and gives its address (zeroed). */
#define MEM_PUSH(array, count, capacity)                                                                      \
	({                                                                                                    \
		if ((count) == (capacity)) {                                                                  \
			(capacity) = (capacity) ? (capacity) * 2 : 8;                                         \
			(array) = mem_resize((array), (capacity), sizeof(*(array)));                          \
		}                                                                                             \
		__builtin_memset(&(array)[(count)], 0, sizeof(*(array)));                                     \
		&(array)[(count)++];                                                                          \
	})

#endif
