/* SPDX-License-Identifier: GPL-2.0-only */
/* What was typed and printed so far, the newest line last. */
#include "pane.h"

#include <stdio.h>

static uint8_t style_of(char kind)
{
	return kind == '>' ? STYLE_PROMPT : kind == 'e' ? STYLE_BAD :
	       kind == 'l' ? STYLE_DIM : STYLE_PLAIN;
}

static int rows_of(struct canvas *c, const char *text)
{
	int rows = canvas_wrap(c, 0, STYLE_PLAIN, text, false);

	return rows > 0 ? rows : 1;
}

static void draw(struct canvas *c, const struct view *v)
{
	uint32_t n = v->session ? session_lines(v->session) : 0, first = n;
	int h = canvas_height(c), used = 0, y = 0;
	uint64_t tick;
	char kind;

	while (first > 0) {
		int rows = rows_of(c, session_line(v->session, first - 1, &kind, &tick));

		if (used + rows > h && first < n)
			break;
		used += rows;
		first--;
	}
	for (uint32_t i = first; i < n && y < h; i++) {
		const char *text = session_line(v->session, i, &kind, &tick);
		char echo[400];

		if (kind == '>') {
			snprintf(echo, sizeof(echo), "> %s", text);
			text = echo;
		}
		canvas_wrap(c, y, style_of(kind), text, true);
		y += rows_of(c, text);
	}
	if (n == 0)
		canvas_wrap(c, 0, STYLE_DIM, "Press : and type Lua, for example  m.counters", true);
}

const struct pane pane_output = {
	.name = "repl",
	.what = "what was typed and printed",
	.draw = draw,
};
