/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a packet would be, and why: the tagger's own rule (bpf/tag_rule.h) over the maps that the tagger reads. */
#ifndef RESID_LABEL_WHOSE_H
#define RESID_LABEL_WHOSE_H

#include <net/if.h>
#include <sys/socket.h>

#include "bpf/tag.h"
#include "kmod/uapi/resid.h"
#include "label/assign.h"
#include "bpf/tagger.h"
#include "util/paths.h"

enum whose_by {
	WHOSE_NOBODYS,
	WHOSE_OF_CGROUP,
	WHOSE_OF_NETNS,
	WHOSE_OF_DEVICE,
};

struct whose_label {
	enum whose_by by;
	uint32_t class_id;		/* as the map has it; 0: unlabelled */
	struct path label;		/* WHOSE_OF_CGROUP: the labelled cgroup, this one or the nearest above it */
	const struct assignment *assignment;	/* of the list, that made the label; NULL: it is gone */
};

struct whose {
	/* who sends */
	bool inbound;			/* it comes in by `device`, and was stamped there */
	struct path cgroup;		/* "": of no cgroup */
	char process[16];		/* what a pid is called; "": of no process */
	struct tag_device device;	/* by which it leaves or comes in; ifindex 0: none */
	char device_name[IF_NAMESIZE];
	bool initial;			/* the namespace is the initial one */

	bool stamped;			/* inbound: resid_stamp is at work there */

	/* whose it is: every label that applies, and the one that counts: the first, unless whose_choose says else */
	struct whose_label labels[RESID_TAG_KINDS];
	size_t label_count;
	struct whose_label tag;
};

/*
 * `of` is a target as assign.h writes it, or pid:NUMBER; the list is of assignments with their class_id. The device by
 * which it leaves is the one that reaches `address`, 4 or 16 bytes in network order. Exit 3 for what is no target or
 * does not exist.
 */
int whose_find(const struct tagger *tagger, const struct assign_list *list, const char *of, sa_family_t family,
	       const void *address, struct whose *out, struct resid_error *err);

/* That label counts: its verdict is the strictest. */
void whose_choose(struct whose *whose, size_t index);

#endif
