/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Time travel: what a session shows at a moment is the same whenever and from wherever one comes
 * there, byte for byte, also in the middle of a kernel function inside a pcall.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "film.h"

static void every_event_back(void **state)
{
	struct session *s = open_repl();
	struct film film = film_input(s, workload);

	(void)state;
	printf("# %llu ticks\n", (unsigned long long)film.n);
	assert_true(film.n > 2000);
	for (u64 tick = film.n - 1; tick > 0; tick--)
		stand_at(s, &film, tick);
	assert_true(session_seek(s, 0));
	assert_int_equal(session_machines(s), 0);
	stand_at(s, &film, film.n);
	assert_false(session_seek(s, film.n + 1));
	session_close(s);
	free(film.frames);
}

static void back_and_forth_in_every_lesson(void **state)
{
	const struct lesson_info *info;
	u32 i;

	(void)state;
	for (i = 0; (info = lesson_list(i)) != NULL; i++) {
		struct session_config config = { .mode = SESSION_LESSON, .file = info->path };
		char err[300];
		struct session *s = session_open(&config, err, sizeof(err));
		struct film film;

		if (!s)
			fail_msg("%s", err);
		film = film_lesson(s);
		assert_true(film.n > info->steps);
		for (u64 tick = film.n; tick > 0; tick--)
			if (film.frames[tick])
				stand_at(s, &film, tick);
		for (u64 tick = 1; tick <= film.n; tick++)
			if (film.frames[tick])
				stand_at(s, &film, tick);
		session_close(s);
		free(film.frames);
	}
	assert_true(i > 0);
}

static void any_order(void **state)
{
	struct session *s = open_repl();
	struct film film = film_input(s, workload);
	u64 x = 88172645463325252;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		stand_at(s, &film, 1 + x % film.n);
	}
	session_close(s);
	free(film.frames);
}

/* The same inputs without ever stopping give the same. */
static void stopping_changes_nothing(void **state)
{
	struct session *s = open_repl(), *other = open_repl();
	struct film film = film_input(s, workload);

	(void)state;
	input(other, workload);
	assert_int_equal(session_end(other), film.n);
	assert_int_equal(seen(other), film.frames[film.n]);
	for (u64 tick = 1; tick < film.n; tick++) {
		const struct event *a = session_event(s, tick, NULL);
		const struct event *b = session_event(other, tick, NULL);

		assert_memory_equal(a, b, sizeof(*a));
	}
	assert_null(session_event(s, film.n, NULL));
	session_close(s);
	session_close(other);
	free(film.frames);
}

/* -- in the middle ----------------------------------------------------------------------------- */

static bool copies_a_page(const struct machine *m, const struct event *ev, void *arg)
{
	(void)m;
	(void)arg;
	return ev->kind == EV_PAGE_COPY;
}

static void middle_of_a_kernel_function(void **state)
{
	static const char text[] =
		"m = machine{ ram='256K' }; t = m:task('p'); a = t:mmap{ len='8K' }\n"
		"t:write(a, 1); c = t:fork('c')\n"
		"local co = coroutine.wrap(function()\n"
		"  print(pcall(function() c:write(a, 2); error('after') end))\n"
		"end)\n"
		"co(); print(t:read(a), c:read(a))";
	struct session *s = open_repl();
	struct stop_when when = { .at = copies_a_page };
	struct frame_view stack[8];
	char *before, *again;
	u64 tick, end;
	u32 pid;

	(void)state;
	assert_int_equal(session_input(s, INPUT_CHUNK, text, &when), STOP_TICK);
	tick = session_tick(s);
	pid = session_event(s, tick, NULL)->thread;
	assert_true(inspect_stack(session_machine(s, 0), pid, stack, 8) >= 2);
	before = dump_machine(session_machine(s, 0));
	assert_int_equal(session_run(s, NULL), STOP_IDLE);
	end = session_tick(s);
	assert_string_equal(session_line(s, session_lines(s) - 1, NULL, NULL), "1\t2");
	for (int i = 0; i < 3; i++) {
		assert_true(session_seek(s, tick));
		again = dump_machine(session_machine(s, 0));
		assert_string_equal(before, again);
		free(again);
		assert_int_equal(session_run(s, NULL), STOP_IDLE);
		assert_int_equal(session_tick(s), end);
	}
	assert_non_null(strstr(session_line(s, session_lines(s) - 2, NULL, NULL), "after"));
	free(before);
	session_close(s);
}

/* -- branches, machines, snapshots ------------------------------------------------------------- */

static void a_branch(void **state)
{
	struct session *s = open_repl();
	u64 fork, old_end, first;

	(void)state;
	input(s, "m = machine{ ram='256K' }; t = m:task('p'); a = t:mmap{ len='64K' }");
	fork = session_tick(s);
	input(s, "t:touch(a, '64K', 'w'); x = 'old'");
	input(s, "print(x)");
	old_end = session_end(s);
	assert_true(session_seek(s, fork));
	first = seen(s);
	input(s, "t:write(a, 9); print(x)");
	assert_true(session_end(s) < old_end);
	assert_string_equal(session_line(s, session_lines(s) - 1, NULL, NULL), "nil");
	assert_false(session_seek(s, old_end));
	assert_true(session_seek(s, fork));
	assert_int_equal(seen(s), first);
	assert_int_equal(session_run(s, NULL), STOP_IDLE);
	input(s, "assert(t.rss == 1 and x == nil and m:check())");
	session_close(s);
}

static void machines_come_back_at_their_place(void **state)
{
	struct session *s = open_repl();
	const struct machine *one, *two;
	char *dump, *again;
	u64 tick;

	(void)state;
	input(s, "a = machine{ ram='256K' }; p = a:task('p')");
	tick = session_tick(s);
	input(s, "b = machine{ ram='512K', cpus=2 }; q = b:task('q'); v = q:mmap{ len='8K' }");
	input(s, "w = p:mmap{ len='8K' }; for i = 1, 9 do p:write(w, i); q:write(v, -i) end");
	one = session_machine(s, 0);
	two = session_machine(s, 1);
	assert_ptr_equal(session_focus(s), two);
	dump = dump_machine(two);
	assert_true(session_seek(s, tick));
	assert_int_equal(session_machines(s), 1);
	assert_ptr_equal(session_focus(s), one);
	assert_null(session_machine(s, 1));
	assert_true(session_seek(s, session_end(s)));
	assert_ptr_equal(session_machine(s, 1), two);
	again = dump_machine(two);
	assert_string_equal(dump, again);
	free(dump);
	free(again);
	/* Another machine in a branch takes the same place in the row. */
	assert_true(session_seek(s, tick));
	input(s, "b = machine{ ram='4M' }; look{ machine=a }");
	assert_int_equal(session_machines(s), 2);
	assert_int_equal(session_machine(s, 1)->nr_frames, 1024);
	assert_ptr_equal(session_focus(s), one);
	session_close(s);
}

static void snapshots_travel_too(void **state)
{
	struct session *s = open_repl();
	struct film film;

	(void)state;
	film = film_input(s, "m = machine{ ram='256K' }; t = m:task('p'); a = t:mmap{ len='16K' }\n"
			     "t:write(a, 1); s1 = m:snapshot(); t:write(a, 2); s2 = m:snapshot()\n"
			     "m:restore(s1); print(t:read(a)); t:write(a, 3)\n"
			     "m:restore(s2); print(t:read(a)); m:restore(s1); print(t:read(a))");
	for (u64 tick = film.n; tick > 0; tick--)
		stand_at(s, &film, tick);
	assert_true(session_seek(s, 0));
	stand_at(s, &film, film.n);
	assert_string_equal(session_line(s, session_lines(s) - 1, NULL, NULL), "1");
	assert_string_equal(session_line(s, session_lines(s) - 2, NULL, NULL), "2");
	session_close(s);
	free(film.frames);
}

/* Threads of a scenario wait on stacks of their own, which a moment consists of, too. */
static const char race[] =
	"s = scenario{ kernel='4.0', swapoff='linear', ram='512K', swap='256K', events=true,\n"
	"  setup=function(m)\n"
	"    local t = m:task('owner') local a = t:mmap{ len='8K' }\n"
	"    t:write(a, 1) m:try_to_unmap(t:page(a)) return { t=t, a=a } end,\n"
	"  threads={ swapoff=function(m) m:swapoff(0) print('empty') end,\n"
	"    owner=function(m, x)\n"
	"      local word = coroutine.wrap(function() coroutine.yield(x.t:read(x.a)) end)\n"
	"      x.t:write(x.a + 4096, word() + 1) end },\n"
	"  check=function(m, x) return x.t:read(x.a + 4096) == 2 end }\n"
	"r = s:run{ schedules=4 } assert(r.outcome == 'ok', r.why)";

static void threads_travel_too(void **state)
{
	struct session *s = open_repl();
	struct film film = film_input(s, race);

	(void)state;
	printf("# %llu ticks\n", (unsigned long long)film.n);
	assert_true(film.n > 500);
	for (u64 tick = film.n - 1; tick > 0; tick--)
		stand_at(s, &film, tick);
	stand_at(s, &film, film.n / 2);
	stand_at(s, &film, film.n);
	assert_int_equal(session_input(s, INPUT_CHUNK, "assert(s:run{ schedules=9 }.expected)",
				       NULL), STOP_IDLE);
	session_close(s);
	free(film.frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_back),
		cmocka_unit_test(back_and_forth_in_every_lesson),
		cmocka_unit_test(any_order),
		cmocka_unit_test(stopping_changes_nothing),
		cmocka_unit_test(middle_of_a_kernel_function),
		cmocka_unit_test(a_branch),
		cmocka_unit_test(machines_come_back_at_their_place),
		cmocka_unit_test(snapshots_travel_too),
		cmocka_unit_test(threads_travel_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
