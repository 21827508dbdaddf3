// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the hooks hang: LOCAL_OUT and FORWARD of every network namespace, EGRESS of every device but loopback.
 *
 * A device is hooked when it registers, and unhooked when it unregisters; a move to another namespace is one after
 * the other. A device that cannot be hooked is refused: its registration fails, and since the second half of a move
 * cannot fail, it is also refused when it is to be set up.
 *
 * RTNL is held in every call of the notifier, and pernet_ops_rwsem while a namespace comes or goes; there is no lock of
 * this file's. Packets read nothing here.
 */
#include "attach.h"

#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/net_namespace.h>

#include "device.h"
#include "hook.h"
#include "uapi/resid.h"

static unsigned int attach_changes = 1;	/* RTNL; odd, so never 0 */
static atomic_t attach_netns_count;

/* ---- devices ---- */

static int attach_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	switch (event) {
	case NETDEV_REGISTER:
		attach_changes += 2;
		fallthrough;
	case NETDEV_PRE_UP:
		return notifier_from_errno(resid_device_register(dev, resid_hook_egress));
	case NETDEV_UNREGISTER:
		attach_changes += 2;
		resid_device_unregister(dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block attach_notifier = {
	.notifier_call = attach_event,
};

unsigned int resid_attach_changes(void)
{
	return attach_changes;
}

/* ---- namespaces ---- */

static const struct nf_hook_ops attach_netns_ops[] = {
	{ .hook = resid_hook_local_out, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_OUT, .priority = NF_IP_PRI_LAST },
	{ .hook = resid_hook_local_out, .pf = NFPROTO_IPV6, .hooknum = NF_INET_LOCAL_OUT, .priority = NF_IP6_PRI_LAST },
	{ .hook = resid_hook_forward, .pf = NFPROTO_IPV4, .hooknum = NF_INET_FORWARD, .priority = NF_IP_PRI_LAST },
	{ .hook = resid_hook_forward, .pf = NFPROTO_IPV6, .hooknum = NF_INET_FORWARD, .priority = NF_IP6_PRI_LAST },
};

static int __net_init attach_netns(struct net *net)
{
	int error = nf_register_net_hooks(net, attach_netns_ops, ARRAY_SIZE(attach_netns_ops));

	if (!error)
		atomic_inc(&attach_netns_count);
	return error;
}

static void __net_exit attach_netns_exit(struct net *net)
{
	nf_unregister_net_hooks(net, attach_netns_ops, ARRAY_SIZE(attach_netns_ops));
	atomic_dec(&attach_netns_count);
}

static struct pernet_operations attach_pernet = {
	.init = attach_netns,
	.exit = attach_netns_exit,
};

u32 resid_attach_netns_count(void)
{
	return atomic_read(&attach_netns_count);
}

/* RCU read side. At its priority connection tracking is alone with chains of nftables, which say what they are. */
static bool attach_tracks(const struct nf_hook_entries *entries)
{
	struct nf_hook_ops **ops;
	unsigned int i;

	if (!entries)
		return false;
	ops = nf_hook_entries_get_hook_ops(entries);
	for (i = 0; i < entries->num_hook_entries; i++) {
		const struct nf_hook_ops *one = READ_ONCE(ops[i]);

		if (one->priority == NF_IP_PRI_CONNTRACK && one->hook_ops_type == NF_HOOK_OP_UNDEFINED)
			return true;
	}
	return false;
}

u32 resid_attach_untracked(u8 *own)
{
	struct net *net;
	u32 count = 0;

	*own = 0;
	rcu_read_lock();
	for_each_net_rcu(net) {
		u8 lacking = 0;

		if (!attach_tracks(rcu_dereference(net->nf.hooks_ipv4[NF_INET_LOCAL_OUT])))
			lacking |= RESID_UNTRACKED_IPV4;
		if (!attach_tracks(rcu_dereference(net->nf.hooks_ipv6[NF_INET_LOCAL_OUT])))
			lacking |= RESID_UNTRACKED_IPV6;
		if (net_eq(net, &init_net))
			*own = lacking;
		count += !!lacking;
	}
	rcu_read_unlock();
	return count;
}

/* Both registrations replay what is there already. */
int resid_attach_init(void)
{
	int error = register_pernet_subsys(&attach_pernet);

	if (error)
		return error;
	error = register_netdevice_notifier(&attach_notifier);
	if (error)
		unregister_pernet_subsys(&attach_pernet);
	return error;
}

/*
 * In reverse order. Unregistering the notifier replays the end of every device, so EGRESS hooks go first and for a
 * moment only LOCAL_OUT and FORWARD refuse: the module is not armed by then, or it would not be unloaded. A packet may
 * still be inside a hook on return: the caller waits for a grace period.
 */
void resid_attach_fini(void)
{
	unregister_netdevice_notifier(&attach_notifier);
	unregister_pernet_subsys(&attach_pernet);
}
