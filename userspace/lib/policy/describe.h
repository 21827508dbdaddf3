/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that a policy says, in words, field by field: what two policies are compared by, and what an auditor is
 * shown beside the rules. The table in describe.c has every member of the structs of model.h, also those that say
 * nothing by themselves (tests/lint/described).
 */
#ifndef RESID_POLICY_DESCRIBE_H
#define RESID_POLICY_DESCRIBE_H

#include "policy/model.h"

/* What a field belongs to. */
enum describe_kind {
	DESCRIBE_POLICY,
	DESCRIBE_CLASS,
	DESCRIBE_SET,
	DESCRIBE_SOURCE,
	DESCRIBE_OVERRIDE,
	DESCRIBE_ASSIGNMENT,
	DESCRIBE_RULE,
	DESCRIBE_EXCEPTION,
};

struct describe_field {
	enum describe_kind kind;
	const char *name;	/* "health" of a class, "" of the policy itself */
	const char *key;	/* as the grammar has it: "on_loss" */
	const char *value;	/* "deny"; "" for none. Lives as long as the call */
	bool list;		/* items with ", " between them, whose order means nothing */
};

typedef void describe_found(void *context, const struct describe_field *field);

/* Fields of one thing come after each other, in the same order each time; of no thing comes none. */
void describe_policy(const struct policy *policy, describe_found *found, void *context);

/* "class", "rule"; "" for the policy itself. */
const char *describe_kind_name(enum describe_kind kind);

#endif
