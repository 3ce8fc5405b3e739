/* SPDX-License-Identifier: GPL-2.0-only */
/* What the subcommands share: options, events as text, the end of their output. */
#ifndef SCRIPTS_CMD_H
#define SCRIPTS_CMD_H

#include "session.h"

enum event_style { EVENTS_OFF, EVENTS_TEXT, EVENTS_JSON };

struct option {
	const char *name;    /* "--kernel" */
	const char **value;  /* where "NAME" of --kernel NAME or --kernel=NAME goes; or NULL and */
	bool *flag;          /* set to true */
};

/*
 * Read the options that come before the first other argument. Its index, argc when there is none,
 * -1 after one line on stderr when an option is not known or lacks its value. options ends with a
 * NULL name.
 */
int options_read(int argc, char **argv, const struct option *options);

/* One line on stderr, with "rmaplab: " in front. Returns status. */
int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for a program that found no lessons; returns 1. */
int complain_no_lessons(void);

/* false, after one line on stderr: not "text" or "json". NULL is off. */
bool events_style(const char *word, enum event_style *style);
/* Print an event to stdout, a line. */
void event_print(const struct machine *m, const struct event *ev, enum event_style style);

/* The machine that a trace runs on, as options say it; NULL: as usual. */
struct trace_options {
	const char *ram, *swap, *cpus;
	bool pae, highpte;
};
/* Its configuration, but for the kernel; without events. false after one line on stderr. */
bool trace_config(const struct trace_options *options, struct machine_config *config);

/* Flush stdout: 0, or 1 after one line on stderr, when what was printed could not be written. */
int output_status(void);

/* A line on stderr, over the last one, that says how far the work is, once a second; and its end.
 * For who knows that stderr is a terminal. */
void tell_operations(u64 ops);
void tell_the_end(void);

/* Is there a kernel of that name? false after one line on stderr that lists those there are. */
bool kernel_known(const char *name);

#endif
