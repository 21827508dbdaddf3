// SPDX-License-Identifier: GPL-2.0-only
/*
 * Namespaces, devices, sockets and packets for the suites, all of them real: the guest's own `ip` makes what a suite
 * asks for, and the module's parts are set up as main.c sets them up.
 *
 *     kta: kv1 ---- kv0                 the node's end of a tenant's link
 *                   kt0   10.9.0.1/24   the way out, with a route to 8.8.8.8
 *                   kt1                 another one
 */
#include <linux/cgroup.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <linux/umh.h>
#include <net/icmp.h>
#include <net/inet_common.h>
#include <net/inet_timewait_sock.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/sock.h>
#include <net/udp.h>

#define NET_MASK 0xff800000

/* Runs a command of the shell as root of the initial namespaces; its exit status. */
static int net_shell(const char *command)
{
	char *argv[] = { "/bin/sh", "-c", (char *)command, NULL };
	char *envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };

	return call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC);
}

#define NET_SHELL(test, command) KUNIT_ASSERT_EQ_MSG(test, net_shell(command), 0, "%s", command)

static void net_suite_exit(struct kunit_suite *suite)
{
	net_shell("ip netns del kta; ip netns del ktb; ip link del kt0; ip link del kt1; ip link del kv0; rmdir /sys/fs/cgroup/ktest");
}

static int net_suite_init(struct kunit_suite *suite)
{
	return net_shell("set -e; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6;"
			 "ip netns add kta; mkdir -p /sys/fs/cgroup/ktest;"
			 "ip link add kt0 type dummy; ip link add kt1 type dummy;"
			 "ip link add kv0 type veth peer name kv1 netns kta;"
			 "ip addr add 10.9.0.1/24 dev kt0; ip addr add 10.8.0.1/24 dev kv0;"
			 "ip netns exec kta ip addr add 10.8.0.2/24 dev kv1; ip netns exec kta ip link set kv1 up;"
			 "ip link set kt0 up; ip link set kt1 up; ip link set kv0 up;"
			 "ip route add 8.8.8.8 dev kt0; ip netns exec kta ip route add default via 10.8.0.1;"
			 "echo 1 >/proc/sys/net/ipv4/ip_forward") ? -ENODEV : 0;
}

/* ---- the module ---- */

static void net_wake(void)
{
}

static int net_init(struct kunit *test)
{
	audit_batch = 0;
	audit_waiting = false;
	return resid_audit_init(1024, net_wake) ?: resid_counter_init() ?: resid_class_init() ?:
	       resid_state_init(RESID_BOOT_OPEN, NET_MASK) ?: resid_attach_init();
}

static struct sk_buff *net_packets[64];
static unsigned int net_packet_count;
static struct socket *net_sockets[16];
static unsigned int net_socket_count;
static struct bpf_prog *net_tagger;

static void net_exit(struct kunit *test)
{
	struct netlink_ext_ack extack = {};

	KUNIT_EXPECT_EQ(test, resid_state_disarm(&extack), 0);
	while (net_packet_count)
		kfree_skb(net_packets[--net_packet_count]);
	while (net_socket_count)
		sock_release(net_sockets[--net_socket_count]);
	resid_attach_fini();
	synchronize_rcu();
	resid_audit_stop();
	resid_state_fini();
	resid_class_fini();
	resid_counter_fini();
	resid_audit_fini();
	rcu_barrier();
	if (net_tagger)
		bpf_prog_free(net_tagger);
	net_tagger = NULL;
}

/* Publishes @blob, enforcing. */
static void net_publish(struct kunit *test, struct blob *blob)
{
	struct netlink_ext_ack extack = {};

	blob_seal(blob);
	evaluate_test_publish(test, blob);
	KUNIT_ASSERT_EQ(test, resid_state_set_mode(RESID_MODE_ENFORCING, 0, &extack), 0);
}

struct net_sum {
	u64 packets, bytes;
};

static struct net_sum net_counted(u8 class, u64 rule_key)
{
	struct resid_counter_sum sum;
	struct net_sum total = {};
	unsigned long id;

	for (id = 0; resid_counter_read(&id, &sum); id++) {
		if (sum.class != class || sum.rule_key != rule_key)
			continue;
		total.packets += sum.packets;
		total.bytes += sum.bytes;
	}
	return total;
}

/* ---- namespaces, devices ---- */

/* The device of that name, in whichever namespace. It stays as long as the suite lets it. */
static struct net_device *net_dev(struct kunit *test, const char *name)
{
	struct net_device *dev = NULL;
	struct net *net;

	rcu_read_lock();
	for_each_net_rcu(net) {
		dev = dev_get_by_name_rcu(net, name);
		if (dev)
			break;
	}
	rcu_read_unlock();
	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, dev, "%s", name);
	return dev;
}

static u64 net_sent(struct net_device *dev)
{
	struct rtnl_link_stats64 stats;

	return dev_get_stats(dev, &stats)->tx_packets;
}

static void net_set_inside(struct kunit *test, struct net_device *dev, bool inside)
{
	struct netlink_ext_ack extack = {};

	KUNIT_ASSERT_EQ(test, resid_device_set_inside(dev->ifindex, inside, &extack), 0);
}

/* ---- sockets ---- */

static struct socket *net_keep_socket(struct kunit *test, struct socket *sock)
{
	KUNIT_ASSERT_LT(test, net_socket_count, (unsigned int)ARRAY_SIZE(net_sockets));
	net_sockets[net_socket_count++] = sock;
	return sock;
}

/* As a program opens it; made in the cgroup of this thread. */
static struct socket *net_user_socket(struct kunit *test, struct net *net, int type)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, __sock_create(net, AF_INET, type, 0, &sock, 0), 0);
	return net_keep_socket(test, sock);
}

static struct socket *net_kernel_socket(struct kunit *test, struct net *net)
{
	struct socket *sock;

	KUNIT_ASSERT_EQ(test, sock_create_kern(net, AF_INET, SOCK_DGRAM, 0, &sock), 0);
	return net_keep_socket(test, sock);
}

/* By which the kernel answers for itself; it makes its own in the same way. */
static struct socket *net_control_socket(struct kunit *test, struct net *net, int family, u8 protocol)
{
	struct sock *sk;

	KUNIT_ASSERT_EQ(test, inet_ctl_sock_create(&sk, family, SOCK_RAW, protocol, net), 0);
	return net_keep_socket(test, sk->sk_socket);
}

/* This thread is in the cgroup of the suite, or in the root one again. */
static void net_move(struct kunit *test, bool away)
{
	char command[80];

	snprintf(command, sizeof(command), "echo %d >/sys/fs/cgroup/%scgroup.procs", task_pid_nr(current),
		 away ? "ktest/" : "");
	NET_SHELL(test, command);
}

static int net_connect(struct socket *sock, u32 address, u16 port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(address),
	};

	return kernel_connect(sock, (struct sockaddr *)&to, sizeof(to), 0);
}

static int net_send(struct socket *sock, u32 address, u16 port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(address),
	};
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to) };
	struct kvec vec = { .iov_base = "resid", .iov_len = 5 };

	return kernel_sendmsg(sock, &msg, &vec, 1, 5);
}

/* ---- packets ---- */

static struct sk_buff *net_packet_new(struct kunit *test, u16 protocol, unsigned int length)
{
	struct sk_buff *skb = alloc_skb(256 + length, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, skb);
	KUNIT_ASSERT_LT(test, net_packet_count, (unsigned int)ARRAY_SIZE(net_packets));
	net_packets[net_packet_count++] = skb;
	skb_reserve(skb, 128);
	skb_reset_network_header(skb);
	skb->protocol = htons(protocol);
	memset(skb_put(skb, length), 0, length);
	return skb;
}

/* An IPv4 packet to @to: @header of the transport, and @payload bytes of zeros. */
static struct sk_buff *net_packet4(struct kunit *test, u32 to, u8 protocol, const void *header, unsigned int length,
				   unsigned int payload)
{
	struct sk_buff *skb = net_packet_new(test, ETH_P_IP, sizeof(struct iphdr) + length + payload);
	struct iphdr *ip = ip_hdr(skb);

	*ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = protocol,
		.tot_len = htons(skb->len),
		.saddr = htonl(0x0a090001),
		.daddr = htonl(to),
	};
	ip->check = ip_fast_csum(ip, ip->ihl);
	memcpy(ip + 1, header, length);
	return skb;
}

static struct sk_buff *net_udp(struct kunit *test, u32 to)
{
	struct udphdr udp = { .source = htons(1000), .dest = htons(443), .len = htons(sizeof(udp) + 32) };

	return net_packet4(test, to, IPPROTO_UDP, &udp, sizeof(udp), 32);
}

/* Without payload, as the kernel's own segments are. */
static struct sk_buff *net_tcp(struct kunit *test, u32 to, bool syn, unsigned int payload)
{
	struct tcphdr tcp = { .source = htons(1000), .dest = htons(443), .doff = 5, .syn = syn, .ack = !syn };

	return net_packet4(test, to, IPPROTO_TCP, &tcp, sizeof(tcp), payload);
}

static struct sk_buff *net_echo(struct kunit *test, u32 to)
{
	struct icmphdr icmp = { .type = ICMP_ECHOREPLY };

	return net_packet4(test, to, IPPROTO_ICMP, &icmp, sizeof(icmp), 32);
}

static struct sk_buff *net_icmp6(struct kunit *test, u8 type, u8 hops)
{
	struct sk_buff *skb = net_packet_new(test, ETH_P_IPV6, sizeof(struct ipv6hdr) + 24);
	struct icmp6hdr *icmp = (struct icmp6hdr *)(ipv6_hdr(skb) + 1);

	*ipv6_hdr(skb) = (struct ipv6hdr){
		.version = 6,
		.nexthdr = IPPROTO_ICMPV6,
		.payload_len = htons(24),
		.hop_limit = hops,
		.daddr.s6_addr32 = { htonl(0x20010db8), 0, 0, htonl(1) },
	};
	icmp->icmp6_type = type;
	return skb;
}

static void net_own(struct sk_buff *skb, struct socket *sock)
{
	skb_set_owner_w(skb, sock->sk);
}

static void net_route(struct kunit *test, struct sk_buff *skb, struct net_device *dev)
{
	struct flowi4 flow = { .daddr = ip_hdr(skb)->daddr, .flowi4_oif = dev->ifindex };
	struct rtable *route = ip_route_output_key(dev_net(dev), &flow);

	KUNIT_ASSERT_FALSE(test, IS_ERR(route));
	skb_dst_set(skb, &route->dst);
}

/* ---- a tagger ---- */

/* What it was shown when it ran last, and what it says. */
struct net_witness {
	struct sock *sk;
	struct net_device *dev;
	u32 mark;
	u32 cb[3];
	u32 runs;
	u32 answer;
};

static struct net_witness net_saw;

/* A BPF program, which the kernel runs as it runs that of the loader. */
static struct bpf_prog *net_tagger_new(struct kunit *test)
{
	const size_t cb = offsetof(struct sk_buff, cb) + offsetof(struct qdisc_skb_cb, data);
	const struct bpf_insn insns[] = {
		BPF_LD_IMM64(BPF_REG_2, (unsigned long)&net_saw),
		BPF_LDX_MEM(BPF_DW, BPF_REG_3, BPF_REG_1, offsetof(struct sk_buff, sk)),
		BPF_STX_MEM(BPF_DW, BPF_REG_2, BPF_REG_3, offsetof(struct net_witness, sk)),
		BPF_LDX_MEM(BPF_DW, BPF_REG_3, BPF_REG_1, offsetof(struct sk_buff, dev)),
		BPF_STX_MEM(BPF_DW, BPF_REG_2, BPF_REG_3, offsetof(struct net_witness, dev)),
		BPF_LDX_MEM(BPF_W, BPF_REG_3, BPF_REG_1, offsetof(struct sk_buff, mark)),
		BPF_STX_MEM(BPF_W, BPF_REG_2, BPF_REG_3, offsetof(struct net_witness, mark)),
		BPF_LDX_MEM(BPF_W, BPF_REG_3, BPF_REG_1, cb),
		BPF_STX_MEM(BPF_W, BPF_REG_2, BPF_REG_3, offsetof(struct net_witness, cb[0])),
		BPF_LDX_MEM(BPF_W, BPF_REG_3, BPF_REG_1, cb + 4),
		BPF_STX_MEM(BPF_W, BPF_REG_2, BPF_REG_3, offsetof(struct net_witness, cb[1])),
		BPF_LDX_MEM(BPF_W, BPF_REG_3, BPF_REG_1, cb + 8),
		BPF_STX_MEM(BPF_W, BPF_REG_2, BPF_REG_3, offsetof(struct net_witness, cb[2])),
		BPF_LDX_MEM(BPF_W, BPF_REG_3, BPF_REG_2, offsetof(struct net_witness, runs)),
		BPF_ALU64_IMM(BPF_ADD, BPF_REG_3, 1),
		BPF_STX_MEM(BPF_W, BPF_REG_2, BPF_REG_3, offsetof(struct net_witness, runs)),
		BPF_LDX_MEM(BPF_W, BPF_REG_0, BPF_REG_2, offsetof(struct net_witness, answer)),
		BPF_EXIT_INSN(),
	};
	struct bpf_prog *prog = bpf_prog_alloc(bpf_prog_size(ARRAY_SIZE(insns)), 0);
	int error;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, prog);
	prog->len = ARRAY_SIZE(insns);
	prog->type = BPF_PROG_TYPE_SCHED_CLS;
	memcpy(prog->insnsi, insns, sizeof(insns));
	/* the suite's own reference stays, whoever takes and puts another */
	atomic64_set(&prog->aux->refcnt, 2);
	net_tagger = bpf_prog_select_runtime(prog, &error);
	KUNIT_ASSERT_EQ(test, error, 0);
	memset(&net_saw, 0, sizeof(net_saw));
	return net_tagger;
}
