/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a place: what lookup and explain say of it. */
#ifndef RESIDCTL_PLACE_H
#define RESIDCTL_PLACE_H

#include "snapshot/snapshot.h"
#include "view.h"

struct place {
	const struct snapshot *snapshot;
	const struct snapshot_place *known;	/* of the address below */
	sa_family_t family;
	const uint8_t *address;
};

/* Prefix, the three axes, the operator and what it all comes to, into an open object. */
void place_view(struct view *view, const struct place *place);
/* What each source says of it, as a table. */
void place_view_opinions(struct view *view, const struct place *place);

#endif
