/* SPDX-License-Identifier: GPL-2.0-only */
/* What progress.c and lesson_list.c share: the lines of the progress file. */
#ifndef SCRIPTS_PROGRESS_H
#define SCRIPTS_PROGRESS_H

#include "engine.h"

#define MAX_PROGRESS 200u /* lines, one for each lesson */

struct progress {
	char id[64];
	u32 step; /* the last one reached */
	bool done;
};

/* How many lines there are, at most max. A damaged file is set aside and counts as none. */
u32 progress_read(struct progress *out, u32 max);

#endif
