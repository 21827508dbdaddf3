/* SPDX-License-Identifier: Apache-2.0 */
/* What enrich.c, which fills a record, asks of enrich_lookup.c, which finds names and keeps them. NULL: not known. */
#ifndef RESID_AUDIT_ENRICH_PRIVATE_H
#define RESID_AUDIT_ENRICH_PRIVATE_H

#include "audit/enrich.h"

/* The snapshot of a generation, from its file; the least recently used one makes room. */
const struct snapshot *enrich_snapshot(struct enricher *enricher, uint64_t first);

/* A cgroup, also when its folder went after it was first seen. */
const struct enrich_cgroup *enrich_cgroup(struct enricher *enricher, uint64_t id);

const char *enrich_device(struct enricher *enricher, struct resid_nl *nl, uint32_t ifindex, uint64_t netns);
const char *enrich_netns_name(const struct enricher *enricher, uint64_t cookie);

/* As the tagger finds a class: the nearest assigned cgroup, else the network namespace, else the device. */
const char *enrich_tenant(const struct enricher *enricher, const struct audit_event *event);

#endif
