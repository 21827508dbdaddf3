// SPDX-License-Identifier: Apache-2.0
/*
 * MaxMind DB, whoever made it: country, registered_country and represented_country (a base of another state), each with
 * an iso_code, subdivisions, the flags of `traits`, autonomous_system_number and autonomous_system_organization (in
 * `traits` as well) as MaxMind and DB-IP name them, or country_code or country, asn ("AS64496") and as_name or name as
 * others do. libmaxminddb runs confined. The tree is walked node by node; the places where an IPv6 tree repeats its
 * IPv4 part (::ffff:0:0/96, 2002::/16 ...) are left out.
 */
#include <maxminddb.h>
#include <string.h>
#include <unistd.h>

#include "source/location.h"
#include "source/format_private.h"

#define MMDB_CACHE	4096	/* of facts by offset: many networks share one */
#define MMDB_NAMED	(1 << 20)	/* ASes below it are named once; above are few */

struct mmdb_fact {
	uint32_t offset;	/* of the entry, plus one; 0: free */
	struct source_fact said;
};

struct mmdb_walk {
	struct source_reader *reader;
	MMDB_s mmdb;
	struct mmdb_fact cache[MMDB_CACHE];
	bool named[MMDB_NAMED];
};

static bool mmdb_get(MMDB_entry_s *entry, const char *const *path, uint32_t type, MMDB_entry_data_s *data)
{
	return MMDB_aget_value(entry, data, path) == MMDB_SUCCESS && data->has_data && data->type == type;
}

static void mmdb_code(MMDB_entry_s *entry, const char *const *path, char out[2])
{
	MMDB_entry_data_s data;

	if (mmdb_get(entry, path, MMDB_DATA_TYPE_UTF8_STRING, &data) && data.data_size == 2)
		memcpy(out, data.utf8_string, 2);
}

/* "AS64496" */
static uint32_t mmdb_asn_text(const MMDB_entry_data_s *data)
{
	uint64_t asn = 0;
	uint32_t i;

	if (data->data_size < 3 || data->data_size > 12 || memcmp(data->utf8_string, "AS", 2))
		return 0;
	for (i = 2; i < data->data_size; i++) {
		if (data->utf8_string[i] < '0' || data->utf8_string[i] > '9')
			return 0;
		asn = asn * 10 + (uint64_t)(data->utf8_string[i] - '0');
	}
	return asn > UINT32_MAX ? 0 : (uint32_t)asn;
}

static uint32_t mmdb_asn(MMDB_entry_s *entry)
{
	static const char *const number[] = { "autonomous_system_number", NULL }, *const text[] = { "asn", NULL };
	static const char *const traits[] = { "traits", "autonomous_system_number", NULL };
	MMDB_entry_data_s data;

	if (mmdb_get(entry, number, MMDB_DATA_TYPE_UINT32, &data) ||
	    mmdb_get(entry, traits, MMDB_DATA_TYPE_UINT32, &data) ||
	    mmdb_get(entry, text, MMDB_DATA_TYPE_UINT32, &data))
		return data.uint32;
	return mmdb_get(entry, text, MMDB_DATA_TYPE_UTF8_STRING, &data) ? mmdb_asn_text(&data) : 0;
}

static void mmdb_name(struct mmdb_walk *walk, MMDB_entry_s *entry, uint32_t asn)
{
	static const char *const path[][3] = { { "autonomous_system_organization", NULL },
					       { "traits", "autonomous_system_organization", NULL },
					       { "as_name", NULL },
					       { "name", NULL } };
	MMDB_entry_data_s data;
	size_t i;

	if (!asn || (asn < MMDB_NAMED && walk->named[asn]))
		return;
	for (i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		if (!mmdb_get(entry, path[i], MMDB_DATA_TYPE_UTF8_STRING, &data))
			continue;
		source_as(walk->reader, asn, data.utf8_string, data.data_size);
		if (asn < MMDB_NAMED)
			walk->named[asn] = true;
		return;
	}
}

/* Subdivisions that are another legal territory: "FR" and "NC" are NC. */
static void mmdb_territory(MMDB_entry_s *entry, char country[2])
{
	static const char *const path[] = { "subdivisions", "0", "iso_code", NULL };
	MMDB_entry_data_s data;
	char text[8];
	int location;

	if (!mmdb_get(entry, path, MMDB_DATA_TYPE_UTF8_STRING, &data) || !data.data_size || data.data_size > 3)
		return;
	snprintf(text, sizeof(text), "%.2s-%.*s", country, (int)data.data_size, data.utf8_string);
	location = location_of_subdivision(text);
	if (location >= 0)
		memcpy(country, location_name((unsigned int)location), 2);
}

/* As MaxMind writes them, in `traits` or, in some products, beside it. */
static uint8_t mmdb_flags(MMDB_entry_s *entry)
{
	static const struct {
		const char *key;
		uint8_t means;
	} flags[] = { { "is_anycast", SOURCE_F_ANYCAST },
		      { "is_satellite_provider", SOURCE_F_SATELLITE },
		      { "is_anonymous_proxy", SOURCE_F_PROXY },
		      { "is_anonymous", SOURCE_F_PROXY } };
	MMDB_entry_data_s data;
	uint8_t found = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const char *const inside[] = { "traits", flags[i].key, NULL }, *const beside[] = { flags[i].key, NULL };

		if ((mmdb_get(entry, inside, MMDB_DATA_TYPE_BOOLEAN, &data) && data.boolean) ||
		    (mmdb_get(entry, beside, MMDB_DATA_TYPE_BOOLEAN, &data) && data.boolean))
			found |= flags[i].means;
	}
	return found;
}

static const struct mmdb_fact *mmdb_fact(struct mmdb_walk *walk, MMDB_entry_s *entry)
{
	static const char *const country[] = { "country", "iso_code", NULL };
	static const char *const registered[] = { "registered_country", "iso_code", NULL };
	static const char *const represented[] = { "represented_country", "iso_code", NULL };
	static const char *const code[] = { "country_code", NULL }, *const plain[] = { "country", NULL };
	struct mmdb_fact *fact = &walk->cache[entry->offset % MMDB_CACHE];

	if (fact->offset == entry->offset + 1)
		return fact;
	memset(fact, 0, sizeof(*fact));
	fact->offset = entry->offset + 1;
	fact->said.asn = mmdb_asn(entry);
	fact->said.flags = mmdb_flags(entry);
	mmdb_code(entry, country, fact->said.country);
	if (!*fact->said.country)
		mmdb_code(entry, code, fact->said.country);
	if (!*fact->said.country)
		mmdb_code(entry, plain, fact->said.country);
	if (*fact->said.country)
		mmdb_territory(entry, fact->said.country);
	mmdb_code(entry, registered, fact->said.registered);
	mmdb_code(entry, represented, fact->said.represented);
	mmdb_name(walk, entry, fact->said.asn);
	return fact;
}

static int mmdb_data(struct mmdb_walk *walk, MMDB_entry_s *entry, u128 first, unsigned int depth)
{
	const struct mmdb_fact *fact = mmdb_fact(walk, entry);
	struct prefix prefix = { .first = first, .length = (uint8_t)depth, .family = AF_INET6 };

	if (walk->mmdb.depth == 32)
		prefix.family = AF_INET;
	/* ::/96 of an IPv6 tree is IPv4 */
	if (prefix.family == AF_INET6 && depth >= 96 && !(first >> 32)) {
		prefix.family = AF_INET;
		prefix.first = first << 96;
		prefix.length = (uint8_t)(depth - 96);
	}
	return source_network(walk->reader, &prefix, &fact->said);
}

static int mmdb_node(struct mmdb_walk *walk, uint64_t number, u128 first, unsigned int depth);

static int mmdb_record(struct mmdb_walk *walk, uint8_t type, uint64_t record, MMDB_entry_s *entry, u128 first,
		       unsigned int depth)
{
	switch (type) {
	case MMDB_RECORD_TYPE_SEARCH_NODE:
		return mmdb_node(walk, record, first, depth);
	case MMDB_RECORD_TYPE_DATA:
		return mmdb_data(walk, entry, first, depth);
	case MMDB_RECORD_TYPE_EMPTY:
		return 0;
	default:
		return source_fail(walk->reader, "libmaxminddb finds its search tree damaged");
	}
}

static int mmdb_node(struct mmdb_walk *walk, uint64_t number, u128 first, unsigned int depth)
{
	MMDB_search_node_s node;
	int status;

	if (walk->mmdb.depth == 128 && number == walk->mmdb.ipv4_start_node.node_value && number &&
	    walk->mmdb.ipv4_start_node.netmask == 96 && first)
		return 0;
	if (depth >= walk->mmdb.depth)
		return source_fail(walk->reader, "its search tree is deeper than an address is long");
	status = MMDB_read_node(&walk->mmdb, (uint32_t)number, &node);
	if (status != MMDB_SUCCESS)
		return source_fail(walk->reader, "node %llu: %s", (unsigned long long)number, MMDB_strerror(status));
	if (mmdb_record(walk, node.left_record_type, node.left_record, &node.left_record_entry, first, depth + 1))
		return -1;
	return mmdb_record(walk, node.right_record_type, node.right_record, &node.right_record_entry,
			   first | (u128)1 << (127 - depth), depth + 1);
}

/* Nothing is freed: the process ends here. */
int source_mmdb_read(struct source_reader *reader)
{
	static struct mmdb_walk walk;
	char path[32];
	int status;

	walk.reader = reader;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", reader->fd);
	status = MMDB_open(path, MMDB_MODE_MMAP, &walk.mmdb);
	if (confine_close_files(reader->confine))
		return -1;
	if (status == MMDB_FILE_OPEN_ERROR)
		return source_fail(reader, "cannot be opened again; is /proc mounted?");
	if (status != MMDB_SUCCESS)
		return source_fail(reader, "is no MaxMind DB, or damaged: %s", MMDB_strerror(status));
	if (walk.mmdb.depth != 32 && walk.mmdb.depth != 128)
		return source_fail(reader, "is a MaxMind DB of neither IPv4 nor IPv6");
	source_date_seconds(reader, (int64_t)walk.mmdb.metadata.build_epoch);
	return mmdb_node(&walk, 0, 0, 0);
}
