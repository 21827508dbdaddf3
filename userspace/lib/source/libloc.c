// SPDX-License-Identifier: Apache-2.0
/*
 * location.db of the IPFire project (Debian's libloc-database): origin ASN and country of every announced network. Its
 * codes A1 to A3 and XD are flags, not countries: proxy, satellite, anycast, hostile. libloc runs confined, and what
 * can be said of a damaged file without it is said first: libloc itself maps what the header names without looking at
 * the file's length.
 */
#include <endian.h>
#include <libloc/as.h>
#include <libloc/database.h>
#include <libloc/format.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/format_private.h"

/* Offsets in the file, of big-endian numbers of 32 bits: a section's offset and then its length. */
#define LIBLOC_HEADER (8 + 8 + 13 * 4)
#define LIBLOC_SECTIONS (8 + 8 + 3 * 4)

static int libloc_check(struct source_reader *reader)
{
	static const char *const section[] = { "ASes", "networks", "tree", "countries", "names" };
	uint8_t header[LIBLOC_HEADER];
	uint32_t range[2];
	struct stat st;
	size_t i;

	if (fstat(reader->fd, &st) || pread(reader->fd, header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return source_fail(reader, "byte 0: is shorter than the header of a location.db");
	if (memcmp(header, LOC_DATABASE_MAGIC, 7))
		return source_fail(reader, "byte 0: is no location.db: it does not begin with " LOC_DATABASE_MAGIC);
	if (header[7] != LOC_DATABASE_VERSION_1)
		return source_fail(reader, "byte 7: is of version %u, and only %d is known", header[7],
				   LOC_DATABASE_VERSION_1);
	for (i = 0; i < 5; i++) {
		memcpy(range, header + LIBLOC_SECTIONS + i * sizeof(range), sizeof(range));
		if ((uint64_t)be32toh(range[0]) + be32toh(range[1]) > (uint64_t)st.st_size)
			return source_fail(reader, "byte %lld: is cut short: its section of %s ends at byte %llu",
					   (long long)st.st_size, section[i],
					   (unsigned long long)be32toh(range[0]) + be32toh(range[1]));
	}
	return 0;
}

__attribute__((format(printf, 6, 0)))
static void libloc_quiet(struct loc_ctx *ctx, int priority, const char *file, int line, const char *function,
			 const char *format, va_list args)
{
}

/* Countries of letters alone: A1 to A3 and XD are the flags once more. */
static bool libloc_is_country(const char *code)
{
	return code && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z' && strcmp(code, "XD");
}

static int libloc_network(struct source_reader *reader, struct loc_network *network)
{
	static const struct {
		enum loc_network_flags flag;
		uint8_t means;
	} flags[] = { { LOC_NETWORK_FLAG_ANONYMOUS_PROXY, SOURCE_F_PROXY },
		      { LOC_NETWORK_FLAG_SATELLITE_PROVIDER, SOURCE_F_SATELLITE },
		      { LOC_NETWORK_FLAG_ANYCAST, SOURCE_F_ANYCAST } };
	const struct in6_addr *address = loc_network_get_first_address(network);
	const char *country = loc_network_get_country_code(network);
	struct source_fact said = { .asn = loc_network_get_asn(network) };
	struct prefix prefix = { .family = (sa_family_t)loc_network_address_family(network) };

	prefix.length = (uint8_t)loc_network_prefix(network);
	prefix.first = address_key(prefix.family, address->s6_addr + (prefix.family == AF_INET ? 12 : 0));
	if (libloc_is_country(country))
		memcpy(said.country, country, 2);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (loc_network_has_flag(network, flags[i].flag))
			said.flags |= flags[i].means;
	return source_network(reader, &prefix, &said);
}

static int libloc_networks(struct source_reader *reader, struct loc_database *database)
{
	struct loc_database_enumerator *enumerator = NULL;
	struct loc_network *network;

	if (loc_database_enumerator_new(&enumerator, database, LOC_DB_ENUMERATE_NETWORKS, 0))
		return source_fail(reader, "libloc does not list its networks");
	for (;;) {
		network = NULL;
		if (loc_database_enumerator_next_network(enumerator, &network))
			return source_fail(reader, "libloc finds its tree of networks damaged");
		if (!network)
			return 0;
		if (libloc_network(reader, network))
			return -1;
		loc_network_unref(network);
	}
}

static int libloc_names(struct source_reader *reader, struct loc_database *database)
{
	struct loc_database_enumerator *enumerator = NULL;
	struct loc_as *as;

	if (loc_database_enumerator_new(&enumerator, database, LOC_DB_ENUMERATE_ASES, 0))
		return source_fail(reader, "libloc does not list its ASes");
	for (;;) {
		const char *name;

		as = NULL;
		if (loc_database_enumerator_next_as(enumerator, &as))
			return source_fail(reader, "libloc finds its list of ASes damaged");
		if (!as)
			return 0;
		name = loc_as_get_name(as);
		if (name)
			source_as(reader, loc_as_get_number(as), name, strlen(name));
		loc_as_unref(as);
	}
}

/* Nothing is freed: the process ends here. */
int source_libloc_read(struct source_reader *reader)
{
	struct loc_database *database = NULL;
	struct loc_ctx *ctx = NULL;
	FILE *file;

	if (libloc_check(reader))
		return -1;
	file = fdopen(reader->fd, "r");
	if (!file || loc_new(&ctx))
		return source_fail(reader, "libloc cannot be used");
	loc_set_log_fn(ctx, libloc_quiet);
	if (confine_close_files(reader->confine))
		return -1;
	if (loc_database_new(ctx, &database, file) || !database)
		return source_fail(reader, "libloc refuses it");
	source_date_seconds(reader, loc_database_created_at(database));
	return libloc_networks(reader, database) || libloc_names(reader, database) ? -1 : 0;
}
