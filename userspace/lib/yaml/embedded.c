// SPDX-License-Identifier: Apache-2.0
/* Paths are from the top of the tree, where make runs. */
#include "yaml/embedded.h"

#define EMBED(symbol, path)                                               \
	__asm__(".pushsection .rodata\n"                                  \
		"embedded_" #symbol ":\n.incbin \"" path "\"\n"            \
		"embedded_" #symbol "_end: .byte 0\n"                     \
		".popsection\n");                                         \
	extern const char embedded_##symbol[], embedded_##symbol##_end[]

EMBED(default_yaml, "policy/default.yaml");
EMBED(operators_yaml, "build/gen/operators.yaml");
EMBED(regions_yaml, "policy/regions.yaml");
EMBED(eu_yaml, "policy/sets/EU.yaml");
EMBED(eea_yaml, "policy/sets/EEA.yaml");
EMBED(adequacy_yaml, "policy/sets/adequacy.yaml");

const struct embedded_file embedded_policy = { "default.yaml", embedded_default_yaml, embedded_default_yaml_end };
const struct embedded_file embedded_operators = {
	"operators.yaml", embedded_operators_yaml, embedded_operators_yaml_end
};
const struct embedded_file embedded_regions = { "regions.yaml", embedded_regions_yaml, embedded_regions_yaml_end };

const struct embedded_file embedded_sets[] = {
	{ "EU.yaml", embedded_eu_yaml, embedded_eu_yaml_end },
	{ "EEA.yaml", embedded_eea_yaml, embedded_eea_yaml_end },
	{ "adequacy.yaml", embedded_adequacy_yaml, embedded_adequacy_yaml_end },
	{ NULL, NULL, NULL },
};
