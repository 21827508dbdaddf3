// SPDX-License-Identifier: GPL-2.0-only
/*
 * Meeting place. The module's parameters, its beginning and its end.
 *
 * Both run alone: the kernel holds neither RTNL nor a lock of ours, and no command is heard before resid_netlink_init()
 * or after resid_netlink_fini(). Packets are not so polite: they come from the first hook on, so that all they use is
 * there before.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/genetlink.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "attach.h"
#include "audit.h"
#include "class.h"
#include "closed.h"
#include "counter.h"
#include "netlink.h"
#include "stage.h"
#include "state.h"

static char *main_boot = "open";
module_param_named(boot, main_boot, charp, 0444);
MODULE_PARM_DESC(boot, "before the first policy: open (default) lets everything leave, closed only link, local and bootstrap destinations");

static char *main_bootstrap;
module_param_named(bootstrap, main_bootstrap, charp, 0444);
MODULE_PARM_DESC(bootstrap, "addresses and prefixes, separated by commas, that a closed node reaches before its first policy");

static uint main_mark_mask = 0xff800000;
module_param_named(mark_mask, main_mark_mask, uint, 0444);
MODULE_PARM_DESC(mark_mask, "nine adjacent bits of the packet mark: class and validity (default 0xff800000)");

static uint main_audit_slots = 4096;
module_param_named(audit_slots, main_audit_slots, uint, 0444);
MODULE_PARM_DESC(audit_slots, "flows that a CPU counts apart between two drains, a power of two (default 4096)");

static int __init main_parse_boot(enum resid_boot *out)
{
	if (!strcmp(main_boot, "open")) {
		*out = RESID_BOOT_OPEN;
	} else if (!strcmp(main_boot, "closed")) {
		*out = RESID_BOOT_CLOSED;
	} else {
		pr_err("boot is \"%s\"; it must be open or closed\n", main_boot);
		return -EINVAL;
	}
	return 0;
}

static int __init main_check_mask(void)
{
	if (main_mark_mask && main_mark_mask >> __ffs(main_mark_mask) == 0x1ff)
		return 0;
	pr_err("mark_mask is 0x%08x; it must be nine adjacent bits, as 0xff800000 is\n", main_mark_mask);
	return -EINVAL;
}

/* What the packet path uses is there before the first hook; who commands it comes last. */
static int __init main_init(void)
{
	enum resid_boot before;
	int error;

	error = main_parse_boot(&before) ?: main_check_mask() ?: resid_closed_init(main_bootstrap);
	if (error)
		return error;
	error = resid_audit_init(main_audit_slots, resid_netlink_wake);
	if (error)
		return error;
	error = resid_counter_init();
	if (error)
		goto err_audit;
	error = resid_class_init();
	if (error)
		goto err_counter;
	error = resid_state_init(before, main_mark_mask);
	if (error)
		goto err_class;
	error = resid_attach_init();
	if (error)
		goto err_unhooked;
	error = resid_netlink_init();
	if (error)
		goto err_attach;
	resid_state_pin_closed();
	return 0;

err_attach:
	resid_attach_fini();
err_unhooked:
	/* a registration that failed half-way has met packets too */
	synchronize_rcu();
	resid_audit_stop();
	resid_state_fini();
err_class:
	resid_class_fini();
err_counter:
	resid_counter_fini();
err_audit:
	resid_audit_fini();
	return error;
}

/*
 * Whoever uses a thing goes before it:
 *
 *   attach     no hook is called any more, and after the grace period no packet is inside one: nothing judges, counts
 *              or records from here on
 *   audit_stop packets have scheduled the work that wakes listeners; it calls into netlink, so it ends before that
 *   netlink    no command any more, and no end of a socket is heard: these two use all that follows
 *   stage      an upload that was never committed
 *   state      its works end, and it lets its policy go, which lets its counters go
 *   class      what namespaces have held; only hooks ask for it
 *   counter    what is left is retired, and in nobody's hands
 *   audit      a batch that was not acknowledged is lost; the daemon drains before it unloads
 *
 * rcu_barrier() waits for what was given to kfree_rcu(), so that all memory is back when unloading is done.
 */
static void __exit main_exit(void)
{
	resid_attach_fini();
	synchronize_rcu();
	resid_audit_stop();
	resid_netlink_fini();
	resid_stage_fini();
	resid_state_fini();
	resid_class_fini();
	resid_counter_fini();
	resid_audit_fini();
	rcu_barrier();
}

module_init(main_init);
module_exit(main_exit);

MODULE_DESCRIPTION("Data-residency egress: whose data, where to, who controls it, may it");
MODULE_AUTHOR("The Resid founders");
MODULE_LICENSE("GPL");
MODULE_VERSION(RESID_VERSION);
/* Asking for the family has the module loaded. */
MODULE_ALIAS_GENL_FAMILY(RESID_GENL_NAME);
