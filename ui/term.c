/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* memfd_create(), pipe2() */
#endif
#define NCURSES_NOMACROS
#include "term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termcap.h>
#include <termios.h>
#include <unistd.h>

#define FALLBACK_NAME "xterm-256color"
#define ESCAPE_DELAY 25		/* ms to tell the Escape key from the start of a sequence */
#define PASTE_LIMIT (1u << 20)
#define WAYS_OUT "set TERM (TERM=xterm-256color), or use `rmaplab run` or `rmaplab repl`"

/* Codes for sequences that ncurses does not know of itself. */
enum { SEQ_PASTE = 0x7000, SEQ_PASTE_END, SEQ_MOUSE, SEQ_CTRL_LEFT, SEQ_CTRL_RIGHT };

enum input_state { IN_KEYS, IN_PASTE, IN_MOUSE };

struct term {
	SCREEN *screen;
	WINDOW *input;		/* a pad: reading it never refreshes the screen */
	FILE *in, *out;
	char name[64];
	bool headless, mouse, ascii;
	enum depth depth;
	int cols, rows;

	enum input_state state;
	char *paste;		/* what came of a paste so far */
	size_t paste_bytes, paste_room;
	char report[24];	/* a mouse report so far, behind ESC [ < */
	size_t report_bytes;

	int feed;		/* headless: write end of the keyboard pipe */
	char *drained;
	size_t drained_room;
};

/* ------------------------------------------------------------------ opening */

/* Terminal types whose description is often missing, and which understand the common one. */
static bool speaks_xterm(const char *name)
{
	static const char *const parts[] = { "xterm", "256color", "kitty", "alacritty", "foot",
					     "ghostty", "wezterm", "rxvt", "direct" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(name, parts[i]))
			return true;
	return false;
}

/* Look at the terminal's description before curses touches anything. */
static bool choose_name(struct term *t, const char *name, char *error, size_t size)
{
	bool known;

	if (!name || !*name) {
		snprintf(error, size, "TERM is not set: " WAYS_OUT);
		return false;
	}
	snprintf(t->name, sizeof(t->name), "%s", name);
	known = tgetent(NULL, t->name) == 1;
	if (!known && speaks_xterm(name)) {
		snprintf(t->name, sizeof(t->name), "%s", FALLBACK_NAME);
		known = tgetent(NULL, t->name) == 1;
	}
	if (known && tigetstr("cup") && tigetstr("cup") != (char *)-1)
		return true;
	snprintf(error, size, "the terminal type %s %s: " WAYS_OUT, name,
		 known ? "cannot move the cursor" : "is unknown here");
	return false;
}

static bool open_files(struct term *t, char *error, size_t size)
{
	int pipes[2];

	if (!t->headless) {
		t->in = stdin;
		t->out = stdout;
		if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
			return true;
		snprintf(error, size, "this needs a terminal: use `rmaplab run`, `rmaplab repl` "
			 "or `rmaplab record` without one");
		return false;
	}
	t->out = fdopen(memfd_create("screen", MFD_CLOEXEC), "r+");
	if (pipe2(pipes, O_CLOEXEC) == 0) {
		t->in = fdopen(pipes[0], "r");
		t->feed = pipes[1];
		fcntl(t->feed, F_SETFL, O_NONBLOCK);
	}
	if (t->in && t->out)
		return true;
	snprintf(error, size, "no headless terminal: %s", strerror(errno));
	return false;
}

/* Ctrl-V, Ctrl-O, Ctrl-Z, Ctrl-S and Ctrl-Q are keys of the prompt, not of the line discipline. */
static void free_control_keys(int fd)
{
	struct termios settings;

	if (tcgetattr(fd, &settings) != 0)
		return;
	settings.c_cc[VLNEXT] = _POSIX_VDISABLE;
	settings.c_cc[VDISCARD] = _POSIX_VDISABLE;
	settings.c_cc[VSUSP] = _POSIX_VDISABLE;
	settings.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
	tcsetattr(fd, TCSANOW, &settings);
}

static void define_sequence(const char *capability, const char *otherwise, int code)
{
	const char *sequence = capability ? tigetstr(capability) : NULL;

	if (!sequence || sequence == (const char *)-1)
		sequence = otherwise;
	define_key(sequence, code);
}

static void set_modes(struct term *t)
{
	raw();
	noecho();
	nonl();
	set_escdelay(ESCAPE_DELAY);
	free_control_keys(fileno(t->in));
	def_prog_mode();
	t->input = newpad(1, 1);
	keypad(t->input, TRUE);
	nodelay(t->input, TRUE);
	define_sequence(NULL, "\033[200~", SEQ_PASTE);
	define_sequence(NULL, "\033[201~", SEQ_PASTE_END);
	define_sequence(NULL, "\033[<", SEQ_MOUSE);
	define_sequence("kLFT5", "\033[1;5D", SEQ_CTRL_LEFT);
	define_sequence("kRIT5", "\033[1;5C", SEQ_CTRL_RIGHT);
}

static void set_colours(struct term *t, bool no_colour)
{
	const char *wish = getenv("NO_COLOR");

	t->depth = DEPTH_MONO;
	if (no_colour || (wish && *wish && !t->headless) || !has_colors())
		return;
	start_color();
	use_default_colors();
	t->depth = theme_depth(COLORS);
	for (uint8_t style = 0; style < STYLE_COUNT; style++) {
		struct look look = theme_look(style, t->depth);

		if (look.colour >= 0)
			init_pair((short)(style + 1), look.colour, -1);
	}
}

/* What ncurses does not switch by itself: bracketed paste, and mouse reports in SGR form. */
static void extras(struct term *t, bool on)
{
	fputs(on ? "\033[?2004h" : "\033[?2004l", t->out);
	if (t->mouse)
		fputs(on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l", t->out);
	fflush(t->out);
}

static void take_size(struct term *t)
{
	struct winsize size;

	if (t->headless || ioctl(fileno(t->out), TIOCGWINSZ, &size) != 0 || !size.ws_col)
		return;
	t->cols = size.ws_col;
	t->rows = size.ws_row ? size.ws_row : 1;
	if (t->cols != COLS || t->rows != LINES)
		resize_term(t->rows, t->cols);
}

static bool start_curses(struct term *t, const struct term_config *config)
{
	unsetenv("LINES");	/* they would freeze the size */
	unsetenv("COLUMNS");
	if (!t->headless)
		rescue_arm(fileno(t->in));
	t->screen = newterm(t->name, t->out, t->in);
	if (!t->screen)
		return false;
	if (!t->headless)
		rescue_listen();
	set_modes(t);
	set_colours(t, config->no_colour);
	t->cols = COLS;
	t->rows = LINES;
	take_size(t);
	if (t->headless)
		term_resize(t, config->cols, config->rows);
	else
		extras(t, true);
	return true;
}

struct term *term_open(const struct term_config *config, char *error, size_t size)
{
	struct term *t = calloc(1, sizeof(*t));
	const char *name = config->name;

	if (!t) {
		snprintf(error, size, "no memory");
		return NULL;
	}
	t->feed = -1;
	t->headless = config->headless;
	t->mouse = config->mouse;
	t->ascii = config->ascii || !locale_is_utf8();
	if (!name)
		name = config->headless ? FALLBACK_NAME : getenv("TERM");
	if (open_files(t, error, size) && choose_name(t, name, error, size)) {
		if (start_curses(t, config))
			return t;
		snprintf(error, size, "the terminal %s cannot be opened: set TERM", t->name);
	}
	term_close(t);
	return NULL;
}

static void close_files(struct term *t)
{
	if (!t->headless)
		return;
	if (t->in)
		fclose(t->in);
	if (t->out)
		fclose(t->out);
	if (t->feed >= 0)
		close(t->feed);
}

void term_close(struct term *t)
{
	if (!t)
		return;
	if (t->screen) {
		if (!t->headless)
			extras(t, false);
		delwin(t->input);
		endwin();
		delscreen(t->screen);
	}
	if (!t->headless)
		rescue_disarm();
	close_files(t);
	free(t->paste);
	free(t->drained);
	free(t);
}

/* ------------------------------------------------------------------ drawing */

static attr_t attributes_of(unsigned look)
{
	return (look & LOOK_BOLD ? WA_BOLD : 0) | (look & LOOK_DIM ? WA_DIM : 0) |
	       (look & LOOK_UNDERLINE ? WA_UNDERLINE : 0) | (look & LOOK_REVERSE ? WA_REVERSE : 0);
}

static void set_cell(const struct term *t, cchar_t *out, const struct cell *cell)
{
	struct look look = theme_look(cell->style, t->depth);
	short pair = look.colour >= 0 ? (short)((cell->style & STYLE_MASK) + 1) : 0;
	const char *text = cell->text;
	wchar_t wide[CCHARW_MAX + 1];
	int n = 0, used;
	uint32_t cp;

	while (n < CCHARW_MAX && (used = utf8_decode(text, &cp))) {
		wide[n++] = t->ascii ? (wchar_t)cp_ascii(cp) : (wchar_t)cp;
		text += used;
	}
	wide[n] = L'\0';
	setcchar(out, wide, attributes_of(look.attributes), pair, NULL);
}

static void draw_row(const struct term *t, const struct canvas *c, int y, cchar_t *row)
{
	int n = 0;

	for (int x = 0; x < c->cols && x < t->cols; x++) {
		const struct cell *cell = canvas_cell(c, x, y);

		if (cell->width && x + cell->width <= t->cols)
			set_cell(t, &row[n++], cell);
	}
	mvwadd_wchnstr(stdscr, y, 0, row, n);
}

void term_draw(struct term *t, const struct canvas *c)
{
	cchar_t *row = calloc((size_t)c->cols, sizeof(*row));
	bool cursor = c->cursor_x >= 0 && c->cursor_x < t->cols && c->cursor_y < t->rows;

	if (!row)
		return;		/* the next turn tries again */
	werase(stdscr);
	for (int y = 0; y < c->rows && y < t->rows; y++)
		draw_row(t, c, y, row);
	free(row);
	curs_set(cursor);
	if (cursor)
		wmove(stdscr, c->cursor_y, c->cursor_x);
	wnoutrefresh(stdscr);
	doupdate();
	fflush(t->out);
}

void term_redraw(struct term *t)
{
	if (t->screen)
		clearok(curscr, TRUE);
}

int term_cols(const struct term *t)
{
	return t->cols;
}

int term_rows(const struct term *t)
{
	return t->rows;
}

void term_resize(struct term *t, int cols, int rows)
{
	t->cols = cols < 1 ? 1 : cols;
	t->rows = rows < 1 ? 1 : rows;
	resize_term(t->rows, t->cols);
}

enum depth term_depth(const struct term *t)
{
	return t->depth;
}

bool term_ascii(const struct term *t)
{
	return t->ascii;
}

const char *term_name(const struct term *t)
{
	return t->name;
}

/* ------------------------------------------------------------------ waiting, suspending */

unsigned term_wait(struct term *t, int timeout)
{
	unsigned news = rescue_poll(fileno(t->in), timeout);

	if (news & NEWS_RESIZED)
		take_size(t);
	return news;
}

void term_resume(struct term *t)
{
	reset_prog_mode();
	take_size(t);
	extras(t, true);
	clearok(curscr, TRUE);
	wrefresh(curscr);
}

void term_suspend(struct term *t)
{
	if (t->headless)
		return;
	extras(t, false);
	endwin();
	rescue_stop();
	term_resume(t);
}

/* ------------------------------------------------------------------ keys */

static const struct {
	int curses;
	uint32_t code;
} function_keys[] = {
	{ KEY_UP, K_UP }, { KEY_DOWN, K_DOWN }, { KEY_LEFT, K_LEFT }, { KEY_RIGHT, K_RIGHT },
	{ KEY_HOME, K_HOME }, { KEY_END, K_END }, { KEY_PPAGE, K_PAGE_UP },
	{ KEY_NPAGE, K_PAGE_DOWN }, { KEY_DC, K_DELETE }, { KEY_IC, K_INSERT },
	{ KEY_BTAB, K_BACKTAB }, { KEY_BACKSPACE, K_BACKSPACE }, { KEY_ENTER, K_ENTER },
	{ KEY_F(1), K_F1 }, { SEQ_CTRL_LEFT, K_WORD_LEFT }, { SEQ_CTRL_RIGHT, K_WORD_RIGHT },
};

static bool paste_add(struct term *t, wint_t wc)
{
	char text[5];
	size_t n = (size_t)utf8_encode(wc == '\r' ? '\n' : (uint32_t)wc, text);

	if (t->paste_bytes + n + 1 > t->paste_room) {
		size_t room = t->paste_room ? 2 * t->paste_room : 256;
		char *more = room <= PASTE_LIMIT ? realloc(t->paste, room) : NULL;

		if (!more)
			return false;	/* what is too long is cut */
		t->paste = more;
		t->paste_room = room;
	}
	memcpy(t->paste + t->paste_bytes, text, n);
	t->paste_bytes += n;
	t->paste[t->paste_bytes] = '\0';
	return true;
}

/* In a paste everything is text until its end mark. True when the key is complete. */
static bool read_paste(struct term *t, int kind, wint_t wc, struct key *key)
{
	if (kind == KEY_CODE_YES && wc == SEQ_PASTE_END) {
		t->state = IN_KEYS;
		key->code = K_PASTE;
		key->paste = t->paste_bytes ? t->paste : "";
		return true;
	}
	if (kind != KEY_CODE_YES && wc)
		paste_add(t, wc);
	return false;
}

/* ESC [ < button ; column ; row, then M for a press and m for a release. */
static bool read_mouse(struct term *t, int kind, wint_t wc, struct key *key)
{
	int button, column, row;

	if (kind == OK && t->report_bytes + 1 < sizeof(t->report) &&
	    ((wc >= '0' && wc <= '9') || wc == ';')) {
		t->report[t->report_bytes++] = (char)wc;
		return false;
	}
	t->state = IN_KEYS;
	t->report[t->report_bytes] = '\0';
	if (wc != 'M' || sscanf(t->report, "%d;%d;%d", &button, &column, &row) != 3)
		return false;
	key->code = button == 0 ? K_CLICK : button == 64 ? K_WHEEL_UP :
		    button == 65 ? K_WHEEL_DOWN : K_NONE;
	key->x = column - 1;
	key->y = row - 1;
	return key->code != K_NONE;
}

static bool read_function_key(struct term *t, wint_t wc, struct key *key)
{
	switch (wc) {
	case SEQ_PASTE:
		t->state = IN_PASTE;
		t->paste_bytes = 0;
		return false;
	case SEQ_MOUSE:
		t->state = IN_MOUSE;
		t->report_bytes = 0;
		return false;
	}
	for (size_t i = 0; i < sizeof(function_keys) / sizeof(function_keys[0]); i++)
		if ((wint_t)function_keys[i].curses == wc)
			key->code = function_keys[i].code;
	return key->code != K_NONE;
}

/* A character; an Escape with another key right behind it is that key with Alt. */
static bool read_character(struct term *t, wint_t wc, struct key *key)
{
	wint_t next;
	int kind;

	key->code = wc == '\n' ? K_ENTER : wc == '\b' ? K_BACKSPACE : (uint32_t)wc;
	if (wc != K_ESCAPE)
		return true;
	kind = wget_wch(t->input, &next);
	if (kind == ERR)
		return true;
	key->alt = true;
	key->code = K_NONE;
	if (kind == KEY_CODE_YES)
		return read_function_key(t, next, key);
	key->code = next == K_BACKSPACE || next == '\b' ? K_BACKSPACE : (uint32_t)next;
	return true;
}

static bool take_key(struct term *t, int kind, wint_t wc, struct key *key)
{
	*key = (struct key){ .code = K_NONE };
	if (t->state == IN_PASTE)
		return read_paste(t, kind, wc, key);
	if (t->state == IN_MOUSE)
		return read_mouse(t, kind, wc, key);
	if (kind == KEY_CODE_YES)
		return read_function_key(t, wc, key);
	return wc != 0 && read_character(t, wc, key);
}

bool term_read(struct term *t, struct key *key)
{
	wint_t wc;
	int kind;

	while ((kind = wget_wch(t->input, &wc)) != ERR)
		if (take_key(t, kind, wc, key))
			return true;
	return false;
}

/* ------------------------------------------------------------------ headless */

bool term_feed(struct term *t, const char *bytes, size_t n)
{
	return write(t->feed, bytes, n) == (ssize_t)n;
}

const char *term_drain(struct term *t, size_t *n)
{
	int fd = fileno(t->out);
	off_t end = (fflush(t->out), lseek(fd, 0, SEEK_END));
	ssize_t got;

	*n = 0;
	if (end > (off_t)t->drained_room) {
		char *more = realloc(t->drained, (size_t)end);

		if (!more)
			return "";
		t->drained = more;
		t->drained_room = (size_t)end;
	}
	got = end > 0 ? pread(fd, t->drained, (size_t)end, 0) : 0;
	if (ftruncate(fd, 0) == 0)
		lseek(fd, 0, SEEK_SET);
	*n = got > 0 ? (size_t)got : 0;
	return t->drained ? t->drained : "";
}
