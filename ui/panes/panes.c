/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "pane.h"

const struct pane *pane_by_name(const char *name)
{
	for (int i = 0; panes[i]; i++)
		if (strcmp(panes[i]->name, name) == 0)
			return panes[i];
	return NULL;
}

const struct pane *const panes[] = {
	&pane_lesson, &pane_frames, &pane_page, &pane_rmap, &pane_pagetable, &pane_lru, &pane_swap,
	&pane_stack, &pane_trace, &pane_zones, &pane_tasks, &pane_threads, &pane_tlb,
	&pane_output, NULL,
};
