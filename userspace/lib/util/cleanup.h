/* SPDX-License-Identifier: Apache-2.0 */
/* Ownership by scope: a variable that is marked here gives up what it owns when it goes out of scope. */
#ifndef RESID_UTIL_CLEANUP_H
#define RESID_UTIL_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Hands the pointer on: evaluates to it and leaves NULL behind. */
#define TAKE(pointer)                             \
	({                                        \
		__typeof__(pointer) _taken = (pointer); \
		(pointer) = NULL;                 \
		_taken;                           \
	})

/* Defines cleanup_<name>() for DEFINE_CLEANUP(name, struct name *, name_free). */
#define DEFINE_CLEANUP(name, type, function)               \
	static inline void cleanup_##name(type *variable)  \
	{                                                  \
		if (*variable)                             \
			function(*variable);               \
	}                                                  \
	struct cleanup_##name##_needs_a_semicolon

static inline void cleanup_free(void *variable)
{
	free(*(void **)variable);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

DEFINE_CLEANUP(fclose, FILE *, fclose);

#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

#endif
