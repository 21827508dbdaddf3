/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loaded tagger: its programs and its maps (bpf/tag.h), pinned in /sys/fs/bpf/resid/ so that all of Resid shares
 * them.
 */
#ifndef RESID_BPF_TAGGER_H
#define RESID_BPF_TAGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "nl/nl.h"
#include "util/cleanup.h"
#include "util/error.h"

struct tagger {
	int class_fd, stamp_fd;			/* programs */
	uint32_t class_id, stamp_id;
	int cgroups, netns, devices;		/* maps: labels */
	int names, places, tightens, lost;	/* maps: what new cgroups will be */
	uint64_t init_netns;			/* cookie of the caller's namespace, the initial one */
	/* resid_newcomer and resid_release are attached; else new cgroups wait for the daemon, and dead ones stay */
	bool tracing;
	char tracing_note[256];			/* why not */
};

/* Loads the programs for a mark mask; maps that are pinned already are used again. Pins nothing but the maps. */
int tagger_load(uint32_t mark_mask, struct tagger **out, struct resid_error *err);
/* Replaces the pinned programs by these. */
int tagger_pin(struct tagger *tagger, struct resid_error *err);
/* What is pinned. */
int tagger_open(struct tagger **out, struct resid_error *err);
void tagger_free(struct tagger *tagger);
DEFINE_CLEANUP(tagger, struct tagger *, tagger_free);

/*
 * The tagger that the module runs. If the module has none, or not the one that is pinned, or `again` is set: loads one,
 * hands it over, pins it and sets *loaded.
 */
int tagger_ensure(struct resid_nl *nl, bool again, struct tagger **out, bool *loaded, struct resid_error *err);

/*
 * resid_stamp on the ingress of a device, beside whatever else is attached there; the last filter takes its clsact
 * qdisc along. Both are idempotent.
 */
int tagger_stamp(const struct tagger *tagger, int ifindex, struct resid_error *err);
/* Is it there, and this tagger's? */
bool tagger_stamped(const struct tagger *tagger, int ifindex);
int tagger_unstamp(int ifindex, struct resid_error *err);

/* Takes down what there is: stamps of the caller's namespace, programs, maps, pins. Nothing there is no error. */
void tagger_remove(void);

#endif
