// SPDX-License-Identifier: Apache-2.0
#include "sink/transport/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDENTIAL	"credential:"

static int config_readable(const struct path *file, struct resid_error *err)
{
	if (access(file->text, R_OK))
		return resid_fail(err, RESID_EXIT_INPUT, "%s: %s", file->text, strerror(errno));
	return 0;
}

int sink_config_file(const struct setting_text *setting, struct path *out, struct resid_error *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY"), *id = setting->text + strlen(CREDENTIAL);

	if (strncmp(setting->text, CREDENTIAL, strlen(CREDENTIAL))) {
		snprintf(out->text, sizeof(out->text), "%s", setting->text);
		if (*setting->text != '/')
			return resid_fail(err, RESID_EXIT_INPUT, "`%s` is neither an absolute path nor credential:ID",
					  setting->text);
		return config_readable(out, err);
	}
	if (!dir || !*id || strchr(id, '/'))
		return resid_fail(err, RESID_EXIT_INPUT, "%s: systemd passed no such credential (LoadCredential= of "
				  "residd.service)", setting->text);
	*out = paths_in(dir, "%s", id);
	return config_readable(out, err);
}
