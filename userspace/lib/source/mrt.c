// SPDX-License-Identifier: Apache-2.0
/*
 * The table of a router as MRT (RFC 6396, TABLE_DUMP_V2; with path identifiers RFC 8050), which FRR, BIRD, GoBGP and
 * others write (`dump bgp routes-mrt`, `mrt dump table`). Of every route to a prefix the end of the AS path is its
 * origin: one AS, or all of a set. A route without a path is the router's own, and it does not say who it is.
 */
#include "source/format_private.h"

#include <endian.h>
#include <string.h>

#define MRT_HEADER	12
#define MRT_RECORD	((size_t)1 << 24)	/* bytes of a record at most */
#define MRT_ORIGINS	64			/* of one prefix */
#define MRT_PATH	2			/* the attribute AS_PATH */
#define MRT_EXTENDED	0x10			/* flag: the attribute's length has two bytes */

enum mrt_type { MRT_TABLE_DUMP = 12, MRT_TABLE_DUMP_V2 = 13, MRT_BGP4MP = 16, MRT_BGP4MP_ET = 17 };
enum mrt_subtype { MRT_PEERS = 1, MRT_IPV4 = 2, MRT_IPV6 = 4, MRT_IPV4_PATHS = 8, MRT_IPV6_PATHS = 10 };
enum mrt_segment { MRT_SET = 1, MRT_SEQUENCE = 2 };

/* What is left of a record. */
struct mrt_bytes {
	const uint8_t *at;
	size_t left;
};

struct mrt {
	struct source_reader *reader;
	uint64_t record;		/* its number, from 1 */
	uint32_t origin[MRT_ORIGINS];
	size_t origins;
	bool dated;
};

static bool mrt_take(struct mrt_bytes *bytes, size_t length, const uint8_t **out)
{
	if (bytes->left < length)
		return false;
	*out = bytes->at;
	bytes->at += length;
	bytes->left -= length;
	return true;
}

/* A number of 1, 2 or 4 bytes. */
static bool mrt_number(struct mrt_bytes *bytes, size_t size, uint32_t *out)
{
	const uint8_t *at;

	if (!mrt_take(bytes, size, &at))
		return false;
	for (*out = 0; size; size--)
		*out = *out << 8 | *at++;
	return true;
}

static bool mrt_part(struct mrt_bytes *bytes, size_t length, struct mrt_bytes *out)
{
	out->left = length;
	return mrt_take(bytes, length, &out->at);
}

static void mrt_origin(struct mrt *mrt, uint32_t asn)
{
	for (size_t i = 0; i < mrt->origins; i++)
		if (mrt->origin[i] == asn)
			return;
	if (asn && mrt->origins < MRT_ORIGINS)
		mrt->origin[mrt->origins++] = asn;
}

/* Segments of ASes of four bytes. Those of a confederation are inside one AS. */
static bool mrt_path(struct mrt *mrt, struct mrt_bytes path)
{
	struct mrt_bytes last = { 0 }, ases;
	uint32_t type, count, asn = 0, kind = 0;

	while (path.left) {
		if (!mrt_number(&path, 1, &type) || !mrt_number(&path, 1, &count) || !mrt_part(&path, 4 * count, &ases))
			return false;
		if (count && (type == MRT_SET || type == MRT_SEQUENCE)) {
			last = ases;
			kind = type;
		}
	}
	while (last.left) {
		mrt_number(&last, 4, &asn);
		if (kind == MRT_SET || !last.left)
			mrt_origin(mrt, asn);
	}
	return true;
}

static bool mrt_attributes(struct mrt *mrt, struct mrt_bytes attributes)
{
	struct mrt_bytes value;
	uint32_t flags, type, length;

	while (attributes.left) {
		if (!mrt_number(&attributes, 1, &flags) || !mrt_number(&attributes, 1, &type) ||
		    !mrt_number(&attributes, flags & MRT_EXTENDED ? 2 : 1, &length) ||
		    !mrt_part(&attributes, length, &value))
			return false;
		if (type == MRT_PATH && !mrt_path(mrt, value))
			return false;
	}
	return true;
}

/* A peer's route: who it is and since when, with paths which of its routes, and the attributes. */
static bool mrt_route(struct mrt *mrt, struct mrt_bytes *bytes, bool paths)
{
	struct mrt_bytes attributes;
	const uint8_t *skipped;
	uint32_t length;

	return mrt_take(bytes, 2 + 4 + (paths ? 4 : 0), &skipped) && mrt_number(bytes, 2, &length) &&
	       mrt_part(bytes, length, &attributes) && mrt_attributes(mrt, attributes);
}

static bool mrt_prefix(struct mrt_bytes *bytes, sa_family_t family, struct prefix *out)
{
	uint8_t address[16] = { 0 };
	const uint8_t *at;
	uint32_t length;

	if (!mrt_number(bytes, 1, &length) || length > address_bits(family) || !mrt_take(bytes, (length + 7) / 8, &at))
		return false;
	memcpy(address, at, (length + 7) / 8);
	*out = (struct prefix){ .first = address_key(family, address), .family = family, .length = (uint8_t)length };
	return !(out->first & ~prefix_mask(length));
}

static bool mrt_rib(struct mrt *mrt, struct mrt_bytes bytes, sa_family_t family, bool paths)
{
	struct source_fact fact = { 0 };
	struct prefix prefix;
	const uint8_t *sequence;
	uint32_t routes;

	mrt->origins = 0;
	if (!mrt_take(&bytes, 4, &sequence) || !mrt_prefix(&bytes, family, &prefix) || !mrt_number(&bytes, 2, &routes))
		return false;
	while (routes--)
		if (!mrt_route(mrt, &bytes, paths))
			return false;
	/* the default route is a route, and says nothing of anybody */
	for (size_t i = 0; i < mrt->origins && prefix.length; i++) {
		fact.asn = mrt->origin[i];
		source_add(mrt->reader, &prefix, &fact);
	}
	return !bytes.left;
}

static int mrt_record(struct mrt *mrt, uint32_t type, uint32_t subtype, struct mrt_bytes bytes)
{
	bool good = true;

	if (type == MRT_TABLE_DUMP || type == MRT_BGP4MP || type == MRT_BGP4MP_ET)
		return source_fail(mrt->reader, "record %llu: is of %s, and a dump of TABLE_DUMP_V2 is needed",
				   (unsigned long long)mrt->record,
				   type == MRT_TABLE_DUMP ? "the old TABLE_DUMP" : "messages between routers");
	if (type != MRT_TABLE_DUMP_V2)
		return 0;
	if (subtype == MRT_IPV4 || subtype == MRT_IPV4_PATHS)
		good = mrt_rib(mrt, bytes, AF_INET, subtype == MRT_IPV4_PATHS);
	else if (subtype == MRT_IPV6 || subtype == MRT_IPV6_PATHS)
		good = mrt_rib(mrt, bytes, AF_INET6, subtype == MRT_IPV6_PATHS);
	return good ? 0 : source_fail(mrt->reader, "record %llu: is damaged", (unsigned long long)mrt->record);
}

int source_mrt_read(struct source_reader *reader)
{
	struct mrt mrt = { .reader = reader };
	const uint8_t *at;
	ptrdiff_t there;

	while ((there = input_peek(&reader->input, MRT_HEADER, &at)) > 0) {
		struct mrt_bytes header = { at, MRT_HEADER }, body;
		uint32_t time = 0, type = 0, subtype = 0, length = 0;

		mrt.record++;
		if (there < MRT_HEADER)
			return source_fail(reader, "record %llu: the file is cut short", (unsigned long long)mrt.record);
		mrt_number(&header, 4, &time);
		mrt_number(&header, 2, &type);
		mrt_number(&header, 2, &subtype);
		mrt_number(&header, 4, &length);
		if (length > MRT_RECORD)
			return source_fail(reader, "record %llu: is longer than %zu bytes", (unsigned long long)mrt.record,
					   MRT_RECORD);
		there = input_peek(&reader->input, MRT_HEADER + length, &at);
		if (there < 0)
			return -1;
		if ((size_t)there < MRT_HEADER + length)
			return source_fail(reader, "record %llu: the file is cut short", (unsigned long long)mrt.record);
		body = (struct mrt_bytes){ at + MRT_HEADER, length };
		if (mrt_record(&mrt, type, subtype, body))
			return -1;
		if (!mrt.dated && type == MRT_TABLE_DUMP_V2)
			mrt.dated = source_date_seconds(reader, time);
		input_take(&reader->input, MRT_HEADER + length);
	}
	return (int)there;
}
