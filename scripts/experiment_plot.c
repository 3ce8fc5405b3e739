/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plot of an experiment in characters. Series differ by their marks, not by colour, so it is
 * the same in a terminal, in a pipe and in a mail:
 *
 *	  400 |                             ..+
 *	      |                      ...+...
 *	  200 |             ...+....
 *	      |     ...+...
 *	    0 |o----o-------o-----------o-----o
 *	      +--------------------------------
 *	       0       250       500       1k
 */
#include "experiment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 66
#define ROWS 17
#define MARGIN 9 /* for the labels of y */

static const char marks[] = "o+x*#@%&";

/* -- axes -------------------------------------------------------------------------------------- */

/* The smallest of 1, 2, 5 times a power of ten that is not below x. */
static double nice(double x)
{
	double ten = pow(10, floor(log10(x)));

	return x <= ten ? ten : x <= 2 * ten ? 2 * ten : x <= 5 * ten ? 5 * ten : 10 * ten;
}

static void linear_ticks(struct axis *a)
{
	double span = a->max > a->min ? a->max - a->min : 1, step = nice(span / 5);

	a->min = floor(a->min / step + 1e-9) * step;
	a->max = ceil(a->max / step - 1e-9) * step;
	if (a->max <= a->min)
		a->max = a->min + step;
	for (double at = a->min; at <= a->max + step / 2 && a->nr_ticks < 16; at += step)
		a->ticks[a->nr_ticks++] = fabs(at) < step / 1000 ? 0 : at;
}

/* Whole decades. */
static void decade_ticks(struct axis *a)
{
	double step;

	a->min = floor(a->min + 1e-9);
	a->max = ceil(a->max - 1e-9);
	if (a->max <= a->min)
		a->max = a->min + 1;
	step = ceil((a->max - a->min) / 8);
	for (double at = a->min; at <= a->max && a->nr_ticks < 16; at += step)
		a->ticks[a->nr_ticks++] = pow(10, at);
}

static double scaled(const struct axis *a, double value)
{
	return !a->log ? value : value > 0 ? log10(value) : 0;
}

void axis_of(const struct experiment *e, bool is_x, struct axis *a)
{
	bool any = false;

	*a = (struct axis){ .log = is_x ? e->log_x : e->log_y };
	for (u32 i = 0; i < e->series.n; i++)
		for (u32 k = 0; k < e->series.v[i].n; k++) {
			const struct point *p = &e->series.v[i].points[k];
			double at = scaled(a, is_x ? p->x : p->y);

			a->min = any && a->min < at ? a->min : at;
			a->max = any && a->max > at ? a->max : at;
			any = true;
		}
	/* A figure is seen from 0, unless that would hide what is in it. */
	if (!a->log && !is_x && a->min > 0)
		a->min = 0;
	if (a->log)
		decade_ticks(a);
	else
		linear_ticks(a);
}

double axis_place(const struct axis *a, double value)
{
	return (scaled(a, value) - a->min) / (a->max - a->min);
}

char *tick_text(double value, char *buf, size_t n)
{
	static const struct { double of; const char *letter; } units[] = {
		{ 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(units); i++)
		if (fabs(value) >= units[i].of) {
			snprintf(buf, n, "%.4g%s", value / units[i].of, units[i].letter);
			return buf;
		}
	snprintf(buf, n, "%.4g", value);
	return buf;
}

/* -- the sheet --------------------------------------------------------------------------------- */

struct sheet {
	char cell[ROWS][COLUMNS + 1];
	struct axis x, y;
};

static int column_of(const struct sheet *s, double x)
{
	return (int)lround(axis_place(&s->x, x) * (COLUMNS - 1));
}

static int row_of(const struct sheet *s, double y)
{
	return (int)lround((1 - axis_place(&s->y, y)) * (ROWS - 1));
}

/* A dotted line between two points, where nothing else is. */
static void draw_line(struct sheet *s, const struct point *a, const struct point *b)
{
	int c1 = column_of(s, a->x), c2 = column_of(s, b->x);
	int r1 = row_of(s, a->y), r2 = row_of(s, b->y);
	int steps = abs(c2 - c1) > abs(r2 - r1) ? abs(c2 - c1) : abs(r2 - r1);

	for (int i = 1; i < steps; i++) {
		int c = c1 + (int)lround((double)(c2 - c1) * i / steps);
		int r = r1 + (int)lround((double)(r2 - r1) * i / steps);

		if (s->cell[r][c] == ' ')
			s->cell[r][c] = '.';
	}
}

static void draw_series(struct sheet *s, const struct series *series, bool lines, char mark)
{
	for (u32 k = 0; k < series->n; k++)
		if (!lines)
			s->cell[row_of(s, series->points[k].y)]
			       [column_of(s, series->points[k].x)] = mark;
		else if (k)
			draw_line(s, &series->points[k - 1], &series->points[k]);
}

static char mark_of(u32 i)
{
	return marks[i % (sizeof(marks) - 1)];
}

static void draw(struct sheet *s, const struct experiment *e)
{
	for (u32 r = 0; r < ROWS; r++) {
		memset(s->cell[r], ' ', COLUMNS);
		s->cell[r][COLUMNS] = 0;
	}
	for (u32 i = 0; i < e->series.n; i++)
		draw_series(s, &e->series.v[i], true, 0);
	for (u32 i = e->series.n; i-- > 0;) /* the first is on top */
		draw_series(s, &e->series.v[i], false, mark_of(i));
}

/* -- onto paper -------------------------------------------------------------------------------- */

static void print_row(const struct sheet *s, int row, FILE *out)
{
	int last = COLUMNS;
	char label[24] = "";

	for (u32 i = 0; i < s->y.nr_ticks; i++)
		if (row_of(s, s->y.ticks[i]) == row)
			tick_text(s->y.ticks[i], label, sizeof(label));
	while (last && s->cell[row][last - 1] == ' ')
		last--;
	fprintf(out, "%*s |%.*s\n", MARGIN, label, last, s->cell[row]);
}

/* Labels of x in the middle below their place, where they do not touch. */
static void print_x_ticks(const struct sheet *s, FILE *out)
{
	int at = 0;

	fprintf(out, "%*s", MARGIN + 2, "");
	for (u32 i = 0; i < s->x.nr_ticks; i++) {
		char label[24];
		int length = (int)strlen(tick_text(s->x.ticks[i], label, sizeof(label)));
		int begin = column_of(s, s->x.ticks[i]) - length / 2;

		begin = begin < 0 ? 0 : begin;
		if (at && begin <= at)
			continue;
		fprintf(out, "%*s%s", begin - at, "", label);
		at = begin + length;
	}
	fputc('\n', out);
}

void experiment_plot(const struct experiment *e, FILE *out)
{
	char line[COLUMNS + 1];
	struct sheet s;

	axis_of(e, true, &s.x);
	axis_of(e, false, &s.y);
	draw(&s, e);
	fprintf(out, "%*s%s%s\n", MARGIN - 3, "", e->y_label, e->log_y ? " (logarithmic)" : "");
	for (int row = 0; row < ROWS; row++)
		print_row(&s, row, out);
	memset(line, '-', COLUMNS);
	line[COLUMNS] = 0;
	fprintf(out, "%*s +%s\n", MARGIN, "", line);
	print_x_ticks(&s, out);
	fprintf(out, "%*s%s%s\n", MARGIN + 2, "", e->x_label, e->log_x ? " (logarithmic)" : "");
	for (u32 i = 0; i < e->series.n; i++)
		fprintf(out, "%*s%c  %s\n", MARGIN + 2, "", mark_of(i), e->series.v[i].name);
}
