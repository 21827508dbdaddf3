/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is by what it holds, and not by its name or what somebody takes it for. */
#ifndef RESID_SOURCE_DETECT_H
#define RESID_SOURCE_DETECT_H

#include "source/reader.h"

#define DETECT_LIBLOC	"LOCDBXX"	/* how libloc's database begins */

/*
 * Sets reader->format to one of these (SOURCE_BIT); one alone is not looked for: its reader says what is wrong. -1, or
 * whether one was found.
 */
int detect_format(struct source_reader *reader, uint64_t formats);

/* document_detect.c: the same of a document. -1, or whether one was found. */
int document_detect(struct source_reader *reader, struct input *input, uint64_t formats);

#endif
