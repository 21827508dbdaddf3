// SPDX-License-Identifier: Apache-2.0
#include "sink/child.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sink/format/format.h"
#include "sink/parse.h"
#include "sink/transport/transport.h"
#include "sink/wire.h"
#include "util/memory.h"
#include "util/paths.h"

#define NOBODY		65534
#define CHILD_MEMORY	(256u << 20)	/* bytes of data; it needs about a tenth */
#define RETRY_FIRST	250	/* milliseconds before the second attempt; doubles up to retry_max */

struct child {
	struct sink_config config;
	struct sink_link link;
	struct format_writer *writer;
	bool open;		/* the link is */
	bool unconfirmed;	/* it has delivered what it has not confirmed */
	unsigned int failures;	/* since the receiver last had what was sent */
	struct jsonw text;	/* of the batch */
	struct sink_record records[256];
	uint8_t message[WIRE_MAX];
};

/* ---- privileges ------------------------------------------------------------------------------------------- */

static int child_drop_capabilities(struct resid_error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);	/* fails without CAP_SETPCAP; no_new_privs holds then */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot give up capabilities: %s", strerror(errno));
	return 0;
}

/* Whoever makes files makes them as root, of the group that may read them. */
static int child_drop(bool files, struct resid_error *err)
{
	const struct rlimit memory = { CHILD_MEMORY, CHILD_MEMORY }, core = { 0, 0 };
	const struct passwd *user = getpwnam(SINK_USER);
	uid_t uid = user ? user->pw_uid : NOBODY;
	gid_t gid = user ? user->pw_gid : NOBODY, readers = paths_group();

	setrlimit(RLIMIT_DATA, &memory);
	setrlimit(RLIMIT_CORE, &core);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot give up privileges: %s", strerror(errno));
	if (geteuid())
		return 0;	/* there is nothing to give up */
	if (files && readers != (gid_t)-1 && setresgid(readers, readers, readers))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot become of group resid: %s", strerror(errno));
	if (!files && (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot become user %s: %s", user ? SINK_USER : "nobody",
				  strerror(errno));
	return child_drop_capabilities(err);
}

/* ---- talking to the daemon -------------------------------------------------------------------------------- */

/* False: the daemon is gone. */
static bool child_say(const void *message, size_t length)
{
	ssize_t sent;

	do
		sent = send(WIRE_FD, message, length, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)length;
}

static bool child_reply(enum wire_type type)
{
	const struct wire_header header = { .type = type };

	return child_say(&header, sizeof(header));
}

static bool child_failed(const struct resid_error *err)
{
	struct wire_report report = { .header.type = WIRE_FAILED };

	snprintf(report.text, sizeof(report.text), "%.500s", err->text);
	return child_say(&report, sizeof(report));
}

static void child_park(void *context, const struct sink_batch *batch, size_t index, const char *why)
{
	const struct sink_record *record = &batch->records[index];
	struct wire_report report = { .header.type = WIRE_PARK };

	snprintf(report.id, sizeof(report.id), "%s", record->id);
	snprintf(report.text, sizeof(report.text), "%.500s", why);
	snprintf(report.record, sizeof(report.record), "%.*s", (int)record->length, batch->text + record->offset);
	child_say(&report, sizeof(report));
}

/* Waits, or until the daemon goes: false. */
static bool child_pause(uint64_t milliseconds)
{
	struct pollfd daemon = { .fd = WIRE_FD, .events = POLLRDHUP };

	return poll(&daemon, 1, (int)milliseconds) <= 0 || !(daemon.revents & (POLLHUP | POLLRDHUP | POLLERR));
}

/* ---- delivering ------------------------------------------------------------------------------------------- */

static bool child_decode(struct child *child, const uint8_t *at, const uint8_t *end, uint32_t count,
			 struct sink_batch *batch)
{
	if (count > sizeof(child->records) / sizeof(*child->records))
		return false;
	child->text.length = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct sink_record *record = &child->records[i];
		const struct format_facts *facts;
		struct audit_event event;

		if (!wire_get(&at, end, &event))
			return false;
		record->offset = child->text.length;
		facts = format_record(child->writer, &event, child->config.transport->overhead, &child->text);
		record->length = child->text.length - record->offset;
		memcpy(record->id, facts->id, sizeof(record->id));
		record->wall_ns = event.last_wall_ns;
		record->boot_ns = event.last_boot_ns;
		record->host = event.host;
		record->severity = format_priority(&event);
		record->done = false;
	}
	*batch = (struct sink_batch){ .text = child->text.text, .records = child->records, .count = count };
	return true;
}

static void child_close(struct child *child)
{
	if (child->open)
		child->config.transport->close(&child->link);
	child->open = false;
}

static int child_attempt(struct child *child, struct sink_batch *batch, struct resid_error *err)
{
	const struct transport *transport = child->config.transport;

	if (!child->open && transport->open(&child->link, err))
		return -1;
	child->open = true;
	return transport->send(&child->link, batch, err);
}

/* The whole of it between half of the limit and the limit, so that many nodes do not come at once. */
static bool child_back_off(struct child *child)
{
	uint64_t limit = child->config.retry_max * 1000ull, wait = (uint64_t)RETRY_FIRST << child->failures;
	uint32_t random = 0;

	if (child->failures < 16)
		child->failures++;

	if (wait > limit)
		wait = limit;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0;
	return child_pause(wait / 2 + random % (wait / 2 + 1));
}

/* False: the daemon is gone. */
static bool child_deliver(struct child *child, struct sink_batch *batch)
{
	struct resid_error err;

	while (child_attempt(child, batch, &err)) {
		child_close(child);
		if (!child_failed(&err) || !child_back_off(child))
			return false;
		if (child->unconfirmed) {
			child->unconfirmed = false;
			return child_reply(WIRE_REWIND);
		}
	}
	child->unconfirmed = child->config.transport->confirm;
	if (child->unconfirmed)
		return child_reply(WIRE_DELIVERED);
	child->failures = 0;
	return child_reply(WIRE_CONFIRMED);
}

static bool child_confirm(struct child *child)
{
	struct resid_error err = { .text = "" };
	int result = child->open ? child->config.transport->confirm(&child->link, &err) : -1;

	child_close(child);
	child->unconfirmed = false;
	if (result)
		return child_failed(&err) && child_back_off(child) && child_reply(WIRE_REWIND);
	child->failures = 0;
	return child_reply(WIRE_CONFIRMED);
}

/* One message; false: it was the last. */
static bool child_turn(struct child *child)
{
	ssize_t length = recv(WIRE_FD, child->message, sizeof(child->message), 0);
	struct wire_header header;
	struct sink_batch batch;

	if (length < 0 && errno == EINTR)
		return true;
	if (length < (ssize_t)sizeof(header))
		return false;
	memcpy(&header, child->message, sizeof(header));
	if (header.type == WIRE_CONFIRM)
		return child_confirm(child);
	return header.type == WIRE_BATCH &&
	       child_decode(child, child->message + sizeof(header), child->message + length, header.count, &batch) &&
	       child_deliver(child, &batch);
}

static int child_begin(struct child *child, const char *file, struct resid_error *err)
{
	struct wire_header header = { 0 };
	char name[16];
	ssize_t length;

	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	length = recv(WIRE_FD, child->message, sizeof(child->message), 0);
	if (length > (ssize_t)sizeof(header))
		memcpy(&header, child->message, sizeof(header));
	if (header.type != WIRE_BEGIN || child->message[length - 1])
		return resid_fail(err, RESID_EXIT_USAGE, "residd --sink is for residd itself");
	if (sink_config_parse(file, (const char *)child->message + sizeof(header), &child->config, err))
		return -1;
	snprintf(name, sizeof(name), "sink:%.10s", child->config.name);
	prctl(PR_SET_NAME, name);
	child->link = (struct sink_link){ .config = &child->config, .park = child_park, .context = child };
	if (format_writer_new(child->config.format, child->config.enterprise, &child->writer, err) ||
	    (child->config.transport->prepare && child->config.transport->prepare(&child->link, err)) ||
	    child_drop(child->config.transport->files, err))
		return -1;
	return 0;
}

int sink_child_run(const char *file, struct resid_error *err)
{
	struct child *child = mem_zero(1, sizeof(*child));
	int result = child_begin(child, file, err);

	if (result)
		child_failed(err);
	else
		child_reply(WIRE_READY);
	while (!result && child_turn(child))
		;
	child_close(child);
	format_writer_free(child->writer);
	jsonw_fini(&child->text);
	free(child);
	return result;
}
