/* SPDX-License-Identifier: Apache-2.0 */
/* One sink as the daemon sees it: where it is run, and how it does. */
#ifndef RESID_SINK_SINK_H
#define RESID_SINK_SINK_H

#include <systemd/sd-event.h>

#include "spool/spool.h"

/* Where sinks are, and who runs them. say: a line for the journal. */
struct sinks_options {
	sd_event *event;	/* SIGCHLD is blocked */
	struct spool *spool;	/* outlives the sinks */
	const char *dir;	/* has sinks.d; NULL: the configuration's folder */
	const char *program;	/* takes `--sink FILE`; NULL: this one */
	const char *log;	/* the file of the built-in sink; NULL: there is none */
	void (*say)(void *context, const char *sink, const char *text);
	void *context;
};

enum sink_state {
	SINK_UP,	/* its last delivery succeeded, or it has had none to make */
	SINK_FAILING,	/* it tries again */
	SINK_DOWN,	/* its process cannot begin */
};

struct sink_status {
	const char *name, *transport, *format;
	enum sink_state state;
	pid_t pid;		/* 0: none */
	uint64_t lag;		/* records that the receiver does not have yet */
	uint64_t delivered, failures, parked;	/* records, attempts, records; since start */
	const char *error;	/* the last one, "" if none since the last success */
};

const char *sink_state_name(enum sink_state state);

#endif
