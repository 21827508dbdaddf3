/* SPDX-License-Identifier: Apache-2.0 */
/* How every function of libresid says what went wrong: one sentence with the place and the remedy. */
#ifndef RESID_UTIL_ERROR_H
#define RESID_UTIL_ERROR_H

enum resid_exit {
	RESID_EXIT_OK = 0,
	RESID_EXIT_USAGE = 1,	/* the command line */
	RESID_EXIT_SYSTEM = 2,	/* kernel or system: module not loaded, not root, no memory, I/O */
	RESID_EXIT_INPUT = 3,	/* refused input: policy, data, snapshot */
	RESID_EXIT_EXPECT = 4,	/* an expectation that did not hold */
};

struct resid_error {
	enum resid_exit status;
	char text[1024];	/* one sentence, no newline */
};

/*
 * Sets *err and returns -1, so that a failure is one statement: return resid_fail(err, RESID_EXIT_INPUT, ...).
 */
int resid_fail(struct resid_error *err, enum resid_exit status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
