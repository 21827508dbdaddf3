/* SPDX-License-Identifier: Apache-2.0 */
/* The network devices of the caller's namespace. */
#ifndef RESID_HOST_LINK_H
#define RESID_HOST_LINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

struct link_info {
	int ifindex;
	char name[IFNAMSIZ];
	char kind[16];		/* "veth", "" for hardware */
	int peer;		/* ifindex of the other end of a veth, 0: none */
	int peer_nsid;		/* the peer's namespace as this one calls it, -1: the same */
};

/* Is anything attached to a device's clsact qdisc? True also where that cannot be told. */
bool link_has_filters(int ifindex);

/* *out is an array for free(). */
int link_list(struct link_info **out, size_t *count, struct resid_error *err);

#endif
