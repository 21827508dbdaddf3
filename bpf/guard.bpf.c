// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guard. AF_XDP sockets, XDP programs and redirects send packets past every netfilter hook, so past the judge. As a
 * Linux security module it refuses them where they begin, to all but those whom guard_allow names:
 *
 *   guard_socket    socket(AF_XDP)
 *   guard_command   bpf(): notes that this thread is loading a program; its tag is not known yet
 *   guard_program   the program is verified and about to get a descriptor: type, name and tag are final
 *
 * What was loaded before the guard is not its to take away; `residctl doctor` names it. A thread whose note finds no
 * memory loads nothing.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "guard_map.h"
#include "place_map.h"

#define AF_XDP	44
#define EPERM	1

/* The fields of the kernel's that are needed, found by their names in its BTF. */
struct task_struct {
	int tgid;
	__u64 start_boottime;
	struct task_struct *group_leader;
	char comm[16];
} __attribute__((preserve_access_index));

struct bpf_prog_aux {
	char name[GUARD_NAME];
} __attribute__((preserve_access_index));

struct bpf_prog {
	enum bpf_prog_type type;
	__u8 tag[GUARD_TAG];
	struct bpf_prog_aux *aux;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, GUARD_ALLOW_MAX);
	__type(key, struct guard_allow);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} guard_allow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} guard_loader SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_state);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} guard_state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GUARD_KINDS);
	__type(key, __u32);
	__type(value, __u64[2]);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} guard_count SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, GUARD_EVENTS);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} guard_event SEC(".maps");

/* Is this thread inside BPF_PROG_LOAD? */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u32);
} guard_loading SEC(".maps");

static __always_inline bool allowed_at(struct guard_allow *key, const struct guard_allow *what)
{
	/* by name and tag, by name, by tag, whatever it is */
	for (int i = 0; i < 4; i++) {
		__builtin_memcpy(key->name, what->name, GUARD_NAME);
		__builtin_memcpy(key->tag, what->tag, GUARD_TAG);
		if (i & 1)
			__builtin_memset(key->tag, 0, GUARD_TAG);
		if (i & 2)
			__builtin_memset(key->name, 0, GUARD_NAME);
		if (bpf_map_lookup_elem(&guard_allow, key))
			return true;
	}
	return false;
}

/* The process's cgroup, or one above it, may. */
static __always_inline bool is_allowed(const struct guard_allow *what)
{
	for (int level = 0; level < TAG_LEVEL_MAX; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);
		struct guard_allow key = { .kind = what->kind };
		const struct tag_place *place;

		if (!id)
			break;
		place = bpf_map_lookup_elem(&cgroup_place, &id);
		if (!place || place->place == TAG_PLACE_NONE)
			continue;
		key.place = place->place;
		if (allowed_at(&key, what))
			return true;
	}
	return false;
}

static __always_inline bool is_loader(const struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, tgid);
	const __u64 *start = bpf_map_lookup_elem(&guard_loader, &pid);

	return start && *start == BPF_CORE_READ(task, group_leader, start_boottime) / GUARD_TICK;
}

static __always_inline void tell(const struct guard_allow *what, __u32 type, bool refused)
{
	struct guard_event *event = bpf_ringbuf_reserve(&guard_event, sizeof(*event), 0);
	__u32 kind = what->kind;
	__u64 *count = bpf_map_lookup_elem(&guard_count, &kind);

	if (count)
		__sync_fetch_and_add(&count[refused], 1);
	if (!event)
		return;
	__builtin_memset(event, 0, sizeof(*event));
	event->boot_ns = bpf_ktime_get_boot_ns();
	event->cgroup = bpf_get_current_cgroup_id();
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->uid = (__u32)bpf_get_current_uid_gid();
	event->kind = kind;
	event->refused = refused;
	event->type = type;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	__builtin_memcpy(event->name, what->name, GUARD_NAME);
	__builtin_memcpy(event->tag, what->tag, GUARD_TAG);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline int decide(const struct guard_allow *what, __u32 type)
{
	const struct guard_state *state;
	bool refused;
	__u32 zero = 0;

	if (is_allowed(what) || is_loader((void *)bpf_get_current_task()))
		return 0;
	state = bpf_map_lookup_elem(&guard_state, &zero);
	refused = !state || state->enforcing;
	tell(what, type, refused);
	return refused ? -EPERM : 0;
}

SEC("lsm/socket_create")
int BPF_PROG(guard_socket, int family, int type, int protocol, int kern, int before)
{
	const struct guard_allow what = { .kind = GUARD_SOCKET };

	if (before || kern || family != AF_XDP)
		return before;
	return decide(&what, 0);
}

SEC("lsm/bpf")
int BPF_PROG(guard_command, int command, union bpf_attr *attr, unsigned int size, int before)
{
	struct guard_state *state;
	__u32 *loading, zero = 0;

	if (before)
		return before;
	state = bpf_map_lookup_elem(&guard_state, &zero);
	if (state)
		state->asked = 1;
	loading = bpf_task_storage_get(&guard_loading, bpf_get_current_task_btf(), NULL,
				       command == BPF_PROG_LOAD ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (loading)
		*loading = command == BPF_PROG_LOAD;
	else if (command == BPF_PROG_LOAD)
		return -EPERM;
	return 0;
}

/* Programs that send packets by a device of their own choice. EXT takes the place of a function of any of them. */
static __always_inline bool sends(__u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_EXT:
		return true;
	}
	return false;
}

SEC("lsm/bpf_prog")
int BPF_PROG(guard_program, struct bpf_prog *program, int before)
{
	struct guard_allow what = { .kind = GUARD_PROGRAM };
	__u32 type = BPF_CORE_READ(program, type), *loading;

	if (before || !sends(type))
		return before;
	loading = bpf_task_storage_get(&guard_loading, bpf_get_current_task_btf(), NULL, 0);
	if (!loading || !*loading)
		return 0;	/* somebody looks at one that is there */
	*loading = 0;
	BPF_CORE_READ_INTO(&what.name, program, aux, name);
	BPF_CORE_READ_INTO(&what.tag, program, tag);
	return decide(&what, type);
}

char _license[] SEC("license") = "GPL";
