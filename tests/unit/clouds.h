/* SPDX-License-Identifier: Apache-2.0 */
/* The address lists of four clouds, as they published them: real data, which a test skips where they are absent. */
#ifndef TESTS_UNIT_CLOUDS_H
#define TESTS_UNIT_CLOUDS_H

#include <stdlib.h>

#include "source/format.h"

static const struct {
	enum source_format format;
	const char *name, *file;
} clouds[] = {
	{ SOURCE_AWS, "aws", "aws-ip-ranges.json" },
	{ SOURCE_AZURE, "azure", "microsoft-azure-ip-ranges.json" },
	{ SOURCE_GOOGLE, "google", "google-cloud-ip-ranges.json" },
	{ SOURCE_ORACLE, "oracle", "oracle-cloud-ip-ranges.json" },
};

/* Holds feeds/. */
static inline const char *data_folder(void)
{
	return getenv("RESID_TEST_DATA") ? getenv("RESID_TEST_DATA") : "../shared/data";
}

#endif
