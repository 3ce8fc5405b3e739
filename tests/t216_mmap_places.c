/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a mapping goes that asked for no place, where the heap ends, and what a child gets, on
 * every kernel there is. Expected addresses are written down, with the version they changed in.
 */
#include "vmarow.h"

#include <errno.h>

#define LOW 0x40000000u
#define BASE 0xb8000000u /* mmap_base: 0xc0000000 less 128 MiB */

/* -- where it goes --------------------------------------------------------------------------- */

static u32 anywhere(u32 pages)
{
	return (u32)OP(MMAP, who, 0, PAGES(pages), RW, MAP_PRIVATE);
}

static void test_direction(void **state)
{
	u32 one = anywhere(1), two = anywhere(3);

	assert_int_equal(vm_row->top_down_mmap, vm_since(&mmap_2004d));
	if (vm_since(&mmap_2004d)) {
		assert_int_equal(one, BASE - PAGES(1));
		assert_int_equal(two, BASE - PAGES(4));
	} else {
		assert_int_equal(one, LOW);
		assert_int_equal(two, LOW + PAGES(1));
	}
}

/*
 * Ten pages, the fourth of them unmapped; then a mapping that does not fit into the hole, and one
 * that does. 2.5.27 and 4.0 look from the beginning; in between the search goes on from the mark
 * and leaves the hole behind. 2.6.16 would remember it, but from above it only sees holes that the
 * place it tries begins in.
 */
static void test_passed_over(void **state)
{
	u32 first = anywhere(10), hole, two, one;

	hole = first + (u32)PAGES(vm_since(&mmap_2004d) ? 6 : 3);
	OP(MUNMAP, who, hole, PAGES(1));
	two = anywhere(2);
	one = anywhere(1);
	assert_int_equal(two, vm_since(&mmap_2004d) ? BASE - PAGES(12) : LOW + PAGES(10));
	if (!vm_since(&mmap_2003) || vm_since(&mmap_2015))
		assert_int_equal(one, hole);
	else
		assert_int_equal(one, vm_since(&mmap_2004d) ? BASE - PAGES(13) : LOW + PAGES(12));
}

/* The same with two holes, a page apart: three pages below the upper end of the upper one begin in
 * the lower one, which 2.6.16 then knows of. It begins anew and finds the upper one. */
static void test_cached_hole(void **state)
{
	u32 first, one;

	if (!vm_since(&mmap_2004d))
		return;
	first = anywhere(10);
	OP(MUNMAP, who, first + PAGES(6), PAGES(1));
	OP(MUNMAP, who, first + PAGES(4), PAGES(1));
	assert_int_equal(anywhere(3), BASE - PAGES(13));
	one = anywhere(1);
	assert_int_equal(one, vm_since(&mmap_2006) ? first + PAGES(6) : BASE - PAGES(14));
}

/* What was just unmapped is found again by all. */
static void test_found_again(void **state)
{
	u32 first = anywhere(10), hole = first + (u32)PAGES(4);

	OP(MUNMAP, who, hole, PAGES(2));
	assert_int_equal(anywhere(2), hole);
}

/* A hint that is free is taken, as a whole page: the next, from 2.6.24 on its own. Else it says
 * nothing. */
static void test_hint(void **state)
{
	u32 page = vm_since(&mmap_2015) ? AT(0) : AT(1);

	assert_int_equal(OP(MMAP, who, A + 5, PAGES(1), RW, MAP_PRIVATE), page);
	assert_int_equal(OP(MMAP, who, page, PAGES(1), RW, MAP_PRIVATE),
			 vm_since(&mmap_2004d) ? BASE - PAGE_SIZE : LOW);
}

/* Larger than what is left in the search's direction: the other end is tried, and then it is
 * ENOMEM. 2.5.27 does not look below 40000000 at all. */
static void test_large(void **state)
{
	u64 half = 0x70000000;
	u32 at = (u32)OP(MMAP, who, 0, half, R, MAP_PRIVATE);

	assert_int_equal(at, vm_since(&mmap_2004d) ? BASE - half : LOW);
	OP_FAILS(ENOMEM, MMAP, who, 0, 0x60000000, R, MAP_PRIVATE);
	OP(MUNMAP, who, at, half);
	assert_int_equal(OP(MMAP, who, 0, half, R, MAP_PRIVATE), at);
}

/* -- brk ------------------------------------------------------------------------------------- */

static void test_brk(void **state)
{
	const u32 heap = 0x08048000;
	struct vma_view v[2];

	assert_int_equal(OP(BRK, who, 0), heap);
	assert_int_equal(OP(BRK, who, heap + 5), heap + 5);
	assert_int_equal(OP(BRK, who, heap + 0x3001), heap + 0x3001);
	assert_int_equal(all_vmas(v, 2), 1);
	assert_int_equal(v[0].start, heap);
	assert_int_equal(v[0].end, heap + 0x4000);
	assert_int_equal(!(v[0].flags & VM_EXEC), vm_since(&mmap_2004c)); /* NX: 2.6.8 */
	/* One free page is left between the heap and what is above it. */
	OP(MMAP, who, heap + 0x6000, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED);
	assert_int_equal(OP(BRK, who, heap + 0x5001), heap + 0x3001);
	assert_int_equal(OP(BRK, who, heap + 0x5000), heap + 0x5000);
	assert_int_equal(OP(BRK, who, heap + 1), heap + 1);
	assert_int_equal(all_vmas(v, 2), 2);
	assert_int_equal(v[0].end, heap + 0x1000);
	assert_int_equal(OP(BRK, who, heap - 1), heap + 1);
}

/* -- fork ------------------------------------------------------------------------------------ */

static void test_dontfork(void **state)
{
	u32 child;

	map_pages(0, 12, RW);
	write_pages(0, 12);
	if (!vm_since(&mmap_2006)) {
		OP_FAILS(EINVAL, MADVISE, who, AT(4), PAGES(4), MADV_DONTFORK);
		return;
	}
	OP(MADVISE, who, AT(4), PAGES(4), MADV_DONTFORK);
	child = (u32)OP(FORK, who, 0);
	OP_FAILS(-11, READ, child, AT(4));
	OP(READ, child, AT(8));
	OP(MADVISE, who, AT(4), PAGES(4), MADV_DOFORK);
	VMAS({ 0, 12, RW });
	child = (u32)OP(FORK, who, 0);
	OP(READ, child, AT(4));
}

static const struct CMUnitTest all[] = {
	VMA_ROW_TEST(test_direction), VMA_ROW_TEST(test_passed_over),
	VMA_ROW_TEST(test_cached_hole), VMA_ROW_TEST(test_found_again), VMA_ROW_TEST(test_hint),
	VMA_ROW_TEST(test_large), VMA_ROW_TEST(test_brk), VMA_ROW_TEST(test_dontfork),
};

int main(void)
{
	return vmarow_run("places", all, ARRAY_SIZE(all));
}
