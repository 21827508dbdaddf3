/* SPDX-License-Identifier: Apache-2.0 */
/* From the kernel's batches to the spool: drain, enrich, put, commit, acknowledge; in this order and no other. */
#ifndef RESID_AUDIT_DRAIN_H
#define RESID_AUDIT_DRAIN_H

#include "audit/enrich.h"
#include "spool/spool.h"
#include "nl/nl.h"

struct drain {
	uint8_t instance[16];	/* of the module that is drained */
	struct enricher enricher;
	uint64_t batches, written, replayed;	/* batches, records, batches that the spool had already; since start */
};

void drain_init(struct drain *drain, const uint8_t instance[16], const struct privacy *privacy);
void drain_fini(struct drain *drain);

/* One batch. *more is false when the kernel had none. After a failure the kernel still has it. */
int drain_once(struct drain *drain, struct resid_nl *nl, struct spool *spool, bool *more, struct resid_error *err);

#endif
