// SPDX-License-Identifier: Apache-2.0
#include "util/version.h"

const char resid_version[] = RESID_VERSION;	/* the Makefile's */
