/* SPDX-License-Identifier: Apache-2.0 */
/* The key `bootstrap`. */
#ifndef RESID_POLICY_BOOTSTRAP_H
#define RESID_POLICY_BOOTSTRAP_H

#include "policy/reader.h"

/* node NULL: absent. */
int bootstrap_read(struct reader *reader, const struct yaml_node *node);

#endif
