// SPDX-License-Identifier: Apache-2.0
/*
 * How many records a second get into the spool: encoded, checksummed, chained, written, synced a batch at a time, with
 * segments closed, signed and packed meanwhile, on the file system of TMPDIR. The worst of three runs, by the clock and
 * by the processor's time of all threads, against which the promise is held: what else runs here is not our doing. Then
 * the memory that it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "../sample.h"
#include "spool/head.h"
#include "spool/spool.h"

#define FLOOR	200000	/* records a second: what the project promises */
#define BATCH	8192	/* as two CPUs with 4096 slots give them */
#define BATCHES	64

static struct audit_event events[BATCH];

struct rate {
	double clock, processor;
};

static double between(const struct timespec *start, const struct timespec *end)
{
	return (double)(end->tv_sec - start->tv_sec) + (double)(end->tv_nsec - start->tv_nsec) / 1e9;
}

static struct rate run(const char *dir)
{
	struct path key = paths_in(dir, "audit.key"), folder = paths_in(dir, "spool");
	struct spool_options options = { .dir = folder.text, .key = key.text };
	const uint8_t instance[16] = { 1 };
	struct timespec start, end, used, used_end;
	struct spool *spool;
	struct resid_error err;

	if (head_key_make(key.text, &err) || spool_open(&options, &spool, &err)) {
		fprintf(stderr, "bench_spool: %s\n", err.text);
		exit(2);
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	for (uint64_t batch = 1; batch <= BATCHES; batch++) {
		for (uint32_t i = 0; i < BATCH; i++) {
			events[i].batch = batch;
			spool_put(spool, &events[i]);
		}
		if (spool_commit(spool, instance, batch, &err) || spool_tend(spool, &err)) {
			fprintf(stderr, "bench_spool: %s\n", err.text);
			exit(2);
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	spool_free(spool);	/* with what was still to be packed */
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used_end);
	return (struct rate){ (double)BATCH * BATCHES / between(&start, &end),
			      (double)BATCH * BATCHES / between(&used, &used_end) };
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	struct rate worst = { 0 };
	struct rusage usage;

	for (uint32_t i = 0; i < BATCH; i++)
		events[i] = sample_flow(i);

	for (int i = 0; i < 3; i++) {
		char dir[PATH_MAX], command[PATH_MAX + 16];
		struct rate rate;

		snprintf(dir, sizeof(dir), "%.4000s/resid-bench-XXXXXX", tmp ? tmp : "/tmp");
		if (!mkdtemp(dir))
			return 2;
		rate = run(dir);
		worst.clock = !i || rate.clock < worst.clock ? rate.clock : worst.clock;
		worst.processor = !i || rate.processor < worst.processor ? rate.processor : worst.processor;
		snprintf(command, sizeof(command), "rm -rf '%s'", dir);
		if (system(command))
			return 2;
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("spool  %9.0f records/s of the processor, %.0f of the clock, batches of %d, %.1f MiB of memory; promised: %d\n",
	       worst.processor, worst.clock, BATCH, (double)usage.ru_maxrss / 1024, FLOOR);
	return worst.processor < FLOOR;
}
