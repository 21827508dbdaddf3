/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has which class. /etc/resid/assign.d/ holds the assignments, one file a target; a person may write such files
 * too:
 *
 *   # what           class    whose
 *   cgroup:/tenants/acme  health  tenant=acme
 *   unit:nginx.service    public
 *   netns:blue            vital   tenant=blue
 *   dev:tap7              health
 *
 * Files end in .assign, are read in the order of their names, and hold one assignment a line; # begins a comment. A
 * target that two lines name is refused. Writers hold a lock on assign.d/.lock.
 *
 * The policy's own assignments (snapshot_assignment_at) stand behind these: assign.d wins for the same target.
 */
#ifndef RESID_LABEL_ASSIGN_H
#define RESID_LABEL_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot/snapshot.h"
#include "util/cleanup.h"
#include "util/error.h"

enum assign_kind {
	ASSIGN_CGROUP,		/* name: a path in the cgroup tree */
	ASSIGN_UNIT,		/* a systemd unit */
	ASSIGN_NETNS,		/* a name of `ip netns` */
	ASSIGN_DEV,		/* a device of the initial namespace */
	ASSIGN_KINDS
};

struct assign_target {
	enum assign_kind kind;
	char name[4096];
};

struct assignment {
	struct assign_target target;
	char class_name[64];
	char tenant[128];	/* "" : none */
	char origin[512];	/* "FILE:LINE" or "policy" */
	int class_id;		/* -1: not looked up, or unknown to the policy */
};

struct assign_list {
	struct assignment *items;
	size_t count, room;
	bool partial;		/* some of assign.d cannot be read: what is not here may be assigned all the same */
};

/* "kind:name", checked and normalized. */
int assign_parse_target(const char *text, struct assign_target *out, struct resid_error *err);
/* Back to text; false when it does not fit. */
bool assign_format_target(const struct assign_target *target, char *out, size_t size);

/* The text of one file, appended to the list. */
int assign_parse(const char *file, char *text, struct assign_list *list, struct resid_error *err);
/* All of assign.d. No folder: an empty list. */
int assign_read(struct assign_list *list, struct resid_error *err);
/* All that can be read of it: -1 with the first thing that cannot, and all others are in the list. */
int assign_read_most(struct assign_list *list, struct resid_error *err);
/* The policy's, behind what is there; then fills class_id of all. */
void assign_add_policy(struct assign_list *list, const struct snapshot *snapshot);
void assign_list_fini(struct assign_list *list);

/* Writes or replaces the file of a target, or removes it (*found: there was one). */
int assign_write(const struct assign_target *target, const char *class_name, const char *tenant,
		 struct resid_error *err);
int assign_remove(const struct assign_target *target, bool *found, struct resid_error *err);

#endif
