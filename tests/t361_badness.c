/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Out of memory: how bad each process is, and who dies for whom. All figures by hand from the
 * formula (facts D.13; mm/oom_kill.c of each version): total_vm 100 over the square root of the cpu
 * time in units of 8,192 ticks and the fourth root of the age in units of 2^20 ticks or 1,024 s.
 */
#include "lab.h"

#include <errno.h>
#include <string.h>

#define SECOND 1000000000ull

static const struct kernel *kernel;

static void boot(u32 ram, u32 swap)
{
	lab_boot_config((struct machine_config){
		.ram = (u64)ram << PAGE_SHIFT, .swap = (u64)swap << PAGE_SHIFT, .cpus = 1,
		.kernel = kernel, .truth = true, .events = true,
	});
}

static void each(void (*test)(void))
{
	for (u32 i = 0; kernels[i]; i++) {
		kernel = kernels[i];
		boot(256, 256);
		test();
		lab_destroy(NULL);
	}
}

/* Which of three figures is this kernel's: rough roots (2.5.26 to 2.6.0), roots (2.6.5 to 2.6.16),
 * or memory in use (4.0). */
static u32 of_era(u32 rough, u32 exact, u32 in_use)
{
	if (kernel->oom == &oom_2015)
		return in_use;
	return kernel->oom == &oom_2002 || kernel->oom == &oom_2003 ? rough : exact;
}

static u32 sized(u64 nice, u64 caps, u32 pages)
{
	u32 pid = (u32)OP(TASK, 0, nice, caps);

	OP(MMAP, pid, 0, (u64)pages << PAGE_SHIFT, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	return pid;
}

static u32 points(u32 pid)
{
	return inspect_badness(m, pid);
}

/* -- one process ------------------------------------------------------------------------------ */

static void who_it_is(void)
{
	/* 4.0: nothing is in memory, and who can be killed has a point. */
	assert_int_equal(points(sized(0, 0, 100)), of_era(100, 100, 1));
	assert_int_equal(points(sized(1, 0, 100)), of_era(200, 200, 1));
	assert_int_equal(points(sized((u64)-5, 0, 100)), of_era(100, 100, 1));
	assert_int_equal(points(sized(0, OP_TASK_ROOT, 100)), of_era(25, 25, 1));
	assert_int_equal(points(sized(0, OP_TASK_RAWIO, 100)), of_era(25, 25, 1));
	assert_int_equal(points(sized(19, OP_TASK_ROOT | OP_TASK_RAWIO, 100)), of_era(12, 12, 1));
	assert_int_equal(points(m->vm->kswapd->pid), 0);
}

static void test_who_it_is(void **state)
{
	(void)state;
	each(who_it_is);
}

/* 40 s are 4 units: 2 in both ways. 80 s are 9: the rough root of 9 is 2. 140 s are 17, of which
 * it makes 4 - 1. */
static void its_work(void)
{
	u32 pid = sized(0, 0, 100);

	OP(COMPUTE, pid, 4 * SECOND);
	assert_int_equal(points(pid), of_era(100, 100, 1));
	OP(COMPUTE, pid, 36 * SECOND);
	assert_int_equal(points(pid), of_era(50, 50, 1));
	OP(COMPUTE, pid, 40 * SECOND);
	assert_int_equal(points(pid), of_era(50, 33, 1));
	OP(COMPUTE, pid, 60 * SECOND);
	assert_int_equal(points(pid), of_era(33, 25, 1));
	OP(RENICE, pid, 5);
	assert_int_equal(points(pid), of_era(66, 50, 1));
}

static void test_its_work(void **state)
{
	(void)state;
	each(its_work);
}

/* What the kernel does for a process is its time, too; what it waits for is not. */
static void test_time_is_charged(void **state)
{
	u32 pid, at;
	struct task_view v;

	(void)state;
	kernel = &kernel_2_5_27;
	boot(256, 0);
	pid = lab_process(10, &at);
	inspect_task(m, pid, &v);
	assert_true(v.start_time <= m->now && v.cpu_time < 1000000);
	OP(TICK, 0, 5 * SECOND);
	OP(TOUCH, pid, at, 10 << PAGE_SHIFT, 1);
	inspect_task(m, pid, &v);
	/* Ten faults, ten pages cleared. */
	assert_true(v.cpu_time >= 10 * (400 + 2000) && v.cpu_time < SECOND);
	lab_destroy(NULL);
}

/*
 * 16,400 s are 15 units of 2^20 ticks and 16 of 1,024 s: the exact fourth root of 15 is 1, of 16
 * it is 2. 272,700 s are 260 and 266: the exact one is 4 for both; the rough root of 260 is 12, of
 * 12 it is 3.
 */
static void its_age(void)
{
	u32 pid = sized(0, 0, 96);

	OP(TICK, 0, 16400 * SECOND);
	assert_int_equal(points(pid), of_era(96, kernel->oom->in_seconds ? 48 : 96, 1));
	OP(TICK, 0, (272700 - 16400) * SECOND);
	assert_int_equal(points(pid), of_era(32, 24, 1));
}

static void test_its_age(void **state)
{
	(void)state;
	each(its_age);
}

/* -- what its owner says ---------------------------------------------------------------------- */

static void oom_adj(void)
{
	u32 pid = sized(0, 0, 100), child;

	if (kernel->oom != &oom_2006 && kernel->oom != &oom_2015) {
		OP_FAILS(ENOSYS, OOM_ADJ, pid, 3);
		return;
	}
	OP_FAILS(EINVAL, OOM_ADJ, pid, of_era(0, 16, 1001));
	OP_FAILS(EINVAL, OOM_ADJ, pid, (u64)-(s64)of_era(0, 18, 1001));
	OP(OOM_ADJ, pid, 3);
	/* 4.0: 3 for each full thousand pages of memory and swap; there is none. */
	assert_int_equal(points(pid), of_era(0, 800, 1));
	child = (u32)OP(FORK, pid, 0);
	assert_int_equal(points(child), of_era(0, 800, 1));
	OP(OOM_ADJ, pid, (u64)-2);
	OP(EXIT, child, 0);
	assert_int_equal(points(pid), of_era(0, 25, 1));
	OP(OOM_ADJ, pid, (u64)-(s64)of_era(0, 17, 1000));
	assert_int_equal(points(pid), 0); /* 100 >> 17; never */
}

static void test_oom_adj(void **state)
{
	(void)state;
	each(oom_adj);
}

/* -- 4.0: what is in use ---------------------------------------------------------------------- */

static void test_memory_and_swap_and_tables(void **state)
{
	struct task_view v;
	u32 pid, at, swapped = 0;

	(void)state;
	kernel = &kernel_4_0;
	boot(256, 1024);
	pid = lab_process(1000, &at);
	OP(TOUCH, pid, at, 100 << PAGE_SHIFT, 1);
	assert_int_equal(points(pid), 100 + 1);
	lab_reclaim(4, 60);
	for (u32 i = 0; i < 100; i++) {
		struct pte_view pte;

		inspect_pte(m, pid, at + (i << PAGE_SHIFT), &pte);
		swapped += pte.swap;
	}
	inspect_task(m, pid, &v);
	assert_true(swapped > 10);
	assert_int_equal(v.rss + swapped, 100);
	assert_int_equal(points(pid), 100 + 1);
	/* 256 and 1,023 pages of memory and swap are one full thousand. */
	OP(OOM_ADJ, pid, 300);
	assert_int_equal(points(pid), 101 + 300);
	lab_destroy(NULL);
}

static void test_root_has_three_per_cent(void **state)
{
	u32 pid, at;

	(void)state;
	kernel = &kernel_4_0;
	boot(256, 0);
	pid = (u32)OP(TASK, 0, 0, OP_TASK_ROOT);
	at = (u32)OP(MMAP, pid, 0, 99 << PAGE_SHIFT, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	OP(TOUCH, pid, at, 99 << PAGE_SHIFT, 1);
	assert_int_equal(points(pid), 100 - 3);
	lab_destroy(NULL);
}

/* -- who dies --------------------------------------------------------------------------------- */

static u32 killed[8], nr_killed;

static void note_kill(const struct event *ev)
{
	if (ev->kind == EV_OOM_KILL && nr_killed < ARRAY_SIZE(killed))
		killed[nr_killed++] = ev->a[0];
}

/* Failures until somebody was told to go. */
static void until_a_kill(void *unused)
{
	u64 t = 20 * SECOND;

	(void)unused;
	lab_on_event = note_kill;
	for (nr_killed = 0; !nr_killed && t < 60 * SECOND; t += SECOND / 10) {
		if (t > current->machine->now)
			sleep_on_timeout(NULL, t - current->machine->now);
		m->vm->nr_swap_pages -= 1000; /* no slot is free */
		out_of_memory();
		m->vm->nr_swap_pages += 1000;
	}
	lab_on_event = NULL;
}

static u32 fork_sized(u32 parent, u32 pages, u32 written)
{
	u32 pid = (u32)OP(FORK, parent, 0);
	u32 at = (u32)OP(MMAP, pid, 0, (u64)pages << PAGE_SHIFT, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE);

	OP(TOUCH, pid, at, (u64)written << PAGE_SHIFT, 1);
	return pid;
}

/*
 * A server of 10 pages and three children; 40 pages are somebody else's. The children have 10 + 15,
 * 10 + 20 and 10 + 25, so the server is worth, in 2.6.16, 10 + 13 + 16 + 18 = 57.
 */
static void children_count(void)
{
	u32 server = sized(0, 0, 10), other = lab_process(40, &(u32){ 0 });
	u32 first = fork_sized(server, 15, 3), second = fork_sized(server, 20, 9);
	u32 third = fork_sized(server, 25, 6);

	assert_int_equal(points(server), kernel->oom == &oom_2006 ? 57 : of_era(10, 10, 1));
	lab_run(until_a_kill, NULL);
	assert_int_equal(nr_killed, 1);
	/* 2.6.16 takes the first child of the worst; 4.0 the second as such: nine pages are in
	 * memory, and a table. */
	assert_int_equal(killed[0], kernel->oom == &oom_2006 ? first :
				    kernel->oom == &oom_2015 ? second : other);
	assert_non_null(thread_by_pid(m, third));
	assert_non_null(thread_by_pid(m, server));
}

static void test_children_count(void **state)
{
	(void)state;
	each(children_count);
}

/* 4.0: the parent is worst, and of its children the worst goes in its place. */
static void test_the_worst_child(void **state)
{
	u32 parent, at, small, large;

	(void)state;
	kernel = &kernel_4_0;
	boot(256, 0);
	parent = lab_process(60, &at);
	small = fork_sized(parent, 30, 5);
	large = fork_sized(parent, 10, 8);
	OP(TOUCH, parent, at, 60 << PAGE_SHIFT, 1);
	lab_run(until_a_kill, NULL);
	assert_int_equal(killed[0], large);
	assert_null(thread_by_pid(m, large));
	assert_non_null(thread_by_pid(m, small));
	lab_destroy(NULL);
}

/* Who shares the memory dies as well: otherwise nothing would come free. What is set in whom is
 * each version's own. */
static void all_who_share(void)
{
	u32 a = lab_process(50, &(u32){ 0 }), b = sized(0, 0, 1), flags;
	struct task_struct *ta = thread_by_pid(m, a), *tb = thread_by_pid(m, b);
	struct mm_struct *mm = tb->mm;

	/* A thread that clone() would have made: there is none here, so by hand. */
	tb->mm = ta->mm;
	ta->state = tb->state = TASK_RUNNING; /* neither starts to die under our eyes */
	lab_run(until_a_kill, NULL);
	assert_int_equal(nr_killed, 2);
	assert_true(killed[0] == a && killed[1] == b && ta->killed && tb->killed);
	flags = PF_MEMALLOC | PF_MEMDIE;
	assert_int_equal(ta->flags & flags, kernel->mmlist_swapped ? PF_MEMDIE : flags);
	assert_int_equal(tb->flags & PF_MEMDIE, kernel->oom == &oom_2015 ? 0 : PF_MEMDIE);
	tb->mm = mm;
	ta->state = tb->state = TASK_IDLE;
}

static void test_all_who_share(void **state)
{
	(void)state;
	each(all_who_share);
}

/* -- when ------------------------------------------------------------------------------------- */

#define MANY 40
static u32 failures;

static void count_failures(void *unused)
{
	(void)unused;
	lab_on_event = note_kill;
	sleep_on_timeout(NULL, 20 * SECOND);
	for (failures = nr_killed = 0; !nr_killed && failures < MANY; failures++) {
		sleep_on_timeout(NULL, SECOND / 5);
		out_of_memory();
	}
	lab_on_event = NULL;
}

/* Every 200 ms: the first starts the clock, five come within its second (the fifth just so does
 * not), and ten count: 15. Slots are free, which up to 2.6.7 is enough; 2.6.11 has no patience. */
static void patience(void)
{
	lab_process(10, &(u32){ 0 });
	lab_run(count_failures, NULL);
	if (kernel->oom->swap_helps)
		assert_int_equal(failures, MANY);
	else
		assert_int_equal(failures, kernel->mmlist_swapped ? 1 : 15);
}

static void test_patience(void **state)
{
	(void)state;
	each(patience);
}

/* 4.0: who was killed already and still wants memory may have it, and nobody else dies. */
static void ask_while_dying(void *unused)
{
	(void)unused;
	lab_on_event = note_kill;
	nr_killed = 0;
	current->killed = true;
	out_of_memory();
	require(!nr_killed && current->flags & PF_MEMDIE);
	current->killed = false;
	current->flags &= ~PF_MEMDIE;
	lab_on_event = NULL;
}

static void test_a_dying_one_helps_itself(void **state)
{
	(void)state;
	kernel = &kernel_4_0;
	boot(256, 0);
	lab_process(10, &(u32){ 0 });
	lab_run(ask_while_dying, NULL);
	lab_destroy(NULL);
}

/* Memory is full of what was used a moment ago, and all of it could go to swap: no kernel kills for
 * that, however small the machine. */
static void a_slow_disk_is_no_reason(void)
{
	u32 pid, at;

	for (u32 mib = 1; mib <= 16; mib *= 4) {
		lab_destroy(NULL);
		lab_boot_config((struct machine_config){ .ram = (u64)mib << 20, .cpus = 1,
			.swap = (u64)3 * mib << 20, .kernel = kernel });
		pid = lab_process(mib * 512, &at);
		OP(TOUCH, pid, at, (u64)mib * 512 << PAGE_SHIFT, 1);
		assert_int_equal(m->counters.oom_kills, 0);
	}
}

static void test_a_slow_disk_is_no_reason(void **state)
{
	(void)state;
	each(a_slow_disk_is_no_reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_it_is),
		cmocka_unit_test(test_its_work),
		cmocka_unit_test(test_time_is_charged),
		cmocka_unit_test(test_its_age),
		cmocka_unit_test(test_oom_adj),
		cmocka_unit_test(test_memory_and_swap_and_tables),
		cmocka_unit_test(test_root_has_three_per_cent),
		cmocka_unit_test(test_children_count),
		cmocka_unit_test(test_the_worst_child),
		cmocka_unit_test(test_all_who_share),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_a_dying_one_helps_itself),
		cmocka_unit_test(test_a_slow_disk_is_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
