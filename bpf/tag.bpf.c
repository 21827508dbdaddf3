// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tagger: whose data is this packet?
 *
 *   resid_class     run by resid.ko in its hooks; returns the classes of a packet (tag_rule.h), 0 for nobody's
 *   resid_stamp     tc ingress of an inside device: writes the device's class into the mark, so that the class survives
 *                   routing, where the packet has no socket
 *   resid_newcomer  labels a new cgroup before it can hold a process, by the names that the daemon wrote down (tag.h)
 *   resid_release   forgets a cgroup when its last socket is gone; rmdir is too early, sockets outlive it
 *
 * resid_class never reads the mark: a tenant can set it. The maps are tag.h's.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "place_map.h"
#include "tag.h"
#include "uapi/resid.h"

/* The loader's: the module's mark_mask, and the cookie of the initial network namespace. */
const volatile __u32 resid_mark_mask = TAG_MASK_DEFAULT;
const volatile __u32 resid_mark_shift = 23;
const volatile __u64 resid_init_netns = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TAG_CGROUP_MAX);
	__type(key, __u64);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} class_cgroup SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TAG_NETNS_MAX);
	__type(key, __u64);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} class_netns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TAG_DEVICE_MAX);
	__type(key, struct tag_device);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} class_device SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TAG_NAMES_MAX);
	__type(key, struct tag_name);
	__type(value, struct tag_named);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} class_name SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} class_lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TAG_TIGHTENS_MAX);
	__type(key, __u32);
	__type(value, __u32);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} class_tightens SEC(".maps");

struct tag_subject {
	struct __sk_buff *skb;
	struct tag_device device;
};

/* 0 also when there is no socket. */
static __always_inline __u64 tag_ancestor(struct tag_subject *subject, int level)
{
	return bpf_skb_ancestor_cgroup_id(subject->skb, level);
}

static __always_inline __u32 tag_of(const __u32 *found)
{
	return found ? *found : RESID_CLASS_UNLABELLED;
}

static __always_inline __u32 tag_of_cgroup(struct tag_subject *subject, __u64 id)
{
	return tag_of(bpf_map_lookup_elem(&class_cgroup, &id));
}

static __always_inline __u32 tag_of_netns(struct tag_subject *subject)
{
	return tag_of(bpf_map_lookup_elem(&class_netns, &subject->device.netns));
}

static __always_inline __u32 tag_of_device(struct tag_subject *subject)
{
	return tag_of(bpf_map_lookup_elem(&class_device, &subject->device));
}

#include "tag_rule.h"

static __always_inline __u64 *tag_lost(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&class_lost, &zero);
}

SEC("tc")
int resid_class(struct __sk_buff *skb)
{
	struct tag_subject subject = {
		.skb = skb,
		.device.netns = (__u64)skb->cb[RESID_CB_NETNS_HI] << 32 | skb->cb[RESID_CB_NETNS_LO],
		.device.ifindex = skb->cb[RESID_CB_IFINDEX],
	};
	const __u64 *lost = tag_lost();
	struct tags tags;

	if (!lost || *lost)
		return RESID_CLASS_UNLABELLED;
	tags = tag_decide(&subject);
	return RESID_TAG(tags.class[TAG_BY_CGROUP], tags.class[TAG_BY_NETNS], tags.class[TAG_BY_DEVICE]);
}

SEC("tc")
int resid_stamp(struct __sk_buff *skb)
{
	struct tag_device device = { .netns = resid_init_netns, .ifindex = skb->ifindex };
	__u32 *class = bpf_map_lookup_elem(&class_device, &device);
	__u32 mark = skb->mark & ~resid_mark_mask;

	if (class)
		mark |= (*class << (resid_mark_shift + 1) | 1u << resid_mark_shift) & resid_mark_mask;
	/* All 32 bits: a narrowed store is refused by the verifier. */
	*(volatile __u32 *)&skb->mark = mark;
	return TC_ACT_UNSPEC;
}

/* The fields of the kernel's that are needed, found by their names in its BTF. */
struct kernfs_node {
	__u64 id;
	const char *name;
} __attribute__((preserve_access_index));

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
} __attribute__((preserve_access_index));

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
} __attribute__((preserve_access_index));

struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct user_namespace {
	struct ns_common ns;
} __attribute__((preserve_access_index));

struct cgroup_namespace {
	struct ns_common ns;
} __attribute__((preserve_access_index));

struct nsproxy {
	struct cgroup_namespace *cgroup_ns;
} __attribute__((preserve_access_index));

struct cred {
	struct user_namespace *user_ns;
} __attribute__((preserve_access_index));

struct task_struct {
	const struct cred *cred;
	struct nsproxy *nsproxy;
} __attribute__((preserve_access_index));

/* The initial namespaces have numbers of their own (linux/proc_ns.h). */
#define CGROUP_INIT_INO	0xEFFFFFFBu
#define USER_INIT_INO	0xEFFFFFFDu

static __always_inline __u64 cgroup_id_of(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, kn, id);
}

static __always_inline struct cgroup *cgroup_above(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, self.parent, cgroup);
}

/* Is it made by somebody who was given a part of the tree: not the node's root, or inside a cgroup namespace? */
static __always_inline bool newcomer_is_delegated(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return (__u32)bpf_get_current_uid_gid() || BPF_CORE_READ(task, cred, user_ns, ns.inum) != USER_INIT_INO ||
	       BPF_CORE_READ(task, nsproxy, cgroup_ns, ns.inum) != CGROUP_INIT_INO;
}

/* The class that it has from above. */
static __always_inline __u32 newcomer_inherits(struct cgroup *above)
{
	for (int level = 0; level < TAG_LEVEL_MAX && above; level++) {
		__u64 id = cgroup_id_of(above);
		__u32 class = tag_of(bpf_map_lookup_elem(&class_cgroup, &id));

		if (class)
			return class;
		above = cgroup_above(above);
	}
	return RESID_CLASS_UNLABELLED;
}

/* A name that a tenant may choose never loosens. What was unlabelled is judged as the strictest, so it stays that. */
static __always_inline bool newcomer_may_have(struct cgroup *above, __u32 class)
{
	__u32 inherited, key;

	if (!newcomer_is_delegated())
		return true;
	inherited = newcomer_inherits(above);
	key = inherited << 8 | class;
	return bpf_map_lookup_elem(&class_tightens, &key);
}

static __always_inline void newcomer_note(long error)
{
	__u64 *lost = tag_lost();

	if (error && lost)
		__sync_fetch_and_add(lost, 1);
}

static __always_inline bool is_slice(const char *name, long size)
{
	static const char suffix[] = ".slice";
	long at = size - (long)sizeof(suffix);

	if (at < 1 || at > TAG_NAME_MAX - (long)sizeof(suffix))
		return false;
	for (int i = 0; i < (int)sizeof(suffix); i++)
		if (name[(at + i) & (TAG_NAME_MAX - 1)] != suffix[i])
			return false;
	return true;
}

/*
 * Runs in cgroup_mkdir() before the cgroup is shown. A label that finds no room would leave a cgroup with what it
 * inherits, which may be laxer: then nobody has a class until userspace has put the maps in order.
 */
SEC("raw_tp/cgroup_mkdir")
int resid_newcomer(struct bpf_raw_tracepoint_args *args)
{
	struct cgroup *cgroup = (void *)args->args[0], *above = cgroup_above(cgroup);
	__u64 id = cgroup_id_of(cgroup), above_id = cgroup_id_of(above);
	struct tag_place *place = bpf_map_lookup_elem(&cgroup_place, &above_id), own = { 0 };
	struct tag_name name = { 0 };
	struct tag_named *named = NULL;
	__u32 class = 0;
	long size;

	if (!place)
		return 0;
	size = bpf_probe_read_kernel_str(name.name, sizeof(name.name), BPF_CORE_READ(cgroup, kn, name));
	own.slice = place->slice && is_slice(name.name, size);
	name.above = place->place;
	if (name.above != TAG_PLACE_NONE)
		named = bpf_map_lookup_elem(&class_name, &name);
	if (named) {
		own.place = named->place;
		class = named->class;
	}
	if (place->slice && !class) {
		name.above = TAG_PLACE_SLICES;
		named = bpf_map_lookup_elem(&class_name, &name);
		class = named ? named->class : 0;
	}
	if (own.place != TAG_PLACE_NONE || own.slice)
		newcomer_note(bpf_map_update_elem(&cgroup_place, &id, &own, BPF_ANY));
	if (class && newcomer_may_have(above, class))
		newcomer_note(bpf_map_update_elem(&class_cgroup, &id, &class, BPF_ANY));
	return 0;
}

SEC("raw_tp/cgroup_release")
int resid_release(struct bpf_raw_tracepoint_args *args)
{
	__u64 id = cgroup_id_of((void *)args->args[0]);

	bpf_map_delete_elem(&class_cgroup, &id);
	bpf_map_delete_elem(&cgroup_place, &id);
	return 0;
}

char _license[] SEC("license") = "GPL";
