/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen: the whole program on a headless terminal, driven by keys, with libvterm looking at what
 * it sends. Every picture is checked twice: the terminal shows the canvas, and the canvas is the
 * golden one.
 */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include "app.h"
#include "term.h"
#include "vt.h"

struct screen {
	struct term *t;
	struct app a;
	struct vt *v;
	bool quit;		/* the user has left */
};

/* Open at a size. @lesson: its number ("04"), "" for free play, NULL for the menu. */
void screen_open(struct screen *s, int cols, int rows, const char *lesson);

/* The same with the terminal's own properties; cols, rows and headless are set here. */
void screen_open_as(struct screen *s, int cols, int rows, const char *lesson,
		    struct term_config config);
void screen_close(struct screen *s);

/* Type @bytes, as a terminal sends them; the screen is drawn after each key. */
void screen_type(struct screen *s, const char *bytes);

/* The window gets another size. */
void screen_resize(struct screen *s, int cols, int rows);

/* Whether row after row holds @text somewhere. */
bool screen_has(const struct screen *s, const char *text);

/*
 * Compare with tests/golden/NAME-COLSxROWS.txt; with UPDATE_GOLDEN set write it. A difference
 * fails the test and shows both rows.
 */
void screen_golden(const struct screen *s, const char *name);

#endif
