/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One sink of the daemon: feeder.c moves records from its cursor to its process and the cursor with the answers,
 * feeder_process.c starts that process and starts it again.
 */
#ifndef RESID_SINK_FEEDER_H
#define RESID_SINK_FEEDER_H

#include "sink/sink.h"
#include "sink/transport/config.h"

enum feeder_wait {
	WAIT_NOTHING,		/* the process is free */
	WAIT_READY,
	WAIT_BATCH,
	WAIT_CONFIRM,
};

struct feeder {
	const struct sinks_options *options;
	char *file, *text;	/* its configuration; the name is for messages */
	struct sink_config config;
	struct spool_cursor *cursor;
	sd_event_source *wake, *answer, *child, *timer;
	pid_t pid;
	enum feeder_wait wait;
	bool look;		/* a batch is sent even without records */
	bool stale;		/* sinks.c: nobody wants it any more */
	uint32_t batch;		/* records under way */
	uint64_t unconfirmed;	/* records delivered since the last confirmation */
	unsigned int restart;	/* seconds until the next start, if it fails again */
	struct sink_status status;
	char error[512];
};

/* Its process is started, too. */
int feeder_new(const struct sinks_options *options, const char *file, const char *text, struct feeder **out,
	       struct resid_error *err);
void feeder_free(struct feeder *feeder);

/* Tells a new process what it is. */
void feeder_begin(struct feeder *feeder);
/* Sends what comes next, if the process is free. */
void feeder_feed(struct feeder *feeder);
/* Goes back to the cursor: what is under way is in doubt. */
void feeder_rewind(struct feeder *feeder);
/* Asks whether the receiver has all that was delivered. */
void feeder_confirm(struct feeder *feeder);
/* Reads what the process said. */
int feeder_answer(sd_event_source *source, int fd, uint32_t events, void *context);
/* Keeps an error, and says it when it is new. */
void feeder_error(struct feeder *feeder, enum sink_state state, const char *text);
/* feeder_time comes after so many seconds. */
void feeder_timer(struct feeder *feeder, uint64_t seconds);

/* feeder_process.c */
void feeder_start(struct feeder *feeder);
void feeder_stop(struct feeder *feeder);

#endif
