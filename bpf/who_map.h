/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What who.bpf.c notes of a socket: the process that opened it. The map who_socket holds it by socket cookie. */
#ifndef RESID_BPF_WHO_MAP_H
#define RESID_BPF_WHO_MAP_H

#include <linux/types.h>

#define WHO_MAX		65536	/* sockets, closed ones included; the least recently noted goes first */
#define WHO_LISTENERS	16384	/* addresses and ports that somebody listens on */
#define WHO_COMM	16

struct who {
	__u64 started;		/* of the process, in nanoseconds of CLOCK_BOOTTIME */
	__u32 pid;		/* of the process (not the thread), in the initial namespace */
	__u32 uid;		/* in the initial namespace */
	char comm[WHO_COMM];	/* of the process; ends with a zero, may hold any other bytes */
};

#endif
