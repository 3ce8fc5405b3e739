/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * term: the terminal. The only file that knows curses; ncurses finds out what to send.
 *
 *	             canvas                     keys
 *	               |                         ^
 *	           term_draw                 term_read
 *	               v                         |
 *	   ncurses: what differs       ncurses: what bytes mean
 *	               |                         ^
 *	    tty, or a memfd whose        tty, or a pipe filled
 *	    bytes term_drain() takes     by term_feed()
 *
 * A headless terminal is the same code with a memfd and a pipe instead of the tty: recordings and
 * golden screens cannot differ from what a user sees. One terminal is open at a time.
 */
#ifndef UI_TERM_H
#define UI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "canvas.h"
#include "keys.h"
#include "rescue.h"
#include "theme.h"

struct term;

struct term_config {
	bool headless;		/* a memfd and a pipe, no tty, no signals */
	int cols, rows;		/* headless: the size; ignored otherwise */
	const char *name;	/* terminal type; NULL = $TERM, headless "xterm-256color" */
	bool no_colour;		/* attributes only, besides what NO_COLOR says */
	bool mouse;		/* ask for mouse reports; selecting text needs Shift then */
	bool ascii;		/* send ASCII only, besides what the locale says */
};

/*
 * Open the terminal on standard input and output, or headless. On failure returns NULL and one
 * line in @error (what is wrong and what to do); the terminal is as before.
 * The caller has called setlocale().
 */
struct term *term_open(const struct term_config *config, char *error, size_t size);

/* Restore the terminal and free everything. NULL is fine. */
void term_close(struct term *t);

/* Show @c: only what differs is sent. Beyond the window nothing is shown. */
void term_draw(struct term *t, const struct canvas *c);

/* Forget what is on the screen: the next term_draw() sends everything. */
void term_redraw(struct term *t);

/* Columns and rows of the window, at least 1 each. */
int term_cols(const struct term *t);
int term_rows(const struct term *t);

/* Change a headless terminal's window, as if somebody had pulled at its corner. */
void term_resize(struct term *t, int cols, int rows);

/*
 * Wait for a key or a signal, at most @timeout milliseconds (-1: for ever), and take the new size
 * after NEWS_RESIZED. Returns NEWS_* (rescue.h).
 */
unsigned term_wait(struct term *t, int timeout);

/*
 * The next key that is there, without waiting. Returns false when there is none. A paste is one
 * key. Mouse reports other than a press of the left button and the wheel are dropped.
 */
bool term_read(struct term *t, struct key *key);

/* Give the terminal back, stop this process, take the terminal again and draw everything. */
void term_suspend(struct term *t);

/* After NEWS_CONTINUED: somebody else had the terminal; take it again. */
void term_resume(struct term *t);

/* What the terminal can show. */
enum depth term_depth(const struct term *t);
bool term_ascii(const struct term *t);

/* The name under which ncurses knows the terminal; readline must use the same. */
const char *term_name(const struct term *t);

/* Headless: type @bytes. Returns false when the pipe is full; then nothing was typed. */
bool term_feed(struct term *t, const char *bytes, size_t n);

/*
 * Headless: the bytes sent since the last call. The buffer belongs to the terminal until the next
 * call. *@n is their number.
 */
const char *term_drain(struct term *t, size_t *n);

#endif
