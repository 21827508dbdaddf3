/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the spool share: spool.c opens it, spool_write.c appends, spool_tail.c reads what a segment ends
 * in, spool_pack.c packs closed segments, spool_retain.c removes old ones, spool_status.c counts;
 * spool_cursor.c keeps a reader's place, spool_cursor_read.c goes forward from one.
 */
#ifndef RESID_SPOOL_SPOOL_PRIVATE_H
#define RESID_SPOOL_SPOOL_PRIVATE_H

#include <pthread.h>
#include <time.h>

#include "spool/head.h"
#include "spool/segment.h"
#include "spool/spool.h"
#include "util/buffer.h"

struct spool {
	struct path dir;
	bool writer;

	pthread_mutex_t mutex;		/* of what stands up to the next blank line */
	uint64_t end_segment, end_offset;	/* behind the last commit or head */
	uint64_t end_sequence;		/* of the last record committed */
	struct spool_cursor *cursors;
	uint64_t pack_below;		/* segments that are closed */
	bool pack_stop;
	pthread_cond_t pack_wake;

	/* The writer's own. */
	struct spool_options options;
	int lock;
	pthread_t packer;
	bool packing;			/* the packer runs */
	struct head_key *key;
	uint8_t id[16];
	uint64_t number;		/* of the open segment, or of the last one */
	uint8_t previous[SEGMENT_HASH];	/* hash of the last head */
	int fd;				/* of the open segment; -1: none */
	struct segment_header header;
	uint64_t offset, records;	/* committed, of the open segment */
	struct segment_chain chain;	/* what was put included */
	uint8_t committed[SEGMENT_HASH];	/* the chain at the last commit */
	struct buffer pending;		/* put, not written */
	uint64_t written;		/* bytes behind `offset` that are written, not committed */
	uint64_t put;			/* records since the last commit */
	int failed;			/* errno of the first put that failed; 0: none */
	uint8_t instance[16];
	uint64_t batch;			/* the last one committed */
	uint64_t checked_ns;		/* CLOCK_BOOTTIME of the last look at the retention */
	bool check;
	uint64_t oldest;		/* segment that the next head names as the oldest; 0: the one that is */
};

#define SPOOL_DIR_MODE	0750
#define SECOND_NS	1000000000u
#define DAY_S		86400u

static inline uint64_t spool_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* spool_write.c: -1 and errno in a sentence; what was put leaves no trace; the open segment gets its head. */
int spool_fail(const struct spool *spool, const char *what, struct resid_error *err);
void spool_undo(struct spool *spool);
int spool_sync_folder(const struct spool *spool);
int spool_close_segment(struct spool *spool, struct resid_error *err);

/* spool_pack.c: the thread, and that a segment was closed. */
int spool_pack_start(struct spool *spool, struct resid_error *err);
void spool_pack_stop(struct spool *spool);
void spool_pack(struct spool *spool);

/* spool_tail.c */
/* What the last segment on disk ends in. */
struct spool_tail {
	uint64_t offset;	/* behind the last COMMIT or HEAD */
	uint64_t records;	/* up to there */
	bool closed;		/* it has its head */
	bool torn;		/* something stands behind `offset` */
	struct segment_commit commit;	/* the last; records 0 and batch 0: none */
	struct segment_head head;
};

/* Reads a segment to its end; `chain` is left as at the last COMMIT. */
void spool_tail_read(struct segment_reader *reader, struct segment_chain *chain, struct spool_tail *tail);
/* A COMMIT anywhere from `offset` on, as no crash leaves one behind damage. */
bool spool_tail_has_commit(const char *path, uint64_t offset);

struct cursor_place {
	uint64_t segment;	/* 0: the oldest there is */
	uint64_t offset;	/* in it; 0: at its header */
	uint64_t sequence;	/* of the next record */
};

struct spool_cursor {
	struct spool *spool;
	struct spool_cursor *next;
	char *name;		/* NULL: not kept */
	int fd;
	struct cursor_place place, kept;
	uint64_t skip_below;	/* records with a lower sequence are passed over */
	struct segment_reader *reader;
	uint8_t *record;	/* the event's texts are in it */
	size_t record_room;
	char text[256];
	char head[HEAD_LINE];
};

/* spool_cursor.c: tells every cursor of this process that there is more. The mutex is held. */
void spool_cursors_wake(struct spool *spool);

#endif
