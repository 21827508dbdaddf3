/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two policies say differently, whether or not a packet meets it: each field that describe.h knows. Which
 * destinations change their verdict is another question (snapshot/between.h).
 */
#ifndef RESID_POLICY_COMPARE_H
#define RESID_POLICY_COMPARE_H

#include "policy/describe.h"

struct compare_change {
	enum describe_kind kind;
	const char *name;	/* as in describe.h */
	const char *key;	/* NULL: all of it is new, or is no more */
	const char *old, *new;	/* NULL: it is new; it is no more. Of a list what only one of them has */
	bool list;
};

/* Strings live as long as the call. */
typedef void compare_found(void *context, const struct compare_change *change);

void compare_policies(const struct policy *old, const struct policy *new, compare_found *found, void *context);

/* "class health: on_loss: count -> deny". The caller frees it. */
char *compare_text(const struct compare_change *change);

#endif
