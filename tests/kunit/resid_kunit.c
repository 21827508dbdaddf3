// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suites for the module's parts, one file a suite. Everything but main.c is compiled into this one unit, so that
 * a suite sees the statics of what it tests; loading the module runs the suites.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>

#include "../../kmod/attach.c"
#include "../../kmod/audit.c"
#include "../../kmod/book.c"
#include "../../kmod/class.c"
#include "../../kmod/closed.c"
#include "../../kmod/counter.c"
#include "../../kmod/dest.c"
#include "../../kmod/device.c"
#include "../../kmod/dump.c"
#include "../../kmod/encap.c"
#include "../../kmod/evaluate.c"
#include "../../kmod/extension.c"
#include "../../kmod/frame.c"
#include "../../kmod/hook.c"
#include "../../kmod/ip.c"
#include "../../kmod/judge.c"
#include "../../kmod/link.c"
#include "../../kmod/lpm.c"
#include "../../kmod/netlink.c"
#include "../../kmod/parse.c"
#include "../../kmod/policy.c"
#include "../../kmod/seal.c"
#include "../../kmod/stage.c"
#include "../../kmod/state.c"
#include "../../kmod/table.c"
#include "../../kmod/transport.c"
#include "../../kmod/trial.c"
#include "../../kmod/tunnel.c"

#include "blob.c"
#include "lpm_test.c"
#include "table_test.c"
#include "stage_test.c"
#include "audit_test.c"
#include "counter_test.c"
#include "verdict_test.c"
#include "evaluate_test.c"
#include "trial_test.c"
#include "closed_test.c"
#include "net.c"
#include "class_test.c"
#include "attach_test.c"
#include "hook_test.c"

kunit_test_suites(&lpm_suite, &table_suite, &stage_suite, &audit_suite, &verdict_suite,
		  &evaluate_suite, &counter_suite, &trial_suite,
		  &closed_suite, &class_suite, &attach_suite, &hook_suite);

MODULE_DESCRIPTION("KUnit suites of Resid");
MODULE_LICENSE("GPL");
