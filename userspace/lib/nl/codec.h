/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of the resid family to structs. Each takes the attributes behind the genl header, checks that what it
 * needs is there and has its size, and returns 0 or -1 with *err set. Unknown attributes are ignored: a newer module
 * may say more.
 */
#ifndef RESID_NL_CODEC_H
#define RESID_NL_CODEC_H

#include <netlink/attr.h>

#include "nl/answer.h"
#include "util/error.h"

int codec_status(struct nlattr *head, int length, struct resid_nl_status *out, struct resid_error *err);
int codec_token(struct nlattr *head, int length, uint64_t *token, struct resid_error *err);
int codec_device(struct nlattr *head, int length, struct resid_nl_device *out, struct resid_error *err);
int codec_counter(struct nlattr *head, int length, struct resid_nl_counter *out, struct resid_error *err);
int codec_batch(struct nlattr *head, int length, struct resid_nl_batch *out, struct resid_error *err);
/* *records points into the message. */
int codec_records(struct nlattr *head, int length, uint64_t *batch, uint32_t *index,
		  const struct resid_audit_record **records, size_t *count, struct resid_error *err);
struct codec_answers {
	struct resid_answer *answers;
	size_t count;	/* that there must be */
	uint8_t generation[RESID_DIGEST_LEN];	/* zeros: no policy */
};

int codec_answers(struct nlattr *head, int length, struct codec_answers *out, struct resid_error *err);
/* The kernel's sentence behind an NLMSG_ERROR or NLMSG_DONE payload, or NULL. Belongs to the message. */
const char *codec_extack(const struct nlmsghdr *header);

#endif
