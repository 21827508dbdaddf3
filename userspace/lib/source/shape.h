/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shapes of the JSON documents that are read: where in one the prefixes stand, and what belongs to each. A path
 * goes from the document's top to a text:
 *
 *   regions[].cidrs[].cidr     every element of `regions`, every element of its `cidrs`, the key `cidr`
 *   *[]                        every element of the lists under any key
 *   group|region               the first of these keys that is there
 *   scope?                     may be missing
 *   @1                         the first key that a '*' stood for
 *
 * Region, service, country and AS of a prefix are paths of the same document: as far as they begin like that of the
 * prefix they mean the same element, and from there on every text that they lead to.
 */
#ifndef RESID_SOURCE_SHAPE_H
#define RESID_SOURCE_SHAPE_H

#include "source/source.h"

#define SHAPE_LISTS	4
#define SHAPE_STEPS	6

/* NULL: such documents do not say it. */
struct shape_list {
	const char *prefix;
	sa_family_t family;	/* that all of them are of, or AF_UNSPEC */
	const char *region, *service, *country;
	const char *asn;	/* a number, "AS64496", or an AS path, whose end counts */
};

struct shape {
	const char *date;	/* at the top: a text that begins with a day, or seconds since 1970 */
	const char *asn;	/* at the top: the AS of who was asked, for an AS path that is empty */
	struct shape_list list[SHAPE_LISTS];	/* up to the first without a prefix */
};

/* NULL: the format is no JSON. */
const struct shape *shape_of(enum source_format format);

enum shape_step_kind { SHAPE_KEY, SHAPE_EACH, SHAPE_ANY };

struct shape_step {
	enum shape_step_kind kind;
	const char *name;	/* of a key: "group|region?" */
	size_t length;
	bool optional;
};

struct shape_path {
	struct shape_step step[SHAPE_STEPS];
	unsigned int count;
	unsigned int any;	/* of "@2": 2; else 0 */
};

void shape_path_parse(const char *text, struct shape_path *out);

#endif
