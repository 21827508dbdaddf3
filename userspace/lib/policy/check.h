/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with rules taken together. */
#ifndef RESID_POLICY_CHECK_H
#define RESID_POLICY_CHECK_H

#include "policy/reader.h"

/* Unreachable rules and chains too long are refused, overlaps are warned of. */
int check_rules(struct reader *reader);

#endif
