// SPDX-License-Identifier: Apache-2.0
/*
 * Metrics: what could not be had is not there, and never a zero. The linker puts what is here in the place of the
 * module's answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "residd/daemon.h"
#include "util/file.h"
#include "util/memory.h"

static bool devices_fail, counters_fail, names_fail;

int __wrap_resid_nl_status(struct resid_nl *nl, struct resid_nl_status *out, struct resid_error *err);
int __wrap_resid_nl_devices(struct resid_nl *nl, struct resid_nl_device **out, size_t *count, struct resid_error *err);
int __wrap_resid_nl_counters(struct resid_nl *nl, struct resid_nl_counter **out, size_t *count,
			     struct resid_error *err);
struct if_nameindex *__wrap_if_nameindex(void);
struct if_nameindex *__real_if_nameindex(void);

int __wrap_resid_nl_status(struct resid_nl *nl, struct resid_nl_status *out, struct resid_error *err)
{
	*out = (struct resid_nl_status){ .mode = RESID_MODE_ENFORCING };
	return 0;
}

int __wrap_resid_nl_devices(struct resid_nl *nl, struct resid_nl_device **out, size_t *count, struct resid_error *err)
{
	if (devices_fail)
		return resid_fail(err, RESID_EXIT_SYSTEM, "no answer");
	*out = NULL;
	*count = 0;
	return 0;
}

int __wrap_resid_nl_counters(struct resid_nl *nl, struct resid_nl_counter **out, size_t *count,
			     struct resid_error *err)
{
	if (counters_fail)
		return resid_fail(err, RESID_EXIT_SYSTEM, "no answer");
	*out = mem_zero(1, sizeof(**out));
	**out = (struct resid_nl_counter){ .class_id = 4, .verdict = RESID_V_REJECT, .packets = 7 };
	*count = 1;
	return 0;
}

struct if_nameindex *__wrap_if_nameindex(void)
{
	return names_fail ? NULL : __real_if_nameindex();
}

/* What main.c of the daemon offers. */
void daemon_trouble(struct daemon *daemon, enum trouble which, const char *text)
{
}

/* The metrics as they are now; the caller frees them. */
static char *metrics(void)
{
	static struct daemon daemon;
	struct resid_error err = { 0 };
	char path[] = "/tmp/resid-expose-XXXXXX", *text = NULL;
	int fd = mkstemp(path);
	size_t length;

	assert_true(fd >= 0);
	close(fd);
	daemon.nl = (struct resid_nl *)&daemon;
	snprintf(daemon.config.metrics_file.text, sizeof(daemon.config.metrics_file.text), "%s", path);
	expose_file(&daemon);
	if (file_read(path, 1 << 20, &text, &length, &err))
		fail_msg("%s", err.text);
	unlink(path);
	return text;
}

static bool says(const char *name)
{
	_cleanup_free_ char *text = metrics();

	assert_non_null(strstr(text, "\nresid_module_loaded 1\n"));
	return strstr(text, name);
}

static void test_known(void **state)
{
	devices_fail = counters_fail = names_fail = false;
	assert_true(says("\nresid_unhooked_devices "));
	assert_true(says("\nresid_verdict_packets_total{"));
}

static void test_unknown(void **state)
{
	devices_fail = true;
	assert_false(says("resid_unhooked_devices"));
	devices_fail = false;
	names_fail = true;
	assert_false(says("resid_unhooked_devices"));
	names_fail = false;
	counters_fail = true;
	assert_false(says("resid_verdict_packets_total"));
	assert_true(says("\nresid_unhooked_devices "));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_known), cmocka_unit_test(test_unknown) };

	return cmocka_run_group_tests_name("expose", tests, NULL, NULL);
}
