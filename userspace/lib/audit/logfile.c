// SPDX-License-Identifier: Apache-2.0
#include "audit/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "audit/record.h"
#include "util/cleanup.h"
#include "util/memory.h"
#include "util/paths.h"

struct logfile {
	char *path;
	int fd;
};

static int logfile_fail(const char *what, const char *path, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM, "cannot %s %s: %s", what, path, strerror(errno));
}

/* ---- the end of a file ------------------------------------------------------------------------------------ */

/* What a file ends in. Offsets of whole lines only. */
struct tail {
	off_t end;		/* behind the last newline */
	bool record;		/* the last line is a record: of this batch */
	uint8_t instance[16];
	uint64_t batch;
	uint32_t last;		/* its index */
	off_t start;		/* where the first line of that batch begins */
	bool whole;		/* the batch's lines count from 0 to last without a gap */
};

static void tail_scan(const char *bytes, size_t length, struct tail *tail)
{
	const char *newline = memrchr(bytes, '\n', length);
	uint32_t expected = 0;

	memset(tail, 0, sizeof(*tail));
	length = newline ? (size_t)(newline - bytes) + 1 : 0;
	tail->end = tail->start = (off_t)length;
	while (length) {
		const char *before = memrchr(bytes, '\n', length - 1);
		size_t start = before ? (size_t)(before - bytes) + 1 : 0;
		uint8_t instance[16] = { 0 };
		uint64_t batch;
		uint32_t index;

		if (!record_parse_id(bytes + start, length - start, instance, &batch, &index))
			return;
		if (!tail->record) {
			tail->record = true;
			memcpy(tail->instance, instance, sizeof(instance));
			tail->batch = batch;
			tail->last = expected = index;
		} else if (batch != tail->batch || memcmp(instance, tail->instance, sizeof(instance)) ||
			   index != expected) {
			return;
		}
		tail->start = (off_t)start;
		tail->whole = index == 0;
		if (!index)
			return;
		expected = index - 1;
		length = start;
	}
}

static int tail_read(int fd, const char *path, struct tail *tail, off_t *size, struct resid_error *err)
{
	struct stat st;
	void *bytes;

	memset(tail, 0, sizeof(*tail));
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

static int tail_cut(int fd, const char *path, off_t at, struct resid_error *err)
{
	if (ftruncate(fd, at) || fsync(fd))
		return logfile_fail("cut the torn end of", path, err);
	return 0;
}

/* ---- the file --------------------------------------------------------------------------------------------- */

static int logfile_open_fd(const char *path, int *out, struct resid_error *err)
{
	struct path dir = paths_dir_of(path);
	_cleanup_close_ int fd = -1, dir_fd = -1;
	struct tail tail;
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
	if (tail_read(fd, path, &tail, &size, err))
		return -1;
	if (tail.end != size && tail_cut(fd, path, tail.end, err))
		return -1;
	dir_fd = open(dir.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd >= 0)
		fsync(dir_fd);
	*out = fd;
	fd = -1;
	return 0;
}

int logfile_open(const char *path, struct logfile **out, struct resid_error *err)
{
	struct logfile *log;
	int fd;

	if (logfile_open_fd(path, &fd, err))
		return -1;
	log = mem_zero(1, sizeof(*log));
	log->path = mem_copy(path, strlen(path));
	log->fd = fd;
	*out = log;
	return 0;
}

void logfile_free(struct logfile *log)
{
	if (!log)
		return;
	close(log->fd);
	free(log->path);
	free(log);
}

const char *logfile_path(const struct logfile *log)
{
	return log->path;
}

int logfile_reopen(struct logfile *log, struct resid_error *err)
{
	struct stat ours, named;
	int fd;

	/* Still the same file: its lock is ours already. */
	if (!fstat(log->fd, &ours) && !stat(log->path, &named) && ours.st_ino == named.st_ino &&
	    ours.st_dev == named.st_dev)
		return 0;
	if (logfile_open_fd(log->path, &fd, err))
		return -1;
	close(log->fd);
	log->fd = fd;
	return 0;
}

static int logfile_resume_fd(int fd, const char *path, const uint8_t instance[16], uint64_t batch, uint32_t count,
			     bool *written, bool *empty, struct resid_error *err)
{
	struct tail tail;
	off_t size;

	if (tail_read(fd, path, &tail, &size, err))
		return -1;
	*empty = !tail.end;
	*written = false;
	if (tail.record && tail.batch == batch && !memcmp(tail.instance, instance, sizeof(tail.instance))) {
		*written = tail.whole && tail.last == count - 1;
		if (!*written)
			return tail_cut(fd, path, tail.start, err);
	}
	return tail.end != size ? tail_cut(fd, path, tail.end, err) : 0;
}

int logfile_resume(struct logfile *log, const uint8_t instance[16], uint64_t batch, uint32_t count, bool *written,
		   struct resid_error *err)
{
	_cleanup_close_ int fd = -1;
	struct path rotated;
	bool empty;

	if (logfile_resume_fd(log->fd, log->path, instance, batch, count, written, &empty, err))
		return -1;
	if (!empty)
		return 0;
	snprintf(rotated.text, sizeof(rotated.text), "%s.1", log->path);
	fd = open(rotated.text, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	return logfile_resume_fd(fd, rotated.text, instance, batch, count, written, &empty, err);
}

int logfile_append(struct logfile *log, const void *bytes, size_t length, struct resid_error *err)
{
	const char *at = bytes;
	struct stat st;
	int was;

	if (fstat(log->fd, &st))
		return logfile_fail("write", log->path, err);
	while (length) {
		ssize_t done = write(log->fd, at, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			break;
		at += done;
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
