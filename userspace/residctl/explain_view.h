/* SPDX-License-Identifier: Apache-2.0 */
/* What `explain` says of a packet. */
#ifndef RESIDCTL_EXPLAIN_VIEW_H
#define RESIDCTL_EXPLAIN_VIEW_H

#include "explain.h"
#include "view.h"

/* All of it, into an open object. answer: the kernel's, or NULL. */
void explain_view(struct view *view, const struct explain *explain, const struct resid_answer *answer);
/* A line of text: class, address, verdict, rule. */
void explain_brief(struct view *view, const struct explain *explain, const struct resid_answer *answer);
extern const struct view_column explain_columns[];

#endif
