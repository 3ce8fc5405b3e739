/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The subcommands that need no terminal. Each takes the arguments after its name (argv[0] is the
 * name) and returns the exit status: 0 done, 1 the script or check failed, 2 wrong usage. Errors
 * are one clear line on stderr.
 */
#ifndef SCRIPTS_COMMANDS_H
#define SCRIPTS_COMMANDS_H

int cmd_run(int argc, char **argv);           /* run FILE [ARG...] */
int cmd_kernels(int argc, char **argv);
int cmd_errata(int argc, char **argv);
int cmd_replay(int argc, char **argv);        /* replay TRACE */
int cmd_compare(int argc, char **argv);       /* compare FILE --kernels A,B */
int cmd_experiment(int argc, char **argv);    /* experiment [NAME] */
int cmd_lesson_check(int argc, char **argv);  /* lesson [ID|FILE] --check */
int cmd_lesson_list(int argc, char **argv);   /* lesson --list */
/* The machine part of `rmaplab doctor`: Lua, kernels, costs, one self test of the engine. */
int doctor_machine(void);

#endif
