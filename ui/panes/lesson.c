/* SPDX-License-Identifier: GPL-2.0-only */
/* The lesson's text, what it asks, and its reply. The question is the only thing in reverse. */
#include "pane.h"

#include <stdio.h>
#include <string.h>

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

/* Lines of the text that were scrolled away, in which step and under how long a reply. */
enum { SCROLL_LINES, SCROLL_WHERE };

static uint32_t where(const struct lesson_view *l)
{
	return l->step << 16 | (uint16_t)(l->reply ? strlen(l->reply) : 0);
}

/* How far it could be scrolled from where it wants to be, when it was drawn last. */
static struct {
	int up, down;
} room_to_scroll;

/* The paragraphs from line @first on, in @room rows. */
static void draw_window(struct canvas *c, const struct lesson_view *l, int first, int room)
{
	struct window outer = canvas_enter(c, (struct rect){ 0, 0, canvas_width(c), room });
	int y = paragraph(c, -first, STYLE_PLAIN, l->text);

	y = paragraph(c, y, STYLE_QUESTION, l->question);
	paragraph(c, y, l->right ? STYLE_GOOD : STYLE_BAD, l->reply);
	canvas_leave(c, outer);
}

/*
 * Question and reply leave no line for the text, or have more than there are: the end of the reply
 * is to be seen, or its beginning if not all of it can be. The arrows lead to what is not seen.
 */
static void draw_long(struct canvas *c, const struct lesson_view *l, int scrolled)
{
	int room = canvas_height(c) - 1, before = rows_of(c, l->text) + rows_of(c, l->question);
	int last = before + rows_of(c, l->reply) - room, first = last < before ? last : before;
	char line[80];

	room_to_scroll.up = first;
	room_to_scroll.down = last - first;
	first += scrolled < -first ? -first : scrolled < last - first ? scrolled : last - first;
	draw_window(c, l, first, room);
	snprintf(line, sizeof(line), "%s%s more; %s", first > 0 ? "↑" : "", first < last ? "↓" : "",
		 how(l));
	canvas_fit(c, 0, room, canvas_width(c), STYLE_DIM, line);
}

/* The text from line @first in @room rows. Returns whether more follows. */
static bool draw_text(struct canvas *c, const char *text, int first, int room)
{
	int hidden = rows_of(c, text) - room;
	struct window outer = canvas_enter(c, (struct rect){ 0, 0, canvas_width(c), room });

	room_to_scroll.up = 0;
	room_to_scroll.down = hidden > 0 ? hidden : 0;
	first = first < 0 ? 0 : first < hidden ? first : room_to_scroll.down;
	paragraph(c, -first, STYLE_PLAIN, text);
	canvas_leave(c, outer);
	return first < hidden;
}

/* With little room the text goes first: what is asked and answered must be seen. */
static void draw_lesson(struct canvas *c, const struct lesson_view *l, int first)
{
	int h = canvas_height(c), tail, y;
	const char *way = how(l);
	char all[80];

	tail = rows_of(c, l->question) + rows_of(c, l->reply) + 1;
	y = rows_of(c, l->text);
	if (tail + (y > 0) > h && h > 1) {
		draw_long(c, l, first);
		return;
	}
	room_to_scroll.up = room_to_scroll.down = 0;
	if (y + 1 + tail <= h) {
		y = paragraph(c, 0, STYLE_PLAIN, l->text);
		y += y + 1 + tail + 1 <= h;
	} else {
		y = h > tail ? h - tail : 0;
		if (draw_text(c, l->text, first, y)) {
			snprintf(all, sizeof(all), "↓ more; %s", way);
			way = all;
		}
	}
	y = paragraph(c, y, STYLE_QUESTION, l->question);
	y = paragraph(c, y, l->right ? STYLE_GOOD : STYLE_BAD, l->reply);
	canvas_fit(c, 0, y < h ? y : h - 1, canvas_width(c), STYLE_DIM, way);
}

static void draw(struct canvas *c, const struct view *v)
{
	struct lesson_view l;

	if (v->session && session_lesson(v->session, &l))
		draw_lesson(c, &l, v->scroll[SCROLL_WHERE] == where(&l) ?
			    (int)v->scroll[SCROLL_LINES] : 0);
	else
		canvas_wrap(c, 0, STYLE_DIM, "Free play. Press : and type Lua; ? is help.", true);
}

static void title(const struct view *v, char *buf, size_t n)
{
	struct lesson_view l;

	if (v->session && session_lesson(v->session, &l))
		snprintf(buf, n, "step %u of %u", l.step, l.steps);
}

static bool move(struct view *v, enum action action)
{
	struct lesson_view l;
	int lines;

	if (!v->session || !session_lesson(v->session, &l))
		return false;
	lines = v->scroll[SCROLL_WHERE] == where(&l) ? (int)v->scroll[SCROLL_LINES] : 0;
	v->scroll[SCROLL_WHERE] = where(&l);
	if (action == ACT_DOWN || action == ACT_PAGE_DOWN)
		lines += lines < room_to_scroll.down;
	else if (action == ACT_UP || action == ACT_PAGE_UP)
		lines -= lines > -room_to_scroll.up;
	v->scroll[SCROLL_LINES] = (uint32_t)lines;
	return true;
}

const struct pane pane_lesson = {
	.name = "lesson",
	.what = "what the lesson says and asks",
	.title = title,
	.draw = draw,
	.move = move,
};
