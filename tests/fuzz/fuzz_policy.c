// SPDX-License-Identifier: Apache-2.0
/*
 * The policy reader on any bytes. What it refuses has a sentence with a place; what it accepts compiles as far as the
 * matrix.
 */
#include "edit.h"
#include "snapshot/matrix.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void note(void *context, const char *text)
{
	if (strncmp(text, "p.yaml:", 7))
		abort();
}

static void compile(const struct policy *policy)
{
	static const char v4[] = "33554432,33619967,FR\n50331648,50397189,US\n", v6[] = "2a00::,2a00::ff,CS\n";
	static struct geo_table *geo4, *geo6;
	static struct world *world;
	struct world_inputs inputs = { 0 };
	static const struct matrix_times times = { .now = 1800000000, .stale_at = 1 };
	struct matrix *matrix = NULL;
	struct space *space;
	struct zones *zones;
	struct resid_error err;

	if (!geo4 && (geo_tor_parse("4", v4, sizeof(v4) - 1, AF_INET, &geo4, &err) ||
		      geo_tor_parse("6", v6, sizeof(v6) - 1, AF_INET6, &geo6, &err)))
		abort();
	inputs.geo4 = geo4;
	inputs.geo6 = geo6;
	if (!world)
		world_new(&inputs, &world);
	space_new(policy, &space);
	zones_new(space, world, &zones);
	if (matrix_new(policy, space, zones, &times, &matrix, &err) && !strstr(err.text, "p.yaml: "))
		abort();
	matrix_free(matrix);
	zones_free(zones);
	space_free(space);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static const struct policy_options options = { .sets = "/nonexistent", .warn = note };
	struct resid_error err = { 0 };
	struct policy *policy = NULL;

	if (!policy_parse("p.yaml", (const char *)input, size, &options, &policy, &err)) {
		compile(policy);
		policy_free(policy);
		return 0;
	}
	/* a set's file can be at fault as well */
	if (policy || err.status != RESID_EXIT_INPUT || !strstr(err.text, ".yaml:"))
		abort();
	return 0;
}
