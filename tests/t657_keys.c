/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole program under keys: every lesson to its end at every size, random keys and resizes,
 * stepping back to the same picture, what colour alone must never say. After every key libvterm
 * must show the canvas.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "demo.h"
#include "screen.h"

/* The rows of the screen, or their styles. */
static char *text_of(const struct screen *s, bool styles)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (styles)
		canvas_print_styles(&s->a.canvas, theme_letter, out);
	else
		canvas_print(&s->a.canvas, out);
	fclose(out);
	return text;
}

/* ------------------------------------------------------------------ every lesson */

static void every_lesson_plays_at_every_size(void **state)
{
	static const int sizes[][2] = { { 80, 24 }, { 200, 60 }, { 20, 5 }, { 1, 1 } };
	const struct lesson_info *info;

	for (u32 i = 0; (info = lesson_list(i)); i++)
		for (size_t k = 0; k < 4; k++) {
			struct screen s;
			char number[12];

			snprintf(number, sizeof(number), "%u", info->number);
			screen_open(&s, sizes[k][0], sizes[k][1], number);
			if (!demo_play(&s.a, NULL))
				fail_msg("lesson %s: %s", info->id, s.a.message);
			screen_resize(&s, sizes[k][0], sizes[k][1]);
			screen_type(&s, " ");
			screen_close(&s);
		}
}

/* ------------------------------------------------------------------ stepping */

/* Forward by events, back by events: each picture is the one that was there before. */
static void going_back_shows_what_was_there(void **state)
{
	enum { STEPS = 12 };
	char *forward[STEPS], *back;
	struct screen s;

	screen_open(&s, 120, 40, "04");
	screen_type(&s, "  a3\r ac2 c1 init\r  a0x40002000\r ac2 0x40002000\r O");
	for (int i = 0; i < STEPS; i++) {
		screen_type(&s, "s");
		forward[i] = text_of(&s, false);
	}
	for (int i = STEPS - 2; i >= 0; i--) {
		u64 there = session_tick(s.a.session);

		screen_type(&s, "S");
		assert_true(session_tick(s.a.session) < there);
	}
	screen_type(&s, "s");
	back = text_of(&s, false);
	/* But for the status line: the newest event is another one now. */
	assert_string_equal(strchr(back, '\n'), strchr(forward[1], '\n'));
	free(back);
	for (int i = 0; i < STEPS; i++)
		free(forward[i]);
	screen_close(&s);
}

/* At the newest moment there is nothing ahead, at the first nothing behind: both say so. */
static void the_ends_of_time_are_told(void **state)
{
	struct screen s;

	screen_open(&s, 80, 24, "01");
	screen_type(&s, "SSSS");
	assert_true(screen_has(&s, "beginning"));
	screen_type(&s, "\033OF  ");
	assert_true(screen_has(&s, "Answer the question first"));
	screen_close(&s);
}

/* No pte names the slot of a page of shared memory: the pane says which file does. */
static void a_slot_names_the_file_that_has_it(void **state)
{
	static const int sizes[][2] = { { 80, 24 }, { 120, 40 }, { 200, 60 } };

	for (size_t i = 0; i < 3; i++) {
		struct screen s;

		screen_open(&s, sizes[i][0], sizes[i][1], NULL);
		assert_true(app_start(&s.a, "tests/data/shared-slot.lua"));
		screen_resize(&s, sizes[i][0], sizes[i][1]); /* and draw */
		assert_true(screen_has(&s, "slot 1: 0xff, file 1 page 2 + cache"));
		screen_type(&s, "  ");
		assert_true(screen_has(&s, "63 slots, 0 used"));
		assert_false(screen_has(&s, ", file 1"));
		screen_close(&s);
	}
}

/* ------------------------------------------------------------------ colour adds, never carries */

static void the_text_is_the_same_without_colours(void **state)
{
	static const char *const lessons[] = { "04", "02", "06", "" };

	for (size_t i = 0; i < 4; i++) {
		struct screen colour, mono;
		char *one, *other;

		screen_open(&colour, 120, 40, lessons[i]);
		screen_type(&colour, " ");
		one = text_of(&colour, false);
		screen_close(&colour);
		screen_open_as(&mono, 120, 40, lessons[i],
			       (struct term_config){ .no_colour = true });
		screen_type(&mono, " ");
		other = text_of(&mono, false);
		screen_close(&mono);
		assert_string_equal(one, other);
		free(one);
		free(other);
	}
}

/* Lesson 22 has three swap areas: the title speaks of the one that is shown, and the arrows stay in
 * it. */
static void the_swap_pane_says_which_area(void **state)
{
	struct screen s;

	screen_open(&s, 200, 60, "22");
	assert_true(screen_has(&s, "area 2: 63 slots, 1 used"));
	screen_type(&s, "a0x602\r  a1\r a3\r  ");
	assert_true(screen_has(&s, "area 2: 63 slots, 2 used"));
	assert_true(screen_has(&s, "slot 1: 0x4 = 3 users + swap cache"));
	screen_type(&s, "\t\033OC");
	assert_true(screen_has(&s, "area 2: 63 slots, 2 used"));
	screen_close(&s);
}

/* What changed is bold, and something that is not bold says so, too: a mark stands beside it. */
static void what_changed_carries_a_mark(void **state)
{
	struct screen s;
	char *styles;

	screen_open(&s, 120, 40, "04");
	screen_type(&s, "  a3\r ac2 c1 init\r  a0x40002000\r ac2 0x40002000\r  ");
	styles = text_of(&s, true);
	assert_non_null(strpbrk(styles, "AFSGKO"));
	assert_true(screen_has(&s, "•"));
	free(styles);
	screen_close(&s);
}

/* The question is the only thing in reverse video. */
static void only_the_question_is_reversed(void **state)
{
	struct screen s;
	int reversed = 0;

	screen_open(&s, 80, 24, "04");
	screen_type(&s, "  ");
	for (int y = 0; y < 24; y++)
		for (int x = 0; x < 80; x++)
			reversed += canvas_cell(&s.a.canvas, x, y)->style == STYLE_QUESTION;
	assert_true(reversed > 20);
	screen_type(&s, "a3\r ");
	screen_type(&s, "\033");
	screen_close(&s);
}

/* ------------------------------------------------------------------ windows that change */

static void a_resize_keeps_everything(void **state)
{
	static const int sizes[][2] = { { 200, 60 }, { 20, 5 }, { 1, 1 }, { 300, 3 }, { 3, 100 },
					{ 120, 40 }, { 80, 24 } };
	char *before, *after;
	struct screen s;

	screen_open(&s, 80, 24, "04");
	screen_type(&s, " :m.tas");
	before = text_of(&s, false);
	for (size_t i = 0; i < 7; i++)
		screen_resize(&s, sizes[i][0], sizes[i][1]);
	after = text_of(&s, false);
	assert_string_equal(after, before);
	free(before);
	free(after);
	screen_close(&s);
}

/* What a small window cannot show at once can be scrolled to, and not beyond. */
static void the_lesson_scrolls_where_it_does_not_fit(void **state)
{
	struct screen s;

	screen_open(&s, 20, 5, "04");
	assert_true(screen_has(&s, "init wrote"));
	assert_true(screen_has(&s, "more"));
	assert_false(screen_has(&s, "three processes."));
	for (int i = 0; i < 20; i++)
		screen_type(&s, "\033OB");
	assert_true(screen_has(&s, "three processes."));
	assert_false(screen_has(&s, "more"));
	screen_type(&s, "\033OA");
	assert_true(screen_has(&s, "One frame"));
	screen_type(&s, " ");
	assert_true(screen_has(&s, "To take the page"));
	screen_close(&s);
}

/* Words 1 to @n, each so wide that nine of them fill a line of the lesson at 80x24. */
static void put_words(FILE *out, char letter, int n)
{
	for (int i = 1; i <= n; i++)
		fprintf(out, "%c%02d%s", letter, i, i < n ? " " : "");
}

/* A lesson whose first question has two lines, with a reply of @lines to the answer 2. */
static void open_long_reply(struct screen *s, int cols, int rows, int lines)
{
	char path[] = "/tmp/rmaplab-reply-XXXXXX";
	int fd = mkstemp(path);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

	assert_non_null(out);
	fprintf(out, "return { id = 'long', title = 'Long', chapter = 'A', kernel = '2.5.27',\n"
		     "source = 'none', goals = { 'read' }, machine = { ram = '256K' },\n"
		     "steps = { { say = 'Begin.', ask = '");
	put_words(out, 'q', 18);
	fprintf(out, "', pick = 'number', answer = 1,\nreplies = { { when = 2, say = '");
	put_words(out, 'r', lines * 9);
	fprintf(out, "' } }, hints = { 'one' } } } }\n");
	assert_int_equal(fclose(out), 0);
	screen_open(s, cols, rows, NULL);
	if (!app_start(&s->a, path))
		fail_msg("%s", s->a.message);
	remove(path);
	screen_type(s, " a2\r");
}

static void focus_on_the_lesson(struct screen *s)
{
	for (int i = 0; i < 9 && strcmp(s->a.layout.places[s->a.focus].pane, "lesson"); i++)
		screen_type(s, "\t");
}

/*
 * At 80x24 the lesson has eight rows, the last of which says what to do. Four lines of a reply fit
 * below text and question, then these give way line by line, and then the reply's end.
 */
static void a_long_reply_can_be_read(void **state)
{
	struct screen s;
	char word[8];

	for (int lines = 4; lines <= 12; lines++) {
		open_long_reply(&s, 80, 24, lines);
		snprintf(word, sizeof(word), "r%02d", (lines <= 7 ? lines : 7) * 9);
		assert_true(screen_has(&s, "r01") && screen_has(&s, word));
		assert_true(screen_has(&s, "a types the answer; h hint"));
		assert_int_equal(screen_has(&s, "q01"), lines <= 5);
		assert_int_equal(screen_has(&s, "q18"), lines <= 6);
		assert_int_equal(screen_has(&s, "more; a types"), lines >= 5);
		assert_int_equal(screen_has(&s, "Begin."), lines < 5);
		screen_close(&s);
	}
	open_long_reply(&s, 80, 24, 11);
	focus_on_the_lesson(&s);
	for (int i = 0; i < 6; i++)
		screen_type(&s, "\033OB"); /* four of them are needed, and there is no further */
	assert_true(screen_has(&s, "r99") && !screen_has(&s, "r36") && screen_has(&s, "r37"));
	screen_type(&s, "\033OA");
	assert_true(screen_has(&s, "r36") && !screen_has(&s, "r99"));
	for (int i = 0; i < 9; i++)
		screen_type(&s, "\033OA");
	assert_true(screen_has(&s, "Begin.") && screen_has(&s, "q01"));
	assert_true(screen_has(&s, "r36") && !screen_has(&s, "r37"));
	screen_close(&s);
	open_long_reply(&s, 200, 60, 12);
	assert_true(screen_has(&s, "q01") && screen_has(&s, "r01") && screen_has(&s, "r99"));
	assert_true(screen_has(&s, "a types the answer") && !screen_has(&s, "more"));
	screen_close(&s);
}

/* The lists are a zone's from 2.6 on, and so is what reclaim remembers: that no priority helped. */
static void the_zones_tell_how_far_reclaim_went(void **state)
{
	struct screen s;

	screen_open(&s, 200, 60, "");
	screen_type(&s, ":m = machine{ kernel = '2.5.27', ram = '1M' }\r");
	assert_true(screen_has(&s, "blocks") && !screen_has(&s, "prev_priority"));
	screen_type(&s, "m = machine{ kernel = '2.6.16', ram = '1M' }\r");
	assert_true(screen_has(&s, "prev_priority 12  pages_scanned 0"));
	screen_type(&s, "m:reclaim(1)\r");
	assert_true(screen_has(&s, "prev_priority 0•  pages_scanned 0"));
	screen_type(&s, "m:tick('1s')\r");
	assert_true(screen_has(&s, "prev_priority 0  pages_scanned 0"));
	screen_close(&s);
}

/* ------------------------------------------------------------------ any keys */

static uint32_t random_state = 11;

static uint32_t pick(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

/* Every key there is, but those that leave. Typing comes in whole words, or it is all noise. */
static void random_key(struct screen *s)
{
	static const char *const words[] = {
		" ", " ", "s", "s", "n", "f", "o", "S", "N", "F", "O", "\177", "\r", "\t", "\033[Z",
		"\033OA", "\033OB", "\033OC", "\033OD", "\033[5~", "\033[6~", "]", "[", "z", "z",
		"?", "h", "m", "\033OH", "\033OF", "g12\r", "a3\r", "a0x40000000\r", "ac1\r",
		":m:reclaim(3)\r\033", ":t=m:task('x')\r\033", ":m:che\t\r\033", ":x(\r\033", ":f(",
		":t:mmap{len='16K'}\r\033", ":for k in pairs(m.tasks) do print(k) end\r\033",
		"\033[200~pasted\rtext\033[201~", "\014", ":\022rec\033\033\033",
	};

	if (s->a.typing && !s->a.help && pick(5) == 0)
		screen_type(s, "\003");	/* elsewhere it leaves */
	screen_type(s, words[pick(sizeof(words) / sizeof(words[0]))]);
}

static void any_keys_are_survived(void **state)
{
	int steps = getenv("SOAK") ? 100000 : 1500;
	struct screen s;

	screen_open(&s, 80, 24, NULL);
	for (int i = 0; i < steps; i++) {
		random_key(&s);
		if (s.quit)
			fail_msg("key %d left the program", i);
		if (pick(40) == 0)
			screen_resize(&s, (int)pick(210) + 1, (int)pick(70) + 1);
		if (pick(400) == 0)
			screen_resize(&s, 1, 1);
	}
	screen_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_lesson_plays_at_every_size),
		cmocka_unit_test(going_back_shows_what_was_there),
		cmocka_unit_test(the_ends_of_time_are_told),
		cmocka_unit_test(a_slot_names_the_file_that_has_it),
		cmocka_unit_test(the_text_is_the_same_without_colours),
		cmocka_unit_test(the_swap_pane_says_which_area),
		cmocka_unit_test(what_changed_carries_a_mark),
		cmocka_unit_test(only_the_question_is_reversed),
		cmocka_unit_test(a_resize_keeps_everything),
		cmocka_unit_test(the_lesson_scrolls_where_it_does_not_fit),
		cmocka_unit_test(a_long_reply_can_be_read),
		cmocka_unit_test(the_zones_tell_how_far_reclaim_went),
		cmocka_unit_test(any_keys_are_survived),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	setenv("XDG_STATE_HOME", "/nonexistent", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
