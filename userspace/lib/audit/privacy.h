/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that are those of persons, made less than that before they reach a disk. A rule, in residd.conf:
 *
 *   privacy = CLASS[@TENANT] src|dst|both truncate|hash
 *
 * CLASS may be *. The first rule that fits a record decides. truncate keeps 24 bits of IPv4 and 48 of IPv6; hash is the
 * first half of HMAC-SHA-256 with the node's own key, so equal addresses stay equal on one node. Country, operator and
 * the rest are found before.
 */
#ifndef RESID_AUDIT_PRIVACY_H
#define RESID_AUDIT_PRIVACY_H

#include "spool/event.h"
#include "util/error.h"

#define PRIVACY_KEY	32	/* bytes */

struct privacy_rule {
	char class_name[64];	/* "*": any */
	char tenant[128];	/* "" : any */
	bool src, dst, hash;
};

struct privacy {
	struct privacy_rule *rules;
	size_t count, room;
	uint8_t key[PRIVACY_KEY];
};

/* Adds a rule; NULL, or what is wrong with it. */
const char *privacy_add(struct privacy *privacy, const char *text);
/* privacy.key of the state directory (0600), made when it is missing and a rule hashes. */
int privacy_key(struct privacy *privacy, struct resid_error *err);
void privacy_fini(struct privacy *privacy);

void privacy_apply(const struct privacy *privacy, struct audit_event *event);

#endif
