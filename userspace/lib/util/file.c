// SPDX-License-Identifier: Apache-2.0
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/memory.h"

#define FILE_CHUNK ((size_t)1 << 16)

int file_read(const char *path, size_t max, char **data, size_t *length, struct resid_error *err)
{
	_cleanup_free_ char *buffer = NULL;
	_cleanup_close_ int fd = -1;
	size_t used = 0, capacity;
	struct stat st;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return resid_fail(err, RESID_EXIT_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return resid_fail(err, RESID_EXIT_INPUT, "%s: is a folder, a file is needed", path);
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

bool file_sha256(const char *path, uint8_t out[32])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *buffer = mem_alloc(FILE_CHUNK);
	EVP_MD_CTX *digest;
	struct stat st;
	ssize_t got = -1;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	digest = EVP_MD_CTX_new();
	if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
		abort();
	do {
		got = read(fd, buffer, FILE_CHUNK);
		if (got > 0 && !EVP_DigestUpdate(digest, buffer, (size_t)got))
			abort();
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (!EVP_DigestFinal_ex(digest, out, NULL))
		abort();
	EVP_MD_CTX_free(digest);
	return !got;
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

	/* a device or a pipe (-o /dev/stdout) is written, not replaced */
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
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
