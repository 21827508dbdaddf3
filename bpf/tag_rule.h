/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Whose data is it? The one rule: the tagger (tag.bpf.c) decides by it, libresid (label/whose.c) says why. Whoever
 * includes this defines before
 *
 *   struct tag_subject                                     who sends
 *   __u64 tag_ancestor(struct tag_subject *, int level)    its cgroup at a depth, 0 the root's; 0: it is not so deep
 *   __u32 tag_of_cgroup(struct tag_subject *, __u64 id)    the label of a cgroup; 0: none
 *   __u32 tag_of_netns(struct tag_subject *)               of its network namespace
 *   __u32 tag_of_device(struct tag_subject *)              of its device
 */
#ifndef RESID_BPF_TAG_RULE_H
#define RESID_BPF_TAG_RULE_H

enum tag_by {
	TAG_BY_CGROUP,
	TAG_BY_NETNS,
	TAG_BY_DEVICE,
	TAG_KINDS
};

/* Every label that applies; 0: none of this kind. They may disagree: then the strictest verdict of theirs holds. */
struct tags {
	__u32 class[TAG_KINDS];	/* by enum tag_by */
	int level;		/* of the cgroup with the label */
};

/* The deepest labelled ancestor is the cgroup's, so a label below another one takes its place. */
static __always_inline struct tags tag_decide(struct tag_subject *subject)
{
	struct tags tags = {
		.class[TAG_BY_NETNS] = tag_of_netns(subject),
		.class[TAG_BY_DEVICE] = tag_of_device(subject),
	};

	for (int level = 0; level < TAG_LEVEL_MAX; level++) {
		__u64 id = tag_ancestor(subject, level);
		__u32 class;

		if (!id)
			break;
		class = tag_of_cgroup(subject, id);
		if (class) {
			tags.class[TAG_BY_CGROUP] = class;
			tags.level = level;
		}
	}
	return tags;
}

#endif
