// SPDX-License-Identifier: Apache-2.0
#include "geo/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/file.h"
#include "util/paths.h"

static bool cache_is_trusted(int fd, bool folder)
{
	struct stat st;

	return !fstat(fd, &st) && (folder ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode)) &&
	       (st.st_uid == geteuid() || !st.st_uid) && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int cache_folder(void)
{
	_cleanup_close_ int fd = open(paths_cache_dir(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int folder = fd;

	if (fd < 0 || !cache_is_trusted(fd, true))
		return -1;
	fd = -1;
	return folder;
}

int cache_open(const char *name)
{
	_cleanup_close_ int folder = cache_folder(), fd = -1;
	int file;

	if (folder >= 0)
		fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || !cache_is_trusted(fd, false))
		return -1;
	file = fd;
	fd = -1;
	return file;
}

bool cache_is_writable(void)
{
	_cleanup_close_ int folder = -1;
	struct resid_error ignored;

	if (!*paths_cache_dir() || paths_make_dir(paths_cache_dir(), 0755, &ignored))
		return false;
	folder = cache_folder();
	return folder >= 0 && !access(paths_cache_dir(), W_OK);
}

void cache_write(const char *name, const struct iovec *part, size_t count)
{
	struct path path = paths_in(paths_cache_dir(), "%s", name);
	struct resid_error ignored;

	file_write_parts(path.text, part, count, 0644, FILE_OWN_GROUP, &ignored);
}

/* How many there are, and the one that was used least lately. */
static size_t cache_scan(int folder, const char *suffix, char oldest[NAME_MAX + 1])
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	struct timespec least = { 0 };
	const struct dirent *entry;
	size_t count = 0;

	while (list && (entry = readdir(list))) {
		size_t length = strlen(entry->d_name);
		struct stat st;

		if (length <= strlen(suffix) || strcmp(entry->d_name + length - strlen(suffix), suffix) ||
		    fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (!count++ || st.st_mtim.tv_sec < least.tv_sec ||
		    (st.st_mtim.tv_sec == least.tv_sec && st.st_mtim.tv_nsec < least.tv_nsec)) {
			least = st.st_mtim;
			snprintf(oldest, NAME_MAX + 1, "%s", entry->d_name);
		}
	}
	if (list)
		closedir(list);
	return count;
}

void cache_prune(const char *suffix, size_t kept)
{
	_cleanup_close_ int folder = cache_folder();
	char oldest[NAME_MAX + 1];

	while (folder >= 0 && cache_scan(folder, suffix, oldest) > kept)
		if (unlinkat(folder, oldest, 0))
			return;
}

size_t cache_count(const char *suffix)
{
	_cleanup_close_ int folder = cache_folder();
	char ignored[NAME_MAX + 1];

	return folder < 0 ? 0 : cache_scan(folder, suffix, ignored);
}
