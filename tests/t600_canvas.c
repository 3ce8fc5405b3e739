/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canvas: what is drawn where, what is clipped, what becomes of wide and broken characters.
 * Expected rows are written out by hand.
 */
#include <glob.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "canvas.h"
#include "theme.h"

static struct canvas c;

static int setup(void **state)
{
	if (!setlocale(LC_ALL, "C.UTF-8"))
		return -1;
	return canvas_init(&c, 10, 4) ? 0 : -1;
}

static int teardown(void **state)
{
	canvas_free(&c);
	return 0;
}

static char *printed(bool styles)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (styles)
		canvas_print_styles(&c, theme_letter, out);
	else
		canvas_print(&c, out);
	fclose(out);
	return text;
}

static void expect(const char *want)
{
	char *text = printed(false);

	assert_string_equal(text, want);
	free(text);
}

static void expect_styles(const char *want)
{
	char *text = printed(true);

	assert_string_equal(text, want);
	free(text);
}

static void text_is_drawn_and_clipped(void **state)
{
	assert_int_equal(canvas_text(&c, 1, 0, STYLE_PLAIN, "hello"), 6);
	assert_int_equal(canvas_text(&c, 7, 1, STYLE_PLAIN, "beyond"), 13);
	canvas_text(&c, -2, 2, STYLE_PLAIN, "before");
	canvas_text(&c, 0, -1, STYLE_PLAIN, "above");
	canvas_text(&c, 0, 4, STYLE_PLAIN, "below");
	expect(" hello\n       bey\nfore\n\n");
}

static void windows_have_their_own_origin_and_clip(void **state)
{
	struct window outer = canvas_enter(&c, (struct rect){ 2, 1, 5, 2 });
	struct window inner;

	assert_int_equal(canvas_width(&c), 5);
	assert_int_equal(canvas_height(&c), 2);
	canvas_text(&c, 0, 0, STYLE_PLAIN, "123456");
	canvas_text(&c, -1, 1, STYLE_PLAIN, "abcdefgh");
	canvas_text(&c, 0, 2, STYLE_PLAIN, "no");
	inner = canvas_enter(&c, (struct rect){ 3, 0, 9, 9 });
	canvas_text(&c, 0, 0, STYLE_PLAIN, "XYZ");
	canvas_leave(&c, inner);
	canvas_text(&c, 0, 1, STYLE_PLAIN, ".");
	canvas_leave(&c, outer);
	canvas_text(&c, 9, 3, STYLE_PLAIN, "!");
	expect("\n  123XY\n  .cdef\n         !\n");
}

static void wide_characters_take_two_cells(void **state)
{
	assert_int_equal(canvas_text(&c, 0, 0, STYLE_PLAIN, "a漢b"), 4);
	assert_int_equal(canvas_cell(&c, 1, 0)->width, 2);
	assert_int_equal(canvas_cell(&c, 2, 0)->width, 0);
	assert_string_equal(canvas_cell(&c, 2, 0)->text, "");
	canvas_text(&c, 8, 1, STYLE_PLAIN, "漢字");
	canvas_text(&c, 9, 2, STYLE_PLAIN, "漢");	/* cut in two by the edge: no half */
	canvas_text(&c, -1, 3, STYLE_PLAIN, "漢x");
	expect("a漢b\n        漢\n\n x\n");
}

static void drawing_over_half_a_wide_character_frees_the_other(void **state)
{
	canvas_text(&c, 0, 0, STYLE_PLAIN, "漢漢漢");
	canvas_text(&c, 1, 0, STYLE_PLAIN, "x");
	canvas_text(&c, 4, 0, STYLE_PLAIN, "y");
	expect(" x漢y\n\n\n\n");
	canvas_text(&c, 0, 1, STYLE_PLAIN, "漢漢");
	canvas_text(&c, 1, 1, STYLE_PLAIN, "字");
	expect(" x漢y\n 字\n\n\n");
}

static void combining_marks_stay_with_their_base(void **state)
{
	assert_int_equal(canvas_text(&c, 0, 0, STYLE_PLAIN, "e\xcc\x81x"), 2);
	assert_string_equal(canvas_cell(&c, 0, 0)->text, "e\xcc\x81");
	/* More marks than a cell can hold: the surplus is dropped, nothing overflows. */
	canvas_text(&c, 0, 1, STYLE_PLAIN,
		    "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81x");
	assert_int_equal(strlen(canvas_cell(&c, 0, 1)->text), 13);
	assert_string_equal(canvas_cell(&c, 1, 1)->text, "x");
}

static void what_is_no_text_cannot_reach_the_terminal(void **state)
{
	canvas_text(&c, 0, 0, STYLE_PLAIN, "a\033[2Jb");
	canvas_text(&c, 0, 1, STYLE_PLAIN, "\xff\xc3(\xed\xa0\x80");
	canvas_text(&c, 0, 2, STYLE_PLAIN, "\n\t\x7f\xc2\x9b");
	expect("a\xef\xbf\xbd[2Jb\n"
	       "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n"
	       "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n\n");
}

static void boxes_have_a_title_and_room_inside(void **state)
{
	struct rect in = canvas_box(&c, (struct rect){ 0, 0, 10, 3 }, STYLE_DIM, STYLE_TITLE,
				    "frames of memory");

	assert_int_equal(in.x, 2);
	assert_int_equal(in.y, 1);
	assert_int_equal(in.w, 6);
	assert_int_equal(in.h, 1);
	expect("┌ frame… ┐\n│        │\n└────────┘\n\n");
	expect_styles("--tttttt--\n-........-\n----------\n\n");
}

static void boxes_of_any_size_stay_inside(void **state)
{
	for (int w = -1; w < 12; w++)
		for (int h = -1; h < 6; h++)
			canvas_box(&c, (struct rect){ 3, 1, w, h }, STYLE_DIM, STYLE_DIM, "t");
	canvas_clear(&c);
	canvas_box(&c, (struct rect){ 2, 1, 1, 1 }, STYLE_DIM, STYLE_DIM, "t");
	expect("\n  ┘\n\n\n");
}

static void ascii_keeps_the_shape(void **state)
{
	c.ascii = true;
	canvas_box(&c, (struct rect){ 0, 0, 10, 3 }, STYLE_DIM, STYLE_TITLE, "a·b");
	canvas_text(&c, 2, 1, STYLE_PLAIN, "▸‹漢›é");
	expect("+ a-b ---+\n| ><?" "?>? |\n+--------+\n\n");
}

static void long_text_ends_in_an_ellipsis(void **state)
{
	assert_int_equal(canvas_fit(&c, 0, 0, 5, STYLE_PLAIN, "12345"), 5);
	assert_int_equal(canvas_fit(&c, 0, 1, 5, STYLE_PLAIN, "123456"), 5);
	assert_int_equal(canvas_fit(&c, 0, 2, 4, STYLE_PLAIN, "漢漢漢"), 3);
	assert_int_equal(canvas_fit(&c, 0, 3, 0, STYLE_PLAIN, "x"), 0);
	expect("12345\n1234…\n漢…\n\n");
}

static void text_wraps_between_words(void **state)
{
	const char *text = "one two three\n\nunbreakable!";

	assert_int_equal(canvas_wrap(&c, 0, STYLE_PLAIN, text, false), 5);
	canvas_resize(&c, 10, 6);
	assert_int_equal(canvas_wrap(&c, 1, STYLE_PLAIN, text, true), 6);
	expect("\none two\nthree\n\nunbreakabl\ne!\n");
}

static void breaking_always_advances(void **state)
{
	size_t next;

	assert_int_equal(text_break("漢字", 1, &next), 3);
	assert_int_equal(next, 3);
	assert_int_equal(text_break("abc", 0, &next), 1);
	assert_int_equal(next, 1);
	assert_int_equal(text_break("  x", 1, &next), 2);
	assert_true(next > 0);
	assert_int_equal(text_break("\nx", 9, &next), 0);
	assert_int_equal(next, 1);
}

static void changed_styles_print_in_upper_case(void **state)
{
	canvas_text(&c, 0, 0, STYLE_ANON, "aa");
	canvas_text(&c, 2, 0, STYLE_ANON | STYLE_CHANGED, "aa");
	canvas_text(&c, 4, 0, STYLE_CHANGED, "p");
	canvas_text(&c, 0, 1, STYLE_FILE, "漢f");
	canvas_restyle(&c, (struct rect){ 0, 2, 2, 9 }, STYLE_QUESTION);
	expect_styles("aaAA!\nfff\nqq\nqq\n");
}

static void every_style_has_its_own_letter(void **state)
{
	char seen[STYLE_COUNT + 1] = "";

	for (uint8_t style = 0; style < STYLE_COUNT; style++) {
		char letter = theme_letter(style);

		assert_non_null(theme_name(style));
		assert_null(strchr(seen, letter));
		seen[style] = letter;
	}
	assert_null(theme_name(STYLE_COUNT));
}

/* Without colours a question is still reverse, and what changed is still bold. */
static void looks_keep_their_meaning_without_colour(void **state)
{
	for (enum depth d = DEPTH_MONO; d <= DEPTH_256; d++) {
		assert_true(theme_look(STYLE_QUESTION, d).attributes & LOOK_REVERSE);
		assert_true(theme_look(STYLE_FREE | STYLE_CHANGED, d).attributes & LOOK_BOLD);
		for (uint8_t s = 0; s < STYLE_COUNT; s++)
			if (s != STYLE_QUESTION)
				assert_false(theme_look(s, d).attributes & LOOK_REVERSE);
	}
	for (uint8_t s = 0; s < STYLE_COUNT; s++)
		assert_int_equal(theme_look(s, DEPTH_MONO).colour, -1);
	assert_int_equal(theme_depth(16777216), DEPTH_8);
	assert_int_equal(theme_depth(256), DEPTH_256);
	assert_int_equal(theme_depth(88), DEPTH_16);
	assert_int_equal(theme_depth(8), DEPTH_8);
	assert_int_equal(theme_depth(0), DEPTH_MONO);
}

/* The five kinds of memory have five hues, at every depth that has colours. */
static void kinds_of_memory_have_their_own_hue(void **state)
{
	for (enum depth d = DEPTH_8; d <= DEPTH_256; d++)
		for (uint8_t a = STYLE_ANON; a <= STYLE_KERNEL; a++)
			for (uint8_t b = STYLE_ANON; b < a; b++)
				assert_int_not_equal(theme_look(a, d).colour,
						     theme_look(b, d).colour);
}

static void characters_are_never_cut(void **state)
{
	static const char text[] = "a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x99\x82";
	static const size_t whole[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10 };

	for (size_t n = 0; n < sizeof(whole) / sizeof(whole[0]); n++)
		assert_int_equal(utf8_whole(text, n), whole[n]);
	assert_int_equal(utf8_whole("ab\xff", 3), 3);
	assert_int_equal(utf8_whole("\x80\x80\x80\x80", 4), 4);
}

static void encoding_is_the_inverse_of_decoding(void **state)
{
	static const uint32_t points[] = { 1, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x10ffff };
	char text[5];
	uint32_t cp;

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		int bytes = utf8_encode(points[i], text);

		assert_int_equal(strlen(text), bytes);
		assert_int_equal(utf8_decode(text, &cp), bytes);
		assert_int_equal(cp, points[i]);
	}
	assert_int_equal(utf8_decode("\xc0\x80", &cp), 1);
	assert_int_equal(utf8_decode("\xf4\x90\x80\x80", &cp), 1);
	assert_int_equal(utf8_decode("", &cp), 0);
}

/* Whatever the program itself may show has a twin; names of people and CJK are the learner's. */
static void every_glyph_in_use_has_a_twin(void **state)
{
	glob_t files;

	assert_int_equal(glob("ui/*.c", 0, NULL, &files), 0);
	glob("ui/panes/*.c", GLOB_APPEND, NULL, &files);
	glob("engine/*/*.c", GLOB_APPEND, NULL, &files);
	glob("scripts/lib/*.lua", GLOB_APPEND, NULL, &files);
	glob("lessons/*.lua", GLOB_APPEND, NULL, &files);
	assert_true(files.gl_pathc > 20);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		FILE *in = fopen(files.gl_pathv[i], "r");
		char line[4096];
		uint32_t cp;
		int n;

		while (fgets(line, sizeof(line), in))
			for (const char *at = line; (n = utf8_decode(at, &cp)); at += n)
				if (n > 1 && cp_ascii(cp) == '?')
					fail_msg("%s: U+%04x in %s", files.gl_pathv[i], cp, line);
		fclose(in);
	}
	globfree(&files);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(text_is_drawn_and_clipped),
		T(windows_have_their_own_origin_and_clip),
		T(wide_characters_take_two_cells),
		T(drawing_over_half_a_wide_character_frees_the_other),
		T(combining_marks_stay_with_their_base),
		T(what_is_no_text_cannot_reach_the_terminal),
		T(boxes_have_a_title_and_room_inside),
		T(boxes_of_any_size_stay_inside),
		T(ascii_keeps_the_shape),
		T(long_text_ends_in_an_ellipsis),
		T(text_wraps_between_words),
		T(breaking_always_advances),
		T(changed_styles_print_in_upper_case),
		T(every_style_has_its_own_letter),
		T(looks_keep_their_meaning_without_colour),
		T(kinds_of_memory_have_their_own_hue),
		T(characters_are_never_cut),
		T(encoding_is_the_inverse_of_decoding),
		T(every_glyph_in_use_has_a_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
