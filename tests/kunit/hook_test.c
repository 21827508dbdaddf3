// SPDX-License-Identifier: GPL-2.0-only

/* Rules of blob.c, by their keys. */
#define HOOK_TEST_ALLOW 1000
#define HOOK_TEST_REJECT 1001
#define HOOK_TEST_DROP 1002

#define HOOK_TEST_OUT 0x08080808	/* is refused */
#define HOOK_TEST_HOME 0x0a090002	/* is allowed to class 1 */

static struct blob hook_test_blob;

/* A policy is in force that lets class 1 reach 10.0.0.0/8 only, and every socket is of class 1. */
static int hook_test_init(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	int error = net_init(test);

	if (error)
		return error;
	blob_new(test, &hook_test_blob);
	/* the kernel may speak on the link */
	hook_test_blob.matrix[3 * BLOB_GROUPS + 1] = 0;
	net_publish(test, &hook_test_blob);
	error = resid_state_set_tagger(net_tagger_new(test), &extack);
	net_saw.answer = RESID_TAG(1, 0, 0);
	return error;
}

static void hook_test_exit(struct kunit *test)
{
	net_exit(test);
	blob_free(&hook_test_blob);
}

/* Another policy, in place of the one in force. */
static void hook_test_change(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct resid_status status;
	u64 token;

	resid_state_status(&status);
	blob_seal(&hook_test_blob);
	KUNIT_ASSERT_EQ(test, stage_test_upload(&hook_test_blob, hook_test_blob.length, &token, &extack), 0);
	KUNIT_ASSERT_EQ(test, resid_stage_commit(STAGE_TEST_PORTID, token, status.generation, 0, &extack), 0);
}

/* What the audit table holds of a hook: packets of records of that class and verdict. Drains. */
static u64 hook_test_recorded(struct kunit *test, enum resid_hook hook, u8 class, enum resid_verdict verdict)
{
	struct resid_audit_record *record = kunit_kmalloc(test, sizeof(*record), GFP_KERNEL);
	struct resid_audit_cursor cursor = {};
	struct netlink_ext_ack extack = {};
	u64 batch, packets = 0;
	u32 count;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, record);
	resid_audit_drain(&batch, &count);
	if (!batch)
		return 0;
	while (resid_audit_read(batch, &cursor, record, 1) == 1)
		if (record->key.hook == hook && record->key.class == class && record->key.verdict == verdict)
			packets += record->packets;
	KUNIT_EXPECT_EQ(test, resid_audit_ack(batch, &extack), 0);
	return packets;
}

/* A program sees a refusal at once, or not at all; what passes is counted once, by the device that sends it. */
static void hook_test_local(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0");
	struct socket *udp = net_user_socket(test, &init_net, SOCK_DGRAM);
	u64 sent = net_sent(out);

	KUNIT_EXPECT_EQ(test, net_send(udp, HOOK_TEST_OUT, 53), -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_REJECT).packets, 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_REJECT).bytes, 20 + 8 + 5);
	KUNIT_EXPECT_EQ(test, hook_test_recorded(test, RESID_HOOK_LOCAL_OUT, 1, RESID_V_REJECT), 1);
	KUNIT_EXPECT_EQ(test, net_connect(net_user_socket(test, &init_net, SOCK_STREAM), HOOK_TEST_OUT, 443),
			-ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_REJECT).packets, 2);
	KUNIT_EXPECT_EQ(test, net_sent(out), sent);

	KUNIT_EXPECT_EQ(test, net_send(udp, HOOK_TEST_HOME, 53), 5);
	KUNIT_EXPECT_EQ(test, net_sent(out), sent + 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).packets, 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).bytes, 20 + 8 + 5);

	hook_test_blob.matrix[1 * BLOB_GROUPS] = 2;
	hook_test_change(test);
	KUNIT_EXPECT_EQ(test, net_send(udp, HOOK_TEST_OUT, 53), 5);
	KUNIT_EXPECT_EQ(test, net_sent(out), sent + 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_DROP).packets, 1);
}

/* What is not in force is recorded and let pass. */
static void hook_test_permissive(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0");
	struct socket *udp = net_user_socket(test, &init_net, SOCK_DGRAM);
	struct netlink_ext_ack extack = {};
	u64 sent = net_sent(out);

	KUNIT_ASSERT_EQ(test, resid_state_set_mode(RESID_MODE_PERMISSIVE, 0, &extack), 0);
	KUNIT_EXPECT_EQ(test, net_send(udp, HOOK_TEST_OUT, 53), 5);
	KUNIT_EXPECT_EQ(test, net_sent(out), sent + 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_REJECT).packets, 1);
	KUNIT_EXPECT_EQ(test, hook_test_recorded(test, RESID_HOOK_EGRESS, 1, RESID_V_REJECT), 1);
}

/* What leaves by the loopback device or by one that faces a tenant has not left the node. */
static void hook_test_delivery(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0");
	struct socket *udp = net_user_socket(test, &init_net, SOCK_DGRAM);
	u64 sent = net_sent(out);

	net_set_inside(test, out, true);
	KUNIT_EXPECT_EQ(test, net_send(udp, HOOK_TEST_OUT, 53), 5);
	KUNIT_EXPECT_EQ(test, net_sent(out), sent + 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_REJECT).packets, 0);
	net_set_inside(test, out, false);
	KUNIT_EXPECT_EQ(test, net_send(udp, 0x0a090001, 53), 5);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).packets, 0);
}

/* A routed tenant is told, by ICMP or by a reset; a tenant's device is not where it is counted. */
static void hook_test_forward(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0"), *by = net_dev(test, "kv0"), *inner = net_dev(test, "kv1");
	struct socket *udp = net_user_socket(test, dev_net(inner), SOCK_DGRAM);
	u64 sent = net_sent(out), packets;

	/* in its own namespace it may leave; then the node refuses what it knows nothing of */
	hook_test_blob.matrix[1 * BLOB_GROUPS] = 0;
	hook_test_change(test);
	net_set_inside(test, by, true);
	KUNIT_ASSERT_EQ(test, net_connect(udp, HOOK_TEST_OUT, 53), 0);
	KUNIT_EXPECT_EQ(test, net_send(udp, HOOK_TEST_OUT, 53), 5);
	msleep(50);
	KUNIT_EXPECT_EQ(test, -sock_error(udp->sk), EHOSTUNREACH);
	KUNIT_EXPECT_EQ(test, net_counted(0, HOOK_TEST_REJECT).packets, 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).packets, 0);
	KUNIT_EXPECT_EQ(test, hook_test_recorded(test, RESID_HOOK_FORWARD, 0, RESID_V_REJECT), 1);
	packets = net_counted(0, HOOK_TEST_REJECT).packets;
	KUNIT_EXPECT_EQ(test, net_connect(net_user_socket(test, dev_net(inner), SOCK_STREAM), HOOK_TEST_OUT, 443),
			-ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, net_counted(0, HOOK_TEST_REJECT).packets, packets + 1);
	KUNIT_EXPECT_EQ(test, net_sent(out), sent);

	/* and lets pass what it may, counted once */
	hook_test_blob.matrix[0 * BLOB_GROUPS] = 0;
	hook_test_change(test);
	KUNIT_EXPECT_EQ(test, net_send(udp, HOOK_TEST_OUT, 53), 5);
	msleep(50);
	KUNIT_EXPECT_EQ(test, net_sent(out), sent + 1);
	KUNIT_EXPECT_EQ(test, net_counted(0, HOOK_TEST_ALLOW).packets + net_counted(1, HOOK_TEST_ALLOW).packets, 1);
}

static unsigned int hook_test_egress(struct kunit *test, struct sk_buff *skb, struct net_device *dev)
{
	struct nf_hook_state state;
	unsigned int verdict;

	nf_hook_state_init(&state, NF_NETDEV_EGRESS, NFPROTO_NETDEV, NULL, dev, NULL, dev_net(dev), NULL);
	rcu_read_lock();
	verdict = resid_hook_egress(device_find(dev), skb, &state);
	rcu_read_unlock();
	return verdict;
}

static struct sk_buff *hook_test_frame(struct sk_buff *skb)
{
	struct ethhdr *eth = skb_push(skb, ETH_HLEN);

	memset(eth, 2, sizeof(*eth));
	eth->h_proto = skb->protocol;
	skb_reset_mac_header(skb);
	return skb;
}

/* The last step has the last word, whoever sends: here a program that makes its own frames. */
static void hook_test_last(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0");
	struct socket *sock = net_user_socket(test, &init_net, SOCK_DGRAM);
	struct sk_buff *bad = hook_test_frame(net_udp(test, HOOK_TEST_OUT));
	struct sk_buff *good = hook_test_frame(net_udp(test, HOOK_TEST_HOME));
	struct sk_buff *arp = net_packet_new(test, ETH_P_ARP, 28);
	struct sk_buff *foreign = hook_test_frame(net_packet_new(test, 0x1234, 46));
	u8 request[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memcpy(arp->data, request, sizeof(request));
	hook_test_frame(arp);
	net_own(bad, sock);
	net_own(good, sock);
	net_own(foreign, sock);
	KUNIT_EXPECT_EQ(test, hook_test_egress(test, bad, out), NF_DROP);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_REJECT).packets, 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_REJECT).bytes, 20 + 8 + 32);
	KUNIT_EXPECT_EQ(test, hook_test_egress(test, good, out), NF_ACCEPT);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).bytes, 20 + 8 + 32);
	/* frames of the link are the kernel's, and what is neither has a rule of its own */
	KUNIT_EXPECT_EQ(test, hook_test_egress(test, arp, out), NF_ACCEPT);
	KUNIT_EXPECT_EQ(test, hook_test_egress(test, foreign, out), NF_DROP);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_DROP).packets, 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).packets, 1);
}

/* With `on_loss: deny` what is to be recorded does not leave when there is no room for it. */
static void hook_test_no_room(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0");
	struct socket *sock = net_user_socket(test, &init_net, SOCK_DGRAM);
	struct sk_buff *skb = hook_test_frame(net_udp(test, HOOK_TEST_HOME));
	struct resid_audit_key key = { .verdict = RESID_V_AUDIT };
	struct resid_audit_status status;
	bool whole = true;

	hook_test_blob.rule[0].verdict = RESID_V_AUDIT;
	hook_test_blob.core->class_flags[1] = RESID_CLASS_F_DENY_ON_LOSS;
	hook_test_change(test);
	net_own(skb, sock);
	local_bh_disable();
	while (whole) {
		key.socket++;
		whole = resid_audit_add(&key, 1, 1, 0, true);
	}
	KUNIT_EXPECT_EQ(test, hook_test_egress(test, skb, out), NF_DROP);
	local_bh_enable();
	resid_audit_status(&status);
	KUNIT_EXPECT_EQ(test, status.denied, 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).packets, 1);
	/* another class would rather lose the detail */
	hook_test_blob.core->class_flags[1] = 0;
	hook_test_change(test);
	local_bh_disable();
	KUNIT_EXPECT_EQ(test, hook_test_egress(test, skb, out), NF_ACCEPT);
	local_bh_enable();
}

/* Segments and bytes as the books want them. */
static void hook_test_figures(struct kunit *test)
{
	struct sk_buff *skb = hook_test_frame(net_udp(test, HOOK_TEST_HOME));
	struct resid_ruling ruling = { .packet.ip_offset = ETH_HLEN };
	struct resid_sight sight = { .skb = skb };
	struct socket *sock = net_user_socket(test, &init_net, SOCK_DGRAM);

	hook_measure(&sight, &ruling);
	KUNIT_EXPECT_EQ(test, sight.bytes, 20 + 8 + 32);
	KUNIT_EXPECT_EQ(test, sight.packets, 1);
	/* 32 bytes of data; the headers are in each segment */
	skb_set_transport_header(skb, ETH_HLEN + 20);
	skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4;
	skb_shinfo(skb)->gso_size = 15;
	hook_measure(&sight, &ruling);
	KUNIT_EXPECT_EQ(test, sight.packets, 3);
	skb_shinfo(skb)->gso_segs = 2;
	hook_measure(&sight, &ruling);
	KUNIT_EXPECT_EQ(test, sight.packets, 2);
	/* a header that lies about where it ends */
	ruling.packet.ip_offset = 9999;
	skb_shinfo(skb)->gso_segs = 0;
	hook_measure(&sight, &ruling);
	KUNIT_EXPECT_EQ(test, sight.bytes, 0);
	KUNIT_EXPECT_EQ(test, sight.packets, 3);
	/* one that would not be cut as it says is one */
	ruling.refuse = true;
	ruling.packet.kind = RESID_PACKET_UNPARSABLE;
	hook_measure(&sight, &ruling);
	KUNIT_EXPECT_EQ(test, sight.packets, 1);
	/* the socket only for a record */
	net_own(skb, sock);
	hook_measure(&sight, &ruling);
	KUNIT_EXPECT_PTR_EQ(test, sight.sk, (struct sock *)NULL);
	ruling.record = true;
	hook_measure(&sight, &ruling);
	KUNIT_EXPECT_PTR_EQ(test, sight.sk, sock->sk);
}

/* What a frame begins with, by the device that sends it, and whether that is the last one to see it. */
static void hook_test_devices(struct kunit *test)
{
	static const struct {
		const char *name;
		enum resid_link link;
		bool lowest;
	} devices[] = {
		{ "kt0", RESID_LINK_ETHERNET, true },
		{ "kv0", RESID_LINK_ETHERNET, true },
		{ "kv1", RESID_LINK_ETHERNET, false },	/* the node's end sends it on */
		{ "kx1", RESID_LINK_ETHERNET, true },	/* a veth whose ends share a namespace */
		{ "kx2", RESID_LINK_ETHERNET, true },	/* of the bond below */
		{ "kbond", RESID_LINK_ETHERNET, false },
		{ "kvlan", RESID_LINK_ETHERNET, false },
		{ "kmac", RESID_LINK_ETHERNET, false },
		{ "kvxlan", RESID_LINK_ETHERNET, true },	/* what it sends is another packet */
		{ "ktun", RESID_LINK_IP, true },
		{ "ktap", RESID_LINK_ETHERNET, true },
		{ "kipip", RESID_LINK_IP, true },
		{ "kgre", RESID_LINK_IP, true },
		{ "ksit", RESID_LINK_IP, true },
		{ "kgretap", RESID_LINK_ETHERNET, true },
		{ "kwg", RESID_LINK_IP, true },
		{ "lo", RESID_LINK_FOREIGN, true },
	};
	unsigned int i;

	NET_SHELL(test,
		  "set -e; ip link add kx0 type veth peer name kx1; ip link add kx2 type dummy;"
		  "ip link add kbond type bond; ip link set kx2 master kbond; ip link add link kt1 name kvlan type vlan id 7;"
		  "ip link add link kt1 name kmac type macvlan; ip tuntap add ktun mode tun; ip tuntap add ktap mode tap;"
		  "ip link add kvxlan type vxlan id 9 dev kt1 dstport 4789; ip link add kipip type ipip remote 10.9.0.2;"
		  "ip link add kgre type gre remote 10.9.0.2; ip link add ksit type sit remote 10.9.0.2;"
		  "ip link add kgretap type gretap remote 10.9.0.2; ip link add kwg type wireguard");
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		struct net_device *dev = net_dev(test, devices[i].name);

		KUNIT_EXPECT_EQ_MSG(test, (int)hook_link(dev), (int)devices[i].link, "%s", devices[i].name);
		rcu_read_lock();
		KUNIT_EXPECT_EQ_MSG(test, hook_is_lowest(dev), devices[i].lowest, "%s", devices[i].name);
		rcu_read_unlock();
	}
	net_shell("for i in kx0 kbond kx2 kvlan kmac ktun ktap kvxlan kipip kgre ksit kgretap kwg; do ip link del $i; done");
}

/* By a VLAN, a packet meets two devices and is counted once. */
static void hook_test_once(struct kunit *test)
{
	struct socket *udp = net_user_socket(test, &init_net, SOCK_DGRAM);
	u64 sent;

	NET_SHELL(test, "ip link add link kt1 name kvlan type vlan id 7 && ip addr add 10.7.0.1/24 dev kvlan &&"
			"ip link set kvlan up && ip neigh add 10.7.0.2 lladdr 02:00:00:00:00:02 dev kvlan");
	sent = net_sent(net_dev(test, "kt1"));
	KUNIT_EXPECT_EQ(test, net_send(udp, 0x0a070002, 53), 5);
	KUNIT_EXPECT_EQ(test, net_sent(net_dev(test, "kt1")), sent + 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).packets, 1);
	KUNIT_EXPECT_EQ(test, net_counted(1, HOOK_TEST_ALLOW).bytes, 20 + 8 + 5);
	NET_SHELL(test, "ip link del kvlan");
}

static struct kunit_case hook_cases[] = {
	KUNIT_CASE(hook_test_local),
	KUNIT_CASE(hook_test_permissive),
	KUNIT_CASE(hook_test_delivery),
	KUNIT_CASE(hook_test_forward),
	KUNIT_CASE(hook_test_last),
	KUNIT_CASE(hook_test_no_room),
	KUNIT_CASE(hook_test_figures),
	KUNIT_CASE(hook_test_devices),
	KUNIT_CASE(hook_test_once),
	{}
};

static struct kunit_suite hook_suite = {
	.name = "resid_hook",
	.suite_init = net_suite_init,
	.suite_exit = net_suite_exit,
	.init = hook_test_init,
	.exit = hook_test_exit,
	.test_cases = hook_cases,
};
