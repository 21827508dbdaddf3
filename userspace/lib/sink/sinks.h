/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's half of the sinks. Each has its own cursor into the spool and its own process, so that one dead SIEM,
 * one crash in a library and one slow line delay and endanger nobody else:
 *
 *   spool --cursor NAME--> feeder == socket pair == residd --sink FILE ---> receiver
 *                            ^ moves the cursor when the receiver has it (wire.h)
 *
 * A process that dies is started again after a while, its cursor rewound. Nothing here wakes the daemon while no record
 * comes and no delivery waits to be confirmed.
 *
 * One is built in: `log`, JSON lines in a file, unless the folder has a log.conf, which then says what `log` is.
 */
#ifndef RESID_SINK_SINKS_H
#define RESID_SINK_SINKS_H

#include "sink/sink.h"

struct sinks;

int sinks_new(const struct sinks_options *options, struct sinks **out, struct resid_error *err);
void sinks_free(struct sinks *sinks);

/*
 * Reads the folder again: starts what is new, stops what is gone, starts anew what runs, for it may have new secrets.
 * *err: the first file that cannot be used; `say` tells the others. A sink whose file cannot be used goes on with what
 * it had.
 */
int sinks_load(struct sinks *sinks, struct resid_error *err);

/* Files that were renamed are made anew now; with the next record they would be anyway. */
void sinks_rotate(struct sinks *sinks);

/* No file has records to come: they do not depend on others. */
bool sinks_files_done(const struct sinks *sinks);

size_t sinks_count(const struct sinks *sinks);
void sinks_status(const struct sinks *sinks, size_t index, struct sink_status *out);

#endif
