/* SPDX-License-Identifier: Apache-2.0 */
/* Which of two classes a policy holds on a shorter leash. */
#ifndef RESID_SNAPSHOT_STRICTNESS_H
#define RESID_SNAPSHOT_STRICTNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/snapshot.h"

/*
 * May data of `class_id` go anywhere, by whatever protocol, direction or time, where data of `than` may not, or not
 * without a record? Never true of a class and itself. Two classes can each be laxer than the other. Where chains of
 * steps differ the answer errs towards true.
 */
bool strictness_is_laxer(const struct snapshot *snapshot, uint8_t class_id, uint8_t than);

#endif
