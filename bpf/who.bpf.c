// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who opened this socket? Noted where sockets are opened, so that an audit record, which has the socket's cookie, can
 * name the process long after it is gone:
 *
 *   who_create             socket(): of the process that makes it
 *   who_connect4, 6        connect(): a socket that was handed over is now of the process that uses it
 *   who_accept             a connection that comes in: of who made the socket that listens, for nobody has taken it yet
 *   who_packet             socket(AF_PACKET), of which no cgroup hook hears; a kernel may refuse to trace, then these
 *                          are not noted
 *
 * Each asks for the socket's cookie and thereby gives it one, which the module then finds in the packet's socket. None
 * decides anything. Sockets of the kernel's own are nobody's.
 */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "who_map.h"

#define AF_PACKET	17
#define PF_KTHREAD	0x00200000

/* The fields of the kernel's that are needed, found by their names in its BTF. */
struct sock_common {
	unsigned short skc_family;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
} __attribute__((preserve_access_index));

struct cred {
	struct {
		__u32 val;
	} uid;
} __attribute__((preserve_access_index));

struct task_struct {
	unsigned int flags;
	int tgid;
	__u64 start_boottime;
	const struct cred *cred;
	struct task_struct *group_leader;
	char comm[WHO_COMM];
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, WHO_MAX);
	__type(key, __u64);
	__type(value, struct who);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} who_socket SEC(".maps");

/* What listens, to the cookie of its socket: a connection is told by the address that it came to, else by any. */
struct listener {
	__u64 netns;
	__u32 address[4];
	__u32 port;
	__u32 family;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, WHO_LISTENERS);
	__type(key, struct listener);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} who_listener SEC(".maps");

static __always_inline void note(__u64 cookie)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct who who = {};

	/* a kernel thread works for somebody who is not known here */
	if (!cookie || BPF_CORE_READ(task, flags) & PF_KTHREAD)
		return;
	who.started = BPF_CORE_READ(task, group_leader, start_boottime);
	who.pid = BPF_CORE_READ(task, tgid);
	who.uid = BPF_CORE_READ(task, cred, uid.val);
	BPF_CORE_READ_STR_INTO(&who.comm, task, group_leader, comm);
	bpf_map_update_elem(&who_socket, &cookie, &who, BPF_ANY);
}

SEC("cgroup/sock_create")
int who_create(struct bpf_sock *socket)
{
	note(bpf_get_socket_cookie(socket));
	return 1;
}

SEC("cgroup/connect4")
int who_connect4(struct bpf_sock_addr *address)
{
	note(bpf_get_socket_cookie(address));
	return 1;
}

SEC("cgroup/connect6")
int who_connect6(struct bpf_sock_addr *address)
{
	note(bpf_get_socket_cookie(address));
	return 1;
}

static __always_inline void listener_of(struct listener *listener, struct bpf_sock_ops *ops)
{
	__builtin_memset(listener, 0, sizeof(*listener));
	listener->netns = bpf_get_netns_cookie(ops);
	listener->port = ops->local_port;
	listener->family = ops->family;
	if (ops->family == 2 /* AF_INET */) {
		listener->address[0] = ops->local_ip4;
		return;
	}
	listener->address[0] = ops->local_ip6[0];
	listener->address[1] = ops->local_ip6[1];
	listener->address[2] = ops->local_ip6[2];
	listener->address[3] = ops->local_ip6[3];
}

static __always_inline void inherit(struct bpf_sock_ops *ops)
{
	__u64 cookie = bpf_get_socket_cookie(ops), *from;
	struct listener listener;
	struct who *found, who;

	listener_of(&listener, ops);
	from = bpf_map_lookup_elem(&who_listener, &listener);
	if (!from) {
		__builtin_memset(listener.address, 0, sizeof(listener.address));
		from = bpf_map_lookup_elem(&who_listener, &listener);
	}
	if (!from)
		return;
	found = bpf_map_lookup_elem(&who_socket, from);
	if (!found)
		return;
	who = *found;
	bpf_map_update_elem(&who_socket, &cookie, &who, BPF_ANY);
}

SEC("sockops")
int who_accept(struct bpf_sock_ops *ops)
{
	struct listener listener;
	__u64 cookie;

	switch (ops->op) {
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		cookie = bpf_get_socket_cookie(ops);
		listener_of(&listener, ops);
		bpf_map_update_elem(&who_listener, &listener, &cookie, BPF_ANY);
		break;
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		inherit(ops);
		break;
	}
	return 1;
}

SEC("fexit/sock_init_data")
int BPF_PROG(who_packet, struct socket *socket, struct sock *sk)
{
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_PACKET)
		note(bpf_get_socket_cookie(sk));
	return 0;
}

char _license[] SEC("license") = "GPL";
