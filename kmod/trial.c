// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change that its maker may have cut himself off with: it has a deadline, and goes back when that passes without a
 * word.
 *
 * The deadline decides, and not the work, which only looks at it with the lock held. So a work that was already on its
 * way when the trial was confirmed, or was given more time, finds no deadline, or one that is still to come, and does
 * nothing; in the latter case it has been queued again. Nobody waits for it but resid_trial_fini(), which therefore
 * must not hold the lock.
 */
#include "trial.h"

#include <linux/jiffies.h>

/* Never 0, which says that there is none, and never later than the work that looks at it. */
static unsigned long trial_deadline(unsigned long now, u32 seconds)
{
	return now + seconds * HZ ?: ULONG_MAX;
}

void resid_trial_begin(struct resid_trial *trial, u32 seconds)
{
	trial->deadline = trial_deadline(jiffies, seconds);
	mod_delayed_work(system_wq, &trial->work, seconds * HZ);
}

void resid_trial_end(struct resid_trial *trial)
{
	trial->deadline = 0;
}

u32 resid_trial_left(const struct resid_trial *trial)
{
	unsigned long now = jiffies;

	if (!trial->deadline || time_after_eq(now, trial->deadline))
		return 0;
	return DIV_ROUND_UP(trial->deadline - now, HZ);
}

void resid_trial_work(struct work_struct *work)
{
	struct resid_trial *trial = container_of(to_delayed_work(work), struct resid_trial, work);

	mutex_lock(trial->lock);
	if (trial->deadline && time_after_eq(jiffies, trial->deadline)) {
		if (trial->revert())
			trial->deadline = 0;
		else
			mod_delayed_work(system_wq, &trial->work, HZ);
	}
	mutex_unlock(trial->lock);
}

void resid_trial_fini(struct resid_trial *trial)
{
	cancel_delayed_work_sync(&trial->work);
}
