/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The class maps: what the tagger (tag.bpf.c) reads and what residctl and residd write. Every value is a class as a
 * __u32, every map is pinned by its name in /sys/fs/bpf/resid/.
 *
 *   class_cgroup   __u64 cgroup v2 id                 the cgroup and all below it, nearest label first
 *   class_netns    __u64 cookie of a namespace        what has no labelled cgroup in it
 *   class_device   struct tag_device                  outgoing device (resid_class), incoming device (resid_stamp)
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
