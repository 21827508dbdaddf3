/* SPDX-License-Identifier: Apache-2.0 */
/* What stands beside the answer, on standard error: a line each, made printable, for it may name anything. */
#ifndef RESIDCTL_SAY_H
#define RESIDCTL_SAY_H

/* "residctl: ..." */
void say_failure(const char *sentence);
/* "warning: ..." */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "note: ..." */
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line that is written anew each time, and gone when something else is said; nothing where nobody looks on. */
void say_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_progress_end(void);

#endif
