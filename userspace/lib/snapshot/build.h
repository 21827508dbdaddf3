/* SPDX-License-Identifier: Apache-2.0 */
/* From a policy file and the location data to a snapshot: a pure function of its inputs. */
#ifndef RESID_SNAPSHOT_BUILD_H
#define RESID_SNAPSHOT_BUILD_H

#include "snapshot/inputs.h"
#include "snapshot/snapshot.h"

/* One warning of the policy reader, "FILE:LINE:COLUMN: sentence". */
typedef void build_warning(void *context, const char *text);

/* Compiles. 0 and *out, or -1 with *err set and *out untouched. */
int snapshot_build(const struct build_inputs *inputs, build_warning *warn, void *context, struct snapshot **out,
		   struct resid_error *err);

/* The same from a policy (policy/model.h) and data as they were laid out (snapshot/full_build.h). */
struct policy;
struct full_data;
int snapshot_build_data(const struct policy *policy, const struct full_data *data, struct snapshot **out,
			struct resid_error *err);

#endif
