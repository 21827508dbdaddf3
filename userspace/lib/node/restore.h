/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a boot, or after a module was loaded anew: what the node enforced is in force again, or the node is shut.
 *
 * What decides depends on the module and on what node/store.h keeps, and on nothing else: no configuration, no data, no
 * spool, no clock, no room on a disk. All else (labels, the guard, the history) is done as far as it can be done, and
 * what cannot be done is said. Each step that fails leads to a stricter one:
 *
 *   the generation in force last > an earlier one that was accepted > the module closed > nftables (node/absent.h)
 *
 * A node that is permissive refuses nothing, so it takes the first two steps only.
 */
#ifndef RESID_NODE_RESTORE_H
#define RESID_NODE_RESTORE_H

#include "nl/nl.h"
#include "snapshot/snapshot.h"

enum restore_outcome {
	RESTORE_FRESH,	/* the node never had a policy: there is nothing to restore */
	RESTORE_ARMED,	/* a generation is in force */
	RESTORE_CLOSED,	/* none is: the module lets only link, local and bootstrap leave */
	RESTORE_SHUT,	/* nor is the module there: nftables lets only link and bootstrap leave */
	RESTORE_OPEN,	/* nothing judges and everything leaves */
};

struct restore_report {
	enum restore_outcome outcome;
	enum resid_mode mode;	/* that the node had */
	bool adopted;		/* RESTORE_ARMED: the module judged already */
	bool earlier;		/* RESTORE_ARMED: by an earlier generation than the one in force last */
	uint8_t generation[RESID_DIGEST_LEN];	/* RESTORE_ARMED */
	char wrong[1024];	/* the first thing that was wrong, a sentence; "": nothing */
};

/* What is wrong, one sentence each. */
typedef void restore_say(void *context, const char *text);

/* With the module. */
void restore_arm(struct resid_nl *nl, restore_say *say, void *context, struct restore_report *report);
/* Without it; absence says why it is not there. */
void restore_shut(const char *absence, restore_say *say, void *context, struct restore_report *report);
/*
 * Shuts the node, loads the module if it is not there, arms it and lifts what shut the node. Whatever ends this process
 * on the way leaves the node shut.
 */
void restore_boot(restore_say *say, void *context, struct restore_report *report);

/* "restored generation 1f2e..., enforcing": one line of what came of it. */
void restore_describe(const struct restore_report *report, char *out, size_t size);

#endif
