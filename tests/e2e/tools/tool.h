/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs of the end-to-end tests share: addresses, time, tags, and how a failed call is named. */
#ifndef RESID_E2E_TOOL_H
#define RESID_E2E_TOOL_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>

/* Every attempt carries this and a name of its own, so that a capture beyond the node can find it. */
#define TAG_PREFIX	"resid-tag:"
#define TAG_END		';'

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

/* The name of an errno, "ECONNREFUSED". */
static inline const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "E?";
}

static inline uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static inline unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	if (!*text || *end)
		die("'%s' is not a number", text);
	return value;
}

static inline union address address(const char *text, unsigned long port)
{
	union address a = {};

	if (inet_pton(AF_INET, text, &a.in.sin_addr) == 1) {
		a.in.sin_family = AF_INET;
		a.in.sin_port = htons((uint16_t)port);
	} else if (inet_pton(AF_INET6, text, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons((uint16_t)port);
	} else {
		die("'%s' is not an address", text);
	}
	return a;
}

static inline socklen_t address_len(const union address *a)
{
	return a->sa.sa_family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
}

static inline unsigned int address_port(const union address *a)
{
	return ntohs(a->sa.sa_family == AF_INET ? a->in.sin_port : a->in6.sin6_port);
}

/* Writes the tag into a payload, returns its length. */
static inline size_t tag_write(char *out, size_t size, const char *tag)
{
	return (size_t)snprintf(out, size, TAG_PREFIX "%s%c", tag, TAG_END);
}

#endif
