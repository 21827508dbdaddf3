/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign binary data are parsed by other people's libraries, so in a process of their own that can do nothing else:
 *
 *   residctl                                       child
 *   file -> sealed memory -> its digest            no capabilities, no new privileges, no files (landlock), only the
 *         \________________________________.       system calls that a parser needs (seccomp), 60 s
 *                                            \__   the library parses the sealed memory
 *   checks every record as if a stranger  <-pipe-  records
 *   had sent it, and the child's end
 *
 * A child that crashes, hangs or lies is a file that is refused.
 */
#ifndef RESID_SOURCE_CONFINE_H
#define RESID_SOURCE_CONFINE_H

#include <time.h>

#include "source/reader.h"

struct confine;		/* the child's side */

/* Runs in the child. fd is the sealed file at offset 0; 0, or what confine_fail() gave. */
typedef int (*confine_parser)(struct confine *confine, int fd);

/* Reads reader->path, by parse, into reader->source. */
int confine_read(struct source_reader *reader, confine_parser parse);

/* The same for what is no list of facts: take() gets the bytes that the parser yields, in order, in pieces. */
int confine_stream(const char *path, confine_parser parse, confine_taker take, void *context, struct resid_error *err);

/* From here on the child opens no file; before, it may, for reading, those that landlock lets it. */
int confine_close_files(struct confine *confine);
/* What a parser says of a network. Codes are two letters, or zeros for not said. */
struct confine_said {
	uint32_t asn;
	char country[2], registered[2], represented[2];
	uint8_t flags;		/* SOURCE_F_* */
};

/* A fact that says nothing at all is left out. */
int confine_fact(struct confine *confine, const struct prefix *prefix, const struct confine_said *said);
/* What an AS is called: length bytes of whatever encoding. */
int confine_name(struct confine *confine, uint32_t asn, const char *name, size_t length);
/* The day of the data. */
int confine_date(struct confine *confine, time_t date);
/* A piece of what a stream yields. */
int confine_bytes(struct confine *confine, const void *bytes, size_t length);
/* Why the file is refused; -1. */
int confine_fail(struct confine *confine, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
