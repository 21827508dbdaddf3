/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of segments: who signs them, and what proves one. The node's key is /etc/resid/audit.key (PEM, Ed25519, 0600),
 * made once; its public half is audit.pub beside it.
 *
 * An anchor is "NUMBER-HASH": a segment and the SHA-256 of its head, 64 digits. Kept elsewhere (a SIEM, paper), it proves
 * all records up to the end of that segment, also against whoever has the key. "NUMBER-HASH HEAD", HEAD being the head's
 * bytes as digits, is the line that goes out.
 */
#ifndef RESID_SPOOL_HEAD_H
#define RESID_SPOOL_HEAD_H

#include <stdbool.h>
#include <stdio.h>

#include "spool/segment.h"
#include "util/cleanup.h"
#include "util/error.h"
#include "util/paths.h"

#define HEAD_ANCHOR	96	/* room for an anchor */
#define HEAD_LINE	(HEAD_ANCHOR + 2 * sizeof(struct segment_head) + 2)

struct head_key;

/* audit.key in the configuration. */
struct path head_key_default(void);

/* Makes a pair, PATH and the public half beside it, unless PATH is there. */
int head_key_make(const char *path, struct resid_error *err);
/* The private key, or only the public one; PEM. */
int head_key_open(const char *path, struct head_key **out, struct resid_error *err);
void head_key_free(struct head_key *key);
DEFINE_CLEANUP(head_key, struct head_key *, head_key_free);

/* First bytes of the SHA-256 of the public key. */
const uint8_t *head_key_id(const struct head_key *key);
int head_key_print(const struct head_key *key, FILE *out);

/* Fills key and signature. */
int head_sign(const struct head_key *key, struct segment_head *head, struct resid_error *err);
bool head_is_signed(const struct segment_head *head);
/* By this key, and over these bytes. */
bool head_is_true(const struct head_key *key, const struct segment_head *head);

void head_hash(const struct segment_head *head, uint8_t hash[SEGMENT_HASH]);
void head_anchor(const struct segment_head *head, char out[HEAD_ANCHOR]);
void head_line(const struct segment_head *head, char out[HEAD_LINE]);

/* An anchor, or a whole line; of the latter the hash must be that of its head. */
int head_parse(const char *text, uint64_t *number, uint8_t hash[SEGMENT_HASH], struct resid_error *err);

#endif
