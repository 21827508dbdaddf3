/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What bench_lpm.c and its BPF program share. */
#ifndef RESID_BENCH_TRIE_H
#define RESID_BENCH_TRIE_H

#define BENCH_KEYS 65536	/* a power of two */

/* Key of a BPF LPM trie. An IPv4 address fills the first four bytes, and the trie reads no more. */
struct bench_key {
	__u32 prefixlen;
	__u8 address[16];
};

/* What a run of lookups adds up to; contenders must agree on it. */
struct bench_sum {
	__u32 last;	/* the last group */
	__u32 hits;	/* groups other than 0 */
	__u64 hash;	/* of all groups in order */
};

static inline __attribute__((always_inline)) void bench_add(struct bench_sum *sum, __u32 group)
{
	/* A group's top bit is never set; the compiler must not know, or a dependent run is not dependent. */
	asm volatile("" : "+r"(group));
	sum->last = group;
	sum->hits += group != 0;
	sum->hash = sum->hash * 31 + group;
}

#endif
