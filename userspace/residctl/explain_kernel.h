/* SPDX-License-Identifier: Apache-2.0 */
/* `explain --kernel`: the module's own answer beside ours. */
#ifndef RESIDCTL_EXPLAIN_KERNEL_H
#define RESIDCTL_EXPLAIN_KERNEL_H

#include "command.h"
#include "explain.h"
#include "nl/nl.h"
#include "view.h"

/* What the kernel has in force, unless the call names another; *out stays NULL where its file is not here. */
int explain_kernel_snapshot(const struct call *call, struct resid_nl *nl, struct snapshot **out,
			    struct resid_error *err);

/* Refused with exit 4 when the kernel judges by another generation than the snapshot's. */
int explain_kernel_ask(struct resid_nl *nl, const struct snapshot *snapshot, const struct explain *items, size_t count,
		       struct resid_answer *answers, struct resid_error *err);

/* Same verdict, same rule, same deciding destination. */
bool explain_kernel_agrees(const struct explain *explain, const struct resid_answer *answer);

/* "the same: refused", in words. */
struct explain_kernel_text {
	char text[320];
};
struct explain_kernel_text explain_kernel_says(const struct explain *explain, const struct resid_answer *answer);

void explain_kernel_view(struct view *view, const struct explain *explain, const struct resid_answer *answer);

#endif
