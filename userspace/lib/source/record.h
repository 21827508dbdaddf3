/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined reader (reader.h) tells the caller of source_read(): the messages that go through confine.h. */
#ifndef RESID_SOURCE_RECORD_H
#define RESID_SOURCE_RECORD_H

#include "source/confine.h"
#include "source/source.h"

enum record_kind {
	RECORD_FORMAT,		/* uint8_t: which of those that were asked for it is; the first of all */
	RECORD_FACT,		/* struct record_fact */
	RECORD_STRING,		/* text: the next region or service, from 1 */
	RECORD_AS_NAME,		/* uint32_t number, text */
	RECORD_AS_COUNTRY,		/* uint32_t number, two letters: where it is registered */
	RECORD_DATE,		/* "2026-06-25" */
	RECORD_BAD,		/* text: what is wrong with a row, as it follows the path */
	RECORD_ROWS,		/* struct record_rows */
};

struct record_fact {
	u128 first, last;
	uint32_t asn, region, service;
	char country[2], registered[2], represented[2];	/* zeros: not said */
	uint8_t family, flags;				/* 4 or 6; SOURCE_F_* */
} __attribute__((packed));

struct record_rows {
	uint64_t rows, bad;
};

/* A source as it comes. */
struct record_taker {
	struct source *source;
	uint64_t formats;	/* that were asked for, a bit each */
	const char *path;
};

/* A confine_taker. Believes nothing; what makes no sense is refused. */
int record_take(struct record_taker *taker, unsigned int kind, const uint8_t *bytes, size_t length,
		struct resid_error *err);

#endif
