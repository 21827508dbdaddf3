/* SPDX-License-Identifier: Apache-2.0 */
/* What a variable owns ends with its scope. */
#ifndef RESID_UTIL_SCOPE_H
#define RESID_UTIL_SCOPE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void scope_free_(void *at)
{
	free(*(void **)at);
}

static inline void scope_close_(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void scope_fclose_(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void scope_closedir_(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define scope_free	__attribute__((cleanup(scope_free_)))
#define scope_close	__attribute__((cleanup(scope_close_)))
#define scope_fclose	__attribute__((cleanup(scope_fclose_)))
#define scope_closedir	__attribute__((cleanup(scope_closedir_)))
/* Any type with a function that frees one and takes NULL: scope(snapshot_free) struct snapshot *s = NULL; */
#define scope_of(name, type, release)		\
	static inline void scope_##name##_(type **at) \
	{					\
		if (*at)			\
			release(*at);		\
	}
#define scope(name)	__attribute__((cleanup(scope_##name##_)))

#define take(pointer) ({ __typeof__(pointer) taken_ = (pointer); (pointer) = NULL; taken_; })

#endif
