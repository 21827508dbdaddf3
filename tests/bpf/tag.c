// SPDX-License-Identifier: Apache-2.0
/* The tagger on the running kernel: whose packet is it, whatever its sender says? */
#include "world.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <poll.h>
#include <time.h>

#include "kmod/uapi/resid.h"

#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif

#define NETNS	0x1234567800000007
#define CLASS_SHOT	TC_ACT_SHOT	/* class 2: as a tc verdict it drops, so it can be seen on a device */

static struct tagger *tagger;

static void label(int map, const void *key, uint32_t class_id)
{
	assert_int_equal(bpf_map_update_elem(map, key, &class_id, BPF_ANY), 0);
}

static void label_cgroup(const char *below, uint32_t class_id)
{
	uint64_t id = world_cgroup_id(below);

	label(tagger->cgroups, &id, class_id);
}

static void empty_map(int map)
{
	char key[sizeof(struct tag_device)];

	while (!bpf_map_get_next_key(map, NULL, key))
		assert_int_equal(bpf_map_delete_elem(map, key), 0);
}

static int fresh(void **state)
{
	empty_map(tagger->cgroups);
	empty_map(tagger->netns);
	empty_map(tagger->devices);
	make_cgroup("/a");
	make_cgroup("/a/deep");
	make_cgroup("/b");
	return 0;
}

/* ---- BPF_PROG_TEST_RUN: the packet's socket is one of the calling process ---------------------------------- */

static int run(int prog, struct __sk_buff *context)
{
	unsigned char packet[64] = { [12] = 8, [14] = 0x45, [17] = 50 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .ctx_in = context,
		    .ctx_size_in = sizeof(*context), .ctx_out = context, .ctx_size_out = sizeof(*context));

	return bpf_prog_test_run_opts(prog, &opts) ? -1000 : (int)opts.retval;
}

static int class_here(void *below)
{
	struct __sk_buff context = {
		.cb = {
			[RESID_CB_NETNS_LO] = (uint32_t)NETNS,
			[RESID_CB_NETNS_HI] = NETNS >> 32,
			[RESID_CB_IFINDEX] = 9,
		},
		.mark = 0xffffffff,
	};
	int result;

	enter_cgroup(below);
	result = run(tagger->class_fd, &context);
	return result < 0 ? 101 : result;
}

/* The class of a packet that a process in a cgroup sends. */
static int class_in(const char *below)
{
	return in_child(class_here, (void *)below);
}

static void unlabelled_is_zero(void **state)
{
	assert_int_equal(class_in("/a"), RESID_CLASS_UNLABELLED);
}

/* An exit status is too small for them, so it says which of those that are expected it was. */
static int classes_here(void *context)
{
	struct { const char *below; uint32_t expected; } *ask = context;
	struct __sk_buff skb = {
		.cb = {
			[RESID_CB_NETNS_LO] = (uint32_t)NETNS,
			[RESID_CB_NETNS_HI] = NETNS >> 32,
			[RESID_CB_IFINDEX] = 9,
		},
	};

	enter_cgroup(ask->below);
	return run(tagger->class_fd, &skb) == (int)ask->expected ? 0 : 1;
}

static void assert_classes(const char *below, uint32_t expected)
{
	struct { const char *below; uint32_t expected; } ask = { below, expected };

	assert_int_equal(in_child(classes_here, &ask), 0);
}

static void every_label_that_applies(void **state)
{
	struct tag_device device = { .netns = NETNS, .ifindex = 9 };
	uint64_t netns = NETNS;

	label(tagger->devices, &device, 30);
	assert_classes("/a", RESID_TAG(0, 0, 30));
	label(tagger->netns, &netns, 20);
	assert_classes("/a", RESID_TAG(0, 20, 30));
	label_cgroup("/a", 254);
	assert_classes("/a", RESID_TAG(254, 20, 30));
	assert_classes("/b", RESID_TAG(0, 20, 30));
}

static void keys_match_in_full(void **state)
{
	struct tag_device device = { .netns = NETNS, .ifindex = 8 };
	uint64_t netns = (uint32_t)NETNS;

	label(tagger->netns, &netns, 20);
	label(tagger->devices, &device, 30);
	device = (struct tag_device){ .netns = NETNS + 1, .ifindex = 9 };
	label(tagger->devices, &device, 31);
	assert_int_equal(class_in("/a"), RESID_CLASS_UNLABELLED);
}

static void the_nearest_label_wins(void **state)
{
	label_cgroup("", 1);
	assert_int_equal(class_in("/a/deep"), 1);
	label_cgroup("/a", 5);
	assert_int_equal(class_in("/a/deep"), 5);
	label_cgroup("/a/deep", 7);
	assert_int_equal(class_in("/a/deep"), 7);
	assert_int_equal(class_in("/a"), 5);
	assert_int_equal(class_in("/b"), 1);
}

static void a_sibling_has_no_part_in_it(void **state)
{
	label_cgroup("/a", 5);
	assert_int_equal(class_in("/b"), RESID_CLASS_UNLABELLED);
	assert_int_equal(class_in(""), RESID_CLASS_UNLABELLED);
}

static void the_whole_range_of_classes(void **state)
{
	for (uint32_t class_id = 1; class_id < RESID_CLASS_KERNEL; class_id++) {
		/* an exit status cannot tell 100 and 101 from a failure of the child */
		if (class_id == 100 || class_id == 101)
			continue;
		label_cgroup("/a", class_id);
		assert_int_equal(class_in("/a"), class_id);
	}
}

/* ---- the stamp --------------------------------------------------------------------------------------------- */

static uint32_t stamped(uint32_t mark)
{
	struct __sk_buff context = { .mark = mark, .ifindex = if_nametoindex("host0") };

	assert_int_equal(run(tagger->stamp_fd, &context), TC_ACT_UNSPEC);
	return context.mark;
}

static void the_stamp_replaces_what_was_forged(void **state)
{
	struct tag_device device = { .netns = tagger->init_netns, .ifindex = if_nametoindex("host0") };

	assert_int_equal(stamped(0xffffffff), 0x007fffff);	/* no label: the bits are cleared */
	for (uint32_t class_id = 1; class_id < RESID_CLASS_KERNEL; class_id++) {
		label(tagger->devices, &device, class_id);
		assert_int_equal(stamped(0), class_id << 24 | 1u << 23);
		assert_int_equal(stamped(0xffffffff), class_id << 24 | 1u << 23 | 0x007fffff);
		assert_int_equal(stamped(0), TAG_MARK_ENCODE(TAG_MASK_DEFAULT, class_id));
	}
}

static void another_mask(void **state)
{
	struct tagger *other = NULL, *was = tagger;
	struct tag_device device = { .netns = tagger->init_netns, .ifindex = if_nametoindex("host0") };
	struct resid_error err;

	if (tagger_load(0x0001ff00, &other, &err))
		fail_msg("%s", err.text);
	label(other->devices, &device, 0xa5);
	tagger = other;
	assert_int_equal(stamped(0xffffffff), 0xfffe00ff | 0xa5u << 9 | 1u << 8);
	tagger = was;
	tagger_free(other);
	assert_int_equal(tagger_load(0xff, &other, &err), -1);
}

static uint32_t received_mark(int fd)
{
	char data[64], control[CMSG_SPACE(sizeof(uint32_t))];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct cmsghdr *cmsg;
	uint32_t mark = 0;

	assert_int_equal(poll(&poll_fd, 1, 3000), 1);
	assert_true(recvmsg(fd, &msg, 0) >= 0);
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SO_MARK)
			memcpy(&mark, CMSG_DATA(cmsg), sizeof(mark));
	return mark;
}

static void the_stamp_on_a_real_device(void **state)
{
	struct sockaddr_in to = world_address(HOST_ADDRESS, 9001);
	unsigned int ifindex = if_nametoindex("host0");
	struct tag_device device = { .netns = tagger->init_netns, .ifindex = ifindex };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), blue = blue_socket(SOCK_DGRAM), on = 1;
	struct resid_error err;

	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVMARK, &on, sizeof(on)), 0);
	label(tagger->devices, &device, 42);
	for (int twice = 0; twice < 2; twice++)
		if (tagger_stamp(tagger, (int)ifindex, &err))
			fail_msg("%s", err.text);
	assert_int_equal(sendto(blue, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(received_mark(fd), 42u << 24 | 1u << 23);
	for (int twice = 0; twice < 2; twice++)
		if (tagger_unstamp((int)ifindex, &err))
			fail_msg("%s", err.text);
	assert_int_equal(sendto(blue, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(received_mark(fd), 0);
	close(fd);
	close(blue);
}

/* ---- real sockets: resid_class as a tc program, where class 2 is a drop ------------------------------------- */

/* libbpf wants the padding zero as well. */
#define EGRESS_HOOK(name) \
	LIBBPF_OPTS(bpf_tc_hook, name, .ifindex = (int)if_nametoindex("host0"), .attach_point = BPF_TC_EGRESS)

static void egress_attach(void)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1, .prog_fd = tagger->class_fd);
	EGRESS_HOOK(hook);
	int error = bpf_tc_hook_create(&hook);

	if (error && error != -EEXIST)
		fail_msg("clsact: %d", error);
	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
}

static int egress_detach(void **state)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);
	EGRESS_HOOK(hook);

	return bpf_tc_detach(&hook, &opts);
}

struct sender {
	const char *cgroup;	/* where the socket is opened */
	const char *moves_to;	/* then, or NULL */
	uint32_t mark;
	bool rmdir;		/* leaves its cgroup, which is removed */
	int count;
};

static int send_here(void *context)
{
	struct sender *sender = context;
	struct sockaddr_in to = world_address(BLUE_ADDRESS, 9002);
	struct timespec pause = { .tv_nsec = 20000000 };
	int fd;

	enter_cgroup(sender->cgroup);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || (sender->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &sender->mark, sizeof(sender->mark))))
		return 102;
	if (sender->moves_to)
		enter_cgroup(sender->moves_to);
	if (sender->rmdir) {
		leave_cgroups();
		if (rmdir(world_cgroup_dir(sender->cgroup).text))
			return 103;
		/* what rmdir starts in the background has time to happen */
		nanosleep(&(struct timespec){ .tv_nsec = 300000000 }, NULL);
	}
	/* a qdisc's drop may be told to the sender as ENOBUFS */
	for (int i = 0; i < 3; i++) {
		if (sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != ENOBUFS)
			return 104;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* How many of a sender's three packets arrive in the other namespace. */
static int arrive(struct sender sender)
{
	struct sockaddr_in at = world_address(BLUE_ADDRESS, 9002);
	int fd = blue_socket(SOCK_DGRAM), count = 0;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char data[8];

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(in_child(send_here, &sender), 0);
	while (poll(&poll_fd, 1, 200) == 1 && recv(fd, data, sizeof(data), 0) >= 0)
		count++;
	close(fd);
	return count;
}

static void real_sockets(void **state)
{
	egress_attach();
	label_cgroup("/a", CLASS_SHOT);
	assert_int_equal(arrive((struct sender){ .cgroup = "/b" }), 3);	/* the allowed twin */
	assert_int_equal(arrive((struct sender){ .cgroup = "/a" }), 0);
	assert_int_equal(arrive((struct sender){ .cgroup = "/a/deep" }), 0);
}

static void a_forged_mark_changes_nothing(void **state)
{
	egress_attach();
	label_cgroup("/a", CLASS_SHOT);
	assert_int_equal(arrive((struct sender){ .cgroup = "/a", .mark = TAG_MARK_ENCODE(TAG_MASK_DEFAULT, 1) }), 0);
	assert_int_equal(arrive((struct sender){ .cgroup = "/b", .mark = TAG_MARK_ENCODE(TAG_MASK_DEFAULT, 2) }), 3);
}

static void a_socket_keeps_the_cgroup_it_was_opened_in(void **state)
{
	egress_attach();
	label_cgroup("/a", CLASS_SHOT);
	assert_int_equal(arrive((struct sender){ .cgroup = "/a", .moves_to = "/b" }), 0);
	assert_int_equal(arrive((struct sender){ .cgroup = "/b", .moves_to = "/a" }), 3);
}

static void a_removed_cgroup_counts_until_its_last_socket(void **state)
{
	struct timespec pause = { .tv_nsec = 100000000 };
	uint32_t class_id;
	uint64_t id;
	int tries;

	if (!tagger->tracing)
		skip();
	egress_attach();
	make_cgroup("/dead");
	id = world_cgroup_id("/dead");
	label_cgroup("/dead", CLASS_SHOT);
	assert_int_equal(arrive((struct sender){ .cgroup = "/dead", .rmdir = true }), 0);
	/* the sender is gone, its socket too: resid_release forgets the id */
	for (tries = 0; tries < 100 && !bpf_map_lookup_elem(tagger->cgroups, &id, &class_id); tries++)
		nanosleep(&pause, NULL);
	assert_true(tries < 100);
}

/* ---- pins --------------------------------------------------------------------------------------------------- */

static void pins_are_shared(void **state)
{
	struct tagger *pinned = NULL, *second = NULL;
	struct resid_error err;
	uint32_t class_id = 0;
	uint64_t id = 77;

	if (tagger_pin(tagger, &err) || tagger_open(&pinned, &err))
		fail_msg("%s", err.text);
	assert_int_equal(pinned->class_id, tagger->class_id);
	assert_true(pinned->tracing == tagger->tracing);
	label(tagger->cgroups, &id, 3);
	/* a new program finds the old maps */
	if (tagger_load(TAG_MASK_DEFAULT, &second, &err))
		fail_msg("%s", err.text);
	assert_true(second->class_id != tagger->class_id);
	assert_int_equal(bpf_map_lookup_elem(second->cgroups, &id, &class_id), 0);
	assert_int_equal(class_id, 3);
	tagger_free(pinned);
	tagger_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(unlabelled_is_zero, fresh),
		cmocka_unit_test_setup(every_label_that_applies, fresh),
		cmocka_unit_test_setup(keys_match_in_full, fresh),
		cmocka_unit_test_setup(the_nearest_label_wins, fresh),
		cmocka_unit_test_setup(a_sibling_has_no_part_in_it, fresh),
		cmocka_unit_test_setup(the_whole_range_of_classes, fresh),
		cmocka_unit_test_setup(the_stamp_replaces_what_was_forged, fresh),
		cmocka_unit_test_setup(another_mask, fresh),
		cmocka_unit_test_setup(the_stamp_on_a_real_device, fresh),
		cmocka_unit_test_setup_teardown(real_sockets, fresh, egress_detach),
		cmocka_unit_test_setup_teardown(a_forged_mark_changes_nothing, fresh, egress_detach),
		cmocka_unit_test_setup_teardown(a_socket_keeps_the_cgroup_it_was_opened_in, fresh, egress_detach),
		cmocka_unit_test_setup_teardown(a_removed_cgroup_counts_until_its_last_socket, fresh, egress_detach),
		cmocka_unit_test_setup(pins_are_shared, fresh),
	};
	int status;

	if (!world_begin(&tagger, &status))
		return status;
	if (!tagger->tracing)
		printf("# resid_newcomer, resid_release: %s\n", tagger->tracing_note);
	status = cmocka_run_group_tests(tests, NULL, NULL);
	tagger_free(tagger);
	world_fini();
	return status;
}
