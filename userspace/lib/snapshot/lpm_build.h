/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the poptrie that kmod/lpm.c walks. */
#ifndef RESID_SNAPSHOT_LPM_BUILD_H
#define RESID_SNAPSHOT_LPM_BUILD_H

#include "util/address.h"
#include "util/buffer.h"

struct lpm_range {
	u128 first;		/* up to the next range's first */
	uint16_t group;		/* not the one of the range before */
};

/*
 * Appends one RESID_SECTION_LPM* for ranges that ascend from 0 and so cover all addresses.
 */
void lpm_build(const struct lpm_range *range, size_t count, struct buffer *out);

#endif
