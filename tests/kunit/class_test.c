// SPDX-License-Identifier: GPL-2.0-only

#define CLASS_TEST_OUT 0x08080808

static struct resid_state class_test_state;

static int class_test_init(struct kunit *test)
{
	int error = net_init(test);

	class_test_state = (struct resid_state){ .mark_mask = NET_MASK };
	if (!error)
		class_test_state.tagger = net_tagger_new(test);
	return error;
}

/* The classes of @skb, which leaves by @dev; what it is made of is as before. */
static struct resid_classes class_test_of(struct kunit *test, struct sk_buff *skb, struct net_device *dev)
{
	const struct resid_bytes bytes = { .skb = skb };
	const struct resid_reading reading = { .link = RESID_LINK_IP };
	struct sk_buff *before = kunit_kmalloc(test, sizeof(*before), GFP_KERNEL);
	struct resid_classes classes;
	struct resid_packet packet;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, before);
	memset(skb->cb, 0x5a, sizeof(skb->cb));
	memcpy(before, skb, sizeof(*before));
	net_saw.runs = 0;
	rcu_read_lock();
	resid_packet_parse(&packet, &bytes, &reading);
	resid_class_of(&class_test_state, skb, dev, &packet, &classes);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, memcmp(before, skb, sizeof(*before)), 0);
	return classes;
}

#define CLASS_TEST(skb, dev, ...)                                                                                      \
	do {                                                                                                           \
		const u8 wanted[] = { __VA_ARGS__ };                                                                   \
		struct resid_classes got = class_test_of(test, skb, dev);                                              \
		KUNIT_EXPECT_EQ(test, (size_t)got.count, sizeof(wanted));                                              \
		KUNIT_EXPECT_EQ_MSG(test, memcmp(got.id, wanted, sizeof(wanted)), 0, "%*ph instead of %*ph",           \
				    (int)got.count, got.id, (int)sizeof(wanted), wanted);                              \
	} while (0)

/* What the tagger is shown: never a mark, a device always, the index of a device only beside the socket. */
static void class_test_tagger(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0"), *inner = net_dev(test, "kv1");
	struct socket *sock = net_user_socket(test, &init_net, SOCK_DGRAM);
	struct sk_buff *skb = net_udp(test, CLASS_TEST_OUT);

	net_own(skb, sock);
	skb->mark = 0xffffffff;
	net_saw.answer = RESID_TAG(1, 0, 0);
	CLASS_TEST(skb, out, 1);
	KUNIT_EXPECT_EQ(test, net_saw.runs, 1);
	KUNIT_EXPECT_PTR_EQ(test, net_saw.sk, sock->sk);
	KUNIT_EXPECT_PTR_EQ(test, net_saw.dev, out);
	KUNIT_EXPECT_EQ(test, net_saw.mark, 0);
	KUNIT_EXPECT_EQ(test, net_saw.cb[RESID_CB_NETNS_LO], (u32)init_net.net_cookie);
	KUNIT_EXPECT_EQ(test, net_saw.cb[RESID_CB_NETNS_HI], (u32)(init_net.net_cookie >> 32));
	KUNIT_EXPECT_EQ(test, net_saw.cb[RESID_CB_IFINDEX], (u32)out->ifindex);

	/* a socket that was opened in one namespace and sends in another is of the one where it was opened */
	CLASS_TEST(skb, inner, 1);
	KUNIT_EXPECT_EQ(test, net_saw.cb[RESID_CB_NETNS_LO], (u32)init_net.net_cookie);
	KUNIT_EXPECT_EQ(test, net_saw.cb[RESID_CB_IFINDEX], 0);
	KUNIT_EXPECT_PTR_EQ(test, net_saw.dev, inner);
}

/* Labels that disagree all count; what is no label makes the packet unlabelled. */
static void class_test_labels(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0");
	struct sk_buff *skb = net_udp(test, CLASS_TEST_OUT);

	net_own(skb, net_user_socket(test, &init_net, SOCK_DGRAM));
	net_saw.answer = 0;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	net_saw.answer = RESID_TAG(1, 2, 3);
	CLASS_TEST(skb, out, 1, 2, 3);
	net_saw.answer = RESID_TAG(0, 2, 2);
	CLASS_TEST(skb, out, 2);
	net_saw.answer = RESID_TAG(RESID_CLASS_KERNEL, 0, 0);
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	net_saw.answer = RESID_TAG(1, RESID_CLASS_KERNEL, 0);
	CLASS_TEST(skb, out, 1, RESID_CLASS_UNLABELLED);
	net_saw.answer = RESID_TAG(1, 0, 0) | 1 << 24;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED, 1);
	net_saw.answer = ~0u;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	class_test_state.tagger = NULL;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
}

/* A socket of the kernel's is kernel where nobody has labelled anything, and in the root cgroup only. */
static void class_test_kernel_socket(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0");
	struct sk_buff *skb = net_udp(test, CLASS_TEST_OUT), *away = net_udp(test, CLASS_TEST_OUT);

	net_own(skb, net_kernel_socket(test, &init_net));
	net_saw.answer = 0;
	CLASS_TEST(skb, out, RESID_CLASS_KERNEL);
	net_saw.answer = RESID_TAG(0, 2, 0);
	CLASS_TEST(skb, out, 2);
	net_saw.answer = RESID_TAG(RESID_CLASS_KERNEL, 0, 0);
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);

	/* a tenant had it made */
	net_move(test, true);
	net_own(away, net_kernel_socket(test, &init_net));
	net_move(test, false);
	net_saw.answer = 0;
	CLASS_TEST(away, out, RESID_CLASS_UNLABELLED);
	class_test_state.tagger = NULL;
	CLASS_TEST(away, out, RESID_CLASS_UNLABELLED);
	CLASS_TEST(skb, out, RESID_CLASS_KERNEL);
}

/* What the kernel answers: segments without data and neighbour discovery are its own, what carries others' data not. */
static void class_test_control(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0"), *inner = net_dev(test, "kv1");
	struct socket *tcp = net_control_socket(test, &init_net, AF_INET, IPPROTO_TCP);
	struct socket *icmp = net_control_socket(test, &init_net, AF_INET, IPPROTO_ICMP);
	struct socket *icmp6 = net_control_socket(test, &init_net, AF_INET6, IPPROTO_ICMPV6);
	struct socket *foreign = net_control_socket(test, dev_net(inner), AF_INET, IPPROTO_ICMP);
	struct sk_buff *bare = net_tcp(test, CLASS_TEST_OUT, false, 0), *full = net_tcp(test, CLASS_TEST_OUT, false, 8);
	struct sk_buff *echo = net_echo(test, CLASS_TEST_OUT), *inside = net_echo(test, CLASS_TEST_OUT);
	struct sk_buff *neighbour = net_icmp6(test, NDISC_NEIGHBOUR_ADVERTISEMENT, 255);
	struct sk_buff *far = net_icmp6(test, NDISC_NEIGHBOUR_ADVERTISEMENT, 64);
	struct sk_buff *error = net_icmp6(test, ICMPV6_DEST_UNREACH, 255);
	struct sk_buff *elsewhere = net_icmp6(test, NDISC_NEIGHBOUR_ADVERTISEMENT, 255);

	net_saw.answer = RESID_TAG(0, 2, 0);
	net_own(bare, tcp);
	CLASS_TEST(bare, out, RESID_CLASS_KERNEL);
	KUNIT_EXPECT_EQ(test, net_saw.runs, 0);
	net_own(full, tcp);
	CLASS_TEST(full, out, 2);

	net_own(echo, icmp);
	CLASS_TEST(echo, out, 2);
	KUNIT_EXPECT_PTR_EQ(test, net_saw.sk, (struct sock *)NULL);
	/* to an address of the link; what is said to others a tenant may have caused */
	ipv6_hdr(neighbour)->daddr.s6_addr32[0] = htonl(0xfe800000);
	net_own(neighbour, icmp6);
	CLASS_TEST(neighbour, out, RESID_CLASS_KERNEL);
	net_own(elsewhere, icmp6);
	CLASS_TEST(elsewhere, out, 2);
	net_own(far, icmp6);
	CLASS_TEST(far, out, 2);
	net_own(error, icmp6);
	CLASS_TEST(error, out, 2);
	net_saw.answer = 0;
	CLASS_TEST(echo, out, RESID_CLASS_UNLABELLED);

	/* in a namespace it may answer any workload that was there */
	net_own(full, net_user_socket(test, dev_net(inner), SOCK_STREAM));
	net_saw.answer = RESID_TAG(4, 0, 0);
	CLASS_TEST(full, inner, 4);
	net_own(inside, foreign);
	net_saw.answer = RESID_TAG(0, 2, 0);
	CLASS_TEST(inside, inner, 2, 4);
}

/* A socket that many share says nothing of any of them. */
static void class_test_shared(struct kunit *test)
{
	struct socket *sock = net_kernel_socket(test, &init_net);
	struct sk_buff *skb = net_udp(test, CLASS_TEST_OUT);

	net_own(skb, sock);
	udp_sk(sock->sk)->encap_type = UDP_ENCAP_RXRPC;
	net_saw.answer = RESID_TAG(1, 0, 0);
	CLASS_TEST(skb, net_dev(test, "kt0"), RESID_CLASS_UNLABELLED);
	KUNIT_EXPECT_EQ(test, net_saw.runs, 0);
	udp_sk(sock->sk)->encap_type = 0;
	CLASS_TEST(skb, net_dev(test, "kt0"), 1);
}

static struct proto class_test_proto = {
	.name = "resid_kunit",
	.owner = THIS_MODULE,
	.obj_size = sizeof(struct sock),
};

/* Made here, without a socket that says by whom: a connection in TIME_WAIT, a tun device's, none at all. */
static void class_test_no_socket(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0");
	struct socket *sock = net_user_socket(test, &init_net, SOCK_STREAM);
	struct sk_buff *bare = net_tcp(test, CLASS_TEST_OUT, false, 0), *skb = net_udp(test, CLASS_TEST_OUT);
	struct inet_timewait_sock *waiting;
	struct sock *tun;

	net_saw.answer = RESID_TAG(0, 2, 3);
	CLASS_TEST(skb, out, 2, 3);
	KUNIT_EXPECT_PTR_EQ(test, net_saw.sk, (struct sock *)NULL);
	KUNIT_EXPECT_EQ(test, net_saw.cb[RESID_CB_IFINDEX], (u32)out->ifindex);
	CLASS_TEST(bare, out, RESID_CLASS_KERNEL);
	KUNIT_EXPECT_EQ(test, net_saw.runs, 0);

	waiting = inet_twsk_alloc(sock->sk, &init_net.ipv4.tcp_death_row, TCP_TIME_WAIT);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, waiting);
	refcount_set(&waiting->tw_refcnt, 1);
	bare->sk = (struct sock *)waiting;
	CLASS_TEST(bare, out, RESID_CLASS_KERNEL);
	skb->sk = (struct sock *)waiting;
	CLASS_TEST(skb, out, 2, 3);
	KUNIT_EXPECT_PTR_EQ(test, net_saw.sk, (struct sock *)NULL);
	bare->sk = NULL;
	skb->sk = NULL;
	inet_twsk_put(waiting);

	/* behind a tun device is a guest, which makes its segments itself */
	tun = sk_alloc(&init_net, AF_UNSPEC, GFP_KERNEL, &class_test_proto, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, tun);
	bare->sk = tun;
	CLASS_TEST(bare, out, 2, 3);
	KUNIT_EXPECT_PTR_EQ(test, net_saw.sk, (struct sock *)NULL);
	bare->sk = NULL;
	sk_free(tun);

	class_test_state.tagger = NULL;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	CLASS_TEST(bare, out, RESID_CLASS_KERNEL);
}

/* A namespace holds every class that one of its sockets had; the initial one holds none. */
static void class_test_held(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0"), *inner = net_dev(test, "kv1");
	struct sk_buff *sent = net_udp(test, CLASS_TEST_OUT), *here = net_udp(test, CLASS_TEST_OUT);
	struct sk_buff *lost = net_udp(test, CLASS_TEST_OUT);
	struct resid_classes classes;
	unsigned int i;

	net_saw.answer = 0;
	CLASS_TEST(lost, inner, RESID_CLASS_UNLABELLED);
	net_own(sent, net_user_socket(test, dev_net(inner), SOCK_DGRAM));
	net_saw.answer = RESID_TAG(3, 0, 0);
	CLASS_TEST(sent, inner, 3);
	net_saw.answer = RESID_TAG(0, 2, 0);
	CLASS_TEST(lost, inner, 2, 3);
	net_saw.answer = 0;
	CLASS_TEST(lost, inner, RESID_CLASS_UNLABELLED, 3);

	net_own(here, net_user_socket(test, &init_net, SOCK_DGRAM));
	net_saw.answer = RESID_TAG(5, 0, 0);
	CLASS_TEST(here, out, 5);
	net_saw.answer = RESID_TAG(0, 2, 0);
	CLASS_TEST(lost, out, 2);

	/* more of them than a packet can name, and it is also unlabelled */
	for (i = 10; i < 10 + RESID_CLASSES_MAX; i++) {
		net_saw.answer = RESID_TAG(i, 0, 0);
		CLASS_TEST(sent, inner, i);
	}
	net_saw.answer = RESID_TAG(0, 2, 0);
	classes = class_test_of(test, lost, inner);
	KUNIT_EXPECT_EQ(test, (int)classes.count, RESID_CLASSES_MAX);
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, memchr(classes.id, RESID_CLASS_UNLABELLED, classes.count));
}

/* What comes in from a namespace may be of all that it has held; where it passes, that is held from then on. */
static void class_test_passed_on(struct kunit *test)
{
	struct net_device *inner = net_dev(test, "kv1"), *by, *behind;
	struct sk_buff *sent = net_udp(test, CLASS_TEST_OUT), *passed = net_udp(test, CLASS_TEST_OUT);
	struct sk_buff *lost = net_udp(test, CLASS_TEST_OUT);

	NET_SHELL(test, "ip netns add ktb && ip link add kw0 netns kta type veth peer name kw1 netns ktb");
	by = net_dev(test, "kw0");
	behind = net_dev(test, "kw1");
	net_own(sent, net_user_socket(test, dev_net(behind), SOCK_DGRAM));
	net_saw.answer = RESID_TAG(6, 0, 0);
	CLASS_TEST(sent, behind, 6);
	net_saw.answer = RESID_TAG(0, 2, 0);
	CLASS_TEST(lost, inner, 2);
	passed->skb_iif = by->ifindex;
	CLASS_TEST(passed, inner, 2, 6);
	CLASS_TEST(lost, inner, 2, 6);
	/* the socket would keep the namespace */
	while (net_packet_count)
		kfree_skb(net_packets[--net_packet_count]);
	while (net_socket_count)
		sock_release(net_sockets[--net_socket_count]);
	NET_SHELL(test, "ip netns del ktb");
}

static u32 class_test_mark(u8 class)
{
	return (u32)class << 24 | 1u << 23;
}

/* A mark is believed if the tagger can have written it: of the node, by an inside device, and whole. */
static void class_test_marks(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0"), *by = net_dev(test, "kv0"), *inner = net_dev(test, "kv1");
	struct sk_buff *skb = net_udp(test, CLASS_TEST_OUT), *sent = net_udp(test, CLASS_TEST_OUT);

	skb->skb_iif = by->ifindex;
	skb->mark = class_test_mark(7);
	net_saw.answer = RESID_TAG(0, 2, 0);
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	net_set_inside(test, by, true);
	CLASS_TEST(skb, out, 7);
	KUNIT_EXPECT_EQ(test, net_saw.runs, 0);
	skb->mark = class_test_mark(7) | 0x7fffff;
	CLASS_TEST(skb, out, 7);
	skb->mark = 7u << 24;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	skb->mark = class_test_mark(RESID_CLASS_KERNEL);
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	skb->mark = class_test_mark(7);
	skb->skb_iif = out->ifindex;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	skb->skb_iif = 99999;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);

	/* whatever the namespace behind the device has held counts as well */
	skb->skb_iif = by->ifindex;
	net_own(sent, net_user_socket(test, dev_net(inner), SOCK_DGRAM));
	net_saw.answer = RESID_TAG(3, 0, 0);
	CLASS_TEST(sent, inner, 3);
	CLASS_TEST(skb, out, 7, 3);

	/* in another namespace nothing stamps */
	net_saw.answer = RESID_TAG(0, 2, 0);
	skb->skb_iif = inner->ifindex;
	CLASS_TEST(skb, inner, 2, 3);
	class_test_state.tagger = NULL;
	skb->skb_iif = by->ifindex;
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
}

/* A bridge is inside if a port of it is. */
static void class_test_bridge(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0"), *bridge;
	struct sk_buff *skb = net_udp(test, CLASS_TEST_OUT);

	NET_SHELL(test, "ip link add kbr0 type bridge && ip link set kbr0 up && ip link set kv0 master kbr0");
	bridge = net_dev(test, "kbr0");
	skb->skb_iif = bridge->ifindex;
	skb->mark = class_test_mark(7);
	CLASS_TEST(skb, out, RESID_CLASS_UNLABELLED);
	net_set_inside(test, net_dev(test, "kv0"), true);
	CLASS_TEST(skb, out, 7);
	NET_SHELL(test, "ip link del kbr0");
}

/*
 * A device that carries one of another namespace: no mark is believed there, and what has no socket is made here only
 * if it has a route by this device, or by one of this namespace above it.
 */
static void class_test_foreign(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt0"), *by = net_dev(test, "kv0");
	struct sk_buff *marked = net_udp(test, CLASS_TEST_OUT), *bare = net_tcp(test, CLASS_TEST_OUT, false, 0);
	struct sk_buff *routed = net_tcp(test, CLASS_TEST_OUT, false, 0), *vlan = net_udp(test, 0x0a070002);
	struct sk_buff *other = net_udp(test, 0x0a080001);

	net_set_inside(test, by, true);
	marked->skb_iif = by->ifindex;
	marked->mark = class_test_mark(7);
	net_route(test, routed, out);
	net_saw.answer = RESID_TAG(0, 2, 0);
	CLASS_TEST(marked, out, 7);
	CLASS_TEST(bare, out, RESID_CLASS_KERNEL);

	/* a macvlan of this namespace changes nothing */
	NET_SHELL(test, "ip link add km0 link kt0 type macvlan mode bridge && ip link set km0 up");
	CLASS_TEST(marked, out, 7);
	CLASS_TEST(bare, out, RESID_CLASS_KERNEL);

	NET_SHELL(test, "ip link set km0 netns kta && ip netns exec kta sh -c 'ip link set km0 up && ip addr add 10.8.0.9/32 dev km0'");
	CLASS_TEST(marked, out, RESID_CLASS_UNLABELLED);
	CLASS_TEST(bare, out, RESID_CLASS_UNLABELLED);
	CLASS_TEST(routed, out, RESID_CLASS_KERNEL);
	/* its own route, of the other namespace, which a macvlan leaves as it is */
	net_route(test, other, net_dev(test, "kv1"));
	CLASS_TEST(other, out, RESID_CLASS_UNLABELLED);

	NET_SHELL(test, "ip link add link kt0 name kt0.5 type vlan id 5 && ip addr add 10.7.0.1/24 dev kt0.5 && ip link set kt0.5 up");
	net_route(test, vlan, net_dev(test, "kt0.5"));
	CLASS_TEST(vlan, out, 2);
	NET_SHELL(test, "ip link del kt0.5 && ip netns exec kta ip link del km0");
	CLASS_TEST(bare, out, RESID_CLASS_KERNEL);
}

/* An ipvlan of another namespace routes by this one in mode L3, so a route says nothing. */
static void class_test_ipvlan(struct kunit *test)
{
	struct net_device *out = net_dev(test, "kt1");
	struct sk_buff *routed = net_tcp(test, 0x0a060002, false, 0);

	NET_SHELL(test, "ip addr add 10.6.0.1/24 dev kt1");
	net_route(test, routed, out);
	CLASS_TEST(routed, out, RESID_CLASS_KERNEL);
	NET_SHELL(test, "ip link add ki0 link kt1 type ipvlan mode l3 && ip link set ki0 netns kta && ip netns exec kta ip link set ki0 up");
	CLASS_TEST(routed, out, RESID_CLASS_UNLABELLED);
	NET_SHELL(test, "ip netns exec kta ip link del ki0; ip addr del 10.6.0.1/24 dev kt1");
}

static struct kunit_case class_cases[] = {
	KUNIT_CASE(class_test_tagger),
	KUNIT_CASE(class_test_labels),
	KUNIT_CASE(class_test_kernel_socket),
	KUNIT_CASE(class_test_control),
	KUNIT_CASE(class_test_shared),
	KUNIT_CASE(class_test_no_socket),
	KUNIT_CASE(class_test_held),
	KUNIT_CASE(class_test_passed_on),
	KUNIT_CASE(class_test_marks),
	KUNIT_CASE(class_test_bridge),
	KUNIT_CASE(class_test_foreign),
	KUNIT_CASE(class_test_ipvlan),
	{}
};

static struct kunit_suite class_suite = {
	.name = "resid_class",
	.suite_init = net_suite_init,
	.suite_exit = net_suite_exit,
	.init = class_test_init,
	.exit = net_exit,
	.test_cases = class_cases,
};
