// SPDX-License-Identifier: Apache-2.0
/* residd: restores, watches, collects. See daemon.h. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "sink/child.h"
#include "util/file.h"
#include "util/version.h"

#define COLLECT_AT_END	64	/* batches; what is left waits in the kernel for the next start */
#define UNARMED_AFTER	10000000	/* microseconds */
#define STOP_AFTER	3000000	/* microseconds for files to take the last records; what is left waits in the spool */

void daemon_say(const char *level, const char *format, ...)
{
	char text[1200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* systemd takes the level off again; a person at a terminal need not see it. */
	fprintf(stderr, "%s%s\n", getenv("JOURNAL_STREAM") ? level : "residd: ", text);
}

uint64_t daemon_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void daemon_trouble(struct daemon *daemon, enum trouble which, const char *text)
{
	struct trouble_last *last = &daemon->last[which];
	char *have = daemon->trouble[which];

	if (!strncmp(have, text ? text : "", sizeof(daemon->trouble[which]) - 1))
		return;
	if (text)
		daemon_say(SD_ERR, "%s", text);
	else
		daemon_say(SD_NOTICE, "over: %s", have);
	snprintf(have, sizeof(daemon->trouble[which]), "%s", text ? text : "");
	if (text) {
		snprintf(last->text, sizeof(last->text), "%s", text);
		last->since_ns = daemon_now();
		last->until_ns = 0;
	} else {
		last->until_ns = daemon_now();
	}
	daemon->publish = true;
}

static int main_end(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	publish_now(daemon);
	return sd_event_exit(daemon->event, 0);
}

static int main_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct daemon *daemon = context;

	sd_notify(0, "STOPPING=1");
	collect(daemon, COLLECT_AT_END);
	daemon->stopping = true;
	return sd_event_add_time_relative(daemon->event, NULL, CLOCK_MONOTONIC, STOP_AFTER, 1, main_end, daemon);
}

static int main_reload(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
		   (unsigned long long)now.tv_sec * 1000000u + (unsigned long long)now.tv_nsec / 1000u);
	policy_reload(context);
	deliver_load(context);
	publish_now(context);
	sd_notify(0, "READY=1");
	return 0;
}

static int main_rotate(sd_event_source *source, const struct signalfd_siginfo *info, void *context)
{
	const struct daemon *daemon = context;

	sinks_rotate(daemon->sinks);
	return 0;
}

static int main_unarmed(sd_event_source *source, uint64_t usec, void *context)
{
	struct daemon *daemon = context;

	daemon_say(SD_CRIT, "nothing is armed, so this is no success; systemd starts it again");
	return sd_event_exit(daemon->event, RESID_EXIT_SYSTEM);
}

/*
 * A unit that is green says that what the node is to judge by is in force. Until it is, systemd is not told that we are
 * ready; when it is not for a while we end, and are started again: what collects and delivers works meanwhile. Without
 * systemd nobody looks, and nobody would start us again.
 */
static void main_ready(struct daemon *daemon)
{
	bool well = restore_is_well(daemon);

	if (well && !daemon->ready) {
		sd_notify(0, "READY=1");
		daemon->ready = true;
	}
	if (well)
		daemon->unarmed = sd_event_source_disable_unref(daemon->unarmed);
	else if (!daemon->unarmed && daemon->supervised)
		sd_event_add_time_relative(daemon->event, &daemon->unarmed, CLOCK_MONOTONIC, UNARMED_AFTER, 1,
					   main_unarmed, daemon);
}

/* After each turn of the loop: what changed is published once; and the end comes when files are done. */
static int main_after(sd_event_source *source, void *context)
{
	struct daemon *daemon = context;

	if (daemon->stopping && sinks_files_done(daemon->sinks))
		return main_end(source, 0, daemon);
	if (daemon->publish)
		publish_now(daemon);
	main_ready(daemon);
	return 0;
}

static int main_init(struct daemon *daemon, struct resid_error *err)
{
	sigset_t signals;
	int error = sd_event_default(&daemon->event);

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (error < 0 || (error = sd_event_add_signal(daemon->event, NULL, SIGTERM, main_stop, daemon)) < 0 ||
	    (error = sd_event_add_signal(daemon->event, NULL, SIGINT, main_stop, daemon)) < 0 ||
	    (error = sd_event_add_signal(daemon->event, NULL, SIGHUP, main_reload, daemon)) < 0 ||
	    (error = sd_event_add_signal(daemon->event, NULL, SIGUSR1, main_rotate, daemon)) < 0 ||
	    (error = sd_event_add_post(daemon->event, NULL, main_after, daemon)) < 0 ||
	    (error = sd_event_set_watchdog(daemon->event, true)) < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot make an event loop: %s", strerror(-error));
	return 0;
}

static int main_run(struct daemon *daemon, struct resid_error *err)
{
	int error;

	/* Enforcement first; what only reports comes after. */
	if (main_init(daemon, err) || watch_init(daemon, err))
		return -1;
	restore_connect(daemon);
	presence_init(daemon);
	watch_reconcile(daemon);
	if (collect_init(daemon, err) || publish_init(daemon, err))
		return -1;
	expose_init(daemon);
	store_prune(daemon->config.generations_keep);
	publish_now(daemon);
	main_ready(daemon);
	error = sd_event_loop(daemon->event);
	if (error < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "the event loop ended: %s", strerror(-error));
	if (error)
		return resid_fail(err, error, "%s", daemon->trouble[TROUBLE_ARMED]);
	return 0;
}

/* The process of one sink: started by the daemon, not by people. It says why it cannot begin over its socket. */
static int main_sink(const char *file)
{
	struct resid_error err;

	return sink_child_run(file, &err) ? (int)err.status : RESID_EXIT_OK;
}

/* The first is what status shows, the journal has them all. */
static void main_config_wrong(void *context, const char *text)
{
	struct daemon *daemon = context;

	if (*daemon->trouble[TROUBLE_CONFIG])
		daemon_say(SD_ERR, "%s", text);
	else
		daemon_trouble(daemon, TROUBLE_CONFIG, text);
}

/*
 * One residd a node, before anything is done that another one does as well. The lock is not inherited by processes that
 * this one starts, and ends with it. A folder that cannot be written is no reason not to start.
 */
static int main_lock(struct resid_error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct path path = paths_in(paths_run_dir(), "residd.lock");
	struct resid_error inner;
	int fd;

	if (paths_make_dir(paths_run_dir(), 0755, &inner) ||
	    (fd = file_open(path.text, O_RDWR | O_CREAT, 0600, &inner)) < 0) {
		daemon_say(SD_WARNING, "another residd would not be noticed: %s", inner.text);
		return 0;
	}
	if (!fcntl(fd, F_SETLK, &lock))
		return 0;	/* open until the end */
	if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
		lock.l_pid = 0;
	return resid_fail(err, RESID_EXIT_SYSTEM, "residd runs already, as process %d", (int)lock.l_pid);
}

static int main_usage(FILE *to)
{
	fputs("usage: residd [--config FILE]\n"
	      "       residd --version\n"
	      "\n"
	      "Restores policy and mode, keeps class maps true, writes audit records.\n"
	      "  --config FILE   settings (default /etc/resid/residd.conf)\n"
	      "  SIGHUP          compile and load /etc/resid/policy.yaml again; read sinks.d again\n"
	      "  SIGUSR1         make files of sinks anew, after a rotation\n", to);
	return to == stderr ? RESID_EXIT_USAGE : RESID_EXIT_OK;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "sink", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct path config = paths_in(paths_conf_dir(), "residd.conf");
	static struct daemon daemon;
	struct resid_error err;
	int option, result;

	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		if (option == 'h')
			return main_usage(stdout);
		if (option == 'V')
			return printf("residd %s\n", resid_version) < 0;
		if (option == 's')
			return main_sink(optarg);
		if (option != 'c')
			return main_usage(stderr);
		snprintf(config.text, sizeof(config.text), "%s", optarg);
	}
	if (optind != argc)
		return main_usage(stderr);
	if (main_lock(&err)) {
		daemon_say(SD_ERR, "%s", err.text);
		return err.status;
	}
	config_read(&daemon.config, config.text, main_config_wrong, &daemon);
	umask(0022);
	daemon.supervised = getenv("NOTIFY_SOCKET");
	result = main_run(&daemon, &err);
	if (result)
		daemon_say(SD_ERR, "%s", err.text);
	guarding_fini(&daemon);
	watch_fini(&daemon);
	presence_fini(&daemon);
	restore_disconnect(&daemon);
	drain_fini(&daemon.drain);
	who_free(daemon.who);
	expose_fini(&daemon);
	data_fini(&daemon);
	sinks_free(daemon.sinks);
	spool_free(daemon.spool);
	privacy_fini(&daemon.config.privacy);
	tagger_free(daemon.tagger);
	snapshot_free(daemon.snapshot);
	sd_event_source_disable_unref(daemon.drain_timer);
	sd_event_source_disable_unref(daemon.status_timer);
	sd_event_unref(daemon.event);
	return result ? (int)err.status : RESID_EXIT_OK;
}
