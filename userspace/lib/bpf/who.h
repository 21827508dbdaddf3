/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process opened a socket: what bpf/who.bpf.c notes. Programs and maps are pinned in /sys/fs/bpf/resid/, so they
 * go on while residd restarts, and a socket that was opened meanwhile is known as well.
 *
 * A record's key.socket is the cookie. To name the process in a record:
 *
 *   struct who who;
 *   if (key->socket && who_find(table, key->socket, &who))
 *           event->pid = who.pid, event->comm = who.comm, event->started_wall_ns = who.started + (wall - boot of now);
 *
 * Not found are sockets older than the first who_ensure(), those that WHO_MAX newer ones have pushed out, and the
 * kernel's own. An answer is of the process that created or connected the socket last, or listens where the connection
 * came in; it may be gone. comm is what it was called then. A lookup is one system call.
 */
#ifndef RESID_BPF_WHO_H
#define RESID_BPF_WHO_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/who_map.h"
#include "util/cleanup.h"
#include "util/error.h"

struct who_table {
	int map;
	bool packet;			/* AF_PACKET sockets are noted too */
	char packet_note[256];		/* why not */
};

/*
 * Loads the programs and attaches them, in place of older ones, to a cgroup ("/": the whole machine) and all below it;
 * keeps what the maps hold. Exit 2 on a kernel that cannot: then records lack the process, and nothing else.
 */
int who_ensure(const char *cgroup, struct who_table **out, struct resid_error *err);
void who_free(struct who_table *table);
DEFINE_CLEANUP(who, struct who_table *, who_free);

/* table may be NULL: false. comm ends with a zero and may hold any other bytes. */
bool who_find(const struct who_table *table, uint64_t cookie, struct who *out);

/* Is it attached still? A disarm takes it down. */
bool who_is_there(void);
/* Detaches and forgets all, to leave a machine as it was. Nothing there is no error. */
void who_remove(void);

#endif
