/* SPDX-License-Identifier: GPL-2.0-only */
/* Inputs that fail, are killed or are told to the host's callbacks; output, steps, completion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "film.h"
#include "sim/content.h"

static bool copies_a_page(const struct machine *m, const struct event *ev, void *arg)
{
	(void)m;
	(void)arg;
	return ev->kind == EV_PAGE_COPY;
}

static void no_input_in_the_middle(void **state)
{
	struct session *s = open_repl();
	struct stop_when when = { .tick = 20 };

	(void)state;
	assert_int_equal(session_input(s, INPUT_CHUNK, workload, &when), STOP_TICK);
	assert_false(session_idle(s));
	assert_int_equal(session_input(s, INPUT_CHUNK, "x = 1", NULL), STOP_ERROR);
	assert_non_null(strstr(session_error(s), "middle of a command"));
	assert_int_equal(session_run(s, NULL), STOP_IDLE);
	session_close(s);
}

/* -- what goes wrong --------------------------------------------------------------------------- */

static void a_killed_input_is_undone(void **state)
{
	static const char *const bombs[] = {
		"t:write(a, 2); while true do end",
		"while true do pcall(function() t:write(a, 3) while true do end end) end",
		"t:write(a, 4); local x = {}; for i = 1, 1e9 do x[i] = { i } end",
		"m2 = machine{ ram='1M' }; y = 1; while true do pcall(error) end",
	};
	struct session_config config = { .mode = SESSION_REPL, .instruction_budget = 300000,
					 .memory_limit = 4 << 20 };
	char err[300];
	struct session *s = session_open(&config, err, sizeof(err));
	u64 tick, before;

	(void)state;
	input(s, "m = machine{ ram='256K' }; t = m:task('p')");
	input(s, "a = t:mmap{ len='8K' }; t:write(a, 1)");
	tick = session_tick(s);
	before = dump_hash(session_machine(s, 0));
	for (u32 i = 0; i < 4; i++) {
		assert_int_equal(session_input(s, INPUT_CHUNK, bombs[i], NULL), STOP_KILLED);
		assert_non_null(strstr(session_error(s), "prompt:1: stopped"));
		assert_int_equal(session_tick(s), tick);
		assert_int_equal(session_end(s), tick);
		assert_int_equal(session_machines(s), 1);
		assert_int_equal(dump_hash(session_machine(s, 0)), before);
	}
	input(s, "assert(t:read(a) == 1 and y == nil and m:check())");
	session_close(s);
}

static bool interrupt(void *calls)
{
	return ++*(int *)calls == 3;
}

static void an_interrupt_is_undone(void **state)
{
	int calls = 0;
	struct session_config config = { .mode = SESSION_REPL, .interrupted = interrupt,
					 .arg = &calls };
	char err[300];
	struct session *s = session_open(&config, err, sizeof(err));

	(void)state;
	assert_int_equal(session_input(s, INPUT_CHUNK, "x = 1; while true do end", NULL),
			 STOP_KILLED);
	assert_string_equal(session_error(s), "interrupted");
	input(s, "assert(x == nil)");
	session_close(s);
}

static void an_error_leaves_the_session_usable(void **state)
{
	struct session *s = open_repl();

	(void)state;
	input(s, "m = machine{ ram='256K' }; t = m:task('p')");
	assert_int_equal(session_input(s, INPUT_CHUNK, "y = 1\nt:read(16)", NULL), STOP_ERROR);
	assert_string_equal(session_error(s),
			    "prompt:2: SIGSEGV: p cannot read 0x10: nothing is mapped there");
	assert_true(session_idle(s));
	assert_int_equal(session_input(s, INPUT_CHUNK, "1 +", NULL), STOP_ERROR);
	input(s, "assert(y == 1)");
	assert_true(session_seek(s, 0));
	assert_true(session_seek(s, session_end(s)));
	session_close(s);
}

static void a_broken_machine_says_so(void **state)
{
	struct session *s = open_repl();
	struct machine *m;
	struct pte_view pte;

	(void)state;
	input(s, "m = machine{ ram='256K' }; t = m:task('p')");
	input(s, "a = t:mmap{ len='4K', at=0x40000000 }; t:write(a, 7); s = m:snapshot()");
	m = (struct machine *)(uintptr_t)session_machine(s, 0);
	for (u32 pid = 1; pid < m->nr_pids; pid++)
		if (inspect_pte(m, pid, 0x40000000, &pte))
			content_store(m, pte.pfn, 0, 8);
	assert_int_equal(session_input(s, INPUT_CHUNK, "t:read(a)", NULL), STOP_BROKEN);
	assert_true(strlen(session_error(s)) > 10);
	input(s, "assert(m.broken and t.rss == 1)");
	assert_int_equal(session_input(s, INPUT_CHUNK, "t:read(a)", NULL), STOP_BROKEN);
	input(s, "m:restore(s); assert(t:read(a) == 7 and not m.broken)");
	session_close(s);
}

/* -- output, steps, completion ----------------------------------------------------------------- */

static void output_belongs_to_its_moment(void **state)
{
	struct session *s = open_repl();
	char kind;
	u64 tick, mark;

	(void)state;
	input(s, "m = machine{ ram='256K' }; print('one'); t = m:task('p'); print('two\\nthree')");
	mark = session_tick(s);
	input(s, "6 * 7");
	assert_int_equal(session_lines(s), 6);
	assert_string_equal(session_line(s, 5, &kind, &tick), "42");
	assert_int_equal(kind, 'p');
	assert_string_equal(session_line(s, 4, &kind, NULL), "6 * 7");
	assert_int_equal(kind, '>');
	assert_true(session_seek(s, mark));
	assert_int_equal(session_lines(s), 4);
	assert_string_equal(session_line(s, 3, NULL, NULL), "three");
	assert_null(session_line(s, 4, NULL, NULL));
	assert_true(session_seek(s, 1));
	assert_int_equal(session_lines(s), 2);
	assert_string_equal(session_line(s, 1, NULL, NULL), "one");
	assert_true(session_seek(s, session_end(s)));
	assert_int_equal(session_lines(s), 6);
	session_close(s);
}

static void steps_go_both_ways(void **state)
{
	struct session *s = open_repl();
	struct stop_when when = { .at = copies_a_page };
	const struct event *from, *to;
	u64 copy, tick;

	(void)state;
	input(s, "m = machine{ ram='256K' }; t = m:task('p'); a = t:mmap{ len='8K' }");
	input(s, "t:write(a, 1)");
	assert_int_equal(session_input(s, INPUT_CHUNK, "c = t:fork(); c:write(a, 2); t:read(a)",
				       &when), STOP_TICK);
	copy = session_tick(s);
	from = session_event(s, copy, NULL);
	assert_int_equal(session_step(s, STEP_OVER, false), STOP_TICK);
	to = session_event(s, session_tick(s), NULL);
	assert_true(to->thread == from->thread && to->depth <= from->depth);
	assert_true(session_seek(s, copy));
	assert_int_equal(session_step(s, STEP_OUT, false), STOP_TICK);
	to = session_event(s, session_tick(s), NULL);
	assert_true(to->thread == from->thread && to->depth < from->depth);
	assert_int_equal(session_step(s, STEP_OP, false), STOP_TICK);
	assert_int_equal(session_event(s, session_tick(s), NULL)->kind, EV_OP_END);
	tick = session_tick(s);
	assert_int_equal(session_step(s, STEP_EVENT, false), STOP_TICK);
	assert_int_equal(session_tick(s), tick + 1);
	assert_int_equal(session_step(s, STEP_EVENT, true), STOP_TICK);
	assert_int_equal(session_tick(s), tick);
	assert_int_equal(session_step(s, STEP_OVER, true), STOP_TICK);
	to = session_event(s, session_tick(s), NULL);
	assert_true(session_tick(s) < tick && to->thread == from->thread && to->depth == 0);
	assert_true(session_seek(s, copy));
	assert_int_equal(session_step(s, STEP_OUT, true), STOP_TICK);
	to = session_event(s, session_tick(s), NULL);
	assert_true(to->thread == from->thread && to->depth < from->depth);
	assert_int_equal(session_step(s, STEP_INPUT, false), STOP_IDLE);
	assert_int_equal(session_tick(s), session_end(s));
	assert_int_equal(session_step(s, STEP_EVENT, false), STOP_IDLE);
	assert_int_equal(session_step(s, STEP_INPUT, true), STOP_IDLE);
	assert_true(session_idle(s) && session_tick(s) < copy);
	while (session_tick(s) > 0)
		session_step(s, STEP_OP, true);
	assert_int_equal(session_step(s, STEP_OVER, true), STOP_IDLE);
	session_close(s);
}

static void completes(struct session *s, const char *line, const char *wanted)
{
	char *out[100], got[4000] = "";
	size_t start, end;
	u32 n = session_complete(s, line, strlen(line), &start, out, 100);

	for (u32 i = 0; i < n; i++) {
		end = strlen(got);
		snprintf(got + end, sizeof(got) - end, "%s%s", i ? " " : "", out[i]);
		free(out[i]);
	}
	assert_string_equal(got, wanted);
}

static void completion_leaves_no_trace(void **state)
{
	struct session *s = open_repl(), *other = open_repl();
	struct stop_when when = { .at = copies_a_page };
	static const char begin[] = "m = machine{ ram='256K' }; t = m:task('init')\n"
				    "a = t:mmap{ len='8K' }; t:write(a, 1)";
	static const char more[] = "c = t:fork('kid'); c:write(a, 2); x = {}; for i = 1, 1000 do "
				   "x[i] = tostring(i) end; print(#x, next({}), tostring({}))";

	(void)state;
	input(s, begin);
	input(other, begin);
	assert_int_equal(session_input(s, INPUT_CHUNK, more, &when), STOP_TICK);
	completes(s, "x = m:pa", "m:page( m:page_referenced(");
	completes(s, "print(m.lr", "m.lru");
	completes(s, "m.lru.nr", "m.lru.nr_active m.lru.nr_inactive m.lru.nr_mapped");
	completes(s, "m.zones[1].fr", "m.zones[1].free m.zones[1].free_blocks");
	completes(s, "m.tasks.in", "m.tasks.init");
	completes(s, "m.tasks.init:fo", "m.tasks.init:fork(");
	completes(s, "m.counters.pgf", "m.counters.pgfault m.counters.pgfree");
	completes(s, "mach", "machine(");
	completes(s, "string.re", "string.rep( string.reverse(");
	completes(s, "t.mm.b", "t.mm.brk");
	completes(s, "nothing.x", "");
	completes(s, "t:page(a):", "");
	assert_int_equal(session_run(s, NULL), STOP_IDLE);
	input(other, more);
	assert_int_equal(seen(s), seen(other));
	assert_int_equal(session_end(s), session_end(other));
	session_close(s);
	session_close(other);
}

static void unfinished_chunks(void **state)
{
	struct session *s = open_repl();

	(void)state;
	assert_true(session_chunk_incomplete(s, "for i = 1, 3 do"));
	assert_true(session_chunk_incomplete(s, "x = {"));
	assert_false(session_chunk_incomplete(s, "x = 1"));
	assert_false(session_chunk_incomplete(s, "1 + 1"));
	assert_false(session_chunk_incomplete(s, "x = = 1"));
	assert_false(session_chunk_incomplete(s, ""));
	session_close(s);
}

static u64 told;

static void on_event(const struct machine *m, const struct event *ev, void *arg)
{
	(void)m;
	(void)arg;
	told += ev->number > 0;
}

static void on_print(const char *line, void *arg)
{
	snprintf(arg, 100, "%s", line);
}

static void callbacks_hear_of_things_once(void **state)
{
	char line[100] = "";
	struct session_config config = { .mode = SESSION_REPL, .on_event = on_event,
					 .on_print = on_print, .arg = line };
	char err[300];
	struct session *s = session_open(&config, err, sizeof(err));

	(void)state;
	told = 0;
	input(s, workload);
	assert_string_equal(line, "true");
	assert_int_equal(told, session_end(s) - 1);
	line[0] = 0;
	assert_true(session_seek(s, 100));
	assert_true(session_seek(s, session_end(s)));
	assert_int_equal(told, session_end(s) - 1);
	assert_string_equal(line, "");
	session_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_input_in_the_middle),
		cmocka_unit_test(a_killed_input_is_undone),
		cmocka_unit_test(an_interrupt_is_undone),
		cmocka_unit_test(an_error_leaves_the_session_usable),
		cmocka_unit_test(a_broken_machine_says_so),
		cmocka_unit_test(output_belongs_to_its_moment),
		cmocka_unit_test(steps_go_both_ways),
		cmocka_unit_test(completion_leaves_no_trace),
		cmocka_unit_test(unfinished_chunks),
		cmocka_unit_test(callbacks_hear_of_things_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
