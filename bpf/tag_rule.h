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
	TAG_BY_NOBODY,		/* it is unlabelled */
	TAG_BY_CGROUP,
	TAG_BY_NETNS,
	TAG_BY_DEVICE
};

struct tag {
	__u32 class;
	enum tag_by by;
	int level;		/* TAG_BY_CGROUP: of the cgroup with the label */
};

/* The deepest labelled ancestor wins, so a label below another one narrows it; then the namespace, then the device. */
static __always_inline struct tag tag_decide(struct tag_subject *subject)
{
	struct tag tag = { 0 };

	for (int level = 0; level < TAG_LEVEL_MAX; level++) {
		__u64 id = tag_ancestor(subject, level);
		__u32 class;

		if (!id)
			break;
		class = tag_of_cgroup(subject, id);
		if (class)
			tag = (struct tag){ .class = class, .by = TAG_BY_CGROUP, .level = level };
	}
	if (tag.class)
		return tag;
	tag.class = tag_of_netns(subject);
	tag.by = TAG_BY_NETNS;
	if (tag.class)
		return tag;
	tag.class = tag_of_device(subject);
	tag.by = tag.class ? TAG_BY_DEVICE : TAG_BY_NOBODY;
	return tag;
}

#endif
