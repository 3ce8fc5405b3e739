/* SPDX-License-Identifier: GPL-2.0-only */
/* What each cpu remembers of the page tables; an entry the table no longer agrees with is stale. */
#include "pane.h"

#include <stdio.h>

#define MANY 64

static int draw_cpu(struct canvas *c, const struct view *v, uint32_t cpu, int y)
{
	struct tlb_view entries[MANY];
	uint32_t n = inspect_tlb(v->m, cpu, entries, MANY), pid, cr3, cr2;

	inspect_cpu(v->m, cpu, &pid, &cr3, &cr2);
	canvas_printf(c, 0, y++, STYLE_TABLE, "cpu%u  CR3 %x (%s)  CR2 %08x", cpu, cr3,
		      cr3 ? thread_name(v->m, pid) : "none", cr2);
	for (uint32_t i = 0; i < n && i < MANY && y < canvas_height(c); i++, y++) {
		char pte[24];

		view_pte_text(entries[i].raw, pte, sizeof(pte));
		canvas_printf(c, 1, y, entries[i].stale ? STYLE_BAD : STYLE_PLAIN,
			      "%2u.%u %08x  %s ▸ %x%s", entries[i].set, entries[i].way,
			      entries[i].address, pte, (uint32_t)(entries[i].raw >> 12),
			      entries[i].stale ? "  stale" : "");
	}
	return y;
}

static void draw(struct canvas *c, const struct view *v)
{
	int y = 0;

	for (uint32_t cpu = 0; v->m && cpu < v->m->config.cpus; cpu++)
		y = draw_cpu(c, v, cpu, y);
}

const struct pane pane_tlb = {
	.name = "tlb",
	.what = "the translations each cpu remembers, stale ones marked",
	.draw = draw,
};
