// SPDX-License-Identifier: Apache-2.0
/* The files that the policy in force takes its data from, watched so that it is compiled again when they change. */
#include "daemon.h"

#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "snapshot/sources.h"
#include "util/file.h"
#include "util/memory.h"

static void data_clear(struct data_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->path[i]);
	free(files->path);
	*files = (struct data_files){ 0 };
}

void data_fini(struct daemon *daemon)
{
	data_clear(&daemon->data);
}

static void data_add(void *context, const char *path)
{
	struct data_files *files = context;
	char **slot = MEM_PUSH(files->path, files->count, files->room);

	*slot = mem_copy(path, strlen(path));
}

void data_follow(struct daemon *daemon)
{
	const struct policy_options options = { .now = time(NULL) };
	_cleanup_policy_ struct policy *policy = NULL;
	const uint8_t *generation;
	struct build_inputs inputs;
	struct resid_error ignored;
	const char *text;

	if (!daemon->snapshot)
		return;
	generation = snapshot_generation(daemon->snapshot);
	if (daemon->data.count && !memcmp(daemon->data.generation, generation, RESID_DIGEST_LEN))
		return;
	text = snapshot_policy_text(daemon->snapshot);
	inputs = policy_inputs(daemon, NULL);
	if (policy_parse(snapshot_policy_name(daemon->snapshot), text, strlen(text), &options, &policy, &ignored))
		return;	/* of another release; a reload will say so */
	data_clear(&daemon->data);
	memcpy(daemon->data.generation, generation, RESID_DIGEST_LEN);
	sources_each_file(&inputs, policy, data_add, &daemon->data);
}

bool data_has(const struct daemon *daemon, const char *base)
{
	for (size_t i = 0; i < daemon->data.count; i++)
		if (!strcmp(file_base_name(daemon->data.path[i]), base))
			return true;
	return false;
}
