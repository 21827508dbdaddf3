/* SPDX-License-Identifier: Apache-2.0 */
/* MaxMind DBs made byte by byte: a tree with records of 24 bits, data, metadata (format 2.0). */
#ifndef TESTS_UNIT_MMDB_H
#define TESTS_UNIT_MMDB_H

#include "support.h"

#include <arpa/inet.h>

#include "util/buffer.h"

#define MMDB_NODES	4096
#define MMDB_FREE	UINT32_MAX
#define MMDB_DATA	0x80000000u	/* in a child: an offset into the data */

struct mmdb {
	uint32_t child[MMDB_NODES][2];
	uint32_t nodes;
	struct buffer data;
};

static inline void mmdb_text(struct buffer *out, const char *text)
{
	const size_t length = strlen(text);
	const uint8_t control[2] = { (uint8_t)(2 << 5 | (length < 29 ? length : 29)), (uint8_t)(length - 29) };

	assert_true(length < 29 + 256);
	buffer_append(out, control, length < 29 ? 1 : 2);
	buffer_append(out, text, length);
}

static inline void mmdb_number(struct buffer *out, unsigned int type, uint64_t value, unsigned int bytes)
{
	uint8_t control[2] = { (uint8_t)(type > 7 ? bytes : type << 5 | bytes), (uint8_t)(type - 7) };
	unsigned int i;

	buffer_append(out, control, type > 7 ? 2 : 1);
	for (i = bytes; i--;) {
		const uint8_t byte = (uint8_t)(value >> 8 * i);

		buffer_append(out, &byte, 1);
	}
}

static inline void mmdb_map(struct buffer *out, unsigned int count)
{
	const uint8_t control = (uint8_t)(7 << 5 | count);

	buffer_append(out, &control, 1);
}

static inline uint32_t mmdb_node(struct mmdb *db)
{
	assert_true(db->nodes < MMDB_NODES);
	db->child[db->nodes][0] = db->child[db->nodes][1] = MMDB_FREE;
	return db->nodes++;
}

static inline struct mmdb *mmdb_new(void)
{
	struct mmdb *db = mem_zero(1, sizeof(*db));

	mmdb_node(db);
	return db;
}

/*
 * A network whose data the caller writes into db->data behind this call; IPv4 stands below ::/96. Networks must not
 * nest.
 */
static inline void mmdb_add(struct mmdb *db, const char *text)
{
	struct prefix prefix;
	unsigned int depth, length;
	uint32_t node = 0;
	u128 key;

	assert_null(prefix_parse(text, &prefix));
	key = prefix.family == AF_INET ? prefix.first >> 96 : prefix.first;
	length = prefix.length + (prefix.family == AF_INET ? 96 : 0);
	for (depth = 0; depth < length; depth++) {
		uint32_t *child = &db->child[node][key >> (127 - depth) & 1];

		assert_true(*child == MMDB_FREE || !(*child & MMDB_DATA));
		if (depth + 1 == length) {
			assert_true(*child == MMDB_FREE);
			*child = MMDB_DATA | (uint32_t)db->data.length;
			return;
		}
		if (*child == MMDB_FREE)
			*child = mmdb_node(db);
		node = *child;
	}
}

static inline void mmdb_put_tree(const struct mmdb *db, struct buffer *file)
{
	uint32_t i;
	int side;

	for (i = 0; i < db->nodes; i++) {
		for (side = 0; side < 2; side++) {
			uint32_t child = db->child[i][side], value = child;

			if (child == MMDB_FREE)
				value = db->nodes;
			else if (child & MMDB_DATA)
				value = db->nodes + 16 + (child & ~MMDB_DATA);
			value = htonl(value) >> 8;
			buffer_append(file, &value, 3);
		}
	}
}

/* The file; gives up the database. */
static inline void mmdb_write(struct mmdb *db, struct buffer *file)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com";

	mmdb_put_tree(db, file);
	buffer_extend(file, 16);
	buffer_append(file, db->data.data, db->data.length);
	buffer_append(file, mark, sizeof(mark) - 1);
	mmdb_map(file, 9);
	mmdb_text(file, "languages");
	buffer_append(file, "\x00\x04", 2);	/* an empty list */
	mmdb_text(file, "description");
	mmdb_map(file, 0);
	mmdb_text(file, "binary_format_major_version");
	mmdb_number(file, 5, 2, 2);
	mmdb_text(file, "binary_format_minor_version");
	mmdb_number(file, 5, 0, 2);
	mmdb_text(file, "build_epoch");
	mmdb_number(file, 9, 1782361439, 8);
	mmdb_text(file, "database_type");
	mmdb_text(file, "Test");
	mmdb_text(file, "ip_version");
	mmdb_number(file, 5, 6, 2);
	mmdb_text(file, "node_count");
	mmdb_number(file, 6, db->nodes, 4);
	mmdb_text(file, "record_size");
	mmdb_number(file, 5, 24, 2);
	buffer_fini(&db->data);
	free(db);
}

static inline void mmdb_list(struct buffer *out, unsigned int count)
{
	const uint8_t control[2] = { (uint8_t)count, 11 - 7 };

	buffer_append(out, control, sizeof(control));
}

/* "is_anycast": true */
static inline void mmdb_true(struct mmdb *db, const char *key)
{
	const uint8_t control[2] = { 1, 14 - 7 };

	mmdb_text(&db->data, key);
	buffer_append(&db->data, control, sizeof(control));
}

/* "country": {"iso_code": "NO"} */
static inline void mmdb_code(struct mmdb *db, const char *key, const char *code)
{
	mmdb_text(&db->data, key);
	mmdb_map(&db->data, 1);
	mmdb_text(&db->data, "iso_code");
	mmdb_text(&db->data, code);
}

/* A record of GeoLite2-Country. */
static inline void mmdb_country(struct mmdb *db, const char *text, const char *country, const char *registered)
{
	mmdb_add(db, text);
	mmdb_map(&db->data, 2);
	mmdb_code(db, "country", country);
	mmdb_code(db, "registered_country", registered);
}

static inline void mmdb_members(struct mmdb *db, uint32_t asn, const char *name)
{
	mmdb_text(&db->data, "autonomous_system_number");
	mmdb_number(&db->data, 6, asn, 4);
	mmdb_text(&db->data, "autonomous_system_organization");
	mmdb_text(&db->data, name);
}

/* A record of GeoLite2-ASN and of DB-IP's. */
static inline void mmdb_as(struct mmdb *db, const char *text, uint32_t asn, const char *name)
{
	mmdb_add(db, text);
	mmdb_map(&db->data, 2);
	mmdb_members(db, asn, name);
}

/* A flat record with country and ASN, as IPinfo's. */
static inline void mmdb_both(struct mmdb *db, const char *text, const char *country, const char *asn, const char *name)
{
	mmdb_add(db, text);
	mmdb_map(&db->data, 3);
	mmdb_text(&db->data, "country");
	mmdb_text(&db->data, country);
	mmdb_text(&db->data, "asn");
	mmdb_text(&db->data, asn);
	mmdb_text(&db->data, "as_name");
	mmdb_text(&db->data, name);
}

#endif
