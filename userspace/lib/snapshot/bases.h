/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Legal bases that have ended (operator_jurisdiction.valid_until, that day included). They still count, so that nothing
 * is loosened by the passing of a day; whoever loads a policy is told.
 */
#ifndef RESID_SNAPSHOT_BASES_H
#define RESID_SNAPSHOT_BASES_H

#include "geo/world.h"
#include "policy/model.h"

/* Of the operators that control something in this world: one sentence an ended basis, worse where none other stands. */
void bases_warn(const struct world *world, const struct policy_options *options);

#endif
