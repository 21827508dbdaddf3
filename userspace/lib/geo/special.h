/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses whose place no country database can give: built-in prefixes, and the policy's own lists beside them. Where
 * two layers hold an address the earlier one of this enum wins, whatever their prefix lengths.
 */
#ifndef RESID_GEO_SPECIAL_H
#define RESID_GEO_SPECIAL_H

#include "source/location.h"
#include "util/address.h"

enum special_layer {
	SPECIAL_METADATA,	/* first: a policy's `local: 169.254.0.0/16` must not open the metadata service */
	SPECIAL_LINK,
	SPECIAL_HOST,		/* loopback, limited broadcast */
	SPECIAL_TRANSLATED,
	SPECIAL_LOCAL,		/* the policy's list */
	SPECIAL_MULTICAST,
	SPECIAL_REGISTRY,	/* the rest of IANA's special-purpose registries */
	SPECIAL_LAYERS
};

struct special_prefix {
	struct prefix prefix;
	enum special_layer layer;
};

/* The built-in prefixes; *out is the caller's to free. */
void special_prefixes(struct special_prefix **out, size_t *count);

unsigned int special_location(enum special_layer layer);	/* LOCATION_* */
const char *special_source(enum special_layer layer);		/* "resid", "iana" or "policy" */

/* What `local:` is when a policy does not say: RFC 1918 and unique local addresses. */
extern const char *const special_local_default[];		/* ends with NULL */

#endif
