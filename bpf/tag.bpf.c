// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tagger: whose data is this packet?
 *
 *   resid_class     run by resid.ko in its hooks; returns the class of a packet (tag_rule.h), 0 for nobody's
 *   resid_stamp     tc ingress of an inside device: writes the device's class into the mark, so that the class survives
 *                   routing, where the packet has no socket
 *   resid_release   forgets a cgroup when its last socket is gone; rmdir is too early, sockets outlive it
 *
 * resid_class never reads the mark: a tenant can set it. The maps are tag.h's.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

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

SEC("tc")
int resid_class(struct __sk_buff *skb)
{
	struct tag_subject subject = {
		.skb = skb,
		.device.netns = (__u64)skb->cb[RESID_CB_NETNS_HI] << 32 | skb->cb[RESID_CB_NETNS_LO],
		.device.ifindex = skb->cb[RESID_CB_IFINDEX],
	};

	return tag_decide(&subject).class;
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

/* The two fields of the kernel's that are needed, found by their names in its BTF. */
struct kernfs_node {
	__u64 id;
} __attribute__((preserve_access_index));

struct cgroup {
	struct kernfs_node *kn;
} __attribute__((preserve_access_index));

SEC("raw_tp/cgroup_release")
int resid_release(struct bpf_raw_tracepoint_args *args)
{
	struct cgroup *cgroup = (void *)args->args[0];
	__u64 id = BPF_CORE_READ(cgroup, kn, id);

	bpf_map_delete_elem(&class_cgroup, &id);
	return 0;
}

char _license[] SEC("license") = "GPL";
