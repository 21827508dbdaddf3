/* SPDX-License-Identifier: Apache-2.0 */
/* What the writer (spool.c) and the readers (cursor.c) share. */
#ifndef RESID_AUDIT_SPOOL_PRIVATE_H
#define RESID_AUDIT_SPOOL_PRIVATE_H

#include <pthread.h>

#include "audit/head.h"
#include "audit/segment.h"
#include "audit/spool.h"
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

/* cursor.c: tells every cursor of this process that there is more. The mutex is held. */
void spool_cursors_wake(struct spool *spool);

#endif
