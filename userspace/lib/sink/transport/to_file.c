// SPDX-License-Identifier: Apache-2.0
/*
 * A file of lines, synced before the cursor moves. It is rotated by size to PATH.1, PATH.2, ..., or by somebody else:
 * what has the name now is looked at before each write.
 *
 * A daemon that dies before its cursor moves gives records again that the file has; but the file says so itself. When
 * the first line after a start is in it, the lines behind that one are the next records', and none is written twice:
 *
 *   killed ...                   the file ends in             at the next start
 *   before lines are written     an earlier record            goes on at the cursor
 *   while they are written       some of them, maybe torn     cut to whole lines; goes on behind the last one
 *   between fsync and cursor     all of them                  the cursor moves behind the last one
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/jsonw.h"
#include "sink/transport/transport.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/file.h"

#define PAST_MAX	(16u << 20)	/* bytes of a file's end that can be in doubt: a batch has half a megabyte */

struct to_file {
	int fd;
	struct jsonw lines;
	bool looked;		/* for what the file has already */
	struct buffer past;	/* a newline and what the file has had since PATH.1 began */
	size_t at;		/* in it, of the next record's line; 0: no line was found yet */
};

static int file_trouble(const struct sink_link *link, struct resid_error *err)
{
	return resid_fail(err, RESID_EXIT_SYSTEM, "%s: %s", link->config->path.text, strerror(errno));
}

/* ---- opening ---------------------------------------------------------------------------------------------- */

/* What a crash left of a line is cut: its record comes again. */
static int file_cut_torn_line(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END), end = size;
	char bytes[4096];

	while (end > 0) {
		size_t part = end < (off_t)sizeof(bytes) ? (size_t)end : sizeof(bytes);
		const char *newline;

		if (pread(fd, bytes, part, end - (off_t)part) != (ssize_t)part)
			return -1;
		newline = memrchr(bytes, '\n', part);
		end -= (off_t)part;
		if (newline) {
			end += newline + 1 - bytes;
			break;
		}
	}
	if (end == size)
		return 0;
	return end < 0 || ftruncate(fd, end) || fsync(fd) ? -1 : 0;
}

/* The file, 0640 and of group resid, if there is one, which is the group of this process. */
static int file_open_fd(const struct sink_link *link, struct resid_error *err)
{
	const char *path = link->config->path.text;
	struct path folder = paths_dir_of(path);
	_cleanup_close_ int fd = -1, folder_fd = -1;
	int opened;

	if (paths_make_dir(folder.text, 0755, err))
		return -1;
	fd = file_open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0640, err);
	if (fd < 0)
		return errno == EINVAL ? -1 : file_trouble(link, err);	/* EINVAL: it is no file */
	if (flock(fd, LOCK_EX | LOCK_NB))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s is another sink's or another residd's", path);
	if (fchmod(fd, 0640) || fchown(fd, (uid_t)-1, getegid()) || file_cut_torn_line(fd))
		return file_trouble(link, err);
	folder_fd = open(folder.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd >= 0)
		fsync(folder_fd);
	opened = fd;
	fd = -1;
	return opened;
}

static int file_start(struct sink_link *link, struct resid_error *err)
{
	int fd = file_open_fd(link, err);
	struct to_file *to;

	if (fd < 0)
		return -1;
	link->state = to = mem_zero(1, sizeof(*to));
	to->fd = fd;
	return 0;
}

static void file_close(struct sink_link *link)
{
	struct to_file *to = link->state;

	close(to->fd);
	jsonw_fini(&to->lines);
	buffer_fini(&to->past);
	free(to);
}

/* ---- rotation --------------------------------------------------------------------------------------------- */

static int file_reopen(struct sink_link *link, struct resid_error *err)
{
	struct to_file *to = link->state;
	int fd = file_open_fd(link, err);

	if (fd < 0)
		return -1;
	close(to->fd);
	to->fd = fd;
	return 0;
}

/* Somebody else may have renamed or removed it. */
static int file_follow(struct sink_link *link, struct resid_error *err)
{
	const struct to_file *to = link->state;
	struct stat ours, named;

	if (!fstat(to->fd, &ours) && !stat(link->config->path.text, &named) && ours.st_ino == named.st_ino &&
	    ours.st_dev == named.st_dev)
		return 0;
	return file_reopen(link, err);
}

/* PATH.2 becomes PATH.3, PATH.1 PATH.2, PATH PATH.1; the last one goes. */
static int file_rotate(struct sink_link *link, struct resid_error *err)
{
	const char *path = link->config->path.text;

	for (uint32_t i = link->config->rotate_keep; i > 0; i--) {
		_cleanup_free_ char *to = mem_format("%s.%u", path, i);
		_cleanup_free_ char *from = i > 1 ? mem_format("%s.%u", path, i - 1) : mem_format("%s", path);

		if (rename(from, to) && errno != ENOENT)
			return file_trouble(link, err);
	}
	return file_reopen(link, err);
}

/* ---- what the file has already ---------------------------------------------------------------------------- */

/* The end of a file, synced: the cursor is about to move behind it. */
static void past_read(struct to_file *to, const char *path)
{
	struct resid_error ignored;
	_cleanup_close_ int fd = file_open(path, O_RDONLY | O_NOFOLLOW, 0, &ignored);
	size_t start = to->past.length, size;
	struct stat st;
	ssize_t got;
	off_t from;

	if (fd < 0 || fstat(fd, &st) || fdatasync(fd))
		return;
	from = st.st_size > (off_t)PAST_MAX ? st.st_size - (off_t)PAST_MAX : 0;
	size = (size_t)(st.st_size - from);
	got = pread(fd, buffer_extend(&to->past, size), size, from);
	to->past.length = start + (got > 0 ? (size_t)got : 0);
}

/* Where a record's line, between newlines in to->lines, begins in the past; 0: it is not there. */
static size_t past_find(struct sink_link *link)
{
	_cleanup_free_ char *rotated = mem_format("%s.1", link->config->path.text);
	struct to_file *to = link->state;
	const uint8_t *found;

	buffer_append(&to->past, "\n", 1);
	past_read(to, rotated);
	past_read(to, link->config->path.text);
	found = memmem(to->past.data, to->past.length, to->lines.text, to->lines.length);
	return found ? (size_t)(found - to->past.data) + 1 : 0;
}

/* Marks the records that the file has; the first one that it does not have ends the search for ever. */
static void past_mark(struct sink_link *link, struct sink_batch *batch)
{
	struct to_file *to = link->state;

	for (size_t i = 0; i < batch->count; i++) {
		struct sink_record *record = &batch->records[i];

		to->lines.length = 0;
		jsonw_raw(&to->lines, "\n", 1);
		jsonw_raw(&to->lines, batch->text + record->offset, record->length);
		jsonw_raw(&to->lines, "\n", 1);
		if (!to->at)
			to->at = past_find(link);
		if (!to->at || to->past.length - to->at < record->length + 1 ||
		    memcmp(to->past.data + to->at, to->lines.text + 1, record->length + 1)) {
			to->looked = true;
			buffer_fini(&to->past);
			to->past = (struct buffer){ 0 };
			return;
		}
		record->done = true;
		to->at += record->length + 1;
	}
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

/* All of it, or nothing. */
static int file_append(const struct sink_link *link, struct resid_error *err)
{
	const struct to_file *to = link->state;
	size_t written = 0;
	struct stat st;
	int was;

	if (fstat(to->fd, &st))
		return file_trouble(link, err);
	while (written < to->lines.length) {
		ssize_t done = write(to->fd, to->lines.text + written, to->lines.length - written);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			break;
		written += (size_t)done;
	}
	if (written == to->lines.length && !fdatasync(to->fd))
		return 0;
	was = errno;
	if (ftruncate(to->fd, st.st_size))
		fdatasync(to->fd);	/* what is torn is cut by the next open */
	errno = was;
	return file_trouble(link, err);
}

static int file_send(struct sink_link *link, struct sink_batch *batch, struct resid_error *err)
{
	struct to_file *to = link->state;
	struct stat st;

	if (file_follow(link, err))
		return -1;
	if (!to->looked)
		past_mark(link, batch);
	to->lines.length = 0;
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->records[i].done)
			continue;
		jsonw_raw(&to->lines, batch->text + batch->records[i].offset, batch->records[i].length);
		jsonw_raw(&to->lines, "\n", 1);
	}
	if (to->lines.length && file_append(link, err))
		return -1;
	for (size_t i = 0; i < batch->count; i++)
		batch->records[i].done = true;
	if (link->config->rotate_bytes && !fstat(to->fd, &st) && st.st_size >= link->config->rotate_bytes)
		return file_rotate(link, err);
	return 0;
}

const struct transport transport_file = {
	.name = "file",
	.format = "json",
	.files = true,
	.needs = TRANSPORT_PATH,
	.open = file_start,
	.send = file_send,
	.close = file_close,
};
