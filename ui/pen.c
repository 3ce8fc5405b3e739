/* SPDX-License-Identifier: GPL-2.0-only */
#include "pen.h"

void pen_newline(struct pen *pen)
{
	pen->x = 0;
	pen->y++;
}

static void put(struct pen *pen, uint8_t style, const char *text, int cells)
{
	if (pen->x + cells > pen->width && pen->x > 0)
		pen_newline(pen);
	if (pen->c && pen->y >= pen->first && pen->y < pen->first + pen->rows)
		canvas_text(pen->c, pen->x, pen->y - pen->first, style, text);
	pen->x += cells;
}

static void put_control(struct pen *pen, uint8_t style, char byte)
{
	static const char spaces[] = "        ";
	int column = pen->x % 8;

	switch (byte) {
	case '\n':
		pen_newline(pen);
		break;
	case '\t':
		put(pen, style, &spaces[column], 8 - column);
		break;
	default:
		put(pen, style, (char[]){ '^', (char)(byte ^ 0x40), 0 }, 2);
	}
}

void pen_write(struct pen *pen, uint8_t style, const char *text, size_t bytes)
{
	const char *end = text + bytes;
	struct glyph g;

	while (text < end && *text) {
		if ((*text >= 0 && *text < 0x20) || *text == 0x7f) {
			put_control(pen, style, *text++);
			continue;
		}
		glyph_next(&text, false, &g);
		put(pen, style, g.text, g.width);
	}
}
