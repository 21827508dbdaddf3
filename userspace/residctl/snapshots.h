/* SPDX-License-Identifier: Apache-2.0 */
/* Which snapshot a verb speaks of. */
#ifndef RESIDCTL_SNAPSHOTS_H
#define RESIDCTL_SNAPSHOTS_H

#include "command.h"
#include "nl/store.h"
#include "snapshot/build.h"

#define _cleanup_snapshot_ _cleanup_(cleanup_snapshot)

/* --snapshot F, else the one in force. Where there is none: built in memory from the default policy, saying so. */
int snapshots_open(const struct call *call, struct snapshot **out, struct resid_error *err);

/* "warning: FILE:LINE:COLUMN: sentence" on standard error. */
void snapshots_warn(void *context, const char *text);

#endif
