/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap and files asked for what cannot be, on every kernel: the errno or signal of that kernel, and
 * what is different afterwards. Nothing is, but where 2.5 finds out on the way.
 */
#include "lab.h"

#include <errno.h>
#include <string.h>

#define RAM 256u
#define AUTOMATIC ((u64)-1)
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define WORD(page) (0x5a000000u + (page))

static const struct kernel *kernel;

static void each(u32 swap, void (*test)(void))
{
	for (u32 i = 0; kernels[i]; i++) {
		kernel = kernels[i];
		lab_boot_config((struct machine_config){
			.kernel = kernel, .ram = PAGES(RAM), .swap = PAGES(swap), .cpus = 1,
			.page_cluster = -1, .events = true, .truth = true,
		});
		print_message("# %s\n", kernel->name);
		test();
		assert_int_equal(check_machine(m, &(struct violation){ 0 }, 1), 0);
		lab_destroy(NULL);
	}
}

/* 2.6 asks first whether it would fit, 2.5 finds out on the way. */
static bool asks_first(void)
{
	return strncmp(kernel->name, "2.5", 3) != 0;
}

static u32 written(u32 pages, u32 *at)
{
	u32 pid = lab_process(pages, at);

	for (u32 i = 0; i < pages; i++)
		OP(WRITE, pid, *at + PAGES(i), WORD(i));
	return pid;
}

static void expect_words(u32 pid, u32 at, u32 pages)
{
	for (u32 i = 0; i < pages; i++)
		assert_int_equal(OP(READ, pid, at + PAGES(i)), WORD(i));
}

static void push_out(void)
{
	lab_reclaim(6, RAM);
	OP(TICK, 0, 1000000000);
}

static struct swap_view area(u32 type)
{
	struct swap_view v[MAX_SWAPFILES];
	u32 n = inspect_swap(m, v, MAX_SWAPFILES);

	for (u32 i = 0; i < n; i++)
		if (v[i].type == type)
			return v[i];
	return (struct swap_view){ .type = MAX_SWAPFILES };
}

/* -- swapon ----------------------------------------------------------------------------------- */

/* Of no page there is no header, and of one there is nothing else. */
static void no_slot(void)
{
	OP_FAILS(EINVAL, SWAPON, 0, 0, AUTOMATIC);
	OP_FAILS(EINVAL, SWAPON, 0, 1, AUTOMATIC);
	OP_FAILS(EINVAL, SWAPON, 0, PAGES(1), AUTOMATIC);
	OP_FAILS(EINVAL, SWAPON, 0, PAGES(2) - 1, AUTOMATIC);
	assert_int_equal(inspect_swap(m, NULL, 0), 0);
	assert_int_equal(m->vm->total_swap_pages, 0);
	OP_FAILS(EINVAL, SWAPOFF, 0, 0);
}

static void test_no_slot(void **state)
{
	(void)state;
	each(0, no_slot);
}

/* One slot is an area: one page goes there and comes back, and what is left in it no longer
 * prevents swapoff. */
static void one_slot(void)
{
	u32 at, pid;

	assert_int_equal(OP(SWAPON, 0, PAGES(2), AUTOMATIC), 0);
	assert_int_equal(area(0).pages, 1);
	pid = written(100, &at);
	push_out();
	assert_int_equal(area(0).used, 1);
	assert_int_equal(m->vm->nr_swap_pages, 0);
	expect_words(pid, at, 100);
	OP(SWAPOFF, 0, 0);
	assert_int_equal(m->vm->total_swap_pages, 0);
	expect_words(pid, at, 100);
}

static void test_one_slot(void **state)
{
	(void)state;
	each(0, one_slot);
}

static void twice(void)
{
	struct swap_view before;

	assert_int_equal(OP(SWAPON, 0, PAGES(20), AUTOMATIC, 5), 0);
	before = area(0);
	OP_FAILS(EBUSY, SWAPON, 0, PAGES(20), AUTOMATIC, 5);
	OP_FAILS(EBUSY, SWAPON, 0, PAGES(40), 7, 5);
	assert_memory_equal(&before, &(struct swap_view[1]){ area(0) }, sizeof(before));
	assert_int_equal(inspect_swap(m, NULL, 0), 1);
	assert_int_equal(m->vm->total_swap_pages, 19);
	OP(SWAPOFF, 0, 0);
	assert_int_equal(OP(SWAPON, 0, PAGES(20), AUTOMATIC, 5), 0); /* now it is nobody's */
}

static void test_twice(void **state)
{
	(void)state;
	each(0, twice);
}

static void thirty_three(void)
{
	for (u32 i = 0; i < 32; i++)
		assert_int_equal(OP(SWAPON, 0, PAGES(2), AUTOMATIC), i);
	OP_FAILS(EPERM, SWAPON, 0, PAGES(2), AUTOMATIC);
	assert_int_equal(inspect_swap(m, NULL, 0), 32);
	assert_int_equal(m->vm->nr_swap_pages, 32);
	OP(SWAPOFF, 0, 17);
	assert_int_equal(OP(SWAPON, 0, PAGES(3), AUTOMATIC), 17); /* its place is free again */
	assert_int_equal(m->vm->nr_swap_pages, 33);
}

static void test_thirty_three(void **state)
{
	(void)state;
	each(0, thirty_three);
}

/* -- swapoff ---------------------------------------------------------------------------------- */

/*
 * 356 pages in 256 frames and an area of 511 slots: they do not all fit. Nobody can be killed for
 * it. From 2.6.0 on the call asks first, and reads nothing; in 2.5 what has come back is back, and
 * the area is in the list as before.
 */
static void does_not_fit(void)
{
	struct swap_view before, after;
	u32 at, pid = written(RAM + 100, &at);
	u64 reads;

	push_out();
	before = area(0);
	reads = m->counters.pswpin;
	m->vm->no_oom = true;
	OP_FAILS(ENOMEM, SWAPOFF, 0, 0);
	m->vm->no_oom = false;
	after = area(0);
	if (asks_first()) {
		assert_memory_equal(&before, &after, sizeof(before));
		assert_int_equal(m->counters.pswpin, reads);
	} else {
		assert_true(after.used < before.used && after.used > 0);
		assert_true(m->counters.pswpin > reads);
	}
	assert_int_equal(m->vm->swap_list_head, 0);
	assert_int_equal(m->vm->total_swap_pages, 2 * RAM - 1);
	assert_int_equal(m->vm->nr_swap_pages, (s32)(2 * RAM - 1 - after.used));
	expect_words(pid, at, RAM + 100);
	OP(EXIT, pid, 0);
	OP(SWAPOFF, 0, 0); /* and now it does */
}

static void test_does_not_fit(void **state)
{
	(void)state;
	each(2 * RAM, does_not_fit);
}

/* -- full ------------------------------------------------------------------------------------- */

/* More pages than memory and swap have together: the process dies of it; of another, that is
 * smaller, nothing is lost; and every slot comes back. */
static void full(void)
{
	struct op op = { .kind = OP_TOUCH };
	u32 at, other, at_other;

	other = written(40, &at_other);
	op.pid = (u16)lab_process(3 * RAM, &at);
	op.arg[0] = at;
	op.arg[1] = PAGES(3 * RAM);
	op.arg[2] = 1;
	assert_true(op_run(m, &op));
	assert_int_equal(op.error, -9);
	assert_int_equal(m->counters.oom_kills, 1);
	assert_null(thread_by_pid(m, op.pid));
	expect_words(other, at_other, 40);
	OP(EXIT, other, 0);
	assert_int_equal(m->vm->nr_swap_pages, RAM / 2 - 1);
	assert_int_equal(area(0).used, 0);
}

static void test_full(void **state)
{
	(void)state;
	each(RAM / 2, full);
}

/* -- a file that ends early ------------------------------------------------------------------- */

/* Behind the end there is nothing to read or write, whether it was mapped before or not; the last
 * page ends in zeros; and what was there does not come back when the file grows. */
static void truncated(void)
{
	u32 ino = (u32)OP(FILE, 0, PAGES(8)), pid = (u32)OP(TASK, 0, 0);
	u32 at = (u32)OP(MMAP, pid, 0, PAGES(8), PROT_READ | PROT_WRITE, MAP_SHARED, ino);
	u32 own = (u32)OP(MMAP, pid, 0, PAGES(8), PROT_READ | PROT_WRITE, MAP_PRIVATE, ino);

	for (u32 i = 0; i < 8; i += 2)
		OP(WRITE, pid, at + PAGES(i), WORD(i));
	OP(WRITE, pid, own + PAGES(5), WORD(5));
	OP(TRUNCATE, 0, ino, PAGES(4) + 100);
	for (u32 i = 5; i < 8; i++) {
		OP_FAILS(-7, READ, pid, at + PAGES(i));
		OP_FAILS(-7, WRITE, pid, at + PAGES(i), 1);
		OP_FAILS(-7, READ, pid, own + PAGES(i)); /* its own copy, too */
	}
	assert_int_equal(OP(READ, pid, at + PAGES(4)), WORD(4));
	assert_int_equal(OP(READ, pid, at + PAGES(4) + 100), 0);
	OP(TRUNCATE, 0, ino, PAGES(8));
	assert_int_equal(OP(READ, pid, at + PAGES(6)), 0);
}

static void test_truncated(void **state)
{
	(void)state;
	each(RAM, truncated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_slot),
		cmocka_unit_test(test_one_slot),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_thirty_three),
		cmocka_unit_test(test_does_not_fit),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
