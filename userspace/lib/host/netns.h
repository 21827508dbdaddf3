/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network namespaces. A cookie names one for as long as the machine runs and is never used again; an nsid is how the
 * caller's namespace calls another one, and is what a link's peer is told by.
 */
#ifndef RESID_HOST_NETNS_H
#define RESID_HOST_NETNS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/error.h"

#define NETNS_DIR	"/run/netns"

/* Cookie of the caller's own namespace. */
int netns_cookie_self(uint64_t *cookie, struct resid_error *err);
/* Runs a function in the namespace behind a descriptor, in a thread of its own. 0, an errno, or what it returned. */
int netns_run(int fd, int (*run)(void *context), void *context);
/* Cookie of the namespace behind a descriptor. */
int netns_cookie(int fd, uint64_t *cookie, struct resid_error *err);
/* The namespace that `ip netns` calls NAME. -1 when there is none, or it is not mounted yet. */
int netns_open(const char *name);
/* The caller's nsid of a namespace, -1 when it has none. */
int netns_id(int fd);
/* A namespace by the caller's nsid of it: looks at the named ones, then at every process's. -1 when none is found. */
int netns_find(int nsid);

#endif
