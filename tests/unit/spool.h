/* SPDX-License-Identifier: Apache-2.0 */
/* A spool in a folder of the test's own, batches of records in it, and a cursor that must give just those. */
#ifndef TESTS_UNIT_SPOOL_H
#define TESTS_UNIT_SPOOL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/segment.h"
#include "spool/spool.h"
#include "folder.h"

static const uint8_t instance[16] = { 0xab, 0xcd, 3 };

static inline struct spool *open_with(struct spool_options options)
{
	struct spool *spool = NULL;
	struct resid_error err;

	options.dir = folder;
	if (spool_open(&options, &spool, &err))
		fail_msg("%s", err.text);
	return spool;
}

static inline struct spool *open_plain(void)
{
	return open_with((struct spool_options){ 0 });
}

static inline struct audit_event event_of(uint64_t batch, uint32_t index)
{
	struct audit_event event;

	event_init(&event);
	event.kind = AUDIT_KIND_EGRESS;
	memcpy(event.instance, instance, sizeof(instance));
	event.batch = batch;
	event.index = index;
	event.packets = index + 1;
	event.rule = "deny-all";
	event.control = "";
	return event;
}

static inline int put_batch(struct spool *spool, uint64_t batch, uint32_t count, struct resid_error *err)
{
	for (uint32_t i = 0; i < count; i++) {
		struct audit_event event = event_of(batch, i);

		spool_put(spool, &event);
	}
	return spool_commit(spool, instance, batch, err);
}

static inline void batch_is_put(struct spool *spool, uint64_t batch, uint32_t count)
{
	struct resid_error err;

	if (put_batch(spool, batch, count, &err))
		fail_msg("%s", err.text);
}

/* What the daemon does with a batch that the kernel gives (again). */
static inline void deliver(struct spool *spool, uint64_t batch, uint32_t count)
{
	if (!spool_has(spool, instance, batch))
		batch_is_put(spool, batch, count);
}

static inline struct spool_cursor *cursor_of(struct spool *spool, const char *name)
{
	struct spool_cursor *cursor = NULL;
	struct resid_error err;

	if (spool_cursor_open(spool, name, &cursor, &err))
		fail_msg("%s", err.text);
	return cursor;
}

/* The next record; heads are passed over. False: none now. */
static inline bool next_of(struct spool_cursor *cursor, struct audit_event *event)
{
	struct resid_error err;
	int result;

	do {
		result = spool_cursor_next(cursor, event, &err);
		if (result < 0)
			fail_msg("%s", err.text);
	} while (result && event->kind == AUDIT_KIND_HEAD);
	return result;
}

static inline void gives(struct spool_cursor *cursor, uint64_t batch, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct audit_event event;

		assert_true(next_of(cursor, &event));
		assert_int_equal(event.kind, AUDIT_KIND_EGRESS);
		assert_int_equal(event.batch, batch);
		assert_int_equal(event.index, i);
		assert_int_equal(event.packets, i + 1);
		assert_string_equal(event.rule, "deny-all");
		assert_string_equal(event.control, "");
		assert_null(event.reason);
		assert_int_equal(event.uid, UINT32_MAX);
	}
}

static inline void gives_no_more(struct spool_cursor *cursor)
{
	struct audit_event event;

	assert_false(next_of(cursor, &event));
}

static inline void whole_is(struct spool *spool, uint64_t first, uint64_t last, uint32_t count)
{
	struct spool_cursor *cursor = cursor_of(spool, NULL);

	for (uint64_t batch = first; batch <= last; batch++)
		gives(cursor, batch, count);
	gives_no_more(cursor);
	spool_cursor_free(cursor);
}

static inline int fresh(void **state)
{
	folder_remove();
	return mkdir(folder, 0700);
}

#endif
