// SPDX-License-Identifier: Apache-2.0
#include "bpf/guard.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bpf/object.h"
#include "guard.skel.h"
#include "util/file.h"
#include "util/memory.h"
#include "util/paths.h"

DEFINE_CLEANUP(skel, struct guard_bpf *, guard_bpf__destroy);
DEFINE_CLEANUP(bpf_link, struct bpf_link *, bpf_link__destroy);

static const struct guard_map {
	const char *name;	/* and its pin's */
	size_t offset;
} guard_maps[] = {
	{ "guard_allow", offsetof(struct guard, allow) }, { "guard_loader", offsetof(struct guard, loader) },
	{ "guard_state", offsetof(struct guard, state) }, { "guard_count", offsetof(struct guard, count) },
	{ "guard_event", offsetof(struct guard, event) },
};

static const char *const guard_programs[] = { "guard_socket", "guard_command", "guard_program" };

#define GUARD_MAPS	(sizeof(guard_maps) / sizeof(*guard_maps))
#define GUARD_PROGRAMS	(sizeof(guard_programs) / sizeof(*guard_programs))

static int *guard_map(struct guard *guard, size_t index)
{
	return (int *)((char *)guard + guard_maps[index].offset);
}

static struct guard *guard_new(void)
{
	struct guard *guard = mem_zero(1, sizeof(*guard));

	for (size_t i = 0; i < GUARD_MAPS; i++)
		*guard_map(guard, i) = -1;
	return guard;
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	for (size_t i = 0; i < GUARD_MAPS; i++)
		cleanup_close(guard_map(guard, i));
	free(guard);
}

static struct path guard_pin(const char *name)
{
	return paths_in(paths_bpf_dir(), "%s", name);
}

/* A pinned link keeps a program attached after this process. */
static int guard_attach(struct bpf_program *program, const char *name)
{
	_cleanup_(cleanup_bpf_link) struct bpf_link *link = bpf_program__attach(program);
	struct path pin = guard_pin(name);

	if (!link)
		return -errno;
	unlink(pin.text);
	return bpf_link__pin(link, pin.text);
}

/* If the kernel asks it at all, guard_command has run for this very call of bpf(). */
static bool guard_is_asked(const struct guard *guard)
{
	struct guard_state state;
	uint32_t zero = 0;

	return !bpf_map_lookup_elem(guard->state, &zero, &state) && state.asked;
}

static int guard_load(struct resid_error *err)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = paths_bpf_dir());
	_cleanup_(cleanup_skel) struct guard_bpf *skel = NULL;
	int error;

	if (object_make_dir(err))
		return -1;
	object_listen();
	skel = guard_bpf__open_opts(&opts);
	error = skel ? guard_bpf__load(skel) : -errno;
	for (size_t i = 0; i < GUARD_PROGRAMS && !error; i++)
		error = guard_attach(bpf_object__find_program_by_name(skel->obj, guard_programs[i]), guard_programs[i]);
	return error ? object_fail("load the guard", error, err) : 0;
}

int guard_open(struct guard **out, struct resid_error *err)
{
	_cleanup_(cleanup_guard) struct guard *guard = guard_new();

	for (size_t i = 0; i < GUARD_PROGRAMS; i++)
		if (access(guard_pin(guard_programs[i]).text, F_OK))
			return resid_fail(err, RESID_EXIT_SYSTEM, "no guard is loaded (%s: %s)",
					  guard_pin(guard_programs[i]).text, strerror(errno));
	for (size_t i = 0; i < GUARD_MAPS; i++) {
		*guard_map(guard, i) = bpf_obj_get(guard_pin(guard_maps[i].name).text);
		if (*guard_map(guard, i) < 0)
			return resid_fail(err, RESID_EXIT_SYSTEM, "the guard lacks its map %s: %s", guard_maps[i].name,
					  strerror(errno));
	}
	if (!guard_is_asked(guard))
		return resid_fail(err, RESID_EXIT_SYSTEM,
				  "the kernel does not ask the guard: it was booted without `bpf` in its list of security "
				  "modules; add it to lsm= on the kernel's command line");
	*out = TAKE(guard);
	return 0;
}

int guard_ensure(struct guard **out, struct resid_error *err)
{
	struct resid_error ignored;

	if (!guard_open(out, &ignored))
		return 0;
	return guard_load(err) ?: guard_open(out, err);
}

int guard_set(const struct guard *guard, bool enforcing, struct resid_error *err)
{
	struct guard_state state = { .enforcing = enforcing, .asked = 1 };
	uint32_t zero = 0;

	if (bpf_map_update_elem(guard->state, &zero, &state, BPF_ANY))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot set the guard: %s", strerror(errno));
	return 0;
}

bool guard_is_enforcing(const struct guard *guard)
{
	struct guard_state state;
	uint32_t zero = 0;

	return bpf_map_lookup_elem(guard->state, &zero, &state) || state.enforcing;
}

void guard_count(const struct guard *guard, enum guard_kind kind, uint64_t *let, uint64_t *refused)
{
	uint64_t both[2] = { 0 };
	uint32_t key = kind;

	bpf_map_lookup_elem(guard->count, &key, both);
	*let = both[0];
	*refused = both[1];
}

/* When this process was started, in nanoseconds of CLOCK_BOOTTIME, as the kernel's clock ticks show it: field 22. */
static bool guard_self(uint32_t *pid, uint64_t *start)
{
	struct resid_error ignored;
	_cleanup_close_ int fd = file_open("/proc/self/stat", O_RDONLY, 0, &ignored);
	char line[1024], *end;
	unsigned long long ticks;
	ssize_t length = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

	if (length < 0)
		return false;
	line[length] = '\0';
	end = strrchr(line, ')');
	if (!end || sscanf(end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			   &ticks) != 1)
		return false;
	*pid = (uint32_t)getpid();
	*start = ticks;
	return true;
}

/* guard.bpf.c compares in ticks of a hundredth of a second, which is all that /proc tells. */
static void guard_say_loader(bool begin)
{
	_cleanup_close_ int map = bpf_obj_get(guard_pin("guard_loader").text);
	uint64_t start;
	uint32_t pid;

	if (map < 0 || !guard_self(&pid, &start))
		return;
	if (begin)
		bpf_map_update_elem(map, &pid, &start, BPF_ANY);
	else
		bpf_map_delete_elem(map, &pid);
}

void guard_load_begin(void)
{
	guard_say_loader(true);
}

void guard_load_end(void)
{
	guard_say_loader(false);
}

void guard_remove(void)
{
	for (size_t i = 0; i < GUARD_PROGRAMS; i++)
		unlink(guard_pin(guard_programs[i]).text);
	for (size_t i = 0; i < GUARD_MAPS; i++)
		unlink(guard_pin(guard_maps[i].name).text);
}

const char *guard_what(const struct guard_event *event)
{
	if (event->kind == GUARD_SOCKET)
		return "AF_XDP socket";
	switch (event->type) {
	case BPF_PROG_TYPE_XDP:
		return "XDP program";
	case BPF_PROG_TYPE_LWT_XMIT:
		return "lwt program";
	case BPF_PROG_TYPE_EXT:
		return "program that replaces a function of another";
	default:
		return "tc program";
	}
}
