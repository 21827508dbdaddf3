/* SPDX-License-Identifier: Apache-2.0 */
/* What each format offers to format.c. */
#ifndef RESID_SOURCE_FORMAT_PRIVATE_H
#define RESID_SOURCE_FORMAT_PRIVATE_H

#include "source/format.h"
#include "source/reader.h"

/* In the confined child: what the file says, as records. -1: it was told why not. */
int source_document_read(struct source_reader *reader);
int source_geofeed_read(struct source_reader *reader);
int source_list_read(struct source_reader *reader);
int source_rir_read(struct source_reader *reader);
int source_delegated_read(struct source_reader *reader);
int source_rpsl_read(struct source_reader *reader);
int source_asn_csv_read(struct source_reader *reader);
int source_pfx2as_read(struct source_reader *reader);
int source_mrt_read(struct source_reader *reader);
int source_bird_read(struct source_reader *reader);
int source_libloc_read(struct source_reader *reader);
int source_mmdb_read(struct source_reader *reader);

/* azure.c: of equal prefixes, those that say more. After the facts are in order. */
void source_azure_collapse(const struct source *source, struct source_facts *facts);

#endif
