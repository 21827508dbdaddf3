// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's LPM trie, timed from inside: lookups in a loop, and the same loop without them. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "trie.h"

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct bench_key));	/* bench_lpm.c sets both for the family */
	__uint(value_size, sizeof(__u32));
	__uint(max_entries, 1);
} trie SEC(".maps");

struct bench_key keys[BENCH_KEYS];
__u32 first, count;
bool dependent;

__u64 nanoseconds;
struct bench_sum sum;

static __always_inline struct bench_key *bench_next(__u32 i, const struct bench_sum *at)
{
	__u32 index = first + i;

	/* In a dependent run no address is known before the last answer is. */
	if (dependent)
		index += at->last >> 31;
	return &keys[index & (BENCH_KEYS - 1)];
}

static long bench_trie(__u32 i, struct bench_sum *at)
{
	__u32 *group = bpf_map_lookup_elem(&trie, bench_next(i, at));

	bench_add(at, group ? *group : 0);
	return 0;
}

static long bench_nothing(__u32 i, struct bench_sum *at)
{
	bench_add(at, bench_next(i, at)->address[3]);
	return 0;
}

SEC("tc")
int run_trie(struct __sk_buff *skb)
{
	struct bench_sum at = {};
	__u64 begin = bpf_ktime_get_ns();

	bpf_loop(count, bench_trie, &at, 0);
	nanoseconds = bpf_ktime_get_ns() - begin;
	sum = at;
	return 0;
}

SEC("tc")
int run_nothing(struct __sk_buff *skb)
{
	struct bench_sum at = {};
	__u64 begin = bpf_ktime_get_ns();

	bpf_loop(count, bench_nothing, &at, 0);
	nanoseconds = bpf_ktime_get_ns() - begin;
	sum = at;
	return 0;
}

char _license[] SEC("license") = "GPL";
