/* SPDX-License-Identifier: Apache-2.0 */
/* `explain --of`: whose packet it is, and why. */
#ifndef RESIDCTL_EXPLAIN_TAG_H
#define RESIDCTL_EXPLAIN_TAG_H

#include "label/whose.h"
#include "destination.h"
#include "view.h"

struct explain_tag {
	const char *of;			/* as it was asked for */
	struct assign_list list;	/* what whose.assignment points into */
	struct whose whose;
	char class_name[64];		/* by the policy in force; "unlabelled" also where `note` says why */
	char note[320];			/* what stands against the label; "": nothing */
};

/* *out is for explain_tag_fini(), also after a failure. snapshot names the classes where no policy is in force. */
int explain_tag_find(const char *of, const struct destination *to, const struct snapshot *snapshot,
		     struct explain_tag *out, struct resid_error *err);
void explain_tag_fini(struct explain_tag *tag);

void explain_tag_view(struct view *view, const struct explain_tag *tag);

#endif
