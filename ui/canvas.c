/* SPDX-License-Identifier: GPL-2.0-only */
#include "canvas.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ rectangles */

static int min_int(int a, int b)
{
	return a < b ? a : b;
}

static int max_int(int a, int b)
{
	return a > b ? a : b;
}

static struct rect rect_cut(struct rect a, struct rect b)
{
	struct rect r = { .x = max_int(a.x, b.x), .y = max_int(a.y, b.y) };

	r.w = min_int(a.x + a.w, b.x + b.w) - r.x;
	r.h = min_int(a.y + a.h, b.y + b.h) - r.y;
	return r;
}

static bool rect_has(struct rect r, int x, int y)
{
	return x >= r.x && x < r.x + r.w && y >= r.y && y < r.y + r.h;
}

/* ------------------------------------------------------------------ the grid */

static const struct cell blank = { .text = " ", .width = 1 };

bool canvas_resize(struct canvas *c, int cols, int rows)
{
	struct cell *cells;

	cols = max_int(cols, 1);
	rows = max_int(rows, 1);
	cells = calloc((size_t)cols * (size_t)rows, sizeof(*cells));
	if (!cells)
		return false;
	free(c->cells);
	c->cells = cells;
	c->cols = cols;
	c->rows = rows;
	canvas_clear(c);
	return true;
}

bool canvas_init(struct canvas *c, int cols, int rows)
{
	memset(c, 0, sizeof(*c));
	c->ascii = !locale_is_utf8();
	return canvas_resize(c, cols, rows);
}

void canvas_free(struct canvas *c)
{
	free(c->cells);
	memset(c, 0, sizeof(*c));
}

void canvas_clear(struct canvas *c)
{
	for (int i = 0; i < c->cols * c->rows; i++)
		c->cells[i] = blank;
	c->window = (struct rect){ 0, 0, c->cols, c->rows };
	c->clip = c->window;
	c->cursor_x = -1;
	c->cursor_y = -1;
}

struct window canvas_enter(struct canvas *c, struct rect r)
{
	struct window outer = { c->window, c->clip };

	r.x += c->window.x;
	r.y += c->window.y;
	r.w = max_int(r.w, 0);
	r.h = max_int(r.h, 0);
	c->window = r;
	c->clip = rect_cut(c->clip, r);
	return outer;
}

void canvas_leave(struct canvas *c, struct window outer)
{
	c->window = outer.window;
	c->clip = outer.clip;
}

static struct cell *cell_at(const struct canvas *c, int x, int y)
{
	return &c->cells[y * c->cols + x];
}

/* Whoever draws over half of a wide character leaves a space where the other half was. */
static void break_wide(struct canvas *c, int x, int y)
{
	struct cell *cell = cell_at(c, x, y);
	int other = cell->width == 2 ? x + 1 : cell->width == 0 ? x - 1 : -1;

	if (other < 0 || other >= c->cols)
		return;
	cell = cell_at(c, other, y);
	strcpy(cell->text, " ");
	cell->width = 1;
}

static void put_cell(struct canvas *c, int x, int y, uint8_t style, const char *text, int width)
{
	struct cell *cell = cell_at(c, x, y);

	break_wide(c, x, y);
	strcpy(cell->text, text);
	cell->width = (uint8_t)width;
	cell->style = style;
}

/* Draw a glyph at @x,@y of the canvas. A wide one that the clip cuts in two becomes a space. */
static void put_glyph(struct canvas *c, int x, int y, uint8_t style, const struct glyph *g)
{
	bool left = rect_has(c->clip, x, y);
	bool right = g->width == 2 && rect_has(c->clip, x + 1, y);

	if (c->ascii) {
		for (int i = 0; i < g->width; i++)
			if (i ? right : left)
				put_cell(c, x + i, y, style, (char[]){ g->text[i], 0 }, 1);
	} else if (g->width == 2 && left && right) {
		put_cell(c, x, y, style, " ", 1);
		put_cell(c, x + 1, y, style, "", 0);
		strcpy(cell_at(c, x, y)->text, g->text);
		cell_at(c, x, y)->width = 2;
	} else if (left) {
		put_cell(c, x, y, style, g->width == 2 ? " " : g->text, 1);
	} else if (right) {
		put_cell(c, x + 1, y, style, " ", 1);
	}
}

/* ------------------------------------------------------------------ text */

int canvas_textn(struct canvas *c, int x, int y, uint8_t style, const char *text, size_t bytes)
{
	const char *end = text + bytes;
	struct glyph g;

	while (text < end && glyph_next(&text, c->ascii, &g)) {
		put_glyph(c, c->window.x + x, c->window.y + y, style, &g);
		x += g.width;
	}
	return x;
}

int canvas_text(struct canvas *c, int x, int y, uint8_t style, const char *text)
{
	return canvas_textn(c, x, y, style, text, strlen(text));
}

int canvas_printf(struct canvas *c, int x, int y, uint8_t style, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return canvas_text(c, x, y, style, text);
}

int canvas_fit(struct canvas *c, int x, int y, int width, uint8_t style, const char *text)
{
	int room = width - 1, used = 0;
	struct glyph g;

	if (text_width(text) <= width)
		return canvas_text(c, x, y, style, text);
	if (width <= 0)
		return x;
	while (glyph_next(&text, c->ascii, &g) && used + g.width <= room) {
		put_glyph(c, c->window.x + x + used, c->window.y + y, style, &g);
		used += g.width;
	}
	return canvas_text(c, x + used, y, style, "…");
}

int canvas_wrap(struct canvas *c, int y, uint8_t style, const char *text, bool draw)
{
	size_t next;

	for (; *text; text += next, y++) {
		size_t bytes = text_break(text, canvas_width(c), &next);

		if (draw)
			canvas_textn(c, 0, y, style, text, bytes);
	}
	return y;
}

/* ------------------------------------------------------------------ lines */

void canvas_fill(struct canvas *c, struct rect r, uint8_t style, const char *glyph)
{
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			canvas_text(c, x, y, style, glyph);
}

void canvas_hline(struct canvas *c, int x, int y, int n, uint8_t style)
{
	canvas_fill(c, (struct rect){ x, y, n, 1 }, style, "─");
}

void canvas_vline(struct canvas *c, int x, int y, int n, uint8_t style)
{
	canvas_fill(c, (struct rect){ x, y, 1, n }, style, "│");
}

struct rect canvas_box(struct canvas *c, struct rect r, uint8_t style, uint8_t title_style,
		       const char *title)
{
	int right = r.x + r.w - 1, low = r.y + r.h - 1;

	canvas_hline(c, r.x + 1, r.y, r.w - 2, style);
	canvas_hline(c, r.x + 1, low, r.w - 2, style);
	canvas_vline(c, r.x, r.y + 1, r.h - 2, style);
	canvas_vline(c, right, r.y + 1, r.h - 2, style);
	canvas_text(c, r.x, r.y, style, "┌");
	canvas_text(c, right, r.y, style, "┐");
	canvas_text(c, r.x, low, style, "└");
	canvas_text(c, right, low, style, "┘");
	if (*title && r.w > 6) {
		int x = canvas_text(c, r.x + 1, r.y, style, " ");

		x = canvas_fit(c, x, r.y, r.w - 4, title_style, title);
		canvas_text(c, x, r.y, style, " ");
	}
	return (struct rect){ r.x + 2, r.y + 1, r.w - 4, r.h - 2 };
}

void canvas_restyle(struct canvas *c, struct rect r, uint8_t style)
{
	r.x += c->window.x;
	r.y += c->window.y;
	r = rect_cut(r, c->clip);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++)
			cell_at(c, x, y)->style = style;
}

void canvas_cursor(struct canvas *c, int x, int y)
{
	bool seen = rect_has(c->clip, c->window.x + x, c->window.y + y);

	c->cursor_x = seen ? c->window.x + x : -1;
	c->cursor_y = seen ? c->window.y + y : -1;
}

/* ------------------------------------------------------------------ printing */

const struct cell *canvas_cell(const struct canvas *c, int x, int y)
{
	if (x < 0 || x >= c->cols || y < 0 || y >= c->rows)
		return NULL;
	return cell_at(c, x, y);
}

void canvas_print(const struct canvas *c, FILE *out)
{
	for (int y = 0; y < c->rows; y++) {
		int end = c->cols;

		while (end > 0 && strcmp(cell_at(c, end - 1, y)->text, " ") == 0)
			end--;
		for (int x = 0; x < end; x++)
			fputs(cell_at(c, x, y)->text, out);
		fputc('\n', out);
	}
}

void canvas_print_styles(const struct canvas *c, char (*letter)(uint8_t style), FILE *out)
{
	for (int y = 0; y < c->rows; y++) {
		int end = c->cols;

		while (end > 0 && letter(cell_at(c, end - 1, y)->style) == letter(0))
			end--;
		for (int x = 0; x < end; x++)
			fputc(letter(cell_at(c, x, y)->style), out);
		fputc('\n', out);
	}
}
