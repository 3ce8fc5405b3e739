/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks, and the end of a machine: each way to break the rules is reported as such, with who held
 * what and since which line.
 */
#include <string.h>

#include "bare.h"

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

	bare_make(2, 2, 1);
	spawn("faulter", 0, a_then_b, NULL);
	spawn("kswapd", 1, b_then_a, NULL)->flags |= PF_KTHREAD;
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_DEADLOCK);
	machine_report(m, text, sizeof(text));
	assert_non_null(strstr(text, "faulter (pid 1, cpu 0) spins for pagemap_lru_lock"));
	assert_non_null(strstr(text, "holds page_table_lock of faulter, taken in a_then_b"));
	assert_non_null(strstr(text, "kswapd (pid 2, cpu 1) spins for page_table_lock of faulter"));
	assert_non_null(strstr(text, "taken in b_then_a"));
	assert_non_null(strstr(text, "t035_locks.c:"));
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
		w->n = thread_depth(current);
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
	assert_int_equal(thread_depth(t), 0);
}

int main(void)
{
#define ONE_CPU(test) cmocka_unit_test_setup_teardown(test, bare_one_cpu, bare_destroy)
#define TWO_CPUS(test) cmocka_unit_test_setup_teardown(test, bare_two_cpus, bare_destroy)
	const struct CMUnitTest tests[] = {
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

	return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
