// SPDX-License-Identifier: Apache-2.0
#include "say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/printable.h"

#define SAY_MAX 2048

static bool say_in_progress;

void say_progress_end(void)
{
	if (say_in_progress)
		fputs("\r\033[K", stderr);
	say_in_progress = false;
}

static void say(const char *before, const char *sentence)
{
	_cleanup_free_ char *printable = printable_copy(sentence);

	say_progress_end();
	fflush(stdout);	/* in the order in which it was said */
	fprintf(stderr, "%s: %s\n", before, printable);
}

void say_failure(const char *sentence)
{
	say("residctl", sentence);
}

void say_warning(const char *format, ...)
{
	char sentence[SAY_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	say("warning", sentence);
}

void say_note(const char *format, ...)
{
	char sentence[SAY_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	say("note", sentence);
}

void say_progress(const char *format, ...)
{
	_cleanup_free_ char *printable = NULL;
	char sentence[SAY_MAX];
	va_list args;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	printable = printable_copy(sentence);
	fprintf(stderr, "\r%s\033[K", printable);
	fflush(stderr);
	say_in_progress = true;
}
