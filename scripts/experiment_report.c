/* SPDX-License-Identifier: GPL-2.0-only */
/* What came out of an experiment, for people and as JSON. */
#include "experiment.h"

#include <math.h>
#include <string.h>

#define WIDTH 80

char *figure_text(double value, char *buf, size_t n)
{
	if (value == floor(value) && fabs(value) < 1e15)
		snprintf(buf, n, "%.0f", value);
	else if (fabs(value) >= 1000)
		snprintf(buf, n, "%.1f", value);
	else
		snprintf(buf, n, "%.4g", value);
	return buf;
}

void print_wrapped(const char *text, u32 indent, u32 width, FILE *out)
{
	u32 column = 0;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (column && column + 1 + word > width) {
			fputc('\n', out);
			column = 0;
		}
		if (!column)
			column = (u32)fprintf(out, "%*s", (int)indent, "");
		else
			column += (u32)fprintf(out, " ");
		column += (u32)fprintf(out, "%.*s", (int)word, text);
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* -- the claims -------------------------------------------------------------------------------- */

static void print_claim(const struct claim *c, FILE *out)
{
	char figure[40], expected[40], tolerance[40], wanted[100];

	snprintf(wanted, sizeof(wanted), "%s +- %s",
		 figure_text(c->expected, expected, sizeof(expected)),
		 figure_text(c->tolerance, tolerance, sizeof(tolerance)));
	if (!c->tolerance)
		snprintf(wanted, sizeof(wanted), "%s", expected);
	fprintf(out, "  %-24s %12s %-5s %18s  %s\n", c->name,
		figure_text(c->figure, figure, sizeof(figure)), c->unit, wanted,
		claim_holds(c) ? "holds" : "DOES NOT HOLD");
	print_wrapped(c->text, 6, WIDTH, out);
	fprintf(out, "      (%s)\n", c->source);
}

static void print_claims(const struct experiment *e, FILE *out)
{
	u32 left = 0;

	fprintf(out, "  %-24s %12s %-5s %18s\n", "claim", "figure", "", "expected");
	for (u32 i = 0; i < e->claims.n; i++)
		if (claim_wanted(e, &e->claims.v[i]))
			print_claim(&e->claims.v[i], out);
		else
			left++;
	if (left)
		fprintf(out, "  %u more with --all\n", left);
}

/* -- the points as a table --------------------------------------------------------------------- */

/* The x of all series together, sorted, each once. */
static u32 all_x(const struct experiment *e, double *x, u32 max)
{
	u32 n = 0;

	for (u32 i = 0; i < e->series.n; i++)
		for (u32 k = 0; k < e->series.v[i].n; k++) {
			double value = e->series.v[i].points[k].x;
			u32 at = 0;

			while (at < n && x[at] < value)
				at++;
			if ((at < n && x[at] == value) || n == max)
				continue;
			memmove(&x[at + 1], &x[at], (n - at) * sizeof(*x));
			x[at] = value;
			n++;
		}
	return n;
}

static int column_width(const struct series *s)
{
	return strlen(s->name) < 10 ? 10 : (int)strlen(s->name);
}

static void print_cell(const struct series *s, double x, FILE *out)
{
	char text[40] = "";

	for (u32 k = 0; k < s->n; k++)
		if (s->points[k].x == x)
			figure_text(s->points[k].y, text, sizeof(text));
	fprintf(out, "  %*s", column_width(s), text);
}

static void print_points(const struct experiment *e, FILE *out)
{
	double x[40];
	u32 n = all_x(e, x, ARRAY_SIZE(x));
	char text[40];

	fprintf(out, "\n  %10s", "");
	for (u32 i = 0; i < e->series.n; i++)
		fprintf(out, "  %*s", column_width(&e->series.v[i]), e->series.v[i].name);
	fputc('\n', out);
	for (u32 k = 0; k < n; k++) {
		fprintf(out, "  %10s", figure_text(x[k], text, sizeof(text)));
		for (u32 i = 0; i < e->series.n; i++)
			print_cell(&e->series.v[i], x[k], out);
		fputc('\n', out);
	}
	fprintf(out, "  across: %s; down: %s\n\n", e->y_label, e->x_label);
}

void experiment_text(const struct experiment *e, FILE *out)
{
	fprintf(out, "%s: %s\n\n", e->id, e->title);
	print_wrapped(e->setup, 2, WIDTH, out);
	fputc('\n', out);
	print_claims(e, out);
	if (e->notes.n)
		fputc('\n', out);
	for (u32 i = 0; i < e->notes.n; i++)
		print_wrapped(e->notes.v[i], 2, WIDTH, out);
	if (!e->x_label || !e->series.n)
		return;
	print_points(e, out);
	experiment_plot(e, out);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static void json_string(const char *text, FILE *out)
{
	fputc('"', out);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p == '"' || *p == '\\')
			fprintf(out, "\\%c", *p);
		else if (*p < 0x20)
			fprintf(out, "\\u%04x", *p);
		else
			fputc(*p, out);
	fputc('"', out);
}

static void json_claim(const struct claim *c, FILE *out)
{
	fputs("{\"name\": ", out);
	json_string(c->name, out);
	fprintf(out, ", \"figure\": %.12g, \"expected\": %.12g, \"tolerance\": %.12g, "
		"\"holds\": %s}", c->figure, c->expected, c->tolerance,
		claim_holds(c) ? "true" : "false");
}

void experiment_json(const struct experiment *e, FILE *out)
{
	const char *between = "";

	fputs("{\"name\": ", out);
	json_string(e->id, out);
	fputs(", \"claims\": [", out);
	for (u32 i = 0; i < e->claims.n; i++) {
		if (!claim_wanted(e, &e->claims.v[i]))
			continue;
		fputs(between, out);
		json_claim(&e->claims.v[i], out);
		between = ", ";
	}
	fputs("]}\n", out);
}
