/* SPDX-License-Identifier: GPL-2.0-only */
/* The lesson's text, what it asks, and its reply. The question is the only thing in reverse. */
#include "pane.h"

#include <stdio.h>

static int paragraph(struct canvas *c, int y, uint8_t style, const char *text)
{
	return text && *text ? canvas_wrap(c, y, style, text, true) : y;
}

static int rows_of(struct canvas *c, const char *text)
{
	return text && *text ? canvas_wrap(c, 0, STYLE_PLAIN, text, false) : 0;
}

/* What to do now, in the words of the kind of answer. */
static const char *how(const struct lesson_view *l)
{
	if (l->wait == LESSON_DONE)
		return "The end of this lesson. m: the menu";
	if (l->wait == LESSON_SAY || l->right)
		return "space goes on";
	if (l->wait == LESSON_TASK)
		return "Do it with : then space";
	if (l->pick && (l->pick[0] == 'p' || l->pick[0] == 't'))
		return "select it, Enter answers; h hint";
	return "a types the answer; h hint";
}

/* With little room the text goes first: what is asked and answered must be seen. */
static void draw_lesson(struct canvas *c, const struct lesson_view *l)
{
	int h = canvas_height(c), tail, y;
	uint8_t reply = l->right ? STYLE_GOOD : STYLE_BAD;

	tail = rows_of(c, l->question) + rows_of(c, l->reply) + 1;
	y = rows_of(c, l->text);
	if (y + 1 + tail <= h) {
		y = paragraph(c, 0, STYLE_PLAIN, l->text);
		y += y + 1 + tail + 1 <= h;
	} else {
		struct window outer = canvas_enter(c, (struct rect){ 0, 0, canvas_width(c),
							h > tail ? h - tail : 0 });

		paragraph(c, 0, STYLE_PLAIN, l->text);
		canvas_leave(c, outer);
		y = h > tail ? h - tail : 0;
	}
	y = paragraph(c, y, STYLE_QUESTION, l->question);
	y = paragraph(c, y, reply, l->reply);
	canvas_fit(c, 0, y < h ? y : h - 1, canvas_width(c), STYLE_DIM, how(l));
}

static void draw(struct canvas *c, const struct view *v)
{
	struct lesson_view l;

	if (v->session && session_lesson(v->session, &l))
		draw_lesson(c, &l);
	else
		canvas_wrap(c, 0, STYLE_DIM, "Free play. Press : and type Lua; ? is help.", true);
}

static void title(const struct view *v, char *buf, size_t n)
{
	struct lesson_view l;

	if (v->session && session_lesson(v->session, &l))
		snprintf(buf, n, "step %u of %u", l.step, l.steps);
}

const struct pane pane_lesson = {
	.name = "lesson",
	.what = "what the lesson says and asks",
	.title = title,
	.draw = draw,
};
