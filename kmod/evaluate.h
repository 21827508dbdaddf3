/* SPDX-License-Identifier: GPL-2.0-only */
/* Meeting place. What would happen to a packet, for who asks by netlink. See evaluate.c. */
#ifndef _RESID_EVALUATE_H
#define _RESID_EVALUATE_H

#include <linux/types.h>

#include "uapi/resid.h"

struct netlink_ext_ack;

/* 0, or -EINVAL with a sentence in extack. */
int resid_evaluate_check(const struct resid_question *question, unsigned int count, struct netlink_ext_ack *extack);

/*
 * Answers @count questions that passed the check, all by the same state. Returns whether there is a policy; if so,
 * @generation is its own. Any context.
 */
bool resid_evaluate(const struct resid_question *question, unsigned int count, struct resid_answer *answer,
		    u8 generation[RESID_DIGEST_LEN]);

#endif /* _RESID_EVALUATE_H */
