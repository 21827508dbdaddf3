/* SPDX-License-Identifier: Apache-2.0 */
/* From a snapshot to a node that judges by it: what `residctl policy load` and residd both do. */
#ifndef RESID_NODE_LOAD_H
#define RESID_NODE_LOAD_H

#include "label/reconcile.h"
#include "snapshot/snapshot.h"

struct load_report {
	bool tagger_loaded;	/* there was none */
	bool first;		/* no mode file: the node was set permissive */
	bool unchanged;		/* the kernel had this generation already */
	enum resid_mode mode;	/* now */
	struct reconcile_report assignments;
	struct resid_error unassigned;	/* why assign.d could not be applied; "": it was */
	struct resid_error unguarded;	/* why there is no guard (bpf/guard.h); "": there is */
};

struct load_hooks {
	resid_nl_progress *progress;
	reconcile_note *note;
	void *context;
};

/* How it is to be loaded; zeros: for good. */
struct load_request {
	const char *action;	/* for the history: "load" if NULL */
	uint32_t confirm;	/* seconds until the kernel goes back by itself, unless it is confirmed */
};

/*
 * Mode and tagger first, then the snapshot's file, the class maps, the commit (naming the generation that the kernel
 * has), the link to the current one. A failure leaves the generation in force in force. A broken assign.d is no failure
 * of the policy: what has no label is judged as unlabelled.
 */
int load_snapshot(struct resid_nl *nl, const struct snapshot *snapshot, const struct load_request *request,
		  const struct load_hooks *hooks, struct load_report *report, struct resid_error *err);

/* The guard is there and has the mode of the node. Where the kernel cannot have one, it says so. */
int load_guard(struct resid_nl *nl, struct resid_error *err);

/*
 * Reads assign.d and the snapshot's own assignments, and reconciles. What cannot be read of them fails it, and the rest
 * is applied all the same.
 */
int load_assignments(const struct tagger *tagger, struct resid_nl *nl, const struct snapshot *snapshot,
		     const struct load_hooks *hooks, struct reconcile_report *report, struct resid_error *err);

/*
 * Disarms the module and takes down what was loaded for it: inside devices are outside again, and stamps, programs,
 * maps and their pins go. What is put in force afterwards begins anew. nl NULL: the module is not there, and what
 * stands in for it (node/absent.h) goes.
 */
int load_undo(struct resid_nl *nl, struct resid_error *err);
/* Since this boot somebody undid it, and nothing was put in force afterwards: the node is open because it is to be. */
bool load_is_undone(void);
/* The module judges: that is over, and so is what stood in for it. */
void load_armed(void);

#endif
