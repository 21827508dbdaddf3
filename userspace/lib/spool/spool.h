/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spool: what the kernel recorded, on disk before it is acknowledged, and provably unchanged afterwards. One
 * process writes (the daemon); sinks read, each with a cursor of its own, so that a dead one delays nobody.
 *
 *   kernel batch --> put, put, ..., commit (fsync) --> acknowledged
 *                                      |
 *            /var/lib/resid/spool/     v
 *     0000000001.zst  0000000002.zst  0000000003.seg      cursor/NAME: how far a sink is
 *     '------ closed, signed head each -----'  '- open: the unproven tail
 *
 * A segment (segment.h) is closed at a size or an age. Its last frame is its head: the chain of SHA-256 over all its
 * frames, and the hash of the head before it, signed with Ed25519. Closed segments are packed with zstd, and go when
 * they are older than the retention or the spool is larger than its limit, oldest first; each head says which was the
 * oldest segment kept, so nobody can take some away at the beginning unseen.
 *
 * A commit is all or nothing: what a crash left of a batch is cut off at the next open, and the kernel gives it again.
 */
#ifndef RESID_SPOOL_SPOOL_H
#define RESID_SPOOL_SPOOL_H

#include "spool/event.h"
#include "util/error.h"
#include "util/paths.h"

struct spool;
struct spool_cursor;

struct spool_options {
	const char *dir;		/* NULL: spool/ in the state directory */
	const char *key;		/* PEM, Ed25519; NULL: heads are not signed */
	uint64_t segment_bytes;		/* before packing; 0: 16 MiB */
	uint32_t segment_age;		/* seconds from its first record; 0: an hour */
	uint32_t retention_days;	/* 0: 183 */
	uint64_t retention_bytes;	/* of all segments; 0: no limit but the disk */
};

/* ---- writing: one process, one thread --------------------------------------------------------------------- */

/* Opens or makes the spool and cuts off what was not committed. A second writer is refused. */
int spool_open(const struct spool_options *options, struct spool **out, struct resid_error *err);
void spool_free(struct spool *spool);

/* This batch, or a later one of the same run of the module, was committed: it need not be enriched again. */
bool spool_has(const struct spool *spool, const uint8_t instance[16], uint64_t batch);

/* put copies. commit: all of it is on disk, or (-1) nothing was added and the batch is forgotten. */
void spool_put(struct spool *spool, const struct audit_event *event);
int spool_commit(struct spool *spool, const uint8_t instance[16], uint64_t batch, struct resid_error *err);

/* A notice of its own, committed at once. */
int spool_notice(struct spool *spool, const char *text, uint64_t lost, struct resid_error *err);

/* Closes the open segment when its time has come, and removes what is past its retention. Call it now and then. */
int spool_tend(struct spool *spool, struct resid_error *err);

struct spool_status {
	uint64_t segments, bytes;	/* on disk */
	uint64_t records;	/* ever */
	uint64_t oldest_ns;	/* wall time of the oldest segment kept; 0: none */
	uint64_t bytes_a_day;	/* as observed; 0: too early to say */
	uint64_t room;		/* bytes: what is free, or what retention_bytes leaves */
	uint32_t days;		/* that the room is enough for; UINT32_MAX: for ever, or too early to say */
	bool small;		/* less than the retention */
	char text[256];		/* a sentence when small, or "" */
};

void spool_status(struct spool *spool, struct spool_status *out);

/* ---- reading ---------------------------------------------------------------------------------------------- */

/* For another process, or one that only looks: any number of them, read-only. dir NULL: the default. */
int spool_open_read(const char *dir, struct spool **out, struct resid_error *err);

/*
 * A place in the spool that goes forward. With a name it begins where spool_cursor_commit left it, the first time at
 * the oldest record, and only one may be open at a time; with name NULL it begins at the oldest record and is not kept.
 * A cursor belongs to one thread, which need not be the writer's; the spool must outlive it.
 */
int spool_cursor_open(struct spool *spool, const char *name, struct spool_cursor **out, struct resid_error *err);
void spool_cursor_free(struct spool_cursor *cursor);

/*
 * 1 and the next event; 0: no more now; -1 with *err: it cannot be read now, the next call tries again. Heads, gaps and
 * notices come in their place between the records. The event's texts belong to the cursor until the next call.
 */
int spool_cursor_next(struct spool_cursor *cursor, struct audit_event *event, struct resid_error *err);

/* All that next has given so far was delivered: survives a crash. What was not is given again by the next open. */
int spool_cursor_commit(struct spool_cursor *cursor, struct resid_error *err);

/* Goes back to the last commit, as after a delivery that failed. */
void spool_cursor_rewind(struct spool_cursor *cursor);

/* Goes to the first event whose sequence is not below. */
int spool_cursor_seek(struct spool_cursor *cursor, uint64_t sequence, struct resid_error *err);

/* Goes to the segment that was open at that time: what was recorded since then is behind it. */
int spool_cursor_seek_time(struct spool_cursor *cursor, uint64_t wall_ns, struct resid_error *err);

/* Records between the last commit and the end of the spool. */
uint64_t spool_cursor_lag(const struct spool_cursor *cursor);

/*
 * An eventfd of the cursor that becomes readable when the writer in this process has committed; for poll() or sd-event.
 * Read its 8 bytes, then call next until it gives 0. It belongs to the cursor.
 */
int spool_cursor_fd(const struct spool_cursor *cursor);

/* The sequence of the last record committed; for a reader of another process, when this was asked. */
uint64_t spool_end(struct spool *spool);

#endif
