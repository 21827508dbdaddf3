// SPDX-License-Identifier: Apache-2.0
/*
 * kmod/lpm.c against the kernel's BPF LPM trie: the same prefixes, the same addresses in the same order, in one run.
 *
 *   tables     countries  every range of tor-geoipdb with its country
 *              policy     what the default policy makes of them, as the kernel's table has it
 *   addresses  uniform    over all of IPv4 and over 2000::/3 (nearly all of which belongs to nobody)
 *              ranges     every range as likely as any other
 *              zipf       the k-th range with weight 1/k
 *   runs       independent, dependent (an address is known only after the last answer), cold (dependent, after 64 MiB
 *              of other memory went through the caches)
 *
 * The trie runs in the kernel, in a loop of a BPF program that reads the clock itself; lpm.c runs here, compiled as
 * for the kernel's best case (popcnt) on pages of 4 KiB, as vmalloc gives. Both loops are also run without a lookup,
 * and that cost is subtracted. Contenders take turns, and their answers must be equal.
 */
#include <arpa/inet.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kmod/lpm.h"
#include "source/geoip.h"
#include "snapshot/build.h"
#include "snapshot/lpm_build.h"
#include "trie.h"
#include "trie.skel.h"

#define ROUNDS 7
#define COLD_RUNS 60
#define COLD_KEYS 16
#define EVICT_BYTES (64u << 20)

struct range {
	u128 first, last;
	u32 group;
};

struct table {
	const char *name;
	sa_family_t family;
	struct range *range;	/* ascending, disjoint, groups other than 0 */
	size_t count;
	size_t prefixes;
	struct resid_lpm lpm;
	size_t lpm_bytes;
	struct trie_bpf *trie;
	size_t trie_bytes;
	double trie_load;	/* seconds */
};

enum contender { LPM, LPM_LOOP, TRIE, TRIE_LOOP, CONTENDERS };

struct series {
	double value[COLD_RUNS];
	size_t count;
};

static struct bench_key keys[BENCH_KEYS];
static unsigned char *evict;

static void die(const char *what)
{
	fprintf(stderr, "bench_lpm: %s\n", what);
	exit(2);
}

static void *allocate(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("out of memory");
	madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- tables ----------------------------------------------------------------------------------------------- */

static void table_add(struct table *table, u128 first, u128 last, u32 group)
{
	struct range *before = table->count ? &table->range[table->count - 1] : NULL;

	if (!group)
		return;
	if (before && before->group == group && before->last + 1 == first) {
		before->last = last;
		return;
	}
	if (!(table->count & (table->count - 1)))
		table->range = realloc(table->range, (table->count ? table->count * 2 : 1) * sizeof(*table->range));
	if (!table->range)
		die("out of memory");
	table->range[table->count++] = (struct range){ first, last, group };
}

/* The ranges of a poptrie: what its leaves say, in order. */
static void table_walk(struct table *table, u32 index, u128 base, int bits)
{
	const struct resid_lpm_node *node = &table->lpm.node[index];
	u32 child = node->node_base, leaf = node->leaf_base - 1;
	int shift = 128 - bits - RESID_LPM_STRIDE;

	for (unsigned int slot = 0; slot < 64; slot++) {
		u128 first = base | (shift >= 0 ? (u128)slot << shift : slot >> -shift);
		u128 last = shift >= 0 ? first + ((u128)1 << shift) - 1 : first;

		leaf += node->starts >> slot & 1;
		if (node->inner >> slot & 1)
			table_walk(table, child++, first, bits + RESID_LPM_STRIDE);
		else if (shift >= 0 || !(slot & ((1u << -shift) - 1)))
			table_add(table, first, last, table->lpm.leaf[leaf]);
	}
}

static void table_from_lpm(struct table *table)
{
	const int shift = 128 - RESID_LPM_ROOT_BITS;

	for (u32 i = 0; i < 1u << RESID_LPM_ROOT_BITS; i++) {
		u128 first = (u128)i << shift;

		if (table->lpm.root[i] & RESID_LPM_LEAF)
			table_add(table, first, first + ((u128)1 << shift) - 1, table->lpm.root[i] & ~RESID_LPM_LEAF);
		else
			table_walk(table, table->lpm.root[i], first, RESID_LPM_ROOT_BITS);
	}
}

/* Moves a section to pages of 4 KiB and opens it there. */
static void table_adopt(struct table *table, const void *section, size_t length, u32 groups)
{
	void *memory = allocate(length);
	const char *error;

	memcpy(memory, section, length);
	error = resid_lpm_open(&table->lpm, memory, length, address_bits(table->family), groups);
	if (error)
		die(error);
	table->lpm_bytes = length;
}

static void table_of_countries(struct table *table, const char *path)
{
	_cleanup_geo_ struct geo_table *geo = NULL;
	_cleanup_buffer_ struct buffer section = {};
	struct lpm_range *cover;
	struct resid_error err;
	size_t count = 0;
	u128 next = 0;

	if (geo_tor_read(path, table->family, &geo, &err))
		die(err.text);
	printf("data: %s %s, %zu ranges\n", path, geo->date, geo->count);
	for (size_t i = 0; i < geo->count; i++)
		table_add(table, geo->range[i].first, geo->range[i].last, geo->range[i].location + 1u);

	/* The poptrie is built from ranges that leave no gap. */
	cover = calloc(2 * table->count + 2, sizeof(*cover));
	if (!cover)
		die("out of memory");
	for (size_t i = 0; i < table->count; i++) {
		const struct range *range = &table->range[i];

		if (range->first != next)
			cover[count++] = (struct lpm_range){ next, 0 };
		cover[count++] = (struct lpm_range){ range->first, (uint16_t)range->group };
		next = range->last + 1;
	}
	if (next)
		cover[count++] = (struct lpm_range){ next, 0 };
	lpm_build(cover, count, &section);
	table_adopt(table, section.data, section.length, LOCATION_COUNT + 1);
	free(cover);
}

static void table_of_policy(struct table *table, const struct snapshot *snapshot)
{
	size_t length;
	const u8 *bytes = snapshot_bytes(snapshot, &length);
	const struct resid_table *kernel = snapshot_table(snapshot);
	const struct resid_section *section =
		&kernel->header->section[table->family == AF_INET ? RESID_SECTION_LPM4 : RESID_SECTION_LPM6];

	table_adopt(table, bytes + section->offset, section->length, kernel->core->group_count);
	table_from_lpm(table);
}

/* ---- the trie --------------------------------------------------------------------------------------------- */

/* The trie's nodes are slab objects; the map's own figure leaves out those that only branch. */
static size_t slab_bytes(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	size_t kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SUnreclaim: %zu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

static void table_load_trie(struct table *table)
{
	unsigned int bytes = table->family == AF_INET ? 4 : 16, key_size = 4 + bytes;
	struct bpf_map *map;
	size_t capacity = 0, slab;
	u8 *key = NULL;
	u32 *value = NULL, count;
	double begin;

	for (size_t i = 0; i < table->count; i++) {
		const struct range *range = &table->range[i];

		for (u128 at = range->first;;) {
			struct prefix prefix = prefix_within(table->family, at, range->last, at);
			u32 length = prefix.length;
			u8 address[16];

			if (table->prefixes == capacity) {
				capacity = capacity ? capacity * 2 : 1024;
				key = realloc(key, capacity * key_size);
				value = realloc(value, capacity * sizeof(*value));
				if (!key || !value)
					die("out of memory");
			}
			address_bytes(table->family, at, address);
			memcpy(key + table->prefixes * key_size, &length, 4);
			memcpy(key + table->prefixes * key_size + 4, address, bytes);
			value[table->prefixes++] = range->group;
			if (prefix_last(&prefix) >= range->last)
				break;
			at = prefix_last(&prefix) + 1;
		}
	}

	table->trie = trie_bpf__open();
	if (!table->trie)
		die("cannot open the BPF object");
	map = table->trie->maps.trie;
	if (bpf_map__set_key_size(map, key_size) || bpf_map__set_max_entries(map, (u32)table->prefixes) ||
	    trie_bpf__load(table->trie))
		die("cannot load the BPF program: it needs root and Linux 5.17");
	slab = slab_bytes();
	begin = seconds(CLOCK_MONOTONIC);
	count = (u32)table->prefixes;
	if (bpf_map_update_batch(bpf_map__fd(map), key, value, &count, NULL) || count != table->prefixes)
		die("cannot fill the trie");
	table->trie_load = seconds(CLOCK_MONOTONIC) - begin;
	table->trie_bytes = slab_bytes() - slab;
	free(key);
	free(value);
}

/* ---- keys ------------------------------------------------------------------------------------------------- */

/* xorshift64*, from a fixed seed: every run asks the same questions. */
static u64 draw(void)
{
	static u64 state = 0x9e3779b97f4a7c15;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static u128 draw_within(const struct range *range)
{
	u128 size = range->last - range->first;
	u128 offset = (u128)draw() << 64 | draw();

	return range->first + (size == U128_MAX ? offset : offset % (size + 1));
}

static void keys_set(struct table *table, size_t i, u128 address)
{
	keys[i].prefixlen = address_bits(table->family);
	address_bytes(table->family, address, keys[i].address);
}

static void keys_uniform(struct table *table)
{
	for (size_t i = 0; i < BENCH_KEYS; i++) {
		u128 address = (u128)draw() << 64 | draw();

		keys_set(table, i, table->family == AF_INET ? address : (u128)1 << 125 | address >> 3);
	}
}

static void keys_ranges(struct table *table)
{
	for (size_t i = 0; i < BENCH_KEYS; i++)
		keys_set(table, i, draw_within(&table->range[draw() % table->count]));
}

static void keys_zipf(struct table *table)
{
	double *sum = calloc(table->count + 1, sizeof(*sum));
	u32 *rank = calloc(table->count, sizeof(*rank));

	if (!sum || !rank)
		die("out of memory");
	for (size_t i = 0; i < table->count; i++) {
		size_t j = draw() % (i + 1);

		sum[i + 1] = sum[i] + 1.0 / (double)(i + 1);
		rank[i] = rank[j];
		rank[j] = (u32)i;
	}
	for (size_t i = 0; i < BENCH_KEYS; i++) {
		double at = (double)(draw() >> 11) / (double)(1ull << 53) * sum[table->count];
		size_t low = 0, high = table->count;

		while (high - low > 1) {
			size_t middle = (low + high) / 2;

			*(sum[middle] <= at ? &low : &high) = middle;
		}
		keys_set(table, i, draw_within(&table->range[rank[low]]));
	}
	free(sum);
	free(rank);
}

static const struct {
	const char *name;
	void (*fill)(struct table *table);
} distributions[] = { { "uniform", keys_uniform }, { "ranges", keys_ranges }, { "zipf", keys_zipf } };

/* ---- runs ------------------------------------------------------------------------------------------------- */

static inline const struct bench_key *run_next(u32 i, u32 first, bool dependent, const struct bench_sum *sum)
{
	return &keys[(first + i + (dependent ? sum->last >> 31 : 0)) & (BENCH_KEYS - 1)];
}

/* One loop each, so that nothing but the lookup differs. */
#define RUN_LOOP(lookup) \
	do { \
		for (u32 i = 0; i < count; i++) { \
			const u8 *address = run_next(i, first, dependent, sum)->address; \
\
			bench_add(sum, lookup); \
		} \
	} while (0)

static double run_here(const struct table *table, enum contender contender, u32 first, u32 count, bool dependent,
		       struct bench_sum *sum)
{
	double begin = seconds(CLOCK_MONOTONIC);

	if (contender == LPM_LOOP)
		RUN_LOOP(address[3]);
	else if (table->family == AF_INET)
		RUN_LOOP(resid_lpm_lookup4(&table->lpm, address));
	else
		RUN_LOOP(resid_lpm_lookup6(&table->lpm, address));
	return (seconds(CLOCK_MONOTONIC) - begin) * 1e9 / count;
}

static double run_kernel(const struct table *table, enum contender contender, u32 first, u32 count, bool dependent,
			 struct bench_sum *sum)
{
	struct trie_bpf *trie = table->trie;
	u8 frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame), .repeat = 1);

	trie->bss->first = first;
	trie->bss->count = count;
	trie->bss->dependent = dependent;
	if (bpf_prog_test_run_opts(bpf_program__fd(contender == TRIE ? trie->progs.run_trie : trie->progs.run_nothing),
				   &run))
		die("BPF_PROG_TEST_RUN failed");
	*sum = trie->bss->sum;
	return (double)trie->bss->nanoseconds / count;
}

static double run(const struct table *table, enum contender contender, u32 first, u32 count, bool dependent,
		  struct bench_sum *sum)
{
	*sum = (struct bench_sum){};
	return (contender < TRIE ? run_here : run_kernel)(table, contender, first, count, dependent, sum);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One line: the contenders in turn, their own loops' minimum subtracted. */
static void measure(const struct table *table, const char *distribution, const char *mode)
{
	bool cold = !strcmp(mode, "cold"), dependent = strcmp(mode, "independent") != 0;
	u32 count = cold ? COLD_KEYS : BENCH_KEYS;
	size_t rounds = cold ? COLD_RUNS : ROUNDS;
	struct series series[CONTENDERS] = {};
	double least[2], median[2];

	for (size_t round = 0; round < rounds; round++) {
		u32 first = cold ? (u32)round * COLD_KEYS : 0;
		struct bench_sum sum[CONTENDERS];

		for (unsigned int turn = 0; turn < CONTENDERS; turn++) {
			unsigned int contender = (turn + round) % CONTENDERS;

			for (size_t i = 0; cold && i < EVICT_BYTES; i += 64)
				evict[i]++;
			series[contender].value[round] =
				run(table, contender, first, count, dependent, &sum[contender]);
		}
		if (memcmp(&sum[LPM], &sum[TRIE], sizeof(sum[LPM])))
			die("the contenders disagree");
		if (memcmp(&sum[LPM_LOOP], &sum[TRIE_LOOP], sizeof(sum[LPM])))
			die("the contenders were asked different questions");
	}
	for (unsigned int i = 0; i < CONTENDERS; i++)
		qsort(series[i].value, rounds, sizeof(series[i].value[0]), compare);
	for (unsigned int i = 0; i < 2; i++) {
		const double *with = series[2 * i].value, *without = series[2 * i + 1].value;
		double loop = cold ? without[rounds / 2] : without[0];

		least[i] = with[0] - loop;
		median[i] = with[rounds / 2] - loop;
	}
	printf("%-10s %-3s %-8s %-12s %7.1f %7.1f %9.1f %7.1f %8.1f\n", table->name,
	       table->family == AF_INET ? "v4" : "v6", distribution, mode, least[0], median[0], least[1], median[1],
	       median[1] / median[0]);
	fflush(stdout);
}

/* ---- report ----------------------------------------------------------------------------------------------- */

static void report_machine(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256], model[256] = "unknown processor";
	struct utsname name;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "model name : %255[^\n]", model) == 1)
			break;
	if (file)
		fclose(file);
	uname(&name);
	printf("machine: %s, %ld CPUs, L2 %ld KiB, L3 %ld KiB, Linux %s\n", model, sysconf(_SC_NPROCESSORS_ONLN),
	       sysconf(_SC_LEVEL2_CACHE_SIZE) >> 10, sysconf(_SC_LEVEL3_CACHE_SIZE) >> 10, name.release);
}

static double processor_seconds(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

int main(void)
{
	static struct table tables[] = {
		{ .name = "countries", .family = AF_INET },
		{ .name = "countries", .family = AF_INET6 },
		{ .name = "policy", .family = AF_INET },
		{ .name = "policy", .family = AF_INET6 },
	};
	static const char *const modes[] = { "independent", "dependent", "cold" };
	struct build_inputs inputs = {};
	struct snapshot *snapshot = NULL;
	struct resid_table opened;
	struct resid_error err;
	double begin, compile, check;
	const void *part;
	size_t length;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(sched_getcpu(), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
	evict = allocate(EVICT_BYTES);

	report_machine();
	begin = processor_seconds();
	if (snapshot_build(&inputs, NULL, NULL, &snapshot, &err))
		die(err.text);
	compile = processor_seconds() - begin;
	part = snapshot_kernel_part(snapshot, &length);
	begin = processor_seconds();
	if (resid_table_open(&opened, part, length))
		die("the snapshot is not valid");
	check = processor_seconds() - begin;

	table_of_countries(&tables[0], "/usr/share/tor/geoip");
	table_of_countries(&tables[1], "/usr/share/tor/geoip6");
	table_of_policy(&tables[2], snapshot);
	table_of_policy(&tables[3], snapshot);
	printf("default policy: compiled in %.2f s of processor time; %zu KiB for the kernel, checked in %.1f ms\n\n",
	       compile, length >> 10, check * 1e3);

	printf("                  prefixes   lpm.c KiB  a prefix   trie KiB  a prefix  trie load s\n");
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		struct table *table = &tables[i];

		table_load_trie(table);
		printf("%-10s %-3s %11zu %11zu %9.1f %10zu %9.1f %12.2f\n", table->name,
		       table->family == AF_INET ? "v4" : "v6", table->prefixes, table->lpm_bytes >> 10,
		       (double)table->lpm_bytes / (double)table->prefixes, table->trie_bytes >> 10,
		       (double)table->trie_bytes / (double)table->prefixes, table->trie_load);
	}

	printf("\nns per lookup                        lpm.c  median      trie  median    ratio\n");
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (size_t j = 0; j < ARRAY_SIZE(distributions); j++) {
			distributions[j].fill(&tables[i]);
			memcpy(tables[i].trie->bss->keys, keys, sizeof(keys));
			for (size_t k = 0; k < ARRAY_SIZE(modes); k++)
				measure(&tables[i], distributions[j].name, modes[k]);
		}
	return 0;
}
