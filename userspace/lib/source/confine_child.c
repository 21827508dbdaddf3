// SPDX-License-Identifier: Apache-2.0
/* The child of confine.h: a parser's words become messages. */
#include "source/confine_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void confine_flush(struct confine *confine)
{
	const uint8_t *at = confine->batch;

	while (confine->used) {
		ssize_t done = write(confine->out, at, confine->used);

		if (done < 0 && errno == EINTR)
			continue;
		/* nobody listens any more */
		if (done < 0)
			_exit(0);
		at += done;
		confine->used -= (size_t)done;
	}
}

void confine_send(struct confine *confine, uint8_t kind, const void *bytes, size_t length)
{
	const struct confine_head head = { .length = (uint16_t)length, .kind = kind };

	if (length > CONFINE_MESSAGE)
		_exit(0);
	if (confine->used + sizeof(head) + length > sizeof(confine->batch))
		confine_flush(confine);
	memcpy(confine->batch + confine->used, &head, sizeof(head));
	if (length)
		memcpy(confine->batch + confine->used + sizeof(head), bytes, length);
	confine->used += sizeof(head) + length;
}

int confine_fail(struct confine *confine, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	confine_send(confine, CONFINE_FAIL, text, strlen(text));
	return -1;
}

void confine_child(const struct confine_job *job, int fd, int out)
{
	static struct confine confine;

	confine.out = out;
	if (!confine_enter(&confine, fd) && !job->parse(&confine, fd, job->context))
		confine_send(&confine, CONFINE_END, NULL, 0);
	confine_flush(&confine);
	_exit(0);
}
