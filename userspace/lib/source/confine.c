// SPDX-License-Identifier: Apache-2.0
/* The caller's side of confine.h: it seals the file, starts the child and believes nothing that comes out. */
#include "source/confine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "source/source.h"
#include "util/cleanup.h"
#include "util/file.h"
#include "util/memory.h"

#define CONFINE_SEAL_PAUSE	20000000	/* nanoseconds */
#define CONFINE_SEAL_TRIES	500

struct confine_process {
	pid_t pid;
	int status;
};

/* What of the child has come and was not taken yet. */
struct confine_inbox {
	char why[512];		/* its own sentence, if it gave one */
	bool ended;
	size_t used;
	uint8_t bytes[2 * CONFINE_BATCH];
};

int confine_refuse(const char *path, struct resid_error *err, const char *format, ...)
{
	char text[768];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return resid_fail(err, RESID_EXIT_INPUT, "%s: %s; %s", path, text, SOURCE_REMEDY);
}

/* Whoever else looks at memory (migration, compaction) can hold a page for a moment: then the kernel says EBUSY. */
static int confine_add_seals(int fd)
{
	const struct timespec pause = { .tv_nsec = CONFINE_SEAL_PAUSE };
	int tries = CONFINE_SEAL_TRIES;

	while (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		if (errno != EBUSY || !tries--)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* All of a file, which may be a pipe that the caller was handed. */
static int confine_copy(const char *path, int in, int out, struct resid_error *err)
{
	_cleanup_free_ char *buffer = mem_alloc(CONFINE_BATCH);
	size_t length = 0;
	ssize_t got;

	while ((got = read(in, buffer, CONFINE_BATCH)) > 0 || (got < 0 && errno == EINTR)) {
		length += got > 0 ? (size_t)got : 0;
		if (length > CONFINE_FILE)
			return resid_fail(err, RESID_EXIT_INPUT, "%s: is longer than %zu bytes", path, CONFINE_FILE);
		/* memory takes all of it, or there is none */
		if (got > 0 && write(out, buffer, (size_t)got) != got)
			return resid_fail(err, RESID_EXIT_SYSTEM, "%s: no memory for it: %s", path, strerror(errno));
	}
	if (got < 0)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
	return length ? 0 : confine_refuse(path, err, "is empty");
}

/* The file as it is now, in memory that nobody can change any more. */
static int confine_seal(const char *path, struct resid_error *err)
{
	_cleanup_close_ int in = file_open(path, O_RDONLY, 0, err), out = -1;
	struct stat st;
	int taken;

	if (in < 0)
		return -1;
	if (!fstat(in, &st) && S_ISREG(st.st_mode) && (unsigned long long)st.st_size > CONFINE_FILE)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: is longer than %zu bytes", path, CONFINE_FILE);
	out = memfd_create("resid-source", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (out < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: no memory for it: %s", path, strerror(errno));
	if (confine_copy(path, in, out, err))
		return -1;
	if (confine_add_seals(out) || lseek(out, 0, SEEK_SET))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: cannot be sealed: %s", path, strerror(errno));
	taken = out;
	out = -1;
	return taken;
}

/* Its sentence is text of a stranger, for one line. */
static void confine_hear(struct confine_inbox *inbox, const uint8_t *text, size_t length)
{
	size_t i;

	for (i = 0; i < length && i + 1 < sizeof(inbox->why); i++)
		inbox->why[i] = text[i] >= ' ' && text[i] < 127 ? (char)text[i] : '?';
	inbox->why[i] = '\0';
}

/* All whole messages. */
static int confine_take(const struct confine_job *job, struct confine_inbox *inbox, struct resid_error *err)
{
	struct confine_head head;
	size_t at = 0;

	while (!inbox->ended && inbox->used - at >= sizeof(head)) {
		const uint8_t *bytes = inbox->bytes + at + sizeof(head);

		memcpy(&head, inbox->bytes + at, sizeof(head));
		if (head.length > CONFINE_MESSAGE || *inbox->why)
			return confine_refuse(job->path, err, "its parser says what makes no sense");
		if (inbox->used - at < sizeof(head) + head.length)
			break;
		if (head.kind == CONFINE_END)
			inbox->ended = true;
		else if (head.kind == CONFINE_FAIL)
			confine_hear(inbox, bytes, head.length);
		else if (job->take(job->context, head.kind, bytes, head.length, err))
			return -1;
		at += sizeof(head) + head.length;
	}
	inbox->used -= at;
	memmove(inbox->bytes, inbox->bytes + at, inbox->used);
	return 0;
}

static int confine_receive(const struct confine_job *job, struct confine_inbox *inbox, int in, struct resid_error *err)
{
	while (!inbox->ended) {
		ssize_t got = read(in, inbox->bytes + inbox->used, sizeof(inbox->bytes) - inbox->used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		inbox->used += (size_t)got;
		if (confine_take(job, inbox, err))
			return -1;
	}
	return 0;
}

static void confine_wait(struct confine_process *process)
{
	while (waitpid(process->pid, &process->status, 0) < 0 && errno == EINTR)
		;
	process->pid = 0;
}

/* Ended by force: it may have been refused in the middle. */
static void confine_reap(struct confine_process *process)
{
	if (process->pid <= 0)
		return;
	kill(process->pid, SIGKILL);
	confine_wait(process);
}

static int confine_why(const struct confine_job *job, int status, const char *why, struct resid_error *err)
{
	if (*why)
		return resid_fail(err, RESID_EXIT_INPUT, "%s%s; %s", job->path, why, SOURCE_REMEDY);
	if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		return confine_refuse(job->path, err, "its parser came to no end in %d s", CONFINE_SECONDS);
	if (WIFSIGNALED(status))
		return confine_refuse(job->path, err,
				      "the data are damaged: their parser, which runs confined, died of them (%s)",
				      strsignal(WTERMSIG(status)));
	/* memory.h ends a process so */
	if (WIFEXITED(status) && WEXITSTATUS(status) == RESID_EXIT_SYSTEM)
		return confine_refuse(job->path, err, "its parser needs more than %zu MiB of memory",
				      CONFINE_MEMORY >> 20);
	return confine_refuse(job->path, err, "the data are damaged: their parser gave up without a word");
}

int confine_run(const struct confine_job *job, struct resid_error *err)
{
	_cleanup_(confine_reap) struct confine_process process = { 0 };
	_cleanup_close_ int fd = confine_seal(job->path, err), in = -1;
	struct confine_inbox inbox;
	int ends[2];

	if (fd < 0)
		return -1;
	if (job->sha256 && !file_sha256_of(fd, job->sha256))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: cannot be read: %s", job->path, strerror(errno));
	if (pipe2(ends, O_CLOEXEC))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: no pipe to its parser: %s", job->path, strerror(errno));
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	process.pid = fork();
	if (!process.pid)
		confine_child(job, fd, ends[1]);
	close(ends[1]);
	in = ends[0];
	if (process.pid < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: no process for its parser: %s", job->path, strerror(errno));
	inbox.used = 0;
	inbox.why[0] = '\0';
	inbox.ended = false;
	if (confine_receive(job, &inbox, in, err))
		return -1;
	if (inbox.ended)
		return 0;
	/* the pipe's end: the child is gone or going */
	confine_wait(&process);
	return confine_why(job, process.status, inbox.why, err);
}
