/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What passes no netfilter hook, and who may use it all the same: the maps of guard.bpf.c. Each is pinned by its name
 * in /sys/fs/bpf/resid/.
 *
 *   guard_allow    struct guard_allow     no value: who may do what
 *   guard_loader   __u32 pid              __u64 start, in hundredths of a second: a process that loads Resid's own
 *   guard_state    __u32 0                struct guard_state
 *   guard_count    __u32 kind             __u64[2]: let pass in permissive mode, refused
 *   guard_event    ring buffer            struct guard_event
 */
#ifndef RESID_BPF_GUARD_MAP_H
#define RESID_BPF_GUARD_MAP_H

#include <linux/types.h>

#define GUARD_ALLOW_MAX	4096
#define GUARD_NAME	16	/* of a program, with the zero behind it */
#define GUARD_TAG	8	/* bytes of a program's tag, as bpftool shows it */
#define GUARD_TICK	10000000ull	/* nanoseconds of the hundredth of a second that /proc counts starts in */
#define GUARD_EVENTS	65536	/* bytes of the ring */

enum guard_kind {
	GUARD_SOCKET,		/* an AF_XDP socket */
	GUARD_PROGRAM,		/* a program that can send or redirect packets: XDP, tc, lwt, and what extends them */
	GUARD_KINDS
};

/* A name or a tag of zeros is any. */
struct guard_allow {
	__u64 place;		/* of the cgroup (tag.h); all below it may, too */
	__u32 kind;		/* enum guard_kind */
	__u32 reserved;		/* zero */
	char name[GUARD_NAME];
	__u8 tag[GUARD_TAG];
};

struct guard_state {
	__u32 enforcing;	/* 0: refusals are counted and told, and nothing is refused */
	__u32 asked;		/* the kernel has run the guard */
};

struct guard_event {
	__u64 boot_ns;		/* CLOCK_BOOTTIME */
	__u64 cgroup;		/* cgroup v2 id of the process */
	__u32 pid;		/* of the process, in the initial namespace */
	__u32 uid;		/* as the process sees it */
	__u32 kind;		/* enum guard_kind */
	__u32 refused;
	__u32 type;		/* GUARD_PROGRAM: enum bpf_prog_type */
	__u32 reserved;
	char comm[16];
	char name[GUARD_NAME];
	__u8 tag[GUARD_TAG];
};

#endif
