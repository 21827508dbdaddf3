// SPDX-License-Identifier: Apache-2.0
#include "sink/feeder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "sink/format.h"
#include "sink/jsonw.h"
#include "sink/transport.h"
#include "sink/wire.h"
#include "util/cleanup.h"
#include "util/memory.h"

#define SECOND		1000000ull
#define RESTART_MAX	60	/* seconds between two starts of a process that does not stay */

enum feeder_wait {
	WAIT_NOTHING,		/* the process is free */
	WAIT_BATCH,
	WAIT_CONFIRM,
};

struct feeder {
	struct sinks *sinks;
	struct path file;
	struct sink_config config;
	struct spool_cursor *cursor;
	sd_event_source *wake, *answer, *child, *timer;
	pid_t pid;
	enum feeder_wait wait;
	uint32_t batch;		/* records under way */
	uint64_t unconfirmed;	/* records delivered since the last confirmation */
	unsigned int restart;	/* seconds until the next start, if it fails again */
	struct sink_status status;
	char error[512];
};

struct sinks {
	struct sinks_options options;
	struct path dir;
	struct feeder **feeders;
	size_t count, room;
};

static void feeder_start(struct feeder *feeder);

static void feeder_say(struct feeder *feeder, const char *text)
{
	feeder->sinks->options.say(feeder->sinks->options.context, feeder->config.name, text);
}

static void feeder_error(struct feeder *feeder, enum sink_state state, const char *text)
{
	if (strcmp(feeder->error, text))
		feeder_say(feeder, text);
	snprintf(feeder->error, sizeof(feeder->error), "%s", text);
	feeder->status.state = state;
	feeder->status.failures++;
}

static void feeder_good(struct feeder *feeder)
{
	if (*feeder->error)
		feeder_say(feeder, "delivers again");
	*feeder->error = '\0';
	feeder->status.state = SINK_UP;
	feeder->restart = 1;
}

/* ---- sending ---------------------------------------------------------------------------------------------- */

/* Asks for the confirmation that has been due since a stream began; restarts the timer otherwise. */
static void feeder_timer(struct feeder *feeder, uint64_t seconds)
{
	sd_event_source_set_time_relative(feeder->timer, seconds * SECOND);
	sd_event_source_set_enabled(feeder->timer, SD_EVENT_ONESHOT);
}

static bool feeder_send(struct feeder *feeder, const void *message, size_t length, enum feeder_wait wait)
{
	int fd = sd_event_source_get_io_fd(feeder->answer);

	/* It waits for nothing, so the message has room; if not, something is wrong with the process. */
	if (send(fd, message, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length) {
		kill(feeder->pid, SIGKILL);
		return false;
	}
	feeder->wait = wait;
	return true;
}

/* Fills a message with what comes next. */
static uint32_t feeder_fill(struct feeder *feeder, struct buffer *message)
{
	struct audit_event event;
	struct resid_error err;
	uint32_t count = 0;
	int more;

	while (count < feeder->config.batch && message->length < WIRE_FULL) {
		more = spool_cursor_next(feeder->cursor, &event, &err);
		if (more < 0)
			feeder_error(feeder, SINK_FAILING, err.text);
		if (more <= 0)
			break;
		if (wire_put(message, &event))
			count++;
		else
			feeder_error(feeder, SINK_FAILING, "a record is longer than any can be, and was passed over");
	}
	return count;
}

static void feeder_feed(struct feeder *feeder)
{
	_cleanup_buffer_ struct buffer message = { 0 };
	struct wire_header header = { .type = WIRE_BATCH };

	if (!feeder->pid || feeder->wait != WAIT_NOTHING)
		return;
	buffer_append(&message, &header, sizeof(header));
	header.count = feeder->batch = feeder_fill(feeder, &message);
	if (!header.count)
		return;
	memcpy(message.data, &header, sizeof(header));
	feeder_send(feeder, message.data, message.length, WAIT_BATCH);
}

static void feeder_rewind(struct feeder *feeder)
{
	spool_cursor_rewind(feeder->cursor);
	feeder->unconfirmed = 0;
	feeder->wait = WAIT_NOTHING;
	sd_event_source_set_enabled(feeder->timer, SD_EVENT_OFF);
}

static void feeder_confirm(struct feeder *feeder)
{
	const struct wire_header header = { .type = WIRE_CONFIRM };

	if (feeder->pid && feeder->wait == WAIT_NOTHING && feeder->unconfirmed)
		feeder_send(feeder, &header, sizeof(header), WAIT_CONFIRM);
}

/* ---- what the process answers ----------------------------------------------------------------------------- */

/* The receiver has all that was sent. */
static void feeder_commit(struct feeder *feeder)
{
	struct resid_error err;

	feeder->status.delivered += feeder->unconfirmed + feeder->batch;
	feeder->unconfirmed = feeder->batch = 0;
	feeder->wait = WAIT_NOTHING;
	sd_event_source_set_enabled(feeder->timer, SD_EVENT_OFF);
	if (spool_cursor_commit(feeder->cursor, &err))
		feeder_error(feeder, SINK_FAILING, err.text);
	else
		feeder_good(feeder);
}

static void feeder_delivered(struct feeder *feeder)
{
	if (!feeder->unconfirmed)
		feeder_timer(feeder, feeder->config.confirm);
	feeder->unconfirmed += feeder->batch;
	feeder->batch = 0;
	feeder->wait = WAIT_NOTHING;
	feeder_good(feeder);
}

/* On disk before the cursor passes it. */
static void feeder_park(struct feeder *feeder, const struct wire_report *report)
{
	struct path file = paths_in(paths_state_dir(), "sinks/%s.parked", feeder->config.name);
	_cleanup_(jsonw_fini) struct jsonw json = { 0 };
	_cleanup_close_ int fd = -1;
	struct resid_error ignored;

	jsonw_object(&json, NULL);
	jsonw_string(&json, "id", report->id);
	jsonw_string(&json, "why", report->text);
	jsonw_string(&json, "record", report->record);
	jsonw_object_end(&json);
	jsonw_line(&json);
	paths_make_dir(paths_dir_of(file.text).text, 0750, &ignored);
	fd = open(file.text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0 || write(fd, json.text, json.length) != (ssize_t)json.length || fsync(fd)) {
		char text[600];

		snprintf(text, sizeof(text), "cannot park a record in %.400s: %s", file.text, strerror(errno));
		feeder_error(feeder, SINK_FAILING, text);
		kill(feeder->pid, SIGKILL);	/* the batch is in doubt: it comes again */
		return;
	}
	if (!feeder->status.parked++)
		feeder_say(feeder, report->text);
}

static void feeder_message(struct feeder *feeder, const struct wire_report *report, size_t length)
{
	switch (report->header.type) {
	case WIRE_FAILED:
		if (length == sizeof(*report))
			feeder_error(feeder, SINK_FAILING, report->text);
		break;
	case WIRE_PARK:
		if (length == sizeof(*report))
			feeder_park(feeder, report);
		break;
	case WIRE_DELIVERED:
		feeder_delivered(feeder);
		break;
	case WIRE_CONFIRMED:
		feeder_commit(feeder);
		break;
	case WIRE_REWIND:
		feeder_rewind(feeder);
		break;
	}
}

static int feeder_answer(sd_event_source *source, int fd, uint32_t events, void *context)
{
	struct feeder *feeder = context;
	struct wire_report report;
	ssize_t length;

	while ((length = recv(fd, &report, sizeof(report), MSG_DONTWAIT)) >= (ssize_t)sizeof(report.header)) {
		report.text[sizeof(report.text) - 1] = report.id[sizeof(report.id) - 1] = '\0';
		report.record[sizeof(report.record) - 1] = '\0';
		feeder_message(feeder, &report, (size_t)length);
	}
	if (!length || (length < 0 && errno != EAGAIN && errno != EINTR)) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);	/* its end is reported by feeder_ended */
		return 0;
	}
	feeder_feed(feeder);
	return 0;
}

static int feeder_wake(sd_event_source *source, int fd, uint32_t events, void *context)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return 0;
	feeder_feed(context);
	return 0;
}

/* Either the stream is to be confirmed, or the process is to be started again. */
static int feeder_time(sd_event_source *source, uint64_t usec, void *context)
{
	struct feeder *feeder = context;

	if (!feeder->pid)
		feeder_start(feeder);
	else if (feeder->wait == WAIT_NOTHING)
		feeder_confirm(feeder);
	else
		feeder_timer(feeder, 1);
	return 0;
}

/* ---- the process ------------------------------------------------------------------------------------------ */

static void feeder_detach(struct feeder *feeder)
{
	feeder->answer = sd_event_source_disable_unref(feeder->answer);
	feeder->child = sd_event_source_disable_unref(feeder->child);
	feeder->pid = 0;
}

static void feeder_restart(struct feeder *feeder)
{
	feeder_rewind(feeder);
	feeder_timer(feeder, feeder->restart);
	feeder->restart = feeder->restart * 2 > RESTART_MAX ? RESTART_MAX : feeder->restart * 2;
}

static int feeder_ended(sd_event_source *source, const siginfo_t *info, void *context)
{
	struct feeder *feeder = context;
	char text[128];

	/* What it said last. */
	if (feeder->answer)
		feeder_answer(feeder->answer, sd_event_source_get_io_fd(feeder->answer), 0, feeder);
	feeder_detach(feeder);
	if (info->si_code == CLD_EXITED)
		snprintf(text, sizeof(text), "its process ended with status %d", info->si_status);
	else
		snprintf(text, sizeof(text), "its process was ended by signal %d", info->si_status);
	/* Why it could not begin, it has said itself. */
	if (info->si_code != CLD_EXITED || !*feeder->error)
		feeder_error(feeder, SINK_DOWN, text);
	feeder->status.state = SINK_DOWN;
	feeder_restart(feeder);
	return 0;
}

static int feeder_spawn(struct feeder *feeder, int fd, pid_t *pid)
{
	const char *program = feeder->sinks->options.program ?: "/proc/self/exe";
	char *argv[] = { (char *)"residd", (char *)"--sink", feeder->file.text, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, defaults;
	int error;

	sigemptyset(&none);
	sigfillset(&defaults);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_adddup2(&actions, fd, WIRE_FD);
	posix_spawn_file_actions_addclosefrom_np(&actions, WIRE_FD + 1);
	error = posix_spawn(pid, program, &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static void feeder_start(struct feeder *feeder)
{
	sd_event *event = feeder->sinks->options.event;
	const int room = WIRE_BUFFER;
	int pair[2], error;
	char text[256];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		error = errno;
	} else {
		/* Never WIRE_FD itself, whose close-on-exec dup2 would then not clear. */
		_cleanup_close_ int theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, WIRE_FD + 1);

		close(pair[1]);
		setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		error = theirs < 0 ? errno : feeder_spawn(feeder, theirs, &feeder->pid);
		if (error)
			close(pair[0]);
	}
	if (error) {
		snprintf(text, sizeof(text), "cannot start its process: %s", strerror(error));
		feeder->pid = 0;
		feeder_error(feeder, SINK_DOWN, text);
		feeder_restart(feeder);
		return;
	}
	if (sd_event_add_io(event, &feeder->answer, pair[0], EPOLLIN, feeder_answer, feeder) < 0 ||
	    sd_event_source_set_io_fd_own(feeder->answer, true) < 0 ||
	    sd_event_add_child(event, &feeder->child, feeder->pid, WEXITED, feeder_ended, feeder) < 0) {
		kill(feeder->pid, SIGKILL);
		feeder_detach(feeder);
		return;
	}
	feeder_feed(feeder);
}

static void feeder_free(struct feeder *feeder)
{
	pid_t pid = feeder->pid;

	if (!feeder)
		return;
	feeder_detach(feeder);
	if (pid > 0) {
		/* Its socket is closed: it ends by itself, unless it waits for a receiver. */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	sd_event_source_disable_unref(feeder->wake);
	sd_event_source_disable_unref(feeder->timer);
	spool_cursor_free(feeder->cursor);
	free(feeder);
}

static int feeder_new(struct sinks *sinks, const char *file, struct feeder **out, struct resid_error *err)
{
	struct feeder *feeder = mem_zero(1, sizeof(*feeder));
	sd_event *event = sinks->options.event;

	feeder->sinks = sinks;
	feeder->restart = 1;
	snprintf(feeder->file.text, sizeof(feeder->file.text), "%s", file);
	if (sink_config_read(file, &feeder->config, err) ||
	    spool_cursor_open(sinks->options.spool, feeder->config.name, &feeder->cursor, err)) {
		feeder_free(feeder);
		return -1;
	}
	if (sd_event_add_io(event, &feeder->wake, spool_cursor_fd(feeder->cursor), EPOLLIN, feeder_wake, feeder) < 0 ||
	    sd_event_add_time_relative(event, &feeder->timer, CLOCK_MONOTONIC, 0, SECOND / 2, feeder_time,
				       feeder) < 0) {
		feeder_free(feeder);
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: cannot watch its cursor", file);
	}
	*out = feeder;
	return 0;
}

/* ---- all of them ------------------------------------------------------------------------------------------ */

int sinks_new(const struct sinks_options *options, struct sinks **out, struct resid_error *err)
{
	struct sinks *sinks = mem_zero(1, sizeof(*sinks));

	sinks->options = *options;
	sinks->dir = paths_in(options->dir ?: paths_conf_dir(), "sinks.d");
	*out = sinks;
	return 0;
}

static void sinks_stop(struct sinks *sinks)
{
	while (sinks->count)
		feeder_free(sinks->feeders[--sinks->count]);
}

void sinks_free(struct sinks *sinks)
{
	if (!sinks)
		return;
	sinks_stop(sinks);
	free(sinks->feeders);
	free(sinks);
}

struct sinks_loading {
	struct sinks *sinks;
	struct resid_error *first;	/* the first file that cannot be used */
	bool failed;
};

static int sinks_add(void *context, const char *file, struct resid_error *err)
{
	struct sinks_loading *loading = context;
	struct sinks *sinks = loading->sinks;
	struct feeder *feeder = NULL;

	if (feeder_new(sinks, file, &feeder, err)) {
		if (!loading->failed)
			*loading->first = *err;
		loading->failed = true;
		return 0;
	}
	*MEM_PUSH(sinks->feeders, sinks->count, sinks->room) = feeder;
	return 0;	/* the timer starts it */
}

int sinks_load(struct sinks *sinks, struct resid_error *err)
{
	struct resid_error each;
	struct sinks_loading loading = { .sinks = sinks, .first = err };

	sinks_stop(sinks);
	if (sink_config_each(sinks->dir.text, sinks_add, &loading, &each)) {
		*err = each;
		return -1;
	}
	return loading.failed ? -1 : 0;
}

size_t sinks_count(const struct sinks *sinks)
{
	return sinks ? sinks->count : 0;
}

void sinks_status(const struct sinks *sinks, size_t index, struct sink_status *out)
{
	const struct feeder *feeder = sinks->feeders[index];

	*out = feeder->status;
	out->name = feeder->config.name;
	out->transport = feeder->config.transport_name.text;
	out->format = feeder->config.format->name;
	out->pid = feeder->pid;
	out->lag = spool_cursor_lag(feeder->cursor);
	out->error = feeder->error;
}

const char *sink_state_name(enum sink_state state)
{
	static const char *const name[] = { "up", "failing", "down" };

	return name[state];
}
