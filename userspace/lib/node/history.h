/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /var/lib/resid/history.jsonl: which policy came into force when and by whom, a JSON object a line, only ever
 * appended.
 *
 *   time                     RFC 3339, UTC
 *   action                   load, confirm, rollback, restore, revert, or why residd loaded it
 *   generation policy        what is in force since; absent: nothing
 *   replaces                 the generation before; absent: none
 *   confirm                  seconds that it was on trial for; absent: for good
 *   program uid login        who did it: login is the user who logged in, whatever became of them since
 *   data[]                   what it was compiled with: source, file, date, tier, sha256; accepted: what was wrong
 */
#ifndef RESID_NODE_HISTORY_H
#define RESID_NODE_HISTORY_H

#include "nl/nl.h"
#include "snapshot/snapshot.h"
#include "util/paths.h"

struct path history_file(void);

/*
 * before: the kernel's status until then. A history that cannot be written is said on standard error: the policy is in
 * force all the same.
 */
void history_add(const char *action, uint32_t confirm, const struct resid_nl_status *before,
		 const struct snapshot *snapshot);

/* Writes down that the kernel went back by itself, if it did since the last entry. */
void history_settle(const struct resid_nl_status *status);

#endif
