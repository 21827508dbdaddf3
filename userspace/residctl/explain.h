/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One packet: whose it is (explain_tag.c), where it goes and what becomes of it (destination.c), what the module says
 * (explain_kernel.c), in words and as JSON (explain_print.c).
 */
#ifndef RESIDCTL_EXPLAIN_H
#define RESIDCTL_EXPLAIN_H

#include "destination.h"

struct explain_tag;

struct explain {
	const struct snapshot *snapshot;
	const char *class_name;
	uint8_t class_id;
	const struct explain_tag *tag;	/* NULL: the caller said the class */
	struct destination to;
};

/* answer: the kernel's, or NULL. */
void explain_json(const struct explain *explain, const struct resid_answer *answer);
void explain_text(const struct explain *explain, const struct resid_answer *answer);
/* One line: class, address, verdict, rule. */
void explain_brief(const struct explain *explain, const struct resid_answer *answer);

#endif
