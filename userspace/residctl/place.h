/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a place: what lookup and explain say of it. */
#ifndef RESIDCTL_PLACE_H
#define RESIDCTL_PLACE_H

#include "snapshot/snapshot.h"
#include "view.h"

/* Prefix, location, control and operator, each with who says so, into an open object. */
void place_view(struct view *view, const struct snapshot_place *place);

#endif
