// SPDX-License-Identifier: Apache-2.0
#include "audit/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/format.h"
#include "util/cleanup.h"
#include "util/memory.h"
#include "util/paths.h"

#define CURSOR		"log"
#define RESUME_RECORDS	1000000	/* that the file may be ahead of the cursor: full disks keep cursors from moving */
#define ID_PREFIX	"{\"id\":\""

struct logfile {
	char *path;
	int fd;
	struct spool_cursor *cursor;
	struct format_writer *writer;
	struct jsonw text;
};

DEFINE_CLEANUP(logfile, struct logfile *, logfile_free);

static int logfile_fail(const char *what, const char *path, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM, "cannot %s %s: %s", what, path, strerror(errno));
}

/* ---- the end of a file ------------------------------------------------------------------------------------ */

struct tail {
	off_t end;		/* behind the last newline */
	char id[AUDIT_ID];	/* of the last line; "" : none, or not one of ours */
};

static void tail_scan(const char *bytes, size_t size, struct tail *tail)
{
	const char *newline = memrchr(bytes, '\n', size), *line, *quote;
	size_t length;

	if (!newline)
		return;
	tail->end = newline + 1 - bytes;
	line = memrchr(bytes, '\n', (size_t)(newline - bytes));
	line = line ? line + 1 : bytes;
	length = (size_t)(newline - line);
	if (length <= strlen(ID_PREFIX) || memcmp(line, ID_PREFIX, strlen(ID_PREFIX)))
		return;
	line += strlen(ID_PREFIX);
	quote = memchr(line, '"', (size_t)(newline - line));
	if (quote && (size_t)(quote - line) < sizeof(tail->id))
		memcpy(tail->id, line, (size_t)(quote - line));
}

static int tail_read(int fd, const char *path, struct tail *tail, off_t *size, struct resid_error *err)
{
	struct stat st;
	void *bytes;

	*tail = (struct tail){ 0 };
	if (fstat(fd, &st))
		return logfile_fail("read", path, err);
	*size = st.st_size;
	if (!st.st_size)
		return 0;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return logfile_fail("read", path, err);
	tail_scan(bytes, (size_t)st.st_size, tail);
	munmap(bytes, (size_t)st.st_size);
	return 0;
}

/* A file that is still empty after a rotation goes on where PATH.1 ends. */
static void tail_rotated(const char *path, struct tail *tail)
{
	struct path rotated;
	_cleanup_close_ int fd = -1;
	struct resid_error ignored;
	off_t size;

	snprintf(rotated.text, sizeof(rotated.text), "%s.1", path);
	fd = open(rotated.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && tail_read(fd, rotated.text, tail, &size, &ignored))
		*tail = (struct tail){ 0 };
}

/* ---- the file --------------------------------------------------------------------------------------------- */

static int logfile_open_fd(const char *path, int *out, struct tail *tail, struct resid_error *err)
{
	struct path dir = paths_dir_of(path);
	_cleanup_close_ int fd = -1, dir_fd = -1;
	off_t size;

	if (paths_make_dir(dir.text, 0755, err))
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return logfile_fail("open", path, err);
	if (flock(fd, LOCK_EX | LOCK_NB))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s is another residd's; stop that one first", path);
	/* Without a group `resid` the file stays root's. */
	if (fchmod(fd, 0640) || fchown(fd, (uid_t)-1, paths_group()))
		return logfile_fail("set the group of", path, err);
	if (tail_read(fd, path, tail, &size, err))
		return -1;
	if (tail->end != size && (ftruncate(fd, tail->end) || fsync(fd)))
		return logfile_fail("cut the torn end of", path, err);
	if (!tail->end)
		tail_rotated(path, tail);
	dir_fd = open(dir.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd >= 0)
		fsync(dir_fd);
	*out = fd;
	fd = -1;
	return 0;
}

/* Behind the record that the file ends in, if it is one of those that a crash can have left before the cursor moved. */
static int logfile_resume(struct logfile *log, const char *last, struct resid_error *err)
{
	struct audit_event event;
	char id[AUDIT_ID];

	for (int i = 0; *last && i < RESUME_RECORDS; i++) {
		int result = spool_cursor_next(log->cursor, &event, err);

		if (result < 0)
			return -1;
		if (!result)
			break;
		event_id(&event, id);
		if (!strcmp(id, last))
			return spool_cursor_commit(log->cursor, err);
	}
	spool_cursor_rewind(log->cursor);
	return 0;
}

int logfile_open(const char *path, struct spool *spool, struct logfile **out, struct resid_error *err)
{
	_cleanup_(cleanup_logfile) struct logfile *log = mem_zero(1, sizeof(*log));
	struct tail tail;

	log->fd = -1;
	log->path = mem_copy(path, strlen(path));
	if (logfile_open_fd(path, &log->fd, &tail, err) || spool_cursor_open(spool, CURSOR, &log->cursor, err) ||
	    format_writer_new(&format_json, 0, &log->writer, err) || logfile_resume(log, tail.id, err))
		return -1;
	*out = TAKE(log);
	return 0;
}

void logfile_free(struct logfile *log)
{
	if (!log)
		return;
	format_writer_free(log->writer);
	spool_cursor_free(log->cursor);
	jsonw_fini(&log->text);
	if (log->fd >= 0)
		close(log->fd);
	free(log->path);
	free(log);
}

int logfile_reopen(struct logfile *log, struct resid_error *err)
{
	struct stat ours, named;
	struct tail ignored;
	int fd;

	/* Still the same file: its lock is ours already. */
	if (!fstat(log->fd, &ours) && !stat(log->path, &named) && ours.st_ino == named.st_ino &&
	    ours.st_dev == named.st_dev)
		return 0;
	if (logfile_open_fd(log->path, &fd, &ignored, err))
		return -1;
	close(log->fd);
	log->fd = fd;
	return 0;
}

/* All of it, or nothing. */
static int logfile_append(struct logfile *log, const char *bytes, size_t length, struct resid_error *err)
{
	struct stat st;
	int was;

	if (fstat(log->fd, &st))
		return logfile_fail("write", log->path, err);
	while (length) {
		ssize_t done = write(log->fd, bytes, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			break;
		bytes += done;
		length -= (size_t)done;
	}
	if (!length && !fsync(log->fd))
		return 0;
	was = errno;
	if (ftruncate(log->fd, st.st_size))
		fsync(log->fd);
	errno = was;
	return logfile_fail("write", log->path, err);
}

int logfile_pump(struct logfile *log, bool *more, struct resid_error *err)
{
	struct audit_event event;
	int count = 0, result = 0;

	log->text.length = 0;
	while (count < LOGFILE_RECORDS && (result = spool_cursor_next(log->cursor, &event, err)) > 0) {
		format_record(log->writer, &event, 0, &log->text);
		jsonw_line(&log->text);
		count++;
	}
	*more = count == LOGFILE_RECORDS;
	/* What was read before a place that cannot be read is written all the same. */
	if (count && logfile_append(log, log->text.text, log->text.length, err)) {
		spool_cursor_rewind(log->cursor);
		return -1;
	}
	/* A cursor that cannot be kept now is kept later; the lines are in the file, which says so itself. */
	if (count && spool_cursor_commit(log->cursor, err))
		return -1;
	return result < 0 ? -1 : 0;
}

int logfile_fd(const struct logfile *log)
{
	return spool_cursor_fd(log->cursor);
}

uint64_t logfile_lag(const struct logfile *log)
{
	return spool_cursor_lag(log->cursor);
}
