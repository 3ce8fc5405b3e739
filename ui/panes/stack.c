/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The modelled call stack, and the engine's own source around the line of the current event.
 *
 *	shrink_cache            vmscan_2002.c:212
 *	└ try_to_unmap          2002b_pte_chain.c:201
 *	▸ └ try_to_unmap_one    2002b_pte_chain.c:164
 */
#include "pane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 40
#define PATH 512

/* The source file last shown, as text. */
static struct {
	char name[128];
	char *text;
} source;

static const char *load(const char *name)
{
	char path[PATH];
	FILE *f;
	long size;

	if (strcmp(source.name, name) == 0)
		return source.text;
	free(source.text);
	source.text = NULL;
	snprintf(source.name, sizeof(source.name), "%s", name);
	f = fopen(data_path(name, path, sizeof(path)), "r");
	if (!f)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0) {
		rewind(f);
		source.text = calloc(1, (size_t)size + 1);
		if (source.text && fread(source.text, 1, (size_t)size, f) != (size_t)size)
			source.text[0] = '\0';
	}
	fclose(f);
	return source.text;
}

static const char *base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *line_start(const char *text, uint32_t line)
{
	for (uint32_t i = 1; text && i < line; i++) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text;
}

/* One line of code, tabs as four cells so that more of it fits. */
static void draw_code_line(struct canvas *c, int y, uint32_t line, uint32_t now, const char *text)
{
	uint8_t style = line == now ? STYLE_NOW : STYLE_PLAIN;
	int x = canvas_printf(c, 0, y, line == now ? STYLE_NOW : STYLE_DIM, "%s%4u ",
			      line == now ? "▸" : " ", line);
	size_t n = strcspn(text, "\n"), tabs = strspn(text, "\t");

	tabs = tabs < n ? tabs : n;
	canvas_textn(c, x + 4 * (int)tabs, y, style, text + tabs, n - tabs);
}

static void draw_code(struct canvas *c, const struct site *site, int y)
{
	int rows = canvas_height(c) - y;
	uint32_t line = site->line > (uint32_t)rows / 2 ? site->line - (uint32_t)rows / 2 : 1;
	const char *text = line_start(load(site->file), line);

	for (; rows-- > 0 && text && *text; line++, y++) {
		draw_code_line(c, y, line, site->line, text);
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
}

/* A function and where it stands; with little room the file goes before the name is cut. */
static void draw_call(struct canvas *c, int y, const struct frame_view *frame, int depth, bool last)
{
	int x = 2 + (depth < 6 ? depth : 6), w;
	char name[80], where[80];

	snprintf(name, sizeof(name), "%s%s", depth > 0 ? "└ " : "", frame->func);
	snprintf(where, sizeof(where), "%s:%u", base(frame->file), frame->line);
	if (x + text_width(name) + 1 + text_width(where) > canvas_width(c))
		snprintf(where, sizeof(where), "line %u", frame->line);
	w = text_width(where);
	canvas_text(c, 0, y, STYLE_NOW, last ? "▸" : "");
	canvas_fit(c, x, y, canvas_width(c) - x - w - 1, last ? STYLE_NOW : STYLE_PLAIN, name);
	canvas_text(c, canvas_width(c) - w, y, STYLE_DIM, where);
}

/* The innermost `rows` frames, the outer ones first. */
static int draw_frames(struct canvas *c, const struct view *v, uint32_t pid, int rows)
{
	struct frame_view frames[DEPTH];
	uint32_t n = inspect_stack(v->m, pid, frames, DEPTH), from;
	int y = 0;

	n = n < DEPTH ? n : DEPTH;
	from = n > (uint32_t)rows ? n - (uint32_t)rows : 0;
	for (uint32_t i = from; i < n; i++, y++)
		draw_call(c, y, &frames[i], (int)(i - from), i + 1 == n);
	return y;
}

static void draw(struct canvas *c, const struct view *v)
{
	const struct site *site = v->event ? event_site(v->event->site) : NULL;
	int h = canvas_height(c), y;

	if (!v->event || !site) {
		canvas_wrap(c, 0, STYLE_DIM, "Nothing runs. s steps into the next thing that "
			    "happens.", true);
		return;
	}
	y = draw_frames(c, v, v->event->thread, h >= 9 ? (h - 1) / 2 < 8 ? (h - 1) / 2 : 8 : h);
	if (h - y < 4)
		return;
	canvas_hline(c, 0, y, canvas_width(c), STYLE_DIM);
	draw_code(c, site, y + 1);
}

static void title(const struct view *v, char *buf, size_t n)
{
	const struct site *site = v->event ? event_site(v->event->site) : NULL;

	if (site)
		snprintf(buf, n, "%s", site->file);
}

const struct pane pane_stack = {
	.name = "stack",
	.what = "which functions are running, and the line of the engine's source",
	.title = title,
	.draw = draw,
};
