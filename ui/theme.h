/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * theme: what a style looks like.
 *
 * Whoever draws says what a thing *is* (an anonymous page, a question); this table alone says
 * what that looks like on a terminal of 256, 16 or 8 colours or of none. Colour adds and never
 * carries: one hue for each kind of memory in every pane, what changed is bold (and carries a mark
 * that its pane draws), the lesson's question is the only thing in reverse video.
 */
#ifndef UI_THEME_H
#define UI_THEME_H

#include <stdint.h>

enum style {
	STYLE_PLAIN,
	STYLE_DIM,		/* borders, legends, what is past */
	STYLE_TITLE,		/* names on borders, the status line */
	STYLE_ANON,		/* anonymous memory */
	STYLE_FILE,		/* file pages */
	STYLE_SWAP,		/* swap cache and swap slots */
	STYLE_TABLE,		/* page tables */
	STYLE_KERNEL,		/* slabs, chains, kernel memory */
	STYLE_FREE,		/* nobody's frame */
	STYLE_SELECTED,		/* the object all panes agree on, between ‹ and › */
	STYLE_FOCUS,		/* border of the pane that has the keys */
	STYLE_NOW,		/* the line that just happened, after ▸ */
	STYLE_QUESTION,		/* what the lesson asks */
	STYLE_GOOD,		/* right answers, agreement */
	STYLE_BAD,		/* wrong answers, errors, broken invariants */
	STYLE_KEY,		/* names of keys */
	STYLE_PROMPT,		/* what the learner types */
	STYLE_COUNT
};

#define STYLE_CHANGED 0x80	/* or'ed to a style: changed since the stop before */
#define STYLE_MASK 0x7f

/* How many colours a terminal has. */
enum depth { DEPTH_MONO, DEPTH_8, DEPTH_16, DEPTH_256 };

#define LOOK_BOLD 1
#define LOOK_DIM 2
#define LOOK_UNDERLINE 4
#define LOOK_REVERSE 8

struct look {
	short colour;		/* foreground, -1 = the terminal's own */
	unsigned attributes;	/* LOOK_* */
};

/* What @style (perhaps with STYLE_CHANGED) looks like at @depth. */
struct look theme_look(uint8_t style, enum depth depth);

/* The letter of a style in a printed attribute plane: '.' is plain, upper case is changed. */
char theme_letter(uint8_t style);

/* The name of the style behind a letter, for the legend; NULL when no style has this number. */
const char *theme_name(uint8_t style);

/*
 * The depth to use for a terminal that says it has @colours colours. A direct-colour terminal
 * (more than 256) has the palette's first eight only. NO_COLOR is the caller's to look at.
 */
enum depth theme_depth(int colours);

#endif
