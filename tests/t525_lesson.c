/* SPDX-License-Identifier: GPL-2.0-only */
/* A lesson from the inputs' side: what is shown after each, for every kind of answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "session.h"

static const char lesson_text[] =
	"return { id='small', title='A small lesson', chapter='Tests', kernel='2.5.27',\n"
	"source='none', goals={ 'pass' }, machine={ ram='256K', swap='256K' },\n"
	"setup=function(m, x) x.t = m:task('init')\n"
	"  x.a = x.t:mmap{ len='16K', at=0x40002000 } end,\n"
	"steps={\n"
	"{ say=[[One line,\ngoing on.\n\nAnother: {a:x}.\n  code]],\n"
	"  look={ pane='rmap', page=3 }, action=function(m, x) x.t:write(x.a, 1) end },\n"
	"{ say='Forked.', action=function(m, x) x.c1 = x.t:fork('c1') end,\n"
	"  ask='How many?', pick='number', answer=function(m, x) return x.t:page(x.a).count end,\n"
	"  replies={ { when=1, say='One was before.' },\n"
	"            { when=function(n, m, x) return n > 100 end, say='So many?' } },\n"
	"  hints={ 'Count.', 'It is 2.' }, right='Yes, two at {a:x}.' },\n"
	"{ ask='Which page?', pick='page', answer=function(m, x) return x.t:page(x.a) end,\n"
	"  wrong='Not that page, at {a:x}.' },\n"
	"{ ask='Which pte is first?', pick='pte', look={ task='init', address=0x40002000 },\n"
	"  answer=function(m, x) return x.t:page(x.a):rmap()[1] end,\n"
	"  replies={ { say='It was first.',\n"
	"              when=function(a) return a.task.name == 'init' end } } },\n"
	"{ ask='Which pde?', pick='pde', answer={ task='init', address=0x40000000 } },\n"
	"{ ask='Who?', pick='task', answer='c1' },\n"
	"{ ask='A word?', pick='name', answer='Chain' },\n"
	"{ ask='In order?', pick='order', answer=function(m, x)\n"
	"    local o = {}\n"
	"    for i, v in ipairs(x.t:page(x.a):rmap()) do o[i] = v.task end return o end },\n"
	"{ task='Make c1 write.', solution='x.c1:write(x.a, 5)', hints={ 'write' },\n"
	"  check=function(m, x)\n"
	"    return x.c1:page(x.a) ~= x.t:page(x.a), 'they still share the page' end },\n"
	"} }\n";

static char path[] = "/tmp/rmaplab-lesson-XXXXXX";
static struct session *s;
static struct lesson_view v;

static int open_lesson(void **state)
{
	struct session_config config = { .mode = SESSION_LESSON, .file = path };
	char err[300];
	int fd;

	(void)state;
	strcpy(path, "/tmp/rmaplab-lesson-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || write(fd, lesson_text, sizeof(lesson_text) - 1) < 0)
		return -1;
	close(fd);
	s = session_open(&config, err, sizeof(err));
	if (!s)
		print_error("%s\n", err);
	return s ? 0 : -1;
}

static int close_lesson(void **state)
{
	(void)state;
	session_close(s);
	unlink(path);
	return 0;
}

static void give(enum input_kind kind, const char *text)
{
	if (session_input(s, kind, text, NULL) != STOP_IDLE)
		fail_msg("%s", session_error(s));
	assert_true(session_lesson(s, &v));
}

static void answer(const char *text, bool right, const char *reply)
{
	give(INPUT_ANSWER, text);
	assert_string_equal(v.reply, reply);
	assert_int_equal(v.right, right);
}

static void before_the_start(void **state)
{
	(void)state;
	assert_true(session_lesson(s, &v));
	assert_string_equal(v.title, "A small lesson");
	assert_int_equal(v.steps, 9);
	assert_int_equal(session_machines(s), 0);
}

static void say_then_action(void **state)
{
	(void)state;
	give(INPUT_START, NULL);
	assert_int_equal(v.step, 1);
	assert_int_equal(v.wait, LESSON_SAY);
	assert_string_equal(v.text, "One line, going on.\nAnother: 0x40002000.\n  code");
	assert_null(v.question);
	assert_string_equal(v.look_pane, "rmap");
	assert_true(v.look_has_pfn && v.look_pfn == 3);
	give(INPUT_NEXT, NULL);
	assert_int_equal(v.step, 2);
	assert_null(v.look_pane);
	give(INPUT_CHUNK, "assert(x.t:read(x.a) == 1 and m == m)");
}

/* The action comes first, then the question; without the right answer there is no going on. */
static void a_number(void **state)
{
	(void)state;
	give(INPUT_START, NULL);
	give(INPUT_NEXT, NULL);
	assert_int_equal(v.wait, LESSON_SAY);
	answer("2", false, "There is no question to answer here.");
	give(INPUT_NEXT, NULL);
	assert_int_equal(v.step, 2);
	assert_int_equal(v.wait, LESSON_ASK);
	assert_string_equal(v.question, "How many?");
	assert_string_equal(v.pick, "number");
	assert_int_equal(v.hints, 2);
	give(INPUT_NEXT, NULL);
	assert_int_equal(v.step, 2);
	assert_string_equal(v.reply, "Answer the question first, or ask for the solution.");
	answer("1", false, "One was before.");
	answer("1K", false, "So many?");
	answer("3", false, "No, that is not it. Look again, or ask for a hint.");
	answer("many", false, "Please give a number: 42, 0x2a or 64K.");
	give(INPUT_HINT, NULL);
	assert_string_equal(v.reply, "Hint 1 of 2: Count.");
	give(INPUT_HINT, NULL);
	assert_int_equal(v.hints_shown, 2);
	give(INPUT_HINT, NULL);
	assert_string_equal(v.reply, "There are no more hints; ask for the solution.");
	answer(" 0x2 ", true, "Yes, two at 0x40002000.");
	answer("1", true, "Yes, two at 0x40002000.");
	give(INPUT_NEXT, NULL);
	assert_int_equal(v.step, 3);
}

static void every_pick(void **state)
{
	char pfn[20];

	(void)state;
	give(INPUT_START, NULL);
	give(INPUT_JUMP, "3");
	assert_int_equal(v.step, 3);
	give(INPUT_CHUNK, "print(x.t:page(x.a).pfn)");
	snprintf(pfn, sizeof(pfn), "%s", session_line(s, session_lines(s) - 1, NULL, NULL));
	answer("0", false, "Not that page, at 0x40002000.");
	answer("64", false, "Please give the number of a page of this machine.");
	answer(pfn, true, "Right.");
	give(INPUT_NEXT, NULL);
	answer("init", false, "It was first.");
	answer("nobody", false, "There is no process nobody.");
	answer("c1 0x40002000", true, "Right.");
	give(INPUT_NEXT, NULL);
	answer("init 0x40001000", true, "Right.");
	give(INPUT_NEXT, NULL);
	answer("init", false, "No, that is not it. Look again, or ask for a hint.");
	answer("c1", true, "Right.");
	give(INPUT_NEXT, NULL);
	answer("link", false, "No, that is not it. Look again, or ask for a hint.");
	answer("CHAIN", true, "Right.");
	give(INPUT_NEXT, NULL);
	answer("init c1", false, "No, that is not it. Look again, or ask for a hint.");
	answer("c1, init", true, "Right.");
}

static void a_task(void **state)
{
	(void)state;
	give(INPUT_START, NULL);
	give(INPUT_JUMP, "9");
	assert_int_equal(v.wait, LESSON_TASK);
	assert_string_equal(v.question, "Make c1 write.");
	give(INPUT_NEXT, NULL);
	assert_string_equal(v.reply, "they still share the page");
	give(INPUT_CHUNK, "x.c1:read(x.a)");
	assert_string_equal(v.reply, "they still share the page");
	assert_false(v.right);
	give(INPUT_CHUNK, "x.c1:write(x.a, 6)");
	assert_true(v.right);
	assert_string_equal(v.reply, "Done.");
	give(INPUT_NEXT, NULL);
	assert_int_equal(v.wait, LESSON_DONE);
	assert_non_null(strstr(v.text, "pass"));
	give(INPUT_NEXT, NULL);
	assert_int_equal(v.wait, LESSON_DONE);
}

static void solutions(void **state)
{
	char kind;

	(void)state;
	give(INPUT_START, NULL);
	give(INPUT_JUMP, "4");
	give(INPUT_SOLUTION, NULL);
	assert_string_equal(v.reply, "The answer is c1 0x40002000.");
	assert_true(v.right);
	give(INPUT_JUMP, "9");
	give(INPUT_SOLUTION, NULL);
	assert_true(v.right);
	assert_string_equal(session_line(s, session_lines(s) - 1, &kind, NULL),
			    "x.c1:write(x.a, 5)");
	assert_int_equal(kind, 'l');
	give(INPUT_CHUNK, "assert(x.c1:read(x.a) == 5)");
}

/* Back and forth over inputs; a jump begins anew, with one machine. */
static void back_and_jump(void **state)
{
	(void)state;
	give(INPUT_START, NULL);
	give(INPUT_NEXT, NULL);
	give(INPUT_NEXT, NULL);
	answer("1", false, "One was before.");
	assert_int_equal(session_step(s, STEP_INPUT, true), STOP_IDLE);
	assert_true(session_lesson(s, &v));
	assert_null(v.reply);
	assert_int_equal(v.wait, LESSON_ASK);
	session_step(s, STEP_INPUT, true);
	session_lesson(s, &v);
	assert_int_equal(v.wait, LESSON_SAY);
	session_step(s, STEP_INPUT, true);
	session_lesson(s, &v);
	assert_int_equal(v.step, 1);
	session_seek(s, session_end(s));
	session_lesson(s, &v);
	assert_string_equal(v.reply, "One was before.");
	give(INPUT_JUMP, "1");
	assert_int_equal(v.step, 1);
	assert_int_equal(session_machines(s), 1);
	assert_int_equal(session_input(s, INPUT_JUMP, "10", NULL), STOP_ERROR);
	assert_string_equal(session_error(s), "lesson small has steps 1 to 9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(before_the_start, open_lesson, close_lesson),
		cmocka_unit_test_setup_teardown(say_then_action, open_lesson, close_lesson),
		cmocka_unit_test_setup_teardown(a_number, open_lesson, close_lesson),
		cmocka_unit_test_setup_teardown(every_pick, open_lesson, close_lesson),
		cmocka_unit_test_setup_teardown(a_task, open_lesson, close_lesson),
		cmocka_unit_test_setup_teardown(solutions, open_lesson, close_lesson),
		cmocka_unit_test_setup_teardown(back_and_jump, open_lesson, close_lesson),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
