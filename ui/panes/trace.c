/* SPDX-License-Identifier: GPL-2.0-only */
/* What happened, one sentence an event, the current one last. */
#include "pane.h"

#include <stdio.h>

#define SENTENCE 400

static int number_width(uint64_t n)
{
	int w = 1;

	while (n >= 10) {
		n /= 10;
		w++;
	}
	return w;
}

/* Rows a tick's sentence takes when it is wrapped beside its number. */
static int draw_tick(struct canvas *c, const struct view *v, uint64_t tick, int y, int indent,
		     bool really)
{
	const struct machine *m = NULL;
	const struct event *ev = session_event(v->session, tick, &m);
	bool now = tick == v->tick;
	char text[SENTENCE];
	struct window outer;
	int rows;

	if (ev)
		event_sentence(m, ev, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "(done)");
	if (really)
		canvas_printf(c, 0, y, now ? STYLE_NOW : STYLE_DIM, "%s%*llu", now ? "▸" : " ",
			      indent - 2, (unsigned long long)tick);
	outer = canvas_enter(c, (struct rect){ indent, y, canvas_width(c) - indent,
					       really ? canvas_height(c) - y : 1000 });
	rows = canvas_wrap(c, 0, !ev ? STYLE_DIM : now ? STYLE_NOW : STYLE_PLAIN, text, really);
	canvas_leave(c, outer);
	return rows > 0 ? rows : 1;
}

/* The end of an input is worth a line only while we stand there. */
static bool hidden(const struct view *v, uint64_t tick)
{
	return tick != v->tick && !session_event(v->session, tick, NULL);
}

static void draw(struct canvas *c, const struct view *v)
{
	int h = canvas_height(c), indent = number_width(v->tick) + 2, used = 0, y = 0;
	uint64_t first = v->tick + 1;

	if (!v->session || v->tick == 0) {
		canvas_text(c, 0, 0, STYLE_DIM, "nothing has happened yet");
		return;
	}
	while (first > 1) {
		int rows = hidden(v, first - 1) ? 0 :
			   draw_tick(c, v, first - 1, 0, indent, false);

		if (used + rows > h && first <= v->tick)
			break;
		used += rows;
		first--;
		if (used >= h)
			break;
	}
	for (uint64_t tick = first; tick <= v->tick && y < h; tick++)
		if (!hidden(v, tick))
			y += draw_tick(c, v, tick, y, indent, true);
}

static void title(const struct view *v, char *buf, size_t n)
{
	if (v->m)
		snprintf(buf, n, "%llu.%03llu ms", (unsigned long long)(v->m->now / 1000000),
			 (unsigned long long)(v->m->now / 1000 % 1000));
}

const struct pane pane_trace = {
	.name = "trace",
	.what = "one sentence for each event",
	.title = title,
	.draw = draw,
};
