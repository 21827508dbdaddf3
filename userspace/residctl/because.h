/* SPDX-License-Identifier: Apache-2.0 */
/* What all that is said of a place comes to, in one sentence. */
#ifndef RESIDCTL_BECAUSE_H
#define RESIDCTL_BECAUSE_H

#include "snapshot/snapshot.h"

/* The caller frees it. NULL: the place is no geography (local, special, ...), so there is nothing to say. */
char *because(const struct snapshot_place *place, const struct snapshot_opinion *opinion, size_t count);

#endif
