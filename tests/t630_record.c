/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings: the file's form, characters that come in parts, the same bytes each time, what a
 * player would show, and disks that are full.
 */
#include <dirent.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "record.h"
#include "term.h"
#include "vt.h"

static char folder[40], path[64];

static int setup(void **state)
{
	strcpy(folder, "/tmp/rmaplab-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/x.cast", folder);
	return 0;
}

static int files_in_folder(void)
{
	DIR *dir = opendir(folder);
	int n = 0;

	for (struct dirent *entry; (entry = readdir(dir));)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static int teardown(void **state)
{
	unlink(path);
	return rmdir(folder);
}

static char *contents(void)
{
	FILE *in = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(in);
	assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
	fclose(in);
	return text;
}

static void start(struct record *r, int cols, int rows)
{
	char error[200];

	assert_true(record_open(r, path, cols, rows, "who \"maps\"?", error, sizeof(error)));
}

static void finish(struct record *r)
{
	char error[200];

	assert_true(record_close(r, error, sizeof(error)));
}

#define HEADER "{\"version\": 2, \"width\": 80, \"height\": 24, " \
	       "\"title\": \"who \\\"maps\\\"?\", \"env\": {\"TERM\": \"xterm-256color\"}}\n"

static void the_file_has_the_form_of_asciicast_2(void **state)
{
	struct record r;
	char *text;

	start(&r, 80, 24);
	record_output(&r, "a\033[1m\"\\\r\n\0\x7f漢", 14);
	record_wait(&r, 1500000);
	record_marker(&r, "step 2: \"walk\"");
	record_output(&r, "", 0);
	record_wait(&r, 33);
	record_output(&r, "z", 1);
	finish(&r);
	text = contents();
	assert_string_equal(text, HEADER
		"[0.000000, \"o\", \"a\\u001b[1m\\\"\\\\\\r\\n\\u0000\\u007f漢\"]\n"
		"[1.500000, \"m\", \"step 2: \\\"walk\\\"\"]\n"
		"[1.500033, \"o\", \"z\"]\n");
	free(text);
}

static void events_are_cut_between_characters(void **state)
{
	static const char word[] = "é漢\xf0\x9f\x99\x82x";
	struct record r;
	char *text;

	start(&r, 80, 24);
	for (size_t i = 0; i < strlen(word); i++)
		record_output(&r, word + i, 1);
	finish(&r);
	text = contents();
	assert_string_equal(text, HEADER
		"[0.000000, \"o\", \"é\"]\n[0.000000, \"o\", \"漢\"]\n"
		"[0.000000, \"o\", \"\xf0\x9f\x99\x82\"]\n[0.000000, \"o\", \"x\"]\n");
	free(text);
}

static void what_is_no_text_is_replaced(void **state)
{
	struct record r;
	char *text;

	start(&r, 80, 24);
	record_output(&r, "\xff\xc3(\xe6\xbc", 5);
	record_output(&r, "(\x80", 2);
	finish(&r);
	text = contents();
	assert_string_equal(text, HEADER
		"[0.000000, \"o\", \"\xef\xbf\xbd\xef\xbf\xbd(\"]\n"
		"[0.000000, \"o\", \"\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\"]\n");
	free(text);
}

/* ------------------------------------------------------------------ a whole recording */

static void picture(struct canvas *c, int frame)
{
	canvas_clear(c);
	canvas_box(c, (struct rect){ frame, 0, 30, 6 }, STYLE_DIM, STYLE_TITLE, "rmap");
	canvas_printf(c, frame + 2, 2, STYLE_ANON | STYLE_CHANGED, "frame %d 漢字 ▸ e\xcc\x81",
		      frame);
	canvas_cursor(c, frame, 7);
}

/* Record ten pictures, an event each; the last one stays in @c. */
static void record_pictures(struct canvas *c)
{
	char error[200];
	struct term *t = term_open(&(struct term_config){ .headless = true, .cols = 80,
							  .rows = 24 }, error, sizeof(error));
	struct record r;

	assert_non_null(t);
	start(&r, 80, 24);
	for (int frame = 0; frame < 10; frame++) {
		const char *bytes;
		size_t n;

		picture(c, frame);
		term_draw(t, c);
		bytes = term_drain(t, &n);
		record_output(&r, bytes, n);
		record_wait(&r, 100000);
	}
	finish(&r);
	term_close(t);
}

/* What a player does: read the strings of the "o" events. */
static void play(struct vt *v, const char *text)
{
	for (const char *at = text; (at = strstr(at, ", \"o\", \"")); ) {
		for (at += 8; *at != '"'; at++) {
			char byte = *at;
			unsigned code;

			if (byte == '\\') {
				byte = *++at == 'n' ? '\n' : *at == 'r' ? '\r' : *at;
				if (*at == 'u' && sscanf(at + 1, "%4x", &code) == 1) {
					byte = (char)code;
					at += 4;
				}
			}
			vt_write(v, &byte, 1);
		}
	}
}

static void a_player_shows_what_was_drawn(void **state)
{
	struct vt *v = vt_new(80, 24);
	struct canvas c;
	char *text, why[200];

	assert_true(canvas_init(&c, 80, 24));
	record_pictures(&c);
	text = contents();
	play(v, text);
	if (!vt_shows(v, &c, DEPTH_256, why, sizeof(why)))
		fail_msg("%s", why);
	free(text);
	canvas_free(&c);
	vt_free(v);
}

static void the_same_run_gives_the_same_bytes(void **state)
{
	char *first, *second;
	struct canvas c;

	assert_true(canvas_init(&c, 80, 24));
	record_pictures(&c);
	first = contents();
	setenv("NO_COLOR", "1", 1);	/* the recording person's taste is not recorded */
	setenv("TERM", "vt100", 1);
	record_pictures(&c);
	second = contents();
	assert_string_equal(first, second);
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm-256color", 1);
	free(first);
	free(second);
	canvas_free(&c);
}

static void a_picture_can_be_kept_as_text(void **state)
{
	char error[200], *text;
	struct canvas c;

	assert_true(canvas_init(&c, 34, 3));
	picture(&c, 0);
	assert_true(record_text(path, &c, error, sizeof(error)));
	text = contents();
	assert_string_equal(text, "┌ rmap ──────────────────────┐\n│                            │\n"
				  "│ frame 0 漢字 ▸ e\xcc\x81           │\n");
	free(text);
	canvas_free(&c);
}

/* ------------------------------------------------------------------ nothing half-written */

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_nothing_and_says_so(void **state)
{
	char error[200] = "", *text;
	struct record r;

	start(&r, 80, 24);
	finish(&r);			/* an old recording in the same place */
	signal(SIGXFSZ, SIG_IGN);
	limit_files(4096);		/* writing behind this fails, as on a full disk */
	start(&r, 80, 24);
	for (int i = 0; i < 1000; i++)
		record_output(&r, "0123456789", 10);
	assert_false(record_close(&r, error, sizeof(error)));
	limit_files(RLIM_INFINITY);
	assert_non_null(strstr(error, path));
	assert_null(strchr(error, '\n'));
	assert_int_equal(files_in_folder(), 1);
	text = contents();
	assert_string_equal(text, HEADER);
	free(text);
}

static void an_aborted_recording_leaves_nothing(void **state)
{
	struct record r;

	start(&r, 80, 24);
	record_output(&r, "x", 1);
	record_abort(&r);
	assert_int_equal(files_in_folder(), 0);
}

static void a_place_that_is_none_is_named(void **state)
{
	char error[200] = "";
	struct record r;

	assert_false(record_open(&r, "/nowhere/x.cast", 80, 24, "", error, sizeof(error)));
	assert_string_equal(error, "cannot write /nowhere/x.cast: No such file or directory");
	record_abort(&r);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_file_has_the_form_of_asciicast_2),
		T(events_are_cut_between_characters),
		T(what_is_no_text_is_replaced),
		T(a_player_shows_what_was_drawn),
		T(the_same_run_gives_the_same_bytes),
		T(a_picture_can_be_kept_as_text),
		T(a_full_disk_leaves_nothing_and_says_so),
		T(an_aborted_recording_leaves_nothing),
		T(a_place_that_is_none_is_named),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
