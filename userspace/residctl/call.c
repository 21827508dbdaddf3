// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <string.h>

const char *call_option(const struct call *call, const char *name)
{
	size_t i;

	for (i = 0; call->command->options && call->command->options[i].name; i++)
		if (!strcmp(call->command->options[i].name, name))
			return call->value[i];
	return NULL;
}
