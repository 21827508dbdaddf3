// SPDX-License-Identifier: Apache-2.0
#include "sink/wire.h"

#include <string.h>

/* Before the bytes of event_encode: what those leave out. Then host, host_id and head, each with its zero. */
struct wire_event {
	uint64_t sequence;
	uint32_t length;	/* of the encoded event */
	uint32_t texts[3];	/* bytes with their zeros; 0: NULL */
};

static void wire_text(struct buffer *message, const char *text, uint32_t *length)
{
	*length = text ? (uint32_t)strlen(text) + 1 : 0;
	buffer_append(message, text, *length);
}

bool wire_put(struct buffer *message, const struct audit_event *event)
{
	struct wire_event wire = { .sequence = event->sequence };
	size_t start = message->length, texts;

	buffer_extend(message, sizeof(wire));
	wire_text(message, event->host, &wire.texts[0]);
	wire_text(message, event->host_id, &wire.texts[1]);
	wire_text(message, event->head, &wire.texts[2]);
	texts = message->length;
	event_encode(event, message);
	wire.length = (uint32_t)(message->length - texts);
	memcpy(message->data + start, &wire, sizeof(wire));
	if (message->length <= WIRE_MAX)
		return true;
	message->length = start;
	return false;
}

bool wire_get(const uint8_t **at, const uint8_t *end, struct audit_event *event)
{
	const char *texts[3] = { NULL };
	struct wire_event wire;

	if ((size_t)(end - *at) < sizeof(wire))
		return false;
	memcpy(&wire, *at, sizeof(wire));
	*at += sizeof(wire);
	for (int i = 0; i < 3; i++) {
		if (!wire.texts[i])
			continue;
		if (wire.texts[i] > (size_t)(end - *at) || (*at)[wire.texts[i] - 1])
			return false;
		texts[i] = (const char *)*at;
		*at += wire.texts[i];
	}
	if (wire.length > (size_t)(end - *at) || !event_decode(*at, wire.length, event))
		return false;
	*at += wire.length;
	event->sequence = wire.sequence;
	event->host = texts[0];
	event->host_id = texts[1];
	event->head = texts[2];
	return true;
}
