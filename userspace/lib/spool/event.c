// SPDX-License-Identifier: Apache-2.0
#include "spool/event.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "util/hex.h"

#define TEXT_MAX	4096	/* bytes of one text, its final zero included */
#define FIELD_HEAD	3	/* number, length */
#define FIELD_MAX	32	/* bytes of what is no text */

enum event_form {
	FORM_FLAG,		/* a bool; true has no bytes */
	FORM_NUMBER,		/* little-endian, without the zeros at its upper end */
	FORM_TEXT,		/* with its final zero */
	FORM_BYTES,
	FORM_GENERATION,
	FORM_ADDRESS,
};

#define EVENT_SIZE(member) sizeof(((struct audit_event *)0)->member)

/* clang-format off */
/* The numbers are those of the spool's files: one that is given up is never used again. */
static const struct event_field {
	uint8_t number, form;
	uint16_t offset, size;
} event_fields[] = {
#define FIELD(number, form, member) { number, FORM_##form, offsetof(struct audit_event, member), EVENT_SIZE(member) }
	FIELD(1, NUMBER, kind),
	FIELD(2, BYTES, instance),
	FIELD(3, NUMBER, batch),
	FIELD(4, NUMBER, index),
	FIELD(5, NUMBER, first_wall_ns),
	FIELD(6, NUMBER, last_wall_ns),
	FIELD(7, NUMBER, first_boot_ns),
	FIELD(8, NUMBER, last_boot_ns),
	FIELD(9, FLAG, clock_unsynchronised),
	FIELD(10, NUMBER, verdict),
	FIELD(11, NUMBER, hook),
	FIELD(12, NUMBER, fold),
	FIELD(13, NUMBER, flags),
	FIELD(14, NUMBER, class_id),
	FIELD(15, TEXT, class_name),
	FIELD(16, TEXT, rule),
	FIELD(17, TEXT, reason),
	FIELD(18, TEXT, clause),
	FIELD(19, TEXT, justification),
	FIELD(20, TEXT, policy),
	FIELD(21, GENERATION, generation),
	FIELD(22, NUMBER, packets),
	FIELD(23, NUMBER, bytes),
	FIELD(24, NUMBER, family),
	FIELD(25, NUMBER, proto),
	FIELD(26, NUMBER, detail),
	FIELD(27, NUMBER, icmp_type),
	FIELD(28, NUMBER, icmp_code),
	FIELD(29, NUMBER, tcp_flags),
	FIELD(30, NUMBER, sport),
	FIELD(31, NUMBER, dport),
	FIELD(32, NUMBER, ethertype),
	FIELD(33, ADDRESS, src),
	FIELD(34, ADDRESS, dst),
	FIELD(35, TEXT, location),
	FIELD(36, TEXT, prefix),
	FIELD(37, TEXT, control),
	FIELD(38, TEXT, tier),
	FIELD(39, TEXT, control_source),
	FIELD(40, TEXT, operator),
	FIELD(41, TEXT, operator_name),
	FIELD(42, NUMBER, asn),
	FIELD(43, TEXT, as_name),
	FIELD(44, NUMBER, ifindex),
	FIELD(45, TEXT, ifname),
	FIELD(46, NUMBER, netns),
	FIELD(47, TEXT, netns_name),
	FIELD(48, NUMBER, cgroup_id),
	FIELD(49, TEXT, cgroup),
	FIELD(50, TEXT, unit),
	FIELD(51, TEXT, container),
	FIELD(52, TEXT, runtime),
	FIELD(53, TEXT, tenant),
	FIELD(54, NUMBER, uid),
	FIELD(55, NUMBER, socket),
	FIELD(56, NUMBER, pid),
	FIELD(57, TEXT, comm),
	FIELD(58, NUMBER, started_wall_ns),
	FIELD(59, TEXT, text),
	FIELD(60, NUMBER, lost),
#undef FIELD
};
/* clang-format on */

#define EVENT_FIELDS	(sizeof(event_fields) / sizeof(*event_fields))

static const struct audit_event event_unknown = { .uid = UINT32_MAX };

void event_init(struct audit_event *event)
{
	*event = event_unknown;
}

/* ---- the form in the spool -------------------------------------------------------------------------------- */

static uint64_t event_load(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);	/* the host is little-endian: uapi/resid.h */
	return value;
}

static uint8_t *event_put(uint8_t *out, uint8_t number, const void *bytes, size_t length)
{
	*out++ = number;
	*out++ = (uint8_t)length;
	*out++ = (uint8_t)(length >> 8);
	return length ? (uint8_t *)memcpy(out, bytes, length) + length : out;
}

static uint8_t *event_put_text(uint8_t *out, uint8_t number, const char *text)
{
	size_t length = strnlen(text, TEXT_MAX - 1);

	*out++ = number;
	*out++ = (uint8_t)(length + 1);
	*out++ = (uint8_t)((length + 1) >> 8);
	memcpy(out, text, length);
	out[length] = '\0';
	return out + length + 1;
}

static uint8_t *event_put_number(uint8_t *out, const struct event_field *field, const uint8_t *at)
{
	uint64_t value = event_load(at, field->size);
	size_t length = 8;

	if (value == event_load((const uint8_t *)&event_unknown + field->offset, field->size))
		return out;
	while (length && !(value >> (8 * (length - 1))))
		length--;
	return event_put(out, field->number, &value, length);
}

static const char *event_text(const struct audit_event *event, const struct event_field *field)
{
	const char *text;

	memcpy(&text, (const uint8_t *)event + field->offset, sizeof(text));
	return text;
}

static uint8_t *event_put_field(uint8_t *out, const struct event_field *field, const struct audit_event *event)
{
	const uint8_t *at = (const uint8_t *)event + field->offset;
	const char *text;

	switch (field->form) {
	case FORM_FLAG:
		return *(const bool *)at ? event_put(out, field->number, NULL, 0) : out;
	case FORM_NUMBER:
		return event_put_number(out, field, at);
	case FORM_TEXT:
		text = event_text(event, field);
		return text ? event_put_text(out, field->number, text) : out;
	case FORM_BYTES:
		return event_put(out, field->number, at, field->size);
	case FORM_GENERATION:
		return event->generation_length ? event_put(out, field->number, at, event->generation_length) : out;
	case FORM_ADDRESS:
		if (((const struct audit_address *)at)->state == AUDIT_ADDRESS_NONE)
			return out;
		return event_put(out, field->number, at, field->size);
	}
	return out;
}

void event_encode(const struct audit_event *event, struct buffer *out)
{
	size_t start = out->length, most = 0;
	uint8_t *at;

	for (size_t i = 0; i < EVENT_FIELDS; i++) {
		const char *text = event_fields[i].form == FORM_TEXT ? event_text(event, &event_fields[i]) : NULL;

		most += FIELD_HEAD + (text ? strnlen(text, TEXT_MAX - 1) + 1 : FIELD_MAX);
	}
	at = buffer_extend(out, most);
	for (size_t i = 0; i < EVENT_FIELDS; i++)
		at = event_put_field(at, &event_fields[i], event);
	out->length = start + (size_t)(at - (out->data + start));
}

static const struct event_field *event_field(uint8_t number)
{
	/* Almost always in order, one after the other. */
	if (number && number <= EVENT_FIELDS && event_fields[number - 1].number == number)
		return &event_fields[number - 1];
	for (size_t i = 0; i < EVENT_FIELDS; i++)
		if (event_fields[i].number == number)
			return &event_fields[i];
	return NULL;
}

static bool event_take(const struct event_field *field, const uint8_t *bytes, size_t length, struct audit_event *event)
{
	uint8_t *at = (uint8_t *)event + field->offset;
	const char *text = (const char *)bytes;

	switch (field->form) {
	case FORM_FLAG:
		*(bool *)at = true;
		return !length;
	case FORM_NUMBER:
		if (length > field->size)
			return false;
		memset(at, 0, field->size);
		memcpy(at, bytes, length);
		return true;
	case FORM_TEXT:
		if (!length || strnlen(text, length) != length - 1)
			return false;
		memcpy(at, &text, sizeof(text));
		return true;
	case FORM_GENERATION:
		if (length > field->size)
			return false;
		event->generation_length = (uint8_t)length;
		break;
	default:
		if (length != field->size)
			return false;
	}
	memcpy(at, bytes, length);
	return true;
}

bool event_decode(const uint8_t *bytes, size_t length, struct audit_event *event)
{
	event_init(event);
	while (length) {
		const struct event_field *field;
		size_t size;

		if (length < FIELD_HEAD)
			return false;
		field = event_field(bytes[0]);
		size = bytes[1] | (size_t)bytes[2] << 8;
		bytes += FIELD_HEAD;
		length -= FIELD_HEAD;
		if (size > length || (field && !event_take(field, bytes, size, event)))
			return false;
		bytes += size;
		length -= size;
	}
	return event->kind > AUDIT_KIND_NONE && event->kind < AUDIT_KIND_COUNT;
}

/* ---- words ------------------------------------------------------------------------------------------------ */

/* On the record path of every sink, where printf would take most of the time. */
static char *event_decimal(char *out, uint64_t value)
{
	char digits[20], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	return mempcpy(out, at, (size_t)(digits + sizeof(digits) - at));
}

static bool event_whole(uint8_t family, const uint8_t bytes[16], char *out)
{
	if (family != AF_INET)
		return inet_ntop(family, bytes, out, INET6_ADDRSTRLEN);
	for (int i = 0; i < 4; i++) {
		out = event_decimal(out, bytes[i]);
		*out++ = i < 3 ? '.' : '\0';
	}
	return true;
}

void event_id(const struct audit_event *event, char out[AUDIT_ID])
{
	char *at = out + 2 * sizeof(event->instance);

	hex_format(event->instance, sizeof(event->instance), out);
	*at++ = '-';
	if (event->kind == AUDIT_KIND_EGRESS) {
		at = event_decimal(at, event->batch);
		*at++ = '-';
		at = event_decimal(at, event->index);
	} else {
		at = stpcpy(at, event_kind_name(event->kind));
		*at++ = '-';
		at = event_decimal(at, event->kind == AUDIT_KIND_HEAD ? event->batch : event->sequence);
	}
	*at = '\0';
}

const char *event_kind_name(enum audit_kind kind)
{
	static const char *const name[] = { "none", "egress", "head", "gap", "notice" };

	_Static_assert(sizeof(name) / sizeof(*name) == AUDIT_KIND_COUNT, "a name for each kind");
	return (unsigned int)kind < AUDIT_KIND_COUNT ? name[kind] : "unknown";
}

const char *event_hook_name(uint8_t hook)
{
	static const char *const name[] = { "local_out", "forward", "egress" };

	return hook < sizeof(name) / sizeof(*name) ? name[hook] : "unknown";
}

const char *event_fold_name(uint8_t fold)
{
	static const char *const name[] = { NULL, "flow", "destination", "all" };

	return fold < sizeof(name) / sizeof(*name) ? name[fold] : "unknown";
}

const char *event_flag_name(uint8_t flag)
{
	switch (flag) {
	case RESID_AUDIT_F_UNPARSABLE:
		return "unparsable";
	case RESID_AUDIT_F_NON_IP:
		return "non_ip";
	case RESID_AUDIT_F_FRAGMENT:
		return "fragment";
	case RESID_AUDIT_F_INNER:
		return "inner";
	case RESID_AUDIT_F_NO_POLICY:
		return "no_policy";
	case RESID_AUDIT_F_DENIED:
		return "denied";
	default:
		return NULL;
	}
}

const char *event_proto_name(uint8_t proto, char number[4])
{
	switch (proto) {
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_GRE:
		return "gre";
	case IPPROTO_ESP:
		return "esp";
	default:
		snprintf(number, 4, "%u", proto);
		return number;
	}
}

bool event_address(uint8_t family, const struct audit_address *address, char out[AUDIT_ADDRESS_TEXT])
{
	*out = '\0';
	switch (address->state) {
	case AUDIT_ADDRESS_WHOLE:
		return event_whole(family, address->bytes, out);
	case AUDIT_ADDRESS_TRUNCATED:
		if (!event_whole(family, address->bytes, out))
			return false;
		snprintf(out + strlen(out), AUDIT_ADDRESS_TEXT - strlen(out), "/%u", address->length);
		return true;
	case AUDIT_ADDRESS_HASHED:
		memcpy(out, "hash:", 5);
		hex_format(address->bytes, sizeof(address->bytes), out + 5);
		return true;
	default:
		return false;
	}
}
