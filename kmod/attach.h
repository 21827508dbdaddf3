/* SPDX-License-Identifier: GPL-2.0-only */
/* Meeting place. Which hooks hang where: every network namespace, every device but loopback. See attach.c. */
#ifndef _RESID_ATTACH_H
#define _RESID_ATTACH_H

#include <linux/types.h>

/* Process context, without RTNL. */
int resid_attach_init(void);
void resid_attach_fini(void);

/* A number that is another one whenever a device has come or gone; never 0. Holds RTNL. */
unsigned int resid_attach_changes(void);
u32 resid_attach_netns_count(void);
/* Network namespaces without connection tracking of IPv4 or IPv6; *own: RESID_UNTRACKED_* of the initial one. */
u32 resid_attach_untracked(u8 *own);

#endif /* _RESID_ATTACH_H */
