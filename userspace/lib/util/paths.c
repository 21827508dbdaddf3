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
#include <unistd.h>

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

const char *paths_share_dir(void)
{
	return paths_env("RESID_SHARE_DIR", "/usr/share/resid");
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

const char *paths_cache_dir(void)
{
	static struct path path;
	const char *named = paths_env("RESID_CACHE_DIR", ""), *home;

	if (*named || !geteuid())
		return *named ? named : "/var/cache/resid/worlds";
	home = paths_env("XDG_CACHE_HOME", "");
	if (*home == '/') {
		path = paths_in(home, "resid");
		return path.text;
	}
	home = paths_env("HOME", "");
	if (*home != '/')
		return "";
	path = paths_in(home, ".cache/resid");
	return path.text;
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
