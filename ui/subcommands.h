/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subcommands that use the screen or the prompt. Like those in scripts/commands.h each takes
 * its arguments (argv[0] is its name) and returns the exit status.
 */
#ifndef UI_SUBCOMMANDS_H
#define UI_SUBCOMMANDS_H

#include <stddef.h>

int cmd_menu(const char *kernel);              /* rmaplab without a subcommand */
int cmd_lesson(int argc, char **argv);         /* lesson [ID|FILE] [--kernel K] [--check|--list] */
int cmd_repl(int argc, char **argv);           /* repl [FILE] */
int cmd_record(int argc, char **argv);         /* record LESSON -o FILE [--size CxR] */
int cmd_doctor(int argc, char **argv);

/* The path of the lesson somebody means: its number, id or file. NULL: there is none. */
const char *find_lesson(const char *name, char *buf, size_t n);

#endif
