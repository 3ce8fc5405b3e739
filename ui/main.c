/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rmaplab: the command line. One table of subcommands; --help is made of it.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "subcommands.h"
#include "commands.h"

struct command {
	const char *name, *arguments, *sentence;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{ "lesson", "[ID|FILE] [--check] [--list]", "go to a lesson; check it; list them",
	  cmd_lesson },
	{ "run", "FILE [ARG...]", "run a script without a terminal", cmd_run },
	{ "repl", "[FILE]", "type Lua line by line; reads standard input when piped", cmd_repl },
	{ "replay", "TRACE", "run a valgrind lackey log through a machine", cmd_replay },
	{ "compare", "--kernels A,B [--at first-reclaim] FILE",
	  "the same on several kernels: where do they differ, what does each cost?", cmd_compare },
	{ "experiment", "[NAME] [--json] [--svg FILE] [--all]",
	  "count what somebody claimed; without NAME: the list", cmd_experiment },
	{ "record", "LESSON -o FILE [--size CxR]", "record a lesson as FILE.cast or FILE.txt",
	  cmd_record },
	{ "kernels", "", "the kernels there are, one a line", cmd_kernels },
	{ "errata", "", "their mistakes that can be switched on, one a line", cmd_errata },
	{ "doctor", "", "what this terminal and this machine can do", cmd_doctor },
	{ NULL, NULL, NULL, NULL },
};

static int help(void)
{
	printf("rmaplab: operate Linux reverse mapping, step by step, forwards and back\n\n"
	       "  rmaplab                              the lessons\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  rmaplab %-10s %-17s %s%s\n", c->name, c->arguments,
		       strlen(c->arguments) > 17 ? "\n                                       " : "",
		       c->sentence);
	printf("\nOptions come before FILE:\n"
	       "  --kernel NAME         instead of the kernel of every machine{}\n"
	       "  --events=text|json    print every event (run, replay, lesson --check)\n"
	       "  --help, --version\n"
	       "\nExit status: 0 done, 1 the script or check failed, 2 wrong usage.\n");
	return fflush(stdout) == EOF ? 1 : 0;
}

static int version(void)
{
	printf("rmaplab %s\n", VERSION);
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static int usage(const char *what)
{
	fprintf(stderr, "rmaplab: %s is no command; `rmaplab --help` lists them\n", what);
	return 2;
}

/* `--kernel NAME COMMAND ...` is `COMMAND --kernel NAME ...`. */
static void command_first(int argc, char **argv)
{
	int words = strcmp(argv[1], "--kernel") == 0 ? 2
		  : strncmp(argv[1], "--kernel=", 9) == 0 ? 1 : 0;
	char *command;

	if (!words || argc < words + 2)
		return;
	command = argv[words + 1];
	memmove(&argv[2], &argv[1], (size_t)words * sizeof(*argv));
	argv[1] = command;
}

int main(int argc, char **argv)
{
	const struct command *c;

	setlocale(LC_ALL, "");
	if (argc < 2)
		return cmd_menu(NULL);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help();
	if (strcmp(argv[1], "--version") == 0)
		return version();
	if (strcmp(argv[1], "--kernel") == 0 && argc == 3)
		return cmd_menu(argv[2]);
	if (strncmp(argv[1], "--kernel=", 9) == 0 && argc == 2)
		return cmd_menu(argv[1] + 9);
	command_first(argc, argv);
	c = find_command(argv[1]);
	return c ? c->run(argc - 1, argv + 1) : usage(argv[1]);
}
