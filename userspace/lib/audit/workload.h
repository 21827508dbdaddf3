/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which unit and which container a cgroup's path speaks of. The names are those that systemd and the runtimes give:
 *
 *   /system.slice/nginx.service                          unit nginx.service
 *   /machine.slice/libpod-ID.scope/container             podman, also libpod-ID without systemd
 *   /system.slice/docker-ID.scope, /docker/ID            docker
 *   /kubepods.slice/.../cri-containerd-ID.scope          containerd
 *   /kubepods.slice/.../crio-ID.scope                    crio
 *   /kubepods/burstable/podUID/ID                        a container of a runtime that does not say its name
 *
 * ID is 12 to 64 hexadecimal digits. A cgroup that a tenant makes below its own can bear any name: the innermost name
 * that fits would be the tenant's to choose, so it is the outermost container, and the innermost unit above it.
 */
#ifndef RESID_AUDIT_WORKLOAD_H
#define RESID_AUDIT_WORKLOAD_H

struct workload {
	char unit[256];		/* "" : none */
	char container[68];	/* "" : none */
	const char *runtime;	/* NULL: not known */
};

void workload_parse(const char *cgroup, struct workload *out);

#endif
