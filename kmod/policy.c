// SPDX-License-Identifier: GPL-2.0-only
/*
 * One policy, from the bytes of a snapshot to its end: validated, armed, seen by packets, freed.
 *
 * Nothing is locked here. Until it is published a policy belongs to the one who made it; from then on it does not
 * change, and packets read it behind the state that points to it. Who frees it has waited for a grace period in which
 * no state did; only then are the counters let go, which packets reach through it, and last the bytes that its table
 * is made of.
 */
#include "policy.h"

#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "counter.h"

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
static int policy_check_boot(const struct resid_policy *policy, enum resid_boot boot, struct netlink_ext_ack *extack)
{
	unsigned int class;

	if (boot != RESID_BOOT_CLOSED)
		return 0;
	for (class = 0; class < RESID_CLASS_COUNT; class++) {
		if (policy->table.core->class_flags[class] & RESID_CLASS_F_PERMISSIVE) {
			NL_SET_ERR_MSG(extack, "the module was loaded with boot=closed and the policy has a permissive class");
			return -EPERM;
		}
	}
	return 0;
}

int resid_policy_new(struct resid_policy **out, void *data, size_t length, enum resid_boot boot,
		     struct netlink_ext_ack *extack)
{
	struct resid_policy *policy = kzalloc(sizeof(*policy), GFP_KERNEL);
	const char *reason;
	int error;

	if (!policy) {
		NL_SET_ERR_MSG(extack, "out of memory; the generation in force stays");
		return -ENOMEM;
	}
	reason = resid_table_open(&policy->table, data, length);
	if (reason) {
		extack->_msg = reason;
		error = -EINVAL;
		goto err_free;
	}
	error = policy_check_window(policy, extack) ?: policy_check_boot(policy, boot, extack);
	if (error)
		goto err_free;
	memcpy(&policy->generation, policy->table.generation, sizeof(policy->generation));
	policy->data = data;
	*out = policy;
	return 0;

err_free:
	kfree(policy);
	return error;
}

int resid_policy_arm(struct resid_policy *policy, struct netlink_ext_ack *extack)
{
	policy->epoch = ktime_sub(ktime_mono_to_any(0, TK_OFFS_REAL), ktime_mono_to_any(0, TK_OFFS_BOOT));
	return resid_counter_attach(&policy->counter, &policy->table, extack);
}

void resid_policy_free(struct resid_policy *policy)
{
	if (!policy)
		return;
	/* walks the table, so before the bytes */
	resid_counter_detach(policy->counter, &policy->table);
	kvfree(policy->data);
	kfree(policy);
}
