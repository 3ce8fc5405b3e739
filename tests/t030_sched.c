/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler and the locks, on bare machines whose threads are small functions of this file:
 * who runs when, what time it is, and that each way to break the rules is reported as such.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/disk.h"
#include "sim/machine.h"
#include "sim/spinlock.h"

#define MS 1000000ull

/* What the threads of a test share; in the region, like everything they touch. */
struct world {
	char order[256];
	u32 n, naps, inside, most_inside;
	u64 total, when[4];
	spinlock_t a, b;
	rw_semaphore_t sem;
	u32 word;
	bool flag, other_flag;
	bool woken;
};

static struct machine *m;
static struct world *w;

static void make_machine(u32 cpus, u32 stress, u64 seed)
{
	struct machine_config config = {
		.ram = 256 << 10, .cpus = cpus, .page_cluster = -1, .stress = stress, .seed = seed,
		.events = true,
	};
	const char *why;

	m = machine_create_bare(&config, &why);
	assert_non_null(m);
	assert_null(why);
	w = region_alloc(m->region, sizeof(*w));
	spin_lock_init(&w->a, LC_PAGE_TABLE_LOCK, 1);
	spin_lock_init(&w->b, LC_PAGEMAP_LRU_LOCK, 0);
	init_rwsem(&w->sem, LC_MMAP_SEM, 1);
}

static int make(void **state)
{
	make_machine(1, 0, 1);
	return 0;
}

static int make_smp(void **state)
{
	make_machine(2, 0, 1);
	return 0;
}

static int destroy(void **state)
{
	machine_destroy(m);
	return 0;
}

static struct task_struct *spawn(const char *name, u32 cpu, void (*body)(void *), void *arg)
{
	struct task_struct *t = thread_create(m, name, cpu);

	assert_non_null(t);
	assert_true(thread_start(t, body, arg));
	return t;
}

static void say(const char *what)
{
	strncat(w->order, what, sizeof(w->order) - strlen(w->order) - 1);
}

static void say_arg(void *what)
{
	say(what);
}

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
	make_machine(cpus, 3, seed);
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
		make_machine(2, 2, seed);
		spawn("holder", 0, hold_and_dawdle, NULL);
		spawn("same cpu", 0, look_inside, &w->flag);
		spawn("other cpu", 1, look_inside, &w->other_flag);
		assert_true(sched_run(m, NULL, NULL));
		assert_false(w->flag);
		assert_true(w->other_flag);
		machine_destroy(m);
	}
}

/* -- semaphores -------------------------------------------------------------------------------- */

static void reader(void *what)
{
	down_read(&w->sem);
	say(what);
	yield();
	say(what);
	up_read(&w->sem);
}

static void writer(void *what)
{
	down_write(&w->sem);
	say(what);
	yield();
	say(what);
	up_write(&w->sem);
}

static void test_readers_share_writers_do_not(void **state)
{
	spawn("r", 0, reader, "r");
	spawn("R", 0, reader, "R");
	spawn("w", 0, writer, "w");
	spawn("W", 0, writer, "W");
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "rRrRwwWW");
}

static void try_reader(void *unused)
{
	w->flag = down_read_trylock(&w->sem);
	if (w->flag)
		up_read(&w->sem);
}

static void test_read_trylock(void **state)
{
	spawn("try", 0, try_reader, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_true(w->flag);
	spawn("w", 0, writer, "w");
	spawn("try", 0, try_reader, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_false(w->flag);
}

/* -- locks, broken in each way ----------------------------------------------------------------- */

static void try_both(void *unused)
{
	w->flag = spin_trylock(&w->a);
	w->other_flag = spin_trylock(&w->a);
	spin_unlock(&w->a);
	bit_spin_lock(16, &w->word, LC_PTE_CHAIN_LOCK, 5);
	w->n = w->word;
	bit_spin_unlock(16, &w->word, LC_PTE_CHAIN_LOCK, 5);
}

static void test_up_has_no_spinlocks(void **state)
{
	spawn("t", 0, try_both, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_true(w->flag && w->other_flag);
	assert_int_equal(w->n, 0);
	assert_int_equal(m->counters.locked_ops, 0);
}

static void test_smp_has_them(void **state)
{
	spawn("t", 0, try_both, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_true(w->flag && !w->other_flag);
	assert_int_equal(w->n, 1u << 16);
	assert_int_equal(w->word, 0);
	assert_int_equal(m->counters.locked_ops, 4); /* two trylocks, the bit set and cleared */
}

static void expect_report(u8 kind, const char *words, const char *more)
{
	char text[3000];

	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, kind);
	assert_true(machine_report(m, text, sizeof(text)) > 0);
	if (!strstr(text, words) || (more && !strstr(text, more)))
		fail_msg("no \"%s\" or \"%s\" in: %s", words, more, text);
}

static void a_then_b(void *unused)
{
	FN;

	spin_lock(&w->a);
	w->flag = true;
	while (!w->other_flag)
		sched_point(SP_RACY_READ, &w->other_flag);
	spin_lock(&w->b);
}

/* Against the order; that it vouches for it hides the report of the order, not the deadlock. */
static void b_then_a(void *unused)
{
	FN;

	spin_lock(&w->b);
	w->other_flag = true;
	while (!w->flag)
		sched_point(SP_RACY_READ, &w->flag);
	spin_lock_nested(&w->a);
}

static void test_deadlock_names_both(void **state)
{
	char text[3000];

	make_machine(2, 2, 1);
	spawn("faulter", 0, a_then_b, NULL);
	spawn("kswapd", 1, b_then_a, NULL)->flags |= PF_KTHREAD;
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_DEADLOCK);
	machine_report(m, text, sizeof(text));
	assert_non_null(strstr(text, "faulter (pid 1, cpu 0) spins for pagemap_lru_lock"));
	assert_non_null(strstr(text, "holds page_table_lock of faulter, taken in a_then_b"));
	assert_non_null(strstr(text, "kswapd (pid 2, cpu 1) spins for page_table_lock of faulter"));
	assert_non_null(strstr(text, "taken in b_then_a"));
	assert_non_null(strstr(text, "t030_sched.c:"));
	machine_destroy(m);
}

static void against_the_order(void *unused)
{
	spin_lock(&w->b);
	w->flag = spin_trylock(&w->a); /* a trylock may */
	spin_unlock(&w->a);
	spin_lock(&w->a);
}

static void test_order(void **state)
{
	spawn("t", 0, against_the_order, NULL);
	expect_report(REPORT_LOCK, "page_table_lock of t, holding pagemap_lru_lock",
		      "in against_the_order");
	assert_true(w->flag);
}

static void two_of_a_class(void *nested)
{
	spinlock_t *other = region_alloc(m->region, sizeof(*other));

	spin_lock_init(other, LC_PAGE_TABLE_LOCK, 2);
	spin_lock(&w->a);
	if (nested)
		spin_lock_nested(other);
	else
		spin_lock(other);
	spin_unlock(&w->a);
	spin_unlock(other);
	say("ok");
}

static void test_two_of_a_class(void **state)
{
	spawn("nested", 0, two_of_a_class, "yes");
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "ok");
	spawn("plain", 0, two_of_a_class, NULL);
	expect_report(REPORT_LOCK, "against the order", "page_table_lock of plain");
}

static void twice(void *unused)
{
	spin_lock(&w->a);
	spin_lock(&w->a);
}

static void test_twice(void **state)
{
	spawn("t", 0, twice, NULL);
	expect_report(REPORT_LOCK, "holds itself", "in twice");
}

static void leak_spinlock(void *unused)
{
	spin_lock(&w->b);
}

static void test_leaked_spinlock(void **state)
{
	spawn("t", 0, leak_spinlock, NULL);
	expect_report(REPORT_LOCK, "never released: pagemap_lru_lock", "in leak_spinlock");
}

static void leak_semaphore(void *unused)
{
	down_read(&w->sem);
}

static void test_leaked_semaphore(void **state)
{
	spawn("t", 0, leak_semaphore, NULL);
	expect_report(REPORT_LOCK, "never released: mmap_sem", "in leak_semaphore");
}

static void release_what_is_free(void *unused)
{
	spin_unlock(&w->a);
}

static void test_unlock_without_lock(void **state)
{
	spawn("t", 0, release_what_is_free, NULL);
	expect_report(REPORT_LOCK, "does not hold", "in release_what_is_free");
}

static void sleep_in_lock(void *unused)
{
	spin_lock(&w->a);
	sleep_on(&w->flag);
}

static void test_sleep_in_lock(void **state)
{
	spawn("t", 0, sleep_in_lock, NULL);
	expect_report(REPORT_BUG, "scheduling while atomic", "holds page_table_lock");
}

/* A page lock is released by the end of the I/O, on another thread, or was given to the disk. */
static void take_page_lock(void *give)
{
	SITE_ROW(here, EV_PAGE_LOCK);

	lock_wait(&here, &w->word, LC_PAGE_LOCK, 5);
	held_push(&here, &w->word, LC_PAGE_LOCK, 5);
	if (give)
		held_give(LC_PAGE_LOCK, 5);
	else
		yield();
}

static void release_page_lock(void *unused)
{
	held_pop(&w->word);
}

static void test_page_lock_passes_on(void **state)
{
	spawn("t", 0, take_page_lock, NULL);
	spawn("irq", 0, release_page_lock, NULL);
	assert_true(sched_run(m, NULL, NULL));
	spawn("t", 0, take_page_lock, "give");
	assert_true(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_NONE);
}

/* -- the end ----------------------------------------------------------------------------------- */

static void hit_a_bug(void *unused)
{
	FN;

	say("before");
	BUG_ON(w->order[0] == 'b');
	say("after");
}

static void test_bug(void **state)
{
	struct task_struct *t = spawn("t", 0, hit_a_bug, NULL);

	spawn("innocent", 0, say_arg, "innocent");
	expect_report(REPORT_BUG, "BUG: BUG_ON(w->order[0] == 'b'), by t in hit_a_bug", NULL);
	assert_int_equal(t->state, TASK_BROKEN);
	assert_string_equal(w->order, "before");
	assert_false(sched_advance(m, 1000));
	assert_string_equal(w->order, "before");
}

static void say_panic(void *unused)
{
	panic("nothing left");
}

static void test_panic(void **state)
{
	spawn("t", 0, say_panic, NULL);
	expect_report(REPORT_PANIC, "panic: nothing left, by t in say_panic", NULL);
}

static void overrun(void *unused)
{
	memset(current->stack, 0, 64); /* as a runaway recursion would */
}

static void test_canary(void **state)
{
	spawn("t", 0, overrun, NULL);
	expect_report(REPORT_STACK, "ran out of its stack", NULL);
}

static void deep(u32 depth)
{
	FN;

	if (depth)
		deep(depth - 1);
	else
		w->n = current->depth;
	EV(YIELD, 0); /* no tail call */
}

static void call_deep(void *depth)
{
	deep((u32)(uintptr_t)depth);
}

/* The modelled stack remembers MAX_DEPTH functions and counts the rest. */
static void test_call_stack(void **state)
{
	struct task_struct *t = spawn("t", 0, call_deep, (void *)60);

	assert_true(sched_run(m, NULL, NULL));
	assert_int_equal(w->n, 61);
	assert_int_equal(t->depth, 0);
}

int main(void)
{
#define ONE_CPU(test) cmocka_unit_test_setup_teardown(test, make, destroy)
#define TWO_CPUS(test) cmocka_unit_test_setup_teardown(test, make_smp, destroy)
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
		ONE_CPU(test_a_long_nap_is_no_deadlock),
		ONE_CPU(test_clock_jumps_to_the_end_of_io),
		TWO_CPUS(test_switches_are_charged),
		ONE_CPU(test_switch_loads_the_mm),
		cmocka_unit_test(test_stress_respects_locks),
		cmocka_unit_test(test_stress_is_deterministic),
		cmocka_unit_test(test_stress_on_one_cpu),
		cmocka_unit_test(test_no_preemption_of_a_lock_holder),
		ONE_CPU(test_readers_share_writers_do_not),
		ONE_CPU(test_read_trylock),
		ONE_CPU(test_up_has_no_spinlocks),
		TWO_CPUS(test_smp_has_them),
		cmocka_unit_test(test_deadlock_names_both),
		TWO_CPUS(test_order),
		TWO_CPUS(test_two_of_a_class),
		TWO_CPUS(test_twice),
		TWO_CPUS(test_leaked_spinlock),
		ONE_CPU(test_leaked_semaphore),
		TWO_CPUS(test_unlock_without_lock),
		TWO_CPUS(test_sleep_in_lock),
		ONE_CPU(test_page_lock_passes_on),
		ONE_CPU(test_bug),
		ONE_CPU(test_panic),
		ONE_CPU(test_canary),
		ONE_CPU(test_call_stack),
	};

	return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
