/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files. The one place where files are opened by a name: whoever can put a pipe or a device where a file is looked for
 * must not make the reader wait for ever.
 */
#ifndef RESID_UTIL_FILE_H
#define RESID_UTIL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "util/error.h"

/*
 * A descriptor of a regular file, and nothing else, that is close-on-exec and never blocks; flags and mode as of
 * open(). -1 with *err (RESID_EXIT_INPUT) and errno set. A descriptor that the caller was handed (/dev/stdin,
 * /dev/fd/N) may be a pipe.
 */
int file_open(const char *path, int flags, mode_t mode, struct resid_error *err);
/* The same for reading, as a stream; NULL with *err and errno set. */
FILE *file_stream(const char *path, struct resid_error *err);

enum file_line {
	FILE_LINE_READ,
	FILE_LINE_NONE,		/* the end of the file */
	FILE_LINE_LONG,		/* it is longer than `size` */
	FILE_LINE_FAILED,	/* errno says why */
};

/* The next line with its newline, which the last one may lack, and a zero that *length does not count. */
enum file_line file_line(FILE *file, char *line, size_t size, size_t *length);

/*
 * Reads a file of at most max bytes. *data has a zero after its last byte, which *length does not count; the caller
 * frees it. Fails with RESID_EXIT_INPUT when the file is missing, unreadable or too long.
 */
int file_read(const char *path, size_t max, char **data, size_t *length, struct resid_error *err);

/* The same of a text, without a byte order mark before it, which some editors put there. */
int file_read_text(const char *path, size_t max, char **text, size_t *length, struct resid_error *err);

/* The SHA-256 of a regular file, without holding it in memory. false: not regular, or not readable. */
bool file_sha256(const char *path, uint8_t out[32]);
/* The same from the beginning of an open file, whose offset stays. */
bool file_sha256_of(int fd, uint8_t out[32]);

#define FILE_OWN_GROUP ((gid_t)-1)

/*
 * Replaces path by these bytes as a whole, or leaves it as it was: temporary file, fsync, rename, fsync. The file gets
 * this mode and group (FILE_OWN_GROUP: the caller's). What the caller was handed (/dev/stdout, /dev/fd/N) and /dev/null
 * are written, not replaced; other pipes and devices are refused.
 */
int file_write(const char *path, const void *data, size_t length, mode_t mode, gid_t group, struct resid_error *err);

/* The same of several pieces, one after the other. */
int file_write_parts(const char *path, const struct iovec *part, size_t count, mode_t mode, gid_t group,
		     struct resid_error *err);

/* The part after the last slash. */
const char *file_base_name(const char *path);

#endif
