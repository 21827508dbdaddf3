/* SPDX-License-Identifier: Apache-2.0 */
/* Why resid.ko does not answer: not loaded, not installed for this kernel, or built for another one. */
#ifndef RESID_NL_MODULE_H
#define RESID_NL_MODULE_H

#include "util/error.h"

/* Sets *err to the sentence with its remedy, RESID_EXIT_SYSTEM, and returns -1. */
int module_not_loaded(struct resid_error *err);

#endif
