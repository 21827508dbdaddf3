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
#define SET(name) EMBED(set_##name, "policy/sets/" #name ".yaml");
#include "sets.h"
#undef SET

const struct embedded_file embedded_policy = { "default.yaml", embedded_default_yaml, embedded_default_yaml_end };
const struct embedded_file embedded_operators = {
	"operators.yaml", embedded_operators_yaml, embedded_operators_yaml_end
};
const struct embedded_file embedded_regions = { "regions.yaml", embedded_regions_yaml, embedded_regions_yaml_end };

const struct embedded_file embedded_sets[] = {
#define SET(name) { #name ".yaml", embedded_set_##name, embedded_set_##name##_end },
#include "sets.h"
#undef SET
	{ NULL, NULL, NULL },
};
