/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet path. What leaves a node that booted closed, until its first policy: local networks and the bootstrap
 * addresses. See closed.c.
 */
#ifndef _RESID_CLOSED_H
#define _RESID_CLOSED_H

#include <linux/types.h>

struct resid_dest;

/* "192.0.2.1,2001:db8::/32", the module parameter; says what is wrong with it. Process context, module init. */
int resid_closed_init(const char *bootstrap);

/* Packet path. */
bool resid_closed_allows(const struct resid_dest *dest);

#endif /* _RESID_CLOSED_H */
