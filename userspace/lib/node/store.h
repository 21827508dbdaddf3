/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives a boot, in /var/lib/resid:
 *
 *   generations/HEX.rsnap   every snapshot that was loaded; HEX is its generation. Audit records name them
 *   current.rsnap           a relative symbolic link to the one in force; what is restored at start
 *   mode                    "permissive" or "enforcing"; absent until the first load
 *
 * A snapshot's file is written before it is committed and the link set after, so a crash in between leaves a node that
 * restores what it enforced before.
 */
#ifndef RESID_NODE_STORE_H
#define RESID_NODE_STORE_H

#include "kmod/uapi/resid.h"
#include "snapshot/snapshot.h"
#include "util/cleanup.h"
#include "util/paths.h"

DEFINE_CLEANUP(snapshot, struct snapshot *, snapshot_free);

struct path store_current(void);
struct path store_generation(const uint8_t *generation);

int store_save(const struct snapshot *snapshot, struct resid_error *err);
int store_set_current(const uint8_t *generation, struct resid_error *err);
/* Exit 3 with the remedy when no policy was ever loaded. */
int store_open_current(struct snapshot **out, struct resid_error *err);
/* The file of the generation that begins with these 8 bytes, as audit records have them. False: none. */
bool store_find(uint64_t first, struct path *out);
/* Deletes all but the `keep` youngest files and the current one. */
void store_prune(size_t keep);

/* *known is false when there is no mode file. */
int store_mode_read(enum resid_mode *mode, bool *known, struct resid_error *err);
int store_mode_write(enum resid_mode mode, struct resid_error *err);
const char *store_mode_name(enum resid_mode mode);

#endif
