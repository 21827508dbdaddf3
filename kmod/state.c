// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state in force, and every way to change it.
 *
 * Each change is a copy of the state, the change made to the copy, a swap of the pointer, a grace period, and only then
 * the end of what the old state alone pointed to. Packets take no lock, and see the one state or the other. state_mutex
 * is held throughout, the grace period included: changes wait for each other, and a trial that runs out waits for them.
 * It is taken inside the stage's mutex, and the counters' is taken inside it.
 *
 * The state owns a policy and a tagger, each of which passes to the state that replaces it. A policy that another one
 * replaced on trial is kept aside, in state_previous, where no packet sees it; it comes back or is freed when the trial
 * ends, in whichever way.
 *
 * An armed module holds a reference to itself, so that unloading cannot open a node. try_module_get() fails once
 * unloading has begun, and then nothing is published any more; the reference is given back by whatever takes the last
 * policy away.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "state.h"

#include <linux/bpf.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "policy.h"
#include "trial.h"

struct resid_state __rcu *resid_state;

static DEFINE_MUTEX(state_mutex);	/* writers of resid_state, and all below */
static enum resid_boot state_boot;	/* set once */
static enum resid_mode state_fallback;	/* what an unconfirmed mode goes back to */
static struct resid_policy *state_previous;	/* what an unconfirmed policy goes back to; no packet sees it */
static bool state_pinned;		/* armed: the module holds a reference to itself */

static bool state_revert_mode(void);
static struct resid_trial state_mode_trial = RESID_TRIAL_INIT(state_mode_trial, &state_mutex, state_revert_mode);
static bool state_revert_policy(void);
static struct resid_trial state_policy_trial = RESID_TRIAL_INIT(state_policy_trial, &state_mutex, state_revert_policy);

static struct resid_state *state_locked(void)
{
	return rcu_dereference_protected(resid_state, lockdep_is_held(&state_mutex));
}

/* A copy of the state in force, to be changed and swapped in. */
static struct resid_state *state_copy(struct netlink_ext_ack *extack)
{
	struct resid_state *next = kmemdup(state_locked(), sizeof(*next), GFP_KERNEL);

	if (!next)
		NL_SET_ERR_MSG(extack, "out of memory; nothing has changed");
	return next;
}

/* Begins a change: takes the mutex, unless it returns NULL. */
static struct resid_state *state_begin(struct netlink_ext_ack *extack)
{
	struct resid_state *next;

	mutex_lock(&state_mutex);
	next = state_copy(extack);
	if (!next)
		mutex_unlock(&state_mutex);
	return next;
}

/* After this no packet sees the old state or anything that @next does not share with it. */
static void state_swap(struct resid_state *next)
{
	struct resid_state *old = rcu_replace_pointer(resid_state, next, lockdep_is_held(&state_mutex));

	synchronize_rcu();
	kfree(old);
}

static int state_check_replaces(const u8 replaces[RESID_DIGEST_LEN], struct netlink_ext_ack *extack)
{
	static const u8 none[RESID_DIGEST_LEN];
	const struct resid_policy *current_policy = state_locked()->policy;
	const u8 *in_force = current_policy ? current_policy->table.generation : none;

	if (!memcmp(replaces, in_force, RESID_DIGEST_LEN))
		return 0;
	NL_SET_ERR_MSG(extack, "the commit replaces another generation than the one in force: read the status and retry");
	return -ESTALE;
}

/* What is to come back, if anything: no packet sees @old any more. */
static void state_settle(struct resid_policy *old, u32 confirm)
{
	if (confirm && !resid_trial_is_on(&state_policy_trial)) {
		state_previous = old;
		old = NULL;
	} else if (!confirm) {
		/* a second unconfirmed policy still goes back to what was confirmed last, a confirmed one does not */
		resid_policy_free(state_previous);
		state_previous = NULL;
	}
	resid_policy_free(old);
	if (confirm)
		resid_trial_begin(&state_policy_trial, confirm);
	else
		resid_trial_end(&state_policy_trial);
}

/* Publishes @policy, or leaves it to the caller. */
static int state_publish_locked(struct resid_policy *policy, const u8 replaces[RESID_DIGEST_LEN], u32 confirm,
				struct netlink_ext_ack *extack)
{
	struct resid_policy *old;
	struct resid_state *next;
	int error;

	error = state_check_replaces(replaces, extack) ?: resid_policy_arm(policy, extack);
	if (error)
		return error;
	next = state_copy(extack);
	if (!next)
		return -ENOMEM;
	if (!state_pinned && !try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being unloaded");
		kfree(next);
		return -ENODEV;
	}
	state_pinned = true;
	old = next->policy;
	next->policy = policy;
	state_swap(next);
	state_settle(old, confirm);
	return 0;
}

int resid_state_publish(void *data, size_t length, const u8 replaces[RESID_DIGEST_LEN], u32 confirm,
			struct netlink_ext_ack *extack)
{
	struct resid_policy *policy;
	int error;

	error = resid_policy_new(&policy, data, length, state_boot, extack);
	if (error) {
		kvfree(data);
		return error;
	}
	mutex_lock(&state_mutex);
	error = state_publish_locked(policy, replaces, confirm, extack);
	mutex_unlock(&state_mutex);
	if (error)
		resid_policy_free(policy);
	return error;
}

static bool state_revert_mode(void)
{
	struct resid_state *next = state_copy(NULL);

	if (!next)
		return false;
	next->mode = state_fallback;
	state_swap(next);
	pr_warn("mode was not confirmed in time and went back to %s\n",
		state_fallback == RESID_MODE_ENFORCING ? "enforcing" : "permissive");
	return true;
}

/* Without a policy there is nothing that unloading would open, unless the node booted closed. */
static void state_unpin(void)
{
	if (!state_pinned)
		return;
	state_pinned = false;
	module_put(THIS_MODULE);
}

/* Unpinning from a work of this module is safe: module exit waits for the work, in resid_trial_fini(). */
static bool state_revert_policy(void)
{
	struct resid_state *next = state_copy(NULL);
	struct resid_policy *old;

	if (!next)
		return false;
	old = next->policy;
	next->policy = state_previous;
	state_previous = NULL;
	state_swap(next);
	resid_policy_free(old);
	if (!next->policy && !next->closed)
		state_unpin();
	pr_warn("policy was not confirmed in time and went back to %s\n", next->policy ? "the one before" : "none");
	return true;
}

int resid_state_set_mode(enum resid_mode mode, u32 confirm, struct netlink_ext_ack *extack)
{
	struct resid_state *next;

	if (mode == RESID_MODE_PERMISSIVE && state_boot == RESID_BOOT_CLOSED) {
		NL_SET_ERR_MSG(extack, "the module was loaded with boot=closed: permissive is out of reach until it is loaded with boot=open");
		return -EPERM;
	}

	next = state_begin(extack);
	if (!next)
		return -ENOMEM;
	/* a second unconfirmed change still goes back to what was confirmed last */
	if (!resid_trial_is_on(&state_mode_trial))
		state_fallback = next->mode;
	if (confirm && mode != state_fallback)
		resid_trial_begin(&state_mode_trial, confirm);
	else
		resid_trial_end(&state_mode_trial);
	next->mode = mode;
	state_swap(next);
	mutex_unlock(&state_mutex);
	return 0;
}

int resid_state_set_tagger(struct bpf_prog *tagger, struct netlink_ext_ack *extack)
{
	struct resid_state *next = state_begin(extack);
	struct bpf_prog *old;

	if (!next)
		return -ENOMEM;
	old = next->tagger;
	next->tagger = tagger;
	state_swap(next);
	mutex_unlock(&state_mutex);
	if (old)
		bpf_prog_put(old);
	return 0;
}

int resid_state_disarm(struct netlink_ext_ack *extack)
{
	struct resid_state *next = state_begin(extack);
	struct resid_policy *policy;
	struct bpf_prog *tagger;

	if (!next)
		return -ENOMEM;
	policy = next->policy;
	tagger = next->tagger;
	next->policy = NULL;
	next->tagger = NULL;
	next->closed = false;
	if (resid_trial_is_on(&state_mode_trial))
		next->mode = state_fallback;
	resid_trial_end(&state_mode_trial);
	resid_trial_end(&state_policy_trial);
	state_swap(next);
	resid_policy_free(state_previous);
	state_previous = NULL;
	state_unpin();
	mutex_unlock(&state_mutex);
	resid_policy_free(policy);
	if (tagger)
		bpf_prog_put(tagger);
	return 0;
}

int resid_state_close(struct netlink_ext_ack *extack)
{
	struct resid_state *next = state_begin(extack);
	int error;

	if (!next)
		return -ENOMEM;
	if (next->policy) {
		NL_SET_ERR_MSG(extack, "a policy is in force, and it decides what leaves");
		error = -EBUSY;
		goto err_free;
	}
	if (!state_pinned && !try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being unloaded");
		error = -ENODEV;
		goto err_free;
	}
	state_pinned = true;
	next->closed = true;
	next->mode = RESID_MODE_ENFORCING;
	resid_trial_end(&state_mode_trial);
	state_swap(next);
	mutex_unlock(&state_mutex);
	return 0;

err_free:
	mutex_unlock(&state_mutex);
	kfree(next);
	return error;
}

void resid_state_status(struct resid_status *status)
{
	const struct resid_state *state;

	memset(status, 0, sizeof(*status));
	mutex_lock(&state_mutex);
	state = state_locked();
	status->boot = state_boot;
	status->mode = state->mode;
	status->mark_mask = state->mark_mask;
	status->closed = state->closed;
	status->confirm = resid_trial_left(&state_mode_trial);
	status->policy_confirm = resid_trial_left(&state_policy_trial);
	if (state->policy) {
		status->has_policy = true;
		memcpy(status->generation, state->policy->table.generation, RESID_DIGEST_LEN);
	}
	if (state->tagger) {
		status->has_tagger = true;
		status->tagger_id = state->tagger->aux->id;
	}
	mutex_unlock(&state_mutex);
}

/* Process context, module init, nothing hooked yet. */
int resid_state_init(enum resid_boot boot, u32 mark_mask)
{
	struct resid_state *first = kzalloc(sizeof(*first), GFP_KERNEL);

	if (!first)
		return -ENOMEM;
	state_boot = boot;
	first->mark_mask = mark_mask;
	first->closed = boot == RESID_BOOT_CLOSED;
	first->mode = first->closed ? RESID_MODE_ENFORCING : RESID_MODE_PERMISSIVE;
	rcu_assign_pointer(resid_state, first);
	return 0;
}

/*
 * A node that booted closed cannot be opened by unloading the module, only by DISARM. Called when nothing can fail; a
 * first command may have come before.
 */
void resid_state_pin_closed(void)
{
	mutex_lock(&state_mutex);
	if (state_locked()->closed && !state_pinned) {
		__module_get(THIS_MODULE);
		state_pinned = true;
	}
	mutex_unlock(&state_mutex);
}

/*
 * Process context, module exit: no hook and no command any more. The works of the trials are the last that may swap
 * states, so they are stopped first, without the mutex, which they take. From there on nobody else is left: packets
 * have had their grace period before this was called, so neither pointer nor mutex is needed to take the state apart.
 */
void resid_state_fini(void)
{
	struct resid_state *last = rcu_dereference_protected(resid_state, true);

	resid_trial_fini(&state_mode_trial);
	resid_trial_fini(&state_policy_trial);
	RCU_INIT_POINTER(resid_state, NULL);
	if (last->tagger)
		bpf_prog_put(last->tagger);
	resid_policy_free(last->policy);
	resid_policy_free(state_previous);
	kfree(last);
}
