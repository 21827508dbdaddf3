/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assignments to class maps. Idempotent: residctl runs it after it changed something, residd whenever a cgroup, a
 * namespace, a device or an assignment came or went.
 */
#ifndef RESID_LABEL_RECONCILE_H
#define RESID_LABEL_RECONCILE_H

#include "label/assign.h"
#include "bpf/tagger.h"
#include "nl/nl.h"

struct reconcile_report {
	size_t applied;		/* assignments whose target exists */
	size_t pending;		/* whose target does not exist now */
	size_t unsettled;	/* of these: named namespaces that are being made at this moment; try again soon */
	size_t unknown;		/* whose class the policy does not have */
	size_t changed;		/* map entries written or deleted */
};

/* One sentence about one assignment that was not applied. */
typedef void reconcile_note(void *context, const struct assignment *item, const char *text);

/*
 * Makes the maps, the stamps and the inside devices what the assignments say.
 *
 *   cgroup, unit   the cgroup's id; and its name, so that the kernel labels it when it is made anew (names.h)
 *   netns          the namespace's cookie; the host's ends of its veths become inside devices and are stamped
 *   dev            an inside device, stamped; the other end of a veth gets the class in its own namespace
 *
 * An entry of a removed cgroup stays: its sockets may live on; resid_release deletes it with the last of them. nl may
 * be NULL: then no device is declared inside. A list that is partial takes no label away. snapshot says which class is
 * stricter than which; NULL: nothing does.
 */
int reconcile(const struct tagger *tagger, struct resid_nl *nl, const struct assign_list *list,
	      const struct snapshot *snapshot, reconcile_note *note, void *context, struct reconcile_report *report,
	      struct resid_error *err);

enum reconcile_map {
	RECONCILE_CGROUP,
	RECONCILE_NETNS,
	RECONCILE_DEVICE
};

/*
 * Which assignment stands behind the entry of a map, whose key is a uint64_t, or a struct tag_device of class_device.
 * *out is NULL when none leads there now. Changes nothing.
 */
int reconcile_origin(const struct tagger *tagger, const struct assign_list *list, enum reconcile_map map,
		     const void *key, const struct assignment **out, struct resid_error *err);

#endif
