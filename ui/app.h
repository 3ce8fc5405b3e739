/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app: the program on a screen. Keys come in, the session is stepped, panes are drawn. The same
 * code runs on a tty and headless, for recordings and golden screens.
 *
 *	term_read -> app_key -> session_step / session_input -> view_update -> app_draw -> term_draw
 *
 * Handlers change the application and return what must happen; the loop does it.
 */
#ifndef UI_APP_H
#define UI_APP_H

#include <stdbool.h>

#include "canvas.h"
#include "layout.h"
#include "panes/pane.h"
#include "prompt.h"
#include "term.h"
#include "view.h"

#define REACT_DRAW 1u		/* the screen is out of date */
#define REACT_QUIT 2u
#define REACT_SUSPEND 4u
#define REACT_REDRAW 8u		/* forget what is on the terminal, too */

enum app_mode { APP_MENU, APP_SESSION };

/* What the line at the prompt is for. */
enum asking { ASKING_LUA, ASKING_ANSWER, ASKING_TICK };

struct app {
	struct term *term;
	struct canvas canvas;
	struct layout layout;
	struct view view;
	struct session *session;	/* NULL in the menu */
	struct prompt *prompt;
	enum app_mode mode;
	enum asking asking;
	bool help, zoom, typing;	/* typing: the prompt has the keys */
	int help_scroll;
	int menu_at;
	int focus;			/* index into layout.places */
	const struct pane *chosen[LAYOUT_PLACES];	/* NULL: the layout's own */
	char kernel[32];		/* --kernel, or empty */
	char lesson[64];		/* id of the lesson that runs, or empty */
	char message[300];		/* one line about the last key, or empty */
	bool message_bad;
	bool remember_progress;		/* off when recording and in tests */
};

/* On an open terminal; starts in the menu. history: file of the prompt, NULL: none, and no inputrc
 * either (recordings, tests). false: no memory. */
bool app_open(struct app *a, struct term *t, const char *history);
void app_close(struct app *a);

/* Start a lesson (path of its file) or free play (NULL). false: a->message says why. */
bool app_start(struct app *a, const char *lesson_path);

/* One key. Returns REACT_*. */
unsigned app_key(struct app *a, const struct key *key);
/* One action, as a key would ask for it. */
unsigned app_action(struct app *a, enum action action);
/* Give the session an input and bring the screen up to date. Returns REACT_*. */
unsigned app_input(struct app *a, enum input_kind kind, const char *text,
		   const struct stop_when *when);

/* Stand at another tick; what changed since this one is marked. Returns REACT_*. */
unsigned app_goto(struct app *a, u64 tick);

/* Lay out for the terminal's size, draw everything, show it. */
void app_draw(struct app *a);

/* The loop, until the user leaves. Returns the exit status. */
int app_run(struct app *a);

/* The pane that stands in a place now. */
const struct pane *app_pane(const struct app *a, int place);

/* Where a pane stands now; -1: nowhere. */
int app_place_of(const struct app *a, const char *name);

/* Bring a pane onto the screen, in the place for what varies unless it stands somewhere. */
void app_show_pane(struct app *a, const char *name);

/* app_draw.c: lay out for the terminal's present size. */
void app_layout(struct app *a);

/* app_screen.c: the parts of the screen that are no pane. */
void app_draw_status(struct app *a);
void app_draw_keys(struct app *a);
void app_draw_help(struct app *a);
void app_draw_menu(struct app *a);

#endif
