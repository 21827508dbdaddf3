// SPDX-License-Identifier: Apache-2.0
/*
 * The space of packets is cut wherever a step of either chain begins or ends to match. In a cell of that grid both
 * chains say one thing each, which is found by asking the kernel's own function for one packet of it.
 */
#include "snapshot/between.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"
#include "util/memory.h"
#include "util/proto.h"
#include "util/rfc3339.h"

#define BETWEEN_PORTS_END 65536

struct between {
	const struct between_side *side[2];	/* old, new */
	bool named[256];			/* protocols that a step looks at */
	uint8_t *proto;				/* the last stands for all that are not named */
	size_t proto_count, proto_capacity;
	uint32_t *port;				/* where intervals begin, and BETWEEN_PORTS_END */
	size_t port_count, port_capacity;
	int64_t *time;				/* where intervals begin; the last has no end */
	size_t time_count, time_capacity;
	uint32_t *pair;				/* [time][direction][protocol][port]: old rule << 16 | new rule */
};

static void between_fini(struct between *between)
{
	free(between->proto);
	free(between->port);
	free(between->time);
	free(between->pair);
}

static uint16_t between_cell(const struct between_side *side)
{
	const struct resid_core *core = side->table->core;

	return side->table->matrix[(size_t)core->row[side->class_id] * core->group_count + side->group];
}

static void between_cut(struct between *between, const struct resid_step *step, int64_t now)
{
	unsigned int proto;

	if (step->flags & RESID_STEP_F_PROTO)
		between->named[step->proto] = true;
	else if (step->flags & RESID_STEP_F_PORT)
		for (proto = 0; proto < 256; proto++)
			between->named[proto] |= resid_verdict_has_ports((uint8_t)proto);
	if (step->flags & RESID_STEP_F_PORT) {
		*MEM_PUSH(between->port, between->port_count, between->port_capacity) = step->port_first;
		*MEM_PUSH(between->port, between->port_count, between->port_capacity) = step->port_last + 1u;
	}
	if (step->flags & RESID_STEP_F_TIME) {
		if (step->from > now)
			*MEM_PUSH(between->time, between->time_count, between->time_capacity) = step->from;
		if (step->until > now)
			*MEM_PUSH(between->time, between->time_count, between->time_capacity) = step->until;
	}
}

static int between_compare_ports(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static int between_compare_times(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static size_t between_unique(void *array, size_t count, size_t size)
{
	char *at = array;
	size_t i, kept = 0;

	for (i = 0; i < count; i++)
		if (!kept || memcmp(at + (kept - 1) * size, at + i * size, size))
			memmove(at + kept++ * size, at + i * size, size);
	return kept;
}

static void between_grid(struct between *between, int64_t now)
{
	unsigned int i, other = 0;

	*MEM_PUSH(between->time, between->time_count, between->time_capacity) = now;
	*MEM_PUSH(between->port, between->port_count, between->port_capacity) = 0;
	*MEM_PUSH(between->port, between->port_count, between->port_capacity) = BETWEEN_PORTS_END;
	for (i = 0; i < 2; i++) {
		const struct between_side *side = between->side[i];
		uint16_t cell = between_cell(side);
		const struct resid_step *step = &side->table->step[cell & RESID_CELL_INDEX];

		if (!(cell & RESID_CELL_CHAIN))
			continue;
		do
			between_cut(between, step, now);
		while (!(step++->flags & RESID_STEP_F_LAST));
	}
	qsort(between->port, between->port_count, sizeof(*between->port), between_compare_ports);
	between->port_count = between_unique(between->port, between->port_count, sizeof(*between->port));
	qsort(between->time, between->time_count, sizeof(*between->time), between_compare_times);
	between->time_count = between_unique(between->time, between->time_count, sizeof(*between->time));
	for (i = 0; i < 256; i++) {
		if (between->named[i])
			*MEM_PUSH(between->proto, between->proto_count, between->proto_capacity) = (uint8_t)i;
		else if (!resid_verdict_has_ports((uint8_t)i))
			other = i;
	}
	*MEM_PUSH(between->proto, between->proto_count, between->proto_capacity) = (uint8_t)other;
}

static size_t between_index(const struct between *between, size_t time, size_t direction, size_t proto, size_t port)
{
	return ((time * 2 + direction) * between->proto_count + proto) * (between->port_count - 1) + port;
}

static size_t between_cells(const struct between *between)
{
	return between_index(between, between->time_count, 0, 0, 0);
}

static void between_judge(struct between *between)
{
	size_t time, direction, proto, port;

	between->pair = mem_zero(between_cells(between), sizeof(*between->pair));
	for (time = 0; time < between->time_count; time++)
		for (direction = 0; direction < 2; direction++)
			for (proto = 0; proto < between->proto_count; proto++)
				for (port = 0; port < between->port_count - 1; port++) {
					const struct resid_flow flow = {
						.now = between->time[time],
						.dport = (uint16_t)between->port[port],
						.proto = between->proto[proto],
						.has_port = resid_verdict_has_ports(between->proto[proto]),
						.proto_known = true,
						.direction = direction ? RESID_DIR_REPLY : RESID_DIR_ORIGINAL,
					};
					const struct between_side *old = between->side[0], *new = between->side[1];

					between->pair[between_index(between, time, direction, proto, port)] =
						(uint32_t)resid_verdict_decide(old->table, old->class_id, old->group,
									       &flow) << 16 |
						resid_verdict_decide(new->table, new->class_id, new->group, &flow);
				}
}

/* In words. */

struct between_words {
	const struct between *between;
	uint32_t pair;
	bool inverse;		/* the packets that are not it */
	FILE *out;
	size_t items;
	bool open;		/* protocols that no step names are among them */
};

static bool between_has(const struct between_words *words, size_t time, size_t direction, size_t proto, size_t port)
{
	const struct between *between = words->between;

	return (between->pair[between_index(between, time, direction, proto, port)] == words->pair) != words->inverse;
}

/* The ports of a protocol: "" none, "-" all or the protocol has none, else "80,443". */
static void between_ports(const struct between_words *words, size_t time, size_t direction, size_t proto, char **out)
{
	const struct between *between = words->between;
	size_t port, length, count = between->port_count - 1;
	_cleanup_fclose_ FILE *text = open_memstream(out, &length);
	uint32_t first;

	if (!resid_verdict_has_ports(between->proto[proto]))
		count = 1;
	for (port = 0; port < count;) {
		size_t begin = port;

		if (!between_has(words, time, direction, proto, port++))
			continue;
		while (port < count && between_has(words, time, direction, proto, port))
			port++;
		if (!begin && port == count) {
			fputc('-', text);
			return;
		}
		first = between->port[begin];
		fprintf(text, ftell(text) ? ",%u" : "%u", first);
		if (between->port[port] - 1 > first)
			fprintf(text, "-%u", between->port[port] - 1);
	}
}

/* Of all packets, those of one direction. */
static const char *between_way(const char *direction)
{
	return !*direction ? "packets" : strcmp(direction, " replies") ? "all but replies" : "replies";
}

static void between_item(struct between_words *words, size_t proto, const char *ports, const char *direction)
{
	const struct between *between = words->between;
	const bool other = proto == between->proto_count - 1;
	char number[4];

	if (!*ports)
		return;
	words->open |= other;
	if (other && !proto && !strcmp(ports, "-")) {
		fprintf(words->out, "%s%s", words->items++ ? ", " : "", between_way(direction));
		return;
	}
	fprintf(words->out, "%s%s", words->items++ ? ", " : "",
		other && !proto ? "packets" : other ? "other protocols" : proto_name(between->proto[proto], number));
	if (strcmp(ports, "-"))
		fprintf(words->out, " %s", ports);
	fputs(direction, words->out);
}

static void between_list(struct between_words *words, size_t time)
{
	size_t proto;

	for (proto = 0; proto < words->between->proto_count; proto++) {
		_cleanup_free_ char *original = NULL, *reply = NULL;

		between_ports(words, time, 0, proto, &original);
		between_ports(words, time, 1, proto, &reply);
		if (!strcmp(original, reply)) {
			between_item(words, proto, original, "");
			continue;
		}
		between_item(words, proto, original, " original");
		between_item(words, proto, reply, " replies");
	}
}

/* How many cells of one interval of time are of the pair, and of how many. */
static size_t between_count(const struct between_words *words, size_t time, size_t *all)
{
	const struct between *between = words->between;
	size_t first = between_index(between, time, 0, 0, 0), end = between_index(between, time + 1, 0, 0, 0);
	size_t i, count = 0;

	for (i = first; i < end; i++)
		count += between->pair[i] == words->pair;
	*all = end - first;
	return count;
}

/* What it is, or the shorter list of what it is not. */
static void between_moment(const struct between *between, uint32_t pair, size_t time, FILE *out)
{
	_cleanup_free_ char *is = NULL, *is_not = NULL;
	struct between_words words = { .between = between, .pair = pair }, inverse = words;
	size_t length, all;

	if (between_count(&words, time, &all) == all) {
		fputs("all packets", out);
		return;
	}
	words.out = open_memstream(&is, &length);
	between_list(&words, time);
	fclose(words.out);
	inverse.inverse = true;
	inverse.out = open_memstream(&is_not, &length);
	between_list(&inverse, time);
	fclose(inverse.out);
	if (words.open ? inverse.items <= words.items && !inverse.open : inverse.items < words.items)
		fprintf(out, "all but %s", is_not);
	else
		fputs(is, out);
}

static void between_time(int64_t seconds, const char *word, FILE *out)
{
	char text[RFC3339_TEXT];

	rfc3339_format(seconds, text);
	fprintf(out, " %s %s", word, text);
}

/* Intervals of time that say the same are one. */
static void between_say(const struct between *between, uint32_t pair, between_change *change, void *context)
{
	const struct between_words words = { .between = between, .pair = pair };
	const size_t one = between_index(between, 1, 0, 0, 0);
	_cleanup_free_ char *text = NULL;
	size_t time, end, length, all;
	FILE *out = open_memstream(&text, &length);

	for (time = 0; time < between->time_count; time = end) {
		const uint32_t *here = &between->pair[time * one];
		size_t i;

		for (end = time + 1; end < between->time_count; end++) {
			for (i = 0; i < one && (here[i] == pair) == (between->pair[end * one + i] == pair); i++)
				;
			if (i < one)
				break;
		}
		if (!between_count(&words, time, &all))
			continue;
		if (ftell(out))
			fputs("; ", out);
		between_moment(between, pair, time, out);
		if (time)
			between_time(between->time[time], "from", out);
		if (end < between->time_count)
			between_time(between->time[end], "until", out);
	}
	fclose(out);
	change(context, (uint16_t)(pair >> 16), (uint16_t)pair, text);
}

static bool between_differs(const struct between *between, uint32_t pair)
{
	const struct resid_table *old = between->side[0]->table, *new = between->side[1]->table;

	return old->rule[pair >> 16].verdict != new->rule[pair & 0xffff].verdict;
}

void between_sides(const struct between_side *old, const struct between_side *new, int64_t now, between_change *change,
		   void *context)
{
	_cleanup_(between_fini) struct between between = { .side = { old, new } };
	uint16_t old_cell = between_cell(old), new_cell = between_cell(new);
	_cleanup_free_ uint32_t *said = NULL;
	size_t said_count = 0, said_capacity = 0, i, j;

	if (!(old_cell & RESID_CELL_CHAIN) && !(new_cell & RESID_CELL_CHAIN)) {
		if (old->table->rule[old_cell].verdict != new->table->rule[new_cell].verdict)
			change(context, old_cell, new_cell, "all packets");
		return;
	}
	between_grid(&between, now);
	between_judge(&between);
	for (i = 0; i < between_cells(&between); i++) {
		if (!between_differs(&between, between.pair[i]))
			continue;
		for (j = 0; j < said_count && said[j] != between.pair[i]; j++)
			;
		if (j < said_count)
			continue;
		*MEM_PUSH(said, said_count, said_capacity) = between.pair[i];
		between_say(&between, between.pair[i], change, context);
	}
}
