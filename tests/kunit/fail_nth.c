// SPDX-License-Identifier: Apache-2.0
/*
 * Every allocation that a netlink command makes fails once: the first on the first try, the second on the second, until
 * a try meets no failure any more. After each the node must be as before or as asked, never between and never open.
 * Runs in a guest whose kernel has FAULT_INJECTION; usage: fail_nth A.rsnap B.rsnap
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nl/nl.h"
#include "snapshot/snapshot.h"

#define TRIES 2000

struct world {
	struct resid_nl *nl;
	const struct snapshot *snapshot[2];
	int fail;	/* /proc/thread-self/fail-nth */
	int nth;	/* allocation that is to fail once armed */
	bool armed;
	bool met;	/* it did */
	enum resid_mode mode;	/* that was asked for last */
};

typedef int action(struct world *world, const struct resid_nl_status *before, struct resid_error *err);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fail_nth: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void setting(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/failslab/%s", name);
	fd = open(path, O_WRONLY);
	must(fd >= 0 && write(fd, value, strlen(value)) > 0, path);
	close(fd);
}

static void fail_at(const struct world *world, int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", nth);

	must(pwrite(world->fail, text, (size_t)length, 0) == length, "fail-nth");
}

static void arm(struct world *world)
{
	world->armed = true;
	world->met = false;
	fail_at(world, world->nth);
}

/* Notes whether the failure was met. */
static void disarm(struct world *world)
{
	char text[16] = "";

	if (!world->armed)
		return;
	must(pread(world->fail, text, sizeof(text) - 1, 0) > 0, "fail-nth");
	world->met = atoi(text) == 0;
	world->armed = false;
	fail_at(world, 0);
}

static const struct snapshot *other(const struct world *world, const struct resid_nl_status *before)
{
	bool first = !memcmp(before->generation, snapshot_generation(world->snapshot[0]), RESID_DIGEST_LEN);

	return world->snapshot[first];
}

/* One chunk is like another, and a whole load costs a second: so until one has arrived, then from the last one on. */
static void loaded_head(void *context, size_t done, size_t total)
{
	disarm(context);
}

static void loaded_tail(void *context, size_t done, size_t total)
{
	if (done < total && total - done <= RESID_STAGE_CHUNK_MAX)
		arm(context);
}

static int load(struct world *world, const struct resid_nl_status *before, resid_nl_progress *progress,
		struct resid_error *err)
{
	size_t length;
	const void *data = snapshot_kernel_part(other(world, before), &length);

	return resid_nl_upload(world->nl, data, length, before->generation, 0, progress, world, err);
}

static int load_head(struct world *world, const struct resid_nl_status *before, struct resid_error *err)
{
	arm(world);
	return load(world, before, loaded_head, err);
}

static int load_tail(struct world *world, const struct resid_nl_status *before, struct resid_error *err)
{
	return load(world, before, loaded_tail, err);
}

static int change_mode(struct world *world, const struct resid_nl_status *before, struct resid_error *err)
{
	arm(world);
	world->mode = before->mode == RESID_MODE_ENFORCING ? RESID_MODE_PERMISSIVE : RESID_MODE_ENFORCING;
	return resid_nl_mode_set(world->nl, world->mode, 0, err);
}

static int remove_tagger(struct world *world, const struct resid_nl_status *before, struct resid_error *err)
{
	arm(world);
	return resid_nl_tagger_set(world->nl, -1, err);
}

static int read_counters(struct world *world, const struct resid_nl_status *before, struct resid_error *err)
{
	struct resid_nl_counter *counters = NULL;
	size_t count;
	int result;

	arm(world);
	result = resid_nl_counters(world->nl, &counters, &count, err);
	free(counters);
	return result;
}

static int read_devices(struct world *world, const struct resid_nl_status *before, struct resid_error *err)
{
	struct resid_nl_device *devices = NULL;
	size_t count;
	int result;

	arm(world);
	result = resid_nl_devices(world->nl, &devices, &count, err);
	free(devices);
	return result;
}

static int drain(struct world *world, const struct resid_nl_status *before, struct resid_error *err)
{
	struct resid_nl_batch batch;

	arm(world);
	return resid_nl_audit_drain(world->nl, &batch, err);
}

static int evaluate(struct world *world, const struct resid_nl_status *before, struct resid_error *err)
{
	static const struct resid_question questions[RESID_QUESTIONS_MAX] = { { .family = AF_INET } };
	struct resid_answer answer;

	arm(world);
	return resid_nl_evaluate(world->nl, questions, 1, &answer, NULL, err);
}

static void reopen(struct world *world)
{
	struct resid_error err;

	resid_nl_free(world->nl);
	must(resid_nl_open(&world->nl, &err) == 0, err.text);
}

static bool consistent(const struct world *world, action *act, const struct resid_nl_status *before,
		       const struct resid_nl_status *after)
{
	bool same = !memcmp(before->generation, after->generation, RESID_DIGEST_LEN);

	if (!after->has_generation)
		return false;
	if (!same && act != load_head && act != load_tail)
		return false;
	if (!same && memcmp(after->generation, snapshot_generation(other(world, before)), RESID_DIGEST_LEN))
		return false;
	return after->mode == before->mode || (act == change_mode && after->mode == world->mode);
}

static bool survive(struct world *world, const char *name, action *act)
{
	struct resid_nl_status before, after;
	struct resid_error err;
	int failures = 0;

	for (world->nth = 1; world->nth < TRIES; world->nth++) {
		int result;

		must(resid_nl_status(world->nl, &before, &err) == 0, err.text);
		err.text[0] = 0;
		result = act(world, &before, &err);
		disarm(world);
		/* a failed reply leaves the socket out of step, and an upload of its own behind */
		if (result)
			reopen(world);
		must(resid_nl_status(world->nl, &after, &err) == 0, err.text);
		if (!consistent(world, act, &before, &after)) {
			printf("# allocation %d of %s: inconsistent\n", world->nth, name);
			return false;
		}
		failures += result != 0;
		if (!world->met) {
			printf("# %s: %d allocations, %d of them made it fail\n", name, world->nth - 1, failures);
			return result == 0 && world->nth > 1;
		}
	}
	printf("# %s: more than %d allocations\n", name, TRIES);
	return false;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		action *act;
	} actions[] = {
		{ "begin to load a policy", load_head }, { "end it", load_tail }, { "change the mode", change_mode },
		{ "remove the tagger", remove_tagger }, { "read the counters", read_counters },
		{ "read the devices", read_devices }, { "drain", drain }, { "evaluate", evaluate },
	};
	const size_t count = sizeof(actions) / sizeof(*actions);
	struct world world = { 0 };
	struct resid_nl_status status;
	struct snapshot *snapshot;
	struct resid_error err;
	bool ok = true;
	size_t length;
	const void *data;

	must(argc == 3, "two snapshots");
	for (int i = 0; i < 2; i++) {
		must(snapshot_open(argv[1 + i], &snapshot, &err) == 0, err.text);
		world.snapshot[i] = snapshot;
	}
	/* so that no page of our own is asked for while an allocation is to fail */
	mallopt(M_TOP_PAD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	free(malloc(1 << 20));
	setting("ignore-gfp-wait", "N");
	setting("verbose", "0");
	must((world.fail = open("/proc/thread-self/fail-nth", O_RDWR)) >= 0, "/proc/thread-self/fail-nth");
	must(resid_nl_open(&world.nl, &err) == 0, err.text);
	must(resid_nl_status(world.nl, &status, &err) == 0, err.text);
	data = snapshot_kernel_part(world.snapshot[0], &length);
	must(resid_nl_upload(world.nl, data, length, status.generation, 0, NULL, NULL, &err) == 0, err.text);

	for (size_t i = 0; i < count; i++) {
		bool good = survive(&world, actions[i].name, actions[i].act);

		printf("%sok - every allocation fails once: %s\n", good ? "" : "not ", actions[i].name);
		ok = ok && good;
	}
	must(resid_nl_disarm(world.nl, &err) == 0, err.text);
	resid_nl_free(world.nl);
	return ok ? 0 : 1;
}
