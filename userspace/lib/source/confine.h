/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strangers' data are parsed in a process of their own that can do nothing else:
 *
 *   caller                                         child
 *   file -> sealed memory -> its digest            no capabilities, no new privileges, no files (landlock), only the
 *         \________________________________.       system calls that a parser needs (seccomp), 60 s, 512 MiB
 *                                            \__   parses the sealed memory
 *   checks every message as if a stranger  <-pipe- messages
 *   had sent it, and the child's end
 *
 * A child that crashes, hangs or lies is a file that is refused.
 */
#ifndef RESID_SOURCE_CONFINE_H
#define RESID_SOURCE_CONFINE_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

#define CONFINE_MESSAGE	4096			/* bytes that a message holds at most */
#define CONFINE_FILE	((size_t)1 << 28)	/* bytes of a file at most */

struct confine;		/* the child's side */

/* Runs in the child. fd is the sealed file at offset 0. 0, or what confine_fail() gave. */
typedef int (*confine_parser)(struct confine *confine, int fd, void *context);
/* Runs in the caller, for each message in order; the bytes are not aligned. 0, or -1 with *err set. */
typedef int (*confine_taker)(void *context, unsigned int kind, const uint8_t *bytes, size_t length,
			     struct resid_error *err);

struct confine_job {
	const char *path;
	confine_parser parse;
	confine_taker take;
	void *context;		/* of both; what the child changes there stays in the child */
	uint8_t *sha256;	/* gets the digest of the file; NULL: nobody asks */
};

int confine_run(const struct confine_job *job, struct resid_error *err);

/* PATH: sentence; remedy. -1. */
int confine_refuse(const char *path, struct resid_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* In the child. */

/* A message of a kind that the caller's taker knows, up to 255. */
void confine_send(struct confine *confine, uint8_t kind, const void *bytes, size_t length);
/* From here on the child opens no file; before, it may, for reading, those that landlock lets it. 0, or -1. */
int confine_close_files(struct confine *confine);
/* Why the file is refused, as it follows its path: "NAME:12: ..." for ":12: ...", "NAME: ..." for ": ..."; -1. */
int confine_fail(struct confine *confine, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
