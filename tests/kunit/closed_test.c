// SPDX-License-Identifier: GPL-2.0-only

static int closed_test_init(struct kunit *test)
{
	closed_bootstrap_count = 0;
	return 0;
}

static void closed_test_exit(struct kunit *test)
{
	closed_bootstrap_count = 0;
}

static bool closed_test_allows(struct kunit *test, const char *text)
{
	struct resid_dest dest = { .family = AF_INET };

	if (!in4_pton(text, -1, dest.address, -1, NULL)) {
		dest.family = AF_INET6;
		KUNIT_ASSERT_EQ_MSG(test, in6_pton(text, -1, dest.address, -1, NULL), 1, "%s", text);
	}
	return resid_closed_allows(&dest);
}

static void closed_test_expect(struct kunit *test, const char *const *text, bool allows)
{
	for (; *text; text++)
		KUNIT_EXPECT_EQ_MSG(test, closed_test_allows(test, *text), allows, "%s", *text);
}

/* The first and the last address of each local network, and their neighbours. */
static void closed_test_local(struct kunit *test)
{
	static const char *const inside[] = {
		"10.0.0.0",	 "10.255.255.255", "127.0.0.1",	  "127.255.255.255", "172.16.0.0",
		"172.31.255.255", "192.168.0.0",   "192.168.255.255", "255.255.255.255", "fc00::",
		"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::1", NULL,
	};
	static const char *const outside[] = {
		"9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0",
		"192.167.255.255", "192.169.0.0", "255.255.255.254", "0.0.0.0", "8.8.8.8", "169.254.169.254",
		"fbff::", "fe00::", "::", "::2", "2001:db8::1", "::ffff:10.0.0.1", NULL,
	};

	KUNIT_ASSERT_EQ(test, resid_closed_init(NULL), 0);
	KUNIT_ASSERT_EQ(test, resid_closed_init(""), 0);
	closed_test_expect(test, inside, true);
	closed_test_expect(test, outside, false);
}

/* Clouds have put services that pass on what they are given inside fc00::/7; whoever needs one names it. */
static void closed_test_metadata(struct kunit *test)
{
	static const char *const metadata[] = { "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", NULL };
	static const char *const beside[] = { "fd00:ec2::253", "fd00:ec2::24", "fd20:ce::255", "fd00:42::41", NULL };
	static const char *const named[] = { "fd00:ec2::254", NULL };

	closed_test_expect(test, metadata, false);
	closed_test_expect(test, beside, true);
	KUNIT_ASSERT_EQ(test, resid_closed_init("fd00:ec2::254"), 0);
	closed_test_expect(test, named, true);
	closed_test_expect(test, metadata + 1, false);
}

static void closed_test_bootstrap(struct kunit *test)
{
	static const char *const inside[] = {
		"192.0.2.53", "198.51.100.64", "198.51.100.127", "2001:db8::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff",
		"2001:db8:1::1", NULL,
	};
	static const char *const outside[] = {
		"192.0.2.52", "192.0.2.54", "198.51.100.63", "198.51.100.128", "2001:db8:1::", "2001:db8:1::2",
		"2001:db7:ffff::", NULL,
	};

	KUNIT_ASSERT_EQ(test, resid_closed_init("192.0.2.53,198.51.100.64/26,2001:db8::/48,2001:db8:1::1/128"), 0);
	closed_test_expect(test, inside, true);
	closed_test_expect(test, outside, false);
	closed_bootstrap_count = 0;
	KUNIT_ASSERT_EQ(test, resid_closed_init("0.0.0.0/0"), 0);
	KUNIT_EXPECT_TRUE(test, closed_test_allows(test, "8.8.8.8"));
	KUNIT_EXPECT_FALSE(test, closed_test_allows(test, "2001:db8::1"));
}

static void closed_test_refuse(struct kunit *test)
{
	static const char *const wrong[] = {
		",", "192.0.2.1,", "192.0.2", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1/-1", "192.0.2.1/8x",
		"2001:db8::/129", "2001:db8::g", "example.org", "192.0.2.1 192.0.2.2", NULL,
	};
	static char many[CLOSED_BOOTSTRAP_MAX * 10 + 10];
	unsigned int i, length = 0;

	for (i = 0; wrong[i]; i++) {
		closed_bootstrap_count = 0;
		KUNIT_EXPECT_LT_MSG(test, resid_closed_init(wrong[i]), 0, "%s", wrong[i]);
	}
	closed_bootstrap_count = 0;
	for (i = 0; i < CLOSED_BOOTSTRAP_MAX; i++)
		length += sprintf(many + length, "%s192.0.2.%u", i ? "," : "", i);
	KUNIT_EXPECT_EQ(test, resid_closed_init(many), 0);
	closed_bootstrap_count = 0;
	strcat(many, ",8.8.8.8");
	KUNIT_EXPECT_EQ(test, resid_closed_init(many), -E2BIG);
}

static struct kunit_case closed_cases[] = {
	KUNIT_CASE(closed_test_local),
	KUNIT_CASE(closed_test_metadata),
	KUNIT_CASE(closed_test_bootstrap),
	KUNIT_CASE(closed_test_refuse),
	{}
};

static struct kunit_suite closed_suite = {
	.name = "resid_closed",
	.init = closed_test_init,
	.exit = closed_test_exit,
	.test_cases = closed_cases,
};
