// SPDX-License-Identifier: Apache-2.0
/*
 * New cgroups, and nobody in userspace who looks: each is labelled by its name before mkdir() returns, and what a
 * tenant may call its own cgroups never loosens. The maps are filled once before each case; then only the kernel works.
 */
#include "world.h"
#include "assigned.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <grp.h>
#include <linux/bpf.h>

#include "kmod/uapi/resid.h"
#include "label/reconcile.h"

#define STRICT	7
#define LAX	4

static struct tagger *tagger;

static void fill(void)
{
	struct reconcile_report report;
	struct resid_error err;

	if (reconcile(tagger, NULL, &list, NULL, NULL, NULL, &report, &err))
		fail_msg("%s", err.text);
}

static struct path dir_of(const char *below)
{
	struct resid_error err;

	return *below == '/' ? world_cgroup_dir(below) : paths_in(cgroup_mount(&err), "%s", below);
}

/* "/x" is below the test's cgroup, "x" below the root. */
static void make(const char *below)
{
	if (mkdir(dir_of(below).text, 0755))
		fail_msg("cannot make cgroup %s: %s", below, strerror(errno));
}

static void unmake(const char *below)
{
	rmdir(dir_of(below).text);
}

static uint32_t label_of(const char *below)
{
	char path[256];
	uint32_t class_id = 0;
	uint64_t id;

	snprintf(path, sizeof(path), "%s%s", *below == '/' ? world_cgroup : "/", below);
	assert_true(cgroup_id(path, &id));
	return bpf_map_lookup_elem(tagger->cgroups, &id, &class_id) ? 0 : class_id;
}

static void say_tightens(uint32_t from, uint32_t to)
{
	uint32_t key = from << 8 | to, one = 1;

	assert_int_equal(bpf_map_update_elem(tagger->tightens, &key, &one, BPF_ANY), 0);
}

static int fresh(void **state)
{
	static const char *const old[] = { "/a/deep/er", "/a/deep", "/a", "/b", "residtest.slice/residtest-x.slice/etl.service/etl.service",
					   "residtest.slice/residtest-x.slice/etl.service", "residtest.slice/residtest-x.slice",
					   "residtest.slice/etl.service", "residtest.slice", "etl.service/etl.service", "etl.service" };
	uint32_t key;

	for (size_t i = 0; i < sizeof(old) / sizeof(*old); i++)
		unmake(old[i]);
	while (!bpf_map_get_next_key(tagger->tightens, NULL, &key))
		bpf_map_delete_elem(tagger->tightens, &key);
	free(list.items);
	list = (struct assign_list){ 0 };
	return 0;
}

static int clean(void **state)
{
	return fresh(state);
}

static void a_restart_below_a_laxer_one(void **state)
{
	assign_cgroup("/a", LAX);
	assign_cgroup("/a/deep", STRICT);
	fill();
	for (int i = 0; i < 200; i++) {
		make("/a");
		assert_int_equal(label_of("/a"), LAX);
		make("/a/deep");
		assert_int_equal(label_of("/a/deep"), STRICT);
		unmake("/a/deep");
		unmake("/a");
	}
}

static void what_lies_between_has_a_place_and_no_label(void **state)
{
	assign_cgroup("/a/deep/er", STRICT);
	fill();
	make("/a");
	make("/b");
	make("/a/deep");
	assert_int_equal(label_of("/a"), 0);
	assert_int_equal(label_of("/a/deep"), 0);
	make("/a/deep/er");
	assert_int_equal(label_of("/a/deep/er"), STRICT);
	assert_int_equal(label_of("/b"), 0);
}

/* The same name elsewhere is another cgroup. */
static void a_name_counts_at_its_path_only(void **state)
{
	assign_cgroup("/a/deep", STRICT);
	fill();
	make("/b");
	make("/a");
	make("/a/deep");
	if (mkdir(dir_of("/b/deep").text, 0755))
		fail_msg("%s", strerror(errno));
	assert_int_equal(label_of("/b/deep"), 0);
	unmake("/b/deep");
}

static void units_in_any_slice_and_nowhere_else(void **state)
{
	assign("unit:etl.service", STRICT);
	fill();
	make("residtest.slice");
	make("residtest.slice/residtest-x.slice");
	make("residtest.slice/residtest-x.slice/etl.service");
	assert_int_equal(label_of("residtest.slice/residtest-x.slice/etl.service"), STRICT);
	make("residtest.slice/residtest-x.slice/etl.service/etl.service");
	assert_int_equal(label_of("residtest.slice/residtest-x.slice/etl.service/etl.service"), 0);
	make("residtest.slice/etl.service");
	assert_int_equal(label_of("residtest.slice/etl.service"), STRICT);
	make("etl.service");
	assert_int_equal(label_of("etl.service"), STRICT);
}

static void slices_that_are_units(void **state)
{
	assign("unit:residtest-x.slice", STRICT);
	fill();
	make("residtest.slice");
	make("residtest.slice/residtest-x.slice");
	assert_int_equal(label_of("residtest.slice/residtest-x.slice"), STRICT);
	assert_int_equal(label_of("residtest.slice"), 0);
}

static void an_assignment_taken_back_labels_no_more(void **state)
{
	assign_cgroup("/a", STRICT);
	fill();
	list.count = 0;
	fill();
	make("/a");
	assert_int_equal(label_of("/a"), 0);
}

/* ---- tenants ----------------------------------------------------------------------------------------------- */

struct tenant {
	const char *below;
	int flags;	/* of unshare(): namespaces of its own */
};

/* The folder is given to uid 4711 as delegation does; it makes a cgroup in it. */
static int tenant_makes(void *context)
{
	const struct tenant *tenant = context;

	if (tenant->flags && unshare(tenant->flags))
		return 90;
	if (!(tenant->flags & CLONE_NEWCGROUP) && (setgroups(0, NULL) || setresuid(4711, 4711, 4711)))
		return 91;
	return mkdir(dir_of(tenant->below).text, 0755) ? 92 : 0;
}

static void tenant_make(const char *above, const char *below, int flags)
{
	struct tenant tenant = { .below = below, .flags = flags };

	assert_int_equal(chown(dir_of(above).text, 4711, 4711), 0);
	assert_int_equal(in_child(tenant_makes, &tenant), 0);
}

static void a_tenants_name_never_loosens(void **state)
{
	static const int flags[] = { 0, CLONE_NEWCGROUP };

	assign_cgroup("/a", STRICT);
	assign_cgroup("/a/deep", LAX);
	fill();
	say_tightens(LAX, STRICT);
	make("/a");
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		tenant_make("/a", "/a/deep", flags[i]);
		assert_int_equal(label_of("/a/deep"), 0);
		unmake("/a/deep");
	}
	/* the node's root may: that is what the assignment is for */
	make("/a/deep");
	assert_int_equal(label_of("/a/deep"), LAX);
}

static void a_tenants_name_may_tighten(void **state)
{
	assign_cgroup("/a", LAX);
	assign_cgroup("/a/deep", STRICT);
	fill();
	say_tightens(LAX, STRICT);
	make("/a");
	tenant_make("/a", "/a/deep", 0);
	assert_int_equal(label_of("/a/deep"), STRICT);
}

/* ---- no room ----------------------------------------------------------------------------------------------- */

static int class_here(void *below)
{
	unsigned char packet[64] = { [12] = 8, [14] = 0x45, [17] = 50 };
	struct __sk_buff context = { .mark = 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet), .ctx_in = &context,
		    .ctx_size_in = sizeof(context));

	enter_cgroup(below);
	return bpf_prog_test_run_opts(tagger->class_fd, &opts) ? 101 : (int)opts.retval;
}

static void a_label_without_room_makes_everybody_strict(void **state)
{
	uint64_t lost = 0, id = 1ull << 60;
	uint32_t class_id = LAX, zero = 0;
	size_t added = 0;

	assign_cgroup("/a", LAX);
	assign_cgroup("/b", STRICT);
	fill();
	make("/a");
	assert_int_equal(in_child(class_here, (void *)"/a"), LAX);
	while (!bpf_map_update_elem(tagger->cgroups, &id, &class_id, BPF_ANY)) {
		id++;
		added++;
	}
	assert_true(added > 1000);
	make("/b");
	assert_int_equal(bpf_map_lookup_elem(tagger->lost, &zero, &lost), 0);
	assert_int_equal(lost, 1);
	assert_int_equal(in_child(class_here, (void *)"/a"), RESID_CLASS_UNLABELLED);
	while (added--) {
		id--;
		bpf_map_delete_elem(tagger->cgroups, &id);
	}
	fill();
	assert_int_equal(in_child(class_here, (void *)"/a"), LAX);
	assert_int_equal(in_child(class_here, (void *)"/b"), STRICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_restart_below_a_laxer_one, fresh, clean),
		cmocka_unit_test_setup_teardown(what_lies_between_has_a_place_and_no_label, fresh, clean),
		cmocka_unit_test_setup_teardown(a_name_counts_at_its_path_only, fresh, clean),
		cmocka_unit_test_setup_teardown(units_in_any_slice_and_nowhere_else, fresh, clean),
		cmocka_unit_test_setup_teardown(slices_that_are_units, fresh, clean),
		cmocka_unit_test_setup_teardown(an_assignment_taken_back_labels_no_more, fresh, clean),
		cmocka_unit_test_setup_teardown(a_tenants_name_never_loosens, fresh, clean),
		cmocka_unit_test_setup_teardown(a_tenants_name_may_tighten, fresh, clean),
		cmocka_unit_test_setup_teardown(a_label_without_room_makes_everybody_strict, fresh, clean),
	};
	int status;

	if (!world_begin(&tagger, &status))
		return status;
	if (!tagger->tracing) {
		printf("1..0 # SKIP %s\n", tagger->tracing_note);
		return 0;
	}
	status = cmocka_run_group_tests(tests, NULL, NULL);
	free(list.items);
	tagger_free(tagger);
	world_fini();
	return status;
}
