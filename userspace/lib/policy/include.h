/* SPDX-License-Identifier: Apache-2.0 */
/* `include: WHAT` as an item of a list: what it names stands in its place. */
#ifndef RESID_POLICY_INCLUDE_H
#define RESID_POLICY_INCLUDE_H

#include "policy/reader.h"

/* Reads the items of a list one by one, and in the place of an include those that its file holds under the same key. */
typedef int include_item(struct reader *reader, const struct yaml_node *item);
int include_list(struct reader *reader, const struct yaml_node *list, const char *key, include_item *read);

#endif
