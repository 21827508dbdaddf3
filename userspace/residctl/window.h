/* SPDX-License-Identifier: Apache-2.0 */
/* When a rule holds, and who answers for it: what explain and policy show say of exceptions. */
#ifndef RESIDCTL_WINDOW_H
#define RESIDCTL_WINDOW_H

#include "snapshot/snapshot.h"
#include "view.h"

/* "owner", "ticket", "from" and "until", those that there are; nothing for a rule that always holds. */
void window_view(struct view *view, const struct snapshot_rule *rule);

#endif
