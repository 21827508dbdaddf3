/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are part of the program: default.yaml, operators.yaml, regions.yaml and sets/ of policy/. */
#ifndef RESID_YAML_EMBEDDED_H
#define RESID_YAML_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *name;	/* "EU.yaml" */
	const char *data, *end;
};

extern const struct embedded_file embedded_policy;
extern const struct embedded_file embedded_operators;
extern const struct embedded_file embedded_regions;
extern const struct embedded_file embedded_sets[];	/* ends with a NULL name */

#endif
