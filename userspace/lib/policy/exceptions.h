/* SPDX-License-Identifier: Apache-2.0 */
/* The keys `exceptions` and `max_exception`. */
#ifndef RESID_POLICY_EXCEPTIONS_H
#define RESID_POLICY_EXCEPTIONS_H

#include "policy/reader.h"

int exceptions_read(struct reader *reader);
/* Exceptions and rules that have ended. */
void exceptions_warn(struct reader *reader);

#endif
