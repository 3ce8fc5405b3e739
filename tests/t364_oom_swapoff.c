/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An area that cannot be emptied. From 2.6.0 on swapoff asks beforehand, and if it is wrong then,
 * who runs it is the first to be killed. 2.5 does not ask: it kills one process after the other by
 * their badness, and among them is the one that runs swapoff. What had come in by then is in, the
 * area is in use again, and nothing is lost.
 */
#include "lab.h"

#include <errno.h>
#include <string.h>

#define RAM 256u
#define A 0x40000000u
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define RW (PROT_READ | PROT_WRITE)

static const struct kernel *kernel;

static void each(void (*test)(void))
{
	u32 k;

	for (k = 0; kernels[k]; k++) {
		kernel = kernels[k];
		lab_boot_config((struct machine_config){
			.kernel = kernel, .ram = PAGES(RAM), .swap = PAGES(2 * RAM), .cpus = 1,
			.page_cluster = -1, .seed = 1, .events = true, .truth = true,
		});
		test();
		lab_destroy(NULL);
	}
}

static bool asks_first(void)
{
	return strncmp(kernel->name, "2.5", 3) != 0;
}

/* Shared memory is nobody's: to kill its users frees none of it. Returns its inode. */
static u32 too_much_shared_memory(void)
{
	u32 shmem = (u32)OP(SHMEM, 0, PAGES(RAM + 100)), i;

	for (i = 0; i < RAM + 100; i++)
		OP(FILE_WRITE, 0, shmem, PAGES(i), i + 1);
	assert_true(m->vm->swap_info[0].inuse_pages > 100);
	return shmem;
}

static void as_before(u32 shmem, u32 used)
{
	u32 i;

	assert_int_equal(m->vm->swap_list_head, 0);
	assert_int_equal(m->vm->total_swap_pages, 2 * RAM - 1);
	assert_true(m->vm->swap_info[0].inuse_pages && m->vm->swap_info[0].inuse_pages <= used);
	for (i = 0; i < RAM + 100; i++)
		assert_int_equal(OP(FILE_READ, 0, shmem, PAGES(i)), i + 1);
}

static u32 process_of(u64 pages)
{
	u32 pid = (u32)OP(TASK, 0);

	OP(MMAP, pid, A, PAGES(pages), RW, MAP_PRIVATE | MAP_FIXED);
	return pid;
}

/* Swapoff of area 0 by that process, 0: by its program. */
static s32 swapoff_by(u32 pid)
{
	struct op off = { .kind = OP_SWAPOFF, .pid = (u16)pid };

	lab_forget();
	assert_true(op_run(m, &off));
	return off.error;
}

/* -- 2.5: the worst goes first ---------------------------------------------------------------- */

/* Nobody else is there. The program is started again, and is killed again, until there is room. */
static void the_program_dies_of_it(void)
{
	u32 shmem, used, i;

	if (asks_first())
		return;
	shmem = too_much_shared_memory();
	for (i = 0; i < 2; i++) {
		used = m->vm->swap_info[0].inuse_pages;
		assert_int_equal(swapoff_by(0), -9);
		assert_int_equal(lab_count(EV_OOM_KILL), 1);
		assert_int_equal(lab_count_of(EV_OOM_KILL, m->vm->swapoff->pid), 1);
		assert_int_equal(lab_first(EV_SWAPOFF_END)->a[1], ENOMEM);
		as_before(shmem, used);
	}
	OP(TRUNCATE, 0, shmem, PAGES(RAM / 4));
	assert_int_equal(swapoff_by(0), 0);
	assert_int_equal(lab_count(EV_OOM_KILL), 0);
}

static void test_the_program_dies_of_it(void **state)
{
	(void)state;
	each(the_program_dies_of_it);
}

/* 500 pages, 8 and 4: the second runs swapoff. The first dies in vain, the third has not come up
 * when the second is through. */
static void a_process_dies_when_it_is_the_worst(void)
{
	u32 large, mine, least, shmem, used;

	if (asks_first())
		return;
	large = process_of(500);
	mine = process_of(8);
	least = process_of(4);
	OP(WRITE, mine, A, 1);
	OP(WRITE, least, A, 2);
	shmem = too_much_shared_memory();
	used = m->vm->swap_info[0].inuse_pages;
	assert_int_equal(swapoff_by(mine), -9);
	assert_int_equal(lab_count(EV_OOM_KILL), 2);
	assert_true(lab_event(EV_OOM_KILL, large, 0)->number <
		    lab_event(EV_OOM_KILL, mine, 0)->number);
	assert_null(m->vm->swapoff);
	OP_FAILS(ESRCH, READ, large, A);
	OP_FAILS(ESRCH, READ, mine, A);
	assert_int_equal(OP(READ, least, A), 2);
	as_before(shmem, used);
}

static void test_a_process_dies_when_it_is_the_worst(void **state)
{
	(void)state;
	each(a_process_dies_when_it_is_the_worst);
}

/* -- 2.6: who runs it goes first -------------------------------------------------------------- */

/* Memory is full of pages of a file that are locked, and half of the shared memory is in swap. The
 * file is page cache, so vm_enough_memory thinks that all of it would fit. */
static void who_runs_it_goes_first(bool process)
{
	u32 large = process_of(500), mine = process_of(8), shmem, file, i;

	shmem = (u32)OP(SHMEM, 0, PAGES(100));
	for (i = 0; i < 100; i++)
		OP(FILE_WRITE, 0, shmem, PAGES(i), i + 1);
	lab_reclaim(4, RAM);
	file = (u32)OP(FILE, 0, PAGES(150));
	OP(MMAP, large, A + (u32)PAGES(500), PAGES(150), PROT_READ, MAP_SHARED | MAP_FIXED, file);
	OP(MLOCK, large, A + (u32)PAGES(500), PAGES(150));
	assert_int_equal(swapoff_by(process ? mine : 0), -9);
	assert_int_equal(lab_count(EV_OOM_KILL), 1);
	assert_int_equal(lab_count_of(EV_OOM_KILL, process ? mine : m->vm->swapoff->pid), 1);
	OP(MUNLOCK, large, A + (u32)PAGES(500), PAGES(150)); /* it lives */
	assert_int_equal(m->vm->swap_list_head, 0);
	for (i = 0; i < 100; i++)
		assert_int_equal(OP(FILE_READ, 0, shmem, PAGES(i)), i + 1);
	if (process)
		OP_FAILS(ESRCH, READ, mine, A);
}

static void the_program_goes_first(void)
{
	if (asks_first())
		who_runs_it_goes_first(false);
}

static void the_process_goes_first(void)
{
	if (asks_first())
		who_runs_it_goes_first(true);
}

static void test_who_runs_it_goes_first(void **state)
{
	(void)state;
	each(the_program_goes_first);
	each(the_process_goes_first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_program_dies_of_it),
		cmocka_unit_test(test_a_process_dies_when_it_is_the_worst),
		cmocka_unit_test(test_who_runs_it_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
