/* SPDX-License-Identifier: GPL-2.0-only */
/* The map that the tagger fills and the guard asks: where in the tree of names a cgroup stands. See tag.h. */
#ifndef RESID_BPF_PLACE_MAP_H
#define RESID_BPF_PLACE_MAP_H

#include <bpf/bpf_helpers.h>

#include "tag.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TAG_CGROUP_MAX);
	__type(key, __u64);
	__type(value, struct tag_place);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} cgroup_place SEC(".maps");

#endif
