/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read-copy update, on bare machines: when a callback may run, and that nothing a reader can still
 * see is gone before.
 *
 * order: what happened, a letter each. Small letters are threads, capitals are callbacks.
 */
#include "bare.h"

struct thing {
	struct rcu_head rcu;
	const char *letter;
	bool freed;
};

static struct thing *things; /* in the region */

static void make(u32 cpus, u32 stress, u64 seed)
{
	bare_make(cpus, stress, seed);
	things = region_alloc(m->region, 16 * sizeof(*things));
	for (u32 i = 0; i < 16; i++)
		things[i].letter = &"A\0B\0C\0D\0E\0F\0G\0H\0I\0J\0K\0L\0M\0N\0O\0P"[2 * i];
}

static int one_cpu(void **state)
{
	make(1, 0, 1);
	return 0;
}

static int two_cpus(void **state)
{
	make(2, 0, 1);
	return 0;
}

static int four_cpus(void **state)
{
	make(4, 0, 1);
	return 0;
}

static void run_out(struct rcu_head *head)
{
	say(container_of(head, struct thing, rcu)->letter);
}

static void later(u32 i)
{
	call_rcu(&things[i].rcu, run_out);
}

/* -- one cpu ----------------------------------------------------------------------------------- */

static void call_and_go_on(void *unused)
{
	later(0);
	later(1);
	rcu_read_lock();
	say("r");
	rcu_read_unlock();
	say("x");
}

/* Not in the section, not before the thread is done; in the order of the calls. */
static void test_end_of_thread(void **state)
{
	spawn("t", 0, call_and_go_on, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "rxAB");
	assert_int_equal(m->rcu.queued, 0);
	assert_int_equal(m->rcu.waiting, 0);
}

static void call_and_sleep(void *unused)
{
	later(0);
	say("x");
	sleep_on_timeout(NULL, MS);
	say("y");
	later(1);
	yield();
	say("z");
}

/* Sleeping is quiescent; the callback runs before the sleeper goes on. */
static void test_sleep_and_yield(void **state)
{
	spawn("t", 0, call_and_sleep, NULL);
	assert_true(sched_advance(m, 10 * MS));
	assert_string_equal(w->order, "xAyBz");
}

/* What a callback queues is of the next grace period, and comes as well. */
static void run_out_and_queue(struct rcu_head *head)
{
	run_out(head);
	later(1);
}

static void call_chain(void *unused)
{
	call_rcu(&things[0].rcu, run_out_and_queue);
}

static void test_callback_queues_another(void **state)
{
	spawn("t", 0, call_chain, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "AB");
	assert_int_equal(m->rcu.completed, 2);
}

/* -- a reader on another cpu ------------------------------------------------------------------- */

/* In a section until the test clears the bit: it spins for it, on its own cpu. */
static void long_reader(void *what)
{
	rcu_read_lock();
	say(what);
	bit_spin_lock(0, &w->word, LC_PTE_CHAIN_LOCK, 0);
	bit_spin_unlock(0, &w->word, LC_PTE_CHAIN_LOCK, 0);
	say(what);
	rcu_read_unlock();
}

static void let_reader_go(void)
{
	w->word = 0;
}

static void hold_up(void *unused)
{
	yield();                         /* the reader begins */
	later(0);
	for (u32 i = 0; i < 5; i++)
		yield();
	say("x");                        /* quiet five times, and nothing came */
	let_reader_go();
	yield();
	say("y");
}

static void test_reader_holds_it_up(void **state)
{
	w->word = 1;
	spawn("w", 0, hold_up, NULL);
	spawn("r", 1, long_reader, "r");
	assert_true(sched_run(m, NULL, NULL));
	/* Who spins comes after all who can run. The reader's thread ends, which is the last
	 * quiescent state, and runs the callback. */
	assert_string_equal(w->order, "rxyrA");
}

/*
 * B comes while the grace period of A is on, and the cpu of its caller has been quiet already: this
 * grace period says nothing about those who began to read on that cpu since. B waits for another.
 */
static void call_twice(void *unused)
{
	yield();
	later(0);
	yield();
	later(1);
	w->n = m->rcu.completed;
	let_reader_go();
	yield();                         /* reader ends: A may run */
	w->naps = m->rcu.completed;
}

static void test_late_callback_waits_for_the_next(void **state)
{
	w->word = 1;
	spawn("w", 0, call_twice, NULL);
	spawn("r", 1, long_reader, "r");
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "rrAB");
	assert_int_equal(w->n, 0);
	assert_true(m->rcu.completed == 2);
}

/* Who is idle reads nothing: three cpus without a thread hold nobody up. */
static void test_idle_cpus(void **state)
{
	spawn("t", 2, call_and_sleep, NULL);
	assert_true(sched_advance(m, 10 * MS));
	assert_string_equal(w->order, "xAyBz");
}

/* A thread that was preempted outside of any section is no reader, but its cpu was not quiet. */
static void spin_outside(void *what)
{
	say(what);
	bit_spin_lock(0, &w->word, LC_PTE_CHAIN_LOCK, 0);
	bit_spin_unlock(0, &w->word, LC_PTE_CHAIN_LOCK, 0);
	say(what);
}

static void test_no_section_but_not_quiet(void **state)
{
	w->word = 1;
	spawn("w", 0, hold_up, NULL);
	spawn("s", 1, spin_outside, "s");
	assert_true(sched_run(m, NULL, NULL));
	assert_string_equal(w->order, "sxysA");
}

/* -- rules ------------------------------------------------------------------------------------- */

static void sleep_in_section(void *unused)
{
	rcu_read_lock();
	sleep_on_timeout(NULL, MS);
}

static void test_no_sleep_in_a_section(void **state)
{
	spawn("t", 0, sleep_in_section, NULL);
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_BUG);
}

static void unlock_only(void *unused)
{
	rcu_read_unlock();
}

static void test_unlock_without_lock(void **state)
{
	spawn("t", 0, unlock_only, NULL);
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_BUG);
}

static void never_unlock(void *unused)
{
	rcu_read_lock();
}

static void test_section_left_open(void **state)
{
	spawn("t", 0, never_unlock, NULL);
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(m->report.kind, REPORT_LOCK);
}

static void nested(void *unused)
{
	rcu_read_lock();
	rcu_read_lock();
	rcu_read_unlock();
	w->flag = current->preempt_count == 1 && current->rcu_read_depth == 1;
	rcu_read_unlock();
	w->other_flag = current->preempt_count == 0;
}

static void test_sections_nest(void **state)
{
	spawn("t", 0, nested, NULL);
	assert_true(sched_run(m, NULL, NULL));
	assert_true(w->flag);
	assert_true(w->other_flag);
}

/* -- under stress ------------------------------------------------------------------------------ */

/*
 * w->n is the thing that is current. Readers look at it for a while; the writer puts the next in
 * its place and gets rid of the old one: after a grace period, or at once, which is the mistake.
 */
static void set_freed(struct rcu_head *head)
{
	container_of(head, struct thing, rcu)->freed = true;
}

static void look(void *unused)
{
	for (u32 i = 0; i < 30; i++) {
		struct thing *t;

		rcu_read_lock();
		t = &things[READ_ONCE(w->n)];
		for (u32 k = 0; k < 4; k++) {
			sched_point(SP_RACY_READ, t);
			w->flag |= t->freed;
		}
		rcu_read_unlock();
		if (i % 8 == 7)
			yield();
	}
}

static void replace(void *at_once)
{
	for (u32 i = 0; i + 1 < 16; i++) {
		WRITE_ONCE(w->n, i + 1);
		if (at_once)
			set_freed(&things[i].rcu);
		else
			call_rcu(&things[i].rcu, set_freed);
		if (i % 4 == 3)
			yield();
	}
}

/* Did a reader see a thing that was freed? */
static bool seen_freed(u64 world, bool at_once)
{
	u32 i, freed = 0;
	bool seen;

	make(4, 3, world);
	spawn("w", 0, replace, at_once ? w : NULL);
	for (i = 1; i < 4; i++)
		spawn("r", i, look, NULL);
	spawn("r", 0, look, NULL);
	assert_true(sched_run(m, NULL, NULL));
	for (i = 0; i < 16; i++)
		freed += things[i].freed;
	assert_int_equal(freed, 15);
	assert_int_equal(m->rcu.queued, 0);
	seen = w->flag;
	machine_destroy(m);
	return seen;
}

static void test_nothing_is_freed_under_a_reader(void **state)
{
	for (u64 world = 1; world <= 300; world++)
		assert_false(seen_freed(world, false));
}

static void test_without_grace_it_would_be(void **state)
{
	u32 seen = 0;

	for (u64 world = 1; world <= 50; world++)
		seen += seen_freed(world, true);
	assert_true(seen > 25);
}

int main(void)
{
#define RCU_TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, bare_destroy)
	const struct CMUnitTest tests[] = {
		RCU_TEST(test_end_of_thread, one_cpu),
		RCU_TEST(test_end_of_thread, two_cpus),
		RCU_TEST(test_sleep_and_yield, one_cpu),
		RCU_TEST(test_callback_queues_another, one_cpu),
		RCU_TEST(test_reader_holds_it_up, two_cpus),
		RCU_TEST(test_late_callback_waits_for_the_next, two_cpus),
		RCU_TEST(test_idle_cpus, four_cpus),
		RCU_TEST(test_no_section_but_not_quiet, two_cpus),
		RCU_TEST(test_no_sleep_in_a_section, one_cpu),
		RCU_TEST(test_no_sleep_in_a_section, two_cpus),
		RCU_TEST(test_unlock_without_lock, two_cpus),
		RCU_TEST(test_section_left_open, two_cpus),
		RCU_TEST(test_sections_nest, two_cpus),
		cmocka_unit_test(test_nothing_is_freed_under_a_reader),
		cmocka_unit_test(test_without_grace_it_would_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
