// SPDX-License-Identifier: Apache-2.0
/* What `explain --of` says of a packet's class is what the tagger says, and the reason is the one there is. */
#include "world.h"
#include "assigned.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "kmod/uapi/resid.h"
#include "host/netns.h"
#include "label/reconcile.h"
#include "label/whose.h"

#define ROUNDS	150
#define FAR_ADDRESS	"10.9.0.9"	/* by host0 and by blue0 */

static struct tagger *tagger;

static struct whose whose(const char *of)
{
	struct sockaddr_in to = world_address(FAR_ADDRESS, 0);
	struct resid_error err;
	struct whose out;

	if (whose_find(tagger, &list, of, AF_INET, &to.sin_addr, &out, &err))
		fail_msg("%s: %s", of, err.text);
	return out;
}

static struct whose whose_below(const char *below)
{
	char of[128];

	snprintf(of, sizeof(of), "cgroup:%s%s", world_cgroup, below);
	return whose(of);
}

static void apply(void)
{
	struct reconcile_report report;
	struct resid_error err;

	if (reconcile(tagger, NULL, &list, NULL, NULL, NULL, &report, &err))
		fail_msg("%s", err.text);
}

static int fresh(void **state)
{
	free(list.items);
	list = (struct assign_list){ 0 };
	make_cgroup("/a");
	make_cgroup("/a/deep");
	make_cgroup("/b");
	apply();
	return 0;
}

/* ---- beside the tagger ------------------------------------------------------------------------------------ */

struct sender {
	const char *below;	/* cgroup */
	bool blue;		/* namespace */
};

/* What the tagger returns for a packet of this process by that device. */
static int tagger_says(const struct tag_device *device)
{
	unsigned char packet[64] = { [12] = 8, [14] = 0x45, [17] = 50 };
	struct __sk_buff context = {
		.cb = {
			[RESID_CB_NETNS_LO] = (uint32_t)device->netns,
			[RESID_CB_NETNS_HI] = (uint32_t)(device->netns >> 32),
			[RESID_CB_IFINDEX] = device->ifindex,
		},
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .ctx_in = &context,
		    .ctx_size_in = sizeof(context));

	return bpf_prog_test_run_opts(tagger->class_fd, &opts) ? -1 : (int)opts.retval;
}

/* What the tagger would return for it. */
static int as_tag(const struct whose *whose)
{
	uint32_t class_id[] = { [WHOSE_OF_CGROUP] = 0, [WHOSE_OF_NETNS] = 0, [WHOSE_OF_DEVICE] = 0 };

	for (size_t i = 0; i < whose->label_count; i++)
		class_id[whose->labels[i].by] = whose->labels[i].class_id;
	return (int)RESID_TAG(class_id[WHOSE_OF_CGROUP], class_id[WHOSE_OF_NETNS], class_id[WHOSE_OF_DEVICE]);
}

/* 0: both say the same of the process that runs this. */
static int compare(void *context)
{
	const struct sender *sender = context;
	struct tag_device device = { .netns = tagger->init_netns };
	_cleanup_close_ int blue = netns_open("blue");
	struct resid_error err;
	struct whose got;
	uint64_t cookie;
	char of[32];

	enter_cgroup(sender->below);
	if (sender->blue && setns(blue, CLONE_NEWNET))
		return 101;
	if (netns_cookie_self(&cookie, &err))
		return 102;
	device.netns = cookie;
	device.ifindex = if_nametoindex(sender->blue ? "blue0" : "host0");
	snprintf(of, sizeof(of), "pid:%d", (int)getpid());
	got = whose(of);
	if (memcmp(&got.device, &device, sizeof(device)))
		return 103;
	return as_tag(&got) == tagger_says(&device) ? 0 : 104;
}

static void label(int map, const void *key)
{
	uint32_t class_id = (uint32_t)(1 + random() % 254);

	if (random() % 2)
		bpf_map_delete_elem(map, key);
	else
		assert_int_equal(bpf_map_update_elem(map, key, &class_id, BPF_ANY), 0);
}

static void as_the_tagger_says(void **state)
{
	static const char *const below[] = { "", "/a", "/a/deep", "/b" };
	_cleanup_close_ int blue = netns_open("blue");
	struct resid_error err;
	int seen[4] = { 0 };
	uint64_t cookie;

	srandom(4217);
	assert_int_equal(netns_cookie(blue, &cookie, &err), 0);
	sh("ip netns exec blue cat /sys/class/net/blue0/ifindex >/run/blue0");
	for (int round = 0; round < ROUNDS; round++) {
		struct sender sender = { .below = below[random() % 4], .blue = random() % 2 };
		struct tag_device host = { .netns = tagger->init_netns, .ifindex = if_nametoindex("host0") };
		struct tag_device peer = { .netns = cookie };
		FILE *in = fopen("/run/blue0", "re");

		assert_int_equal(fscanf(in, "%u", &peer.ifindex), 1);
		fclose(in);
		/* Few labels, so that each kind decides now and then. */
		for (size_t i = 0; i < 4; i++) {
			uint64_t id = world_cgroup_id(below[i]);

			if (round % 3)
				bpf_map_delete_elem(tagger->cgroups, &id);
			else
				label(tagger->cgroups, &id);
		}
		label(tagger->netns, &cookie);
		label(tagger->netns, &tagger->init_netns);
		label(tagger->devices, &host);
		label(tagger->devices, &peer);
		assert_int_equal(in_child(compare, &sender), 0);
		seen[whose_below(sender.below).tag.by]++;
	}
	for (int i = 0; i < 4; i++)
		assert_true(seen[i] > 5);
	bpf_map_delete_elem(tagger->netns, &tagger->init_netns);
}

/* ---- why -------------------------------------------------------------------------------------------------- */

static void of_the_cgroup_or_of_the_nearest_above(void **state)
{
	struct whose got;
	char expected[128];

	assign_cgroup("", 3);
	assign_cgroup("/a", 4);
	apply();
	got = whose_below("/a/deep");
	snprintf(expected, sizeof(expected), "%s/a", world_cgroup);
	assert_int_equal(got.tag.by, WHOSE_OF_CGROUP);
	assert_int_equal(got.tag.class_id, 4);
	assert_string_equal(got.tag.label.text, expected);
	assert_ptr_equal(got.tag.assignment, &list.items[1]);
	assert_true(got.initial);
	got = whose_below("/b");
	assert_string_equal(got.tag.label.text, world_cgroup);
	assert_ptr_equal(got.tag.assignment, &list.items[0]);
}

static void of_an_assignment_that_is_gone(void **state)
{
	assign_cgroup("/a", 4);
	apply();
	list.count = 0;
	assert_int_equal(whose_below("/a").tag.class_id, 4);
	assert_null(whose_below("/a").tag.assignment);
}

static void of_the_namespace_else_of_the_device(void **state)
{
	struct whose got;

	assign("netns:blue", 8);
	apply();
	got = whose("netns:blue");
	assert_int_equal(got.tag.by, WHOSE_OF_NETNS);
	assert_int_equal(got.tag.class_id, 8);
	assert_false(got.initial);
	assert_string_equal(got.cgroup.text, "");
	assert_ptr_equal(got.tag.assignment, &list.items[0]);

	list.count = 0;
	assign("dev:host0", 9);
	apply();
	got = whose("netns:blue");
	assert_int_equal(got.tag.by, WHOSE_OF_DEVICE);
	assert_int_equal(got.tag.class_id, 9);
	assert_string_equal(got.device_name, "blue0");
}

static void nobodys(void **state)
{
	struct whose got = whose_below("/a");

	assert_int_equal(got.tag.by, WHOSE_NOBODYS);
	assert_int_equal(got.tag.class_id, RESID_CLASS_UNLABELLED);
	assert_string_equal(got.device_name, "host0");
	assert_null(got.tag.assignment);
}

/* What comes in by a device has the class that is stamped there, so without the stamp none. */
static void what_comes_in_by_a_device(void **state)
{
	struct resid_error err;
	struct whose got;

	assign("dev:host0", 9);
	apply();
	got = whose("dev:host0");
	assert_true(got.inbound && got.stamped);
	assert_int_equal(got.tag.by, WHOSE_OF_DEVICE);
	assert_int_equal(got.tag.class_id, 9);
	assert_ptr_equal(got.tag.assignment, &list.items[0]);
	assert_int_equal(tagger_unstamp((int)if_nametoindex("host0"), &err), 0);
	got = whose("dev:host0");
	assert_false(got.stamped);
	assert_int_equal(got.tag.class_id, RESID_CLASS_UNLABELLED);
}

static void what_does_not_exist(void **state)
{
	static const struct {
		const char *of, *sentence;
	} bad[] = {
		{ "cgroup:/resid-none", "the cgroup /resid-none does not exist" },
		{ "unit:resid-none.service", "the unit resid-none.service has no cgroup now" },
		{ "netns:none", "there is no network namespace none" },
		{ "dev:none", "there is no device none here" },
		{ "pid:4194305", "there is no process 4194305" },
		{ "pid:2", "is a thread of the kernel" },
		{ "pid:", "is not pid:NUMBER" },
		{ "pid:1x", "is not pid:NUMBER" },
		{ "pid:-1", "is not pid:NUMBER" },
		{ "pid:99999999999", "is not pid:NUMBER" },
		{ "blue", "is not a target" },
	};
	struct sockaddr_in to = world_address(FAR_ADDRESS, 0);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct resid_error err = { 0 };
		struct whose out;

		assert_int_equal(whose_find(tagger, &list, bad[i].of, AF_INET, &to.sin_addr, &out, &err), -1);
		assert_int_equal(err.status, RESID_EXIT_INPUT);
		if (!strstr(err.text, bad[i].sentence))
			fail_msg("%s: %s", bad[i].of, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(as_the_tagger_says, fresh),
		cmocka_unit_test_setup(of_the_cgroup_or_of_the_nearest_above, fresh),
		cmocka_unit_test_setup(of_an_assignment_that_is_gone, fresh),
		cmocka_unit_test_setup(of_the_namespace_else_of_the_device, fresh),
		cmocka_unit_test_setup(nobodys, fresh),
		cmocka_unit_test_setup(what_comes_in_by_a_device, fresh),
		cmocka_unit_test_setup(what_does_not_exist, fresh),
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
