/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process of one sink: `residd --sink FILE`, started by the daemon (sinks.h) with its end of a socket pair as
 * descriptor 3. It takes its configuration from there, reads its secrets, gives up every privilege, and from then on
 * has the socket to the daemon and the one to its receiver, and nothing else: no spool, no policy, no capability.
 */
#ifndef RESID_SINK_CHILD_H
#define RESID_SINK_CHILD_H

#include "util/error.h"

#define SINK_USER	"resid-sink"	/* if the system has it, else nobody */

/* Runs until the daemon closes the socket (0) or it cannot begin (-1). `file` names the configuration in messages. */
int sink_child_run(const char *file, struct resid_error *err);

#endif
