/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON lines file: a sink with the cursor "log". Lines are appended and synced, then the cursor moves, so a daemon
 * that dies in between would write some twice; but the file itself says by its last line how far it is:
 *
 *   killed ...                   the file ends in             at the next open
 *   before lines are written     an earlier record            goes on at the cursor
 *   while they are written       some of them, maybe torn     cut to whole lines; goes on behind the last one
 *   between fsync and cursor     all of them                  the cursor moves behind the last one
 */
#ifndef RESID_AUDIT_LOGFILE_H
#define RESID_AUDIT_LOGFILE_H

#include <stdbool.h>

#include "audit/spool.h"
#include "util/error.h"

#define LOGFILE_RECORDS	4096	/* written at a time */

struct logfile;

/* Opens or makes the file (0640, group resid). One writer: a second is refused. The spool outlives it. */
int logfile_open(const char *path, struct spool *spool, struct logfile **out, struct resid_error *err);
void logfile_free(struct logfile *log);

/* Follows a rotation: opens what has the name now. */
int logfile_reopen(struct logfile *log, struct resid_error *err);

/* Appends what the spool has, up to LOGFILE_RECORDS; *more: it may have more. All of it or, with *err set, nothing. */
int logfile_pump(struct logfile *log, bool *more, struct resid_error *err);

/* Becomes readable when there is something to pump (spool_cursor_fd). */
int logfile_fd(const struct logfile *log);
/* Records that the file does not have yet. */
uint64_t logfile_lag(const struct logfile *log);

#endif
