/* SPDX-License-Identifier: GPL-2.0-only */
#include "vt.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vterm.h>

struct vt {
	VTerm *vterm;
	VTermScreen *screen;
	bool cursor;		/* shown */
	char last;		/* the last ASCII character that was printed */
	char sequence[32];	/* an escape sequence so far */
	size_t bytes;
};

static int on_property(VTermProp prop, VTermValue *value, void *user)
{
	struct vt *v = user;

	if (prop == VTERM_PROP_CURSORVISIBLE)
		v->cursor = value->boolean;
	return 1;
}

static const VTermScreenCallbacks callbacks = { .settermprop = on_property };

struct vt *vt_new(int cols, int rows)
{
	struct vt *v = calloc(1, sizeof(*v));

	v->vterm = vterm_new(rows, cols);
	v->cursor = true;
	vterm_set_utf8(v->vterm, 1);
	v->screen = vterm_obtain_screen(v->vterm);
	vterm_screen_set_callbacks(v->screen, &callbacks, v);
	vterm_screen_enable_altscreen(v->screen, 1);
	vterm_screen_reset(v->screen, 1);
	return v;
}

void vt_free(struct vt *v)
{
	vterm_free(v->vterm);
	free(v);
}

void vt_resize(struct vt *v, int cols, int rows)
{
	vterm_set_size(v->vterm, rows, cols);
}

/*
 * libvterm 0.1.4 does not know REP, "ESC [ n b": print the last character n times more. ncurses
 * sends it for runs of ASCII; here it is carried out by hand.
 */
static void end_sequence(struct vt *v)
{
	unsigned times;
	char final;

	if (sscanf(v->sequence, "\033[%u%c", &times, &final) == 2 && final == 'b')
		while (times--)
			vterm_input_write(v->vterm, &v->last, 1);
	else
		vterm_input_write(v->vterm, v->sequence, v->bytes);
	v->bytes = 0;
	memset(v->sequence, 0, sizeof(v->sequence));
}

static void write_byte(struct vt *v, char byte)
{
	bool csi = v->bytes > 1 && v->sequence[1] == '[';

	if (byte != '\033' && !v->bytes) {
		v->last = byte;
		vterm_input_write(v->vterm, &byte, 1);
		return;
	}
	v->sequence[v->bytes++] = byte;
	if (v->bytes + 1 == sizeof(v->sequence) || (v->bytes == 2 && byte != '[') ||
	    (csi && byte >= '@' && byte <= '~'))
		end_sequence(v);
}

void vt_write(struct vt *v, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		write_byte(v, bytes[i]);
}

void vt_follow(struct vt *v, struct term *t)
{
	size_t n;
	const char *bytes = term_drain(t, &n);

	vt_write(v, bytes, n);
}

/* The glyph of a cell as the canvas writes it: a blank is a space, a right half nothing. */
static void cell_text(const VTermScreenCell *cell, char *text)
{
	*text = '\0';
	if (cell->chars[0] == (uint32_t)-1)
		return;
	if (cell->chars[0] == 0) {
		strcpy(text, " ");
		return;
	}
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
		text += utf8_encode(cell->chars[i], text);
}

static bool same_look(const VTermScreenCell *cell, const struct look *look)
{
	bool own = VTERM_COLOR_IS_DEFAULT_FG(&cell->fg);

	if (cell->chars[0] == 0 || cell->chars[0] == ' ')	/* an eye sees no more of a blank */
		return cell->attrs.underline == !!(look->attributes & LOOK_UNDERLINE) &&
		       cell->attrs.reverse == !!(look->attributes & LOOK_REVERSE);
	if (look->colour >= 0 ? own || cell->fg.indexed.idx != look->colour : !own)
		return false;
	return cell->attrs.bold == !!(look->attributes & LOOK_BOLD) &&
	       cell->attrs.underline == !!(look->attributes & LOOK_UNDERLINE) &&
	       cell->attrs.reverse == !!(look->attributes & LOOK_REVERSE);
}

static bool same_cell(struct vt *v, const struct canvas *c, int x, int y, enum depth depth,
		      char *why, size_t size)
{
	const struct cell *want = canvas_cell(c, x, y);
	struct look look = theme_look(want->style, depth);
	char text[4 * VTERM_MAX_CHARS_PER_CELL + 1];
	VTermScreenCell cell;

	vterm_screen_get_cell(v->screen, (VTermPos){ .row = y, .col = x }, &cell);
	cell_text(&cell, text);
	if (strcmp(text, want->text) != 0) {
		snprintf(why, size, "row %d column %d shows '%s', the canvas has '%s'", y, x, text,
			 want->text);
		return false;
	}
	if (want->width && !same_look(&cell, &look)) {
		snprintf(why, size, "row %d column %d '%s' does not look like %s", y, x, text,
			 theme_name(want->style & STYLE_MASK));
		return false;
	}
	return true;
}

bool vt_shows(struct vt *v, const struct canvas *c, enum depth depth, char *why, size_t size)
{
	VTermPos cursor;

	for (int y = 0; y < c->rows; y++)
		for (int x = 0; x < c->cols; x++)
			if (!same_cell(v, c, x, y, depth, why, size))
				return false;
	vterm_state_get_cursorpos(vterm_obtain_state(v->vterm), &cursor);
	if (v->cursor == (c->cursor_x >= 0) &&
	    (!v->cursor || (cursor.row == c->cursor_y && cursor.col == c->cursor_x)))
		return true;
	snprintf(why, size, "cursor %s at row %d column %d, the canvas has row %d column %d",
		 v->cursor ? "shown" : "hidden", cursor.row, cursor.col, c->cursor_y, c->cursor_x);
	return false;
}

char *vt_row(struct vt *v, int y)
{
	int rows, cols;
	char *row, *end;

	vterm_get_size(v->vterm, &rows, &cols);
	row = end = calloc((size_t)cols + 1, 4 * VTERM_MAX_CHARS_PER_CELL);
	for (int x = 0; x < cols; x++) {
		VTermScreenCell cell;

		vterm_screen_get_cell(v->screen, (VTermPos){ .row = y, .col = x }, &cell);
		cell_text(&cell, end);
		end += strlen(end);
	}
	while (end > row && end[-1] == ' ')
		*--end = '\0';
	return row;
}
