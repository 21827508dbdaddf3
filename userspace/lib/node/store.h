/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What outlives a boot, in /var/lib/resid:
 *
 *   generations/HEX.rsnap   every snapshot that was loaded; HEX is its generation. Audit records name them. The later
 *                           its time, the later it was accepted
 *   generations/HEX.trial   beside it: it was only tried, and is not restored
 *   current.rsnap           a relative symbolic link to the one in force; what is restored at start
 *   mode                    "permissive" or "enforcing"; absent until the first load
 *
 * The mode and a snapshot's file are written before it is committed and the link set after, so a crash in between
 * leaves a node that restores what it enforced before; and a node that has a snapshot and no mode has lost it.
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

/* on_trial: it is not restored until store_accept(). */
int store_save(const struct snapshot *snapshot, bool on_trial, struct resid_error *err);
/* It is what is restored from now on, and of all the one that was accepted last. */
int store_accept(const uint8_t *generation, struct resid_error *err);
/* Exit 3 with the remedy when no policy was ever loaded. */
int store_open_current(struct snapshot **out, struct resid_error *err);
/* The file of the generation that begins with these 8 bytes, as audit records have them. False: none. */
bool store_find(uint64_t first, struct path *out);
/* Deletes all but the `keep` youngest files and the current one. */
void store_prune(size_t keep);

/*
 * What may be restored, best first: current.rsnap, then what was accepted before it, the last one first. Whether a file
 * is sound is for its reader to see. An array for free().
 */
void store_accepted(struct path **out, size_t *count);

enum store_mode {
	STORE_MODE_KEPT,	/* the file says it */
	STORE_MODE_LOST,	/* it is damaged or gone, so it is enforcing; *why is a sentence */
	STORE_MODE_NONE,	/* the node never had a policy, so it is permissive */
};

enum store_mode store_mode_read(enum resid_mode *mode, struct resid_error *why);
int store_mode_write(enum resid_mode mode, struct resid_error *err);
const char *store_mode_name(enum resid_mode mode);

#endif
