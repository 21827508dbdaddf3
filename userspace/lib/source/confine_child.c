// SPDX-License-Identifier: Apache-2.0
/* The child of confine.h: a parser's words become records. */
#include "source/confine_private.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

static int confine_flush(struct confine *confine)
{
	const char *at = (const char *)confine->batch;
	size_t left = confine->count * sizeof(confine->batch[0]);

	confine->count = 0;
	while (left) {
		ssize_t done = write(confine->out, at, left);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			_exit(RESID_EXIT_SYSTEM);
		at += done;
		left -= (size_t)done;
	}
	return 0;
}

static struct confine_record *confine_push(struct confine *confine, enum confine_kind kind)
{
	struct confine_record *record;

	if (confine->count == CONFINE_BATCH)
		confine_flush(confine);
	record = memset(&confine->batch[confine->count++], 0, sizeof(*record));
	record->kind = (uint8_t)kind;
	return record;
}

int confine_fact(struct confine *confine, const struct prefix *prefix, const struct confine_said *said)
{
	struct confine_record *record = confine_push(confine, CONFINE_FACT);

	record->family = prefix->family == AF_INET ? 4 : 6;
	record->length = prefix->length;
	record->flags = said->flags;
	record->asn = said->asn;
	memcpy(record->country, said->country, 2);
	memcpy(record->registered, said->registered, 2);
	memcpy(record->represented, said->represented, 2);
	address_bytes(AF_INET6, prefix->first, record->address);
	return 0;
}

/* A record that is not full ends the name. */
int confine_name(struct confine *confine, uint32_t asn, const char *name, size_t length)
{
	size_t at = 0, part;

	do {
		struct confine_record *record = confine_push(confine, CONFINE_NAME);

		part = length - at < sizeof(record->bytes) ? length - at : sizeof(record->bytes);
		record->asn = asn;
		record->length = (uint8_t)part;
		memcpy(record->bytes, name + at, part);
		at += part;
	} while (part == sizeof(((struct confine_record *)NULL)->bytes));
	return 0;
}

int confine_date(struct confine *confine, time_t date)
{
	confine_push(confine, CONFINE_DATE)->date = date;
	return 0;
}

int confine_bytes(struct confine *confine, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length) {
		struct confine_record *record = confine_push(confine, CONFINE_BYTES);
		size_t part = length < sizeof(record->bytes) ? length : sizeof(record->bytes);

		record->length = (uint8_t)part;
		memcpy(record->bytes, at, part);
		at += part;
		length -= part;
	}
	return 0;
}

int confine_fail(struct confine *confine, const char *format, ...)
{
	char text[256] = "";
	va_list args;
	size_t i;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (i = 0; i < sizeof(text); i += sizeof(confine->batch[0].text))
		memcpy(confine_push(confine, CONFINE_FAIL)->text, text + i, sizeof(confine->batch[0].text));
	return -1;
}

void confine_child(confine_parser parse, int fd, int out)
{
	static struct confine confine;

	confine.out = out;
	if (!confine_enter(&confine, fd) && !parse(&confine, fd))
		confine_push(&confine, CONFINE_END);
	confine_flush(&confine);
	_exit(0);
}
