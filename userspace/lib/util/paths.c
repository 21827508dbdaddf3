// SPDX-License-Identifier: Apache-2.0
#include "util/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"

static const char *paths_env(const char *name, const char *fallback)
{
	const char *value = secure_getenv(name);

	return value && *value ? value : fallback;
}

const char *paths_conf_dir(void)
{
	return paths_env("RESID_CONF_DIR", "/etc/resid");
}

const char *paths_state_dir(void)
{
	return paths_env("RESID_STATE_DIR", "/var/lib/resid");
}

const char *paths_run_dir(void)
{
	return paths_env("RESID_RUN_DIR", "/run/resid");
}

const char *paths_bpf_dir(void)
{
	return paths_env("RESID_BPF_DIR", "/sys/fs/bpf/resid");
}

const char *paths_log_file(void)
{
	return paths_env("RESID_LOG_FILE", "/var/log/resid/egress.jsonl");
}

struct path paths_in(const char *dir, const char *format, ...)
{
	struct path path;
	size_t used = (size_t)snprintf(path.text, sizeof(path.text), "%s/", dir);
	va_list args;

	if (used >= sizeof(path.text))
		used = sizeof(path.text) - 1;
	va_start(args, format);
	vsnprintf(path.text + used, sizeof(path.text) - used, format, args);
	va_end(args);
	return path;
}

int paths_make_dir(const char *dir, mode_t mode, struct resid_error *err)
{
	struct path path;

	snprintf(path.text, sizeof(path.text), "%s", dir);
	for (char *at = path.text + 1;; at++) {
		char was = *at;

		if (was != '/' && was != '\0')
			continue;
		*at = '\0';
		if (mkdir(path.text, was ? 0755 : mode) && errno != EEXIST)
			return resid_fail(err, RESID_EXIT_SYSTEM, "cannot make %s: %s", path.text, strerror(errno));
		*at = was;
		if (!was)
			return 0;
	}
}

struct path paths_dir_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	struct path dir = { "." };

	if (slash == file)
		snprintf(dir.text, sizeof(dir.text), "/");
	else if (slash)
		snprintf(dir.text, sizeof(dir.text), "%.*s", (int)(slash - file), file);
	return dir;
}

gid_t paths_group(void)
{
	const struct group *group = getgrnam("resid");

	return group ? group->gr_gid : (gid_t)-1;
}

static int paths_write_all(int fd, const char *data, size_t length)
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

int paths_write_file(const char *file, const void *data, size_t length, mode_t mode, bool group,
		     struct resid_error *err)
{
	struct path dir = paths_dir_of(file), beside;
	_cleanup_close_ int fd = -1, dir_fd = -1;

	if ((size_t)snprintf(beside.text, sizeof(beside.text), "%s.XXXXXX", file) >= sizeof(beside.text))
		return resid_fail(err, RESID_EXIT_SYSTEM, "the path %.200s... is too long", file);
	fd = mkostemp(beside.text, O_CLOEXEC);
	if (fd < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot write beside %s: %s", file, strerror(errno));
	/* Without the group the file stays root's: no reason to fail. */
	if ((group && fchown(fd, (uid_t)-1, paths_group())) || fchmod(fd, mode) ||
	    paths_write_all(fd, data, length) || fsync(fd) || rename(beside.text, file)) {
		int was = errno;

		unlink(beside.text);
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot write %s: %s", file, strerror(was));
	}
	dir_fd = open(dir.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd >= 0)
		fsync(dir_fd);
	return 0;
}
