/* SPDX-License-Identifier: Apache-2.0 */
/* Between the two processes of confine.h: what goes through their pipe, and the child's files. */
#ifndef RESID_SOURCE_CONFINE_PRIVATE_H
#define RESID_SOURCE_CONFINE_PRIVATE_H

#include "source/confine.h"

#define CONFINE_SECONDS	60			/* of processor time; most files take one, an emulated guest ten */
#define CONFINE_MEMORY	((size_t)1 << 29)	/* bytes beside what the caller had and the file */
#define CONFINE_BATCH	((size_t)1 << 16)

/* Kinds that are confine's own, at the other end of the range. */
#define CONFINE_FAIL	254
#define CONFINE_END	255

struct confine_head {
	uint16_t length;	/* of what follows */
	uint8_t kind, reserved;
};

struct confine {
	int out;
	size_t used;
	uint8_t batch[CONFINE_BATCH];
};

/* In the child, which it never leaves: parses fd and sends to out. */
__attribute__((noreturn))
void confine_child(const struct confine_job *job, int fd, int out);
/* In the child: gives up what it has but fd and out, and nearly every system call. 0, or -1 with the reason sent. */
int confine_enter(struct confine *confine, int fd);
/* In the child: what is still to be sent. */
void confine_flush(struct confine *confine);

#endif
