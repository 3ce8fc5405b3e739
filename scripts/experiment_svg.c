/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plot of an experiment as an SVG of its own, without fonts, styles or scripts from elsewhere.
 * Series differ by colour and by the shape of their marks. Without points: the claims as text.
 */
#include "experiment.h"

#include <math.h>
#include <string.h>

#define WIDTH 760
#define HEIGHT 460
#define LEFT 70
#define TOP 60
#define PLOT_WIDTH 500
#define PLOT_HEIGHT 330

/* Okabe and Ito's: told apart by all eyes. */
static const char *const colours[] = {
	"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999",
};

static void put_text(const char *text, FILE *out)
{
	for (; *text; text++)
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
}

static void label(double x, double y, const char *anchor, u32 size, const char *text, FILE *out)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%u\">", x, y,
		anchor, size);
	put_text(text, out);
	fputs("</text>\n", out);
}

static void line(double x1, double y1, double x2, double y2, const char *colour, FILE *out)
{
	fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
		x1, y1, x2, y2, colour);
}

/* -- the plot ---------------------------------------------------------------------------------- */

struct view {
	struct axis x, y;
};

static double px(const struct view *v, double x)
{
	return LEFT + axis_place(&v->x, x) * PLOT_WIDTH;
}

static double py(const struct view *v, double y)
{
	return TOP + (1 - axis_place(&v->y, y)) * PLOT_HEIGHT;
}

static void draw_axes(const struct view *v, const struct experiment *e, FILE *out)
{
	char text[120];

	for (u32 i = 0; i < v->y.nr_ticks; i++) {
		double y = py(v, v->y.ticks[i]);

		line(LEFT, y, LEFT + PLOT_WIDTH, y, "#dddddd", out);
		label(LEFT - 6, y + 4, "end", 12, tick_text(v->y.ticks[i], text, sizeof(text)),
		      out);
	}
	for (u32 i = 0; i < v->x.nr_ticks; i++) {
		double x = px(v, v->x.ticks[i]);

		line(x, TOP + PLOT_HEIGHT, x, TOP + PLOT_HEIGHT + 5, "#333333", out);
		label(x, TOP + PLOT_HEIGHT + 19, "middle", 12,
		      tick_text(v->x.ticks[i], text, sizeof(text)), out);
	}
	line(LEFT, TOP, LEFT, TOP + PLOT_HEIGHT, "#333333", out);
	line(LEFT, TOP + PLOT_HEIGHT, LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT, "#333333", out);
	snprintf(text, sizeof(text), "%s%s", e->x_label, e->log_x ? " (logarithmic)" : "");
	label(LEFT + PLOT_WIDTH / 2.0, TOP + PLOT_HEIGHT + 42, "middle", 13, text, out);
	snprintf(text, sizeof(text), "%s%s", e->y_label, e->log_y ? " (logarithmic)" : "");
	label(LEFT - 50, TOP - 12, "start", 13, text, out);
}

static void draw_mark(double x, double y, u32 i, FILE *out)
{
	const char *colour = colours[i % ARRAY_SIZE(colours)];

	if (i % 3 == 0)
		fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x, y,
			colour);
	else if (i % 3 == 1)
		fprintf(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\" fill=\"%s\"/>\n",
			x - 3.5, y - 3.5, colour);
	else
		fprintf(out, "<path d=\"M%.1f %.1fl5 8h-10z\" fill=\"%s\"/>\n", x, y - 5, colour);
}

static void draw_series(const struct view *v, const struct series *s, u32 i, FILE *out)
{
	double legend = TOP + 14 + 22.0 * i;

	fputs("<polyline fill=\"none\" stroke-width=\"1.5\" points=\"", out);
	for (u32 k = 0; k < s->n; k++)
		fprintf(out, "%s%.1f,%.1f", k ? " " : "", px(v, s->points[k].x),
			py(v, s->points[k].y));
	fprintf(out, "\" stroke=\"%s\"/>\n", colours[i % ARRAY_SIZE(colours)]);
	for (u32 k = 0; k < s->n; k++)
		draw_mark(px(v, s->points[k].x), py(v, s->points[k].y), i, out);
	draw_mark(LEFT + PLOT_WIDTH + 20, legend - 4, i, out);
	label(LEFT + PLOT_WIDTH + 32, legend, "start", 13, s->name, out);
}

static void draw_plot(const struct experiment *e, FILE *out)
{
	struct view v;

	axis_of(e, true, &v.x);
	axis_of(e, false, &v.y);
	draw_axes(&v, e, out);
	for (u32 i = 0; i < e->series.n; i++)
		draw_series(&v, &e->series.v[i], i, out);
}

/* -- without points ---------------------------------------------------------------------------- */

static void draw_claims(const struct experiment *e, FILE *out)
{
	char figure[40], expected[40], text[200];
	double y = TOP;

	for (u32 i = 0; i < e->claims.n; i++) {
		const struct claim *c = &e->claims.v[i];

		if (!claim_wanted(e, c))
			continue;
		snprintf(text, sizeof(text), "%s %s (expected %s)",
			 figure_text(c->figure, figure, sizeof(figure)), c->unit,
			 figure_text(c->expected, expected, sizeof(expected)));
		label(20, y, "start", 13, c->name, out);
		label(260, y, "start", 13, text, out);
		label(WIDTH - 20, y, "end", 13, claim_holds(c) ? "holds" : "does not hold", out);
		y += 26;
	}
}

void experiment_svg(const struct experiment *e, FILE *out)
{
	bool plot = e->x_label && e->series.n;
	u32 height = plot ? HEIGHT : TOP + 26 * e->claims.n;

	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%u\" "
		"viewBox=\"0 0 %d %u\" font-family=\"sans-serif\">\n", WIDTH, height, WIDTH,
		height);
	fprintf(out, "<rect width=\"%d\" height=\"%u\" fill=\"white\"/>\n", WIDTH, height);
	label(20, 26, "start", 16, e->title, out);
	if (plot)
		draw_plot(e, out);
	else
		draw_claims(e, out);
	fputs("</svg>\n", out);
}
