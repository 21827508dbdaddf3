/* SPDX-License-Identifier: Apache-2.0 */
/* What `policy load`, `policy rollback` and `policy confirm` share: a snapshot comes into force, and it is said. */
#ifndef RESIDCTL_LOADING_H
#define RESIDCTL_LOADING_H

#include "node/load.h"

/* An exit status, or -1 with *err set. */
int loading_apply(struct resid_nl *nl, const struct snapshot *snapshot, const struct load_request *request,
		  struct resid_error *err);

#endif
