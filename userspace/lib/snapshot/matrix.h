/* SPDX-License-Identifier: Apache-2.0 */
/* From zones to groups: zones that meet the same rules in every class become one column of the kernel's matrix. */
#ifndef RESID_SNAPSHOT_MATRIX_H
#define RESID_SNAPSHOT_MATRIX_H

#include "snapshot/numbering.h"
#include "snapshot/zones.h"
#include "util/buffer.h"

struct matrix {
	uint16_t *group_of_zone;
	size_t row_count, group_count;	/* a row for each class, then those of class 0 and of class 255 */
	uint16_t link_group;		/* of what has the location `link` and no address that a rule could name */
	uint16_t *cell;			/* [row_count][group_count] */
	struct buffer steps;		/* struct resid_step[] */
};

/* What is looked at besides: in seconds since the epoch. */
struct matrix_times {
	int64_t now;		/* for the age of the data */
	int64_t stale_at;	/* 0: never; from then on the kernel gives what they let go the verdict of `on_stale` */
};

int matrix_new(const struct policy *policy, const struct space *space, const struct zones *zones,
	       const struct matrix_times *times, struct matrix **out, struct resid_error *err);
void matrix_free(struct matrix *matrix);

DEFINE_CLEANUP(matrix, struct matrix *, matrix_free);
#define _cleanup_matrix_ _cleanup_(cleanup_matrix)

#endif
