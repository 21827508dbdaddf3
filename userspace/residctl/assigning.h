/* SPDX-License-Identifier: Apache-2.0 */
/* What `class assign` and `class unassign` share. */
#ifndef RESIDCTL_ASSIGNING_H
#define RESIDCTL_ASSIGNING_H

#include "label/assign.h"

/* Reconciles the maps at once; says so when `target` (or NULL) has to wait. An exit status, or -1 with *err set. */
int assigning_apply(const struct snapshot *snapshot, const struct assign_target *target, struct resid_error *err);

#endif
