/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that is read: jansson's values, owned by scope. What is written is jsonw.h's. */
#ifndef RESID_UTIL_JSON_H
#define RESID_UTIL_JSON_H

#include <jansson.h>

#include "util/cleanup.h"

DEFINE_CLEANUP(json, json_t *, json_decref);
#define _cleanup_json_ _cleanup_(cleanup_json)

#endif
