/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what the kernel counted to what is known of it: the generation gives the words, the cgroup's path the workload,
 * assign.d the tenant. It is done once, when a record is drained: later a cgroup may be gone and a name another's.
 */
#ifndef RESID_AUDIT_ENRICH_H
#define RESID_AUDIT_ENRICH_H

#include "spool/event.h"
#include "audit/privacy.h"
#include "audit/workload.h"
#include "label/assign.h"
#include "bpf/who.h"
#include "nl/nl.h"
#include "snapshot/snapshot.h"

#define ENRICH_GENERATIONS	4	/* kept open at a time */
#define ENRICH_CGROUPS		1024	/* remembered: a power of two */

struct enrich_netns {
	uint64_t cookie;
	char *name;
};

/* Owns what it has looked up so far. */
struct enricher {
	const struct privacy *privacy;	/* NULL: every address as it is */
	const struct who_table *who;	/* NULL: no process is known */
	struct who process;		/* of the last record: its texts are the event's */
	struct enrich_generation {
		uint64_t first;
		struct snapshot *snapshot;	/* NULL: its file is not there */
		uint64_t used;
	} generation[ENRICH_GENERATIONS];
	uint64_t clock;
	struct enrich_cgroup {
		uint64_t id;
		char *path;
		struct workload workload;
	} cgroup[ENRICH_CGROUPS];
	struct assign_list assignments;
	struct timespec assigned;	/* when assign.d was changed, as it was read */
	struct resid_nl_device *devices;
	size_t device_count;
	bool devices_fresh;		/* asked of the kernel since the last refresh */
	struct enrich_netns *netns;
	size_t netns_count, netns_room;
	struct timespec netns_read;
	bool clock_unsynchronised;
	struct snapshot_place place;	/* of the last record: its texts are the event's */
	char number[16], class_number[16];
};

void enricher_fini(struct enricher *enricher);

/* Before a batch: forgets what was missing and may have come, reads again what has changed. */
void enricher_refresh(struct enricher *enricher);

/* The event's texts belong to the enricher until the next call. nl (may be NULL) is asked for devices that are new. */
void enrich(struct enricher *enricher, struct resid_nl *nl, const uint8_t instance[16], uint64_t batch, uint32_t index,
	    const struct resid_audit_record *record, struct audit_event *event);

#endif
