/* SPDX-License-Identifier: Apache-2.0 */
/* When a rule holds, and who answers for it: what explain and policy show say of exceptions. */
#ifndef RESIDCTL_WINDOW_H
#define RESIDCTL_WINDOW_H

#include "util/jsonw.h"
#include "snapshot/snapshot.h"

/* "owner", "ticket", "from" and "until", those that there are. */
void window_json(struct jsonw *json, const struct snapshot_rule *rule);

/* The same as lines; none for a rule that always holds. */
void window_text(const struct snapshot_rule *rule);

#endif
