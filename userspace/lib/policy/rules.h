/* SPDX-License-Identifier: Apache-2.0 */
/* The key `rules`, and what a rule and an exception have in common. */
#ifndef RESID_POLICY_RULES_H
#define RESID_POLICY_RULES_H

#include "policy/reader.h"

int rules_read(struct reader *reader, const struct yaml_node *node);

/* The next rule of the policy, which as yet matches everything. */
int rules_add(struct reader *reader, const struct yaml_node *node, struct policy_rule **out);
int rules_read_id(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule);
/* All that a rule and an exception have in common. The verdict is known. */
int rules_read_common(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule);
/* A sentence that may be left out. */
int rules_read_text(struct reader *reader, const struct yaml_node *node, const char *key,
		    const struct policy_rule *rule, const char **out);

#endif
