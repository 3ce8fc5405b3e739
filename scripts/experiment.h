/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Experiments: a claim that somebody made about the kernel, the machine that shows it, and the
 * figure that comes out. One file each, scripts/experiments/NAME.lua; its README.md has the form.
 *
 *	open   the file says what it claims, and which cases there are
 *	run    each case, then finish, in a session of its own; what they find is collected here
 *	then   a table and a plot for people, JSON, an SVG: all made of struct experiment
 *
 * All strings and arrays belong to the experiment.
 */
#ifndef SCRIPTS_EXPERIMENT_H
#define SCRIPTS_EXPERIMENT_H

#include <stdio.h>

#include "session.h"

struct claim {
	char *name, *text, *source, *unit;
	double expected, tolerance; /* of the same unit; it holds within expected +- tolerance */
	double figure;
	bool counted;               /* figure is set */
	bool all;                   /* only of a run of everything */
};

struct experiment_case {
	char *name;
	bool all;
};

struct point {
	double x, y;
};

struct series {
	char *name;
	struct point *points;
	u32 n, room;
};

struct kept {
	char *key;
	double value;
};

/* A growing array of T: items, their number, room for how many. */
#define ARRAY_OF(T) struct { T *v; u32 n, room; }

struct experiment {
	char *path, *id, *title, *setup;
	char *x_label, *y_label;    /* NULL: there is no plot */
	bool log_x, log_y;
	bool all;                   /* everything was run, see experiment_run */
	bool opened;                /* the file has said what it says */
	ARRAY_OF(struct claim) claims;
	ARRAY_OF(struct experiment_case) cases;
	ARRAY_OF(struct series) series;
	ARRAY_OF(char *) notes;
	ARRAY_OF(struct kept) kept;
};

/* Read the file and check its form. NULL: err is one line. */
struct experiment *experiment_open(const char *path, char *err, size_t n);
void experiment_free(struct experiment *e);

/*
 * Run every case, those marked all only with all, and the finish. Before each, tell is called with
 * its name, its number from 1 and how many there are; NULL: nobody wants to know. false: err is
 * one line; a claim without a figure is such an error.
 */
bool experiment_run(struct experiment *e, bool all,
		    void (*tell)(const char *name, u32 i, u32 of), char *err, size_t n);

/* Was this claim asked for in this run? */
static inline bool claim_wanted(const struct experiment *e, const struct claim *c)
{
	return e->all || !c->all;
}

/* Is the figure within the tolerance? */
bool claim_holds(const struct claim *c);
/* Do all that were asked for? */
bool experiment_holds(const struct experiment *e);

/* The names there are, sorted, i from 0. NULL: no more. */
const char *experiment_name(u32 i);
/* The file of that name; false: there is none. */
bool experiment_path(const char *name, char *path, size_t n);

/* --- experiment_report.c --------------------------------------------------------------------- */

/* The claims, what they rest on, the figures, the points as a table and as a plot. */
void experiment_text(const struct experiment *e, FILE *out);
void experiment_json(const struct experiment *e, FILE *out);
/* A figure as people read it: whole numbers with all digits, others with four. Returns buf. */
char *figure_text(double value, char *buf, size_t n);
/* Print text, lines broken between words at `width` columns, each after `indent` blanks. */
void print_wrapped(const char *text, u32 indent, u32 width, FILE *out);

/* --- experiment_plot.c, experiment_svg.c ----------------------------------------------------- */

/* One direction of a plot. */
struct axis {
	double min, max;    /* the ends that are drawn; logarithms when log */
	bool log;
	u32 nr_ticks;
	double ticks[16];   /* values, not logarithms */
};

/* The axis that shows all points of the experiment's series. */
void axis_of(const struct experiment *e, bool is_x, struct axis *a);
/* Where a value is on the axis: 0 .. 1. */
double axis_place(const struct axis *a, double value);
/* A tick's label: "0" "250" "1.5k" "22M". Returns buf. */
char *tick_text(double value, char *buf, size_t n);

/* The plot, in characters and as an SVG. */
void experiment_plot(const struct experiment *e, FILE *out);
void experiment_svg(const struct experiment *e, FILE *out);

#endif
