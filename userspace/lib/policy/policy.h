/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a policy file. */
#ifndef RESID_POLICY_POLICY_H
#define RESID_POLICY_POLICY_H

#include "policy/model.h"

/*
 * Reads and checks a policy file (NULL: the embedded default). Everything that can be wrong with a policy is found
 * here; location data are not needed.
 */
int policy_read(const char *path, const struct policy_options *options, struct policy **out, struct resid_error *err);
/* The same on text in memory. */
int policy_parse(const char *name, const char *text, size_t length, const struct policy_options *options,
		 struct policy **out, struct resid_error *err);

#endif
