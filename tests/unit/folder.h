/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own, which goes with all that is in it. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static char folder[] = "/tmp/resid-unit-XXXXXX";

static int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	remove(path);
	return 0;
}

static inline void folder_remove(void)
{
	nftw(folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Once. False: there is no room for one. */
static inline bool folder_make(void)
{
	return mkdtemp(folder) && !atexit(folder_remove);
}

#endif
