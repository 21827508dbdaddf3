/* SPDX-License-Identifier: Apache-2.0 */
/* What each format offers to format.c. */
#ifndef RESID_SOURCE_FORMAT_PRIVATE_H
#define RESID_SOURCE_FORMAT_PRIVATE_H

#include "source/format.h"
#include "source/reader.h"

/* Adds the facts of reader->data, or of the file at reader->path, to reader->source. */
int source_aws_read(struct source_reader *reader);
int source_azure_read(struct source_reader *reader);
int source_google_read(struct source_reader *reader);
int source_oracle_read(struct source_reader *reader);
int source_geofeed_read(struct source_reader *reader);
int source_list_read(struct source_reader *reader);
int source_rir_read(struct source_reader *reader);
int source_libloc_read(struct source_reader *reader);
int source_mmdb_read(struct source_reader *reader);

/* azure.c: of equal prefixes, those that say more. After the facts are in order. */
void source_azure_collapse(const struct source *source, struct source_facts *facts);

#endif
