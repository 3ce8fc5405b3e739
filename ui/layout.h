/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout: which pane stands where, for windows from 1x1 to as large as they come.
 *
 *	80x24                          120x40 and up                 180x50 and up
 *	status                         status                        status
 *	lesson  | rmap                 lesson | rmap                 lesson | frames | page
 *	stack   | lru                  frames | stack                tasks  | rmap   | pagetable
 *	trace                          lru    | pagetable            lru    | stack  | swap
 *	prompt                         trace                         trace  | repl   | zones
 *	keys                           prompt, keys                  prompt, keys
 *
 * Below 56x16 one pane has the window to itself, and the focus keys go through all of them.
 */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include <stdbool.h>

#include "canvas.h"

#define LAYOUT_PLACES 12

struct place {
	struct rect r;		/* border included */
	const char *pane;	/* the name of the pane that stands there by default */
};

struct layout {
	struct place places[LAYOUT_PLACES];
	int count;		/* places in use, at least 1 */
	struct rect status;	/* h may be 0 in a tiny window */
	struct rect prompt;
	struct rect keys;
	bool bare;		/* panes without borders: no room for them */
};

/*
 * Lay out a window of @cols x @rows. @lesson: a lesson is there to be shown. @prompt_rows: rows
 * the prompt wants (a multi-line chunk grows); it gets at least one, and never more than a third.
 */
void layout_make(struct layout *l, int cols, int rows, bool lesson, int prompt_rows);

/* The whole room of the panes, for a pane that is zoomed or shown alone. */
struct rect layout_all(const struct layout *l);

#endif
