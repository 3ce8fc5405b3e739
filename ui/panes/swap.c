/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The swap map of an area, one letter a slot: B bad (the header), . free, a digit for its users
 * (+ for more than nine), c for a slot that only the swap cache holds, ! for one whose count is
 * full for ever. Up to 2.6.31 the swap cache is one of the users. In 4.0 it is a bit, shown as '
 * behind the digit; S is a slot of a shared memory file, # one whose count goes on elsewhere.
 *
 * Of the selected slot the last line says what stands for it, and which file has it, if one does.
 */
#include "pane.h"

#include <stdio.h>

#define LABEL 5

static uint32_t per_row = 32;

static char letter(const struct slot_view *slot, bool bytes)
{
	uint32_t shown = slot->users + (slot->cached && !bytes);

	if (slot->bad)
		return 'B';
	if (slot->raw == 0)
		return '.';
	if (slot->cached && slot->users == 0)
		return 'c';
	if (slot->shmem || slot->continued || slot->for_ever)
		return slot->shmem ? 'S' : slot->continued ? '#' : '!';
	return shown > 9 ? '+' : (char)('0' + shown);
}

static bool slot_is_shown(const struct view *v, const struct swap_view *area)
{
	return v->sel.has_slot && v->sel.swap_type == area->type;
}

static void draw_slot(struct canvas *c, const struct view *v, const struct swap_view *area,
		      uint32_t at, int x, int y)
{
	bool on = slot_is_shown(v, area) && v->sel.swap_slot == at;
	struct slot_view slot = { 0 };
	char text[2] = "";
	uint8_t style;

	inspect_swap_map(v->m, area->type, at, &slot, 1);
	text[0] = letter(&slot, area->slot_bytes == 1);
	style = on ? STYLE_SELECTED : slot.raw && !slot.bad ? STYLE_SWAP : STYLE_FREE;
	if (area->type == 0 && view_slot_changed(v, at, (uint16_t)slot.raw))
		style |= STYLE_CHANGED;
	canvas_text(c, x, y, style, text);
	if (on) {
		canvas_text(c, x - 1, y, STYLE_SELECTED, "‹");
		canvas_text(c, x + 1, y, STYLE_SELECTED, "›");
	} else if (style & STYLE_CHANGED) {
		canvas_text(c, x + 1, y, style, "•");
	} else if (area->slot_bytes == 1 && slot.cached && slot.users) {
		canvas_text(c, x + 1, y, style, "'");
	}
}

/* What stands for the selected slot, and what that means: a file has it, or so many ptes. */
static void draw_raw(struct canvas *c, const struct view *v, const struct swap_view *area, int y)
{
	uint32_t at = v->sel.swap_slot, file, index;
	struct slot_view slot;

	if (!slot_is_shown(v, area) || !inspect_swap_map(v->m, area->type, at, &slot, 1))
		return;
	file = inspect_slot_file(v->m, area->type, at, &index);
	if (file)
		canvas_printf(c, 0, y, STYLE_DIM, "slot %u: %#x, file %u page %u%s", at, slot.raw,
			      file, index, slot.cached ? " + cache" : "");
	else
		canvas_printf(c, 0, y, STYLE_DIM, "slot %u: %#x = %u user%s%s%s%s", at, slot.raw,
			      slot.users, slot.users == 1 ? "" : "s",
			      slot.cached ? " + swap cache" : "", slot.shmem ? ", shmem" : "",
			      slot.continued ? ", continued" : slot.for_ever ? " or more" : "");
}

static int draw_area(struct canvas *c, const struct view *v, const struct swap_view *area, int y)
{
	int below = slot_is_shown(v, area) ? 3 : 2;
	uint32_t rows = (uint32_t)(canvas_height(c) - below - y), first = 0, total;

	for (per_row = 64; per_row > 8 && LABEL + 2 * (int)per_row > canvas_width(c); )
		per_row /= 2;
	total = (area->max + per_row - 1) / per_row;
	if (slot_is_shown(v, area) && total > rows) {
		first = v->sel.swap_slot / per_row;
		first = first > total - rows ? total - rows : first;
	}
	for (uint32_t row = first; row < total && row < first + rows; row++, y++) {
		canvas_printf(c, 0, y, STYLE_DIM, "%04x", row * per_row);
		for (uint32_t i = 0; i < per_row && row * per_row + i < area->max; i++)
			draw_slot(c, v, area, row * per_row + i, LABEL + 2 * (int)i, y);
	}
	return y;
}

/* How far swapoff is, and where. */
static void draw_swapoff(struct canvas *c, const struct view *v, const struct swap_view *area,
			 int y)
{
	const struct swapoff_view *off = &area->swapoff;
	char where[80] = "";

	if (off->mm && off->slot)
		snprintf(where, sizeof(where), ", slot %u in %s", off->slot,
			 thread_name(v->m, off->mm));
	else if (off->mm)
		snprintf(where, sizeof(where), ", all of %s", thread_name(v->m, off->mm));
	canvas_printf(c, 0, y, STYLE_CHANGED, "swapoff: %u of %u left, pass %u%s", area->used,
		      off->begun, off->pass, where);
}

/* The area that the selected slot is in, else the first. How many there are. */
static uint32_t area_shown(const struct view *v, struct swap_view *area)
{
	struct swap_view areas[8];
	uint32_t n = v->m ? inspect_swap(v->m, areas, 8) : 0, at = 0;

	for (uint32_t i = 0; v->sel.has_slot && i < n && i < 8; i++)
		if (areas[i].type == v->sel.swap_type)
			at = i;
	if (n)
		*area = areas[at];
	return n;
}

static void draw(struct canvas *c, const struct view *v)
{
	struct swap_view area;
	int y;

	if (area_shown(v, &area) == 0) {
		canvas_wrap(c, 0, STYLE_DIM, "This machine has no swap.", true);
		return;
	}
	y = draw_area(c, v, &area, 0);
	canvas_fit(c, 0, y++, canvas_width(c), STYLE_DIM, area.slot_bytes == 1 ?
		   "B bad  . free  n users  ' cached  c cache only" :
		   "B bad  . free  n users  c cache only");
	if (area.swapoff.pid)
		draw_swapoff(c, v, &area, y);
	else
		canvas_printf(c, 0, y, STYLE_DIM, "next %u, %u left of its cluster",
			      area.cluster_next, area.cluster_nr);
	draw_raw(c, v, &area, y + 1);
}

static void title(const struct view *v, char *buf, size_t n)
{
	struct swap_view area;
	uint32_t areas = area_shown(v, &area);

	if (areas > 1)
		snprintf(buf, n, "area %u: %u slots, %u used", area.type, area.pages, area.used);
	else if (areas)
		snprintf(buf, n, "%u slots, %u used", area.pages, area.used);
}

static bool move(struct view *v, enum action action)
{
	struct swap_view area;
	s64 to = v->sel.has_slot ? v->sel.swap_slot : 0;

	if (area_shown(v, &area) == 0)
		return false;
	switch (action) {
	case ACT_LEFT: to--; break;
	case ACT_RIGHT: to++; break;
	case ACT_UP: to -= per_row; break;
	case ACT_DOWN: to += per_row; break;
	default: return false;
	}
	to = to < 0 ? 0 : to >= area.max ? area.max - 1 : to;
	view_select_slot(v, area.type, (uint32_t)to);
	return true;
}

const struct pane pane_swap = {
	.name = "swap",
	.what = "the swap map: how many users each slot has",
	.title = title,
	.draw = draw,
	.move = move,
};
