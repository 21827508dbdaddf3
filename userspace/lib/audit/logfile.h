/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON lines file. The kernel keeps a batch until it is acknowledged, and the file says by its last lines whether
 * a batch is in it: so a daemon that dies at any moment loses nothing and writes nothing twice.
 *
 *   killed ...                   the file ends in           at the next start
 *   before a batch is written    an earlier batch           the kernel gives it again: written
 *   while it is written          a part of it, maybe torn   cut back to where it began, written
 *   between fsync and ack        all of it                  acknowledged, not written
 */
#ifndef RESID_AUDIT_LOGFILE_H
#define RESID_AUDIT_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

struct logfile;

/* Opens or makes the file (0640, group resid) and cuts a torn last line. One writer: a second is refused. */
int logfile_open(const char *path, struct logfile **out, struct resid_error *err);
void logfile_free(struct logfile *log);

/* Follows a rotation: opens what has the name now. */
int logfile_reopen(struct logfile *log, struct resid_error *err);

/*
 * Whether all `count` records of a batch are at the end of the file, or, when the file is still empty after a rotation,
 * of PATH.1. A part of the batch at the end is cut off.
 */
int logfile_resume(struct logfile *log, const uint8_t instance[16], uint64_t batch, uint32_t count, bool *written,
		   struct resid_error *err);

/* Appends and syncs: all of it, or nothing with *err set. */
int logfile_append(struct logfile *log, const void *bytes, size_t length, struct resid_error *err);

const char *logfile_path(const struct logfile *log);

#endif
