/* SPDX-License-Identifier: GPL-2.0-only */
#include "layout.h"

#include <string.h>

/* A stack of panes: name and share of the column's height, in percent. */
struct share {
	const char *pane;
	int percent;
};

static void add_place(struct layout *l, struct rect r, const char *pane)
{
	if (l->count < LAYOUT_PLACES)
		l->places[l->count++] = (struct place){ .r = r, .pane = pane };
}

/* Fill a column with n panes; the last takes what rounding left. */
static void add_column(struct layout *l, struct rect r, const struct share *shares, int n)
{
	int y = r.y;

	for (int i = 0; i < n; i++) {
		int h = i + 1 < n ? r.h * shares[i].percent / 100 : r.y + r.h - y;

		add_place(l, (struct rect){ r.x, y, r.w, h }, shares[i].pane);
		y += h;
	}
}

/* Status above, prompt and keys below; what is left between is the panes'. */
static struct rect cut_edges(struct layout *l, int cols, int rows, int prompt_rows)
{
	int top = rows >= 3, keys = rows >= 4, most = rows / 3 > 0 ? rows / 3 : 1;

	if (prompt_rows > most)
		prompt_rows = most;
	if (prompt_rows < 1)
		prompt_rows = 1;
	if (rows < 2)
		prompt_rows = 0;
	l->status = (struct rect){ 0, 0, cols, top };
	l->prompt = (struct rect){ 0, rows - keys - prompt_rows, cols, prompt_rows };
	l->keys = (struct rect){ 0, rows - keys, cols, keys };
	return (struct rect){ 0, top, cols, rows - top - keys - prompt_rows };
}

static void lay_small(struct layout *l, struct rect r, bool lesson)
{
	int trace = r.h >= 19 ? 5 : 4, low = r.h >= 19 ? 6 : 5, top = r.h - trace - low;
	int left = r.w / 2 + 1, right = r.w - left, y = r.y + top;

	add_place(l, (struct rect){ r.x, r.y, left, top }, lesson ? "lesson" : "repl");
	add_place(l, (struct rect){ r.x + left, r.y, right, top }, lesson ? "rmap" : "frames");
	add_place(l, (struct rect){ r.x, y, left, low }, "stack");
	add_place(l, (struct rect){ r.x + left, y, right, low }, "lru");
	add_place(l, (struct rect){ r.x, y + low, r.w, trace }, "trace");
}

static void lay_medium(struct layout *l, struct rect r, bool lesson)
{
	const struct share left[] = {
		{ lesson ? "lesson" : "repl", 36 }, { "frames", 38 }, { "lru", 26 } };
	static const struct share right[] = {
		{ "rmap", 37 }, { "stack", 37 }, { "pagetable", 26 } };
	int trace = 7, w = r.w * 45 / 100;

	add_column(l, (struct rect){ r.x, r.y, w, r.h - trace }, left, 3);
	add_column(l, (struct rect){ r.x + w, r.y, r.w - w, r.h - trace }, right, 3);
	add_place(l, (struct rect){ r.x, r.y + r.h - trace, r.w, trace }, "trace");
}

static void lay_large(struct layout *l, struct rect r, bool lesson)
{
	const struct share left[] = {
		{ lesson ? "lesson" : "threads", 34 }, { "tasks", 22 }, { "lru", 22 },
		{ "trace", 22 } };
	static const struct share middle[] = {
		{ "frames", 26 }, { "rmap", 24 }, { "stack", 36 }, { "repl", 14 } };
	static const struct share right[] = {
		{ "page", 22 }, { "pagetable", 30 }, { "swap", 24 }, { "zones", 24 } };
	int w = r.w * 32 / 100, v = r.w * 36 / 100;

	add_column(l, (struct rect){ r.x, r.y, w, r.h }, left, 4);
	add_column(l, (struct rect){ r.x + w, r.y, v, r.h }, middle, 4);
	add_column(l, (struct rect){ r.x + w + v, r.y, r.w - w - v, r.h }, right, 4);
}

void layout_make(struct layout *l, int cols, int rows, bool lesson, int prompt_rows)
{
	struct rect r;

	memset(l, 0, sizeof(*l));
	r = cut_edges(l, cols, rows, prompt_rows);
	if (cols < 56 || r.h < 13) {
		l->bare = r.h < 5 || cols < 24;
		add_place(l, r, lesson ? "lesson" : "frames");
	} else if (cols >= 170 && r.h >= 44) {
		lay_large(l, r, lesson);
	} else if (cols >= 100 && r.h >= 30) {
		lay_medium(l, r, lesson);
	} else {
		lay_small(l, r, lesson);
	}
}

struct rect layout_all(const struct layout *l)
{
	int top = l->status.h;

	return (struct rect){ 0, top, l->prompt.w, l->prompt.y - top };
}
