/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Meeting place. What was refused, or is to be recorded: counted per flow and CPU, drained in numbered batches. See
 * audit.c.
 */
#ifndef _RESID_AUDIT_H
#define _RESID_AUDIT_H

#include <linux/types.h>

#include "uapi/resid.h"

struct netlink_ext_ack;

/* @wake: tells whoever drains that there is something to drain. Process context. */
int resid_audit_init(unsigned int slots, void (*wake)(void));
/* @wake is not called any more after this. */
void resid_audit_stop(void);
void resid_audit_fini(void);

/*
 * Counts @packets and @bytes under @key, or under a coarser one in a full table; with @whole only under @key, or not at
 * all. Returns whether it has. Packet path, any context but hard interrupt, BH off.
 */
bool resid_audit_add(const struct resid_audit_key *key, u32 packets, u32 bytes, u8 tcp_flags, bool whole);

/* The batch that waits, or a new one; *batch is 0 when there is nothing to drain. Process context. */
void resid_audit_drain(u64 *batch, u32 *count);
int resid_audit_ack(u64 batch, struct netlink_ext_ack *extack);

/* Where a reader of the waiting batch stands. Starts as zeros. */
struct resid_audit_cursor {
	unsigned int cpu;
	unsigned int slot;
	unsigned int index;		/* of the next record in its batch */
};

/*
 * Copies up to @max records of @batch and moves the cursor. Returns their number, 0 at the end, -ESTALE when @batch is
 * not the one that waits. Process context.
 */
int resid_audit_read(u64 batch, struct resid_audit_cursor *cursor, struct resid_audit_record *records, int max);

struct resid_audit_status {
	u32 slots;
	u32 used;
	u64 batch;			/* that waits, or 0 */
	u64 acked;
	u64 folded;
	u64 denied;
};

void resid_audit_status(struct resid_audit_status *status);

#endif /* _RESID_AUDIT_H */
