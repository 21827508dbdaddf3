/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's side of Resid answers, as structs. */
#ifndef RESID_NL_ANSWER_H
#define RESID_NL_ANSWER_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kmod/uapi/resid.h"

struct resid_nl_status {
	uint8_t instance[16];
	enum resid_boot boot;
	enum resid_mode mode;
	uint32_t confirm;	/* seconds until the mode goes back; 0: it stays */
	uint32_t policy_confirm;	/* the same of the policy */
	uint32_t mark_mask;
	bool closed;		/* without a generation: only link, local and bootstrap destinations leave */
	bool has_generation;
	uint8_t generation[RESID_DIGEST_LEN];	/* zeros: none */
	uint32_t tagger;	/* BPF program id; 0: none */
	uint32_t devices, netns;
	uint32_t untracked;	/* of these namespaces, those without conntrack */
	uint8_t untracked_own;	/* RESID_UNTRACKED_* of the initial one */
	uint32_t audit_slots, audit_used;
	uint64_t audit_batch;	/* 0: none waits */
	uint64_t audit_acked, audit_folded, audit_denied;
};

struct resid_nl_device {
	uint32_t ifindex;
	char name[IFNAMSIZ];
	uint64_t netns;
	bool inside;
};

struct resid_nl_counter {
	uint8_t class_id;
	enum resid_verdict verdict;
	uint64_t rule;		/* key */
	uint64_t packets, bytes;
};

struct resid_nl_batch {
	uint64_t number;	/* 0: nothing to drain */
	uint32_t count;
};

#endif
