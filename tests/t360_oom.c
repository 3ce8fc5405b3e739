/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Out of memory: the kernel's patience, whom it kills, that the victim goes, and that no machine
 * goes round in circles for ever. The rules are facts A.11.
 */
#include "lab.h"

#include <stdio.h>
#include <string.h>

#define SECOND 1000000000ull

/* -- when ------------------------------------------------------------------------------------ */

static void fail_at(u64 now)
{
	if (now > current->machine->now)
		sleep_on_timeout(NULL, now - current->machine->now);
	out_of_memory();
}

static bool killed(u32 n)
{
	return current->machine->counters.oom_kills == n;
}

/* A failure after a long silence only starts the clock. Within a second of it nothing counts; then
 * the tenth failure kills. */
static void patience_body(void *unused)
{
	u64 t = 20 * SECOND;
	u32 i;

	fail_at(t);
	for (i = 1; i <= 20; i++)
		fail_at(t + i * SECOND / 25); /* up to 0.8 s: too soon */
	for (i = 1; i <= 9; i++)
		fail_at(t + SECOND + i * SECOND / 10);
	require(killed(0) && VM->oom.count == 9);
	fail_at(t + 2 * SECOND);
	require(killed(1) && VM->oom.lastkill >= t + 2 * SECOND);
	/* And again from the start; besides, there are five seconds between two kills. */
	require(VM->oom.count == 0 && VM->oom.first == VM->oom.lastkill);
	for (i = 1; i <= 40; i++)
		fail_at(t + 2 * SECOND + i * SECOND / 10); /* four seconds, 31 count */
	require(killed(1) && VM->oom.count == 31);
	fail_at(t + 7 * SECOND + SECOND / 10);
	require(killed(2));
}

static void patience(void **state)
{
	u32 at;

	lab_boot(256, 0, 1);
	lab_process(4, &at);
	lab_process(3, &at);
	lab_run(patience_body, NULL);
}

/* Five seconds without a failure and all is forgotten. */
static void forgotten_body(void *unused)
{
	u64 t = 20 * SECOND;
	u32 i, round;

	for (round = 0; round < 3; round++, t += 10 * SECOND) {
		fail_at(t);
		for (i = 1; i <= 9; i++)
			fail_at(t + SECOND + i * SECOND / 10);
		require(VM->oom.count == 9);
	}
	require(killed(0));
}

static void forgotten(void **state)
{
	u32 at;

	lab_boot(256, 0, 1);
	lab_process(4, &at);
	lab_run(forgotten_body, NULL);
}

/* As long as a swap slot is free it is not the end (facts A.11). */
static void swap_left_body(void *unused)
{
	u32 i;

	for (i = 0; i < 30; i++)
		fail_at((20 + i) * SECOND);
	require(killed(0) && VM->oom.count == 0);
	while (get_swap_page().val)
		;
	/* One starts the clock, one comes too soon, nine count, and then the tenth. */
	for (i = 0; i < 11; i++)
		fail_at(300 * SECOND + i * SECOND / 2);
	require(killed(0));
	fail_at(300 * SECOND + 11 * SECOND / 2);
	require(killed(1));
}

static void not_while_swap_is_left(void **state)
{
	u32 at;

	lab_boot(256, 8, 1);
	lab_process(4, &at);
	lab_run(swap_left_body, NULL);
}

/* -- whom ------------------------------------------------------------------------------------ */

static void kill_body(void *unused)
{
	u64 t = 20 * SECOND;
	u32 i;

	fail_at(t);
	for (i = 1; i <= 10; i++)
		fail_at(t + SECOND + i * SECOND / 10);
}

/* The size of the address space decides, not what is in memory; of equals the older one goes. */
static void the_largest_goes(void **state)
{
	u32 small, first, second, at, free;

	lab_boot(256, 0, 1);
	small = lab_process(5, &at);
	OP(TOUCH, small, at, 5 * PAGE_SIZE, 1);
	first = lab_process(20, &at);
	OP(TOUCH, first, at, 3 * PAGE_SIZE, 1);
	second = lab_process(20, &at);
	free = m->vm->zones[0].free_pages;
	lab_run(kill_body, NULL);
	assert_int_equal(m->counters.oom_kills, 1);
	assert_int_equal(lab_count_of(EV_OOM_KILL, first), 1);
	/* It had nothing to do and was dead at once: three pages, a page table, a directory. */
	assert_null(thread_by_pid(m, first));
	assert_non_null(thread_by_pid(m, second));
	assert_int_equal(m->vm->zones[0].free_pages, free + 5);
	OP_FAILS(3, READ, first, at); /* ESRCH */
	OP(READ, second, at);
	OP(READ, small, at);
}

static void nobody_to_kill(void **state)
{
	struct op op = { .kind = OP_SYNC };
	char text[1000];

	lab_boot(256, 0, 1);
	assert_true(thread_start(m->boot, kill_body, NULL));
	assert_false(sched_run(m, NULL, NULL) && sched_advance(m, 30 * SECOND));
	assert_int_equal(m->report.kind, REPORT_PANIC);
	assert_true(machine_report(m, text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "Out of memory and no killable processes"));
	assert_false(op_run(m, &op)); /* it only answers questions from now on */
}

/* -- the whole way --------------------------------------------------------------------------- */

/* A process wants more than there is. It is the largest, so it is the one that goes, in the middle
 * of its operation; everybody else keeps what he has. */
static void the_greedy_one_dies(void **state)
{
	struct op op = { .kind = OP_TOUCH };
	u32 good, bad, at, i;
	u64 before;

	lab_boot(256, 0, 1);
	good = lab_process(30, &at);
	for (i = 0; i < 30; i++)
		OP(WRITE, good, at + i * PAGE_SIZE, i + 1);
	before = m->now;
	bad = lab_process(400, &at);
	op.pid = (u16)bad;
	op.arg[0] = at;
	op.arg[1] = 400 * PAGE_SIZE;
	op.arg[2] = 1;
	assert_true(op_run(m, &op));
	assert_int_equal(op.error, -9);
	assert_null(thread_by_pid(m, bad));
	assert_int_equal(lab_count(EV_OOM_KILL), 1);
	assert_true(m->now - before < 60 * SECOND);
	for (i = 0; i < 30; i++)
		assert_int_equal(OP(READ, good, 0x40000000 + i * PAGE_SIZE), i + 1);
	/* And there is room again. */
	bad = lab_process(50, &at);
	OP(TOUCH, bad, at, 50 * PAGE_SIZE, 1);
}

/* The largest is somebody else, who does nothing: the one who asked goes on with his memory. */
static void the_idle_one_dies_for_another(void **state)
{
	u32 idle, busy, at_idle, at;

	lab_boot(256, 0, 1);
	idle = lab_process(1000, &at_idle);
	OP(TOUCH, idle, at_idle, 150 * PAGE_SIZE, 1);
	busy = lab_process(120, &at);
	OP(TOUCH, busy, at, 120 * PAGE_SIZE, 1);
	assert_int_equal(lab_count_of(EV_OOM_KILL, idle), 1);
	assert_null(thread_by_pid(m, idle));
	assert_int_equal(OP(READ, busy, at), 0);
}

/* Swap first: nobody dies before it is full. */
static void swap_is_used_up_first(void **state)
{
	struct op op = { .kind = OP_TOUCH };
	u32 at;

	lab_boot(256, 128, 1);
	op.pid = (u16)lab_process(600, &at);
	op.arg[0] = at;
	op.arg[1] = 600 * PAGE_SIZE;
	op.arg[2] = 1;
	assert_true(op_run(m, &op));
	assert_int_equal(op.error, -9);
	assert_int_equal(m->counters.oom_kills, 1);
	assert_int_equal(lab_count_before(EV_SLOT_FULL, lab_event(EV_OOM_KILL, op.pid, 0)) > 0, 1);
	assert_int_equal(m->vm->nr_swap_pages, 127); /* and all of it came back */
}

/* Memory is full of what cannot be swapped, slots are free: the kernel's rule forbids to kill,
 * and it would try for ever. Here the allocation fails after ten seconds, so everything ends. */
static void it_always_ends(void **state)
{
	u32 cpus, pid, at;

	for (cpus = 1; cpus <= 2; cpus++) {
		struct op op = { .kind = OP_MMAP, .arg = { 0, 400 * PAGE_SIZE,
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_LOCKED } };

		lab_boot(256, 64, cpus);
		op.pid = (u16)OP(TASK, 0, 0);
		assert_true(op_run(m, &op)); /* mmap brings locked memory in at once */
		assert_int_not_equal(op.error, 0);
		assert_true(m->now < 60 * SECOND);
		if (thread_by_pid(m, op.pid))
			OP(EXIT, op.pid, 0);
		pid = lab_process(100, &at);
		OP(TOUCH, pid, at, 100 * PAGE_SIZE, 1);
		lab_destroy(NULL);
	}
}

static void too_much_for_one(void **state)
{
	struct violation violation;
	struct task_view view;
	u32 at, pid;
	u64 before;

	lab_boot(256, 0, 1);
	before = lab_free_or_for_ever();
	pid = lab_process(400, &at);
	OP_FAILS(-9, TOUCH, pid, at, 400 * PAGE_SIZE, true);
	assert_false(inspect_task(m, pid, &view) && view.process && view.pgd_pfn);
	assert_int_equal(check_machine(m, &violation, 1), 0);
	assert_int_equal(m->counters.oom_kills, 1);
	assert_int_equal(lab_free_or_for_ever(), before);
}

/* -- one that was killed is still there ------------------------------------------------------- */

static u32 larger, smaller;

static u32 killed_pid;

static void note_kill(const struct event *ev)
{
	if (ev->kind == EV_OOM_KILL)
		killed_pid = ev->a[0];
}

/* Failures enough for a kill. */
static void long_out_of_memory(void *unused)
{
	u64 t = 20 * SECOND;
	u32 i;

	for (i = 0; i <= 30; i++)
		fail_at(t + i * SECOND / 10);
}

/* 2.5 chooses the larger one again, 2.6.0 to 2.6.9 the next, and from 2.6.11 on nobody is chosen
 * (facts D.13, and badness of 2.6.0: PF_MEMDIE). */
static void a_dying_process(void **state)
{
	for (u32 i = 0; kernels[i]; i++) {
		const struct kernel *kernel = kernels[i];
		bool waits = kernel->mmlist_swapped; /* 2.6.11 as well */
		bool passes_over = !waits && kernel->lru == &lru_2004;
		u32 at;

		lab_boot_config((struct machine_config){
			.ram = 256 << PAGE_SHIFT, .cpus = 1, .kernel = kernel, .truth = true,
			.events = true,
		});
		larger = lab_process(9, &at);
		smaller = lab_process(4, &at);
		thread_by_pid(m, larger)->flags |= PF_MEMDIE;
		killed_pid = 0;
		lab_on_event = note_kill;
		lab_run(long_out_of_memory, NULL);
		assert_int_equal(killed_pid, waits ? 0 : passes_over ? smaller : larger);
		lab_destroy(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(patience, lab_destroy),
		cmocka_unit_test_teardown(forgotten, lab_destroy),
		cmocka_unit_test_teardown(not_while_swap_is_left, lab_destroy),
		cmocka_unit_test_teardown(the_largest_goes, lab_destroy),
		cmocka_unit_test_teardown(nobody_to_kill, lab_destroy),
		cmocka_unit_test_teardown(the_greedy_one_dies, lab_destroy),
		cmocka_unit_test_teardown(the_idle_one_dies_for_another, lab_destroy),
		cmocka_unit_test_teardown(swap_is_used_up_first, lab_destroy),
		cmocka_unit_test_teardown(it_always_ends, lab_destroy),
		cmocka_unit_test_teardown(too_much_for_one, lab_destroy),
		cmocka_unit_test(a_dying_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
