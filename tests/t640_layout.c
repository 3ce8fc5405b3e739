/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layout: in every window from 1x1 to 220x70 each cell belongs to one part of the screen at
 * most, nothing stands outside, and what a learner cannot do without is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layout.h"
#include "panes/pane.h"

#define COLS 220
#define ROWS 70

static char owner[ROWS][COLS];

/* Take the cells of @r for @who; an empty rectangle takes none. */
static void take(struct rect r, int cols, int rows, char who)
{
	if (r.w <= 0 || r.h <= 0)
		return;
	if (r.x < 0 || r.y < 0 || r.x + r.w > cols || r.y + r.h > rows)
		fail_msg("%dx%d: part %d stands at %d,%d and is %dx%d", cols, rows, who, r.x, r.y,
			 r.w, r.h);
	for (int y = r.y; y < r.y + r.h; y++)
		for (int x = r.x; x < r.x + r.w; x++) {
			if (owner[y][x])
				fail_msg("%dx%d: parts %d and %d at %d,%d", cols, rows, who,
					 owner[y][x], x, y);
			owner[y][x] = who;
		}
}

static void one_window(int cols, int rows, bool lesson, int prompt_rows)
{
	struct layout l;

	memset(owner, 0, sizeof(owner));
	layout_make(&l, cols, rows, lesson, prompt_rows);
	assert_in_range(l.count, 1, LAYOUT_PLACES);
	for (int i = 0; i < l.count; i++) {
		assert_non_null(pane_by_name(l.places[i].pane));
		take(l.places[i].r, cols, rows, (char)(i + 1));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(l.places[i].pane, l.places[k].pane);
	}
	take(l.status, cols, rows, 100);
	take(l.prompt, cols, rows, 101);
	take(l.keys, cols, rows, 102);
}

static void no_window_has_two_owners_for_a_cell(void **state)
{
	for (int cols = 1; cols <= COLS; cols += cols < 130 ? 1 : 7)
		for (int rows = 1; rows <= ROWS; rows++)
			for (int variant = 0; variant < 4; variant++)
				one_window(cols, rows, variant & 1, variant & 2 ? 9 : 1);
}

static bool has(const struct layout *l, const char *pane, int cols, int rows)
{
	for (int i = 0; i < l->count; i++)
		if (strcmp(l->places[i].pane, pane) == 0)
			return l->places[i].r.w >= cols && l->places[i].r.h >= rows;
	return false;
}

/* What stands at the three sizes the screen was designed for. */
static void the_designed_sizes_have_their_panes(void **state)
{
	static const char *const large[] = { "lesson", "frames", "page", "rmap", "pagetable", "lru",
					     "swap", "stack", "trace" };
	static const char *const medium[] = { "lesson", "rmap", "stack", "lru", "trace" };
	struct layout l;

	layout_make(&l, 200, 60, true, 1);
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		assert_true(has(&l, large[i], 40, 8));
	layout_make(&l, 120, 40, true, 1);
	for (size_t i = 0; i < sizeof(medium) / sizeof(medium[0]); i++)
		assert_true(has(&l, medium[i], 40, 6));
	layout_make(&l, 80, 24, true, 1);
	for (size_t i = 0; i < sizeof(medium) / sizeof(medium[0]); i++)
		assert_true(has(&l, medium[i], 39, 5));
	assert_true(has(&l, "trace", 80, 5));
	assert_false(l.bare);
}

/* The prompt has a row in any window of four, and never more than a third of it. */
static void the_prompt_has_its_share(void **state)
{
	struct layout l;

	for (int rows = 4; rows <= ROWS; rows++)
		for (int want = 1; want < 12; want += 5) {
			layout_make(&l, 80, rows, true, want);
			assert_true(l.prompt.h >= 1);
			assert_true(l.prompt.h <= 1 || l.prompt.h <= rows / 3);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_window_has_two_owners_for_a_cell),
		cmocka_unit_test(the_designed_sizes_have_their_panes),
		cmocka_unit_test(the_prompt_has_its_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
