/* SPDX-License-Identifier: GPL-2.0-only */
#include "choices.h"

#include <stdlib.h>
#include <string.h>

#include "theme.h"

#define CHOICE_ROWS 8

void choices_open(struct choices *c, char *const *items, int n)
{
	choices_close(c);
	c->items = calloc((size_t)n, sizeof(*c->items));
	for (int i = 0; c->items && i < n; i++) {
		c->items[c->count] = strdup(items[i]);
		c->count += c->items[c->count] != NULL;
	}
}

void choices_close(struct choices *c)
{
	for (int i = 0; i < c->count; i++)
		free(c->items[i]);
	free(c->items);
	memset(c, 0, sizeof(*c));
}

enum choice choices_key(struct choices *c, const struct key *key)
{
	switch (key->code) {
	case K_TAB:
	case K_DOWN:
		c->chosen = (c->chosen + 1) % c->count;
		return CHOICE_MOVED;
	case K_BACKTAB:
	case K_UP:
		c->chosen = (c->chosen + c->count - 1) % c->count;
		return CHOICE_MOVED;
	case K_ENTER:
		return CHOICE_TAKEN;
	case K_ESCAPE:
		choices_close(c);
		return CHOICE_MOVED;
	}
	choices_close(c);
	return CHOICE_TYPED;
}

static int widest(const struct choices *c)
{
	int width = 0;

	for (int i = 0; i < c->count; i++)
		if (text_width(c->items[i]) > width)
			width = text_width(c->items[i]);
	return width;
}

void choices_draw(const struct choices *list, struct canvas *c, int x, int foot)
{
	int rows = list->count < CHOICE_ROWS ? list->count : CHOICE_ROWS;
	int width = widest(list), first;
	struct rect frame, in;

	if (rows > foot - 2)
		rows = foot - 2;
	if (rows < 1)
		return;
	first = list->chosen < rows ? 0 : list->chosen - rows + 1;
	frame = (struct rect){ x, foot - rows - 2, width + 6, rows + 2 };
	if (frame.x + frame.w > canvas_width(c))
		frame.x = frame.w < canvas_width(c) ? canvas_width(c) - frame.w : 0;
	canvas_fill(c, frame, STYLE_PLAIN, " ");
	in = canvas_box(c, frame, STYLE_DIM, STYLE_DIM, "");
	for (int i = 0; i < rows; i++) {
		bool chosen = first + i == list->chosen;
		uint8_t style = chosen ? STYLE_SELECTED : STYLE_PLAIN;

		canvas_text(c, in.x, in.y + i, STYLE_PLAIN, chosen ? "▸" : " ");
		canvas_fit(c, in.x + 2, in.y + i, width, style, list->items[first + i]);
	}
}
