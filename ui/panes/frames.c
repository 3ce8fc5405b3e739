/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory, one letter a frame. With room for two cells each, a changed frame carries a
 * dot and the selected one its brackets; without, the style alone says so.
 *
 *	000 k k z d t a•a a
 *	008 a C . .‹.›. . .
 */
#include "pane.h"

#include <stdio.h>

#define LABEL 4

static uint32_t per_row = 16; /* as last drawn: what up and down mean */

static uint32_t row_length(int width, int cells)
{
	uint32_t n = 64;

	while (n > 8 && LABEL + (int)n * cells > width)
		n /= 2;
	return n;
}

static uint8_t frame_style(const struct view *v, uint32_t pfn, const struct page_view *page)
{
	uint8_t style = view_use_style(page->use);

	if (v->sel.has_page && v->sel.pfn == pfn)
		style = STYLE_SELECTED;
	return view_frame_changed(v, pfn) ? style | STYLE_CHANGED : style;
}

static void draw_frame(struct canvas *c, const struct view *v, uint32_t pfn, int x, int y,
		       int cells)
{
	bool selected = v->sel.has_page && v->sel.pfn == pfn;
	struct page_view page;
	char letter[2] = "";
	uint8_t style;

	inspect_page(v->m, pfn, &page);
	inspect_frames(v->m, pfn, letter, 1);
	style = frame_style(v, pfn, &page);
	canvas_text(c, x, y, style, letter);
	if (cells < 2)
		return;
	if (selected) {
		canvas_text(c, x - 1, y, STYLE_SELECTED, "‹");
		canvas_text(c, x + 1, y, STYLE_SELECTED, "›");
	} else if (style & STYLE_CHANGED) {
		canvas_text(c, x + 1, y, style, "•");
	}
}

static void draw_legend(struct canvas *c, int y)
{
	int x = 0;

	for (int use = 0; use < NR_FRAME_USES; use++) {
		const struct frame_use_row *row = &frame_use_rows[use];
		int w = 3 + text_width(row->name) + 1;

		if (x > 0 && x + w > canvas_width(c)) {
			x = 0;
			y++;
		}
		canvas_printf(c, x, y, view_use_style((uint8_t)use), "%c", row->letter);
		canvas_text(c, x + 2, y, STYLE_DIM, row->name);
		x += w;
	}
	if (x + 14 > canvas_width(c)) {
		x = 0;
		y++;
	}
	canvas_text(c, x, y, STYLE_DIM, "CAPITAL active");
}

static int legend_rows(int width)
{
	int rows = 1, x = 0;

	for (int use = 0; use < NR_FRAME_USES; use++) {
		int w = 4 + text_width(frame_use_rows[use].name);

		if (x > 0 && x + w > width) {
			x = 0;
			rows++;
		}
		x += w;
	}
	return x + 14 > width ? rows + 1 : rows;
}

/* First row shown: the selected frame stays in the middle of what does not fit. */
static uint32_t first_row(const struct view *v, uint32_t rows, uint32_t total)
{
	uint32_t at = v->sel.has_page ? v->sel.pfn / per_row : 0;

	if (total <= rows || at < rows / 2)
		return 0;
	return at - rows / 2 < total - rows ? at - rows / 2 : total - rows;
}

static void draw(struct canvas *c, const struct view *v)
{
	int w = canvas_width(c), h = canvas_height(c), legend = legend_rows(w);
	uint32_t n = v->m ? v->m->nr_frames : 0, rows, first, total;
	int cells = 2;

	if (!n)
		return;
	per_row = row_length(w, cells);
	if ((n + per_row - 1) / per_row > (uint32_t)h) {
		cells = 1;
		per_row = row_length(w, cells);
	}
	total = (n + per_row - 1) / per_row;
	if (h < (int)total + legend)
		legend = h > (int)total ? h - (int)total : 0;
	rows = (uint32_t)(h - legend);
	first = first_row(v, rows, total);
	for (uint32_t row = 0; row < rows && first + row < total; row++) {
		uint32_t pfn = (first + row) * per_row;

		canvas_printf(c, 0, (int)row, STYLE_DIM, "%03x", pfn);
		for (uint32_t i = 0; i < per_row && pfn + i < n; i++)
			draw_frame(c, v, pfn + i, LABEL + (int)i * cells, (int)row, cells);
	}
	if (legend > 0)
		draw_legend(c, total < rows ? (int)total : (int)rows);
}

static void title(const struct view *v, char *buf, size_t n)
{
	snprintf(buf, n, "%u of 4 KiB", v->m ? v->m->nr_frames : 0);
}

static bool move(struct view *v, enum action action)
{
	uint32_t pfn = v->sel.has_page ? v->sel.pfn : 0, n = v->m ? v->m->nr_frames : 0;
	s64 to = pfn;

	switch (action) {
	case ACT_LEFT: to -= 1; break;
	case ACT_RIGHT: to += v->sel.has_page; break;
	case ACT_UP: to -= per_row; break;
	case ACT_DOWN: to += per_row; break;
	case ACT_PAGE_UP: to -= 8 * (s64)per_row; break;
	case ACT_PAGE_DOWN: to += 8 * (s64)per_row; break;
	default: return false;
	}
	if (n == 0)
		return false;
	to = to < 0 ? 0 : to >= n ? n - 1 : to;
	view_select_page(v, (uint32_t)to);
	return true;
}

const struct pane pane_frames = {
	.name = "frames",
	.what = "physical memory, one letter for each frame",
	.title = title,
	.draw = draw,
	.move = move,
};
