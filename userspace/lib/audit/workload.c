// SPDX-License-Identifier: Apache-2.0
#include "audit/workload.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ID_MIN	12
#define ID_MAX	64

static const struct {
	const char *prefix, *runtime;
} workload_scopes[] = {
	{ "libpod-", "podman" },
	{ "docker-", "docker" },
	{ "cri-containerd-", "containerd" },
	{ "crio-", "crio" },
};

/* Hexadecimal digits, and then the end or ".scope". */
static bool workload_id(const char *name, size_t length, struct workload *out)
{
	size_t digits = strspn(name, "0123456789abcdef");

	if (digits > length)
		digits = length;
	if (digits < ID_MIN || digits > ID_MAX ||
	    (digits != length && (length - digits != 6 || strncmp(name + digits, ".scope", 6))))
		return false;
	snprintf(out->container, sizeof(out->container), "%.*s", (int)digits, name);
	return true;
}

static bool workload_begins(const char *name, size_t length, const char *prefix)
{
	return length > strlen(prefix) && !strncmp(name, prefix, strlen(prefix));
}

static bool workload_container(const char *parent, size_t parent_length, const char *name, size_t length,
			       struct workload *out)
{
	for (size_t i = 0; i < sizeof(workload_scopes) / sizeof(*workload_scopes); i++) {
		const char *prefix = workload_scopes[i].prefix;

		if (!workload_begins(name, length, prefix) ||
		    !workload_id(name + strlen(prefix), length - strlen(prefix), out))
			continue;
		out->runtime = workload_scopes[i].runtime;
		return true;
	}
	if (parent_length == 6 && !strncmp(parent, "docker", 6) && workload_id(name, length, out)) {
		out->runtime = "docker";
		return true;
	}
	return workload_begins(parent, parent_length, "pod") && workload_id(name, length, out);
}

static bool workload_ends(const char *name, size_t length, const char *suffix)
{
	return length > strlen(suffix) && !strncmp(name + length - strlen(suffix), suffix, strlen(suffix));
}

void workload_parse(const char *cgroup, struct workload *out)
{
	const char *parent = "", *name = cgroup;
	size_t parent_length = 0;

	*out = (struct workload){ 0 };
	while (*name) {
		size_t length;

		name += *name == '/';
		length = strcspn(name, "/");
		if (length < sizeof(out->unit) &&
		    (workload_ends(name, length, ".service") || workload_ends(name, length, ".scope")))
			snprintf(out->unit, sizeof(out->unit), "%.*s", (int)length, name);
		if (workload_container(parent, parent_length, name, length, out))
			return;
		parent = name;
		parent_length = length;
		name += length;
	}
}
