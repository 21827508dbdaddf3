/* SPDX-License-Identifier: Apache-2.0 */
/* node/history.h as the verbs read it. */
#ifndef RESIDCTL_HISTORY_H
#define RESIDCTL_HISTORY_H

#include "node/history.h"
#include "util/json.h"

/*
 * An array of entries, the oldest first; a line that is none is left out. in_force: the kernel's generation where it
 * can be asked, else what would be restored; "": none. Exit 3 when there is no history.
 */
int history_read(json_t **out, char in_force[2 * RESID_DIGEST_LEN + 1], struct resid_error *err);

/* The snapshot's file if it is still kept. */
bool history_kept(const char *generation, struct path *out);

#endif
