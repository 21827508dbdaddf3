// SPDX-License-Identifier: Apache-2.0
/* How many records a second each format writes on one core, with every fact known; the worst of three runs. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../sample.h"
#include "sink/format/format.h"

#define ECS_FLOOR	500000	/* records a second: what the project promises */
#define FLOWS		1024
#define ROUNDS		200

static struct audit_event events[FLOWS];

static void make_events(void)
{
	for (uint32_t i = 0; i < FLOWS; i++)
		events[i] = sample_flow(i);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Records a second of this thread's processor time. */
static double run(const struct format *format, struct jsonw *out, size_t *bytes)
{
	_cleanup_(cleanup_format_writer) struct format_writer *writer = NULL;
	struct resid_error err;
	double start;

	if (format_writer_new(format, 0, &writer, &err))
		return 0;
	start = seconds();
	for (int round = 0; round < ROUNDS; round++) {
		out->length = 0;
		for (size_t i = 0; i < FLOWS; i++)
			format_record(writer, &events[i], 0, out);
	}
	*bytes = out->length / FLOWS;
	return ROUNDS * FLOWS / (seconds() - start);
}

int main(void)
{
	static const char *const names[] = { "json", "ecs", "ocsf", "cef", "rfc5424" };
	struct jsonw out = { 0 };
	bool slow = false;

	make_events();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		double worst = 1e12;
		size_t bytes = 0;

		for (int trial = 0; trial < 3; trial++) {
			double rate = run(format_find(names[i]), &out, &bytes);

			worst = rate < worst ? rate : worst;
		}
		slow |= !strcmp(names[i], "ecs") && worst < ECS_FLOOR;
		printf("format %-8s %9.0f records/s on one core, %zu bytes each\n", names[i], worst, bytes);
	}
	if (slow)
		printf("format ecs is below %d records/s\n", ECS_FLOOR);
	jsonw_fini(&out);
	return slow;
}
