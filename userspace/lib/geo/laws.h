/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The laws at the head of operators.yaml: bases that many operators share, each written once and named by its key. And
 * the bases of operators, which are such a name or written out.
 */
#ifndef RESID_GEO_LAWS_H
#define RESID_GEO_LAWS_H

#include "yaml/keys.h"

struct operator_jurisdiction {
	char country[3];
	char *basis;		/* "CLOUD Act (18 USC 2713)" */
	char *valid_until;	/* "2026-06-12"; "" : none */
};

struct law {
	const char *name;	/* of the document's */
	struct operator_jurisdiction basis;
};

struct laws {
	struct law *law;
	size_t count;
};

/* The key `laws` of the file; absent: none. The document must live as long. */
int laws_read(const struct keys_file *file, const struct yaml_node *root, struct laws *laws);
void laws_fini(struct laws *laws);
#define _cleanup_laws_ _cleanup_(laws_fini)

/* An item of `jurisdictions`. */
int laws_jurisdiction(const struct keys_file *file, const struct yaml_node *node, const struct laws *laws,
		      struct operator_jurisdiction *jurisdiction);
void laws_free_basis(struct operator_jurisdiction *basis);

/* The text of a key, on one line, "" when it is absent and not required. */
int laws_text(const struct keys_file *file, const struct yaml_node *map, const char *key, bool required, char **out);
/* The same, and it is a day. */
int laws_date(const struct keys_file *file, const struct yaml_node *map, const char *key, bool required, char **out);

#endif
