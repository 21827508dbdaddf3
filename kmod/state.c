// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "state.h"

#include <linux/bpf.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "counter.h"

struct resid_state __rcu *resid_state;

static DEFINE_MUTEX(state_mutex);	/* writers of resid_state, and all below */
static enum resid_boot state_boot;
static enum resid_mode state_fallback;	/* what an unconfirmed mode goes back to */
static unsigned long state_deadline;	/* jiffies; 0: the mode is confirmed */
static struct resid_policy *state_previous;	/* what an unconfirmed policy goes back to; no packet sees it */
static unsigned long state_policy_deadline;	/* jiffies; 0: the policy in force is confirmed */
static bool state_pinned;		/* armed: the module holds a reference to itself */

static void state_revert(struct work_struct *work);
static DECLARE_DELAYED_WORK(state_revert_work, state_revert);
static void state_revert_policy(struct work_struct *work);
static DECLARE_DELAYED_WORK(state_policy_work, state_revert_policy);

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

static void policy_free(struct resid_policy *policy)
{
	if (!policy)
		return;
	resid_counter_detach(policy->counter, &policy->table);
	kvfree(policy->data);
	kfree(policy);
}

static struct resid_policy *policy_new(struct netlink_ext_ack *extack)
{
	struct resid_policy *policy = kzalloc(sizeof(*policy), GFP_KERNEL);

	if (!policy)
		NL_SET_ERR_MSG(extack, "out of memory; the generation in force stays");
	return policy;
}

static int policy_check_window(const struct resid_policy *policy, struct netlink_ext_ack *extack)
{
	const struct resid_snapshot_header *header = policy->table.header;
	s64 now = ktime_get_real_seconds();

	if (now < header->not_before) {
		NL_SET_ERR_MSG(extack, "snapshot is not valid yet: see its not_before and this node's clock");
		return -EKEYREJECTED;
	}
	if (header->not_after && now >= header->not_after) {
		NL_SET_ERR_MSG(extack, "snapshot is no longer valid: see its not_after and this node's clock");
		return -EKEYEXPIRED;
	}
	return 0;
}

/* Permissive is out of reach of a node that booted closed, for a class as for all of them. */
static int policy_check_boot(const struct resid_policy *policy, struct netlink_ext_ack *extack)
{
	unsigned int class;

	if (state_boot != RESID_BOOT_CLOSED)
		return 0;
	for (class = 0; class < RESID_CLASS_COUNT; class++) {
		if (policy->table.core->class_flags[class] & RESID_CLASS_F_PERMISSIVE) {
			NL_SET_ERR_MSG(extack, "the module was loaded with boot=closed and the policy has a permissive class");
			return -EPERM;
		}
	}
	return 0;
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

/* Never 0, which says that there is none, and never later than the work that looks at it. */
static unsigned long state_deadline_after(unsigned long now, u32 seconds)
{
	return now + seconds * HZ ?: ULONG_MAX;
}

/* What is to come back, if anything: no packet sees @old any more. */
static void state_settle(struct resid_policy *old, u32 confirm)
{
	if (confirm && !state_policy_deadline) {
		state_previous = old;
		old = NULL;
	} else if (!confirm) {
		/* a second unconfirmed policy still goes back to what was confirmed last, a confirmed one does not */
		policy_free(state_previous);
		state_previous = NULL;
	}
	policy_free(old);
	state_policy_deadline = 0;
	if (confirm) {
		state_policy_deadline = state_deadline_after(jiffies, confirm);
		mod_delayed_work(system_wq, &state_policy_work, confirm * HZ);
	}
}

/* @policy is complete but for what depends on the state in force. */
static int state_publish_locked(struct resid_policy *policy, const u8 replaces[RESID_DIGEST_LEN], u32 confirm,
				struct netlink_ext_ack *extack)
{
	struct resid_policy *old;
	struct resid_state *next;
	int error;

	error = state_check_replaces(replaces, extack);
	if (error)
		return error;
	error = resid_counter_attach(&policy->counter, &policy->table, extack);
	if (error)
		return error;
	next = state_copy(extack);
	if (!next)
		return -ENOMEM;

	old = next->policy;
	next->policy = policy;
	policy->epoch = ktime_sub(ktime_mono_to_any(0, TK_OFFS_REAL), ktime_mono_to_any(0, TK_OFFS_BOOT));
	if (!state_pinned && !try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG(extack, "the module is being unloaded");
		kfree(next);
		return -ENODEV;
	}
	state_pinned = true;
	state_swap(next);
	state_settle(old, confirm);
	return 0;
}

int resid_state_publish(void *data, size_t length, const u8 replaces[RESID_DIGEST_LEN], u32 confirm,
			struct netlink_ext_ack *extack)
{
	struct resid_policy *policy;
	const char *reason;
	int error;

	policy = policy_new(extack);
	if (!policy)
		return -ENOMEM;
	reason = resid_table_open(&policy->table, data, length);
	if (reason) {
		extack->_msg = reason;
		error = -EINVAL;
		goto err_free;
	}
	memcpy(&policy->generation, policy->table.generation, sizeof(policy->generation));
	error = policy_check_window(policy, extack) ?: policy_check_boot(policy, extack);
	if (error)
		goto err_free;

	policy->data = data;
	mutex_lock(&state_mutex);
	error = state_publish_locked(policy, replaces, confirm, extack);
	mutex_unlock(&state_mutex);
	if (!error)
		return 0;

	policy->data = NULL;	/* the caller's again */
err_free:
	policy_free(policy);
	return error;
}

static void state_revert(struct work_struct *work)
{
	struct resid_state *next;

	mutex_lock(&state_mutex);
	if (state_deadline && time_after_eq(jiffies, state_deadline)) {
		next = state_copy(NULL);
		if (next) {
			next->mode = state_fallback;
			state_swap(next);
			state_deadline = 0;
			pr_warn("mode was not confirmed in time and went back to %s\n",
				state_fallback == RESID_MODE_ENFORCING ? "enforcing" : "permissive");
		} else {
			schedule_delayed_work(&state_revert_work, HZ);
		}
	}
	mutex_unlock(&state_mutex);
}

/* Without a policy there is nothing that unloading would open, unless the node booted closed. */
static void state_unpin(void)
{
	if (!state_pinned)
		return;
	state_pinned = false;
	module_put(THIS_MODULE);
}

static void state_revert_policy(struct work_struct *work)
{
	struct resid_policy *old;
	struct resid_state *next;

	mutex_lock(&state_mutex);
	if (!state_policy_deadline || time_before(jiffies, state_policy_deadline))
		goto out;
	next = state_copy(NULL);
	if (!next) {
		schedule_delayed_work(&state_policy_work, HZ);
		goto out;
	}
	old = next->policy;
	next->policy = state_previous;
	state_previous = NULL;
	state_policy_deadline = 0;
	state_swap(next);
	policy_free(old);
	if (!next->policy && !next->closed)
		state_unpin();
	pr_warn("policy was not confirmed in time and went back to %s\n", next->policy ? "the one before" : "none");
out:
	mutex_unlock(&state_mutex);
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
	if (!state_deadline)
		state_fallback = next->mode;
	state_deadline = 0;
	if (confirm && mode != state_fallback) {
		state_deadline = state_deadline_after(jiffies, confirm);
		mod_delayed_work(system_wq, &state_revert_work, confirm * HZ);
	}
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
	if (state_deadline)
		next->mode = state_fallback;
	state_deadline = 0;
	state_swap(next);
	policy_free(state_previous);
	state_previous = NULL;
	state_policy_deadline = 0;
	state_unpin();
	mutex_unlock(&state_mutex);
	policy_free(policy);
	if (tagger)
		bpf_prog_put(tagger);
	return 0;
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
	if (state_deadline && time_before(jiffies, state_deadline))
		status->confirm = DIV_ROUND_UP(state_deadline - jiffies, HZ);
	if (state_policy_deadline && time_before(jiffies, state_policy_deadline))
		status->policy_confirm = DIV_ROUND_UP(state_policy_deadline - jiffies, HZ);
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

/* Process context, module exit, no hook and no netlink any more. */
void resid_state_fini(void)
{
	struct resid_state *last = rcu_dereference_protected(resid_state, true);

	cancel_delayed_work_sync(&state_revert_work);
	cancel_delayed_work_sync(&state_policy_work);
	RCU_INIT_POINTER(resid_state, NULL);
	if (last->tagger)
		bpf_prog_put(last->tagger);
	policy_free(last->policy);
	policy_free(state_previous);
	kfree(last);
}
