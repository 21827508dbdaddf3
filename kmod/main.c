// SPDX-License-Identifier: GPL-2.0-only
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/rcupdate.h>

#include "audit.h"
#include "class.h"
#include "counter.h"
#include "device.h"
#include "hook.h"
#include "judge.h"
#include "netlink.h"
#include "stage.h"
#include "state.h"

static char *boot = "open";
module_param(boot, charp, 0444);
MODULE_PARM_DESC(boot, "before the first policy: open (default) lets everything leave, closed only link, local and bootstrap destinations");

static char *bootstrap;
module_param(bootstrap, charp, 0444);
MODULE_PARM_DESC(bootstrap, "addresses and prefixes, separated by commas, that a closed node reaches before its first policy");

static uint mark_mask = 0xff800000;
module_param(mark_mask, uint, 0444);
MODULE_PARM_DESC(mark_mask, "nine adjacent bits of the packet mark: class and validity (default 0xff800000)");

static uint audit_slots = 4096;
module_param(audit_slots, uint, 0444);
MODULE_PARM_DESC(audit_slots, "flows that a CPU counts apart between two drains, a power of two (default 4096)");

static int __init main_parse_boot(enum resid_boot *out)
{
	if (!strcmp(boot, "open")) {
		*out = RESID_BOOT_OPEN;
	} else if (!strcmp(boot, "closed")) {
		*out = RESID_BOOT_CLOSED;
	} else {
		pr_err("boot is \"%s\"; it must be open or closed\n", boot);
		return -EINVAL;
	}
	return 0;
}

/* What the packet path uses is there before the first hook; who commands it comes last. */
static int __init main_init(void)
{
	enum resid_boot mode;
	int error;

	error = main_parse_boot(&mode) ?: resid_class_init(mark_mask) ?: resid_judge_init(bootstrap);
	if (error)
		return error;
	error = resid_audit_init(audit_slots);
	if (error)
		return error;
	error = resid_counter_init();
	if (error)
		goto err_audit;
	error = resid_state_init(mode);
	if (error)
		goto err_counter;
	error = resid_hook_init();
	if (error)
		goto err_state;
	error = resid_device_init();
	if (error)
		goto err_hook;
	error = resid_netlink_init();
	if (error)
		goto err_device;
	resid_state_pin_closed();
	return 0;

err_device:
	resid_device_fini();
err_hook:
	resid_hook_fini();
	synchronize_rcu();
err_state:
	resid_state_fini();
err_counter:
	resid_counter_fini();
err_audit:
	resid_audit_fini();
	return error;
}

static void __exit main_exit(void)
{
	resid_netlink_fini();
	resid_stage_fini();
	resid_device_fini();
	resid_hook_fini();
	/* no packet is inside a hook any more */
	synchronize_rcu();
	resid_state_fini();
	resid_counter_fini();
	resid_audit_fini();
	rcu_barrier();
}

module_init(main_init);
module_exit(main_exit);

MODULE_DESCRIPTION("Data-residency egress: whose data, where to, who controls it, may it");
MODULE_AUTHOR("The Resid founders");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
