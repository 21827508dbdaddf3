// SPDX-License-Identifier: Apache-2.0
/*
 * Of ServiceTags_Public_*.json: most prefixes stand under many tags, the same place under some and no place under
 * others. One fact a prefix and region is kept, and the tag AzureCloud.* of it.
 */
#include "source/format_private.h"

#include <string.h>

#define AZURE_CLOUD "AzureCloud"

static bool azure_is_cloud(const struct source *source, const struct source_fact *fact)
{
	return !strncmp(source->string[fact->service], AZURE_CLOUD, sizeof(AZURE_CLOUD) - 1);
}

/* In their order the fact without a region is the first of its prefix. */
void source_azure_collapse(const struct source *source, struct source_facts *facts)
{
	struct source_fact *kept = facts->fact;
	size_t i, count = 0;

	for (i = 0; i < facts->count; i++) {
		struct source_fact *fact = &facts->fact[i];

		if (!count || kept->first != fact->first || kept->last != fact->last ||
		    (kept->region && kept->region != fact->region)) {
			kept = &facts->fact[count++];
			*kept = *fact;
		} else if (kept->region != fact->region ||
			   (!azure_is_cloud(source, kept) && azure_is_cloud(source, fact))) {
			*kept = *fact;
		}
	}
	facts->count = count;
}
