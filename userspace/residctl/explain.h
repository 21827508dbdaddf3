/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One packet: whose it is (explain_tag.c), where it goes and what becomes of it (destination.c), what the module says
 * (explain_kernel.c), what is said of it (explain_view.c).
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

#endif
