/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cgroups that do not exist yet will be: the maps class_name, cgroup_place and class_tightens (bpf/tag.h), by
 * which the kernel labels a new cgroup before a process can be in it, daemon or not.
 */
#ifndef RESID_LABEL_NAMES_H
#define RESID_LABEL_NAMES_H

#include "bpf/guard.h"
#include "bpf/tagger.h"
#include "label/allow.h"
#include "label/assign.h"
#include "snapshot/snapshot.h"

/*
 * Writes what the assignments of cgroups and units say of names, and takes away what they say no more; then gives every
 * cgroup on an assigned path, and every slice, its place. Called before anybody looks which of them exist: what is made
 * later is labelled by the kernel, what was made earlier is found. snapshot says which class is stricter than which;
 * NULL: then a name that a tenant chose changes nothing. allows, which may be NULL, have places without a class.
 * *changed counts the entries written and deleted.
 */
int names_fill(const struct tagger *tagger, const struct assign_list *list, const struct allow_list *allows,
	       const struct snapshot *snapshot, size_t *changed, struct resid_error *err);

/* Tells the guard whom it lets pass; their cgroups have been given places. */
int names_fill_guard(const struct guard *guard, const struct allow_list *allows, struct resid_error *err);

/* Does an assignment with a class name this path: a cgroup, or a unit in slices? Whether it exists is not asked. */
bool names_assign(const struct assign_list *list, const char *path);

/* The labels are whole again: what the kernel had no room for has been looked for, and written. */
int names_settled(const struct tagger *tagger, struct resid_error *err);

#endif
