/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Golden screens: the pictures a learner sees, at 80x24, 120x40 and 200x60, text and attributes.
 * They are for human eyes: `UPDATE_GOLDEN=1 writes them anew, and the diff is to be read.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "screen.h"

#define ENTER "\r"
#define RIGHT "\033OC"
#define DOWN "\033OB"
#define ESC "\033"

/* The same keys at the three sizes. */
static void at_three_sizes(const char *name, const char *lesson, const char *const *keys)
{
	static const int sizes[][2] = { { 80, 24 }, { 120, 40 }, { 200, 60 } };

	for (size_t i = 0; i < 3; i++) {
		struct screen s;

		screen_open(&s, sizes[i][0], sizes[i][1], lesson);
		for (size_t k = 0; keys[k]; k++)
			screen_type(&s, keys[k]);
		screen_golden(&s, name);
		screen_close(&s);
	}
}

#define KEYS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void the_menu(void **state)
{
	at_three_sizes("lessons", NULL, KEYS(DOWN, DOWN, DOWN));
}

/* Lesson 04: one page, three processes, the chain from the page to the ptes. */
static void a_chain_is_drawn(void **state)
{
	at_three_sizes("chain", "04", KEYS(" "));
}

/* In the middle of try_to_unmap_one: call stack, source line, trace, what changed. */
static void stepping_through_try_to_unmap(void **state)
{
	at_three_sizes("unmap", "04", KEYS(" ", " ", "a3" ENTER, " ", "ac2 c1 init" ENTER, " ", " ",
					   "a0x40002000" ENTER, " ", "ac2 0x40002000" ENTER, " ",
					   "O", "ssssssssssssssssssssssss"));
}

/* Lesson 17: a page of 2.5.26, which does not know who maps it. */
static void nobody_knows(void **state)
{
	at_three_sizes("scan", "17", KEYS(" "));
}

/* A foreseen wrong answer gets its own reply. */
static void a_wrong_answer(void **state)
{
	at_three_sizes("wrong", "04", KEYS(" ", " ", "a2" ENTER));
}

static void page_tables_and_a_question(void **state)
{
	at_three_sizes("translate", "02", KEYS(" ", " "));
}

static void after_reclaim(void **state)
{
	at_three_sizes("swap", "06", KEYS(" ", " ", " "));
}

static void typing_lua_in_free_play(void **state)
{
	at_three_sizes("free", "", KEYS(":", "t = m:task('init')" ENTER,
					"a = t:mmap{ len='32K' }" ENTER,
					"t:touch(a, '32K', 'w')" ENTER,
					"t:wri\t", "(a, 7" ENTER));
}

/* Three levels: pgd, pmds, tables that map 2 MiB each. */
static void page_tables_of_three_levels(void **state)
{
	at_three_sizes("pae", "", KEYS(":", "m = machine{ kernel='2.6.16', ram='1M', "
					    "pae=true }" ENTER,
				       "t = m:task('init')" ENTER,
				       "a = t:mmap{ len='8K', at=0x401ff000 }" ENTER,
				       "t:touch(a, '8K', 'w')" ENTER));
}

static void the_help(void **state)
{
	at_three_sizes("keys", "04", KEYS("?"));
}

/* ------------------------------------------------------------------ narrow and poor */

static void small_windows(void **state)
{
	static const int sizes[][2] = { { 20, 5 }, { 40, 12 }, { 60, 16 } };

	for (size_t i = 0; i < 3; i++) {
		struct screen s;

		screen_open(&s, sizes[i][0], sizes[i][1], "04");
		screen_golden(&s, "small");
		screen_close(&s);
	}
}

static void without_utf8(void **state)
{
	struct screen s;

	setlocale(LC_ALL, "C");
	screen_open(&s, 80, 24, "04");
	screen_golden(&s, "ascii");
	for (int y = 0; y < s.a.canvas.rows; y++)
		for (int x = 0; x < s.a.canvas.cols; x++)
			for (const char *c = canvas_cell(&s.a.canvas, x, y)->text; *c; c++)
				assert_true((unsigned char)*c < 0x80);
	screen_close(&s);
	setlocale(LC_ALL, "C.UTF-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_menu),
		cmocka_unit_test(a_chain_is_drawn),
		cmocka_unit_test(stepping_through_try_to_unmap),
		cmocka_unit_test(nobody_knows),
		cmocka_unit_test(a_wrong_answer),
		cmocka_unit_test(page_tables_and_a_question),
		cmocka_unit_test(after_reclaim),
		cmocka_unit_test(typing_lua_in_free_play),
		cmocka_unit_test(page_tables_of_three_levels),
		cmocka_unit_test(the_help),
		cmocka_unit_test(small_windows),
		cmocka_unit_test(without_utf8),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	setenv("XDG_STATE_HOME", "/nonexistent", 1);	/* nobody's progress */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
