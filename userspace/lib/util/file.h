/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files. */
#ifndef RESID_UTIL_FILE_H
#define RESID_UTIL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "util/error.h"

/*
 * Reads a regular file (or a pipe) of at most max bytes. *data has a zero after its last byte, which *length does not
 * count; the caller frees it. Fails with RESID_EXIT_INPUT when the file is missing, unreadable or too long.
 */
int file_read(const char *path, size_t max, char **data, size_t *length, struct resid_error *err);

/* The SHA-256 of a regular file, without holding it in memory. false: not regular, or not readable. */
bool file_sha256(const char *path, uint8_t out[32]);

#define FILE_OWN_GROUP ((gid_t)-1)

/*
 * Replaces path by these bytes as a whole, or leaves it as it was: temporary file, fsync, rename, fsync. The file gets
 * this mode and group (FILE_OWN_GROUP: the caller's). A device or a pipe is written, not replaced.
 */
int file_write(const char *path, const void *data, size_t length, mode_t mode, gid_t group, struct resid_error *err);

/* The same of several pieces, one after the other. */
int file_write_parts(const char *path, const struct iovec *part, size_t count, mode_t mode, gid_t group,
		     struct resid_error *err);

/* The part after the last slash. */
const char *file_base_name(const char *path);

#endif
