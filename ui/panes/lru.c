/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two lists, head first. A page is its number and one mark:
 *
 *	5b' referenced   59* dirty   2f# locked   60w being written   ‹2a› selected   61• moved here
 */
#include "pane.h"

#include <stdio.h>
#include <string.h>

#define MANY 4096

/* Would page_referenced count anything? Asking must not clear, so ptes are only looked at. */
static bool used(const struct view *v, const struct page_view *p)
{
	struct mapping_view maps[16];
	uint32_t n = inspect_mappers(v->m, p->pfn, maps, 16);

	if (p->flags & 1u << 2)
		return true;
	for (uint32_t i = 0; i < n && i < 16; i++)
		if (maps[i].raw & 0x20)
			return true;
	return false;
}

static char mark_of(const struct view *v, const struct page_view *p)
{
	if (p->flags & 1u << 13)
		return 'w';
	if (p->flags & 1u)
		return '#';
	if (used(v, p))
		return '\'';
	return p->flags & 1u << 4 ? '*' : ' ';
}

/* One page at x, y; the column behind it. */
static int draw_page(struct canvas *c, const struct view *v, bool active, uint32_t pfn, int x,
		     int y)
{
	bool on = v->sel.has_page && v->sel.pfn == pfn;
	bool moved = view_list_changed(v, active, pfn);
	struct page_view p;
	uint8_t style;
	char mark;

	inspect_page(v->m, pfn, &p);
	style = on ? STYLE_SELECTED : view_use_style(p.use);
	if (moved)
		style |= STYLE_CHANGED;
	mark = mark_of(v, &p);
	x = canvas_printf(c, x, y, style, "%s%x%s", on ? "‹" : "", pfn, on ? "›" : "");
	if (mark != ' ')
		x = canvas_printf(c, x, y, style, "%c", mark);
	if (moved)
		x = canvas_text(c, x, y, style, "•");
	return x + 1;
}

static int draw_list(struct canvas *c, const struct view *v, bool active, int y, int rows)
{
	static uint32_t pfns[MANY];
	uint32_t n = inspect_lru_list(v->m, active, pfns, MANY), shown = 0;
	int x = canvas_printf(c, 0, y, STYLE_TITLE, "%s %u ", active ? "active  " : "inactive", n);
	int end = y + rows;

	x = canvas_text(c, x, y, STYLE_DIM, "▸ ");
	for (; shown < n && shown < MANY; shown++) {
		if (x + 7 > canvas_width(c)) {
			if (y + 1 >= end)
				break;
			x = 2;
			y++;
		}
		x = draw_page(c, v, active, pfns[shown], x, y);
	}
	if (shown < n) {
		canvas_fill(c, (struct rect){ canvas_width(c) - 8, y, 8, 1 }, STYLE_PLAIN, " ");
		x = canvas_text(c, canvas_width(c) - 8, y, STYLE_DIM, "… ");
		draw_page(c, v, active, pfns[n < MANY ? n - 1 : MANY - 1], x, y);
	}
	return y + 1;
}

/* Free frames against the watermarks of the zone that is worst off. */
static void draw_zone(struct canvas *c, const struct view *v, int y)
{
	struct zone_view zones[3], *worst = NULL;
	uint32_t n = inspect_zones(v->m, zones, 3);
	char text[96];

	for (uint32_t i = 0; i < n && i < 3; i++)
		if (!worst || (s64)zones[i].free - zones[i].low < (s64)worst->free - worst->low)
			worst = &zones[i];
	if (!worst)
		return;
	snprintf(text, sizeof(text), "free %u of %u  min %u low %u high %u", worst->free,
		 worst->size, worst->min, worst->low, worst->high);
	canvas_fit(c, 0, y, canvas_width(c), worst->free <= worst->low ? STYLE_BAD : STYLE_DIM,
		   text);
}

static void draw(struct canvas *c, const struct view *v)
{
	int h = canvas_height(c), share = (h - 1) / 2, y;

	if (!v->m)
		return;
	y = draw_list(c, v, true, 0, share > 0 ? share : 1);
	y = draw_list(c, v, false, y, h - 1 - y > 0 ? h - 1 - y : 1);
	if (y < h)
		draw_zone(c, v, y++);
	if (y + 1 < h)
		canvas_fit(c, 0, h - 1, canvas_width(c), STYLE_DIM,
			   "' used  * dirty  # locked  w being written  • moved here");
}

/* Through both lists, active first, from head to tail. */
static bool move(struct view *v, enum action action)
{
	static uint32_t pfns[2 * MANY];
	int by = action == ACT_RIGHT || action == ACT_DOWN ? 1 :
		 action == ACT_LEFT || action == ACT_UP ? -1 : 0;
	uint32_t n;
	int at = -1;

	if (!v->m || by == 0)
		return false;
	n = inspect_lru_list(v->m, true, pfns, MANY);
	n = n < MANY ? n : MANY;
	n += inspect_lru_list(v->m, false, pfns + n, MANY);
	for (uint32_t i = 0; i < n; i++)
		if (v->sel.has_page && pfns[i] == v->sel.pfn)
			at = (int)i;
	if (n == 0)
		return false;
	at = at < 0 ? 0 : at + by;
	at = at < 0 ? 0 : at >= (int)n ? (int)n - 1 : at;
	view_select_page(v, pfns[at]);
	return true;
}

const struct pane pane_lru = {
	.name = "lru",
	.what = "the active and the inactive list, head first",
	.draw = draw,
	.move = move,
};
