// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the hooks hang: LOCAL_OUT and FORWARD of every network namespace, EGRESS of every device but loopback.
 *
 * A device is hooked when it registers, and unhooked when it unregisters; a move to another namespace is one after
 * the other. A device that cannot be hooked is refused: its registration fails, and since the second half of a move
 * cannot fail, it is also refused when it is to be set up.
 */
#include "attach.h"

#include <linux/hashtable.h>
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "hook.h"
#include "uapi/resid.h"

static DEFINE_HASHTABLE(device_hash, 10);
static u32 device_count;		/* RTNL */
static unsigned int device_changes = 1;	/* RTNL; odd, so never 0 */
static atomic_t netns_count;

/* ---- devices ---- */

struct resid_device {
	struct hlist_node hash;		/* by @ops.dev; RTNL to write, RCU to read */
	struct nf_hook_ops ops;
	bool inside;
	struct rcu_head rcu;
};

static struct resid_device *device_find(const struct net_device *dev)
{
	struct resid_device *device;

	hash_for_each_possible_rcu(device_hash, device, hash, (unsigned long)dev, lockdep_rtnl_is_held())
		if (device->ops.dev == dev)
			return device;
	return NULL;
}

/* Holds RTNL. */
static int device_hook(struct net_device *dev)
{
	struct resid_device *device;
	int error;

	if (dev->flags & IFF_LOOPBACK || device_find(dev))
		return 0;
	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;
	device->ops.hook = resid_hook_egress;
	device->ops.priv = device;
	device->ops.dev = dev;
	device->ops.pf = NFPROTO_NETDEV;
	device->ops.hooknum = NF_NETDEV_EGRESS;
	device->ops.priority = INT_MAX;
	error = nf_register_net_hook(dev_net(dev), &device->ops);
	if (error) {
		kfree(device);
		return error;
	}
	hash_add_rcu(device_hash, &device->hash, (unsigned long)dev);
	device_count++;
	return 0;
}

/* Holds RTNL. UNREGISTER also arrives for devices that were never hooked. */
static void device_unhook(struct net_device *dev)
{
	struct resid_device *device = device_find(dev);

	if (!device)
		return;
	nf_unregister_net_hook(dev_net(dev), &device->ops);
	hash_del_rcu(&device->hash);
	device_count--;
	kfree_rcu(device, rcu);
}

static int device_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	switch (event) {
	case NETDEV_REGISTER:
		device_changes += 2;
		fallthrough;
	case NETDEV_PRE_UP:
		return notifier_from_errno(device_hook(dev));
	case NETDEV_UNREGISTER:
		device_changes += 2;
		device_unhook(dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block device_notifier = {
	.notifier_call = device_event,
};

bool resid_attach_is_inside(const struct net_device *dev)
{
	const struct resid_device *device = device_find(dev);

	return device && READ_ONCE(device->inside);
}

bool resid_attach_hook_is_inside(const void *priv)
{
	const struct resid_device *device = priv;

	return READ_ONCE(device->inside);
}

int resid_attach_set_inside(int ifindex, bool inside, struct netlink_ext_ack *extack)
{
	struct resid_device *device = NULL;
	struct net_device *dev;

	rtnl_lock();
	dev = __dev_get_by_index(&init_net, ifindex);
	if (dev)
		device = device_find(dev);
	if (device)
		WRITE_ONCE(device->inside, inside);
	rtnl_unlock();
	if (device)
		return 0;
	NL_SET_ERR_MSG(extack, "no such device in the initial network namespace, or it is the loopback device");
	return -ENODEV;
}

u32 resid_attach_device_count(void)
{
	return READ_ONCE(device_count);
}

unsigned int resid_attach_changes(void)
{
	return device_changes;
}

/* ---- namespaces ---- */

static const struct nf_hook_ops netns_ops[] = {
	{ .hook = resid_hook_local_out, .pf = NFPROTO_IPV4, .hooknum = NF_INET_LOCAL_OUT, .priority = NF_IP_PRI_LAST },
	{ .hook = resid_hook_local_out, .pf = NFPROTO_IPV6, .hooknum = NF_INET_LOCAL_OUT, .priority = NF_IP6_PRI_LAST },
	{ .hook = resid_hook_forward, .pf = NFPROTO_IPV4, .hooknum = NF_INET_FORWARD, .priority = NF_IP_PRI_LAST },
	{ .hook = resid_hook_forward, .pf = NFPROTO_IPV6, .hooknum = NF_INET_FORWARD, .priority = NF_IP6_PRI_LAST },
};

static int __net_init netns_hook(struct net *net)
{
	int error = nf_register_net_hooks(net, netns_ops, ARRAY_SIZE(netns_ops));

	if (!error)
		atomic_inc(&netns_count);
	return error;
}

static void __net_exit netns_unhook(struct net *net)
{
	nf_unregister_net_hooks(net, netns_ops, ARRAY_SIZE(netns_ops));
	atomic_dec(&netns_count);
}

static struct pernet_operations netns_pernet = {
	.init = netns_hook,
	.exit = netns_unhook,
};

u32 resid_attach_netns_count(void)
{
	return atomic_read(&netns_count);
}

/* RCU read side. At its priority connection tracking is alone with chains of nftables, which say what they are. */
static bool hooks_track(const struct nf_hook_entries *entries)
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

		if (!hooks_track(rcu_dereference(net->nf.hooks_ipv4[NF_INET_LOCAL_OUT])))
			lacking |= RESID_UNTRACKED_IPV4;
		if (!hooks_track(rcu_dereference(net->nf.hooks_ipv6[NF_INET_LOCAL_OUT])))
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
	int error = register_pernet_subsys(&netns_pernet);

	if (error)
		return error;
	error = register_netdevice_notifier(&device_notifier);
	if (error)
		unregister_pernet_subsys(&netns_pernet);
	return error;
}

/* A packet may still be inside a hook on return: the caller waits for a grace period. */
void resid_attach_fini(void)
{
	unregister_netdevice_notifier(&device_notifier);
	unregister_pernet_subsys(&netns_pernet);
}
