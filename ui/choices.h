/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * choices: the small window that offers what a word could become.
 */
#ifndef UI_CHOICES_H
#define UI_CHOICES_H

#include "canvas.h"
#include "keys.h"

struct choices {
	char **items;		/* the window is open when there are any */
	int count, chosen;
};

/* Open with copies of the @n strings @items. Without memory the window stays closed. */
void choices_open(struct choices *c, char *const *items, int n);

/* Close; nothing happens when it is closed. */
void choices_close(struct choices *c);

enum choice {
	CHOICE_MOVED,		/* the key was for the window; Escape closed it */
	CHOICE_TAKEN,		/* items[chosen] is the answer; the window is still open */
	CHOICE_TYPED		/* the key closed the window and is to be typed */
};

/* Tab, the arrows, Enter and Escape are the window's; any other key closes it. */
enum choice choices_key(struct choices *c, const struct key *key);

/* Draw in a frame whose foot stands above row @foot, near column @x of the window. */
void choices_draw(const struct choices *list, struct canvas *c, int x, int foot);

#endif
