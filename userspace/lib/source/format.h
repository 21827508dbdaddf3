/* SPDX-License-Identifier: Apache-2.0 */
/* The formats in which sources come: one file each, and one line in format.c and format_private.h. */
#ifndef RESID_SOURCE_FORMAT_H
#define RESID_SOURCE_FORMAT_H

#include "source/source.h"

/* What somebody names a file for. */
enum source_use {
	SOURCE_USE_FEED,
	SOURCE_USE_GEOFEED,
	SOURCE_USE_MMDB,
	SOURCE_USE_RIR,
	SOURCE_USE_ASN
};

struct source_want {
	uint64_t formats;	/* a SOURCE_BIT each: which of them it is, its content says */
	const char *name;
	unsigned int max_bad;	/* thousandths of the rows that may be bad */
};

/*
 * Reads a file, packed or not. Refused with FILE:LINE (text) or the byte (binary) and a remedy: what is malformed or of
 * another format, holds 0.0.0.0/0 or ::/0, says two things of one prefix, or holds no prefix at all. A bad row of a
 * text is left out; a file with too many is refused.
 */
int source_read(const struct source_want *want, const char *path, struct source **out, struct resid_error *err);

/* "aws" and so on, as in operators.yaml; -1: no such format. */
int source_format_parse(const char *text);
const char *source_format_name(enum source_format format);
/* Are its facts' `region` names of regions.yaml? And does it say at all where its ranges are? */
bool source_format_has_regions(enum source_format format);
bool source_format_locates(enum source_format format);
/* The formats that a file may have which somebody names for this, a SOURCE_BIT each. */
uint64_t source_formats(enum source_use use);
/* "aws, azure or list"; the caller's to free. */
char *source_format_names(uint64_t wanted);
/* Is it the database of libloc? */
bool source_is_libloc(const char *path);

#endif
