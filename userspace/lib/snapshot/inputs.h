/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot is made of: the policy, the data, the time and what is let pass. */
#ifndef RESID_SNAPSHOT_INPUTS_H
#define RESID_SNAPSHOT_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

struct build_inputs {
	const char *policy;	/* path, or NULL for the embedded default */
	const char *geoip4;	/* path, or NULL: /usr/share/tor/geoip */
	const char *geoip6;	/* path, or NULL: /usr/share/tor/geoip6 */
	const char *sets;	/* folder of country sets, before the embedded ones; NULL: as for packs */
	int64_t now;		/* seconds since the epoch: what is too old, and so carries no allow, or has ended */
	const char *previous;	/* snapshot that was accepted last: a source must not have shrunk since; NULL: none */
	const char *accept;	/* "NAME,NAME": sources that may be what the policy refuses; NULL */
	bool lenient;		/* what the policy refuses of a source is only warned of: to look, not to load */
	bool uncached;		/* neither read nor keep the laid out data (geo/world_file.h) */
	const char *geofeeds;	/* "NAME=PATH,NAME=PATH": locations that operators publish (RFC 8805) */
	const char *mmdb;	/* locations as a MaxMind DB */
	/* Who controls what. NULL: what the policy's `sources` name, else none but as said. */
	const char *feeds;	/* "NAME=PATH,NAME=PATH": ranges that operators publish; NAME is of operators.yaml */
	const char *rir;	/* holders of the registries */
	const char *asn;	/* AS database, or "none"; else libloc-database's if the policy asks who controls */
	const char *operators;	/* operators.yaml; else the embedded one */
};

#endif
