// SPDX-License-Identifier: Apache-2.0
/* What an enricher looks up once and keeps. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "audit/enrich_private.h"
#include "host/cgroup.h"
#include "host/netns.h"
#include "node/store.h"
#include "util/memory.h"

DEFINE_CLEANUP(dir, DIR *, closedir);

static void enrich_netns_fini(struct enricher *enricher)
{
	for (size_t i = 0; i < enricher->netns_count; i++)
		free(enricher->netns[i].name);
	free(enricher->netns);
	enricher->netns = NULL;
	enricher->netns_count = enricher->netns_room = 0;
}

void enricher_fini(struct enricher *enricher)
{
	for (size_t i = 0; i < ENRICH_GENERATIONS; i++)
		snapshot_free(enricher->generation[i].snapshot);
	for (size_t i = 0; i < ENRICH_CGROUPS; i++)
		free(enricher->cgroup[i].path);
	assign_list_fini(&enricher->assignments);
	enrich_netns_fini(enricher);
	free(enricher->devices);
	memset(enricher, 0, sizeof(*enricher));
}

/* ---- what changes ----------------------------------------------------------------------------------------- */

/* Whether a folder was changed since *seen, which is set. A missing folder is one that never changes. */
static bool enrich_changed(const char *path, struct timespec *seen)
{
	struct stat st;

	if (stat(path, &st) || (st.st_mtim.tv_sec == seen->tv_sec && st.st_mtim.tv_nsec == seen->tv_nsec))
		return false;
	*seen = st.st_mtim;
	return true;
}

static void enrich_read_netns(struct enricher *enricher)
{
	_cleanup_(cleanup_dir) DIR *dir = opendir(NETNS_DIR);
	struct dirent *entry;

	enrich_netns_fini(enricher);
	while (dir && (entry = readdir(dir))) {
		_cleanup_close_ int fd = entry->d_name[0] == '.' ? -1 : netns_open(entry->d_name);
		struct enrich_netns *netns;
		struct resid_error ignored;
		uint64_t cookie;

		if (fd < 0 || netns_cookie(fd, &cookie, &ignored))
			continue;
		netns = MEM_PUSH(enricher->netns, enricher->netns_count, enricher->netns_room);
		netns->cookie = cookie;
		netns->name = mem_copy(entry->d_name, strlen(entry->d_name));
	}
}

static void enrich_read_assignments(struct enricher *enricher)
{
	struct assign_list list = { 0 };
	struct resid_error ignored;

	/* A file with a fault leaves the tenants as they were; the daemon has said so. */
	if (assign_read(&list, &ignored)) {
		assign_list_fini(&list);
		return;
	}
	assign_list_fini(&enricher->assignments);
	enricher->assignments = list;
}

void enricher_refresh(struct enricher *enricher)
{
	struct path assign = paths_in(paths_conf_dir(), "assign.d");
	struct timex clock = { 0 };

	for (size_t i = 0; i < ENRICH_GENERATIONS; i++)
		if (!enricher->generation[i].snapshot)
			enricher->generation[i].first = 0;
	if (enrich_changed(assign.text, &enricher->assigned))
		enrich_read_assignments(enricher);
	if (enrich_changed(NETNS_DIR, &enricher->netns_read))
		enrich_read_netns(enricher);
	enricher->devices_fresh = false;
	enricher->clock_unsynchronised = adjtimex(&clock) == TIME_ERROR;
}

/* ---- lookups ---------------------------------------------------------------------------------------------- */

const struct snapshot *enrich_snapshot(struct enricher *enricher, uint64_t first)
{
	struct enrich_generation *entry = &enricher->generation[0];
	struct resid_error ignored;
	struct path file;

	if (!first)
		return NULL;
	for (size_t i = 0; i < ENRICH_GENERATIONS; i++) {
		if (enricher->generation[i].first == first) {
			enricher->generation[i].used = ++enricher->clock;
			return enricher->generation[i].snapshot;
		}
		if (enricher->generation[i].used < entry->used)
			entry = &enricher->generation[i];
	}
	if (entry->snapshot)
		snapshot_free(entry->snapshot);
	*entry = (struct enrich_generation){ .first = first, .used = ++enricher->clock };
	if (store_find(first, &file) && snapshot_open(file.text, &entry->snapshot, &ignored))
		entry->snapshot = NULL;
	return entry->snapshot;
}

const struct enrich_cgroup *enrich_cgroup(struct enricher *enricher, uint64_t id)
{
	struct enrich_cgroup *entry = &enricher->cgroup[id & (ENRICH_CGROUPS - 1)];
	struct path path;

	if (entry->id == id)
		return entry;
	if (!cgroup_path(id, &path))
		return NULL;
	free(entry->path);
	entry->path = mem_copy(path.text, strlen(path.text));
	entry->id = id;
	workload_parse(entry->path, &entry->workload);
	return entry;
}

const char *enrich_device(struct enricher *enricher, struct resid_nl *nl, uint32_t ifindex, uint64_t netns)
{
	for (;;) {
		struct resid_error ignored;

		for (size_t i = 0; i < enricher->device_count; i++)
			if (enricher->devices[i].ifindex == ifindex && enricher->devices[i].netns == netns)
				return enricher->devices[i].name;
		if (enricher->devices_fresh || !nl)
			return NULL;
		enricher->devices_fresh = true;
		free(TAKE(enricher->devices));
		enricher->device_count = 0;
		if (resid_nl_devices(nl, &enricher->devices, &enricher->device_count, &ignored))
			return NULL;
	}
}

const char *enrich_netns_name(const struct enricher *enricher, uint64_t cookie)
{
	for (size_t i = 0; i < enricher->netns_count; i++)
		if (enricher->netns[i].cookie == cookie)
			return enricher->netns[i].name;
	return NULL;
}

/* How far into a path an assigned cgroup reaches; 0: the path is not below it. */
static size_t enrich_below(const char *path, const char *assigned)
{
	size_t length = strlen(assigned);

	if (length == 1)
		return 1;	/* the root */
	return !strncmp(path, assigned, length) && (path[length] == '/' || !path[length]) ? length : 0;
}

const char *enrich_tenant(const struct enricher *enricher, const struct audit_event *event)
{
	const char *tenant[3] = { NULL, NULL, NULL };
	size_t nearest = 0;

	for (size_t i = 0; i < enricher->assignments.count; i++) {
		const struct assignment *item = &enricher->assignments.items[i];
		const char *name = item->target.name;
		size_t depth = 0;

		if (!*item->tenant)
			continue;
		switch (item->target.kind) {
		case ASSIGN_CGROUP:
			depth = event->cgroup ? enrich_below(event->cgroup, name) : 0;
			break;
		case ASSIGN_UNIT:
			if (event->unit && !strcmp(event->unit, name) && !tenant[0])
				tenant[0] = item->tenant;
			break;
		case ASSIGN_NETNS:
			if (event->netns_name && !strcmp(event->netns_name, name))
				tenant[1] = item->tenant;
			break;
		case ASSIGN_DEV:
			if (event->ifname && !event->netns_name && !strcmp(event->ifname, name))
				tenant[2] = item->tenant;
			break;
		default:
			break;
		}
		if (depth > nearest) {
			nearest = depth;
			tenant[0] = item->tenant;
		}
	}
	return tenant[0] ?: tenant[1] ?: tenant[2];
}
