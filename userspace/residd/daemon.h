/* SPDX-License-Identifier: Apache-2.0 */
/*
 * residd loads and reports. The kernel decides without it: each part below may fail, say so and try again later, and no
 * failure ends the process.
 *
 *   restore.c    the module: finds it, restores mode and snapshot, arms one that was loaded anew, stands in for one
 *   presence.c   hears of a module that comes or goes
 *   policy.c     SIGHUP and changed location data: compile, load, or keep what is in force
 *   watch.c      cgroups, namespaces, devices, assign.d: keeps the class maps true
 *   guarding.c   the guard against what passes the judge by
 *   collect.c    audit batches to the spool
 *   outage.c     what it costs when the spool cannot be written
 *   deliver.c    the spool to the sinks, the log file among them, each in a process of its own
 *   publish.c    /run/resid/status.json and what systemd is told
 *   expose.c     metrics
 *   main.c       the command line and the event loop
 */
#ifndef RESIDD_DAEMON_H
#define RESIDD_DAEMON_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "audit/drain.h"
#include "node/absent.h"
#include "node/load.h"
#include "node/restore.h"
#include "bpf/tagger.h"
#include "config.h"
#include "nl/nl.h"
#include "node/store.h"
#include "util/jsonw.h"
#include "sink/sinks.h"
#include "snapshot/build.h"

struct guarding;
struct watch;

/* What is wrong now, one sentence each; "": nothing. */
enum trouble {
	TROUBLE_CONFIG,
	TROUBLE_MODULE,
	TROUBLE_ARMED,
	TROUBLE_POLICY,
	TROUBLE_TAGGER,
	TROUBLE_ASSIGN,
	TROUBLE_AUDIT,
	TROUBLE_STALE,
	TROUBLE_SET,
	TROUBLE_SPOOL,
	TROUBLE_KEY,
	TROUBLE_ROOM,
	TROUBLE_SINK,
	TROUBLE_METRICS,
	TROUBLE_COUNT
};

struct daemon {
	struct config config;
	sd_event *event;
	struct resid_nl *nl;		/* NULL: the module is not there */
	uint8_t instance[16];		/* of the module that nl talks to; zeros: none yet */
	struct snapshot *snapshot;	/* what the kernel has, else what current.rsnap is; NULL: none */
	struct restore_report restored;	/* what came of the last attempt */
	bool absent;			/* so is the module, and that was said */
	bool shut, reshut;		/* nftables stands in for it; not for all devices */
	sd_event_source *family, *ruleset, *settle;	/* presence.c */
	struct tagger *tagger;
	struct spool *spool;		/* NULL: it cannot be opened now */
	struct drain drain;
	struct who_table *who;		/* NULL: the kernel cannot */
	struct outage {			/* of the spool: since it could not be written */
		bool on;
		uint64_t since_ns, folded;
		char why[512];
	} outage;
	struct sinks *sinks;
	struct MHD_Daemon *metrics;	/* NULL: nobody asked for it */
	sd_event_source *metrics_ready;
	uint64_t started;		/* seconds since the epoch */
	struct watch *watch;
	struct guarding *guarding;
	struct reconcile_report assignments;
	sd_event_source *wake, *drain_timer, *status_timer;
	char trouble[TROUBLE_COUNT][512];
	struct trouble_last {		/* for the status: the last of each kind, past ones too */
		char text[512];
		uint64_t since_ns, until_ns;	/* wall clock; since 0: there was none, until 0: it lasts */
	} last[TROUBLE_COUNT];
	struct data_files {		/* of the policy in force */
		uint8_t generation[RESID_DIGEST_LEN];
		char **path;
		size_t count, room;
	} data;
	bool refresh_waits;		/* data changed when they could not be taken */
	bool publish;			/* the status changed */
	bool ready;			/* systemd has been told */
	bool supervised;		/* by systemd */
	sd_event_source *unarmed;	/* since nothing is armed that is to be */
	bool stopping;			/* files take the last records */
};

/* One line on standard error with its level (SD_ERR, SD_NOTICE, ...) for the journal. */
void daemon_say(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Nanoseconds since the epoch. */
uint64_t daemon_now(void);
/* Sets or, with NULL, clears a trouble; says it when it is new. */
void daemon_trouble(struct daemon *daemon, enum trouble which, const char *text);

/* restore.c: true when the module is there and was restored; called until it is. */
bool restore_connect(struct daemon *daemon);
void restore_disconnect(struct daemon *daemon);
/* While nftables stands in for the module: once more if the table is gone, or for the devices that there are now. */
void restore_again(struct daemon *daemon, bool devices);
/* What the node is to judge by is in force, or there is nothing, or somebody wants it so. */
bool restore_is_well(const struct daemon *daemon);
/* Notes which process opens a socket, again where a disarm took that down. */
void restore_who(struct daemon *daemon);
/* Takes the names from the generation that the kernel has: one on trial, or the one that it went back to. */
void restore_follow(struct daemon *daemon, const struct resid_nl_status *status);
/* Opens what current.rsnap is now. */
void restore_reopen(struct daemon *daemon);

/* presence.c */
void presence_init(struct daemon *daemon);
void presence_fini(struct daemon *daemon);
/* The devices are others. */
void presence_devices(struct daemon *daemon);

/* policy.c */
void policy_reload(struct daemon *daemon);
void policy_check_age(struct daemon *daemon);
/* New data under the policy in force; while one is on trial, or none is in force, they wait for policy_retry(). */
void policy_refresh_data(struct daemon *daemon);
void policy_retry(struct daemon *daemon);
/* What a compile of that policy by the daemon is made of. */
struct build_inputs policy_inputs(const struct daemon *daemon, const char *file);

/* data.c: the list of files follows the generation; whether one of them is called so. */
void data_follow(struct daemon *daemon);
bool data_has(const struct daemon *daemon, const char *base);
void data_fini(struct daemon *daemon);

/* watch.c */
int watch_init(struct daemon *daemon, struct resid_error *err);
void watch_fini(struct daemon *daemon);
/* Reconciles now. */
void watch_reconcile(struct daemon *daemon);
/* Reconciles soon, once for all that ask meanwhile. */
void watch_soon(struct daemon *daemon);

/* guarding.c: while a policy is in force. */
void guarding_ensure(struct daemon *daemon);
void guarding_fini(struct daemon *daemon);

/* collect.c */
int collect_init(struct daemon *daemon, struct resid_error *err);
void collect_listen(struct daemon *daemon);
/* Up to `batches`; false after a failure. */
bool collect(struct daemon *daemon, unsigned int batches);

/* outage.c: of the spool. A daemon that finds one goes on with it; one ends when all that waited is in the spool. */
void outage_resume(struct daemon *daemon);
void outage_begin(struct daemon *daemon, const char *why);
void outage_end(struct daemon *daemon);

/* deliver.c: reads sinks.d again and starts what it names; and "sinks": [...] for the status. */
void deliver_load(struct daemon *daemon);
void deliver_publish(struct jsonw *json, const struct daemon *daemon);

/* expose.c */
void expose_init(struct daemon *daemon);
void expose_fini(struct daemon *daemon);
void expose_file(struct daemon *daemon);

/* publish.c */
int publish_init(struct daemon *daemon, struct resid_error *err);
void publish_now(struct daemon *daemon);

#endif
