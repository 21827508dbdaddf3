// SPDX-License-Identifier: Apache-2.0
#include "audit/enrich.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "bpf/cgroup.h"
#include "bpf/netns.h"
#include "nl/store.h"
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

/* The snapshot of a generation, from its file; the least recently used one makes room. NULL: not there. */
static const struct snapshot *enrich_snapshot(struct enricher *enricher, uint64_t first)
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

/* A cgroup, also when its folder went after it was first seen. NULL: not known. */
static const struct enrich_cgroup *enrich_cgroup(struct enricher *enricher, uint64_t id)
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

static const char *enrich_device(struct enricher *enricher, struct resid_nl *nl, uint32_t ifindex, uint64_t netns)
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

static const char *enrich_netns_name(const struct enricher *enricher, uint64_t cookie)
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

/* As the tagger finds a class: the nearest assigned cgroup, else the network namespace, else the device. */
static const char *enrich_tenant(const struct enricher *enricher, const struct audit_event *event)
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

/* ---- one record ------------------------------------------------------------------------------------------- */

static void enrich_rule(struct enricher *enricher, const struct resid_audit_key *key, const struct snapshot *snapshot,
			struct audit_event *event)
{
	if (key->flags & RESID_AUDIT_F_NO_POLICY) {
		event->reason = "no policy is loaded and the node was booted closed";
	} else if (snapshot && key->rule < snapshot_rule_count(snapshot)) {
		struct snapshot_rule rule = snapshot_rule_at(snapshot, key->rule);

		event->rule = rule.id;
		event->reason = rule.reason && *rule.reason ? rule.reason : NULL;
		event->clause = *rule.clause ? rule.clause : NULL;
		event->justification = *rule.justification ? rule.justification : NULL;
	} else {
		snprintf(enricher->number, sizeof(enricher->number), "rule-%u", key->rule);
		event->rule = enricher->number;
	}
}

static void enrich_class(struct enricher *enricher, const struct resid_audit_key *key, const struct snapshot *snapshot,
			 struct audit_event *event)
{
	event->class_id = key->class;
	if (snapshot) {
		event->class_name = snapshot_class_name(snapshot, key->class);
		return;
	}
	snprintf(enricher->class_number, sizeof(enricher->class_number), "class-%u", key->class);
	event->class_name = enricher->class_number;
}

static const char *enrich_known(const char *text)
{
	return text && *text ? text : NULL;
}

static void enrich_destination(struct enricher *enricher, const struct resid_audit_key *key,
			       const struct snapshot *snapshot, struct audit_event *event)
{
	struct snapshot_place *place = &enricher->place;
	struct snapshot_as as;

	event->dst.state = AUDIT_ADDRESS_WHOLE;
	event->dst.length = key->family == AF_INET ? 32 : 128;
	memcpy(event->dst.bytes, key->dst, sizeof(event->dst.bytes));
	if (!snapshot)
		return;
	snapshot_lookup(snapshot, key->family, key->dst, place);
	event->location = place->location;
	event->prefix = place->prefix;
	event->control = place->control;
	event->tier = place->tier;
	event->control_source = enrich_known(place->control_source);
	event->operator = enrich_known(place->operator);
	event->operator_name = enrich_known(place->operator_name);
	as = snapshot_as_of(snapshot, key->family, key->dst);
	event->asn = as.number;
	event->as_name = enrich_known(as.name);
}

static void enrich_ports(const struct resid_audit_key *key, struct audit_event *event)
{
	uint16_t dport = ntohs(key->dport);

	switch (key->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		event->detail = AUDIT_DETAIL_ICMP;
		event->icmp_type = (uint8_t)(dport >> 8);
		event->icmp_code = (uint8_t)dport;
		break;
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		event->detail = AUDIT_DETAIL_PORTS;
		event->sport = ntohs(key->sport);
		event->dport = dport;
		break;
	}
}

static void enrich_flow(struct enricher *enricher, const struct resid_audit_key *key, const struct snapshot *snapshot,
			struct audit_event *event)
{
	bool flow = key->fold < RESID_FOLD_FLOW;

	if (key->family != AF_INET && key->family != AF_INET6) {
		if (flow && key->flags & RESID_AUDIT_F_NON_IP) {
			event->detail = AUDIT_DETAIL_ETHERTYPE;
			event->ethertype = ntohs(key->dport);
		}
		return;
	}
	event->family = key->family;
	event->proto = key->proto;
	if (flow) {
		event->src.state = AUDIT_ADDRESS_WHOLE;
		event->src.length = key->family == AF_INET ? 32 : 128;
		memcpy(event->src.bytes, key->src, sizeof(event->src.bytes));
	}
	if (key->fold < RESID_FOLD_DEST)
		enrich_destination(enricher, key, snapshot, event);
	if (flow && !(key->flags & (RESID_AUDIT_F_FRAGMENT | RESID_AUDIT_F_UNPARSABLE)))
		enrich_ports(key, event);
}

static void enrich_process(struct enricher *enricher, const struct resid_audit_record *record,
			   struct audit_event *event)
{
	struct who *who = &enricher->process;

	if (!record->key.socket || !who_find(enricher->who, record->key.socket, who))
		return;
	event->pid = who->pid;
	event->comm = enrich_known(who->comm);
	event->started_wall_ns = who->started + (record->first_wall_ns - record->first_boot_ns);
}

static void enrich_sender(struct enricher *enricher, struct resid_nl *nl, const struct resid_audit_key *key,
			  struct audit_event *event)
{
	const struct enrich_cgroup *cgroup;

	event->ifindex = key->ifindex;
	event->netns = key->netns;
	event->ifname = key->ifindex ? enrich_device(enricher, nl, key->ifindex, key->netns) : NULL;
	event->netns_name = enrich_netns_name(enricher, key->netns);
	if (key->fold == RESID_FOLD_NONE) {
		event->cgroup_id = key->cgroup;
		event->uid = key->uid;
		event->socket = key->socket;
		cgroup = key->cgroup ? enrich_cgroup(enricher, key->cgroup) : NULL;
		if (cgroup) {
			event->cgroup = cgroup->path;
			event->unit = enrich_known(cgroup->workload.unit);
			event->container = enrich_known(cgroup->workload.container);
			event->runtime = cgroup->workload.runtime;
		}
	}
	event->tenant = enrich_tenant(enricher, event);
}

static void enrich_generation(const struct resid_audit_key *key, const struct snapshot *snapshot,
			      struct audit_event *event)
{
	if (snapshot) {
		memcpy(event->generation, snapshot_generation(snapshot), RESID_DIGEST_LEN);
		event->generation_length = RESID_DIGEST_LEN;
		event->policy = enrich_known(snapshot_policy_name(snapshot));
	} else if (key->generation) {
		memcpy(event->generation, &key->generation, sizeof(key->generation));
		event->generation_length = sizeof(key->generation);
	}
}

void enrich(struct enricher *enricher, struct resid_nl *nl, const uint8_t instance[16], uint64_t batch, uint32_t index,
	    const struct resid_audit_record *record, struct audit_event *event)
{
	const struct resid_audit_key *key = &record->key;
	const struct snapshot *snapshot = enrich_snapshot(enricher, key->generation);

	event_init(event);
	event->kind = AUDIT_KIND_EGRESS;
	memcpy(event->instance, instance, sizeof(event->instance));
	event->batch = batch;
	event->index = index;
	event->first_wall_ns = record->first_wall_ns;
	event->last_wall_ns = record->last_wall_ns;
	event->first_boot_ns = record->first_boot_ns;
	event->last_boot_ns = record->last_boot_ns;
	event->clock_unsynchronised = enricher->clock_unsynchronised;
	event->verdict = key->verdict;
	event->hook = key->hook;
	event->fold = key->fold;
	event->flags = key->flags;
	event->packets = record->packets;
	event->bytes = record->bytes;
	enrich_generation(key, snapshot, event);
	if (key->fold >= RESID_FOLD_ALL)
		return;
	enrich_class(enricher, key, snapshot, event);
	enrich_rule(enricher, key, snapshot, event);
	enrich_flow(enricher, key, snapshot, event);
	event->tcp_flags = event->proto == IPPROTO_TCP ? record->tcp_flags : 0;
	enrich_sender(enricher, nl, key, event);
	enrich_process(enricher, record, event);
	if (enricher->privacy)
		privacy_apply(enricher->privacy, event);
}
