// SPDX-License-Identifier: Apache-2.0
#include "node/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/file.h"
#include "util/hex.h"
#include "util/memory.h"

#define SUFFIX	".rsnap"

DEFINE_CLEANUP(dir, DIR *, closedir);

struct path store_current(void)
{
	return paths_in(paths_state_dir(), "current.rsnap");
}

struct path store_generation(const uint8_t *generation)
{
	char hex[2 * RESID_DIGEST_LEN + 1];

	hex_format(generation, RESID_DIGEST_LEN, hex);
	return paths_in(paths_state_dir(), "generations/%s" SUFFIX, hex);
}

int store_save(const struct snapshot *snapshot, struct resid_error *err)
{
	struct path dir = paths_in(paths_state_dir(), "generations");
	struct path file = store_generation(snapshot_generation(snapshot));
	_cleanup_(cleanup_snapshot) struct snapshot *have = NULL;
	struct resid_error ignored;
	size_t length;
	const void *bytes = snapshot_bytes(snapshot, &length);

	if (paths_make_dir(dir.text, 0755, err))
		return -1;
	/* The same generation is the same bytes, if the file is whole. */
	if (!access(file.text, F_OK) && !snapshot_open(file.text, &have, &ignored))
		return 0;
	return file_write(file.text, bytes, length, 0644, FILE_OWN_GROUP, err);
}

int store_set_current(const uint8_t *generation, struct resid_error *err)
{
	struct path current = store_current(), file = store_generation(generation);
	struct path beside = paths_in(paths_state_dir(), "current.rsnap.%d", (int)getpid());
	struct path target = paths_in("generations", "%s", file_base_name(file.text));
	_cleanup_close_ int dir = -1;

	unlink(beside.text);
	if (symlink(target.text, beside.text) || rename(beside.text, current.text)) {
		int was = errno;

		unlink(beside.text);
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot set %s: %s", current.text, strerror(was));
	}
	dir = open(paths_state_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		fsync(dir);
	return 0;
}

int store_open_current(struct snapshot **out, struct resid_error *err)
{
	struct path current = store_current();

	if (access(current.text, F_OK))
		return resid_fail(err, RESID_EXIT_INPUT, "no policy was loaded on this node yet; load one with `residctl "
							 "policy load`");
	return snapshot_open(current.text, out, err);
}

bool store_find(uint64_t first, struct path *out)
{
	struct path dir_path = paths_in(paths_state_dir(), "generations");
	_cleanup_(cleanup_dir) DIR *dir = opendir(dir_path.text);
	struct dirent *entry;
	char hex[17];

	hex_format((const uint8_t *)&first, sizeof(first), hex);
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, hex, 16) || strlen(entry->d_name) != 2 * RESID_DIGEST_LEN + strlen(SUFFIX))
			continue;
		*out = paths_in(dir_path.text, "%s", entry->d_name);
		return true;
	}
	return false;
}

struct store_file {
	struct path path;
	struct timespec changed;
};

static int store_youngest_first(const void *a, const void *b)
{
	const struct store_file *left = a, *right = b;

	if (left->changed.tv_sec != right->changed.tv_sec)
		return left->changed.tv_sec < right->changed.tv_sec ? 1 : -1;
	return (left->changed.tv_nsec < right->changed.tv_nsec) - (left->changed.tv_nsec > right->changed.tv_nsec);
}

void store_prune(size_t keep)
{
	struct path dir_path = paths_in(paths_state_dir(), "generations"), current = store_current();
	_cleanup_(cleanup_dir) DIR *dir = opendir(dir_path.text);
	_cleanup_free_ struct store_file *files = NULL;
	struct stat in_force = { 0 }, st;
	size_t count = 0, room = 0;
	struct dirent *entry;

	if (stat(current.text, &in_force))
		return;
	while (dir && (entry = readdir(dir))) {
		struct path path = paths_in(dir_path.text, "%s", entry->d_name);
		struct store_file *file;

		if (strlen(entry->d_name) != 2 * RESID_DIGEST_LEN + strlen(SUFFIX) || stat(path.text, &st) ||
		    st.st_ino == in_force.st_ino)
			continue;
		file = MEM_PUSH(files, count, room);
		file->path = path;
		file->changed = st.st_mtim;
	}
	if (count)
		qsort(files, count, sizeof(*files), store_youngest_first);
	for (size_t i = keep; i < count; i++)
		unlink(files[i].path.text);
}

const char *store_mode_name(enum resid_mode mode)
{
	return mode == RESID_MODE_ENFORCING ? "enforcing" : "permissive";
}

int store_mode_read(enum resid_mode *mode, bool *known, struct resid_error *err)
{
	struct path file = paths_in(paths_state_dir(), "mode");
	_cleanup_free_ char *text = NULL;
	size_t length;

	*known = false;
	if (access(file.text, F_OK))
		return 0;
	if (file_read(file.text, 64, &text, &length, err))
		return -1;
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(text, "permissive"))
		*mode = RESID_MODE_PERMISSIVE;
	else if (!strcmp(text, "enforcing"))
		*mode = RESID_MODE_ENFORCING;
	else
		return resid_fail(err, RESID_EXIT_INPUT, "%s says `%.40s`; it holds permissive or enforcing", file.text, text);
	*known = true;
	return 0;
}

int store_mode_write(enum resid_mode mode, struct resid_error *err)
{
	struct path file = paths_in(paths_state_dir(), "mode");
	char text[16];

	snprintf(text, sizeof(text), "%s\n", store_mode_name(mode));
	if (paths_make_dir(paths_state_dir(), 0755, err))
		return -1;
	return file_write(file.text, text, strlen(text), 0644, FILE_OWN_GROUP, err);
}
