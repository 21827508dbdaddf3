/* SPDX-License-Identifier: Apache-2.0 */
/* The classes of a policy: what class list and policy show say of them. */
#ifndef RESIDCTL_CLASSES_H
#define RESIDCTL_CLASSES_H

#include "label/assign.h"
#include "view.h"

extern const struct view_column classes_columns[];

/* A row for each, into an open table. assigned: who has each, or NULL. */
void classes_view(struct view *view, const struct snapshot *snapshot, const struct assign_list *assigned);

#endif
