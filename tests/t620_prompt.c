/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prompt: readline driven through its hooks, with keys as the terminal gives them. What it
 * shows is compared as rows of a canvas, with a caret where the cursor stands.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "outfile.h"
#include "prompt.h"
#include "term.h"

static struct prompt *p;
static struct canvas c;
static int width, height;

/* ------------------------------------------------------------------ a host to talk to */

static const char *const names[] = { "machine", "machines", "malloc", "m:page(", "m:pages(",
				     "m.now", "kernels" };

static uint32_t complete(void *arg, const char *line, size_t cursor, size_t *word_start,
			 char **out, uint32_t max)
{
	size_t start = cursor;
	uint32_t n = 0;

	while (start > 0 && !strchr(" (){}", line[start - 1]))
		start--;
	*word_start = start;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && n < max; i++)
		if (strncmp(names[i], line + start, cursor - start) == 0)
			out[n++] = strdup(names[i]);
	return n;
}

/* A chunk is incomplete while it has more "(" than ")". */
static bool incomplete(void *arg, const char *chunk)
{
	int open = 0;

	for (; *chunk; chunk++)
		open += (*chunk == '(') - (*chunk == ')');
	return open > 0;
}

static void open_prompt(const char *history)
{
	p = prompt_open(&(struct prompt_config){
		.terminal = "xterm-256color", .label = "> ", .history = history,
		.no_inputrc = true, .host = { .complete = complete, .incomplete = incomplete } });
	assert_non_null(p);
}

static void close_prompt(void)
{
	prompt_close(p);
	p = NULL;
}

static int setup(void **state)
{
	width = 30;
	height = 12;
	if (!canvas_init(&c, width, height))
		return -1;
	open_prompt(NULL);
	return 0;
}

static int teardown(void **state)
{
	close_prompt();
	canvas_free(&c);
	return 0;
}

/* ------------------------------------------------------------------ keys and pictures */

static bool press(uint32_t code)
{
	return prompt_key(p, &(struct key){ .code = code });
}

static void type(const char *text)
{
	uint32_t cp;
	int n;

	for (; (n = utf8_decode(text, &cp)); text += n)
		assert_true(press(cp));
}

static void paste(const char *text)
{
	prompt_key(p, &(struct key){ .code = K_PASTE, .paste = text });
}

static void expect_taken(const char *want)
{
	char *text = prompt_take(p);

	if (!want) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
}

/* The picture of the last @rows rows, each with '\n'; the prompt is drawn at the bottom. */
static void expect_rows(const char *want, int cursor_x, int cursor_y)
{
	int rows = prompt_rows(p, width), shown = rows < height ? rows : height;
	char *text = NULL, *at;
	size_t size;
	FILE *out;

	canvas_clear(&c);
	prompt_draw(p, &c, (struct rect){ 0, height - shown, width, shown }, true);
	out = open_memstream(&text, &size);
	canvas_print(&c, out);
	fclose(out);
	at = text;
	for (int y = 0; y < height - shown; y++)
		at = strchr(at, '\n') + 1;
	assert_string_equal(at, want);
	free(text);
	assert_int_equal(c.cursor_x, cursor_x);
	assert_int_equal(c.cursor_y - (height - shown), cursor_y);
}

/* ------------------------------------------------------------------ editing */

static void a_line_is_edited_and_taken(void **state)
{
	expect_rows(">\n", 2, 0);
	type("hello 漢字 é");
	expect_rows("> hello 漢字 é\n", 14, 0);
	press(K_LEFT);
	press(K_LEFT);
	press(K_BACKSPACE);
	expect_rows("> hello 漢 é\n", 10, 0);
	press(K_HOME);
	press(K_DELETE);
	press(K_WORD_RIGHT);
	expect_rows("> ello 漢 é\n", 6, 0);
	expect_taken(NULL);
	press(K_ENTER);
	expect_taken("ello 漢 é");
	expect_taken(NULL);
	expect_rows(">\n", 2, 0);
}

static void long_lines_wrap(void **state)
{
	type("0123456789012345678901234567");
	expect_rows("> 0123456789012345678901234567\n\n", 0, 1);
	type("89");
	expect_rows("> 0123456789012345678901234567\n89\n", 2, 1);
	press(CTRL_KEY('u'));
	type("012345678901234567890123456漢x");	/* the wide one does not fit in the first row */
	expect_rows("> 012345678901234567890123456\n漢x\n", 3, 1);
	press(K_HOME);
	expect_rows("> 012345678901234567890123456\n漢x\n", 2, 0);
}

static void what_does_not_fit_scrolls_with_the_cursor(void **state)
{
	for (int i = 0; i < 40; i++)
		type("0123456789");
	height = 3;
	canvas_resize(&c, width, height);
	expect_rows("890123456789012345678901234567\n890123456789012345678901234567\n"
		    "890123456789\n", 12, 2);
	press(K_HOME);
	expect_rows("> 0123456789012345678901234567\n890123456789012345678901234567\n"
		    "890123456789012345678901234567\n", 2, 0);
}

static void control_characters_are_shown(void **state)
{
	press(CTRL_KEY('v'));
	press(CTRL_KEY('a'));
	type("e\xcc\x81");
	expect_rows("> ^Ae\xcc\x81\n", 5, 0);
	press(K_ENTER);
	expect_taken("\001e\xcc\x81");
}

static void undo_takes_a_paste_back_as_one(void **state)
{
	type("a");
	paste("bc\nd\tfor i = 1, 3");
	expect_rows("> abc\nd       for i = 1, 3\n", 20, 1);
	press(CTRL_KEY('_'));
	expect_rows("> a\n", 3, 0);
	paste("ls\n");
	expect_taken(NULL);		/* a newline in a paste does not run anything */
	press(K_ENTER);
	expect_taken("als\n");
}

static void a_paste_of_any_size_arrives(void **state)
{
	char *text = malloc(20001), *got;

	memset(text, 'x', 20000);
	text[20000] = '\0';
	paste(text);
	press(K_ENTER);
	got = prompt_take(p);
	assert_string_equal(got, text);
	free(got);
	free(text);
}

/* ------------------------------------------------------------------ history and searching */

static void enter(const char *text)
{
	type(text);
	press(K_ENTER);
	expect_taken(text);
}

static void the_arrows_walk_the_history(void **state)
{
	enter("first");
	enter("second");
	enter("second");		/* kept once */
	press(K_UP);
	press(K_UP);
	expect_rows("> first\n", 7, 0);
	press(K_DOWN);
	press(K_DOWN);
	expect_rows(">\n", 2, 0);
}

static void searching_finds_wide_characters_too(void **state)
{
	enter("print(1)");
	enter("x = '漢字'");
	enter("kernels");
	press(CTRL_KEY('r'));
	type("prin");
	expect_rows("(reverse-i-search)`prin': prin\nt(1)\n", 26, 0);
	press(CTRL_KEY('g'));
	expect_rows(">\n", 2, 0);
	press(CTRL_KEY('r'));
	type("漢");
	press(K_ENTER);
	expect_taken("x = '漢字'");
}

static void escape_ends_a_search_and_then_leaves(void **state)
{
	enter("print(1)");
	press(CTRL_KEY('r'));
	type("pr");
	assert_true(press(K_ESCAPE));
	expect_rows("> print(1)\n", 2, 0);
	assert_false(press(K_ESCAPE));
	prompt_cancel(p);
	assert_false(press(CTRL_KEY('d')));
	expect_taken(NULL);
}

static void control_c_forgets_everything(void **state)
{
	enter("print(1)");
	type("f(");
	press(K_ENTER);
	press(CTRL_KEY('r'));
	type("pr");
	prompt_cancel(p);
	expect_rows(">\n", 2, 0);
	type("x");			/* not into the dead search */
	expect_rows("> x\n", 3, 0);
	press(K_ENTER);
	expect_taken("x");
}

static void the_history_outlives_the_prompt(void **state)
{
	char folder[] = "/tmp/rmaplab-test-XXXXXX", path[200];
	struct stat st;

	assert_non_null(mkdtemp(folder));
	setenv("XDG_STATE_HOME", folder, 1);
	assert_true(state_path("history", path, sizeof(path)));
	close_prompt();
	open_prompt(path);
	enter("one");
	type("f(");
	press(K_ENTER);
	type("-- x");
	press(K_ENTER);
	type(")");
	press(K_ENTER);
	expect_taken("f(\n-- x\n)");
	close_prompt();
	assert_int_equal(stat(path, &st), 0);
	open_prompt(path);
	press(K_UP);			/* lines of one chunk come back as one entry */
	expect_rows("> f(\n-- x\n)\n", 1, 2);
	press(K_UP);
	expect_rows("> one\n", 5, 0);
	close_prompt();
	open_prompt(NULL);
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);	/* nothing half-written lies about */
	assert_int_equal(rmdir(folder), 0);
}

/* ------------------------------------------------------------------ chunks */

static void lua_may_want_more_lines(void **state)
{
	type("f(1,");
	press(K_ENTER);
	expect_taken(NULL);
	expect_rows("> f(1,\n>>\n", 3, 1);
	type("2)");
	expect_rows("> f(1,\n>> 2)\n", 5, 1);
	press(K_ENTER);
	expect_taken("f(1,\n2)");
	press(K_UP);
	press(K_ENTER);
	expect_taken("f(1,\n2)");
}

static void something_else_can_be_asked(void **state)
{
	prompt_ask(p, "event: ");
	assert_true(prompt_asking(p));
	type("(12");			/* no Lua: never incomplete */
	expect_rows("event: (12\n", 10, 0);
	press(K_ENTER);
	expect_taken("(12");
	assert_false(prompt_asking(p));
	press(K_UP);			/* and not in the history */
	expect_rows(">\n", 2, 0);
}

/* ------------------------------------------------------------------ completion */

static void one_match_is_typed(void **state)
{
	type("print(ker");
	press(K_TAB);
	expect_rows("> print(kernels\n", 15, 0);
}

static void several_matches_open_a_window(void **state)
{
	type("m:p");
	press(K_TAB);
	canvas_clear(&c);
	prompt_draw(p, &c, (struct rect){ 0, 11, width, 1 }, true);
	assert_string_equal(canvas_cell(&c, 2, 7)->text, "┌");
	assert_string_equal(canvas_cell(&c, 4, 8)->text, "▸");
	assert_string_equal(canvas_cell(&c, 6, 8)->text, "m");
	assert_string_equal(canvas_cell(&c, 6, 9)->text, "m");
	press(K_TAB);
	press(K_ENTER);
	expect_rows("> m:pages(\n", 10, 0);
	expect_taken(NULL);
	press(CTRL_KEY('_'));
	expect_rows("> m:page\n", 8, 0);
}

static void other_keys_close_the_window_and_are_typed(void **state)
{
	type("mach");
	press(K_TAB);
	expect_rows("> machine\n", 9, 0);
	type(".");
	expect_rows("> machine.\n", 10, 0);
	press(K_ENTER);
	expect_taken("machine.");
	type("mach");
	press(K_TAB);
	assert_true(press(K_ESCAPE));
	press(K_ENTER);
	expect_taken("machine");
}

static void no_match_does_nothing(void **state)
{
	type("zz");
	press(K_TAB);
	expect_rows("> zz\n", 4, 0);
	press(CTRL_KEY('u'));
	type("/et");
	press(K_TAB);			/* least of all a file name */
	expect_rows("> /et\n", 5, 0);
}

static void many_choices_scroll(void **state)
{
	press(K_TAB);
	for (int i = 0; i < 6; i++)
		press(K_DOWN);
	height = 6;
	canvas_resize(&c, width, height);
	canvas_clear(&c);
	prompt_draw(p, &c, (struct rect){ 0, 5, width, 1 }, true);
	assert_string_equal(canvas_cell(&c, 4, 3)->text, "▸");
	assert_string_equal(canvas_cell(&c, 8, 3)->text, "l");
	press(K_ENTER);
	expect_rows("> malloc\n", 8, 0);
}

/* ------------------------------------------------------------------ the whole way */

/* Bytes of a terminal, through curses and readline, with a window that changes. */
static void it_works_behind_a_terminal(void **state)
{
	static const int sizes[][2] = { { 40, 12 }, { 20, 5 }, { 200, 60 }, { 1, 1 }, { 80, 24 } };
	static const char typed[] = "print('漢')\033[D\033[D\033[200~字\ny\033[201~\001";
	char error[200];
	struct term *t = term_open(&(struct term_config){ .headless = true, .cols = 80,
							  .rows = 24 }, error, sizeof(error));
	struct key key;

	assert_non_null(t);
	assert_true(term_feed(t, typed, strlen(typed)));
	while (term_read(t, &key))
		prompt_key(p, &key);
	for (size_t i = 0; i < 5; i++) {
		width = sizes[i][0];
		height = sizes[i][1];
		term_resize(t, width, height);
		prompt_resize(p, width, height);
		assert_true(canvas_resize(&c, width, height));
		prompt_draw(p, &c, (struct rect){ 0, 0, width, height }, true);
		term_draw(t, &c);
	}
	expect_rows("> print('漢字\ny')\n", 2, 0);
	term_close(t);
}

static void any_keys_are_survived(void **state)
{
	uint32_t random = 3;

	for (int i = 0; i < 20000; i++) {
		struct key key = { .code = K_NONE };

		random = random * 1664525u + 1013904223u;
		key.code = random >> 28 < 4 ? K_UP + (random >> 8) % 13 : (random >> 8) % 128;
		key.alt = random >> 28 == 15;
		if (random >> 24 == 77) {
			key.code = K_PASTE;
			key.paste = "p(\n漢";
		}
		if (!prompt_key(p, &key))
			prompt_cancel(p);
		free(prompt_take(p));
		if (i % 50 == 0)
			prompt_draw(p, &c, (struct rect){ 0, 6, width, 6 }, true);
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_line_is_edited_and_taken),
		T(long_lines_wrap),
		T(what_does_not_fit_scrolls_with_the_cursor),
		T(control_characters_are_shown),
		T(undo_takes_a_paste_back_as_one),
		T(a_paste_of_any_size_arrives),
		T(the_arrows_walk_the_history),
		T(searching_finds_wide_characters_too),
		T(escape_ends_a_search_and_then_leaves),
		T(control_c_forgets_everything),
		T(the_history_outlives_the_prompt),
		T(lua_may_want_more_lines),
		T(something_else_can_be_asked),
		T(one_match_is_typed),
		T(several_matches_open_a_window),
		T(other_keys_close_the_window_and_are_typed),
		T(no_match_does_nothing),
		T(many_choices_scroll),
		T(it_works_behind_a_terminal),
		T(any_keys_are_survived),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
