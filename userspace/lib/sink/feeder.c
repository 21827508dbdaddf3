// SPDX-License-Identifier: Apache-2.0
#include "sink/feeder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "util/file.h"
#include "util/jsonw.h"
#include "sink/parse.h"
#include "sink/transport/transport.h"
#include "sink/wire.h"
#include "util/cleanup.h"
#include "util/memory.h"

#define SECOND		1000000ull

static void feeder_say(struct feeder *feeder, const char *text)
{
	feeder->options->say(feeder->options->context, feeder->config.name, text);
}

void feeder_error(struct feeder *feeder, enum sink_state state, const char *text)
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

void feeder_timer(struct feeder *feeder, uint64_t seconds)
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

void feeder_begin(struct feeder *feeder)
{
	const struct wire_header header = { .type = WIRE_BEGIN };
	_cleanup_buffer_ struct buffer message = { 0 };

	buffer_append(&message, &header, sizeof(header));
	buffer_append(&message, feeder->text, strlen(feeder->text) + 1);
	feeder_send(feeder, message.data, message.length, WAIT_READY);
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

void feeder_feed(struct feeder *feeder)
{
	_cleanup_buffer_ struct buffer message = { 0 };
	struct wire_header header = { .type = WIRE_BATCH };

	if (!feeder->pid || feeder->wait != WAIT_NOTHING)
		return;
	buffer_append(&message, &header, sizeof(header));
	header.count = feeder->batch = feeder_fill(feeder, &message);
	if (!header.count && !feeder->look)
		return;
	feeder->look = false;
	memcpy(message.data, &header, sizeof(header));
	feeder_send(feeder, message.data, message.length, WAIT_BATCH);
}

void feeder_rewind(struct feeder *feeder)
{
	spool_cursor_rewind(feeder->cursor);
	feeder->unconfirmed = 0;
	feeder->wait = WAIT_NOTHING;
	sd_event_source_set_enabled(feeder->timer, SD_EVENT_OFF);
}

void feeder_confirm(struct feeder *feeder)
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
	fd = file_open(file.text, O_WRONLY | O_APPEND | O_CREAT, 0640, &ignored);
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
	case WIRE_READY:
		feeder->wait = WAIT_NOTHING;
		break;
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

int feeder_answer(sd_event_source *source, int fd, uint32_t events, void *context)
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

/* ---- from beginning to end --------------------------------------------------------------------------------- */

void feeder_free(struct feeder *feeder)
{
	if (!feeder)
		return;
	feeder_stop(feeder);
	sd_event_source_disable_unref(feeder->wake);
	sd_event_source_disable_unref(feeder->timer);
	spool_cursor_free(feeder->cursor);
	free(feeder->file);
	free(feeder->text);
	free(feeder);
}

int feeder_new(const struct sinks_options *options, const char *file, const char *text, struct feeder **out,
	       struct resid_error *err)
{
	struct feeder *feeder = mem_zero(1, sizeof(*feeder));
	sd_event *event = options->event;

	feeder->options = options;
	feeder->restart = 1;
	feeder->file = mem_copy(file, strlen(file));
	feeder->text = mem_copy(text, strlen(text));
	if (sink_config_parse(file, text, &feeder->config, err) ||
	    spool_cursor_open(options->spool, feeder->config.name, &feeder->cursor, err)) {
		feeder_free(feeder);
		return -1;
	}
	if (sd_event_add_io(event, &feeder->wake, spool_cursor_fd(feeder->cursor), EPOLLIN, feeder_wake, feeder) < 0 ||
	    sd_event_add_time_relative(event, &feeder->timer, CLOCK_MONOTONIC, 0, SECOND / 2, feeder_time,
				       feeder) < 0 ||
	    sd_event_source_set_enabled(feeder->timer, SD_EVENT_OFF) < 0) {
		feeder_free(feeder);
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: cannot watch its cursor", file);
	}
	feeder_start(feeder);
	*out = feeder;
	return 0;
}
