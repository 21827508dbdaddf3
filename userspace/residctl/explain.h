/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One packet: whose it is (explain_tag.c), where it goes and what becomes of it (destination.c), what the module says
 * (explain_kernel.c), what is said of it (explain_print.c).
 */
#ifndef RESIDCTL_EXPLAIN_H
#define RESIDCTL_EXPLAIN_H

#include "destination.h"
#include "view.h"

struct explain_tag;

struct explain {
	const struct snapshot *snapshot;
	const char *class_name;
	uint8_t class_id;
	const struct explain_tag *tag;	/* NULL: the caller said the class */
	struct destination to;
};

/* All of it, into an open object. answer: the kernel's, or NULL. */
void explain_view(struct view *view, const struct explain *explain, const struct resid_answer *answer);
/* A line of text: class, address, verdict, rule. */
void explain_brief(struct view *view, const struct explain *explain, const struct resid_answer *answer);
extern const struct view_column explain_columns[];

#endif
