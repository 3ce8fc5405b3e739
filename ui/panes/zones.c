/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones against their watermarks, and the counters that tell the story of reclaim.
 *
 *	Normal  free 11 of 64  ▓▓▓▓▒▒▒░░░
 *	        min 4 low 8 high 12
 *	        prev_priority 9  pages_scanned 40         2.6, where reclaim goes zone by zone
 */
#include "pane.h"

#include <stdio.h>

static void draw_bar(struct canvas *c, const struct zone_view *z, int x, int y, int width)
{
	for (int i = 0; i < width; i++) {
		uint32_t at = (uint32_t)((uint64_t)z->size * (uint32_t)i / (uint32_t)width);
		bool free = at < z->free - z->pcp; /* what the marks are about */
		uint8_t style = at < z->min ? STYLE_BAD : at < z->low ? STYLE_SWAP : STYLE_GOOD;

		canvas_text(c, x + i, y, free ? style : STYLE_DIM, free ? "█" : "░");
	}
}

/* How far the last reclaim of a zone went, and what is left to do before it is given up. */
static void draw_reclaim(struct canvas *c, const struct zone_view *z, const struct zone_view *past,
			 int y)
{
	bool changed = past && past->prev_priority != z->prev_priority;

	canvas_printf(c, 8, y, STYLE_DIM | (changed ? STYLE_CHANGED : 0),
		      "prev_priority %d%s  pages_scanned %u%s", z->prev_priority,
		      changed ? "•" : "", z->pages_scanned,
		      z->all_unreclaimable ? "  all_unreclaimable" : "");
}

static bool per_zone(const struct view *v)
{
	struct lru_view lru;

	inspect_lru(v->m, &lru);
	return lru.per_zone;
}

static int draw_zone(struct canvas *c, const struct view *v, const struct zone_view *z, uint32_t i,
		     int y)
{
	const struct zone_view *past = v->past.valid && v->past.m == v->m ? &v->past.zones[i] :
										 NULL;
	bool changed = past && past->free != z->free;
	int x = canvas_printf(c, 0, y, STYLE_PLAIN | (changed ? STYLE_CHANGED : 0),
			      "%-8sfree %u%s of %u ", z->name, z->free, changed ? "•" : "",
			      z->size);

	draw_bar(c, z, x, y, canvas_width(c) - x);
	canvas_printf(c, 8, ++y, STYLE_DIM, "min %u low %u high %u%s%s", z->min, z->low, z->high,
		      z->need_balance ? "  kswapd wanted" : "",
		      z->scaled ? "  (scaled: ram < 4M)" : "");
	if (per_zone(v))
		draw_reclaim(c, z, past, ++y);
	if (z->pcp)
		canvas_printf(c, 8, ++y, STYLE_DIM, "of the free ones %u are kept by cpus", z->pcp);
	canvas_text(c, 8, ++y, STYLE_DIM, "blocks");
	x = 15;
	for (uint32_t order = 0; order < 10; order++)
		x = canvas_printf(c, x, y, STYLE_DIM, "%u ", z->free_blocks[order]);
	return y + 1;
}

static void draw_counters(struct canvas *c, const struct view *v, int y)
{
	static const char *const names[] = {
		"pgfault", "pgmajfault", "pgcow", "pgscan", "pgsteal", "pgactivate",
		"pgdeactivate", "pswpin", "pswpout", "chain_nodes_walked", "ptes_unmapped",
		"chain_pages", "slab_pages", "allocstall", "kswapd_runs", "tlb_misses",
	};
	int column = 0, width = 27;

	for (size_t i = 0; i < ARRAY_SIZE(names) && y < canvas_height(c); i++) {
		bool known;
		uint64_t n = inspect_counter(v->m, names[i], &known);

		canvas_printf(c, column, y, STYLE_PLAIN, "%-19s %6llu", names[i],
			      (unsigned long long)n);
		column += width;
		if (column + width > canvas_width(c)) {
			column = 0;
			y++;
		}
	}
}

static void draw(struct canvas *c, const struct view *v)
{
	struct zone_view zones[3];
	uint32_t n = v->m ? inspect_zones(v->m, zones, 3) : 0;
	int y = 0;

	for (uint32_t i = 0; i < n && i < 3; i++)
		y = draw_zone(c, v, &zones[i], i, y);
	if (v->m && y + 1 < canvas_height(c))
		draw_counters(c, v, y + 1);
}

const struct pane pane_zones = {
	.name = "zones",
	.what = "free pages against the watermarks, and counters",
	.draw = draw,
};
