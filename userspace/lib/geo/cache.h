/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of caches (paths_cache_dir()). What is in it is believed only when folder and file belong to us or to root
 * and nobody else may write them. Nothing of it is needed: what cannot be read or written is as if it were not there.
 */
#ifndef RESID_GEO_CACHE_H
#define RESID_GEO_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* A file for reading, or -1. */
int cache_open(const char *name);
/* Whether it makes sense to write; makes the folder. */
bool cache_is_writable(void);
/* Replaces a file as a whole. */
void cache_write(const char *name, const struct iovec *part, size_t count);
/* Deletes those files of a suffix that were used least lately, down to as many as are kept. */
void cache_prune(const char *suffix, size_t kept);
/* How many files of a suffix there are. */
size_t cache_count(const char *suffix);

#endif
