/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests of files that were read before, so that 90 MB of sources are not read again to learn that nothing changed: a
 * file that is the same by device, number, length and both of its times is the same file, as make and git believe. One
 * that changed so lately that a second change could bear the same time is not remembered.
 */
#ifndef RESID_GEO_DIGESTS_H
#define RESID_GEO_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/uapi/resid.h"

#define DIGESTS_KEPT	64

/* Which file, and how it was when somebody looked. Zeros: no file. */
struct digests_stamp {
	uint64_t device, inode, length;
	int64_t changed_s, changed_ns, modified_s, modified_ns;
};

struct digests_entry {
	struct digests_stamp stamp;
	uint8_t sha256[RESID_DIGEST_LEN];
};

struct digests {
	struct digests_entry entry[DIGESTS_KEPT];	/* that learnt last first; behind them zeros */
	bool learnt;
};

/* What the cache holds. */
void digests_load(struct digests *out);
/* Keeps what was learnt. */
void digests_save(struct digests *digests);

/* The file as it is now. */
struct digests_stamp digests_stamp(const char *path);
bool digests_find(const struct digests *digests, const struct digests_stamp *stamp, uint8_t sha256[RESID_DIGEST_LEN]);
/* What the file had since the stamp was taken, if it is still that file. */
void digests_learn(struct digests *digests, const char *path, const struct digests_stamp *stamp,
		   const uint8_t sha256[RESID_DIGEST_LEN]);

#endif
