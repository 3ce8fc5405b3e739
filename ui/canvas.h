/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * canvas: the screen before it is on a screen. A grid of cells; panes draw into windows of it.
 *
 *	canvas, cols x rows
 *	+------------------------------------------+
 *	|      window: its own 0,0                 |
 *	|      +------------------------+          |
 *	|      | what falls outside the |          |
 *	|      | window is not drawn    |          |
 *	|      +------------------------+          |
 *	+------------------------------------------+
 *
 * A wide character lies in two cells: the left one holds the glyph, the right one an empty text.
 * Drawing over one half turns the other into a space. Styles are names (theme.h), never colours.
 */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "text.h"

struct rect {
	int x, y;		/* left upper cell */
	int w, h;		/* cells; nothing when not positive */
};

struct cell {
	char text[GLYPH_BYTES];	/* "" = right half of the wide character to the left */
	uint8_t width;		/* 1 or 2; 0 for a right half */
	uint8_t style;		/* enum style, perhaps with STYLE_CHANGED */
};

struct canvas {
	int cols, rows;
	struct cell *cells;	/* rows of cols cells */
	struct rect window;	/* drawing coordinates start here, in cells of the canvas */
	struct rect clip;	/* nothing is drawn outside */
	int cursor_x, cursor_y;	/* in cells of the canvas; x < 0 hides the cursor */
	bool ascii;		/* draw the ASCII twins only */
};

/* Make a blank canvas, at least 1x1. Returns false when there is no memory. */
bool canvas_init(struct canvas *c, int cols, int rows);

/* Give the canvas another size; it is blank then. On false (no memory) nothing has changed. */
bool canvas_resize(struct canvas *c, int cols, int rows);

/* Free the cells. */
void canvas_free(struct canvas *c);

/* Blank every cell, leave all windows, hide the cursor. */
void canvas_clear(struct canvas *c);

/* What canvas_enter() hides and canvas_leave() brings back. */
struct window {
	struct rect window, clip;
};

/* Draw in @r of the current window from now on. Give the result to canvas_leave(). */
struct window canvas_enter(struct canvas *c, struct rect r);
void canvas_leave(struct canvas *c, struct window outer);

/* Size of the current window in cells, clipped or not. */
static inline int canvas_width(const struct canvas *c)
{
	return c->window.w;
}

static inline int canvas_height(const struct canvas *c)
{
	return c->window.h;
}

/*
 * Draw @text in one row from @x,@y of the window. Returns the column behind the last glyph, drawn
 * or clipped. Newlines and other control characters are shown as a replacement glyph.
 */
int canvas_text(struct canvas *c, int x, int y, uint8_t style, const char *text);

/* The same for the first @bytes bytes of @text. */
int canvas_textn(struct canvas *c, int x, int y, uint8_t style, const char *text, size_t bytes);

/* The same with a printf format; what is longer than 511 bytes is cut. */
int canvas_printf(struct canvas *c, int x, int y, uint8_t style, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Draw @text in @width cells: what is longer ends in "…". Returns the column behind it. */
int canvas_fit(struct canvas *c, int x, int y, int width, uint8_t style, const char *text);

/*
 * Draw @text in lines of the window's width, broken between words, from row @y. With @draw false
 * only count. Returns the row behind the last one.
 */
int canvas_wrap(struct canvas *c, int y, uint8_t style, const char *text, bool draw);

/* Fill @r of the window with @glyph (one cell wide). */
void canvas_fill(struct canvas *c, struct rect r, uint8_t style, const char *glyph);

/* A row or column of @n line characters. */
void canvas_hline(struct canvas *c, int x, int y, int n, uint8_t style);
void canvas_vline(struct canvas *c, int x, int y, int n, uint8_t style);

/*
 * A frame along the edge of @r with @title on its upper side. Returns the room inside, with one
 * free cell left and right: text never touches a border.
 */
struct rect canvas_box(struct canvas *c, struct rect r, uint8_t style, uint8_t title_style,
		       const char *title);

/* Give every cell of @r of the window the style @style and leave the glyphs. */
void canvas_restyle(struct canvas *c, struct rect r, uint8_t style);

/* Put the cursor at @x,@y of the window, or hide it when that cell is clipped. */
void canvas_cursor(struct canvas *c, int x, int y);

/* The cell at @x,@y of the canvas (not of the window), or NULL outside. */
const struct cell *canvas_cell(const struct canvas *c, int x, int y);

/* Print the glyphs, a line each row, without the spaces at the end of a row. */
void canvas_print(const struct canvas *c, FILE *out);

/* Print the styles, a letter each cell as @letter names them, without the dots at a row's end. */
void canvas_print_styles(const struct canvas *c, char (*letter)(uint8_t style), FILE *out);

#endif
