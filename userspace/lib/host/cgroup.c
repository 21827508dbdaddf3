// SPDX-License-Identifier: Apache-2.0
#include "host/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "bpf/tag.h"
#include "util/cleanup.h"
#include "util/file.h"

#define HANDLE_KERNFS	0xfe	/* FILEID_KERNFS, enum fid_type of the kernel's exportfs.h: the handle is the id */

DEFINE_CLEANUP(dir, DIR *, closedir);

union cgroup_handle {
	struct file_handle handle;
	char bytes[sizeof(struct file_handle) + sizeof(uint64_t)];
};

static bool cgroup_is_v2(const char *dir)
{
	struct statfs fs;

	return !statfs(dir, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

const char *cgroup_mount(struct resid_error *err)
{
	static const char *const usual[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	static struct path other;
	_cleanup_fclose_ FILE *mounts = NULL;
	char line[2 * PATH_MAX], type[64], path[PATH_MAX];

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (cgroup_is_v2(usual[i]))
			return usual[i];
	if (*other.text)
		return other.text;
	mounts = file_stream("/proc/self/mounts", err);
	while (mounts && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %4095s %63s", path, type) == 2 && !strcmp(type, "cgroup2")) {
			snprintf(other.text, sizeof(other.text), "%s", path);
			return other.text;
		}
	}
	resid_fail(err, RESID_EXIT_SYSTEM, "no cgroup v2 tree is mounted; mount it with `mount -t cgroup2 cgroup2 "
					   "/sys/fs/cgroup`");
	return NULL;
}

int cgroup_normalize(const char *path, struct path *out, struct resid_error *err)
{
	struct resid_error ignored;
	const char *mount = cgroup_mount(&ignored), *at = path;
	size_t used = 0;
	int level = 0;

	if (mount && !strncmp(path, mount, strlen(mount)) && (path[strlen(mount)] == '/' || !path[strlen(mount)]))
		at += strlen(mount);
	while (*at) {
		size_t length;

		at += strspn(at, "/");
		length = strcspn(at, "/");
		if (!length)
			break;
		if ((length == 1 && *at == '.') || (length == 2 && !strncmp(at, "..", 2)))
			return resid_fail(err, RESID_EXIT_INPUT, "the cgroup path `%.400s` has a . or .. in it", path);
		if (used + length + 2 > sizeof(out->text))
			return resid_fail(err, RESID_EXIT_INPUT, "the cgroup path `%.100s...` is too long", path);
		out->text[used++] = '/';
		memcpy(out->text + used, at, length);
		used += length;
		at += length;
		level++;
	}
	if (level >= TAG_LEVEL_MAX)
		return resid_fail(err, RESID_EXIT_INPUT, "the cgroup path `%.400s` is %d levels deep; labels are seen down "
							 "to %d", path, level, TAG_LEVEL_MAX - 1);
	if (!used)
		out->text[used++] = '/';
	out->text[used] = '\0';
	return 0;
}

bool cgroup_id(const char *path, uint64_t *id)
{
	union cgroup_handle handle = { .handle = { .handle_bytes = sizeof(uint64_t) } };
	struct resid_error ignored;
	const char *mount = cgroup_mount(&ignored);
	struct path full;
	int mount_id;

	if (!mount)
		return false;
	full = paths_in(mount, "%s", path + strspn(path, "/"));
	if (!cgroup_is_v2(full.text) ||
	    name_to_handle_at(AT_FDCWD, full.text, &handle.handle, &mount_id, 0) ||
	    handle.handle.handle_bytes != sizeof(*id))
		return false;
	memcpy(id, handle.handle.f_handle, sizeof(*id));
	return true;
}

bool cgroup_path(uint64_t id, struct path *out)
{
	union cgroup_handle handle = { .handle = { .handle_bytes = sizeof(id), .handle_type = HANDLE_KERNFS } };
	_cleanup_close_ int mount_fd = -1, fd = -1;
	struct resid_error ignored;
	const char *mount = cgroup_mount(&ignored);
	char link[64], path[PATH_MAX];
	ssize_t length;
	size_t prefix;

	if (!mount || !id)
		return false;
	mount_fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	memcpy(handle.handle.f_handle, &id, sizeof(id));
	fd = mount_fd < 0 ? -1 : open_by_handle_at(mount_fd, &handle.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return false;
	path[length] = '\0';
	prefix = strlen(mount);
	if (strncmp(path, mount, prefix) || (path[prefix] && path[prefix] != '/'))
		return false;
	snprintf(out->text, sizeof(out->text), "%s", path[prefix] ? path + prefix : "/");
	return true;
}

static bool cgroup_is_slice(const char *name)
{
	size_t length = strlen(name);

	return length > 6 && !strcmp(name + length - 6, ".slice");
}

/* False when a visitor said stop. */
static bool cgroup_walk(const char *mount, const char *path, int level, cgroup_visit *visit, void *context)
{
	struct path full = paths_in(mount, "%s", path + 1);
	_cleanup_(cleanup_dir) DIR *dir = NULL;
	struct dirent *entry;

	if (!visit(context, path))
		return false;
	dir = level < TAG_LEVEL_MAX ? opendir(full.text) : NULL;
	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *below = NULL;

		if (entry->d_type != DT_DIR || !cgroup_is_slice(entry->d_name))
			continue;
		if (asprintf(&below, "%s/%s", path[1] ? path : "", entry->d_name) < 0) {
			below = NULL;
			continue;
		}
		if (!cgroup_walk(mount, below, level + 1, visit, context))
			return false;
	}
	return true;
}

void cgroup_each_slice(cgroup_visit *visit, void *context)
{
	struct resid_error ignored;
	const char *mount = cgroup_mount(&ignored);

	if (mount)
		cgroup_walk(mount, "/", 0, visit, context);
}

struct cgroup_search {
	const char *unit;
	struct path *out;
	bool found;
};

static bool cgroup_search_visit(void *context, const char *path)
{
	struct cgroup_search *search = context;
	struct path candidate = paths_in(path[1] ? path : "", "%s", search->unit);
	uint64_t id;

	if (!cgroup_id(candidate.text, &id))
		return true;
	*search->out = candidate;
	search->found = true;
	return false;
}

bool cgroup_find_unit(const char *unit, struct path *out)
{
	struct cgroup_search search = { .unit = unit, .out = out };

	cgroup_each_slice(cgroup_search_visit, &search);
	return search.found;
}
