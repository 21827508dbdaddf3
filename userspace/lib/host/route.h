/* SPDX-License-Identifier: Apache-2.0 */
/* Which device a packet would leave by. */
#ifndef RESID_HOST_ROUTE_H
#define RESID_HOST_ROUTE_H

#include <stdint.h>
#include <sys/socket.h>

/*
 * The ifindex of the device that the routes of a namespace (a descriptor; -1: the caller's) give for an address of 4 or
 * 16 bytes in network order; 0: there is no route.
 */
uint32_t route_device(int netns, sa_family_t family, const void *address);

#endif
