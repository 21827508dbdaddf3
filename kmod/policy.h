/* SPDX-License-Identifier: GPL-2.0-only */
/* Meeting place. A snapshot that can be judged by, with its counters. See policy.c. */
#ifndef _RESID_POLICY_H
#define _RESID_POLICY_H

#include <linux/ktime.h>

#include "table.h"

struct netlink_ext_ack;
struct resid_counter;

/* Does not change once packets see it. */
struct resid_policy {
	struct resid_table table;
	u64 generation;			/* its first 8 bytes */
	ktime_t epoch;			/* of boot, as of resid_policy_arm(): setting the clock moves no window */
	struct resid_counter **counter;	/* [row][rule], attached by resid_policy_arm() */
	void *data;			/* kvmalloc; the table's views point here */
};

/* All of these: process context. 0 or a negative errno with a sentence in extack. */

/*
 * A policy of the bytes of a snapshot, which must be valid, of this time, and such as a node that booted by @boot may
 * have. It owns @data; on an error the caller still does.
 */
int resid_policy_new(struct resid_policy **out, void *data, size_t length, enum resid_boot boot,
		     struct netlink_ext_ack *extack);
/* The last step before packets may see it: takes counters, and the clock. */
int resid_policy_arm(struct resid_policy *policy, struct netlink_ext_ack *extack);
/* @policy may be NULL. No packet may see it any more. */
void resid_policy_free(struct resid_policy *policy);

/* Seconds since the epoch, as windows are held against it. Any context. */
static inline s64 resid_policy_now(const struct resid_policy *policy)
{
	return ktime_divns(ktime_add(policy->epoch, ktime_get_coarse_boottime()), NSEC_PER_SEC);
}

#endif /* _RESID_POLICY_H */
