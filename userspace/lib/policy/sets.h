/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of countries: dated files, the policy's own, and `home`. */
#ifndef RESID_POLICY_SETS_H
#define RESID_POLICY_SETS_H

#include "policy/reader.h"

#define SETS_HOME "$home" /* what the policy's `home` names */

/* The key `home`, unless it has been read. */
int sets_read_home(struct reader *reader);
/* The key `sets`. */
int sets_read_inline(struct reader *reader, const struct yaml_node *node);

/* A country, a word or the name of a set, added to *out. */
int sets_add_location(struct reader *reader, const struct yaml_node *node, struct location_set *out);
/* A country or the name of a set, and nothing else. */
int sets_add_countries(struct reader *reader, const struct yaml_node *node, struct location_set *out);

#endif
