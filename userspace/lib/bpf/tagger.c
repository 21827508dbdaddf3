// SPDX-License-Identifier: Apache-2.0
#include "bpf/tagger.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "bpf/guard.h"
#include "bpf/tag.h"
#include "host/link.h"
#include "host/netns.h"
#include "bpf/object.h"
#include "tag.skel.h"
#include "util/memory.h"
#include "util/paths.h"

/* First of the filters, with a handle that is ours: an earlier filter could end classification before the stamp. */
#define STAMP_PRIORITY	1
#define STAMP_HANDLE	0x7e51d

DEFINE_CLEANUP(skel, struct tag_bpf *, tag_bpf__destroy);
DEFINE_CLEANUP(bpf_link, struct bpf_link *, bpf_link__destroy);

/* Every map by its name, which is its pin's, and where a tagger keeps its descriptor. */
static const struct tagger_map {
	const char *name;
	size_t offset;
} tagger_maps[] = {
	{ "class_cgroup", offsetof(struct tagger, cgroups) },
	{ "class_netns", offsetof(struct tagger, netns) },
	{ "class_device", offsetof(struct tagger, devices) },
	{ "class_name", offsetof(struct tagger, names) },
	{ "cgroup_place", offsetof(struct tagger, places) },
	{ "class_tightens", offsetof(struct tagger, tightens) },
	{ "class_lost", offsetof(struct tagger, lost) },
};

#define TAGGER_MAPS (sizeof(tagger_maps) / sizeof(*tagger_maps))

static int *tagger_map(struct tagger *tagger, size_t index)
{
	return (int *)((char *)tagger + tagger_maps[index].offset);
}

static struct tagger *tagger_new(void)
{
	struct tagger *tagger = mem_zero(1, sizeof(*tagger));

	tagger->class_fd = tagger->stamp_fd = -1;
	for (size_t i = 0; i < TAGGER_MAPS; i++)
		*tagger_map(tagger, i) = -1;
	return tagger;
}

void tagger_free(struct tagger *tagger)
{
	if (!tagger)
		return;
	cleanup_close(&tagger->class_fd);
	cleanup_close(&tagger->stamp_fd);
	for (size_t i = 0; i < TAGGER_MAPS; i++)
		cleanup_close(tagger_map(tagger, i));
	free(tagger);
}

static int tagger_prog_id(int fd, uint32_t *id)
{
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*id = info.id;
	return 0;
}

static int tagger_open_skel(uint32_t mark_mask, uint64_t init_netns, bool tracing, struct tag_bpf **out)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = paths_bpf_dir());
	_cleanup_(cleanup_skel) struct tag_bpf *skel = tag_bpf__open_opts(&opts);
	int error;

	if (!skel)
		return -errno;
	skel->rodata->resid_mark_mask = mark_mask;
	skel->rodata->resid_mark_shift = (uint32_t)TAG_MARK_SHIFT(mark_mask);
	skel->rodata->resid_init_netns = init_netns;
	bpf_program__set_autoload(skel->progs.resid_newcomer, tracing);
	bpf_program__set_autoload(skel->progs.resid_release, tracing);
	guard_load_begin();
	error = tag_bpf__load(skel);
	guard_load_end();
	if (error)
		return error;
	*out = TAKE(skel);
	return 0;
}

/* A pinned link keeps a program attached after this process. The new one is at work before the old one goes. */
static int tagger_attach(struct bpf_program *program, const char *event, const char *name)
{
	_cleanup_(cleanup_bpf_link) struct bpf_link *link = bpf_program__attach_raw_tracepoint(program, event);
	struct path pin = paths_in(paths_bpf_dir(), "%s", name);

	if (!link)
		return -errno;
	unlink(pin.text);
	return bpf_link__pin(link, pin.text);
}

/* A missing one is said, and is not an error. */
static void tagger_attach_tracing(struct tagger *tagger, struct tag_bpf *skel)
{
	int error = tagger_attach(skel->progs.resid_release, "cgroup_release", "release") ?:
		    tagger_attach(skel->progs.resid_newcomer, "cgroup_mkdir", "newcomer");

	tagger->tracing = !error;
	if (error)
		snprintf(tagger->tracing_note, sizeof(tagger->tracing_note), "%.200s", strerror(-error));
}

static int tagger_dup(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int tagger_load(uint32_t mark_mask, struct tagger **out, struct resid_error *err)
{
	_cleanup_(cleanup_tagger) struct tagger *tagger = tagger_new();
	_cleanup_(cleanup_skel) struct tag_bpf *skel = NULL;
	int error;

	if (__builtin_popcount(mark_mask) < 9)
		return resid_fail(err, RESID_EXIT_INPUT, "mark_mask 0x%08x has fewer than nine bits", mark_mask);
	object_listen();
	if (object_make_dir(err) || netns_cookie_self(&tagger->init_netns, err))
		return -1;
	error = tagger_open_skel(mark_mask, tagger->init_netns, true, &skel);
	if (error && error != -EPERM) {
		/* A kernel without BTF or tracing cannot have these two; the rest needs neither. */
		snprintf(tagger->tracing_note, sizeof(tagger->tracing_note), "%.200s",
			 object_reason(error));
		error = tagger_open_skel(mark_mask, tagger->init_netns, false, &skel);
	}
	if (error)
		return object_fail("load the tagger", error, err);
	if (!*tagger->tracing_note)
		tagger_attach_tracing(tagger, skel);
	tagger->class_fd = tagger_dup(bpf_program__fd(skel->progs.resid_class));
	tagger->stamp_fd = tagger_dup(bpf_program__fd(skel->progs.resid_stamp));
	for (size_t i = 0; i < TAGGER_MAPS; i++)
		*tagger_map(tagger, i) = tagger_dup(bpf_object__find_map_fd_by_name(skel->obj, tagger_maps[i].name));
	error = tagger_prog_id(tagger->class_fd, &tagger->class_id);
	if (!error)
		error = tagger_prog_id(tagger->stamp_fd, &tagger->stamp_id);
	if (error)
		return object_fail("load the tagger", error, err);
	*out = TAKE(tagger);
	return 0;
}

static int tagger_pin_one(int fd, const char *name, struct resid_error *err)
{
	struct path pin = paths_in(paths_bpf_dir(), "%s", name);

	unlink(pin.text);
	if (bpf_obj_pin(fd, pin.text))
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot pin %s: %s", pin.text, strerror(errno));
	return 0;
}

int tagger_pin(struct tagger *tagger, struct resid_error *err)
{
	return tagger_pin_one(tagger->class_fd, "resid_class", err) ?: tagger_pin_one(tagger->stamp_fd, "resid_stamp", err);
}

static int tagger_get(const char *name, int *fd, struct resid_error *err)
{
	struct path pin = paths_in(paths_bpf_dir(), "%s", name);

	*fd = bpf_obj_get(pin.text);
	if (*fd < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "no tagger is loaded (%s: %s); load it with `residctl tagger "
							  "load`", pin.text, strerror(errno));
	return 0;
}

int tagger_open(struct tagger **out, struct resid_error *err)
{
	_cleanup_(cleanup_tagger) struct tagger *tagger = tagger_new();
	struct path release = paths_in(paths_bpf_dir(), "release"), newcomer = paths_in(paths_bpf_dir(), "newcomer");
	int error;

	object_listen();
	if (netns_cookie_self(&tagger->init_netns, err) || tagger_get("resid_class", &tagger->class_fd, err) ||
	    tagger_get("resid_stamp", &tagger->stamp_fd, err))
		return -1;
	for (size_t i = 0; i < TAGGER_MAPS; i++)
		if (tagger_get(tagger_maps[i].name, tagger_map(tagger, i), err))
			return -1;
	error = tagger_prog_id(tagger->class_fd, &tagger->class_id);
	if (!error)
		error = tagger_prog_id(tagger->stamp_fd, &tagger->stamp_id);
	if (error)
		return object_fail("read the pinned tagger", error, err);
	tagger->tracing = !access(release.text, F_OK) && !access(newcomer.text, F_OK);
	if (!tagger->tracing)
		snprintf(tagger->tracing_note, sizeof(tagger->tracing_note), "%.200s or release beside it is missing",
			 newcomer.text);
	*out = TAKE(tagger);
	return 0;
}

int tagger_ensure(struct resid_nl *nl, bool again, struct tagger **out, bool *loaded, struct resid_error *err)
{
	_cleanup_(cleanup_tagger) struct tagger *tagger = NULL;
	struct resid_nl_status status;
	struct resid_error ignored;

	*loaded = false;
	if (resid_nl_status(nl, &status, err))
		return -1;
	/* The module holds its program, so an equal id is the same program, loaded for this module's mark_mask. */
	if (!again && status.tagger && !tagger_open(&tagger, &ignored)) {
		if (tagger->class_id == status.tagger) {
			*out = TAKE(tagger);
			return 0;
		}
		tagger_free(TAKE(tagger));
	}
	if (tagger_load(status.mark_mask, &tagger, err) || resid_nl_tagger_set(nl, tagger->class_fd, err) ||
	    tagger_pin(tagger, err))
		return -1;
	*loaded = true;
	*out = TAKE(tagger);
	return 0;
}

bool tagger_stamped(const struct tagger *tagger, int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, have, .handle = STAMP_HANDLE, .priority = STAMP_PRIORITY);

	object_listen();
	return !bpf_tc_query(&hook, &have) && have.prog_id == tagger->stamp_id;
}

int tagger_stamp(const struct tagger *tagger, int ifindex, struct resid_error *err)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, want, .handle = STAMP_HANDLE, .priority = STAMP_PRIORITY,
		    .prog_fd = tagger->stamp_fd, .flags = BPF_TC_F_REPLACE);
	int error;

	if (tagger_stamped(tagger, ifindex))
		return 0;
	error = bpf_tc_hook_create(&hook);
	if (error && error != -EEXIST)
		return object_fail("make the clsact qdisc of an inside device", error, err);
	object_listen();
	error = bpf_tc_attach(&hook, &want);
	if (error)
		return object_fail("attach resid_stamp at an inside device's ingress", error, err);
	return 0;
}

int tagger_unstamp(int ifindex, struct resid_error *err)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = STAMP_HANDLE, .priority = STAMP_PRIORITY);
	int error;

	object_listen();
	error = bpf_tc_detach(&hook, &opts);
	/* The device, its clsact or the filter is gone already. */
	if (error == -ENOENT || error == -ENODEV || error == -EINVAL)
		return 0;
	if (error)
		return object_fail("detach resid_stamp from a device", error, err);
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	if (!link_has_filters(ifindex))
		bpf_tc_hook_destroy(&hook);
	return 0;
}

void tagger_remove(void)
{
	static const char *const pins[] = { "newcomer", "release", "resid_class", "resid_stamp" };
	struct if_nameindex *devices = if_nameindex();
	struct resid_error ignored;

	for (struct if_nameindex *at = devices; at && at->if_index; at++)
		tagger_unstamp((int)at->if_index, &ignored);
	if (devices)
		if_freenameindex(devices);
	for (size_t i = 0; i < sizeof(pins) / sizeof(*pins); i++)
		unlink(paths_in(paths_bpf_dir(), "%s", pins[i]).text);
	for (size_t i = 0; i < TAGGER_MAPS; i++)
		unlink(paths_in(paths_bpf_dir(), "%s", tagger_maps[i].name).text);
}
