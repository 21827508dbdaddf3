// SPDX-License-Identifier: Apache-2.0
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CONFIRM_MAX	86400

const char *call_option(const struct call *call, const char *name)
{
	size_t i;

	for (i = 0; call->command->options && call->command->options[i].name; i++)
		if (!strcmp(call->command->options[i].name, name))
			return call->value[i];
	return NULL;
}

int call_confirm(const struct call *call, uint32_t *seconds, struct resid_error *err)
{
	const char *text = call_option(call, "confirm");
	unsigned long value;
	char *end;

	*seconds = 0;
	if (!text)
		return 0;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < 1 || value > CONFIRM_MAX)
		return resid_fail(err, RESID_EXIT_USAGE, "--confirm takes seconds from 1 to %d, not `%s`", CONFIRM_MAX, text);
	*seconds = (uint32_t)value;
	return 0;
}
