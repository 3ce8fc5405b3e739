/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pane shows one part of the machine, and carries that part's name: panes/lru.c shows what
 * mm/swap.c keeps. It draws into the current window of a canvas and reads the view only.
 */
#ifndef UI_PANE_H
#define UI_PANE_H

#include "canvas.h"
#include "keys.h"
#include "theme.h"
#include "view.h"

struct pane {
	const char *name;	/* on the border, in look{pane=} and in the help */
	const char *what;	/* one sentence for the help */
	/* What stands behind the name on the border: "page 2a". May be NULL. */
	void (*title)(const struct view *v, char *buf, size_t n);
	void (*draw)(struct canvas *c, const struct view *v);
	/* Move the selection by a key (ACT_UP ...). true: it moved. NULL: nothing to select. */
	bool (*move)(struct view *v, enum action action);
};

/* All panes, in the order in which ] goes through them; ends with NULL. */
extern const struct pane *const panes[];
const struct pane *pane_by_name(const char *name); /* NULL: no such pane */

extern const struct pane pane_lesson, pane_frames, pane_page, pane_rmap, pane_pagetable, pane_lru,
	pane_swap, pane_stack, pane_trace, pane_zones, pane_tasks, pane_threads, pane_tlb,
	pane_output;

#endif
