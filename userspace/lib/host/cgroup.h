/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup v2 tree. Paths are relative to its root and begin with a slash: "/system.slice/nginx.service". */
#ifndef RESID_HOST_CGROUP_H
#define RESID_HOST_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"
#include "util/paths.h"

/* Where the tree is mounted, or NULL with *err set. Found once. */
const char *cgroup_mount(struct resid_error *err);

/*
 * A path as a person writes it ("tenants/acme", "/sys/fs/cgroup/tenants/acme/") in the one form that is stored. Refuses
 * "..", and what lies so deep that the tagger would not see it.
 */
int cgroup_normalize(const char *path, struct path *out, struct resid_error *err);

/* The id of the cgroup at a path, as the kernel's helpers give it. False when there is none. */
bool cgroup_id(const char *path, uint64_t *id);

/* The path of a cgroup that still has a folder. False when it has not (its sockets may live on). */
bool cgroup_path(uint64_t id, struct path *out);

/*
 * The cgroup of a system unit. Only slices are searched: a unit of the same name that a user's own service manager
 * runs lies below a service and is never found. False when the unit has no cgroup now.
 */
bool cgroup_find_unit(const char *unit, struct path *out);

/* Calls visit with every slice's path, the root ("/") included: where units appear. Stops when it returns false. */
typedef bool cgroup_visit(void *context, const char *path);
void cgroup_each_slice(cgroup_visit *visit, void *context);

#endif
