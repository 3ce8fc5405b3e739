/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole screen, from layout to terminal. */
#include <stdio.h>
#include <string.h>

#include "app.h"

void app_layout(struct app *a)
{
	int cols = term_cols(a->term), rows = term_rows(a->term), count = a->layout.count;
	struct lesson_view l;
	bool lesson = a->session && session_lesson(a->session, &l);

	if (a->canvas.cols != cols || a->canvas.rows != rows) {
		canvas_resize(&a->canvas, cols, rows);
		prompt_resize(a->prompt, cols, rows);
	}
	layout_make(&a->layout, cols, rows, lesson, prompt_rows(a->prompt, cols - 2));
	if (a->layout.count != count) {
		memset(a->chosen, 0, sizeof(a->chosen));
		a->zoom = false;
		if (lesson && l.look_pane)
			app_show_pane(a, l.look_pane);
	}
	if (a->focus >= a->layout.count)
		a->focus = 0;
}

/* While somebody types, what was typed and printed must be seen somewhere: in the last place. */
static const struct pane *pane_to_draw(const struct app *a, int place)
{
	if (a->typing && a->asking == ASKING_LUA && !a->zoom && place == a->layout.count - 1 &&
	    app_place_of(a, pane_output.name) < 0)
		return &pane_output;
	return app_pane(a, place);
}

static void draw_place(struct app *a, int place, struct rect r)
{
	const struct pane *p = pane_to_draw(a, place);
	char title[128], detail[100] = "";
	uint8_t style = place == a->focus && !a->typing ? STYLE_FOCUS : STYLE_DIM;
	struct window outer;

	if (r.w <= 0 || r.h <= 0)
		return;
	if (p->title)
		p->title(&a->view, detail, sizeof(detail));
	snprintf(title, sizeof(title), detail[0] ? "%s · %s" : "%s", p->name, detail);
	if (!a->layout.bare && r.h >= 3)
		r = canvas_box(&a->canvas, r, style, STYLE_TITLE, title);
	outer = canvas_enter(&a->canvas, r);
	if (r.w > 0 && r.h > 0)
		p->draw(&a->canvas, &a->view);
	canvas_leave(&a->canvas, outer);
}

static void draw_prompt(struct app *a)
{
	struct rect r = a->layout.prompt;

	if (a->message[0] && !a->typing)
		canvas_fit(&a->canvas, 1, r.y, r.w - 2, a->message_bad ? STYLE_BAD : STYLE_GOOD,
			   a->message);
	else
		prompt_draw(a->prompt, &a->canvas, (struct rect){ r.x + 1, r.y, r.w - 2, r.h },
			    a->typing);
}

void app_draw(struct app *a)
{
	app_layout(a);
	canvas_clear(&a->canvas);
	a->canvas.ascii = term_ascii(a->term);
	if (a->help) {
		app_draw_help(a);
	} else if (a->mode == APP_MENU) {
		app_draw_menu(a);
	} else if (a->zoom) {
		draw_place(a, a->focus, layout_all(&a->layout));
	} else {
		for (int i = 0; i < a->layout.count; i++)
			draw_place(a, i, a->layout.places[i].r);
	}
	app_draw_status(a);
	app_draw_keys(a);
	if (a->mode == APP_SESSION && !a->help)
		draw_prompt(a);
	term_draw(a->term, &a->canvas);
}
