/* SPDX-License-Identifier: Apache-2.0 */
/* The formats in which sources come: one file each, and one line in format.c and format_private.h. */
#ifndef RESID_SOURCE_FORMAT_H
#define RESID_SOURCE_FORMAT_H

#include "source/source.h"

/*
 * Reads a file of any format. Refused with FILE:LINE (text) or the byte (binary) and a remedy: what is malformed, has
 * host bits, holds 0.0.0.0/0 or ::/0, or holds no prefix at all.
 */
int source_read(enum source_format format, const char *name, const char *path, struct source **out,
		struct resid_error *err);

/* "aws" and so on, as in operators.yaml; -1: no such format. */
int source_format_parse(const char *text);
const char *source_format_name(enum source_format format);
/* Are its facts' `region` names of regions.yaml? And does it say at all where its ranges are? */
bool source_format_has_regions(enum source_format format);
bool source_format_locates(enum source_format format);
/* Of an AS database: a MaxMind DB if it has the mark of one, else libloc's. */
enum source_format source_format_of_asn(const char *path);

#endif
