/* SPDX-License-Identifier: Apache-2.0 */
/* The key `sources`. */
#ifndef RESID_POLICY_SOURCES_H
#define RESID_POLICY_SOURCES_H

#include "policy/reader.h"

/* node NULL: absent. */
int sources_read_policy(struct reader *reader, const struct yaml_node *node);

#endif
