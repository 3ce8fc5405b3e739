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

#include "session.h"
#include "sim/content.h"

/* Memory pressure, COW, swap, exits and failures that a pcall catches: some thousand events. */
static const char workload[] =
	"m = machine{ ram='256K', swap='512K', cpus=2, page_cluster=0 }\n"
	"t = m:task('init')\n"
	"a = t:mmap{ len='112K' }\n"
	"local function fill(n) for i = 0, 27 do t:write(a + i * 4096, n + i) end end\n"
	"fill(1)\n"
	"for round = 1, 1 do\n"
	"  local kid = t:fork('kid' .. round)\n"
	"  print('round', round, pcall(function()\n"
	"    for i = 0, 15 do kid:write(a + i * 4096, round) end\n"
	"    kid:read(0x1000)\n"
	"  end))\n"
	"  fill(round * 100)\n"
	"  kid:exit()\n"
	"end\n"
	"print(m.counters.pswpout > 0)";

static struct session *open_repl(void)
{
	struct session_config config = { .mode = SESSION_REPL };
	char err[300];
	struct session *s = session_open(&config, err, sizeof(err));

	if (!s)
		fail_msg("%s", err);
	return s;
}

static void input(struct session *s, const char *text)
{
	if (session_input(s, INPUT_CHUNK, text, NULL) != STOP_IDLE)
		fail_msg("%s: %s", text, session_error(s));
}

/* One number for everything one can see: every machine and the output. */
static u64 look(const struct session *s)
{
	u64 hash = session_idle(s);

	for (u32 i = 0; i < session_machines(s); i++)
		hash = hash * 31 + dump_hash(session_machine(s, i));
	for (u32 i = 0; i < session_lines(s); i++)
		for (const char *p = session_line(s, i, NULL, NULL); *p; p++)
			hash = hash * 31 + (u8)*p;
	return hash;
}

struct film {
	u64 *frames;
	u64 n;
};

#define FILM 100000u

/* Give an input and look after every event. */
static void film_on(struct session *s, struct film *film, enum input_kind kind, const char *text)
{
	struct stop_when next = { .tick = session_tick(s) + 1 };
	enum stop stop = session_input(s, kind, text, &next);

	while (stop == STOP_TICK) {
		film->frames[session_tick(s)] = look(s);
		next.tick = session_tick(s) + 1;
		assert_true(next.tick < FILM);
		stop = session_run(s, &next);
	}
	if (stop != STOP_IDLE)
		fail_msg("%s", session_error(s));
	film->n = session_tick(s);
	film->frames[film->n] = look(s);
}

static struct film film_input(struct session *s, const char *text)
{
	struct film film = { calloc(FILM, sizeof(u64)), 0 };

	assert_non_null(film.frames);
	film_on(s, &film, INPUT_CHUNK, text);
	return film;
}

static void stand_at(struct session *s, const struct film *film, u64 tick)
{
	if (!session_seek(s, tick))
		fail_msg("tick %llu: %s", (unsigned long long)tick, session_error(s));
	if (film->frames[tick] != look(s))
		fail_msg("tick %llu of %llu looks different", (unsigned long long)tick,
			 (unsigned long long)film->n);
}

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

/* A lesson from its start to its end, each question answered, each task solved. */
static struct film film_lesson(struct session *s)
{
	struct film film = { calloc(FILM, sizeof(u64)), 0 };
	struct lesson_view v;

	assert_non_null(film.frames);
	film_on(s, &film, INPUT_START, NULL);
	while (session_lesson(s, &v) && v.wait != LESSON_DONE) {
		bool open = (v.wait == LESSON_ASK || v.wait == LESSON_TASK) && !v.right;

		film_on(s, &film, open ? INPUT_SOLUTION : INPUT_NEXT, NULL);
	}
	return film;
}

static void every_event_of_every_lesson(void **state)
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
			stand_at(s, &film, tick);
		for (u64 tick = 1; tick <= film.n; tick++)
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
	assert_int_equal(look(other), film.frames[film.n]);
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
	first = look(s);
	input(s, "t:write(a, 9); print(x)");
	assert_true(session_end(s) < old_end);
	assert_string_equal(session_line(s, session_lines(s) - 1, NULL, NULL), "nil");
	assert_false(session_seek(s, old_end));
	assert_true(session_seek(s, fork));
	assert_int_equal(look(s), first);
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
	completes(s, "m.lru.nr", "m.lru.nr_active m.lru.nr_inactive");
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
	assert_int_equal(look(s), look(other));
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
		cmocka_unit_test(every_event_back),
		cmocka_unit_test(every_event_of_every_lesson),
		cmocka_unit_test(any_order),
		cmocka_unit_test(stopping_changes_nothing),
		cmocka_unit_test(middle_of_a_kernel_function),
		cmocka_unit_test(no_input_in_the_middle),
		cmocka_unit_test(a_branch),
		cmocka_unit_test(machines_come_back_at_their_place),
		cmocka_unit_test(snapshots_travel_too),
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
