/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operators.yaml: who operates which networks, and whose law can compel them. Curated, cited, dated. The build makes it
 * of the files in policy/operators; the schema is in head.yaml there. An operator without ASNs, feeds and prefixes is
 * documentation: nothing follows from it.
 */
#ifndef RESID_GEO_OPERATORS_H
#define RESID_GEO_OPERATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/laws.h"
#include "source/source.h"

struct operator_feed {
	enum source_format format;
	char *file;		/* the provider's usual file name: what --feed NAME=PATH gives the path of */
	char *service, *region;	/* only facts with these ("" : any); "*" at the end matches any rest */
};

struct operator {
	char *id;		/* "aws" */
	char *name;		/* "Amazon Web Services" */
	char *parent;		/* the chain, "; " between them, the ultimate parent last */
	char *technology;	/* technology provider where it differs from the controller; "" */
	char *criterion;	/* what puts countries into it, "seat, share"; "" */
	bool uncertain;		/* who controls it is not known well enough to allow anything */
	struct operator_jurisdiction *jurisdiction;	/* at least one */
	size_t jurisdiction_count;
	uint32_t *asn;
	size_t asn_count;
	char **holder;		/* what registries call it; "*" at the end matches any rest */
	size_t holder_count;
	struct operator_feed *feed;
	size_t feed_count;
	char **prefix;		/* curated prefixes, as text */
	size_t prefix_count;
	struct prefix *anycast;	/* curated prefixes that are announced from many places */
	size_t anycast_count;
	char *citation;
	char *reviewed;		/* "2026-11-21" */
	char *confidence;	/* high, medium, low */
	char *comment;
};

struct operators_asn {
	uint32_t asn;
	size_t operator;	/* index */
};

struct operators {
	struct operator *operator;	/* in the order of the file */
	size_t count;
	struct operators_asn *asn;	/* ascending, each once */
	size_t asn_count;
	char date[sizeof("2026-06-25")];
	uint8_t sha256[RESID_DIGEST_LEN];
};

/* path NULL: the embedded file. Refused with FILE:LINE:COLUMN: unknown keys, an ASN of two operators, no citation... */
int operators_read(const char *path, struct operators **out, struct resid_error *err);
void operators_free(struct operators *operators);
const struct operator *operators_find(const struct operators *operators, const char *id);
/* Does it publish where its ranges are? Then nobody else's word on that is good enough. */
bool operator_locates(const struct operator *operator);
/* By origin ASN; NULL: nobody curated it. */
const struct operator *operators_by_asn(const struct operators *operators, uint32_t asn);

DEFINE_CLEANUP(operators, struct operators *, operators_free);
#define _cleanup_operators_ _cleanup_(cleanup_operators)

#endif
