// SPDX-License-Identifier: Apache-2.0
#include "node/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/file.h"
#include "util/hex.h"
#include "util/memory.h"

#define SUFFIX	".rsnap"

#define TRIAL	".trial"

DEFINE_CLEANUP(dir, DIR *, closedir);

struct store_file {
	struct path path;
	struct timespec changed;
	ino_t inode;
};

static int store_time_compare(const struct timespec *left, const struct timespec *right)
{
	if (left->tv_sec != right->tv_sec)
		return left->tv_sec < right->tv_sec ? -1 : 1;
	return (left->tv_nsec > right->tv_nsec) - (left->tv_nsec < right->tv_nsec);
}

static int store_youngest_first(const void *a, const void *b)
{
	const struct store_file *left = a, *right = b;

	return store_time_compare(&right->changed, &left->changed);
}

/* All snapshots that are kept, the youngest first; the array is the caller's. */
static void store_files(struct store_file **out, size_t *count)
{
	struct path folder = paths_in(paths_state_dir(), "generations");
	_cleanup_(cleanup_dir) DIR *dir = opendir(folder.text);
	struct dirent *entry;
	size_t room = 0;
	struct stat st;

	*out = NULL;
	*count = 0;
	while (dir && (entry = readdir(dir))) {
		struct path path = paths_in(folder.text, "%s", entry->d_name);

		if (strlen(entry->d_name) != 2 * RESID_DIGEST_LEN + strlen(SUFFIX) ||
		    strcmp(entry->d_name + 2 * RESID_DIGEST_LEN, SUFFIX) || stat(path.text, &st))
			continue;
		*MEM_PUSH(*out, *count, room) = (struct store_file){ path, st.st_mtim, st.st_ino };
	}
	if (*count)
		qsort(*out, *count, sizeof(**out), store_youngest_first);
}

/* HEX.trial of HEX.rsnap */
static struct path store_trial_of(const char *file)
{
	struct path trial;

	snprintf(trial.text, sizeof(trial.text), "%.*s" TRIAL, (int)(strlen(file) - strlen(SUFFIX)), file);
	return trial;
}

/* The youngest of all, even where the clock was ahead when another was accepted. */
static void store_touch(const char *file)
{
	_cleanup_free_ struct store_file *files = NULL;
	struct timespec times[2];
	size_t count;

	clock_gettime(CLOCK_REALTIME, &times[1]);
	store_files(&files, &count);
	if (count && store_time_compare(&times[1], &files[0].changed) <= 0) {
		times[1] = files[0].changed;
		times[1].tv_nsec++;
		if (times[1].tv_nsec == 1000000000)
			times[1] = (struct timespec){ .tv_sec = times[1].tv_sec + 1 };
	}
	times[0] = times[1];
	utimensat(AT_FDCWD, file, times, 0);
}

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

/* Beside a snapshot that was only tried. */
static struct path store_trial(const uint8_t *generation)
{
	char hex[2 * RESID_DIGEST_LEN + 1];

	hex_format(generation, RESID_DIGEST_LEN, hex);
	return paths_in(paths_state_dir(), "generations/%s" TRIAL, hex);
}

/* Of what is in force nobody says that it was only tried. */
static bool store_is_current(const char *file)
{
	struct stat current, st;

	return !stat(store_current().text, &current) && !stat(file, &st) && current.st_ino == st.st_ino &&
	       current.st_dev == st.st_dev;
}

int store_save(const struct snapshot *snapshot, bool on_trial, struct resid_error *err)
{
	struct path dir = paths_in(paths_state_dir(), "generations");
	struct path file = store_generation(snapshot_generation(snapshot));
	_cleanup_(cleanup_snapshot) struct snapshot *have = NULL;
	struct resid_error ignored;
	size_t length;
	const void *bytes = snapshot_bytes(snapshot, &length);

	if (paths_make_dir(dir.text, 0755, err))
		return -1;
	if (on_trial && !store_is_current(file.text) &&
	    file_write(store_trial(snapshot_generation(snapshot)).text, "", 0, 0644, FILE_OWN_GROUP, err))
		return -1;
	/* The same generation is the same bytes, if the file is whole. */
	if (!access(file.text, F_OK) && !snapshot_open(file.text, &have, &ignored))
		return 0;
	return file_write(file.text, bytes, length, 0644, FILE_OWN_GROUP, err);
}

int store_accept(const uint8_t *generation, struct resid_error *err)
{
	struct path current = store_current(), file = store_generation(generation);
	struct path trial = store_trial(generation);
	struct path beside = paths_in(paths_state_dir(), "current.rsnap.%d", (int)getpid());
	struct path target = paths_in("generations", "%s", file_base_name(file.text));
	_cleanup_close_ int dir = -1;

	store_touch(file.text);
	unlink(trial.text);
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

void store_prune(size_t keep)
{
	_cleanup_free_ struct store_file *files = NULL;
	struct stat in_force;
	size_t count, kept = 0;

	if (stat(store_current().text, &in_force))
		return;
	store_files(&files, &count);
	for (size_t i = 0; i < count; i++) {
		if (files[i].inode == in_force.st_ino || kept++ < keep)
			continue;
		unlink(files[i].path.text);
		unlink(store_trial_of(files[i].path.text).text);
	}
}

void store_accepted(struct path **out, size_t *count)
{
	_cleanup_free_ struct store_file *files = NULL;
	struct path current = store_current();
	struct stat in_force = { 0 };
	size_t room = 0, found;

	*out = NULL;
	*count = 0;
	store_files(&files, &found);
	if (!stat(current.text, &in_force))
		*MEM_PUSH(*out, *count, room) = current;
	for (size_t i = 0; i < found; i++)
		if (files[i].inode != in_force.st_ino && access(store_trial_of(files[i].path.text).text, F_OK))
			*MEM_PUSH(*out, *count, room) = files[i].path;
}

const char *store_mode_name(enum resid_mode mode)
{
	return mode == RESID_MODE_ENFORCING ? "enforcing" : "permissive";
}

static bool store_is_missing(const char *path)
{
	struct stat st;

	return lstat(path, &st) && errno == ENOENT;
}

/* Whatever is left of a policy that was accepted here; and what cannot be looked at may hold one. */
static bool store_had_policy(void)
{
	struct path folder = paths_in(paths_state_dir(), "generations");
	_cleanup_(cleanup_dir) DIR *dir = opendir(folder.text);
	_cleanup_free_ struct store_file *files = NULL;
	size_t count;

	if (!dir && !store_is_missing(folder.text))
		return true;
	store_files(&files, &count);
	return count || !store_is_missing(store_current().text) ||
	       !store_is_missing(paths_in(paths_state_dir(), "history.jsonl").text);
}

/* The whole file, with or without its newline. */
static bool store_mode_is(const char *text, size_t length, enum resid_mode mode)
{
	const char *name = store_mode_name(mode);

	return length - (length && text[length - 1] == '\n') == strlen(name) && !memcmp(text, name, strlen(name));
}

enum store_mode store_mode_read(enum resid_mode *mode, struct resid_error *why)
{
	struct path file = paths_in(paths_state_dir(), "mode");
	_cleanup_free_ char *text = NULL;
	struct resid_error inner;
	size_t length;

	*mode = RESID_MODE_ENFORCING;
	if (store_is_missing(file.text) && !store_had_policy()) {
		*mode = RESID_MODE_PERMISSIVE;
		return STORE_MODE_NONE;
	}
	if (file_read(file.text, 64, &text, &length, &inner)) {
		resid_fail(why, RESID_EXIT_INPUT, "%s; without it the node is enforcing: `residctl mode` writes it again",
			   inner.text);
		return STORE_MODE_LOST;
	}
	if (store_mode_is(text, length, RESID_MODE_ENFORCING))
		return STORE_MODE_KEPT;
	if (store_mode_is(text, length, RESID_MODE_PERMISSIVE)) {
		*mode = RESID_MODE_PERMISSIVE;
		return STORE_MODE_KEPT;
	}
	text[strcspn(text, "\n")] = '\0';
	for (char *at = text; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	resid_fail(why, RESID_EXIT_INPUT,
		   "%s says `%.40s`, neither permissive nor enforcing, so the node is enforcing; `residctl mode` writes it "
		   "again", file.text, text);
	return STORE_MODE_LOST;
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
