/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the screen that are no pane: status line, line of keys, help, menu. */
#include <stdio.h>
#include <string.h>

#include "app.h"

static const char *machine_name(const struct view *v)
{
	return v->m ? v->m->config.kernel->name : "no machine";
}

/* " Who maps this page?  lesson 4 · step 3/9        2.5.27 · event 128/311 · 4.2 ms" */
void app_draw_status(struct app *a)
{
	struct rect r = a->layout.status;
	struct lesson_view l;
	char left[200], right[120];
	u64 now = a->view.m ? a->view.m->now : 0;
	int room;

	if (r.h < 1)
		return;
	if (a->mode == APP_MENU || !a->session) {
		canvas_fit(&a->canvas, 1, r.y, r.w - 2, STYLE_TITLE,
			   "rmaplab · who maps this page?");
		return;
	}
	if (session_lesson(a->session, &l))
		snprintf(left, sizeof(left), "%s  lesson %u · step %u/%u", l.title, l.number,
			 l.step, l.steps);
	else
		snprintf(left, sizeof(left), "free play");
	snprintf(right, sizeof(right), "%s · %s %llu/%llu · %llu.%llu ms", machine_name(&a->view),
		 session_idle(a->session) ? "at" : "event", (unsigned long long)a->view.tick,
		 (unsigned long long)session_end(a->session), (unsigned long long)(now / 1000000),
		 (unsigned long long)(now / 100000 % 10));
	room = r.w - text_width(right) - 3;
	if (room < 12) {
		right[0] = 0;
		room = r.w - 2;
	}
	if (a->lesson[0] && text_width(left) > room && session_lesson(a->session, &l))
		snprintf(left, sizeof(left), "%u · %s", l.number, l.title);
	canvas_fit(&a->canvas, 1, r.y, room, STYLE_TITLE, left);
	canvas_text(&a->canvas, r.w - text_width(right) - 1, r.y, STYLE_DIM, right);
}

static unsigned when_now(const struct app *a)
{
	struct lesson_view l;
	unsigned when = WHEN_ALWAYS;

	if (a->mode == APP_MENU)
		return when;
	if (a->session)
		when |= WHEN_RUNNING;
	if (a->session && session_lesson(a->session, &l)) {
		when |= WHEN_LESSON;
		if ((l.wait == LESSON_ASK || l.wait == LESSON_TASK) && !l.right)
			when |= WHEN_QUESTION;
	}
	return when;
}

static int key_label(struct canvas *c, int x, int y, const char *name, const char *label)
{
	x = canvas_text(c, x, y, STYLE_KEY, name);
	return canvas_text(c, x + 1, y, STYLE_DIM, label) + 2;
}

static bool in_pass(const struct key_row *k, int pass)
{
	bool question = k->when & WHEN_QUESTION, prompt = k->action == ACT_PROMPT;

	return pass == 0 ? question : pass == 1 ? prompt : !question && !prompt;
}

/* The question's keys first, then the prompt's; ? help always fits. */
static int draw_rows(struct app *a, int x, int pass)
{
	struct rect r = a->layout.keys;
	unsigned now = when_now(a);

	for (size_t i = 0; i < keys_count; i++) {
		const struct key_row *k = &keys_table[i];
		int w;

		if (!k->label || !(k->when & now) || !in_pass(k, pass) || k->action == ACT_HELP)
			continue;
		w = text_width(k->name) + text_width(k->label) + 3;
		if (x + w > r.w - 8)
			continue;
		x = key_label(&a->canvas, x, r.y, k->name, k->label);
	}
	return x;
}

void app_draw_keys(struct app *a)
{
	struct rect r = a->layout.keys;
	int x = 1;

	if (r.h < 1)
		return;
	if (a->typing && a->mode == APP_SESSION && !a->help) {
		x = key_label(&a->canvas, x, r.y, "⏎", "run");
		x = key_label(&a->canvas, x, r.y, "tab", "complete");
		x = key_label(&a->canvas, x, r.y, "↑", "history");
		x = key_label(&a->canvas, x, r.y, "^R", "search");
		key_label(&a->canvas, x, r.y, "Esc", "leave the prompt");
		return;
	}
	if (a->mode == APP_MENU && !a->help && r.w >= 40) {
		x = key_label(&a->canvas, x, r.y, "↑↓", "choose");
		x = key_label(&a->canvas, x, r.y, "⏎", "start");
	}
	for (int pass = 0; pass < 3; pass++)
		x = draw_rows(a, x, pass);
	key_label(&a->canvas, r.w - 7, r.y, "?", "help");
}

/* --- help --------------------------------------------------------------------------------- */

static int help_line(struct app *a, int y, uint8_t style, const char *left, const char *text)
{
	struct canvas *c = &a->canvas;
	struct window outer;
	int rows;

	canvas_text(c, 0, y, style, left);
	outer = canvas_enter(c, (struct rect){ 12, y, canvas_width(c) - 12, canvas_height(c) - y });
	rows = canvas_wrap(c, 0, STYLE_PLAIN, text, true);
	canvas_leave(c, outer);
	return y + (rows > 0 ? rows : 1);
}

static int help_keys(struct app *a, int y)
{
	for (size_t i = 0; i < keys_count; i++) {
		const struct key_row *k = &keys_table[i];

		if (k->group)
			canvas_text(&a->canvas, 0, y++, STYLE_TITLE, k->group);
		if (k->sentence)
			y = help_line(a, y, STYLE_KEY, k->name, k->sentence);
	}
	return y;
}

void app_draw_help(struct app *a)
{
	struct canvas *c = &a->canvas;
	struct rect r = layout_all(&a->layout);
	struct window outer;
	int y = -a->help_scroll;

	r = canvas_box(c, r, STYLE_FOCUS, STYLE_TITLE, "help · ↑ ↓ scroll, any other key leaves");
	outer = canvas_enter(c, r);
	y = help_keys(a, y);
	canvas_text(c, 0, y++, STYLE_TITLE, "Panes ( ] shows another in the focused place )");
	for (int i = 0; panes[i]; i++)
		y = help_line(a, y, STYLE_KEY, panes[i]->name, panes[i]->what);
	canvas_leave(c, outer);
}

/* --- menu --------------------------------------------------------------------------------- */

static void menu_line(struct app *a, int y, int i, const struct lesson_info *info)
{
	struct canvas *c = &a->canvas;
	bool on = i == a->menu_at;
	uint8_t style = on ? STYLE_SELECTED : STYLE_PLAIN;
	char state[40] = "";

	if (!info) {
		canvas_printf(c, 0, y, style, "%s   free play: a machine of 1 MiB and a prompt",
			      on ? "▸" : " ");
		return;
	}
	if (info->done)
		snprintf(state, sizeof(state), "done");
	else if (info->reached > 1)
		snprintf(state, sizeof(state), "step %u of %u", info->reached, info->steps);
	canvas_printf(c, 0, y, style, "%s%2u  %s", on ? "▸" : " ", info->number, info->title);
	canvas_text(c, canvas_width(c) - text_width(state), y,
		    info->done ? STYLE_GOOD : STYLE_DIM, state);
}

static bool new_chapter(const struct lesson_info *info, const char **chapter)
{
	if (!info->chapter || !strcmp(*chapter, info->chapter))
		return false;
	*chapter = info->chapter;
	return true;
}

static int menu_rows(void)
{
	const struct lesson_info *info;
	const char *chapter = "";
	int rows = 1;

	for (u32 i = 0; (info = lesson_list(i)); i++)
		rows += 1 + new_chapter(info, &chapter);
	return rows;
}

/* Lessons under their chapters, then free play. Returns the row of the chosen line. */
static int menu_lines(struct app *a, int y)
{
	const struct lesson_info *info;
	const char *chapter = "";
	int chosen = 0, i = 0;

	for (; (info = lesson_list((u32)i)); i++) {
		if (new_chapter(info, &chapter))
			canvas_text(&a->canvas, 0, y++, STYLE_TITLE, chapter);
		if (i == a->menu_at)
			chosen = y;
		menu_line(a, y++, i, info);
	}
	if (i == a->menu_at)
		chosen = y;
	menu_line(a, y, i, NULL);
	return chosen;
}

void app_draw_menu(struct app *a)
{
	struct rect r = layout_all(&a->layout);
	struct window outer;
	int at;

	if (!a->layout.bare)
		r = canvas_box(&a->canvas, r, STYLE_DIM, STYLE_TITLE,
			       menu_rows() > r.h - 2 ? "lessons · ↑ ↓ show more" : "lessons");
	outer = canvas_enter(&a->canvas, r);
	at = menu_lines(a, 0);
	if (at >= r.h) {
		canvas_fill(&a->canvas, (struct rect){ 0, 0, r.w, r.h }, STYLE_PLAIN, " ");
		menu_lines(a, r.h - 1 - at);
	}
	canvas_leave(&a->canvas, outer);
	if (a->message[0])
		canvas_fit(&a->canvas, 1, a->layout.prompt.y, a->layout.prompt.w - 2,
			   a->message_bad ? STYLE_BAD : STYLE_GOOD, a->message);
}
