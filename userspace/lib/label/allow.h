/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may send past the judge: /etc/resid/guard.allow, one line each. What the guard (bpf/guard.bpf.c) refuses to
 * everybody else, it lets pass for these:
 *
 *   # whose                              what
 *   cgroup:/system.slice/suricata.service   af_xdp
 *   cgroup:/system.slice/cilium.service     program cil_from_netdev
 *   cgroup:/system.slice/katran.service     program balancer_ingres tag=0f1e2d3c4b5a6978
 *
 * A program is named as bpftool shows it, with the tag of its instructions or without; `program *` is any. All cgroups
 * below may, too.
 */
#ifndef RESID_LABEL_ALLOW_H
#define RESID_LABEL_ALLOW_H

#include <stddef.h>

#include "bpf/guard_map.h"
#include "label/assign.h"

struct allow {
	struct assign_target target;	/* ASSIGN_CGROUP */
	struct guard_allow what;	/* its place is not set */
	char origin[512];		/* "FILE:LINE" */
};

struct allow_list {
	struct allow *items;
	size_t count, room;
};

/* The text of a file, which is cut up, appended to the list. */
int allow_parse(const char *file, char *text, struct allow_list *list, struct resid_error *err);
/* The node's file. None: an empty list. */
int allow_read(struct allow_list *list, struct resid_error *err);
void allow_list_fini(struct allow_list *list);

#endif
