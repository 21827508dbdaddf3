// SPDX-License-Identifier: Apache-2.0
#include "bpf/who.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/cgroup.h"
#include "bpf/object.h"
#include "util/memory.h"
#include "util/paths.h"
#include "who.skel.h"

DEFINE_CLEANUP(skel, struct who_bpf *, who_bpf__destroy);
DEFINE_CLEANUP(bpf_link, struct bpf_link *, bpf_link__destroy);

static const char *const who_pins[] = { "who_create", "who_connect4", "who_connect6", "who_accept",
					"who_packet", "who_socket",   "who_listener" };

static struct path who_pin(const char *name)
{
	return paths_in(paths_bpf_dir(), "%s", name);
}

static int who_load_with(bool packet, struct who_bpf **out)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = paths_bpf_dir());
	_cleanup_(cleanup_skel) struct who_bpf *skel = who_bpf__open_opts(&opts);
	int error;

	object_listen();
	if (!skel)
		return -errno;
	bpf_program__set_autoload(skel->progs.who_packet, packet);
	error = who_bpf__load(skel);
	if (!error)
		*out = TAKE(skel);
	return error;
}

/* What hears of AF_PACKET is left out where the kernel does not let itself be traced. */
static int who_load(struct who_table *table, struct who_bpf **out)
{
	int error = who_load_with(true, out);

	if (error == -EINVAL && !access(who_pin("who_socket").text, F_OK)) {
		/* maybe maps of another version: what they hold is given up */
		unlink(who_pin("who_socket").text);
		unlink(who_pin("who_listener").text);
		error = who_load_with(true, out);
	}
	table->packet = !error;
	if (!error)
		return 0;
	snprintf(table->packet_note, sizeof(table->packet_note), "%.200s", strerror(-error));
	return who_load_with(false, out);
}

/* A pinned link keeps a program attached after this process. The new one is there before the old one goes. */
static int who_attach(struct bpf_program *program, int cgroup)
{
	_cleanup_(cleanup_bpf_link) struct bpf_link *link = NULL;
	struct path pin = who_pin(bpf_program__name(program));

	link = cgroup < 0 ? bpf_program__attach(program) : bpf_program__attach_cgroup(program, cgroup);
	if (!link)
		return -errno;
	unlink(pin.text);
	return bpf_link__pin(link, pin.text);
}

static int who_attach_all(struct who_table *table, struct who_bpf *skel, int cgroup)
{
	int error = who_attach(skel->progs.who_create, cgroup);

	if (!error)
		error = who_attach(skel->progs.who_connect4, cgroup);
	if (!error)
		error = who_attach(skel->progs.who_connect6, cgroup);
	if (!error)
		error = who_attach(skel->progs.who_accept, cgroup);
	if (!error && table->packet)
		error = who_attach(skel->progs.who_packet, -1);
	return error;
}

int who_ensure(const char *cgroup, struct who_table **out, struct resid_error *err)
{
	_cleanup_(cleanup_who) struct who_table *table = mem_zero(1, sizeof(*table));
	_cleanup_(cleanup_skel) struct who_bpf *skel = NULL;
	const char *mount = cgroup_mount(err);
	_cleanup_close_ int at = -1;
	int error;

	table->map = -1;
	if (!mount || object_make_dir(err))
		return -1;
	at = open(paths_in(mount, "%s", cgroup).text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot open the cgroup %s: %s", cgroup, strerror(errno));
	error = who_load(table, &skel);
	if (!error)
		error = who_attach_all(table, skel, at);
	if (!error)
		table->map = fcntl(bpf_map__fd(skel->maps.who_socket), F_DUPFD_CLOEXEC, 3);
	if (!error && table->map < 0)
		error = -errno;
	if (error)
		return object_fail("note which process opens a socket", error, err);
	*out = TAKE(table);
	return 0;
}

void who_free(struct who_table *table)
{
	if (!table)
		return;
	cleanup_close(&table->map);
	free(table);
}

bool who_find(const struct who_table *table, uint64_t cookie, struct who *out)
{
	if (!table || bpf_map_lookup_elem(table->map, &cookie, out))
		return false;
	out->comm[WHO_COMM - 1] = '\0';
	return true;
}

bool who_is_there(void)
{
	return !access(who_pin(who_pins[0]).text, F_OK);
}

void who_remove(void)
{
	for (size_t i = 0; i < sizeof(who_pins) / sizeof(*who_pins); i++)
		unlink(who_pin(who_pins[i]).text);
}
