// SPDX-License-Identifier: Apache-2.0
#include "audit/drain.h"

#include <string.h>

void drain_init(struct drain *drain, const uint8_t instance[16])
{
	memset(drain, 0, sizeof(*drain));
	memcpy(drain->records.instance, instance, sizeof(drain->records.instance));
}

void drain_fini(struct drain *drain)
{
	record_context_fini(&drain->records);
}

static int drain_write(struct drain *drain, struct resid_nl *nl, struct logfile *log,
		       const struct resid_nl_batch *batch, struct resid_error *err)
{
	_cleanup_free_ struct resid_audit_record *records = NULL;
	struct jsonw json = { 0 };
	int result;

	if (resid_nl_audit_get(nl, batch, &records, err))
		return -1;
	record_context_refresh(&drain->records);
	for (uint32_t i = 0; i < batch->count; i++)
		record_write(&json, &drain->records, batch->number, i, &records[i]);
	result = logfile_append(log, json.text, json.length, err);
	jsonw_fini(&json);
	if (!result)
		drain->written += batch->count;
	return result;
}

int drain_once(struct drain *drain, struct resid_nl *nl, struct logfile *log, bool *more, struct resid_error *err)
{
	bool sure = drain->sure, written = false;
	struct resid_nl_batch batch;

	*more = false;
	if (resid_nl_audit_drain(nl, &batch, err))
		return -1;
	if (!batch.number) {
		drain->sure = true;
		return 0;
	}
	/* Until this batch is acknowledged, a failure leaves in doubt how much of it the file has. */
	drain->sure = false;
	if (!sure && batch.count &&
	    logfile_resume(log, drain->records.instance, batch.number, batch.count, &written, err))
		return -1;
	if ((!written && batch.count && drain_write(drain, nl, log, &batch, err)) ||
	    resid_nl_audit_ack(nl, batch.number, err))
		return -1;
	drain->sure = true;
	drain->batches++;
	*more = true;
	return 0;
}
