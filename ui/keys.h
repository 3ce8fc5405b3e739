/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keys: what a key is, and the one table of what keys do.
 *
 * The dispatch of the application, the line of keys at the foot of the screen and the help pane
 * all come from keys_table[].
 */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys that are no character; below them a code is a Unicode code point. */
enum key_code {
	K_NONE,
	K_TAB = '\t',
	K_ENTER = '\r',
	K_ESCAPE = 0x1b,
	K_BACKSPACE = 0x7f,
	K_UP = 0x110000,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_HOME,
	K_END,
	K_PAGE_UP,
	K_PAGE_DOWN,
	K_DELETE,
	K_INSERT,
	K_BACKTAB,
	K_WORD_LEFT,		/* Ctrl-Left */
	K_WORD_RIGHT,
	K_F1,
	K_CLICK,		/* the left button went down at x, y */
	K_WHEEL_UP,
	K_WHEEL_DOWN,
	K_PASTE			/* a whole bracketed paste */
};

#define CTRL_KEY(letter) ((letter) & 0x1f)

struct key {
	uint32_t code;		/* code point or enum key_code */
	bool alt;		/* came with ESC in front */
	int x, y;		/* mouse: cell of the screen */
	const char *paste;	/* K_PASTE: UTF-8, \n between lines; valid until the next key */
};

/* What a key may ask of the application. */
enum action {
	ACT_NONE,
	ACT_STEP_NEXT,		/* forward: one step of the lesson */
	ACT_STEP_BACK,
	ACT_EVENT_NEXT,		/* one event */
	ACT_EVENT_BACK,
	ACT_OVER_NEXT,		/* to the next event not deeper than this */
	ACT_OVER_BACK,
	ACT_OUT_NEXT,		/* out of this function */
	ACT_OUT_BACK,
	ACT_OPERATION_NEXT,	/* to the end of this operation */
	ACT_OPERATION_BACK,
	ACT_FIRST,		/* to the first event */
	ACT_LAST,		/* to the newest */
	ACT_GOTO,		/* to an event by number */
	ACT_ANSWER,		/* answer the question with the selected object */
	ACT_TYPE_ANSWER,	/* answer it by typing */
	ACT_HINT,
	ACT_UP,			/* move the selection in the focused pane */
	ACT_DOWN,
	ACT_LEFT,
	ACT_RIGHT,
	ACT_PAGE_UP,
	ACT_PAGE_DOWN,
	ACT_PANE_NEXT,		/* focus */
	ACT_PANE_BACK,
	ACT_PANE_OTHER,		/* show something else in the focused place */
	ACT_PANE_OTHER_BACK,
	ACT_ZOOM,
	ACT_PROMPT,
	ACT_MENU,
	ACT_HELP,
	ACT_REDRAW,
	ACT_SUSPEND,
	ACT_QUIT
};

/* When a row's key means something; the line of keys shows no other. */
#define WHEN_RUNNING 1		/* a machine is there to step */
#define WHEN_LESSON 2		/* in a lesson */
#define WHEN_QUESTION 4		/* the lesson waits for an answer */
#define WHEN_ALWAYS 8

struct key_row {
	uint32_t code;
	enum action action;
	unsigned when;
	const char *name;	/* how the screen calls the key */
	const char *label;	/* one word for the line of keys; NULL: only in the help */
	const char *sentence;	/* for the help; NULL: another way to do what the row above does */
	const char *group;	/* set in the first row of a group: its heading in the help */
};

extern const struct key_row keys_table[];
extern const size_t keys_count;

#define KEY_BYTES 8

/*
 * The bytes by which a common terminal (and readline) knows @key, NUL-terminated. Returns false
 * when there are none: a paste, the mouse, a key readline has no use for.
 */
bool key_bytes(const struct key *key, char bytes[KEY_BYTES]);

/* What @key asks for, ACT_NONE if nothing. */
enum action keys_action(const struct key *key);

#endif
