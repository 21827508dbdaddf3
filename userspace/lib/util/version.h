/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESID_UTIL_VERSION_H
#define RESID_UTIL_VERSION_H

/* Of Resid: what the file VERSION at the top says, as in the module. */
extern const char resid_version[];

#endif
