/* SPDX-License-Identifier: GPL-2.0-only */
/* Control path. Something that goes back by itself unless it is confirmed in time. See trial.c. */
#ifndef _RESID_TRIAL_H
#define _RESID_TRIAL_H

#include <linux/mutex.h>
#include <linux/workqueue.h>

struct resid_trial {
	struct mutex *lock;		/* its owner's: all of this but the work, which takes it */
	bool (*revert)(void);		/* lock held, process context; false: out of memory, so once more in a second */
	unsigned long deadline;		/* jiffies; 0: nothing is on trial */
	struct delayed_work work;
};

#define RESID_TRIAL_INIT(name, its_lock, its_revert)                                                                   \
	{                                                                                                              \
		.lock = (its_lock),                                                                                    \
		.revert = (its_revert),                                                                                \
		.work = __DELAYED_WORK_INITIALIZER((name).work, resid_trial_work, 0),                                  \
	}

void resid_trial_work(struct work_struct *work);

/* These three hold the lock. */

/* From now on it has @seconds, at least 1, whatever it had before. */
void resid_trial_begin(struct resid_trial *trial, u32 seconds);
/* It stays, or is gone. */
void resid_trial_end(struct resid_trial *trial);
/* Seconds left, rounded up; 0: nothing is on trial, or it is about to go back. */
u32 resid_trial_left(const struct resid_trial *trial);

static inline bool resid_trial_is_on(const struct resid_trial *trial)
{
	return trial->deadline;
}

/* Nothing goes back after this. Without the lock. */
void resid_trial_fini(struct resid_trial *trial);

#endif /* _RESID_TRIAL_H */
