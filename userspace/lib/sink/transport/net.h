/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets to a receiver, blocking, each step bounded by a time. */
#ifndef RESID_SINK_TRANSPORT_NET_H
#define RESID_SINK_TRANSPORT_NET_H

#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* HOST:PORT or [IPV6]:PORT. host has room for 256. */
int net_split(const char *address, char *host, char port[16], struct resid_error *err);
/* type: SOCK_STREAM or SOCK_DGRAM. The descriptor, or -1. */
int net_connect(const char *address, int type, uint32_t timeout, struct resid_error *err);
/* All of it. */
int net_send(int fd, const char *address, const void *bytes, size_t length, struct resid_error *err);

#endif
