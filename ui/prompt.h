/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prompt: the line the learner types, inside the screen or as a plain REPL. The only file that
 * knows readline.
 *
 *	keys --> prompt_key() --> queue of bytes --> readline --> line buffer
 *	                                                 |
 *	canvas <-- prompt_draw() <-- "dirty" <-- redisplay hook (paints nothing)
 *
 * In the screen readline owns neither the terminal nor the time: it gets bytes from the queue and
 * draws nothing. Lines that Lua wants more of are collected to a chunk. Completion comes from the
 * host; several matches open a small window of choices that the prompt draws over its neighbours.
 *
 * readline is one per process, and so is the prompt.
 */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "canvas.h"
#include "keys.h"

#define PROMPT_CHOICES 200	/* matches offered at most */

/* What the prompt asks whoever evaluates the lines. The functions may be NULL. */
struct prompt_host {
	/*
	 * Candidates for the word that ends at @cursor, at most @max, each malloc'ed; *@word_start
	 * is where that word begins. Returns how many. (session_complete() has this form.)
	 */
	uint32_t (*complete)(void *arg, const char *line, size_t cursor, size_t *word_start,
			     char **out, uint32_t max);
	/* Whether @chunk is the start of something longer. */
	bool (*incomplete)(void *arg, const char *chunk);
	void *arg;
};

struct prompt_config {
	const char *terminal;	/* term_name(); NULL: plain, readline or a pipe has the terminal */
	const char *label;	/* "> " */
	const char *history;	/* file; NULL: none. state_path() of outfile.h knows its place */
	bool no_inputrc;	/* leave ~/.inputrc alone: recordings and tests */
	struct prompt_host host;
};

struct prompt;

/* Returns NULL when there is no memory. Strings and the host must live as long as the prompt. */
struct prompt *prompt_open(const struct prompt_config *config);

/* Save the history (a file beside, then renamed) and let readline go. NULL is fine. */
void prompt_close(struct prompt *p);

/*
 * Give a key to the prompt. Returns false when it is not for the prompt: a lone Escape that ends
 * neither a search nor the window of choices, and Ctrl-D on an empty line.
 */
bool prompt_key(struct prompt *p, const struct key *key);

/* Ctrl-C: forget the line, the lines before it and a search. */
void prompt_cancel(struct prompt *p);

/*
 * The text that was finished since the last call, or NULL. The caller frees it. In the middle of a
 * chunk there is none.
 */
char *prompt_take(struct prompt *p);

/*
 * Ask something else for one line ("event: "), without completion, history and chunks. The answer
 * comes from prompt_take(), and then the label is the old one again.
 */
void prompt_ask(struct prompt *p, const char *label);

/* Whether prompt_ask() still waits for its answer. */
bool prompt_asking(const struct prompt *p);

/* Replace the line. */
void prompt_set(struct prompt *p, const char *text);

/* The window has another size. */
void prompt_resize(struct prompt *p, int cols, int rows);

/* Rows that label, line and the lines before take in @width cells. */
int prompt_rows(const struct prompt *p, int width);

/*
 * Draw into @r; when it is too low, the rows around the cursor. With @focus the cursor is put
 * there. The window of choices is drawn above @r.
 */
void prompt_draw(const struct prompt *p, struct canvas *c, struct rect r, bool focus);

/*
 * Plain mode: the next chunk, asked for on the terminal or read from a pipe. NULL at the end. The
 * caller frees it.
 */
char *prompt_read_plain(struct prompt *p);

/* Plain mode: whether Ctrl-C came since the last call. */
bool prompt_interrupted(void);

#endif
