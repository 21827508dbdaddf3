// SPDX-License-Identifier: Apache-2.0
/*
 * What a compile of all sources costs: without a cache, with an empty one, and of another policy with the same data.
 * Each is a process of its own, whose processor time includes that of its confined parsers; the best of three runs.
 * Printed against what the project promises; no gate, for other programs on the machine slow it down.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/clouds.h"
#include "snapshot/build.h"
#include "util/memory.h"

#define LIBLOC	"/var/lib/location/database.db"
#define GEOIP	"/usr/share/tor/geoip"
#define ROUNDS	3

static char folder[] = "/tmp/resid-bench-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

static void empty_cache(void)
{
	nftw(getenv("RESID_CACHE_DIR"), remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct cost {
	double seconds;		/* user and system */
	double mebibytes;	/* resident, at most */
};

/* Compiles in a child; never comes back when that fails. */
static struct cost compile(const struct build_inputs *inputs)
{
	struct rusage usage;
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		struct snapshot *snapshot;
		struct resid_error err;

		if (!snapshot_build(inputs, NULL, NULL, &snapshot, &err))
			_exit(0);
		fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status)
		exit(1);
	return (struct cost){
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
		(double)usage.ru_maxrss / 1024,
	};
}

static void best(struct cost *of, struct cost cost)
{
	of->seconds = !of->seconds || cost.seconds < of->seconds ? cost.seconds : of->seconds;
	of->mebibytes = cost.mebibytes > of->mebibytes ? cost.mebibytes : of->mebibytes;
}

static void print(const char *what, const struct cost *cost, const char *bar)
{
	printf("world %-20s %5.2f s%-14s %4.0f MiB (at most 256)\n", what, cost->seconds, bar, cost->mebibytes);
}

int main(void)
{
	const char *data = data_folder();
	_cleanup_free_ char *rir = mem_format("%s/rir-holder.csv.gz", data), *cache = NULL;
	_cleanup_free_ char *feeds = mem_format(
		"aws=%1$s/feeds/%2$s,azure=%1$s/feeds/%3$s,google=%1$s/feeds/%4$s,oracle=%1$s/feeds/%5$s", data,
		clouds[0].file, clouds[1].file, clouds[2].file, clouds[3].file);
	struct build_inputs inputs = { .sets = "/nonexistent", .asn = LIBLOC, .rir = rir, .feeds = feeds };
	struct cost cold = { 0 }, kept = { 0 }, policy = { 0 };
	unsigned int round;

	if (access(rir, R_OK) || access(LIBLOC, R_OK) || access(GEOIP, R_OK)) {
		printf("world: skipped, no %s, libloc-database or tor-geoipdb\n", rir);
		return 0;
	}
	if (!mkdtemp(folder))
		return 1;
	cache = mem_format("%s/cache", folder);
	setenv("RESID_CACHE_DIR", cache, 1);
	setenv("RESID_SHARE_DIR", "policy", 1);
	for (round = 0; round < ROUNDS; round++) {
		inputs.policy = "policy/scenarios/health-warehouse/policy.yaml";
		inputs.uncached = true;
		best(&cold, compile(&inputs));
		inputs.uncached = false;
		empty_cache();
		best(&kept, compile(&inputs));
		inputs.policy = "policy/scenarios/federation-l3/policy.yaml";
		best(&policy, compile(&inputs));
	}
	print("cold", &cold, " (at most 2.0)");
	print("cold, cache written", &kept, " (at most 2.0)");
	print("policy changed", &policy, " (at most 0.2)");
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
