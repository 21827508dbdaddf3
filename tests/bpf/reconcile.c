// SPDX-License-Identifier: Apache-2.0
/* Assignments to maps: what appears is labelled, what goes is forgotten, what stands is not touched. */
#include "world.h"
#include "assigned.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host/netns.h"
#include "label/reconcile.h"

static struct tagger *tagger;
static char notes[16384];

static void note(void *context, const struct assignment *item, const char *text)
{
	size_t used = strlen(notes);

	snprintf(notes + used, sizeof(notes) - used, "%.200s: %.200s\n", item ? item->target.name : "-", text);
}

static struct reconcile_report run(void)
{
	struct reconcile_report report;
	struct resid_error err;

	*notes = '\0';
	if (reconcile(tagger, NULL, &list, NULL, note, NULL, &report, &err))
		fail_msg("%s", err.text);
	return report;
}

/* A second pass has nothing to do. */
static struct reconcile_report run_twice(void)
{
	struct reconcile_report report = run();

	assert_int_equal(run().changed, 0);
	return report;
}

static uint32_t class_at(int map, const void *key)
{
	uint32_t class_id = 0;

	return bpf_map_lookup_elem(map, key, &class_id) ? 0 : class_id;
}

static size_t map_size(int map)
{
	char key[sizeof(struct tag_device)], next[sizeof(struct tag_device)];
	size_t count = 0;

	for (void *previous = NULL; !bpf_map_get_next_key(map, previous, next); count++) {
		memcpy(key, next, sizeof(key));
		previous = key;
	}
	return count;
}

static bool is_stamped(const char *name)
{
	return tagger_stamped(tagger, (int)if_nametoindex(name));
}

static int fresh(void **state)
{
	free(list.items);
	list = (struct assign_list){ 0 };
	run();
	make_cgroup("/a");
	make_cgroup("/a/deep");
	make_cgroup("/b");
	return 0;
}

static void cgroups(void **state)
{
	uint64_t a = world_cgroup_id("/a"), b = world_cgroup_id("/b");

	assign_cgroup("/a", 4);
	assign_cgroup("/none", 5);
	assert_int_equal(run_twice().applied, 1);
	assert_non_null(strstr(notes, "/none: the cgroup does not exist now"));
	assert_int_equal(class_at(tagger->cgroups, &a), 4);
	assert_int_equal(map_size(tagger->cgroups), 1);

	list.count = 0;
	assign_cgroup("/a", 6);
	assign_cgroup("/b", 7);
	run_twice();
	assert_int_equal(class_at(tagger->cgroups, &a), 6);
	assert_int_equal(class_at(tagger->cgroups, &b), 7);

	list.count = 0;
	assign_cgroup("/b", 7);
	/* the label, its place, and the name by which it would be labelled anew */
	assert_int_equal(run_twice().changed, 3);
	assert_int_equal(class_at(tagger->cgroups, &a), 0);
	assert_int_equal(class_at(tagger->cgroups, &b), 7);
}

/* The sockets of a removed cgroup may live on; the new one of its name is another one. */
static void a_removed_cgroup_keeps_its_label(void **state)
{
	uint64_t old = world_cgroup_id("/b"), new;
	int held[2], done[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(held, O_CLOEXEC) | pipe2(done, O_CLOEXEC), 0);
	assign_cgroup("/b", 7);
	run_twice();
	pid = fork();
	if (!pid) {
		enter_cgroup("/b");
		if (socket(AF_INET, SOCK_DGRAM, 0) < 0)
			_exit(1);
		leave_cgroups();
		close(done[1]);
		_exit(write(held[1], "x", 1) != 1 || read(done[0], &byte, 1) != 0);
	}
	assert_int_equal(read(held[0], &byte, 1), 1);
	assert_int_equal(rmdir(world_cgroup_dir("/b").text), 0);
	assert_int_equal(run_twice().pending, 1);
	assert_int_equal(class_at(tagger->cgroups, &old), 7);
	make_cgroup("/b");
	new = world_cgroup_id("/b");
	assert_true(new != old);
	run_twice();
	assert_int_equal(class_at(tagger->cgroups, &old), 7);
	assert_int_equal(class_at(tagger->cgroups, &new), 7);
	close(done[1]);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 4; i++)
		close((int[]){ held[0], held[1], done[0], -1 }[i]);
	/* the last socket is gone */
	for (int tries = 0; tagger->tracing && class_at(tagger->cgroups, &old); tries++) {
		assert_true(tries < 100);
		usleep(100000);
	}
}

static void an_unknown_class_is_said_and_not_applied(void **state)
{
	uint64_t a = world_cgroup_id("/a");

	assign_cgroup("/a", 4);
	run_twice();
	list.items[0].class_id = -1;
	assert_int_equal(run().unknown, 1);
	assert_non_null(strstr(notes, "the policy has no such class"));
	assert_int_equal(class_at(tagger->cgroups, &a), 0);
}

static uint64_t blue_cookie(void)
{
	int fd = netns_open("blue");
	struct resid_error err;
	uint64_t cookie = 0;

	assert_true(fd >= 0);
	assert_int_equal(netns_cookie(fd, &cookie, &err), 0);
	close(fd);
	return cookie;
}

static void a_namespace_and_the_hosts_end_of_its_veth(void **state)
{
	uint64_t cookie = blue_cookie();
	struct tag_device host = { .netns = tagger->init_netns, .ifindex = if_nametoindex("host0") };

	assert_true(cookie && cookie != tagger->init_netns);
	assign("netns:blue", 8);
	assign("netns:none", 8);
	assert_int_equal(run_twice().applied, 1);
	assert_int_equal(class_at(tagger->netns, &cookie), 8);
	assert_int_equal(class_at(tagger->devices, &host), 8);
	assert_int_equal(map_size(tagger->devices), 1);
	assert_true(is_stamped("host0"));

	list.count = 0;
	run_twice();
	assert_int_equal(map_size(tagger->netns) + map_size(tagger->devices), 0);
	assert_false(is_stamped("host0"));
}

static void a_second_veth_of_the_namespace_comes_later(void **state)
{
	struct tag_device later = { .netns = tagger->init_netns };

	assign("netns:blue", 8);
	run_twice();
	sh("ip link add later0 type veth peer name blue1 netns blue");
	later.ifindex = if_nametoindex("later0");
	assert_false(is_stamped("later0"));
	run_twice();
	assert_true(is_stamped("later0"));
	assert_int_equal(class_at(tagger->devices, &later), 8);
	sh("ip link del later0");
	run_twice();
	assert_int_equal(map_size(tagger->devices), 1);
}

static void a_device_and_its_peer(void **state)
{
	struct tag_device host = { .netns = tagger->init_netns, .ifindex = if_nametoindex("host0") };
	struct tag_device peer = { .netns = blue_cookie() };
	char command[128];
	FILE *out;

	snprintf(command, sizeof(command), "ip netns exec blue cat /sys/class/net/blue0/ifindex");
	out = popen(command, "r");
	assert_int_equal(fscanf(out, "%u", &peer.ifindex), 1);
	pclose(out);
	assign("dev:host0", 9);
	assign("dev:none", 9);
	assert_int_equal(run_twice().applied, 1);
	assert_int_equal(class_at(tagger->devices, &host), 9);
	assert_int_equal(class_at(tagger->devices, &peer), 9);
	assert_true(is_stamped("host0"));
	/* what is said of the device is more exact than what is said of the namespace */
	assign("netns:blue", 8);
	run_twice();
	assert_int_equal(class_at(tagger->devices, &host), 9);
}

static void units_are_found_in_slices_only(void **state)
{
	struct resid_error err;
	struct path slice = paths_in(cgroup_mount(&err), "residtest.slice");
	struct path nested = paths_in(slice.text, "residtest-x.slice");
	struct path unit = paths_in(nested.text, "residtest.service");
	struct path inside = paths_in(unit.text, "residtest-user.service");
	struct path found;

	mkdir(slice.text, 0755);
	mkdir(nested.text, 0755);
	mkdir(unit.text, 0755);
	mkdir(inside.text, 0755);
	assert_true(cgroup_find_unit("residtest.service", &found));
	assert_string_equal(found.text, "/residtest.slice/residtest-x.slice/residtest.service");
	assert_true(cgroup_find_unit("residtest-x.slice", &found));
	/* a tenant's own service manager may call its units as it likes */
	assert_false(cgroup_find_unit("residtest-user.service", &found));
	rmdir(inside.text);
	rmdir(unit.text);
	rmdir(nested.text);
	rmdir(slice.text);
}

static void ids_are_paths_again(void **state)
{
	char expected[128];
	struct path path;

	snprintf(expected, sizeof(expected), "%s/a/deep", world_cgroup);
	assert_true(cgroup_path(world_cgroup_id("/a/deep"), &path));
	assert_string_equal(path.text, expected);
	assert_false(cgroup_path(0, &path));
	assert_false(cgroup_path(UINT64_MAX, &path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cgroups, fresh),
		cmocka_unit_test_setup(a_removed_cgroup_keeps_its_label, fresh),
		cmocka_unit_test_setup(an_unknown_class_is_said_and_not_applied, fresh),
		cmocka_unit_test_setup(a_namespace_and_the_hosts_end_of_its_veth, fresh),
		cmocka_unit_test_setup(a_second_veth_of_the_namespace_comes_later, fresh),
		cmocka_unit_test_setup(a_device_and_its_peer, fresh),
		cmocka_unit_test_setup(units_are_found_in_slices_only, fresh),
		cmocka_unit_test_setup(ids_are_paths_again, fresh),
	};
	int status;

	if (!world_begin(&tagger, &status))
		return status;
	status = cmocka_run_group_tests(tests, NULL, NULL);
	free(list.items);
	tagger_free(tagger);
	world_fini();
	return status;
}
