/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pen: text that runs on in rows of a fixed width, as a terminal would show it. One walk counts
 * the rows, finds where the cursor stands, or draws; so the three can never disagree.
 */
#ifndef UI_PEN_H
#define UI_PEN_H

#include "canvas.h"

struct pen {
	struct canvas *c;	/* draw here; NULL: only walk */
	int width;		/* cells of a row, at least 1 */
	int x, y;		/* where the next character goes */
	int first, rows;	/* rows first .. first + rows - 1 are drawn, at the window's top */
};

/*
 * Write @bytes of @text. A wide character that does not fit goes to the next row, a newline ends
 * a row, tabs go to columns of 8, other control characters are shown as ^X.
 */
void pen_write(struct pen *pen, uint8_t style, const char *text, size_t bytes);

/* Go to the start of the next row. */
void pen_newline(struct pen *pen);

#endif
