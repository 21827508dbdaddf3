// SPDX-License-Identifier: Apache-2.0
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/memory.h"
#include "util/utf8.h"

#define FILE_CHUNK ((size_t)1 << 16)

/* What the caller was handed by whoever started it: `/dev/fd/63` of a shell's <(...). It may be a pipe. */
static bool file_is_handed(const char *path)
{
	return !strcmp(path, "/dev/stdin") || !strcmp(path, "/dev/stdout") || !strcmp(path, "/dev/stderr") ||
	       !strncmp(path, "/dev/fd/", 8) || !strncmp(path, "/proc/self/fd/", 14);
}

static const char *file_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder";
	case S_IFIFO:
		return "a pipe";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

static int file_refuse(const char *path, const char *what, int error, struct resid_error *err)
{
	resid_fail(err, RESID_EXIT_INPUT, "%s: %s", path, what);
	errno = error;
	return -1;
}

int file_open(const char *path, int flags, mode_t mode, struct resid_error *err)
{
	bool handed = file_is_handed(path);
	_cleanup_close_ int fd = -1;
	struct stat st;
	char text[128];
	int opened;

	/* Looked at first: to open a device can be to use it. Looked at again: it may have been exchanged since. */
	if (handed || stat(path, &st) || S_ISREG(st.st_mode)) {
		fd = open(path, flags | O_CLOEXEC | O_NOCTTY | (handed ? 0 : O_NONBLOCK), mode);
		if (fd < 0 || fstat(fd, &st)) {
			int error = errno;

			snprintf(text, sizeof(text), "cannot be opened: %s", strerror(error));
			return file_refuse(path, text, error, err);
		}
	}
	if (!S_ISREG(st.st_mode) && (!handed || S_ISDIR(st.st_mode))) {
		snprintf(text, sizeof(text), "is %s, a file is needed", file_kind(st.st_mode));
		return file_refuse(path, text, EINVAL, err);
	}
	opened = fd;
	fd = -1;
	return opened;
}

FILE *file_stream(const char *path, struct resid_error *err)
{
	int fd = file_open(path, O_RDONLY, 0, err);

	return fd < 0 ? NULL : fdopen(fd, "re");
}

enum file_line file_line(FILE *file, char *line, size_t size, size_t *length)
{
	size_t used = 0;
	int byte;

	while ((byte = getc_unlocked(file)) != EOF) {
		if (used + 1 == size)
			return FILE_LINE_LONG;
		line[used++] = (char)byte;
		if (byte == '\n')
			break;
	}
	line[used] = '\0';
	*length = used;
	if (ferror(file))
		return FILE_LINE_FAILED;
	return used ? FILE_LINE_READ : FILE_LINE_NONE;
}

int file_read(const char *path, size_t max, char **data, size_t *length, struct resid_error *err)
{
	_cleanup_close_ int fd = file_open(path, O_RDONLY, 0, err);
	_cleanup_free_ char *buffer = NULL;
	size_t used = 0, capacity;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -1;
	if (S_ISREG(st.st_mode) && (unsigned long long)st.st_size > max)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: is longer than %zu bytes", path, max);

	/* one byte more than expected, so that the end of the file is seen without another round */
	capacity = (S_ISREG(st.st_mode) ? (size_t)st.st_size : 65536) + 1;
	buffer = mem_alloc(capacity + 1);
	for (;;) {
		ssize_t got = read(fd, buffer + used, capacity - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return resid_fail(err, RESID_EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
		if (!got)
			break;
		used += (size_t)got;
		if (used > max)
			return resid_fail(err, RESID_EXIT_INPUT, "%s: is longer than %zu bytes", path, max);
		if (used == capacity) {
			capacity *= 2;
			buffer = mem_resize(buffer, capacity + 1, 1);
		}
	}
	buffer[used] = '\0';
	*data = TAKE(buffer);
	*length = used;
	return 0;
}

int file_read_text(const char *path, size_t max, char **text, size_t *length, struct resid_error *err)
{
	if (file_read(path, max, text, length, err))
		return -1;
	if (utf8_mark(*text, *length)) {
		*length -= UTF8_MARK;
		memmove(*text, *text + UTF8_MARK, *length + 1);
	}
	return 0;
}

bool file_sha256_of(int fd, uint8_t out[32])
{
	_cleanup_free_ char *buffer = mem_alloc(FILE_CHUNK);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	ssize_t got;
	off_t at = 0;

	if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
		abort();
	do {
		got = pread(fd, buffer, FILE_CHUNK, at);
		if (got > 0 && !EVP_DigestUpdate(digest, buffer, (size_t)got))
			abort();
		at += got > 0 ? got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (!EVP_DigestFinal_ex(digest, out, NULL))
		abort();
	EVP_MD_CTX_free(digest);
	return !got;
}

bool file_sha256(const char *path, uint8_t out[32])
{
	struct resid_error ignored;
	_cleanup_close_ int fd = file_open(path, O_RDONLY, 0, &ignored);

	return fd >= 0 && file_sha256_of(fd, out);
}

/* The directory entry is on disk only when the folder is synced as well. */
static int file_sync_folder(const char *path)
{
	_cleanup_free_ char *folder = NULL;
	_cleanup_close_ int fd = -1;
	const char *base = file_base_name(path);

	folder = base == path ? mem_copy(".", 1) : mem_copy(path, (size_t)(base - path));
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -1 : fsync(fd);
}

static int file_write_all(int fd, const char *data, size_t length)
{
	while (length) {
		ssize_t done = write(fd, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		data += done;
		length -= (size_t)done;
	}
	return 0;
}

static int file_put_parts(int fd, const struct iovec *part, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (file_write_all(fd, part[i].iov_base, part[i].iov_len))
			return -1;
	return 0;
}

/* What the caller was handed, and /dev/null. Another pipe or device could make the writer wait for ever. */
static int file_open_stream(const char *path, mode_t mode, dev_t device)
{
	if (file_is_handed(path) || (S_ISCHR(mode) && device == makedev(1, 3)))
		return open(path, O_WRONLY | O_CLOEXEC);
	errno = EINVAL;
	return -1;
}

int file_write(const char *path, const void *data, size_t length, mode_t mode, gid_t group, struct resid_error *err)
{
	return file_write_parts(path, &(struct iovec){ (void *)data, length }, 1, mode, group, err);
}

int file_write_parts(const char *path, const struct iovec *part, size_t count, mode_t mode, gid_t group,
		     struct resid_error *err)
{
	_cleanup_free_ char *temporary = mem_format("%s.XXXXXX", path);
	_cleanup_close_ int fd = -1;
	struct stat st;
	int error;

	/* what is no file (-o /dev/stdout) is written, not replaced */
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		fd = file_open_stream(path, st.st_mode, st.st_rdev);
		if (fd < 0 && errno == EINVAL)
			return resid_fail(err, RESID_EXIT_INPUT, "%s: is %s, a file is needed", path, file_kind(st.st_mode));
		if (fd < 0 || file_put_parts(fd, part, count))
			return resid_fail(err, RESID_EXIT_SYSTEM, "%s: cannot be written: %s", path, strerror(errno));
		return 0;
	}

	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: cannot be written: %s", path, strerror(errno));
	if (fchown(fd, (uid_t)-1, group) || fchmod(fd, mode) || file_put_parts(fd, part, count) || fsync(fd) ||
	    rename(temporary, path)) {
		error = errno;
		unlink(temporary);
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: cannot be written: %s", path, strerror(error));
	}
	if (file_sync_folder(path))
		return resid_fail(err, RESID_EXIT_SYSTEM, "%s: written, but its folder cannot be synced: %s", path,
				  strerror(errno));
	return 0;
}

const char *file_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
