/* SPDX-License-Identifier: GPL-2.0-only */
#include "keys.h"

#include <stdio.h>

#include "text.h"

static const struct {
	uint32_t code;
	const char *bytes;
} sequences[] = {
	{ K_UP, "\033[A" }, { K_DOWN, "\033[B" }, { K_RIGHT, "\033[C" }, { K_LEFT, "\033[D" },
	{ K_HOME, "\033[H" }, { K_END, "\033[F" }, { K_DELETE, "\033[3~" },
	{ K_WORD_LEFT, "\033b" }, { K_WORD_RIGHT, "\033f" },
};

bool key_bytes(const struct key *key, char bytes[KEY_BYTES])
{
	*bytes = '\0';
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if (sequences[i].code == key->code)
			snprintf(bytes, KEY_BYTES, "%s", sequences[i].bytes);
	if (key->code && key->code < K_UP) {
		if (key->alt)
			bytes[0] = '\033';
		utf8_encode(key->code, bytes + key->alt);
	}
	return *bytes != '\0';
}

enum action keys_action(const struct key *key)
{
	if (key->alt)
		return ACT_NONE;
	for (size_t i = 0; i < keys_count; i++)
		if (keys_table[i].code == key->code)
			return keys_table[i].action;
	return ACT_NONE;
}

#define ROW(c, a, w, n, l, s) { .code = (c), .action = (a), .when = (w), .name = (n), \
				.label = (l), .sentence = (s) }
#define GROUP(g, c, a, w, n, l, s) { .code = (c), .action = (a), .when = (w), .name = (n), \
				     .label = (l), .sentence = (s), .group = (g) }

/* In the order of the line of keys and the help. A capital is the small letter backwards. */
const struct key_row keys_table[] = {
	GROUP("In time", ' ', ACT_STEP_NEXT, WHEN_RUNNING, "space", "next",
	      "go on to the next step of the lesson (without one: the next operation)"),
	ROW(K_BACKSPACE, ACT_STEP_BACK, WHEN_RUNNING, "⌫", "back",
	    "go back to the step before"),
	ROW('<', ACT_STEP_BACK, 0, "<", NULL, NULL),
	ROW('s', ACT_EVENT_NEXT, WHEN_RUNNING, "s", "event", "one event forward"),
	ROW('S', ACT_EVENT_BACK, WHEN_RUNNING, "S", NULL, "one event back"),
	ROW('n', ACT_OVER_NEXT, WHEN_RUNNING, "n", "over",
	    "over: to the next event of this function or its callers"),
	ROW('N', ACT_OVER_BACK, WHEN_RUNNING, "N", NULL, "the same, backwards"),
	ROW('f', ACT_OUT_NEXT, WHEN_RUNNING, "f", "out", "out of this function"),
	ROW('F', ACT_OUT_BACK, WHEN_RUNNING, "F", NULL, "back to where this function was called"),
	ROW('o', ACT_OPERATION_NEXT, WHEN_RUNNING, "o", "operation",
	    "to the end of this operation"),
	ROW('O', ACT_OPERATION_BACK, WHEN_RUNNING, "O", NULL, "to the operation before"),
	ROW('g', ACT_GOTO, WHEN_RUNNING, "g", "goto", "go to an event by its number"),
	ROW(K_HOME, ACT_FIRST, WHEN_RUNNING, "Home", NULL, "to the first event"),
	ROW(K_END, ACT_LAST, WHEN_RUNNING, "End", NULL, "to the newest event"),
	GROUP("The lesson", K_ENTER, ACT_ANSWER, WHEN_QUESTION, "⏎", "answer",
	      "answer the question with the selected object"),
	ROW('a', ACT_TYPE_ANSWER, WHEN_QUESTION, "a", "type it", "type the answer"),
	ROW('h', ACT_HINT, WHEN_QUESTION, "h", "hint", "a hint"),
	ROW('m', ACT_MENU, WHEN_ALWAYS, "m", NULL, "the menu of lessons"),
	GROUP("On the screen", K_TAB, ACT_PANE_NEXT, WHEN_RUNNING, "tab", "pane",
	      "the keys go to the next pane"),
	ROW(K_BACKTAB, ACT_PANE_BACK, WHEN_RUNNING, "S-tab", NULL, "to the pane before"),
	ROW(K_UP, ACT_UP, WHEN_RUNNING, "↑ ↓ ← →", NULL,
	    "select in this pane: a frame, a pte, a page of a list"),
	ROW(K_DOWN, ACT_DOWN, WHEN_RUNNING, "↓", NULL, NULL),
	ROW(K_LEFT, ACT_LEFT, WHEN_RUNNING, "←", NULL, NULL),
	ROW(K_RIGHT, ACT_RIGHT, WHEN_RUNNING, "→", NULL, NULL),
	ROW(K_PAGE_UP, ACT_PAGE_UP, WHEN_RUNNING, "PgUp PgDn", NULL,
	    "the same, a screenful at a time"),
	ROW(K_PAGE_DOWN, ACT_PAGE_DOWN, WHEN_RUNNING, "PgDn", NULL, NULL),
	ROW(']', ACT_PANE_OTHER, WHEN_RUNNING, "]", NULL, "show another pane in this place"),
	ROW('[', ACT_PANE_OTHER_BACK, WHEN_RUNNING, "[", NULL, "the same, backwards"),
	ROW('z', ACT_ZOOM, WHEN_RUNNING, "z", "zoom", "this pane alone, and back again"),
	ROW(':', ACT_PROMPT, WHEN_ALWAYS, ":", "command",
	    "type Lua at the prompt; Esc leaves it"),
	ROW('?', ACT_HELP, WHEN_ALWAYS, "?", "help", "this help, and back again"),
	ROW(K_F1, ACT_HELP, 0, "F1", NULL, NULL),
	ROW(CTRL_KEY('l'), ACT_REDRAW, WHEN_ALWAYS, "^L", NULL, "draw the screen again"),
	ROW(CTRL_KEY('z'), ACT_SUSPEND, WHEN_ALWAYS, "^Z", NULL, "suspend; `fg` comes back"),
	ROW('q', ACT_QUIT, WHEN_ALWAYS, "q", "quit", "leave; progress is kept"),
	ROW(CTRL_KEY('c'), ACT_QUIT, 0, "^C", NULL, NULL),
};

const size_t keys_count = sizeof(keys_table) / sizeof(keys_table[0]);
