/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "prompt.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "choices.h"
#include "matches.h"
#include "outfile.h"
#include "pen.h"
#include "theme.h"

#define QUEUE_BYTES 4096
#define HISTORY_LINES 1000
#define MORE_LABEL ">> "	/* asks for the next line of a chunk */
#define WORD_BREAKS " \t\n\"'()[]{}=+-*/%^#<>,;~|&"	/* not . and :, they belong to the word */

struct prompt {
	struct prompt_config config;
	char label[40];		/* what stands before the line now */
	bool asking;		/* prompt_ask(): the answer is no Lua */
	bool end_of_file;	/* Ctrl-D on an empty line */
	sigjmp_buf interrupt;	/* plain: where Ctrl-C goes on */
	char *chunk;		/* lines before this one */
	char *finished;		/* for prompt_take() */
	struct choices choices;
	int word_start;		/* what a choice replaces: from here to the cursor */
	FILE *nowhere;		/* what readline reads and writes */
	unsigned char queue[QUEUE_BYTES];
	size_t head, tail;
};

/* The hooks of readline have no argument: the one prompt there is. */
static struct prompt *active;

static volatile sig_atomic_t interrupted;

/* ------------------------------------------------------------------ the queue of bytes */

static bool queue_empty(const struct prompt *p)
{
	return p->head == p->tail;
}

/* A key goes in whole or not at all: readline must never wait in the middle of a character. */
static void enqueue(struct prompt *p, const char *bytes)
{
	size_t n = strlen(bytes);

	if (queue_empty(p))
		p->head = p->tail = 0;
	if (p->tail + n > QUEUE_BYTES)
		return;
	memcpy(p->queue + p->tail, bytes, n);
	p->tail += n;
}

static int hook_getc(FILE *unused)
{
	(void)unused;
	if (queue_empty(active))
		return CTRL_KEY('g');	/* never an end of file: that would accept half a line */
	return active->queue[active->head++];
}

static int hook_input_available(void)
{
	return !queue_empty(active);
}

static void hook_redisplay(void) {}

/* ------------------------------------------------------------------ completion */

static char **hook_complete(const char *text, int start, int end)
{
	const struct prompt_host *host = &active->config.host;
	char *found[PROMPT_CHOICES];
	size_t host_start = (size_t)start;
	uint32_t n;

	(void)text;
	rl_attempted_completion_over = 1;	/* no file names */
	rl_completion_append_character = '\0';
	if (!host->complete || active->asking)
		return NULL;
	n = host->complete(host->arg, rl_line_buffer, (size_t)end, &host_start, found,
			   PROMPT_CHOICES);
	active->word_start = start;
	return matches_list(found, (int)n, rl_line_buffer, host_start, (size_t)start);
}

static void hook_choices(char **matches, int n, int longest)
{
	(void)longest;
	choices_open(&active->choices, matches + 1, n);
}

static void take_choice(struct prompt *p)
{
	rl_begin_undo_group();
	rl_delete_text(p->word_start, rl_point);
	rl_point = p->word_start;
	rl_insert_text(p->choices.items[p->choices.chosen]);
	rl_end_undo_group();
	choices_close(&p->choices);
}

/* The window of choices has the first word. Returns whether the key is done with. */
static bool offer_choices(struct prompt *p, const struct key *key)
{
	enum choice what;

	if (!p->choices.count)
		return false;
	what = choices_key(&p->choices, key);
	if (what == CHOICE_TAKEN)
		take_choice(p);
	return what != CHOICE_TYPED;
}

/* ------------------------------------------------------------------ history */

/* The mark before each entry, which may have several lines. It has the form of a time. */
#define ENTRY_MARK "#1"

static void save_history(const char *path)
{
	HIST_ENTRY **list = history_list();
	struct outfile o;
	char error[8];

	if (!path)
		return;
	make_folders(path);
	if (!outfile_open(&o, path, error, sizeof(error)))
		return;		/* nobody wants an error at the end: the old history stays */
	for (int i = 0; list && list[i]; i++)
		fprintf(o.f, ENTRY_MARK "\n%s\n", list[i]->line);
	outfile_commit(&o, error, sizeof(error));
}

/* rl_clear_history() of readline 8.2 leaves freed entries in front of the list's end mark. */
static void forget_history(void)
{
	rl_clear_history();
	add_history("");
	free_history_entry(remove_history(0));
}

static void remember(const char *text)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (*text && (!last || strcmp(last->line, text) != 0))
		add_history(text);
}

/* ------------------------------------------------------------------ chunks */

static void set_label(struct prompt *p, const char *label)
{
	snprintf(p->label, sizeof(p->label), "%s", label);
	if (p->config.terminal)
		rl_set_prompt(p->label);
}

/* Put @line behind the lines before. Returns false when there is no memory. */
static bool add_line(struct prompt *p, const char *line)
{
	char *chunk;

	if (asprintf(&chunk, "%s%s%s", p->chunk ? p->chunk : "", p->chunk ? "\n" : "", line) < 0)
		return false;
	free(p->chunk);
	p->chunk = chunk;
	return true;
}

/* Returns the chunk when @line completes it, else NULL and the label asks for more. */
static char *end_line(struct prompt *p, const char *line)
{
	const struct prompt_host *host = &p->config.host;
	char *chunk;

	if (!add_line(p, line))
		return NULL;
	if (!p->asking && host->incomplete && host->incomplete(host->arg, p->chunk)) {
		set_label(p, MORE_LABEL);
		return NULL;
	}
	chunk = p->chunk;
	p->chunk = NULL;
	if (!p->asking)
		remember(chunk);
	p->asking = false;
	set_label(p, p->config.label);
	return chunk;
}

/* Runs inside readline, which has not finished with its line: only note what came. */
static void hook_line(char *line)
{
	if (!line) {
		active->end_of_file = true;
		return;
	}
	free(active->finished);
	active->finished = end_line(active, line);
	free(line);
}

char *prompt_take(struct prompt *p)
{
	char *text = p->finished;

	p->finished = NULL;
	return text;
}

void prompt_ask(struct prompt *p, const char *label)
{
	prompt_cancel(p);
	p->asking = true;
	set_label(p, label);
}

bool prompt_asking(const struct prompt *p)
{
	return p->asking;
}

void prompt_set(struct prompt *p, const char *text)
{
	choices_close(&p->choices);
	rl_replace_line(text, 0);
	rl_point = rl_end;
}

void prompt_cancel(struct prompt *p)
{
	rl_callback_sigcleanup();	/* leaves a search and a numeric argument */
	rl_end_of_history(1, 0);	/* a line of the history keeps its own undo list */
	rl_replace_line("", 1);
	rl_point = rl_mark = 0;
	free(p->chunk);
	p->chunk = NULL;
	p->asking = false;
	choices_close(&p->choices);
	set_label(p, p->config.label);
}

/* ------------------------------------------------------------------ keys */

/* A paste is text, whatever it holds, and one thing to undo. */
static void insert_paste(const char *text)
{
	if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH))
		rl_callback_sigcleanup();
	rl_begin_undo_group();
	rl_insert_text(text);
	rl_end_undo_group();
}

static void feed(struct prompt *p, const char *bytes)
{
	enqueue(p, bytes);
	while (!queue_empty(p))
		rl_callback_read_char();
}

/*
 * Keys that mean something in an incremental search. Any other ends it and keeps what was found;
 * readline 8.2 would do so itself, but dies of the first key of a longer sequence (Ctrl-X, say).
 */
static bool is_search_key(const struct key *key)
{
	static const uint32_t controls[] = { K_ENTER, K_ESCAPE, CTRL_KEY('r'), CTRL_KEY('s'),
					     CTRL_KEY('g'), CTRL_KEY('w'), CTRL_KEY('y') };

	if (key->alt)
		return false;
	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (key->code == controls[i])
			return true;
	return key->code >= ' ' && key->code < K_UP;
}

static void type_key(struct prompt *p, const struct key *key)
{
	char bytes[KEY_BYTES];

	if (!key_bytes(key, bytes))
		return;
	if (RL_ISSTATE(RL_STATE_ISEARCH) && !is_search_key(key))
		feed(p, "\033");
	feed(p, bytes);
}

/* Escape leaves the prompt, unless readline has a use for it. */
static bool escape_leaves(void)
{
	if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG))
		return false;
	return rl_editing_mode == 1 || rl_get_keymap() == vi_movement_keymap;
}

bool prompt_key(struct prompt *p, const struct key *key)
{
	if (offer_choices(p, key))
		return true;
	if (key->code == K_ESCAPE && !key->alt && escape_leaves())
		return false;
	if (key->code == K_PASTE) {
		insert_paste(key->paste);
		return true;
	}
	type_key(p, key);
	if (!p->end_of_file)
		return true;
	p->end_of_file = false;
	return false;
}

void prompt_resize(struct prompt *p, int cols, int rows)
{
	(void)p;
	rl_set_screen_size(rows, cols);
}

/* ------------------------------------------------------------------ drawing */

/* The label as readline has it now: a search shows itself there. \001 and \002 are no text. */
static void write_label(struct pen *pen)
{
	const char *label = rl_display_prompt ? rl_display_prompt : "";

	for (; *label; label++)
		if (*label != '\001' && *label != '\002') {
			size_t n = 1;

			while (((unsigned char)label[n] & 0xc0) == 0x80)
				n++;
			pen_write(pen, STYLE_DIM, label, n);
			label += n - 1;
		}
}

/* Write everything; *@cursor gets where the cursor stands. */
static void write_all(const struct prompt *p, struct pen *pen, struct pen *cursor)
{
	if (p->chunk) {
		pen_write(pen, STYLE_DIM, p->config.label, strlen(p->config.label));
		pen_write(pen, STYLE_DIM, p->chunk, strlen(p->chunk));
		pen_newline(pen);
	}
	write_label(pen);
	pen_write(pen, STYLE_PROMPT, rl_line_buffer, (size_t)rl_point);
	if (pen->x >= pen->width)
		pen_newline(pen);	/* the cursor stands where the next character goes */
	*cursor = *pen;
	pen_write(pen, STYLE_PROMPT, rl_line_buffer + rl_point, (size_t)(rl_end - rl_point));
}

int prompt_rows(const struct prompt *p, int width)
{
	struct pen pen = { .width = width > 0 ? width : 1 }, cursor;

	write_all(p, &pen, &cursor);
	return pen.y + 1;
}

void prompt_draw(const struct prompt *p, struct canvas *c, struct rect r, bool focus)
{
	struct pen count = { .width = r.w > 0 ? r.w : 1 }, pen = count, cursor, unused;
	struct window outer;

	write_all(p, &count, &cursor);
	pen.c = c;
	pen.rows = r.h;
	pen.first = cursor.y >= r.h ? cursor.y - r.h + 1 : 0;
	outer = canvas_enter(c, r);
	write_all(p, &pen, &unused);
	if (focus)
		canvas_cursor(c, cursor.x, cursor.y - pen.first);
	canvas_leave(c, outer);
	if (focus && p->choices.count)
		choices_draw(&p->choices, c, r.x + 2, r.y);
}

/* ------------------------------------------------------------------ plain */

/*
 * While readline waits it catches Ctrl-C itself, gives the terminal back and then, at a moment of
 * its own choice, sends it on to us: only then may its work be left by a jump.
 */
static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
	if (RL_ISSTATE(RL_STATE_SIGHANDLER))
		siglongjmp(active->interrupt, 1);
}

bool prompt_interrupted(void)
{
	bool was = interrupted;

	interrupted = 0;
	return was;
}

/* Ctrl-C: the lines so far are forgotten. */
static void restart_plain(struct prompt *p)
{
	RL_UNSETSTATE(RL_STATE_SIGHANDLER);
	interrupted = 0;
	free(p->chunk);
	p->chunk = NULL;
	set_label(p, p->config.label);
	putchar('\n');
}

static char *read_pipe_line(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, stdin);

	if (n < 0) {
		free(line);
		return NULL;
	}
	if (n > 0 && line[n - 1] == '\n')
		line[n - 1] = '\0';
	return line;
}

char *prompt_read_plain(struct prompt *p)
{
	bool typed = isatty(STDIN_FILENO);
	char *line, *chunk = NULL;

	if (sigsetjmp(p->interrupt, 1))
		restart_plain(p);
	while (!chunk && (line = typed ? readline(p->label) : read_pipe_line())) {
		chunk = end_line(p, line);
		free(line);
	}
	if (!chunk && p->chunk) {	/* the end came too early: let Lua say what is missing */
		chunk = p->chunk;
		p->chunk = NULL;
	}
	return chunk;
}

/* ------------------------------------------------------------------ opening and closing */

/* What readline must not do inside a screen. */
static void embed(struct prompt *p)
{
	rl_terminal_name = p->config.terminal;	/* another name would undo curses' terminfo */
	rl_instream = p->nowhere;
	rl_outstream = p->nowhere;		/* bell, queries and messages go nowhere */
	rl_redisplay_function = hook_redisplay;
	rl_getc_function = hook_getc;
	rl_input_available_hook = hook_input_available;
	rl_completion_display_matches_hook = hook_choices;
	rl_prep_term_function = NULL;		/* the line settings are the screen's */
	rl_deprep_term_function = NULL;
	rl_change_environment = 0;		/* LINES and COLUMNS would freeze the size */
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
}

/* As readline was: another prompt may be plain. */
static void release(void)
{
	rl_callback_sigcleanup();
	rl_callback_handler_remove();
	rl_instream = stdin;
	rl_outstream = stdout;
	rl_redisplay_function = rl_redisplay;
	rl_getc_function = rl_getc;
	rl_input_available_hook = NULL;
	rl_completion_display_matches_hook = NULL;
	rl_prep_term_function = rl_prep_terminal;
	rl_deprep_term_function = rl_deprep_terminal;
	rl_catch_signals = 1;
	rl_catch_sigwinch = 1;
}

static void set_variables(bool embedded)
{
	rl_variable_bind("show-all-if-ambiguous", "on");
	if (!embedded)
		return;
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("enable-bracketed-paste", "off");	/* pastes come as one key */
	rl_variable_bind("bind-tty-special-chars", "off");
	rl_bind_keyseq_if_unbound("\033[3~", rl_delete);
}

/*
 * readline 8.2 frees undo lists twice in its searches that are not incremental and in
 * operate-and-get-next, and reads behind a line that ends in a backslash when it yanks arguments:
 * they go, and vi's / and ? search incrementally. Alt-Enter would turn an unsuspecting learner's
 * prompt into vi; who wants that says so in ~/.inputrc.
 */
static void unbind_dangerous(void)
{
	static const char *const names[] = {
		"operate-and-get-next", "vi-editing-mode", "vi-search-again", "yank-last-arg",
		"yank-nth-arg", "insert-last-argument",
		"non-incremental-forward-search-history", "non-incremental-reverse-search-history",
		"non-incremental-forward-search-history-again",
		"non-incremental-reverse-search-history-again",
	};
	static const char *const maps[] = { "emacs", "emacs-meta", "vi-insert", "vi-move" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t k = 0; k < sizeof(maps) / sizeof(maps[0]); k++)
			rl_unbind_function_in_map(rl_named_function(names[i]),
						  rl_get_keymap_by_name(maps[k]));
	rl_bind_key_in_map('/', rl_reverse_search_history, vi_movement_keymap);
	rl_bind_key_in_map('?', rl_forward_search_history, vi_movement_keymap);
}

static void listen_plain(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
}

static void start_history(const char *path)
{
	using_history();
	stifle_history(HISTORY_LINES);
	history_comment_char = ENTRY_MARK[0];
	history_write_timestamps = 1;	/* or the marks would not be understood */
	if (path)
		read_history(path);
}

struct prompt *prompt_open(const struct prompt_config *config)
{
	struct prompt *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->config = *config;
	p->nowhere = fopen("/dev/null", "r+");
	active = p;
	if (config->no_inputrc)
		setenv("INPUTRC", "/dev/null", 1);
	rl_readline_name = "rmaplab";
	rl_attempted_completion_function = hook_complete;
	rl_completer_word_break_characters = WORD_BREAKS;
	if (config->terminal)
		embed(p);
	else
		listen_plain();
	rl_initialize();
	set_variables(config->terminal != NULL);
	unbind_dangerous();
	start_history(config->history);
	if (config->terminal)
		rl_callback_handler_install(config->label, hook_line);
	set_label(p, config->label);
	return p;
}

void prompt_close(struct prompt *p)
{
	if (!p)
		return;
	save_history(p->config.history);
	if (p->config.terminal)
		release();
	forget_history();
	choices_close(&p->choices);
	free(p->chunk);
	free(p->finished);
	if (p->nowhere)
		fclose(p->nowhere);
	active = NULL;
	free(p);
}
