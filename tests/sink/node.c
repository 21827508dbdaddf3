// SPDX-License-Identifier: Apache-2.0
/*
 * A node as its sinks see it: the real spool, the real sinks, records of our own making.
 *
 *   node PROGRAM TOTAL [hold]
 *
 * Fills the spool up to TOTAL records, in batches as the daemon commits them, while the sinks of
 * $RESID_CONF_DIR/sinks.d run (PROGRAM --sink FILE). Ends when every sink has delivered all, or with `hold` never.
 * Once a second it prints a line a sink: NAME STATE LAG DELIVERED FAILURES PARKED ERROR.
 * SIGUSR1: TOTAL is 500 more. SIGHUP: sinks.d is read again; what is wrong goes to standard error.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "sink/sinks.h"
#include "util/cleanup.h"

#define BATCH	500

static struct node {
	struct spool *spool;
	struct sinks *sinks;
	sd_event *event;
	sd_event_source *feeding;
	uint64_t total;
	bool hold;
} node;

static void say(void *context, const char *sink, const char *text)
{
	fprintf(stderr, "%s: %s\n", sink, text);
}

static void make(struct audit_event *event, uint64_t number)
{
	static char comm[32];

	event_init(event);
	event->kind = AUDIT_KIND_EGRESS;
	memset(event->instance, 0x11, sizeof(event->instance));
	event->batch = number / BATCH + 1;
	event->index = (uint32_t)(number % BATCH);
	event->first_wall_ns = 1792842896000000000u + number * 1000000u;
	event->last_wall_ns = event->first_wall_ns + 999;
	event->first_boot_ns = event->last_boot_ns = number * 1000000u;
	event->verdict = RESID_V_REJECT;
	event->class_name = "health";
	event->rule = "deny-us";
	event->reason = "line one\nline two | a=b \"quoted\" ]";
	event->family = AF_INET;
	event->proto = IPPROTO_TCP;
	event->detail = AUDIT_DETAIL_PORTS;
	event->sport = (uint16_t)(number % 60000);
	event->dport = 443;
	memcpy(event->src.bytes, "\x0a\x00\x00\x01", 4);
	memcpy(event->dst.bytes, "\x34\x2e\x01\x02", 4);
	event->src.state = event->dst.state = AUDIT_ADDRESS_WHOLE;
	event->src.length = event->dst.length = 32;
	event->packets = number + 1;
	event->bytes = 60 * (number + 1);
	event->location = "FR";
	event->control = "US";
	snprintf(comm, sizeof(comm), "comm-%llu", (unsigned long long)number);
	event->comm = comm;
}

/* One batch a turn of the loop, so that the sinks run meanwhile. */
static int feed(sd_event_source *source, void *context)
{
	uint64_t from = spool_end(node.spool), number;
	uint8_t instance[16];
	struct resid_error err;

	if (from >= node.total)
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	memset(instance, 0x11, sizeof(instance));
	for (number = from; number < from + BATCH && number < node.total; number++) {
		struct audit_event event;

		make(&event, number);
		spool_put(node.spool, &event);
	}
	if (spool_commit(node.spool, instance, from / BATCH + 1, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return sd_event_exit(node.event, 1);
	}
	return 0;
}

static int look(sd_event_source *source, uint64_t usec, void *context)
{
	bool done = spool_end(node.spool) >= node.total && !node.hold;

	for (size_t i = 0; i < sinks_count(node.sinks); i++) {
		struct sink_status status;

		sinks_status(node.sinks, i, &status);
		printf("%s %s %llu %llu %llu %llu %s\n", status.name, sink_state_name(status.state),
		       (unsigned long long)status.lag, (unsigned long long)status.delivered,
		       (unsigned long long)status.failures, (unsigned long long)status.parked, status.error);
		done &= !status.lag;
	}
	fflush(stdout);
	if (done)
		return sd_event_exit(node.event, 0);
	sd_event_source_set_time_relative(source, 1000000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int more(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	node.total += BATCH;
	return sd_event_source_set_enabled(node.feeding, SD_EVENT_ON);
}

static int reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct resid_error err;

	if (sinks_load(node.sinks, &err))
		fprintf(stderr, "%s\n", err.text);
	return 0;
}

int main(int argc, char **argv)
{
	struct sinks_options options = { .say = say };
	struct spool_options spool = { 0 };
	struct resid_error err;
	sd_event_source *looking;
	sigset_t signals;
	int result;

	if (argc < 3)
		return 2;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	options.program = argv[1];
	node.total = strtoull(argv[2], NULL, 10);
	node.hold = argc > 3;
	if (sd_event_default(&node.event) < 0 || spool_open(&spool, &node.spool, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 2;
	}
	options.event = node.event;
	options.spool = node.spool;
	if (sinks_new(&options, &node.sinks, &err) || sinks_load(node.sinks, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 3;
	}
	if (sd_event_add_defer(node.event, &node.feeding, feed, NULL) < 0 ||
	    sd_event_source_set_enabled(node.feeding, SD_EVENT_ON) < 0 ||
	    sd_event_add_signal(node.event, NULL, SIGUSR1, more, NULL) < 0 ||
	    sd_event_add_signal(node.event, NULL, SIGHUP, reload, NULL) < 0 ||
	    sd_event_add_time_relative(node.event, &looking, CLOCK_MONOTONIC, 0, 1000, look, NULL) < 0)
		return 2;
	result = sd_event_loop(node.event);
	sinks_free(node.sinks);
	spool_free(node.spool);
	sd_event_unref(node.event);
	return result;
}
