/* SPDX-License-Identifier: Apache-2.0 */
/* resid.ko: loading it, and why it does not answer: not loaded, not installed for this kernel, or built for another. */
#ifndef RESID_NL_MODULE_H
#define RESID_NL_MODULE_H

#include "util/error.h"

/* Sets *err to the sentence with its remedy, RESID_EXIT_SYSTEM, and returns -1. */
int module_not_loaded(struct resid_error *err);

/* Loads it as modprobe does, with what it needs and the parameters of modprobe.d. -1: and why not. */
int module_load(struct resid_error *err);

/* The value that modprobe.d gives a parameter of the module, for free(); NULL: none. */
char *module_option(const char *name);

#endif
