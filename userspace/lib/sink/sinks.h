/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's half of the sinks. Each has its own cursor into the spool and its own process, so that one dead SIEM,
 * one crash in a library and one slow line delay and endanger nobody else:
 *
 *   spool --cursor NAME--> feeder == socket pair == residd --sink FILE ---> receiver
 *                            ^ moves the cursor when the receiver has it (wire.h)
 *
 * A process that dies is started again after a while, its cursor rewound. Nothing here wakes the daemon while no record
 * comes and no delivery waits to be confirmed.
 *
 * One is built in: `log`, JSON lines in a file, unless the folder has a log.conf, which then says what `log` is.
 */
#ifndef RESID_SINK_SINKS_H
#define RESID_SINK_SINKS_H

#include <systemd/sd-event.h>

#include "spool/spool.h"

struct sinks;

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

int sinks_new(const struct sinks_options *options, struct sinks **out, struct resid_error *err);
void sinks_free(struct sinks *sinks);

/*
 * Reads the folder again: starts what is new, stops what is gone, starts anew what runs, for it may have new secrets.
 * *err: the first file that cannot be used; `say` tells the others. A sink whose file cannot be used goes on with what
 * it had.
 */
int sinks_load(struct sinks *sinks, struct resid_error *err);

/* Files that were renamed are made anew now; with the next record they would be anyway. */
void sinks_rotate(struct sinks *sinks);

/* No file has records to come: they do not depend on others. */
bool sinks_files_done(const struct sinks *sinks);

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

size_t sinks_count(const struct sinks *sinks);
void sinks_status(const struct sinks *sinks, size_t index, struct sink_status *out);
const char *sink_state_name(enum sink_state state);

#endif
