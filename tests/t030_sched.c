/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler, on bare machines: who runs when, what time it is, and what the stress mode may
 * interrupt.
 */
#include <string.h>

#include "bare.h"
#include "sim/disk.h"

/* -- order ------------------------------------------------------------------------------------- */

static void test_threads(void **state)
{
	struct task_struct *t = thread_create(m, "one", 0);

	assert_int_equal(m->boot->pid, 0);
	assert_int_equal(t->pid, 1);
	assert_int_equal(t->state, TASK_IDLE);
	assert_null(t->stack);
	assert_ptr_equal(thread_by_pid(m, 1), t);
	assert_null(thread_by_pid(m, 2));
	assert_string_equal(thread_name(m, 1), "one");
	assert_string_equal(thread_name(m, 9), "?");
	for (u32 i = 2; i < 100; i++)
		assert_int_equal(thread_create(m, "more", 0)->pid, i);
	assert_ptr_equal(thread_by_pid(m, 1), t);
}

static void test_first_come_first_served(void **state)
{
	spawn("x", 0, say_arg, "x");
	spawn("y", 0, say_arg, "y");
	spawn("z", 0, say_arg, "z");
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "xyz");
}

static void yield_between(void *what)
{
	say(what);
	yield();
	say(what);
	schedule();
	say(what);
}

static void test_yield_takes_turns(void **state)
{
	spawn("x", 0, yield_between, "x");
	spawn("y", 0, yield_between, "y");
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "xyxyxy");
}

/* A pool: a thread that is idle has no stack, and the next one gets the same. */
static void test_stacks_are_reused(void **state)
{
	struct task_struct *x = spawn("x", 0, say_arg, "x"), *y;
	void *stack = x->stack;
	u64 live;

	assert_true(sched_run(m, NULL, NULL));
	assert_null(x->stack);
	assert_int_equal(x->state, TASK_IDLE);
	y = thread_create(m, "y", 0);
	live = m->region->live;
	for (u32 i = 0; i < 100; i++) {
		assert_true(thread_start(y, say_arg, ""));
		assert_ptr_equal(y->stack, stack);
		assert_true(sched_run(m, NULL, NULL));
	}
	assert_int_equal(m->region->live, live);
}

static void leave(void *unused)
{
	current->state = TASK_ZOMBIE;
}

static void test_exit(void **state)
{
	struct task_struct *t = spawn("gone", 0, leave, NULL);
	u16 pid = t->pid;
	u64 live = m->region->live;

	assert_true(sched_run(m, NULL, NULL));
	assert_null(thread_by_pid(m, pid));
	assert_string_equal(thread_name(m, pid), "gone");
	spawn("next", 0, say_arg, "");
	assert_true(sched_run(m, NULL, NULL));
	assert_true(sched_run(m, NULL, NULL));
	assert_true(m->region->live <= live);
	assert_int_equal(thread_create(m, "new", 0)->pid, pid + 2);
}

/* -- sleeping and time ------------------------------------------------------------------------- */

static void sleeper(void *unused)
{
	say("s");
	while (!w->flag)
		sleep_on(&w->flag);
	say("S");
}

static void waker(void *unused)
{
	say("w");
	wake_up(&w->other_flag); /* nobody sleeps there */
	w->flag = true;
	wake_up(&w->flag);
	say("W"); /* runs on: being woken is no preemption */
}

static void test_sleep_and_wake(void **state)
{
	struct task_struct *t = spawn("sleeper", 0, sleeper, NULL);

	spawn("waker", 0, waker, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "swWS");
	assert_int_equal(t->state, TASK_IDLE);
}

static bool flag_is_set(const struct machine *unused, void *arg)
{
	return w->flag;
}

static void nap(void *ms)
{
	w->woken = sleep_on_timeout(NULL, (u64)(uintptr_t)ms * MS);
	w->when[w->naps++] = m->now;
	w->flag = w->naps == 2;
}

/* With nothing to do the clock jumps to the first timer. */
static void test_clock_jumps(void **state)
{
	spawn("long", 0, nap, (void *)30);
	spawn("short", 0, nap, (void *)20);
	assert_true(sched_run(m, flag_is_set, NULL));
	assert_in_range(w->when[0], 20 * MS, 20 * MS + MS / 10);
	assert_in_range(w->when[1], 30 * MS, 30 * MS + MS / 10);
	assert_false(w->woken);
}

/* Nobody waits for the sleeper: time does not pass for its sake. */
static void test_clock_stands_still(void **state)
{
	spawn("nap", 0, nap, (void *)30);
	assert_true(sched_run(m, NULL, NULL));
	assert_int_equal(w->naps, 0);
	assert_true(m->now < MS);
	assert_true(sched_advance(m, 29 * MS));
	assert_int_equal(w->naps, 0);
	assert_true(sched_advance(m, 10 * MS));
	assert_int_equal(w->naps, 1);
	assert_in_range(m->now, 39 * MS, 40 * MS);
}

static void nap_on_channel(void *ms)
{
	w->woken = sleep_on_timeout(&w->flag, (u64)(uintptr_t)ms * MS);
	w->when[0] = m->now;
}

static void test_timed_sleep_is_woken(void **state)
{
	spawn("nap", 0, nap_on_channel, (void *)1000);
	spawn("waker", 0, waker, NULL);
	assert_true(sched_run(m, flag_is_set, NULL));
	assert_true(w->woken);
	assert_true(w->when[0] < MS);
}

static void yield_until_flag(void *unused)
{
	while (!w->flag)
		yield();
	w->when[1] = m->now;
}

static void set_flag_later(void *unused)
{
	sleep_on_timeout(NULL, 5 * MS);
	w->flag = true;
}

/* Yielding to nobody lets time pass, or a loop that waits for the disk would never end. */
static void test_lone_yield_passes_time(void **state)
{
	spawn("loop", 0, yield_until_flag, NULL);
	spawn("later", 0, set_flag_later, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_in_range(w->when[1], 5 * MS, 7 * MS);
}

static void background(void *unused)
{
	current->flags |= PF_KTHREAD;
	for (;;) {
		sleep_on_timeout(NULL, 5000 * MS);
		w->n++;
	}
}

static bool never(const struct machine *unused, void *arg)
{
	return false;
}

/* The timers of a daemon go off for ever: they do not hide that nobody will wake the sleeper. */
static void test_waiting_in_vain(void **state)
{
	char text[2000];

	spawn("daemon", 0, background, NULL);
	spawn("sleeper", 0, sleeper, NULL);
	assert_false(sched_run(m, never, NULL));
	assert_int_equal(m->report.kind, REPORT_DEADLOCK);
	assert_true(w->n < 1000);
	machine_report(m, text, sizeof(text));
	assert_non_null(strstr(text, "deadlock: nobody can run"));
	assert_non_null(strstr(text, "sleeper (pid 2, cpu 0) sleeps"));
	assert_false(sched_run(m, NULL, NULL)); /* a broken machine runs nothing */
}

/* Two that let each other go first. */
static void after_you(void *unused)
{
	FN;

	while (!w->flag)
		yield();
}

static void test_a_livelock_of_yields(void **state)
{
	char text[2000];

	spawn("one", 0, after_you, NULL);
	spawn("two", 0, after_you, NULL);
	assert_false(sched_run(m, never, NULL));
	assert_int_equal(m->report.kind, REPORT_LIVELOCK);
	machine_report(m, text, sizeof(text));
	assert_non_null(strstr(text, "livelock: threads go round and get nowhere"));
	assert_non_null(strstr(text, "one (pid 1, cpu 0)"));
	assert_non_null(strstr(text, "two (pid 2, cpu 0)"));
	assert_non_null(strstr(text, "called by after_you"));
}

/* A nap of a second, 200,000 times: more than two days. */
static void patient(void *arg)
{
	u32 i;

	for (i = 0; i < 200000; i++) {
		sleep_on_timeout(NULL, 1000 * MS);
		if (arg && i % 90000 == 0)
			sched_progress();
	}
	w->flag = true;
}

/* An hour is not enough for it, nor are so many turns; both together are. */
static void test_a_livelock_of_naps(void **state)
{
	spawn("patient", 0, patient, NULL);
	assert_false(sched_run(m, flag_is_set, NULL));
	assert_int_equal(m->report.kind, REPORT_LIVELOCK);
	assert_true(m->now >= 99999000 * MS && m->now < 100001000 * MS);
}

static void test_progress_is_no_livelock(void **state)
{
	spawn("patient", 0, patient, w);
	assert_true(sched_run(m, flag_is_set, NULL));
	assert_true(m->now >= 200000000 * MS);
}

/* ... but one who has a timer of his own does not wait in vain, however many of theirs it takes. */
static void test_a_long_nap_is_no_deadlock(void **state)
{
	spawn("daemon", 0, background, NULL);
	spawn("nap", 0, nap, (void *)3601000);
	w->naps = 1;
	assert_true(sched_run(m, flag_is_set, NULL));
	assert_int_equal(w->naps, 2);
	assert_int_equal(w->n, 720);
}

static void end_of_read(u32 pfn, int error)
{
	w->flag = true;
	wake_up(&w->flag);
}

static void read_a_block(void *disk)
{
	disk_submit(disk, 7, 3, false, end_of_read);
	while (!w->flag)
		sleep_on(&w->flag);
	w->when[0] = m->now;
}

static void test_clock_jumps_to_the_end_of_io(void **state)
{
	m->disks[0] = disk_create(m, 0, 100);
	spawn("irq", 0, disk_irq_thread, m)->flags |= PF_KTHREAD;
	assert_true(sched_run(m, NULL, NULL));
	spawn("reader", 0, read_a_block, m->disks[0]);
	assert_true(sched_run(m, flag_is_set, NULL));
	assert_in_range(w->when[0], DISK_SEEK_NS + DISK_TRANSFER_NS,
			DISK_SEEK_NS + DISK_TRANSFER_NS + MS / 10);
}

/* -- cpus -------------------------------------------------------------------------------------- */

static void test_switches_are_charged(void **state)
{
	spawn("x", 0, yield_between, "x");
	spawn("y", 1, yield_between, "y");
	assert_true(sched_run(m, NULL, NULL));
	/* Each has its cpu for itself: only the two arrivals. */
	assert_int_equal(m->counters.context_switches, 2);
	assert_int_equal(m->now, 2 * COST_NS_SWITCH);
	spawn("z", 1, say_arg, "z");
	assert_true(sched_run(m, NULL, NULL));
	assert_int_equal(m->counters.context_switches, 3);
}

static u32 switched_to[8], nr_switched;

static void note_switch(struct task_struct *next)
{
	assert_ptr_equal(next, current);
	switched_to[nr_switched++ & 7] = next->pid;
}

static void test_switch_loads_the_mm(void **state)
{
	static const struct machine_ops ops = { .switch_to = note_switch };

	nr_switched = 0;
	m->ops = &ops;
	spawn("x", 0, yield_between, "x");
	spawn("y", 0, yield_between, "y");
	assert_true(sched_run(m, NULL, NULL));
	assert_int_equal(nr_switched, 6);
	for (u32 i = 0; i < 6; i++)
		assert_int_equal(switched_to[i], 1 + i % 2);
}

/* -- stress ------------------------------------------------------------------------------------ */

/* Two counters under a lock, a third without: the lock must hold whatever is drawn. */
static void locked_work(void *unused)
{
	for (u32 i = 0; i < 50; i++) {
		u32 seen;

		spin_lock(&w->a);
		w->inside++;
		if (w->inside > w->most_inside)
			w->most_inside = w->inside;
		seen = w->n;
		sched_point(SP_RACY_READ, &w->n);
		w->n = seen + 1;
		sched_point(SP_RACY_WRITE, &w->n);
		w->inside--;
		spin_unlock(&w->a);
		seen = READ_ONCE(w->word);
		WRITE_ONCE(w->word, seen + 1);
	}
}

static void run_stress(u32 cpus, u64 seed)
{
	bare_make(cpus, 3, seed);
	for (u32 i = 0; i < 4; i++)
		spawn("worker", i % cpus, locked_work, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_NONE);
	assert_int_equal(w->n, 200);
	assert_int_equal(w->most_inside, 1);
}

static void test_stress_respects_locks(void **state)
{
	u32 lost = 0;

	for (u64 seed = 1; seed <= 50; seed++) {
		run_stress(2, seed);
		lost += w->word < 200;
		machine_destroy(m);
	}
	assert_true(lost > 25); /* what is not locked does get lost */
}

static void test_stress_is_deterministic(void **state)
{
	u64 now, events, points;

	run_stress(2, 42);
	now = m->now, events = m->events, points = m->counters.sched_points;
	assert_true(points > 100);
	machine_destroy(m);
	run_stress(2, 42);
	assert_true(m->now == now && m->events == events && m->counters.sched_points == points);
	machine_destroy(m);
}

/* One cpu: its kernel is never preempted, so not even the unlocked counter loses anything. */
static void test_stress_on_one_cpu(void **state)
{
	run_stress(1, 7);
	assert_int_equal(w->word, 200);
	machine_destroy(m);
}

static void hold_and_dawdle(void *unused)
{
	spin_lock(&w->a);
	w->inside = 1;
	for (u32 i = 0; i < 200; i++)
		sched_point(SP_ATOMIC, w);
	w->inside = 0;
	spin_unlock(&w->a);
}

static void look_inside(void *sees)
{
	for (u32 i = 0; i < 200; i++) {
		sched_point(SP_ATOMIC, w);
		if (w->inside)
			*(bool *)sees = true;
	}
}

/* Who holds a spinlock keeps its cpu; the other cpus go on meanwhile. */
static void test_no_preemption_of_a_lock_holder(void **state)
{
	for (u64 seed = 1; seed <= 20; seed++) {
		bare_make(2, 2, seed);
		spawn("holder", 0, hold_and_dawdle, NULL);
		spawn("same cpu", 0, look_inside, &w->flag);
		spawn("other cpu", 1, look_inside, &w->other_flag);
		assert_true(sched_run(m, NULL, NULL));
		assert_false(w->flag);
		assert_true(w->other_flag);
		machine_destroy(m);
	}
}

int main(void)
{
#define ONE_CPU(test) cmocka_unit_test_setup_teardown(test, bare_one_cpu, bare_destroy)
#define TWO_CPUS(test) cmocka_unit_test_setup_teardown(test, bare_two_cpus, bare_destroy)
	const struct CMUnitTest tests[] = {
		ONE_CPU(test_threads),
		ONE_CPU(test_first_come_first_served),
		ONE_CPU(test_yield_takes_turns),
		ONE_CPU(test_stacks_are_reused),
		ONE_CPU(test_exit),
		ONE_CPU(test_sleep_and_wake),
		ONE_CPU(test_clock_jumps),
		ONE_CPU(test_clock_stands_still),
		ONE_CPU(test_timed_sleep_is_woken),
		ONE_CPU(test_lone_yield_passes_time),
		ONE_CPU(test_waiting_in_vain),
		ONE_CPU(test_a_livelock_of_yields),
		ONE_CPU(test_a_livelock_of_naps),
		ONE_CPU(test_progress_is_no_livelock),
		ONE_CPU(test_a_long_nap_is_no_deadlock),
		ONE_CPU(test_clock_jumps_to_the_end_of_io),
		TWO_CPUS(test_switches_are_charged),
		ONE_CPU(test_switch_loads_the_mm),
		cmocka_unit_test(test_stress_respects_locks),
		cmocka_unit_test(test_stress_is_deterministic),
		cmocka_unit_test(test_stress_on_one_cpu),
		cmocka_unit_test(test_no_preemption_of_a_lock_holder),
	};

	return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
