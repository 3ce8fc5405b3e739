/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rescue: whatever happens to the program, the terminal is given back as it was found.
 *
 * Signals of the outside world only set a flag, which rescue_poll() looks at: none is lost between
 * the look and the wait. A crash writes a fixed string that ends every mode the screen uses,
 * restores the line settings and dies of the same signal. What libraries write to standard error
 * meanwhile is held back and shown at the end.
 *
 * The state is the process's (its signals, its terminal), hence static; one screen at a time.
 */
#ifndef UI_RESCUE_H
#define UI_RESCUE_H

#include <stdbool.h>

#define NEWS_INPUT 1		/* there is something to read */
#define NEWS_RESIZED 2		/* the window has another size */
#define NEWS_STOP 4		/* SIGTSTP: suspend yourself */
#define NEWS_CONTINUED 8	/* somebody stopped us behind our back: draw again */
#define NEWS_QUIT 16		/* SIGTERM, SIGINT, SIGHUP or a vanished terminal */

/* Take the terminal @fd under protection, before anything changes its settings. */
void rescue_arm(int fd);

/* Take the signals of the outside world, after newterm(), which would take them for itself. */
void rescue_listen(void);

/* Give back the signals and standard error; the terminal itself must be in order by now. */
void rescue_disarm(void);

/*
 * Wait until @fd is readable or a signal comes, at most @timeout milliseconds (-1: for ever).
 * Returns the NEWS_* that came, 0 after the time. Works without rescue_arm() too.
 */
unsigned rescue_poll(int fd, int timeout);

/*
 * Long work begins or ends. While it lasts Ctrl-C is a signal that rescue_interrupted() sees;
 * otherwise it is a key like any other.
 */
void rescue_busy(bool busy);

/* Whether long work should be broken off: Ctrl-C came, or the program is told to end. */
bool rescue_interrupted(void);

/* Stop this process as Ctrl-Z does; returns when it was continued. The screen must be off. */
void rescue_stop(void);

#endif
