// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module knows of a device: its hook, and whether it faces a tenant.
 *
 * RTNL guards the table and all in it. Packets read it under RCU: the table, and of a device only @inside, which may
 * change while they do.
 *
 * A device that is not in the table is an outside one, which is the stricter answer. So a hook may see packets before
 * its device is in the table, and at a device's end the hook goes first and then the entry. The hook's private data is
 * the entry: a packet that is inside the hook by then still reads it, so it is freed a grace period later.
 */
#include "device.h"

#include <linux/hashtable.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

struct resid_device {
	struct hlist_node hash;		/* by @ops.dev; RTNL to write, RCU to read */
	struct nf_hook_ops ops;
	bool inside;
	struct rcu_head rcu;
};

static DEFINE_HASHTABLE(device_hash, 10);
static u32 device_count;		/* RTNL to write */

static struct resid_device *device_find(const struct net_device *dev)
{
	struct resid_device *device;

	hash_for_each_possible_rcu(device_hash, device, hash, (unsigned long)dev, lockdep_rtnl_is_held())
		if (device->ops.dev == dev)
			return device;
	return NULL;
}

int resid_device_register(struct net_device *dev, nf_hookfn *hook)
{
	struct resid_device *device;
	int error;

	if (dev->flags & IFF_LOOPBACK || device_find(dev))
		return 0;
	device = kzalloc(sizeof(*device), GFP_KERNEL);
	if (!device)
		return -ENOMEM;
	device->ops.hook = hook;
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
	WRITE_ONCE(device_count, device_count + 1);
	return 0;
}

void resid_device_unregister(struct net_device *dev)
{
	struct resid_device *device = device_find(dev);

	if (!device)
		return;
	nf_unregister_net_hook(dev_net(dev), &device->ops);
	hash_del_rcu(&device->hash);
	WRITE_ONCE(device_count, device_count - 1);
	kfree_rcu(device, rcu);
}

bool resid_device_is_inside(const struct net_device *dev)
{
	const struct resid_device *device = device_find(dev);

	return device && READ_ONCE(device->inside);
}

bool resid_device_hook_is_inside(const void *priv)
{
	const struct resid_device *device = priv;

	return READ_ONCE(device->inside);
}

int resid_device_set_inside(int ifindex, bool inside, struct netlink_ext_ack *extack)
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

u32 resid_device_count(void)
{
	return READ_ONCE(device_count);
}
