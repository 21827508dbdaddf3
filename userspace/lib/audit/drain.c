// SPDX-License-Identifier: Apache-2.0
#include "audit/drain.h"

#include <string.h>

void drain_init(struct drain *drain, const uint8_t instance[16], const struct privacy *privacy)
{
	memset(drain, 0, sizeof(*drain));
	memcpy(drain->instance, instance, sizeof(drain->instance));
	drain->enricher.privacy = privacy;
}

void drain_fini(struct drain *drain)
{
	enricher_fini(&drain->enricher);
}

static int drain_batch(struct drain *drain, struct resid_nl *nl, struct spool *spool,
		       const struct resid_nl_batch *batch, struct resid_error *err)
{
	_cleanup_free_ struct resid_audit_record *records = NULL;
	struct audit_event event;

	if (resid_nl_audit_get(nl, batch, &records, err))
		return -1;
	enricher_refresh(&drain->enricher);
	for (uint32_t i = 0; i < batch->count; i++) {
		enrich(&drain->enricher, nl, drain->instance, batch->number, i, &records[i], &event);
		spool_put(spool, &event);
	}
	if (spool_commit(spool, drain->instance, batch->number, err))
		return -1;
	drain->written += batch->count;
	return 0;
}

int drain_once(struct drain *drain, struct resid_nl *nl, struct spool *spool, bool *more, struct resid_error *err)
{
	struct resid_nl_batch batch;

	*more = false;
	if (resid_nl_audit_drain(nl, &batch, err))
		return -1;
	if (!batch.number)
		return 0;
	/* A batch that comes again, because a crash came before its acknowledgement, is not even looked at. */
	if (spool_has(spool, drain->instance, batch.number))
		drain->replayed++;
	else if (batch.count && drain_batch(drain, nl, spool, &batch, err))
		return -1;
	if (resid_nl_audit_ack(nl, batch.number, err))
		return -1;
	drain->batches++;
	*more = true;
	return 0;
}
