/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard (bpf/guard.bpf.c): refuses AF_XDP sockets and programs that send past the judge. Pinned in
 * /sys/fs/bpf/resid/, so it is in force without this process.
 */
#ifndef RESID_BPF_GUARD_H
#define RESID_BPF_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/guard_map.h"
#include "util/cleanup.h"
#include "util/error.h"

struct guard {
	int allow, loader, state, count, event;	/* maps */
};

/* What there is, or loads and attaches it. Fails where the kernel has no BPF security module, and says so. */
int guard_ensure(struct guard **out, struct resid_error *err);
/* What is pinned; fails when nothing is. */
int guard_open(struct guard **out, struct resid_error *err);
void guard_free(struct guard *guard);
DEFINE_CLEANUP(guard, struct guard *, guard_free);

int guard_set(const struct guard *guard, bool enforcing, struct resid_error *err);
bool guard_is_enforcing(const struct guard *guard);
/* Let pass in permissive mode, and refused, since it was loaded. */
void guard_count(const struct guard *guard, enum guard_kind kind, uint64_t *let, uint64_t *refused);

/*
 * This process loads programs of Resid's own from here to guard_load_end(), which are none of the guard's business.
 * Both do nothing where there is no guard.
 */
void guard_load_begin(void);
void guard_load_end(void);

/* Takes it down. Nothing there is no error. */
void guard_remove(void);

/* "AF_XDP socket", "tc program": what an event was about. */
const char *guard_what(const struct guard_event *event);

#endif
