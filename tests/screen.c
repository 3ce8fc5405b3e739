/* SPDX-License-Identifier: GPL-2.0-only */
#include "screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* ------------------------------------------------------------------ driving */

/* Draw, let libvterm read it, and insist that it shows the canvas. */
static void look(struct screen *s)
{
	char why[200];

	app_draw(&s->a);
	vt_follow(s->v, s->t);
	if (!vt_shows(s->v, &s->a.canvas, term_depth(s->t), why, sizeof(why)))
		fail_msg("%dx%d: %s", s->a.canvas.cols, s->a.canvas.rows, why);
}

static void start(struct screen *s, const char *lesson)
{
	const struct lesson_info *info;

	if (!lesson)
		return;
	if (!*lesson) {
		assert_true(app_start(&s->a, NULL));
		return;
	}
	for (u32 i = 0; (info = lesson_list(i)); i++)
		if (info->number == (u32)atoi(lesson)) {
			if (!app_start(&s->a, info->path))
				fail_msg("lesson %s: %s", lesson, s->a.message);
			return;
		}
	fail_msg("there is no lesson %s", lesson);
}

void screen_open_as(struct screen *s, int cols, int rows, const char *lesson,
		    struct term_config config)
{
	char error[300] = "";

	memset(s, 0, sizeof(*s));
	config.headless = true;
	config.cols = cols;
	config.rows = rows;
	s->t = term_open(&config, error, sizeof(error));
	if (!s->t)
		fail_msg("%s", error);
	s->v = vt_new(cols, rows);
	assert_true(app_open(&s->a, s->t, NULL));
	s->a.remember_progress = false;
	start(s, lesson);
	look(s);
}

void screen_open(struct screen *s, int cols, int rows, const char *lesson)
{
	screen_open_as(s, cols, rows, lesson, (struct term_config){ .headless = true });
}

void screen_close(struct screen *s)
{
	app_close(&s->a);
	vt_free(s->v);
	term_close(s->t);
}

void screen_type(struct screen *s, const char *bytes)
{
	struct key key;

	assert_true(term_feed(s->t, bytes, strlen(bytes)));
	while (!s->quit && term_read(s->t, &key)) {
		unsigned react = app_key(&s->a, &key);

		s->quit = react & REACT_QUIT;
		if (react & REACT_REDRAW)
			term_redraw(s->t);
		look(s);
	}
}

void screen_resize(struct screen *s, int cols, int rows)
{
	vt_resize(s->v, cols, rows);
	term_resize(s->t, cols, rows);
	term_redraw(s->t);
	look(s);
}

/* ------------------------------------------------------------------ pictures */

static char *printed(const struct screen *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	canvas_print(&s->a.canvas, out);
	fclose(out);
	return text;
}

bool screen_has(const struct screen *s, const char *text)
{
	char *picture = printed(s);
	bool found = strstr(picture, text) != NULL;

	free(picture);
	return found;
}

static void print_legend(const struct canvas *c, FILE *out)
{
	bool used[STYLE_COUNT] = { false };

	for (int y = 0; y < c->rows; y++)
		for (int x = 0; x < c->cols; x++)
			used[canvas_cell(c, x, y)->style & STYLE_MASK] = true;
	fputs("styles (upper case: changed):", out);
	for (uint8_t style = 0; style < STYLE_COUNT; style++)
		if (used[style])
			fprintf(out, " %c %s", theme_letter(style), theme_name(style));
	fputc('\n', out);
}

/* The rows, the cursor, the styles in letters of theme.h. */
static char *picture(const struct screen *s)
{
	const struct canvas *c = &s->a.canvas;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	canvas_print(c, out);
	if (c->cursor_x < 0)
		fputs("cursor: none\n", out);
	else
		fprintf(out, "cursor: row %d column %d\n", c->cursor_y, c->cursor_x);
	print_legend(c, out);
	canvas_print_styles(c, theme_letter, out);
	fclose(out);
	return text;
}

static char *read_whole(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!in)
		return NULL;
	if (getdelim(&text, &size, '\0', in) < 0) {
		free(text);
		text = NULL;
	}
	fclose(in);
	return text;
}

static void write_whole(const char *path, const char *text)
{
	FILE *out;

	mkdir("tests/golden", 0777);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

/* Show the first row that differs. */
static void fail_at_difference(const char *path, const char *got, const char *want)
{
	int row = 1;

	for (;;) {
		int g = (int)strcspn(got, "\n"), w = (int)strcspn(want, "\n");

		if (g != w || strncmp(got, want, (size_t)g) != 0)
			fail_msg("%s line %d\n  is:     %.*s\n  golden: %.*s\n(make golden "
				 "rewrites; read the diff)", path, row, g, got, w, want);
		got += g + (got[g] == '\n');
		want += w + (want[w] == '\n');
		row++;
	}
}

void screen_golden(const struct screen *s, const char *name)
{
	char path[200], *got = picture(s), *want;

	snprintf(path, sizeof(path), "tests/golden/%s-%dx%d.txt", name, s->a.canvas.cols,
		 s->a.canvas.rows);
	if (getenv("UPDATE_GOLDEN"))
		write_whole(path, got);
	want = read_whole(path);
	if (!want)
		fail_msg("%s is not there: make golden writes it", path);
	if (strcmp(got, want) != 0)
		fail_at_difference(path, got, want);
	free(got);
	free(want);
}
