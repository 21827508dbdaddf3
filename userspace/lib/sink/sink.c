// SPDX-License-Identifier: Apache-2.0
#include "sink/sink.h"

const char *sink_state_name(enum sink_state state)
{
	static const char *const name[] = { "up", "failing", "down" };

	return name[state];
}
