/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule says of control and registration: `control`, `registered`, `operator`, `min_tier`, `uncontradicted`. */
#ifndef RESID_POLICY_CONTROLS_H
#define RESID_POLICY_CONTROLS_H

#include "policy/reader.h"

int controls_read(struct reader *reader, const struct yaml_node *node, struct policy_rule *rule);
/* What is sound and yet not what somebody would want. */
void controls_warn(struct reader *reader, const struct policy_rule *rule);
/* An allow that leaves the home jurisdictions says why. */
int controls_check_justified(struct reader *reader, const struct policy_rule *rule);
/* The operators that the policy's rules and overrides name are known. */
int controls_check_operators(const struct policy *policy, const struct operators *operators, struct resid_error *err);

#endif
