/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which vmas become one, on every kernel there is: the eight cases that engine/mm/mmap_2004.c
 * draws, by hand; and what keeps neighbours apart. Expected borders are written down, with the
 * version they changed in.
 */
#include "vmarow.h"

/* Pages 0 to 12 of A, anonymous or of the file; from what they are each test makes what it wants,
 * so that all of it has been promised to the process (VM_ACCOUNT). */
static void twelve(bool of_file)
{
	if (of_file)
		map_file_pages(0, 12, RW, 0, MAP_PRIVATE);
	else
		map_pages(0, 12, RW);
}

/* -- mmap: cases 1 to 3 ---------------------------------------------------------------------- */

static void test_case_1(void **state)
{
	u32 id;

	map_pages(0, 2, RW);
	map_pages(4, 6, RW);
	VMAS({ 0, 2, RW }, { 4, 6, RW });
	id = vma_of_page(0).id;
	map_pages(2, 4, RW);
	VMAS({ 0, 6, RW });
	assert_int_equal(vma_of_page(0).id, id);
}

static void test_case_2(void **state)
{
	map_pages(0, 2, RW);
	map_pages(5, 6, RW);
	map_pages(2, 4, RW);
	VMAS({ 0, 4, RW }, { 5, 6, RW });
}

static void test_case_3(void **state)
{
	u32 id;

	map_pages(4, 6, RW);
	id = vma_of_page(4).id;
	map_pages(2, 4, RW);
	VMAS({ 2, 6, RW });
	assert_int_equal(vma_of_page(2).id, id);
	map_pages(0, 1, RW);
	VMAS({ 0, 1, RW }, { 2, 6, RW });
}

/* Pages of a file must go on, and in 2.5.27 not even then. */
static void test_files(void **state)
{
	map_file_pages(0, 2, R, 10, MAP_SHARED);
	map_file_pages(4, 6, R, 14, MAP_SHARED);
	map_file_pages(2, 4, R, 12, MAP_SHARED);
	if (vm_since(&mmap_2003))
		VMAS({ 0, 6, R });
	else
		VMAS({ 0, 2, R }, { 2, 4, R }, { 4, 6, R });
	assert_int_equal(vma_of_page(0).pgoff, 10);
	assert_int_equal(vma_of_page(5).pgoff, vm_since(&mmap_2003) ? 10 : 14);
}

static void test_files_apart(void **state)
{
	u32 other = (u32)OP(FILE, 0, PAGES(64));

	map_file_pages(0, 2, R, 10, MAP_SHARED);
	map_file_pages(2, 4, R, 13, MAP_SHARED);
	map_file_pages(4, 6, R, 15, MAP_PRIVATE);
	OP(MMAP, who, AT(6), PAGES(2), R, MAP_PRIVATE | MAP_FIXED, other, PAGES(17));
	map_pages(8, 10, R);
	VMAS({ 0, 2, R }, { 2, 4, R }, { 4, 6, R }, { 6, 8, R }, { 8, 10, R });
}

/* In front of a vma its first page number must be that of the request's end. */
static void test_file_in_front(void **state)
{
	map_file_pages(4, 6, R, 20, MAP_SHARED);
	map_file_pages(2, 4, R, 18, MAP_SHARED);
	if (vm_since(&mmap_2003))
		VMAS({ 2, 6, R });
	else
		VMAS({ 2, 4, R }, { 4, 6, R });
	assert_int_equal(vma_of_page(2).pgoff, 18);
	map_file_pages(0, 2, R, 17, MAP_SHARED);
	assert_int_equal(vma_of_page(0).end, AT(2));
}

/* -- mprotect: cases 4 to 8 ------------------------------------------------------------------ */

/* Anonymous vmas merge in every kernel; those of a file from 2.6.7 on. */
static bool merges(bool of_file)
{
	return !of_file || vm_since(&mmap_2004b);
}

/* The tail of P goes over to N. */
static void case_4(bool of_file)
{
	u32 p, n;

	twelve(of_file);
	protect_pages(6, 12, R);
	p = vma_of_page(0).id;
	n = vma_of_page(6).id;
	protect_pages(4, 6, R);
	if (merges(of_file))
		VMAS({ 0, 4, RW }, { 4, 12, R });
	else
		VMAS({ 0, 4, RW }, { 4, 6, R }, { 6, 12, R });
	if (!vm_since(&mmap_2004b))
		return;
	assert_int_equal(vma_of_page(0).id, p);
	assert_int_equal(vma_of_page(4).id, n);
	assert_int_equal(vma_of_page(4).pgoff, of_file ? 4 : vma_of_page(0).pgoff + 4);
}

/* V loses its head to P. */
static void case_5(bool of_file)
{
	u32 p, v;

	twelve(of_file);
	protect_pages(0, 6, R);
	p = vma_of_page(0).id;
	v = vma_of_page(6).id;
	protect_pages(6, 9, R);
	if (merges(of_file))
		VMAS({ 0, 9, R }, { 9, 12, RW });
	else
		VMAS({ 0, 6, R }, { 6, 9, R }, { 9, 12, RW });
	if (!vm_since(&mmap_2004b))
		return;
	assert_int_equal(vma_of_page(0).id, p);
	assert_int_equal(vma_of_page(9).id, v);
	assert_int_equal(vma_of_page(9).pgoff, vma_of_page(0).pgoff + 9);
}

/* All of V changes, and three become one. */
static void case_6(bool of_file)
{
	u32 p;

	twelve(of_file);
	protect_pages(0, 4, R);
	protect_pages(8, 12, R);
	p = vma_of_page(0).id;
	protect_pages(4, 8, R);
	if (merges(of_file))
		VMAS({ 0, 12, R });
	else
		VMAS({ 0, 4, R }, { 4, 8, R }, { 8, 12, R });
	if (vm_since(&mmap_2004b))
		assert_int_equal(vma_of_page(11).id, p);
}

/* P absorbs V, what is behind it is different. */
static void case_7(bool of_file)
{
	u32 p;

	twelve(of_file);
	protect_pages(0, 4, R);
	protect_pages(8, 12, N);
	p = vma_of_page(0).id;
	protect_pages(4, 8, R);
	if (merges(of_file))
		VMAS({ 0, 8, R }, { 8, 12, N });
	else
		VMAS({ 0, 4, R }, { 4, 8, R }, { 8, 12, N });
	if (vm_since(&mmap_2004b))
		assert_int_equal(vma_of_page(4).id, p);
}

/* N vanishes in V, whose flags are changed by the caller. */
static void case_8(bool of_file)
{
	u32 v;

	twelve(of_file);
	protect_pages(0, 4, N);
	protect_pages(8, 12, R);
	v = vma_of_page(4).id;
	protect_pages(4, 8, R);
	if (merges(of_file))
		VMAS({ 0, 4, N }, { 4, 12, R });
	else
		VMAS({ 0, 4, N }, { 4, 8, R }, { 8, 12, R });
	if (vm_since(&mmap_2004b))
		assert_int_equal(vma_of_page(11).id, v);
}

/* In the middle of V: nothing to merge with, three vmas. */
static void middle(bool of_file)
{
	twelve(of_file);
	protect_pages(4, 8, R);
	VMAS({ 0, 4, RW }, { 4, 8, R }, { 8, 12, RW });
	assert_int_equal(vma_of_page(4).pgoff, of_file ? 4 : vma_of_page(4).pgoff);
	protect_pages(4, 8, RW);
	if (vm_since(&mmap_2004b))
		VMAS({ 0, 12, RW });
}

#define BOTH(name) \
	static void test_##name(void **state) { name(false); } \
	static void test_##name##_of_a_file(void **state) { name(true); }
BOTH(case_4)
BOTH(case_5)
BOTH(case_6)
BOTH(case_7)
BOTH(case_8)
BOTH(middle)

/* One call over several vmas: what it changes becomes one with what was like that. */
static void test_over_several(void **state)
{
	twelve(false);
	protect_pages(2, 4, R);
	protect_pages(6, 8, N);
	VMAS({ 0, 2, RW }, { 2, 4, R }, { 4, 6, RW }, { 6, 8, N }, { 8, 12, RW });
	protect_pages(1, 7, R);
	if (vm_since(&mmap_2004b))
		VMAS({ 0, 1, RW }, { 1, 7, R }, { 7, 8, N }, { 8, 12, RW });
	protect_pages(0, 12, R);
	if (vm_since(&mmap_2004b))
		VMAS({ 0, 12, R });
}

/* -- what keeps vmas apart ------------------------------------------------------------------- */

/* Memory that was promised to be writable is not the same as memory that was not: from 2.6.0 on. */
static void test_account(void **state)
{
	map_pages(0, 2, RW);
	protect_pages(0, 2, R);
	map_pages(2, 4, R);
	if (vm_since(&mmap_2003))
		VMAS({ 0, 2, R }, { 2, 4, R });
	else
		VMAS({ 0, 4, R });
	protect_pages(0, 4, RW);
	if (vm_since(&mmap_2004b))
		VMAS({ 0, 4, RW });
}

/* mlock and munlock merge from 2.6.13 on. In 4.0 what has no anon_vma takes over nothing that has
 * one: it wants a chain with one link, and there is none (965f55dea0e3). */
static void locked_middle(bool written, bool together)
{
	twelve(false);
	if (written)
		write_pages(0, 12);
	OP(MLOCK, who, AT(4), PAGES(4));
	VMAS({ 0, 4, RW }, { 4, 8, RW }, { 8, 12, RW });
	OP(MUNLOCK, who, AT(4), PAGES(4));
	if (together)
		VMAS({ 0, 12, RW });
	else
		VMAS({ 0, 4, RW }, { 4, 8, RW }, { 8, 12, RW });
}

static void test_locked(void **state)
{
	locked_middle(true, vm_since(&mmap_2006));
}

static void test_locked_unwritten(void **state)
{
	locked_middle(false, vm_row->mmap == &mmap_2006);
}

static void test_advice(void **state)
{
	twelve(false);
	OP(MADVISE, who, AT(4), PAGES(8), MADV_RANDOM);
	VMAS({ 0, 4, RW }, { 4, 12, RW });
	OP(MADVISE, who, AT(4), PAGES(8), MADV_NORMAL);
	if (vm_since(&mmap_2006))
		VMAS({ 0, 12, RW });
	/* What changes nothing splits nothing, from 2.6.13 on. */
	OP(MADVISE, who, AT(2), PAGES(1), MADV_NORMAL);
	if (vm_since(&mmap_2006))
		VMAS({ 0, 12, RW });
	else
		assert_int_equal(vma_of_page(2).end, AT(3));
}

/* Two anonymous vmas whose pages hang on different anon_vmas never become one. */
static void test_two_anon_vmas(void **state)
{
	map_pages(0, 2, RW);
	map_pages(4, 6, RW);
	write_pages(0, 2);
	write_pages(4, 6);
	map_pages(2, 4, RW);
	if (vm_since(&mmap_2004c))
		VMAS({ 0, 4, RW }, { 4, 6, RW });
	else
		VMAS({ 0, 6, RW });
	write_pages(2, 4);
	if (vm_since(&mmap_2004c))
		assert_int_not_equal(vma_of_page(2).anon_vma, vma_of_page(4).anon_vma);
	else
		assert_int_equal(vma_of_page(2).anon_vma, 0);
}

/* What another call could make equal one day takes the anon_vma that its neighbour has. */
static void test_find_mergeable_anon_vma(void **state)
{
	map_pages(0, 4, RW);
	map_pages(4, 8, RWX);
	map_pages(10, 12, RWX);
	write_pages(0, 1);
	write_pages(4, 5);
	write_pages(10, 11);
	VMAS({ 0, 4, RW }, { 4, 8, RWX }, { 10, 12, RWX });
	if (!vm_since(&mmap_2004c)) {
		assert_int_equal(vma_of_page(0).anon_vma, 0);
		return;
	}
	assert_int_not_equal(vma_of_page(0).anon_vma, 0);
	assert_int_equal(vma_of_page(4).anon_vma, vma_of_page(0).anon_vma);
	assert_int_not_equal(vma_of_page(10).anon_vma, vma_of_page(0).anon_vma);
	protect_pages(4, 8, RW);
	VMAS({ 0, 8, RW }, { 10, 12, RWX });
}

/* The same from below: the one behind was written first. */
static void test_anon_vma_of_the_next(void **state)
{
	map_pages(0, 4, RWX);
	map_pages(4, 8, RW);
	write_pages(5, 6);
	write_pages(1, 2);
	if (vm_since(&mmap_2004c))
		assert_int_equal(vma_of_page(0).anon_vma, vma_of_page(4).anon_vma);
	protect_pages(0, 4, RW);
	VMAS({ 0, 8, RW });
}

/* The border moves, and pages with it, to a vma that had no anon_vma: it gets the other's. The rmap
 * of each page finds it afterwards, or check() would complain. */
static void test_importer(void **state)
{
	twelve(false);
	protect_pages(6, 12, R);
	write_pages(0, 6);
	assert_true(!vm_since(&mmap_2004c) || !vma_of_page(6).anon_vma);
	protect_pages(3, 6, R);
	/* 4.0 does not let a vma without anon_vma take over pages: 965f55dea0e3. */
	if (vm_since(&mmap_2015))
		VMAS({ 0, 3, RW }, { 3, 6, R }, { 6, 12, R });
	else
		VMAS({ 0, 3, RW }, { 3, 12, R });
	if (vm_since(&mmap_2004c) && !vm_since(&mmap_2015))
		assert_int_equal(vma_of_page(3).anon_vma, vma_of_page(0).anon_vma);
	lab_mapped_by(lab_pfn(who, AT(4)), 1);
}

/* A child's vma has two anon_vmas in 4.0, and does not merge: it would drag the parent's along. */
static void test_child_of_4_0(void **state)
{
	u32 child;

	map_pages(0, 2, RW);
	write_pages(0, 2);
	child = (u32)OP(FORK, who, 0);
	OP(TOUCH, child, A, PAGES(2), 1);
	who = child;
	map_pages(2, 4, RW);
	if (vm_since(&mmap_2015))
		VMAS({ 0, 2, RW }, { 2, 4, RW });
	else
		VMAS({ 0, 4, RW });
}

/* -- what mremap makes ----------------------------------------------------------------------- */

static void move_beside(bool written)
{
	map_pages(0, 2, RW);
	OP(MMAP, who, Z, PAGES(2), RW, MAP_PRIVATE | MAP_FIXED);
	if (written)
		OP(TOUCH, who, Z, PAGES(2), 1);
	OP(MREMAP, who, Z, PAGES(2), PAGES(2), 3, AT(2));
}

static void test_moved_unwritten(void **state)
{
	move_beside(false);
	VMAS({ 0, 4, RW });
	if (vm_since(&mmap_2004c))
		assert_int_equal(vma_of_page(2).pgoff, A >> PAGE_SHIFT);
}

/* Pages that are written keep their numbers, which then do not fit to the neighbour's. */
static void test_moved_written(void **state)
{
	move_beside(true);
	if (vm_since(&mmap_2004c)) {
		VMAS({ 0, 2, RW }, { 2, 4, RW });
		assert_int_equal(vma_of_page(2).pgoff, Z >> PAGE_SHIFT);
	} else {
		VMAS({ 0, 4, RW });
	}
	assert_int_equal(OP(READ, who, AT(3)), 0);
	OP(MREMAP, who, AT(2), PAGES(2), PAGES(2), 3, Z);
	OP(TOUCH, who, Z, PAGES(2), 0);
}

/* There and back: the numbers fit again, and so does the anon_vma. */
static void test_there_and_back(void **state)
{
	map_pages(0, 6, RW);
	write_pages(0, 6);
	OP(MREMAP, who, AT(2), PAGES(2), PAGES(2), 3, Z);
	OP(MREMAP, who, Z, PAGES(2), PAGES(2), 3, AT(2));
	VMAS({ 0, 6, RW });
	write_pages(0, 6);
}

/* An old length of 0: the same pages of a shared mapping once more. */
static void test_second_mapping(void **state)
{
	map_file_pages(0, 4, RW, 0, MAP_SHARED);
	OP(WRITE, who, AT(1), 77);
	OP(MREMAP, who, AT(1), 0, PAGES(2), 3, AT(8));
	VMAS({ 0, 4, RW }, { 8, 10, RW });
	assert_int_equal(vma_of_page(8).pgoff, 1);
	assert_int_equal(OP(READ, who, AT(8)), 77);
}

static const struct CMUnitTest all[] = {
	VMA_ROW_TEST(test_case_1), VMA_ROW_TEST(test_case_2), VMA_ROW_TEST(test_case_3),
	VMA_ROW_TEST(test_files), VMA_ROW_TEST(test_files_apart), VMA_ROW_TEST(test_file_in_front),
	VMA_ROW_TEST(test_case_4), VMA_ROW_TEST(test_case_5), VMA_ROW_TEST(test_case_6),
	VMA_ROW_TEST(test_case_7), VMA_ROW_TEST(test_case_8), VMA_ROW_TEST(test_middle),
	VMA_ROW_TEST(test_case_4_of_a_file), VMA_ROW_TEST(test_case_5_of_a_file),
	VMA_ROW_TEST(test_case_6_of_a_file), VMA_ROW_TEST(test_case_7_of_a_file),
	VMA_ROW_TEST(test_case_8_of_a_file), VMA_ROW_TEST(test_middle_of_a_file),
	VMA_ROW_TEST(test_over_several), VMA_ROW_TEST(test_account), VMA_ROW_TEST(test_locked),
	VMA_ROW_TEST(test_locked_unwritten), VMA_ROW_TEST(test_advice),
	VMA_ROW_TEST(test_two_anon_vmas), VMA_ROW_TEST(test_find_mergeable_anon_vma),
	VMA_ROW_TEST(test_anon_vma_of_the_next), VMA_ROW_TEST(test_importer),
	VMA_ROW_TEST(test_child_of_4_0), VMA_ROW_TEST(test_moved_unwritten),
	VMA_ROW_TEST(test_moved_written), VMA_ROW_TEST(test_there_and_back),
	VMA_ROW_TEST(test_second_mapping),
};

int main(void)
{
	return vmarow_run("merging", all, ARRAY_SIZE(all));
}
