// SPDX-License-Identifier: Apache-2.0
#include "label/whose.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "host/cgroup.h"
#include "host/netns.h"
#include "label/reconcile.h"
#include "host/route.h"

#define PF_KTHREAD	0x00200000	/* linux/sched.h */

struct tag_subject {
	const struct tagger *tagger;
	struct whose *whose;
	struct path ancestor;	/* that tag_ancestor gave last */
};

/* The path down to a depth; false: it is not so deep. */
static bool whose_ancestor(const struct path *cgroup, int level, struct path *out)
{
	const char *end = cgroup->text;

	if (!*end)
		return false;
	if (!level || !end[1]) {
		snprintf(out->text, sizeof(out->text), "/");
		return !level;
	}
	for (int i = 0; i < level; i++) {
		if (!*end)
			return false;
		end = strchrnul(end + 1, '/');
	}
	snprintf(out->text, sizeof(out->text), "%.*s", (int)(end - cgroup->text), cgroup->text);
	return true;
}

static uint32_t tag_of(int map, const void *key)
{
	uint32_t class_id = 0;

	return bpf_map_lookup_elem(map, key, &class_id) ? 0 : class_id;
}

static __u64 tag_ancestor(struct tag_subject *subject, int level)
{
	uint64_t id;

	if (!whose_ancestor(&subject->whose->cgroup, level, &subject->ancestor) ||
	    !cgroup_id(subject->ancestor.text, &id))
		return 0;
	return id;
}

static __u32 tag_of_cgroup(struct tag_subject *subject, __u64 id)
{
	return tag_of(subject->tagger->cgroups, &id);
}

static __u32 tag_of_netns(struct tag_subject *subject)
{
	return tag_of(subject->tagger->netns, &subject->whose->device.netns);
}

static __u32 tag_of_device(struct tag_subject *subject)
{
	return tag_of(subject->tagger->devices, &subject->whose->device);
}

#include "bpf/tag_rule.h"
#include "util/file.h"

/* ---- who sends -------------------------------------------------------------------------------------------- */

static int whose_proc(unsigned int pid, const char *file, char *out, size_t size, struct resid_error *err)
{
	struct path path = paths_in("/proc", "%u/%s", pid, file);
	_cleanup_close_ int fd = file_open(path.text, O_RDONLY, 0, err);
	ssize_t length = fd < 0 ? -1 : read(fd, out, size - 1);

	if (length < 0 && (errno == ENOENT || errno == ESRCH))
		return resid_fail(err, RESID_EXIT_INPUT, "there is no process %u", pid);
	if (length < 0)
		return resid_fail(err, RESID_EXIT_SYSTEM, "cannot read %s: %s", path.text, strerror(errno));
	out[length] = '\0';
	return 0;
}

/* The kernel's sockets are told by what they are, not by a thread. */
static int whose_is_program(unsigned int pid, struct resid_error *err)
{
	unsigned int flags = 0;
	char stat[1024], *end;

	if (whose_proc(pid, "stat", stat, sizeof(stat), err))
		return -1;
	end = strrchr(stat, ')');
	if (!end || sscanf(end, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return resid_fail(err, RESID_EXIT_SYSTEM, "/proc/%u/stat is not as the kernel writes it", pid);
	if (flags & PF_KTHREAD)
		return resid_fail(err, RESID_EXIT_INPUT, "process %u is a thread of the kernel: what the kernel sends for "
							 "itself is of class kernel", pid);
	return 0;
}

static int whose_process(unsigned int pid, struct whose *out, int *netns, struct resid_error *err)
{
	char text[2 * PATH_MAX], *line = text;
	struct path path = paths_in("/proc", "%u/ns/net", pid);

	if (whose_is_program(pid, err) || whose_proc(pid, "comm", out->process, sizeof(out->process), err) ||
	    whose_proc(pid, "cgroup", text, sizeof(text), err))
		return -1;
	out->process[strcspn(out->process, "\n")] = '\0';
	while (line && strncmp(line, "0::/", 4))
		line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
	if (!line)
		return resid_fail(err, RESID_EXIT_INPUT, "process %u is in no cgroup v2", pid);
	line[strcspn(line, "\n")] = '\0';
	snprintf(out->cgroup.text, sizeof(out->cgroup.text), "%s", line + 3);
	*netns = file_open(path.text, O_RDONLY, 0, err);
	return *netns < 0 ? -1 : 0;
}

static int whose_inbound(const struct tagger *tagger, const char *name, struct whose *out, struct resid_error *err)
{
	out->inbound = true;
	out->device.ifindex = if_nametoindex(name);
	if (!out->device.ifindex)
		return resid_fail(err, RESID_EXIT_INPUT, "there is no device %s here", name);
	out->stamped = tagger_stamped(tagger, (int)out->device.ifindex);
	return 0;
}

static int whose_target(const struct tagger *tagger, const char *of, struct whose *out, int *netns,
			struct resid_error *err)
{
	struct assign_target target;

	if (assign_parse_target(of, &target, err))
		return -1;
	switch (target.kind) {
	case ASSIGN_UNIT:
		if (!cgroup_find_unit(target.name, &out->cgroup))
			return resid_fail(err, RESID_EXIT_INPUT, "the unit %s has no cgroup now", target.name);
		return 0;
	case ASSIGN_NETNS:
		*netns = netns_open(target.name);
		if (*netns < 0)
			return resid_fail(err, RESID_EXIT_INPUT, "there is no network namespace %s", target.name);
		return 0;
	case ASSIGN_DEV:
		return whose_inbound(tagger, target.name, out, err);
	default:
		snprintf(out->cgroup.text, sizeof(out->cgroup.text), "%s", target.name);
		return 0;
	}
}

static int whose_subject(const struct tagger *tagger, const char *of, struct whose *out, int *netns,
			 struct resid_error *err)
{
	uint64_t id, cookie;
	unsigned long pid;
	char *end;

	out->device.netns = tagger->init_netns;
	if (strncmp(of, "pid:", 4)) {
		if (whose_target(tagger, of, out, netns, err))
			return -1;
	} else {
		pid = strtoul(of + 4, &end, 10);
		if (of[4] < '0' || of[4] > '9' || *end || pid > INT_MAX)
			return resid_fail(err, RESID_EXIT_INPUT, "`%.100s` is not pid:NUMBER", of);
		if (whose_process((unsigned int)pid, out, netns, err))
			return -1;
	}
	if (*out->cgroup.text && !cgroup_id(out->cgroup.text, &id))
		return resid_fail(err, RESID_EXIT_INPUT, "the cgroup %s does not exist", out->cgroup.text);
	if (*netns < 0)
		return 0;
	if (netns_cookie(*netns, &cookie, err))
		return -1;
	out->device.netns = cookie;
	return 0;
}

struct whose_device {
	uint32_t ifindex;
	char *name;
};

static int whose_device_name(void *context)
{
	struct whose_device *device = context;

	if (!if_indextoname(device->ifindex, device->name))
		*device->name = '\0';
	return 0;
}

/* ---- whose it is ------------------------------------------------------------------------------------------ */

_Static_assert(TAG_KINDS == RESID_TAG_KINDS, "a label of each kind");

static void whose_add(struct whose *whose, enum whose_by by, uint32_t class_id, int level)
{
	struct whose_label *label = &whose->labels[whose->label_count];

	if (!class_id)
		return;
	*label = (struct whose_label){ .by = by, .class_id = class_id };
	if (by == WHOSE_OF_CGROUP)
		whose_ancestor(&whose->cgroup, level, &label->label);
	whose->label_count++;
}

static void whose_decide(const struct tagger *tagger, struct whose *out)
{
	struct tag_subject subject = { .tagger = tagger, .whose = out };
	struct tags tags;

	if (out->inbound) {
		if (out->stamped)
			whose_add(out, WHOSE_OF_DEVICE, tag_of_device(&subject), 0);
		return;
	}
	tags = tag_decide(&subject);
	whose_add(out, WHOSE_OF_CGROUP, tags.class[TAG_BY_CGROUP], tags.level);
	whose_add(out, WHOSE_OF_NETNS, tags.class[TAG_BY_NETNS], 0);
	whose_add(out, WHOSE_OF_DEVICE, tags.class[TAG_BY_DEVICE], 0);
}

static int whose_assignment(const struct tagger *tagger, const struct assign_list *list, const struct whose *whose,
			    struct whose_label *label, struct resid_error *err)
{
	uint64_t id = 0;

	switch (label->by) {
	case WHOSE_OF_CGROUP:
		cgroup_id(label->label.text, &id);
		return reconcile_origin(tagger, list, RECONCILE_CGROUP, &id, &label->assignment, err);
	case WHOSE_OF_NETNS:
		return reconcile_origin(tagger, list, RECONCILE_NETNS, &whose->device.netns, &label->assignment, err);
	case WHOSE_OF_DEVICE:
		return reconcile_origin(tagger, list, RECONCILE_DEVICE, &whose->device, &label->assignment, err);
	default:
		return 0;
	}
}

void whose_choose(struct whose *whose, size_t index)
{
	whose->tag = index < whose->label_count ? whose->labels[index] : (struct whose_label){ .by = WHOSE_NOBODYS };
}

int whose_find(const struct tagger *tagger, const struct assign_list *list, const char *of, sa_family_t family,
	       const void *address, struct whose *out, struct resid_error *err)
{
	_cleanup_close_ int netns = -1;
	struct whose_device device = { .name = out->device_name };

	memset(out, 0, sizeof(*out));
	if (whose_subject(tagger, of, out, &netns, err))
		return -1;
	if (!out->inbound)
		out->device.ifindex = route_device(netns, family, address);
	device.ifindex = out->device.ifindex;
	if (netns < 0)
		whose_device_name(&device);
	else
		netns_run(netns, whose_device_name, &device);
	out->initial = out->device.netns == tagger->init_netns;
	whose_decide(tagger, out);
	for (size_t i = 0; i < out->label_count; i++)
		if (whose_assignment(tagger, list, out, &out->labels[i], err))
			return -1;
	whose_choose(out, 0);
	return 0;
}
