// SPDX-License-Identifier: GPL-2.0-only

static DEFINE_MUTEX(trial_test_mutex);
static unsigned int trial_test_asked;	/* how often it was to go back */
static unsigned int trial_test_fails;	/* how often it cannot yet */

static bool trial_test_revert(void)
{
	lockdep_assert_held(&trial_test_mutex);
	trial_test_asked++;
	return !trial_test_fails || !trial_test_fails--;
}

static struct resid_trial trial_test_trial = RESID_TRIAL_INIT(trial_test_trial, &trial_test_mutex, trial_test_revert);

static int trial_test_init(struct kunit *test)
{
	trial_test_asked = 0;
	trial_test_fails = 0;
	return 0;
}

static void trial_test_exit(struct kunit *test)
{
	resid_trial_fini(&trial_test_trial);
	trial_test_trial.deadline = 0;
}

static void trial_test_begin(u32 seconds)
{
	mutex_lock(&trial_test_mutex);
	if (seconds)
		resid_trial_begin(&trial_test_trial, seconds);
	else
		resid_trial_end(&trial_test_trial);
	mutex_unlock(&trial_test_mutex);
}

/* The work looks, whatever the deadline. */
static void trial_test_look(void)
{
	mod_delayed_work(system_wq, &trial_test_trial.work, 0);
	flush_delayed_work(&trial_test_trial.work);
}

/* When jiffies wrap, a deadline is still one, and is over when its work looks. */
static void trial_test_deadline(struct kunit *test)
{
	unsigned long wrapped = -60ul * HZ;

	KUNIT_EXPECT_EQ(test, trial_deadline(1000, 60), 1000 + 60 * HZ);
	KUNIT_EXPECT_NE(test, trial_deadline(wrapped, 60), 0);
	KUNIT_EXPECT_TRUE(test, time_after_eq(wrapped + 60 * HZ, trial_deadline(wrapped, 60)));
}

/* It goes back once, in its time and not before. */
static void trial_test_over(struct kunit *test)
{
	trial_test_begin(1);
	KUNIT_EXPECT_EQ(test, resid_trial_left(&trial_test_trial), 1);
	trial_test_look();
	KUNIT_EXPECT_EQ(test, trial_test_asked, 0);
	KUNIT_EXPECT_TRUE(test, resid_trial_is_on(&trial_test_trial));
	msleep(1100);
	trial_test_look();
	trial_test_look();
	KUNIT_EXPECT_EQ(test, trial_test_asked, 1);
	KUNIT_EXPECT_FALSE(test, resid_trial_is_on(&trial_test_trial));
	KUNIT_EXPECT_EQ(test, resid_trial_left(&trial_test_trial), 0);
}

/* What was confirmed stays, and what was given more time has it, though the work of the first time still looks. */
static void trial_test_confirmed(struct kunit *test)
{
	trial_test_begin(1);
	trial_test_begin(0);
	msleep(1100);
	trial_test_look();
	KUNIT_EXPECT_EQ(test, trial_test_asked, 0);
	trial_test_begin(1);
	trial_test_begin(60);
	msleep(1100);
	trial_test_look();
	KUNIT_EXPECT_EQ(test, trial_test_asked, 0);
	KUNIT_EXPECT_EQ(test, resid_trial_left(&trial_test_trial), 59);
}

/* Without memory it is asked again by itself, until it has gone back. */
static void trial_test_again(struct kunit *test)
{
	trial_test_fails = 1;
	trial_test_begin(1);
	msleep(1100);
	flush_work(&trial_test_trial.work.work);
	KUNIT_EXPECT_EQ(test, trial_test_asked, 1);
	KUNIT_EXPECT_TRUE(test, resid_trial_is_on(&trial_test_trial));
	msleep(1100);
	flush_work(&trial_test_trial.work.work);
	KUNIT_EXPECT_EQ(test, trial_test_asked, 2);
	KUNIT_EXPECT_FALSE(test, resid_trial_is_on(&trial_test_trial));
}

static struct kunit_case trial_cases[] = {
	KUNIT_CASE(trial_test_deadline),
	KUNIT_CASE(trial_test_over),
	KUNIT_CASE(trial_test_confirmed),
	KUNIT_CASE(trial_test_again),
	{}
};

static struct kunit_suite trial_suite = {
	.name = "resid_trial",
	.init = trial_test_init,
	.exit = trial_test_exit,
	.test_cases = trial_cases,
};
