// SPDX-License-Identifier: Apache-2.0
/*
 * resid-restore: run once at boot, before the first network and without a daemon. What the node enforced is in force
 * again when it ends, or the node is shut; node/restore.h says how. Every line says one thing that is wrong, the last
 * what came of it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "node/restore.h"
#include "util/error.h"

static void main_say(const char *level, const char *text)
{
	/* systemd takes the level off again; a person at a terminal need not see it. */
	fprintf(stderr, "%s%s\n", getenv("JOURNAL_STREAM") ? level : "resid-restore: ", text);
}

static void main_wrong(void *context, const char *text)
{
	main_say(SD_ERR, text);
}

static int main_usage(FILE *to)
{
	fputs("usage: resid-restore\n"
	      "\n"
	      "Loads resid.ko and puts the policy in force that this node had, in its mode; else shuts the node.\n"
	      "Exit status 0: it is in force, or the node never had one; 2: nothing is in force.\n", to);
	return to == stderr ? RESID_EXIT_USAGE : RESID_EXIT_OK;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct restore_report report = { 0 };
	char text[1200];
	bool well;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		return main_usage(option == 'h' ? stdout : stderr);
	if (optind != argc)
		return main_usage(stderr);
	umask(0022);
	restore_boot(main_wrong, NULL, &report);
	well = report.outcome == RESTORE_ARMED || report.outcome == RESTORE_FRESH;
	restore_describe(&report, text, sizeof(text));
	main_say(well ? SD_NOTICE : SD_CRIT, text);
	return well ? RESID_EXIT_OK : RESID_EXIT_SYSTEM;
}
