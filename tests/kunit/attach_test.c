// SPDX-License-Identifier: GPL-2.0-only

static u32 attach_test_devices(void)
{
	struct net_device *dev;
	struct net *net;
	u32 count = 0;

	rtnl_lock();
	down_read(&net_rwsem);
	for_each_net(net)
		for_each_netdev(net, dev)
			count += !(dev->flags & IFF_LOOPBACK);
	up_read(&net_rwsem);
	rtnl_unlock();
	return count;
}

static u32 attach_test_namespaces(void)
{
	struct net *net;
	u32 count = 0;

	down_read(&net_rwsem);
	for_each_net(net)
		count++;
	up_read(&net_rwsem);
	return count;
}

static bool attach_test_hooked(const struct net_device *dev)
{
	struct resid_device *device;

	rtnl_lock();
	device = device_find(dev);
	rtnl_unlock();
	return device;
}

static unsigned int attach_test_changes(void)
{
	unsigned int changes;

	rtnl_lock();
	changes = resid_attach_changes();
	rtnl_unlock();
	return changes;
}

/* All that was there before, and nothing twice. */
static void attach_test_all(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, resid_device_count(), attach_test_devices());
	KUNIT_EXPECT_EQ(test, resid_attach_netns_count(), attach_test_namespaces());
	KUNIT_EXPECT_TRUE(test, attach_test_hooked(net_dev(test, "kt0")));
	KUNIT_EXPECT_TRUE(test, attach_test_hooked(net_dev(test, "kv1")));
	KUNIT_EXPECT_FALSE(test, attach_test_hooked(init_net.loopback_dev));
}

/* A device is hooked from its first moment to its last, in whichever namespace; who lists devices hears of it. */
static void attach_test_device(struct kunit *test)
{
	struct net_device *inner = net_dev(test, "kv1");
	u32 before = resid_device_count();
	unsigned int changes = attach_test_changes();
	struct net_device *dev;

	KUNIT_EXPECT_NE(test, changes, 0);
	NET_SHELL(test, "ip link add kx0 type dummy");
	dev = net_dev(test, "kx0");
	KUNIT_EXPECT_TRUE(test, attach_test_hooked(dev));
	KUNIT_EXPECT_EQ(test, resid_device_count(), before + 1);
	KUNIT_EXPECT_NE(test, attach_test_changes(), changes);

	/* what it was told goes with the namespace that it was told in */
	net_set_inside(test, dev, true);
	changes = attach_test_changes();
	NET_SHELL(test, "ip link set kx0 netns kta");
	KUNIT_EXPECT_PTR_EQ(test, dev_net(dev), dev_net(inner));
	KUNIT_EXPECT_TRUE(test, attach_test_hooked(dev));
	KUNIT_EXPECT_EQ(test, resid_device_count(), before + 1);
	KUNIT_EXPECT_NE(test, attach_test_changes(), changes);
	rcu_read_lock();
	KUNIT_EXPECT_FALSE(test, resid_device_is_inside(dev));
	rcu_read_unlock();

	changes = attach_test_changes();
	NET_SHELL(test, "ip netns exec kta ip link set kx0 up && ip netns exec kta ip link del kx0");
	KUNIT_EXPECT_EQ(test, resid_device_count(), before);
	KUNIT_EXPECT_NE(test, attach_test_changes(), changes);
}

static void attach_test_netns(struct kunit *test)
{
	u32 namespaces = resid_attach_netns_count(), devices = resid_device_count();
	int tries;

	NET_SHELL(test, "ip netns add ktx && ip netns exec ktx ip link add kx0 type dummy");
	KUNIT_EXPECT_EQ(test, resid_attach_netns_count(), namespaces + 1);
	KUNIT_EXPECT_GT(test, resid_device_count(), devices);
	NET_SHELL(test, "ip netns del ktx");
	/* a work of the kernel's takes it apart */
	for (tries = 0; tries < 100 && resid_attach_netns_count() != namespaces; tries++)
		msleep(100);
	KUNIT_EXPECT_EQ(test, resid_attach_netns_count(), namespaces);
	KUNIT_EXPECT_EQ(test, resid_device_count(), devices);
}

static void attach_test_inside(struct kunit *test)
{
	struct net_device *dev = net_dev(test, "kt0"), *inner = net_dev(test, "kv1");
	struct netlink_ext_ack extack = {};
	struct resid_device *device;

	rtnl_lock();
	device = device_find(dev);
	rtnl_unlock();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, device);
	rcu_read_lock();
	KUNIT_EXPECT_FALSE(test, resid_device_is_inside(dev));
	KUNIT_EXPECT_FALSE(test, resid_device_hook_is_inside(device->ops.priv));
	rcu_read_unlock();
	net_set_inside(test, dev, true);
	rcu_read_lock();
	KUNIT_EXPECT_TRUE(test, resid_device_is_inside(dev));
	KUNIT_EXPECT_TRUE(test, resid_device_hook_is_inside(device->ops.priv));
	KUNIT_EXPECT_FALSE(test, resid_device_is_inside(net_dev(test, "kt1")));
	rcu_read_unlock();
	net_set_inside(test, dev, false);
	rcu_read_lock();
	KUNIT_EXPECT_FALSE(test, resid_device_is_inside(dev));
	rcu_read_unlock();

	KUNIT_EXPECT_EQ(test, resid_device_set_inside(init_net.loopback_dev->ifindex, true, &extack), -ENODEV);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, extack._msg);
	KUNIT_EXPECT_EQ(test, resid_device_set_inside(99999, true, &extack), -ENODEV);
	/* one of another namespace has no index that means it here */
	if (!__dev_get_by_index(&init_net, inner->ifindex))
		KUNIT_EXPECT_EQ(test, resid_device_set_inside(inner->ifindex, true, &extack), -ENODEV);
	rcu_read_lock();
	KUNIT_EXPECT_FALSE(test, resid_device_is_inside(inner));
	rcu_read_unlock();
}

/* Connection tracking hooks a namespace once a rule there asks for it. */
static void attach_test_untracked(struct kunit *test)
{
	u32 before, after;
	u8 own;

	before = resid_attach_untracked(&own);
	KUNIT_EXPECT_EQ(test, before, attach_test_namespaces());
	KUNIT_EXPECT_EQ(test, own, RESID_UNTRACKED_IPV4 | RESID_UNTRACKED_IPV6);

	/* a chain at the same priority tracks nothing */
	NET_SHELL(test, "nft add table ip kt && nft add chain ip kt o '{ type filter hook output priority -200; }'");
	KUNIT_EXPECT_EQ(test, resid_attach_untracked(&own), before);
	KUNIT_EXPECT_EQ(test, own, RESID_UNTRACKED_IPV4 | RESID_UNTRACKED_IPV6);
	NET_SHELL(test, "nft add rule ip kt o ct state established accept");
	KUNIT_EXPECT_EQ(test, resid_attach_untracked(&own), before);
	KUNIT_EXPECT_EQ(test, own, RESID_UNTRACKED_IPV6);
	NET_SHELL(test, "nft add table ip6 kt && nft add chain ip6 kt o '{ type filter hook output priority 0; }' &&"
			"nft add rule ip6 kt o ct state established accept");
	after = resid_attach_untracked(&own);
	KUNIT_EXPECT_EQ(test, after, before - 1);
	KUNIT_EXPECT_EQ(test, own, 0);
	NET_SHELL(test, "nft delete table ip kt; nft delete table ip6 kt");
}

static struct kunit_case attach_cases[] = {
	KUNIT_CASE(attach_test_all),
	KUNIT_CASE(attach_test_device),
	KUNIT_CASE(attach_test_netns),
	KUNIT_CASE(attach_test_inside),
	KUNIT_CASE(attach_test_untracked),
	{}
};

static struct kunit_suite attach_suite = {
	.name = "resid_attach",
	.suite_init = net_suite_init,
	.suite_exit = net_suite_exit,
	.init = net_init,
	.exit = net_exit,
	.test_cases = attach_cases,
};
