/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's side of Resid as functions: one socket, one function a command of kmod/uapi/resid.h.
 *
 * All return 0, or -1 with *err set: the kernel's own sentence where it gave one. A socket is not for two threads.
 */
#ifndef RESID_NL_NL_H
#define RESID_NL_NL_H

#include "nl/answer.h"
#include "util/cleanup.h"
#include "util/error.h"

struct resid_nl;

/* Opens a socket and finds the family. Exit 2 when resid.ko is not loaded or the caller is not root. */
int resid_nl_open(struct resid_nl **out, struct resid_error *err);
void resid_nl_free(struct resid_nl *nl);
DEFINE_CLEANUP(nl, struct resid_nl *, resid_nl_free);

/* The errno of the last failed request (positive), 0 after a success; ENODEV: the module is gone. */
int resid_nl_errno(const struct resid_nl *nl);

int resid_nl_status(struct resid_nl *nl, struct resid_nl_status *out, struct resid_error *err);

/*
 * Begin, chunks, commit. `replaces` has 32 bytes, zeros: no generation yet. confirm: seconds until the kernel goes back
 * by itself to what was confirmed last, 0 for good.
 */
typedef void resid_nl_progress(void *context, size_t done, size_t total);
int resid_nl_upload(struct resid_nl *nl, const void *data, size_t length, const uint8_t *replaces, uint32_t confirm,
		    resid_nl_progress *progress, void *context, struct resid_error *err);

/* confirm: seconds until the kernel goes back by itself, 0 for good. */
int resid_nl_mode_set(struct resid_nl *nl, enum resid_mode mode, uint32_t confirm, struct resid_error *err);
/* fd -1: none. */
int resid_nl_tagger_set(struct resid_nl *nl, int fd, struct resid_error *err);
int resid_nl_device_set(struct resid_nl *nl, uint32_t ifindex, bool inside, struct resid_error *err);
int resid_nl_disarm(struct resid_nl *nl, struct resid_error *err);
/* While there is no policy: only link, local and bootstrap destinations leave, until one is in force or DISARM. */
int resid_nl_close(struct resid_nl *nl, struct resid_error *err);

/*
 * What would happen to packets: one answer a question, in their order. All are answered by one generation, or the
 * request fails (resid_nl_errno: EAGAIN, a policy was loaded meanwhile; ask again). *generation has 32 bytes, zeros: no
 * policy; NULL: of no interest. A question that cannot be asked fails the whole: exit 3.
 */
int resid_nl_evaluate(struct resid_nl *nl, const struct resid_question *questions, size_t count,
		      struct resid_answer *answers, uint8_t *generation, struct resid_error *err);

/* Dumps. *out is an array for free(), NULL when empty. */
int resid_nl_devices(struct resid_nl *nl, struct resid_nl_device **out, size_t *count, struct resid_error *err);
int resid_nl_counters(struct resid_nl *nl, struct resid_nl_counter **out, size_t *count, struct resid_error *err);

/* The batch that waits, or a new one. It comes again, with the same number, until it is acknowledged. */
int resid_nl_audit_drain(struct resid_nl *nl, struct resid_nl_batch *out, struct resid_error *err);
/* All records of a batch, in the order of their index: exactly batch->count. *out is for free(). */
int resid_nl_audit_get(struct resid_nl *nl, const struct resid_nl_batch *batch, struct resid_audit_record **out,
		       struct resid_error *err);
int resid_nl_audit_ack(struct resid_nl *nl, uint64_t batch, struct resid_error *err);

/*
 * A second, non-blocking socket that becomes readable when the kernel wants to be drained. resid_nl_wake_clear reads
 * what waits there. The kernel's messages carry nothing.
 */
int resid_nl_wake_open(struct resid_error *err);
/*
 * Another that becomes readable when a family comes or goes, this one's included: the module is loaded, or is no more.
 */
int resid_nl_family_open(struct resid_error *err);
void resid_nl_wake_clear(int fd);

#endif
