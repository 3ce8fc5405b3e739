/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests for pages that are made to fail: every so manieth, so many times, of those that can
 * wait, of those that cannot, or of both; and what becomes of who asked. On every kernel.
 */
#include "eras.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAN_WAIT FAIL_WAIT
#define CANNOT FAIL_ATOMIC

static u32 refused;   /* bit i: the i-th request of ten got nothing */

static void ten_requests(void *mask)
{
	u32 gfp_mask = *(const u32 *)mask, i;

	for (i = refused = 0; i < 10; i++) {
		struct page *page = alloc_page(gfp_mask);

		if (page)
			__free_page(page);
		else
			refused |= 1u << i;
	}
}

static u32 refused_of(u32 gfp_mask)
{
	lab_run(ten_requests, &gfp_mask);
	return refused;
}

/* The third, the sixth, and then no more. */
static void every_third_twice(void **state)
{
	OP(ALLOC_ERROR, 0, 3, 2, CAN_WAIT);
	assert_int_equal(refused_of(GFP_ATOMIC), 0);
	assert_int_equal(refused_of(GFP_KERNEL), 1u << 2 | 1u << 5);
	assert_int_equal(refused_of(GFP_KERNEL), 0);
	assert_int_equal(m->counters.alloc_errors, 2);
}

static void who_cannot_wait(void **state)
{
	OP(ALLOC_ERROR, 0, 5, 10, CANNOT);
	assert_int_equal(refused_of(GFP_KERNEL), 0);
	assert_int_equal(refused_of(GFP_ATOMIC), 1u << 4 | 1u << 9);
	OP(ALLOC_ERROR, 0, 1, 0, CANNOT);
	assert_int_equal(refused_of(GFP_ATOMIC), 0);
}

static void both(void **state)
{
	OP(ALLOC_ERROR, 0, 10, 2, CAN_WAIT | CANNOT);
	assert_int_equal(refused_of(GFP_KERNEL), 1u << 9);
	assert_int_equal(refused_of(GFP_ATOMIC), 1u << 9);
}

/* Until somebody says that it is enough. */
static void always(void **state)
{
	OP(ALLOC_ERROR, 0, 2, UINT32_MAX, CANNOT);
	assert_int_equal(refused_of(GFP_ATOMIC), 0x2aa);
	assert_int_equal(m->vm->fail_page_alloc.times, UINT32_MAX);
	OP(ALLOC_ERROR, 0, 1, 0, CANNOT);
	assert_int_equal(refused_of(GFP_ATOMIC), 0);
}

/* A fault without a page is the end of its process, in all of them; nobody else is hurt. */
static void a_fault(void **state)
{
	u32 at, who = lab_process(2, &at), other_at, other = lab_process(1, &other_at);

	OP(WRITE, who, at, 1);
	OP(ALLOC_ERROR, 0, 1, 1, CAN_WAIT);
	OP_FAILS(-9, WRITE, who, at + PAGE_SIZE, 2);
	OP_FAILS(ESRCH, READ, who, at);
	OP(WRITE, other, other_at, 3);
	assert_int_equal(m->counters.oom_kills, 1);
}

/* The page directory is the first that a new process wants. */
static void a_new_process(void **state)
{
	OP(ALLOC_ERROR, 0, 1, 1, CAN_WAIT);
	OP_FAILS(ENOMEM, TASK, 0, 0);
	OP(TASK, 0, 0);
}

static void bad_arguments(void **state)
{
	OP_FAILS(EINVAL, ALLOC_ERROR, 0, 0, 1, CAN_WAIT);
	OP_FAILS(EINVAL, ALLOC_ERROR, 0, 1, 1, 0);
	OP_FAILS(EINVAL, ALLOC_ERROR, 0, 1, 1, 4);
	OP_FAILS(EINVAL, ALLOC_ERROR, 0, 1ull << 32, 1, CAN_WAIT);
	OP_FAILS(EINVAL, ALLOC_ERROR, 0, 1, 1ull << 32, CAN_WAIT);
}

/* It is a part of the machine's state. */
static void it_is_in_the_dump(void **state)
{
	char *dump;

	OP(ALLOC_ERROR, 0, 7, 2, CAN_WAIT);
	dump = dump_machine(m);
	assert_non_null(strstr(dump, "fail_page_alloc who 2 every 7 times 2 seen 0\n"));
	free(dump);
}

int main(void)
{
	static const struct era_test tests[] = {
		ERA_TEST(every_third_twice),
		ERA_TEST(who_cannot_wait),
		ERA_TEST(both),
		ERA_TEST(always),
		ERA_TEST(a_fault),
		ERA_TEST(a_new_process),
		ERA_TEST(bad_arguments),
		ERA_TEST(it_is_in_the_dump),
	};

	return eras_run_all(tests, ARRAY_SIZE(tests));
}
