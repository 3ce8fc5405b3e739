/* SPDX-License-Identifier: GPL-2.0-only */
/* A file gets another length: what its mappings, the page cache and the disk make of it. */
#include <errno.h>

#include "vmlab.h"
#include "rmap/rmap.h"

/* -- truncation ------------------------------------------------------------------------------ */

static void test_truncation_takes_pages_from_everybody(void **state)
{
	u32 child, pfn, at, own;

	at = (u32)OP(MMAP, pid, 0, PAGES(4), RW, MAP_PRIVATE, file, 0);
	OP(WRITE, pid, S + 0x2000, 1);
	OP(WRITE, pid, at + 0x3000, 2); /* a copy of its own */
	OP(READ, pid, at + 0x1000);
	child = (u32)OP(FORK, pid, 0);
	OP(READ, child, S + 0x2000);
	pfn = lab_pfn(child, S + 0x2000);
	own = lab_pfn(pid, at + 0x3000);
	lab_forget();
	OP(TRUNCATE, 0, file, PAGES(2));
	assert_int_equal(lab_count_of(EV_CACHE_DEL, pfn), 1);
	assert_int_equal(lab_count_of(EV_PAGE_FREE, pfn), 1);
	assert_int_equal(lab_count_of(EV_PAGE_FREE, own), 1);
	/* Off the LRU list by its last user, after it left the cache. */
	assert_int_equal(lab_count_before(EV_CACHE_DEL, lab_event(EV_LRU_DEL, pfn, 0)), 1);
	assert_int_equal(lab_count(EV_WRITEBACK), 0);
	OP_FAILS(BUS, READ, pid, S + 0x2000);
	OP_FAILS(BUS, READ, child, S + 0x2000);
	OP_FAILS(BUS, READ, pid, at + 0x3000);
	OP_FAILS(EFBIG, FILE_WRITE, 0, file, 0x2000, 1);
	OP_FAILS(EINVAL, FILE_READ, 0, file, 0x2000);
	OP(READ, pid, at + 0x1000);
	OP(WRITE, pid, S + 0x1000, 5);
}

static void test_what_grows_again_is_zeros(void **state)
{
	u32 i;

	for (i = 0; i < 4; i++) {
		OP(WRITE, pid, S + (i << PAGE_SHIFT), 10 + i);
		OP(WRITE, pid, S + (i << PAGE_SHIFT) + 2048, 20 + i);
	}
	OP(SYNC, 0, 0);
	OP(TRUNCATE, 0, file, PAGES(1) + 2046);
	OP(TRUNCATE, 0, file, PAGES(9)); /* more blocks than it had */
	assert_int_equal(OP(READ, pid, S), 10);
	assert_int_equal(OP(READ, pid, S + 2048), 20);
	assert_int_equal(OP(READ, pid, S + 0x1000), 11);
	assert_int_equal(OP(READ, pid, S + 0x1800), 0);
	assert_int_equal(OP(READ, pid, S + 0x2000), 0);
	assert_int_equal(OP(FILE_READ, 0, file, 0x8000), 0);
	OP(FILE_WRITE, 0, file, 0x8000, 99);
	evict_file();
	assert_int_equal(OP(FILE_READ, 0, file, 0x8000), 99);
	assert_int_equal(OP(READ, pid, S + 0x1000), 11);
	assert_int_equal(OP(READ, pid, S + 0x1800), 0); /* on the disk, too */
}

/* The part of the last page is cleared if it is not in memory, too. */
static void test_the_last_page_is_read_to_be_cleared(void **state)
{
	OP(FILE_WRITE, 0, file, 100, 7);
	evict_file();
	lab_forget();
	OP(TRUNCATE, 0, file, 50);
	assert_int_equal(lab_count(EV_READ), 1);
	assert_int_equal(dirty_pages(), 1);
	OP(TRUNCATE, 0, file, PAGES(1));
	assert_int_equal(OP(FILE_READ, 0, file, 100), 0);
}

/* A page that is being written is waited for, and then taken. */
static void test_truncation_waits_for_writes(void **state)
{
	u32 pfn;

	OP(WRITE, pid, S, 1);
	pfn = lab_pfn(pid, S);
	OP(MSYNC, pid, S, PAGES(1), MS_ASYNC);
	lab_forget();
	OP(TRUNCATE, 0, file, 0);
	assert_int_equal(lab_count_before(EV_WRITEBACK_END, lab_event(EV_CACHE_DEL, pfn, 0)), 1);
	OP_FAILS(BUS, READ, pid, S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VM_TEST(test_truncation_takes_pages_from_everybody),
		VM_TEST(test_what_grows_again_is_zeros),
		VM_TEST(test_the_last_page_is_read_to_be_cleared),
		VM_TEST(test_truncation_waits_for_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
