/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in for resid.ko on a node that enforces and where the module is not: a kernel was booted that has none,
 * it does not load, it was taken out by force. A table of nftables, `resid_absent`, lets nothing leave the initial
 * network namespace but loopback, link traffic and the policy's `bootstrap` prefixes. It is cruder than the module,
 * which it resembles while that is closed: it knows no class, reports nothing, and private networks are shut as well.
 *
 * It is in force before an attempt to arm the module and taken away after it has succeeded, so that whatever goes wrong
 * in between leaves the node shut.
 */
#ifndef RESID_NODE_ABSENT_H
#define RESID_NODE_ABSENT_H

#include <stdbool.h>

#include "kmod/uapi/resid.h"
#include "snapshot/snapshot.h"
#include "util/error.h"

#define ABSENT_TABLE "resid_absent"

/* The setting `when_absent` of residd.conf. */
enum absent_setting {
	ABSENT_BY_MODE,		/* not said: shut where the node enforces */
	ABSENT_CLOSED,
	ABSENT_OPEN,
};

/* For struct setting: `at` is an enum absent_setting. A word that is neither is closed. */
const char *absent_store(void *at, const char *value);
/* What residd.conf says of it, whatever else it says; closed if the file cannot be read. */
enum absent_setting absent_setting(void);
/* Whether a node of this mode is to be shut without the module. */
bool absent_is_wanted(enum absent_setting setting, enum resid_mode mode);

/*
 * Puts the table in force, in place of the one that there may be: it covers the devices that there are now. snapshot
 * (may be NULL) names the bootstrap prefixes, and so may the module's own parameter in modprobe.d. 0, or -1: the node
 * is not shut.
 */
int absent_shut(const struct snapshot *snapshot, struct resid_error *err);
/* Takes it away if it is there. */
int absent_lift(struct resid_error *err);
bool absent_is_there(void);

#endif
