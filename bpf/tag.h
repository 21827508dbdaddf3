/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The class maps: what the tagger (tag.bpf.c) reads and what residctl and residd write. Every value is a class as a
 * __u32, every map is pinned by its name in /sys/fs/bpf/resid/.
 *
 *   class_cgroup   __u64 cgroup v2 id                 the cgroup and all below it, nearest label first
 *   class_netns    __u64 cookie of a namespace        what has no labelled cgroup in it
 *   class_device   struct tag_device                  outgoing device (resid_class), incoming device (resid_stamp)
 *
 * A cgroup is made before anybody in userspace can hear of it, so two more maps say beforehand what it will be, and
 * resid_newcomer labels it before a process can be in it. Assigned paths make a tree of names; every cgroup that stands
 * on such a path has a place in that tree, and so has every slice, for the units that can appear in it:
 *
 *   class_name     struct tag_name                    a name below a place: its own place, and its class
 *   cgroup_place   __u64 cgroup v2 id                 struct tag_place
 *   class_lost     __u32 0                            __u64: labels that found no room; not 0: everybody is unlabelled
 *   class_tightens __u32 class << 8 | class           the second refuses all that the first refuses: no value
 */
#ifndef RESID_BPF_TAG_H
#define RESID_BPF_TAG_H

#include <linux/types.h>

#define TAG_CGROUP_MAX	65536	/* labelled cgroups, dead ones with living sockets included */
#define TAG_NETNS_MAX	16384
#define TAG_DEVICE_MAX	65536
#define TAG_LEVEL_MAX	32	/* a label deeper than this below the root of the cgroup tree is never seen */

struct tag_device {
	__u64 netns;		/* cookie */
	__u32 ifindex;		/* in that namespace */
	__u32 reserved;		/* zero */
};

#define TAG_NAME_MAX	256	/* bytes of a name of a cgroup, with the zero behind it */
#define TAG_NAMES_MAX	65536
#define TAG_TIGHTENS_MAX 65536	/* pairs of classes */

#define TAG_PLACE_NONE	0ull	/* not on an assigned path */
#define TAG_PLACE_SLICES 1ull	/* what stands below it in the tree are units, whatever their slice */

struct tag_name {
	__u64 above;		/* place */
	char name[TAG_NAME_MAX];	/* the rest zero */
};

struct tag_named {
	__u64 place;		/* TAG_PLACE_NONE: no assigned path leads further */
	__u32 class;		/* 0: none of its own */
	__u32 reserved;		/* zero */
};

struct tag_place {
	__u64 place;
	__u32 slice;		/* it is the root or a slice below slices: a unit can appear in it */
	__u32 reserved;		/* zero */
};

/*
 * A stamped mark: of the mask's bits the lowest says "valid", the eight above it are the class. Bits outside the
 * mask are the administrator's. A mask has nine or more bits in one run; the default is 0xff800000.
 */
#define TAG_MASK_DEFAULT	0xff800000u
#define TAG_MARK_SHIFT(mask)	(__builtin_ctz(mask))
#define TAG_MARK_VALID(mask)	(1u << TAG_MARK_SHIFT(mask))
#define TAG_MARK_ENCODE(mask, class) \
	((((__u32)(class) << (TAG_MARK_SHIFT(mask) + 1)) | TAG_MARK_VALID(mask)) & (mask))

#endif
