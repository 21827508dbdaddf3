/* SPDX-License-Identifier: Apache-2.0 */
/* From the kernel's batches to the file: drain, enrich, append, sync, acknowledge; in this order and no other. */
#ifndef RESID_AUDIT_DRAIN_H
#define RESID_AUDIT_DRAIN_H

#include "audit/logfile.h"
#include "audit/record.h"
#include "nl/nl.h"

struct drain {
	struct record_context records;
	bool sure;		/* the file's end was compared with the kernel's batch since the last doubt */
	uint64_t batches, written;	/* since start */
};

void drain_init(struct drain *drain, const uint8_t instance[16]);
void drain_fini(struct drain *drain);

/* One batch. *more is false when the kernel had none. After a failure the kernel still has it. */
int drain_once(struct drain *drain, struct resid_nl *nl, struct logfile *log, bool *more, struct resid_error *err);

#endif
