/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reverse mapping of the selected page, drawn from the page to the ptes and their processes,
 * in the order in which this kernel would visit them:
 *
 *	page 2a  count 4  dirty lru
 *	 │
 *	 └▸chain ───▸ chain ───▸ chain
 *	    ▾          ▾          ▾
 *	    c2        ‹c1›        init
 *	    40002000   40002000   40002000
 *	    P r- A -   P r- - -   P r- - D
 *	oracle: 3 ptes, rmap: 3  =
 *
 * Kernels that have no chain of their own for each page show the way instead:
 *
 *	 └ anon_vma 2f10  2 vmas
 *	   └ vma init 40000000-40010000
 *	     ▸ init 40002000  P r- A D
 *	   └ vma c1 40000000-40010000  not here
 *
 * One kernel has nothing to go by, and the pane says so; what is drawn then is the scan's.
 */
#include "pane.h"

#include <stdio.h>
#include <string.h>

#define MANY 64
#define COLUMN 11
#define LEFT 3
#define GROUP 5 /* rows of one line of nodes */

static bool selected(const struct view *v, const struct mapping_view *map)
{
	return v->sel.has_address && v->sel.pid == map->pid && v->sel.address == map->address;
}

static void draw_node(struct canvas *c, const struct view *v, const struct mapping_view *map, int x,
		      int y, bool more)
{
	bool changed = view_pte_changed(v, map->pid, map->address, map->raw);
	uint8_t style = selected(v, map) ? STYLE_SELECTED : STYLE_PLAIN;
	char name[TASK_COMM_LEN + 8], pte[24];
	int end = canvas_text(c, x, y, STYLE_KERNEL, "chain");

	if (more) {
		canvas_hline(c, end + 1, y, x + COLUMN - 2 - (end + 1), STYLE_DIM);
		canvas_text(c, x + COLUMN - 2, y, STYLE_DIM, "▸");
	}
	canvas_text(c, x + 1, y + 1, STYLE_DIM, "▾");
	snprintf(name, sizeof(name), selected(v, map) ? "‹%s›" : "%s",
		 thread_name(v->m, map->pid));
	canvas_fit(c, selected(v, map) ? x : x + 1, y + 2, COLUMN - 1, style, name);
	canvas_printf(c, x + 1, y + 3, style, "%08x", map->address);
	view_pte_text(map->raw, pte, sizeof(pte));
	canvas_text(c, x + 1, y + 4, STYLE_TABLE | (changed ? STYLE_CHANGED : 0), pte);
	if (changed)
		canvas_text(c, x, y + 4, STYLE_PLAIN | STYLE_CHANGED, "•");
}

/* One node a line, when the drawing does not fit. */
static int draw_list(struct canvas *c, const struct view *v, const struct mapping_view *maps,
		     uint32_t n, int y)
{
	char pte[24];

	for (uint32_t i = 0; i < n && y < canvas_height(c) - 1; i++, y++) {
		bool on = selected(v, &maps[i]);

		view_pte_text(maps[i].raw, pte, sizeof(pte));
		canvas_printf(c, 1, y, on ? STYLE_SELECTED : STYLE_PLAIN, "%s▸%s%s%s %08x  %s",
			      i + 1 < n ? "├" : "└", on ? "‹" : " ",
			      thread_name(v->m, maps[i].pid), on ? "›" : " ", maps[i].address,
			      pte);
	}
	return y;
}

static int draw_graph(struct canvas *c, const struct view *v, const struct mapping_view *maps,
		      uint32_t n, int y)
{
	uint32_t columns = (uint32_t)(canvas_width(c) - LEFT + 2) / COLUMN, at = 0;

	if (columns == 0)
		columns = 1;
	if ((int)((n + columns - 1) / columns) * GROUP > canvas_height(c) - 2 - y)
		return draw_list(c, v, maps, n, y);
	canvas_text(c, 1, y++, STYLE_DIM, "│");
	for (; at < n; at += columns, y += GROUP) {
		canvas_text(c, 1, y, STYLE_DIM, at ? " ▸" : "└▸");
		for (uint32_t i = at; i < n && i < at + columns; i++)
			draw_node(c, v, &maps[i], LEFT + (int)(i - at) * COLUMN, y, i + 1 < n);
	}
	return y;
}

/* One line of the way: what is passed on it, or the pte at its end. */
static void step_text(const struct view *v, const struct rmap_step *s, char *buf, size_t n)
{
	switch (s->kind) {
	case STEP_DIRECT:
		snprintf(buf, n, "pte.direct");
		break;
	case STEP_NODE:
		snprintf(buf, n, "pte_chain %x  %u of %u", s->id, s->start, s->end);
		break;
	case STEP_ANONMM:
		snprintf(buf, n, "anonmm %x of %s", s->id,
			 s->pid ? thread_name(v->m, s->pid) : "nobody");
		break;
	case STEP_ANON_VMA:
		snprintf(buf, n, s->end ? "anon_vma %x  %u vmas, degree %u" :
			 "anon_vma %x  %u vmas", s->id, s->start, s->end);
		break;
	case STEP_FILE:
		snprintf(buf, n, "i_mmap of file %u  %u vmas", s->id, s->start);
		break;
	case STEP_VMA:
		snprintf(buf, n, "vma %s %08x-%08x%s", thread_name(v->m, s->pid), s->start, s->end,
			 s->address ? "" : "  not here");
		break;
	default:
		snprintf(buf, n, "%s %08x%s", thread_name(v->m, s->pid), s->address,
			 s->maps ? "" : "  another page");
	}
}

/* The ptes by their own colour, what leads to nothing dimmed. */
static int draw_step(struct canvas *c, const struct view *v, const struct rmap_step *s, int y)
{
	bool pte = s->kind == STEP_PTE, on = false;
	char text[96], entry[24];
	struct pte_view p;
	int x;

	step_text(v, s, text, sizeof(text));
	if (pte)
		on = v->sel.has_address && v->sel.pid == s->pid && v->sel.address == s->address;
	x = canvas_text(c, 1 + 2 * s->depth, y, STYLE_DIM, pte ? "▸" : "└");
	x = canvas_text(c, x, y, on ? STYLE_SELECTED : s->maps || !s->pid ? STYLE_PLAIN : STYLE_DIM,
			text);
	if (pte && inspect_pte(v->m, s->pid, s->address, &p)) {
		view_pte_text(p.raw, entry, sizeof(entry));
		canvas_text(c, x + 2, y, STYLE_TABLE, entry);
	}
	return y + 1;
}

/* The way the kernel goes from the page to its ptes: an object, its vmas, in each the place where
 * the page would be, and whether it is there. */
static int draw_trail(struct canvas *c, const struct view *v, int y)
{
	struct rmap_step steps[MANY];
	uint32_t n = inspect_trail(v->m, v->sel.pfn, steps, MANY);

	for (uint32_t i = 0; i < n && i < MANY && y < canvas_height(c) - 1; i++)
		y = draw_step(c, v, &steps[i], y);
	if (n > MANY && y < canvas_height(c) - 1)
		canvas_printf(c, 1, y++, STYLE_DIM, "… and %u more", n - MANY);
	return y;
}

/* Does a walk of all page tables say the same? Not in the middle of a change. */
static void draw_verdict(struct canvas *c, const struct view *v, uint32_t found, int y)
{
	uint32_t truth = inspect_mappers(v->m, v->sel.pfn, NULL, 0);
	uint32_t missed = inspect_missed(v->m, v->sel.pfn);
	struct page_view p;

	inspect_page(v->m, v->sel.pfn, &p);
	if (p.use == FRAME_ZERO || p.use == FRAME_RESERVED)
		canvas_printf(c, 0, y, STYLE_DIM, "reserved: mapped %u times, in no rmap", truth);
	else if (missed)
		canvas_printf(c, 0, y, STYLE_DIM,
			      "oracle: %u pte%s, rmap: %u, and misses %u by design", truth,
			      truth == 1 ? "" : "s", found, missed);
	else
		canvas_printf(c, 0, y, truth == found ? STYLE_GOOD : STYLE_SWAP,
			      "oracle: %u pte%s, rmap: %u  %s", truth, truth == 1 ? "" : "s",
			      found, truth == found ? "=" : "≠ for now");
}

/* What the kernel cannot know. */
static void draw_scan(struct canvas *c, const struct view *v, int y)
{
	struct mapping_view maps[MANY];
	uint32_t n = inspect_mappers(v->m, v->sel.pfn, maps, MANY);

	canvas_printf(c, 0, y++, STYLE_DIM, "This kernel cannot know; a full scan finds%s",
		      n ? "" : " nobody");
	y = draw_list(c, v, maps, n < MANY ? n : MANY, y);
	canvas_printf(c, 0, y < canvas_height(c) ? y : canvas_height(c) - 1, STYLE_DIM,
		      "oracle: %u pte%s, rmap: there is none", n, n == 1 ? "" : "s");
}

static void draw(struct canvas *c, const struct view *v)
{
	struct mapping_view maps[MANY];
	struct page_view p;
	char flags[80];
	uint32_t n;
	int y = 0;

	if (!v->m || !v->sel.has_page || !inspect_page(v->m, v->sel.pfn, &p)) {
		canvas_wrap(c, 0, STYLE_DIM, "No page is selected.", true);
		return;
	}
	inspect_flags(p.flags, flags, sizeof(flags));
	canvas_printf(c, 0, y++, view_use_style(p.use), "page %x  count %d  %s", p.pfn, p.count,
		      flags);
	if (!inspect_has_rmap(v->m)) {
		draw_scan(c, v, y);
		return;
	}
	n = inspect_rmap(v->m, p.pfn, maps, MANY);
	if (n == 0)
		canvas_text(c, 1, y++, STYLE_DIM, inspect_missed(v->m, p.pfn) ?
			    "└▸ it cannot find who maps it" : "└▸ NULL: nobody maps it");
	else if (inspect_trail(v->m, p.pfn, NULL, 0))
		y = draw_trail(c, v, y);
	else
		y = draw_graph(c, v, maps, n < MANY ? n : MANY, y);
	draw_verdict(c, v, n, y < canvas_height(c) ? y : canvas_height(c) - 1);
}

static void title(const struct view *v, char *buf, size_t n)
{
	if (v->sel.has_page)
		snprintf(buf, n, "page %x", v->sel.pfn);
}

/* Along the chain, from node to node. */
static bool move(struct view *v, enum action action)
{
	int by = action == ACT_RIGHT || action == ACT_DOWN ? 1 :
		 action == ACT_LEFT || action == ACT_UP ? -1 : 0;
	struct mapping_view maps[MANY];
	uint32_t n, pfn = v->sel.pfn;
	int at = -1;

	if (!v->m || !v->sel.has_page || by == 0)
		return false;
	n = inspect_has_rmap(v->m) ? inspect_rmap(v->m, pfn, maps, MANY) :
				     inspect_mappers(v->m, pfn, maps, MANY);
	n = n < MANY ? n : MANY;
	if (n == 0)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (selected(v, &maps[i]))
			at = (int)i;
	at = at < 0 ? 0 : at + by;
	at = at < 0 ? 0 : at >= (int)n ? (int)n - 1 : at;
	view_select_pte(v, maps[at].pid, maps[at].address);
	return true;
}

const struct pane pane_rmap = {
	.name = "rmap",
	.what = "the way from the selected page to every pte that maps it",
	.title = title,
	.draw = draw,
	.move = move,
};
