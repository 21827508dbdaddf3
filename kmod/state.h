/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Meeting place. What decides: one immutable object behind one RCU pointer. The control path (netlink, stage) replaces
 * it, the packet path (hook, judge, class) reads it. See state.c.
 */
#ifndef _RESID_STATE_H
#define _RESID_STATE_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "uapi/resid.h"

struct bpf_prog;
struct netlink_ext_ack;
struct resid_policy;

struct resid_state {
	/* owned, and handed on to the state that replaces it; NULL before the first and after disarming */
	struct resid_policy *policy;
	struct bpf_prog *tagger;	/* NULL: every class is unlabelled, kernel sockets' excepted */
	enum resid_mode mode;
	u32 mark_mask;			/* nine adjacent bits: class, and below it validity */
	bool closed;			/* without a policy: only link, local and bootstrap leave */
};

extern struct resid_state __rcu *resid_state;

int resid_state_init(enum resid_boot boot, u32 mark_mask);
void resid_state_fini(void);
/* Last step of module init: a node that booted closed holds the module until DISARM. */
void resid_state_pin_closed(void);

/* All of these: process context, take the state's mutex, wait for a grace period. 0 or a negative errno with extack. */

/*
 * Validates @data, and publishes it if @replaces names the generation in force. @data is kvmalloc'ed, and no longer the
 * caller's, whatever the outcome.
 * @confirm: seconds after which what was confirmed last comes back unless something is published without it; 0: it
 * stays.
 */
int resid_state_publish(void *data, size_t length, const u8 replaces[RESID_DIGEST_LEN], u32 confirm,
			struct netlink_ext_ack *extack);
/* @confirm: seconds after which the mode goes back unless it is set again; 0: it stays. */
int resid_state_set_mode(enum resid_mode mode, u32 confirm, struct netlink_ext_ack *extack);
/* Takes over the caller's reference to @tagger on success; NULL removes it. */
int resid_state_set_tagger(struct bpf_prog *tagger, struct netlink_ext_ack *extack);
int resid_state_disarm(struct netlink_ext_ack *extack);
/* Without a policy: as a node that booted closed, until DISARM. The module stays in place for it. */
int resid_state_close(struct netlink_ext_ack *extack);

/* A consistent view for STATUS. */
struct resid_status {
	u8 generation[RESID_DIGEST_LEN];
	enum resid_boot boot;
	enum resid_mode mode;
	u32 mark_mask;
	u32 confirm;			/* seconds left to the mode, 0: it stays */
	u32 policy_confirm;		/* the same of the policy */
	u32 tagger_id;
	bool has_policy;
	bool has_tagger;
	bool closed;
};

void resid_state_status(struct resid_status *status);

#endif /* _RESID_STATE_H */
