/* SPDX-License-Identifier: Apache-2.0 */
/* What cursor.c, which keeps places, and cursor_read.c, which goes forward from one, share. */
#ifndef RESID_SPOOL_CURSOR_PRIVATE_H
#define RESID_SPOOL_CURSOR_PRIVATE_H

#include "spool/spool_private.h"

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

#endif
