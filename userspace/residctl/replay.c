// SPDX-License-Identifier: Apache-2.0
#include "replay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "destination.h"
#include "util/file.h"
#include "util/json.h"
#include "util/memory.h"
#include "util/proto.h"
#include "util/utf8.h"

#define REPLAY_EXAMPLES 3
#define REPLAY_LINE	65536u	/* no record is longer */

struct replay_flow {
	uint64_t packets, bytes;
};

struct replay_change {
	struct change change;
	uint64_t packets, bytes;
	struct intern *flows;		/* "203.0.113.7 tcp 443" */
	struct replay_flow *flow;	/* by number */
	size_t count, capacity;
};

/* What one side makes of a packet. */
struct replay_ruling {
	uint16_t rule;
	struct snapshot_place place;	/* of the destination that decided */
};

void replay_init(struct replay *replay, const struct snapshot *old, const struct snapshot *new, int64_t now)
{
	*replay = (struct replay){ .old = old, .new = new, .now = now };
	intern_new(&replay->keys);
}

void replay_fini(struct replay *replay)
{
	size_t i;

	for (i = 0; i < replay->count; i++) {
		intern_free(replay->change[i].flows);
		free(replay->change[i].flow);
	}
	free(replay->change);
	intern_free(replay->keys);
}

/* Judging. */

static void replay_judge(const struct replay *replay, const struct snapshot *snapshot, const char *class,
			 enum resid_direction direction, const struct resid_packet *packet, struct replay_ruling *out)
{
	static const struct snapshot_place nowhere = {
		.location = "", .control = "", .operator = "", .operator_name = "", .tier = "",
	};
	const struct resid_table *table = snapshot_table(snapshot);
	const struct resid_flow flow = {
		.now = replay->now,
		.dport = ntohs(packet->dport),
		.proto = packet->proto,
		.has_port = packet->has_port,
		.proto_known = packet->proto_known,
		.direction = direction,
	};
	int id = snapshot_class_find(snapshot, class);
	unsigned int i, decided = 0;

	*out = (struct replay_ruling){ .place = nowhere };
	if (packet->kind != RESID_PACKET_IP) {
		out->rule = packet->kind == RESID_PACKET_NON_IP ? table->core->non_ip_rule :
								  table->core->unparsable_rule;
		return;
	}
	for (i = 0; i < packet->dest_count; i++) {
		const struct resid_dest *dest = &packet->dest[i];
		uint16_t rule = destination_rule(table, id < 0 ? RESID_CLASS_UNLABELLED : (uint8_t)id, dest->family,
						 dest->address, &flow);

		if (i && table->rule[rule].verdict <= table->rule[out->rule].verdict)
			continue;
		out->rule = rule;
		decided = i;
	}
	snapshot_lookup(snapshot, packet->dest[decided].family, packet->dest[decided].address, &out->place);
}

static void replay_flow_text(const struct resid_packet *packet, char *out, size_t size)
{
	char address[INET6_ADDRSTRLEN], number[4];
	int length;

	if (packet->kind != RESID_PACKET_IP) {
		snprintf(out, size, packet->kind == RESID_PACKET_NON_IP ? "ethertype 0x%04x" : "unreadable",
			 packet->ethertype);
		return;
	}
	inet_ntop(packet->dest[0].family, packet->dest[0].address, address, sizeof(address));
	length = snprintf(out, size, "%s %s", address,
			  packet->proto_known ? proto_name(packet->proto, number) : "fragment");
	if (packet->has_port)
		snprintf(out + length, size - (size_t)length, " %u", ntohs(packet->dport));
}

/* One kind of packets, as each side's parser has it. */
struct replay_case {
	const char *class;
	enum resid_direction direction;
	const struct resid_packet *old, *new;
	uint64_t packets, bytes;
};

static void replay_add(struct replay *replay, const struct change *change, const struct replay_case *packets)
{
	uint32_t number = change_number(replay->keys, change, ""), flow;
	struct replay_change *into;
	char text[128];

	if (number == replay->count) {
		into = MEM_PUSH(replay->change, replay->count, replay->capacity);
		into->change = *change;
		intern_new(&into->flows);
	}
	into = &replay->change[number];
	into->packets += packets->packets;
	into->bytes += packets->bytes;
	replay_flow_text(packets->new, text, sizeof(text));
	flow = intern_put(into->flows, text, strlen(text) + 1);
	if (flow == into->count)
		MEM_PUSH(into->flow, into->count, into->capacity);
	into->flow[flow].packets += packets->packets;
	into->flow[flow].bytes += packets->bytes;
}

static void replay_compare(struct replay *replay, const struct replay_case *packets)
{
	struct replay_ruling old, new;
	struct change change = { .class = packets->class };

	replay->packets += packets->packets;
	replay->bytes += packets->bytes;
	replay_judge(replay, replay->old, packets->class, packets->direction, packets->old, &old);
	replay_judge(replay, replay->new, packets->class, packets->direction, packets->new, &new);
	change.old = change_side(replay->old, old.rule, &old.place);
	change.new = change_side(replay->new, new.rule, &new.place);
	if (change.old.rule.verdict == change.new.rule.verdict)
		return;
	replay->changed += packets->packets;
	replay_add(replay, &change, packets);
}

static void replay_parse(const struct replay_packet *packet, const struct snapshot *snapshot, struct resid_packet *out)
{
	const struct resid_bytes bytes = { .data = packet->data, .length = packet->length };
	const struct resid_core *core = snapshot_table(snapshot)->core;

	resid_packet_parse(out, &bytes,
			   &(struct resid_reading){
				   .link = packet->link, .nat64 = core->nat64, .nat64_count = core->nat64_count });
}

void replay_bytes(struct replay *replay, const struct replay_packet *packet)
{
	struct resid_packet old, new;

	replay_parse(packet, replay->old, &old);
	replay_parse(packet, replay->new, &new);
	if (new.kind == RESID_PACKET_LINK || new.neighbour)
		return;
	replay_compare(replay, &(struct replay_case){
		.class = packet->class, .direction = packet->direction, .old = &old, .new = &new, .packets = 1,
		.bytes = packet->bytes });
}

/* A log. */

static const char *replay_text_of(const json_t *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record, key));

	return text ? text : "";
}

static uint64_t replay_number_of(const json_t *record, const char *key)
{
	const json_t *number = json_object_get(record, key);

	return json_is_integer(number) && json_integer_value(number) > 0 ? (uint64_t)json_integer_value(number) : 0;
}

static bool replay_has_flag(const json_t *record, const char *flag)
{
	const json_t *flags = json_object_get(record, "flags");
	size_t i;

	for (i = 0; i < json_array_size(flags); i++)
		if (!strcmp(json_string_value(json_array_get(flags, i)) ?: "", flag))
			return true;
	return false;
}

static void replay_embedded(struct resid_packet *packet, const struct snapshot *snapshot)
{
	const struct resid_core *core = snapshot_table(snapshot)->core;
	uint8_t ipv4[RESID_DEST_EMBEDDED_MAX][4];
	unsigned int i, count;

	if (packet->dest[0].family != AF_INET6)
		return;
	count = resid_dest_embedded(packet->dest[0].address, core->nat64, core->nat64_count, ipv4);
	for (i = 0; i < count; i++) {
		struct resid_dest *dest = &packet->dest[packet->dest_count++];

		dest->family = AF_INET;
		memcpy(dest->address, ipv4[i], 4);
	}
}

/* False: the record does not say where the packets went. */
static bool replay_record_packet(const json_t *record, struct resid_packet *out)
{
	const json_t *port = json_object_get(record, "dport");
	sa_family_t family;
	u128 key;

	memset(out, 0, sizeof(*out));
	if (replay_has_flag(record, "non_ip") || replay_has_flag(record, "unparsable")) {
		out->kind = replay_has_flag(record, "non_ip") ? RESID_PACKET_NON_IP : RESID_PACKET_UNPARSABLE;
		out->ethertype = (uint16_t)strtoul(replay_text_of(record, "ethertype"), NULL, 16);
		return true;
	}
	out->kind = RESID_PACKET_IP;
	if (!address_parse(replay_text_of(record, "dst"), &family, &key))
		return false;
	out->dest_count = 1;
	out->dest[0].family = (uint8_t)family;
	address_bytes(family, key, out->dest[0].address);
	out->proto_known = proto_parse(replay_text_of(record, "proto"), &out->proto);
	if (json_is_integer(port) && out->proto_known && resid_verdict_has_ports(out->proto)) {
		out->has_port = true;
		out->dport = htons((uint16_t)json_integer_value(port));
	}
	return true;
}

static void replay_record(struct replay *replay, const json_t *record)
{
	struct resid_packet old, new;
	const char *direction = replay_text_of(record, "direction"), *class = replay_text_of(record, "class");
	struct replay_case packets = {
		.old = &old, .new = &new, .packets = replay_number_of(record, "packets"),
		.bytes = replay_number_of(record, "bytes"),
	};
	int id = snapshot_class_find(replay->old, class);

	if (!*class || !replay_record_packet(record, &old)) {
		replay->untold += packets.packets;
		return;
	}
	new = old;
	if (old.kind == RESID_PACKET_IP) {
		replay_embedded(&old, replay->old);
		replay_embedded(&new, replay->new);
	}
	if (!strcmp(direction, "original"))
		packets.direction = RESID_DIR_ORIGINAL;
	else if (!strcmp(direction, "reply"))
		packets.direction = RESID_DIR_REPLY;
	/* the record goes; the snapshot's word for the class stays */
	packets.class = snapshot_class_name(replay->old, id < 0 ? RESID_CLASS_UNLABELLED : (uint8_t)id);
	if (id < 0 && (id = snapshot_class_find(replay->new, class)) >= 0)
		packets.class = snapshot_class_name(replay->new, (uint8_t)id);
	replay_compare(replay, &packets);
}

int replay_log(struct replay *replay, const char *path, struct resid_error *err)
{
	_cleanup_fclose_ FILE *file = file_stream(path, err);
	_cleanup_free_ char *line = mem_alloc(REPLAY_LINE);
	enum file_line result;
	size_t length, number = 0;

	if (!file)
		return -1;
	while ((result = file_line(file, line, REPLAY_LINE, &length)) == FILE_LINE_READ) {
		const size_t skip = !number++ && utf8_mark(line, length) ? UTF8_MARK : 0;
		_cleanup_json_ json_t *record = json_loadb(line + skip, length - skip, 0, NULL);

		if (line[length - 1] != '\n' && !json_is_object(record))
			break;	/* still being written */
		if (!json_is_object(record) || !json_is_string(json_object_get(record, "verdict")))
			return resid_fail(err, RESID_EXIT_INPUT, "%s:%zu: is no record of Resid's log: '%.60s'", path, number,
					  strtok(line, "\n") ?: "");
		replay_record(replay, record);
	}
	if (result == FILE_LINE_LONG)
		return resid_fail(err, RESID_EXIT_INPUT, "%s:%zu: is no record of Resid's log: the line is longer than %u bytes",
				  path, number + 1, REPLAY_LINE);
	if (result == FILE_LINE_FAILED)
		return resid_fail(err, RESID_EXIT_INPUT, "%s: cannot be read: %s", path, strerror(errno));
	return 0;
}

/* What was found. */

static int replay_order(const void *a, const void *b)
{
	const struct replay_change *const *left = a, *const *right = b;
	int order = change_compare(&(*left)->change, &(*right)->change);

	return order ? order : ((*left)->packets < (*right)->packets) - ((*left)->packets > (*right)->packets);
}

/* The caller's to free. */
static const struct replay_change **replay_sorted(const struct replay *replay)
{
	const struct replay_change **sorted = mem_zero(replay->count + 1, sizeof(*sorted));
	size_t i;

	for (i = 0; i < replay->count; i++)
		sorted[i] = &replay->change[i];
	if (replay->count)
		qsort(sorted, replay->count, sizeof(*sorted), replay_order);
	return sorted;
}

static size_t replay_kept(const struct replay *replay, const struct replay_change *change)
{
	return replay->all || change->count < REPLAY_EXAMPLES ? change->count : REPLAY_EXAMPLES;
}

static void replay_json_change(const struct replay *replay, struct jsonw *json, const struct replay_change *change)
{
	size_t i;

	jsonw_object(json, NULL);
	change_json(json, &change->change);
	jsonw_u64(json, "packets", change->packets);
	jsonw_u64(json, "bytes", change->bytes);
	jsonw_u64(json, "flow_count", change->count);
	jsonw_array(json, "flows");
	for (i = 0; i < replay_kept(replay, change); i++) {
		jsonw_object(json, NULL);
		jsonw_string(json, "flow", intern_get(change->flows, (uint32_t)i, NULL));
		jsonw_u64(json, "packets", change->flow[i].packets);
		jsonw_u64(json, "bytes", change->flow[i].bytes);
		jsonw_object_end(json);
	}
	jsonw_array_end(json);
	jsonw_object_end(json);
}

void replay_json(const struct replay *replay, struct jsonw *json, const char *key)
{
	_cleanup_free_ const struct replay_change **sorted = replay_sorted(replay);
	size_t i;

	jsonw_object(json, key);
	jsonw_u64(json, "packets", replay->packets);
	jsonw_u64(json, "bytes", replay->bytes);
	jsonw_u64(json, "changed", replay->changed);
	jsonw_u64(json, "untold", replay->untold);
	jsonw_array(json, "changes");
	for (i = 0; i < replay->count; i++)
		replay_json_change(replay, json, sorted[i]);
	jsonw_array_end(json);
	jsonw_object_end(json);
}

static void replay_text_change(const struct replay *replay, const struct replay_change *change)
{
	size_t i;

	change_text_verdicts(&change->change, change_kind(&change->change));
	change_text_place(&change->change);
	printf("    %" PRIu64 " packets, %" PRIu64 " bytes, %zu flows:", change->packets, change->bytes, change->count);
	for (i = 0; i < replay_kept(replay, change); i++)
		printf("%s %s", i ? "," : "", (const char *)intern_get(change->flows, (uint32_t)i, NULL));
	puts(replay_kept(replay, change) < change->count ? ", ..." : "");
}

void replay_text(const struct replay *replay)
{
	_cleanup_free_ const struct replay_change **sorted = replay_sorted(replay);
	size_t i;

	for (i = 0; i < replay->count; i++)
		replay_text_change(replay, sorted[i]);
	printf("%" PRIu64 " of %" PRIu64 " recorded packets change their verdict", replay->changed, replay->packets);
	if (replay->untold)
		printf("; %" PRIu64 " do not say enough to be judged again", replay->untold);
	putchar('\n');
}
