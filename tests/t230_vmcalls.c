/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls that change mappings, mprotect, mlock, madvise, msync and mincore: errors (of mremap
 * and truncation as well), vmas, ptes bit by bit, content.
 */
#include <errno.h>

#include "vmlab.h"
#include "rmap/rmap.h"

/* -- errors ---------------------------------------------------------------------------------- */

static const struct row {
	u8 kind;
	u64 arg[5];
	s32 error;
} rows[] = {
	/* mprotect: whole pages, known bits, no hole; PROT_SEM looks like VM_SHARED */
	{ OP_MPROTECT, { A + 1, PAGES(1), 1 }, EINVAL },
	{ OP_MPROTECT, { A, PAGES(1), 16 }, EINVAL },
	{ OP_MPROTECT, { 0xfffff000, PAGES(2), 1 }, EINVAL },
	{ OP_MPROTECT, { A, 0, 1 }, 0 },
	{ OP_MPROTECT, { HOLE, 0, 1 }, 0 },
	{ OP_MPROTECT, { A, 0xfffff001, 1 }, 0 }, /* rounded up it is 0 */
	{ OP_MPROTECT, { HOLE, PAGES(1), 1 }, ENOMEM },
	{ OP_MPROTECT, { A, PAGES(1), RW | PROT_SEM }, EACCES },
	{ OP_MPROTECT, { S, PAGES(1), RW | PROT_SEM }, 0 },
	{ OP_MPROTECT, { A, 1ull << 32, 1 }, EINVAL },
	/* mlock rounds to whole pages itself */
	{ OP_MLOCK, { A, 0 }, 0 },
	{ OP_MLOCK, { HOLE, PAGES(1) }, ENOMEM },
	{ OP_MLOCK, { A, PAGES(257) }, ENOMEM }, /* more than half of 512 frames */
	{ OP_MUNLOCK, { HOLE, PAGES(1) }, ENOMEM },
	{ OP_MUNLOCK, { A, PAGES(0x80000) }, ENOMEM }, /* far into nothing */
	{ OP_MUNLOCK, { 0xfffff000, PAGES(2) }, EINVAL },
	{ OP_MUNLOCK, { A, PAGES(8) }, 0 },
	/* madvise goes on behind a hole; who is asked first decides */
	{ OP_MADVISE, { A + 1, PAGES(1), 0 }, EINVAL },
	{ OP_MADVISE, { 0xfffff000, PAGES(2), 0 }, EINVAL },
	{ OP_MADVISE, { A, 0, 99 }, 0 },
	{ OP_MADVISE, { A, PAGES(1), 5 }, EINVAL },
	{ OP_MADVISE, { HOLE, PAGES(1), 5 }, ENOMEM },
	{ OP_MADVISE, { A, PAGES(16), MADV_DONTNEED }, ENOMEM },
	{ OP_MADVISE, { A, PAGES(1), MADV_WILLNEED }, EBADF },
	{ OP_MADVISE, { 0x70000000, PAGES(1), MADV_DONTNEED }, ENOMEM },
	/* msync */
	{ OP_MSYNC, { A, PAGES(1), 8 }, EINVAL },
	{ OP_MSYNC, { A + 1, PAGES(1), MS_SYNC }, EINVAL },
	{ OP_MSYNC, { 0xfffff000, PAGES(2), MS_SYNC }, ENOMEM },
	{ OP_MSYNC, { HOLE, PAGES(1), MS_SYNC }, ENOMEM },
	{ OP_MSYNC, { A, PAGES(1), MS_SYNC | MS_ASYNC }, 0 },
	{ OP_MSYNC, { A, 0, MS_SYNC }, 0 },
	/* mincore knows files only */
	{ OP_MINCORE, { A, PAGES(1) }, ENOMEM },
	{ OP_MINCORE, { S, PAGES(5) }, ENOMEM },
	{ OP_MINCORE, { S + 4, PAGES(1) }, EINVAL },
	{ OP_MINCORE, { S, PAGES(257) }, EINVAL }, /* the operation's own limit */
	{ OP_MINCORE, { HOLE, 0 }, 0 },
	/* mremap */
	{ OP_MREMAP, { A, PAGES(8), PAGES(8), 4 }, EINVAL },
	{ OP_MREMAP, { A + 1, PAGES(8), PAGES(8), 1 }, EINVAL },
	{ OP_MREMAP, { A, PAGES(8), PAGES(8), MREMAP_FIXED, 0x60000000 }, EINVAL },
	{ OP_MREMAP, { A, PAGES(8), PAGES(8), 3, 0x60000001 }, EINVAL },
	{ OP_MREMAP, { A, PAGES(8), PAGES(8), 3, A }, EINVAL },            /* into itself */
	{ OP_MREMAP, { A, PAGES(8), PAGES(8), 3, A + 0x7000 }, EINVAL },
	{ OP_MREMAP, { A, PAGES(8), PAGES(8), 3, A - 0x7000 }, EINVAL },
	{ OP_MREMAP, { A, PAGES(8), PAGES(9), 3, 0xbfff8000 }, EINVAL },   /* into the kernel */
	{ OP_MREMAP, { A, 0, 0, 3, 0x60000000 }, EINVAL },                 /* to a length of 0 */
	{ OP_MREMAP, { HOLE, PAGES(1), PAGES(2), 1 }, EFAULT },
	{ OP_MREMAP, { A, PAGES(9), PAGES(10), 1 }, EFAULT },              /* over the border */
	{ OP_MREMAP, { A, PAGES(2), PAGES(3), 0 }, ENOMEM },               /* not at the end */
	{ OP_MREMAP, { A, PAGES(8), PAGES(13), 0 }, ENOMEM },              /* B is in the way */
	{ OP_MREMAP, { A, PAGES(8), 0xc0001000, 1 }, ENOMEM },
	{ OP_MREMAP, { HOLE, PAGES(2), PAGES(2), 0 }, 0 },                 /* nobody looks */
	{ OP_MREMAP, { 0xd0000000, PAGES(2), PAGES(1), 0 }, 0 },
};

static void call(const struct row *row)
{
	u64 arg[6] = { 0 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(row->arg); i++)
		arg[i] = row->arg[i];
	lab_op_fails(row->error, row->kind, pid, arg);
}

static void test_errors(void **state)
{
	u32 i, before;

	OP(TOUCH, pid, A, PAGES(8), 1);
	before = raw(pid, A);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].kind == OP_MADVISE)
			continue;
		call(&rows[i]);
		assert_int_equal(raw(pid, A), before);
		assert_int_equal(task().rss, 8);
		assert_int_equal(task().map_count, 3);
	}
	VMAS({ A, A + 0x8000, F_RW }, THE_REST);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == OP_MADVISE)
			call(&rows[i]);
	VMAS({ A, A + 0x8000, F_RW }, THE_REST);
	assert_int_equal(task().rss, 0); /* the advice over a hole was taken before and behind it */
}

/* A file in the page cache is of no process: its errors. */
static void test_errors_of_truncation(void **state)
{
	OP_FAILS(EBADF, TRUNCATE, 0, 99, 0);
	OP_FAILS(EFBIG, TRUNCATE, 0, file, 1ull << 45);
	OP_FAILS(ENOSPC, TRUNCATE, 0, file, 1ull << 34); /* the disk has 4 GiB */
	OP(TRUNCATE, 0, file, PAGES(4));
}

/* -- mprotect -------------------------------------------------------------------------------- */

static void test_mprotect_ptes_bit_by_bit(void **state)
{
	u32 pfn, slot;

	OP(TOUCH, pid, A, PAGES(3), 1);
	OP(READ, pid, A + 0x3000);
	pfn = lab_pfn(pid, A);
	send_to_swap(pid, A + 0x2000);
	slot = raw(pid, A + 0x2000);
	assert_int_equal(bits(pid, A), WRITTEN);

	OP(MPROTECT, pid, A, PAGES(4), PROT_READ);
	assert_int_equal(raw(pid, A), pfn << PAGE_SHIFT | PROTECTED);
	assert_int_equal(bits(pid, A + 0x3000), READ_ONLY); /* the zero page */
	assert_int_equal(raw(pid, A + 0x2000), slot);
	OP_FAILS(SEGV, WRITE, pid, A, 1);

	OP(MPROTECT, pid, A, PAGES(4), 0);
	assert_int_equal(raw(pid, A), pfn << PAGE_SHIFT | NOBODY);
	assert_mapped_once(pfn, pid, A);
	OP_FAILS(SEGV, READ, pid, A);

	OP(MPROTECT, pid, A, PAGES(4), RW);
	assert_int_equal(raw(pid, A), pfn << PAGE_SHIFT | PROTECTED); /* the next write finds out */
	lab_forget();
	OP(WRITE, pid, A, 5);
	assert_int_equal(lab_count(EV_COW_REUSE), 1);
	assert_int_equal(raw(pid, A), pfn << PAGE_SHIFT | WRITTEN);
	OP(WRITE, pid, A + 0x2000, 6); /* from swap */
}

/* A shared mapping has nothing to copy: its ptes become writable at once, D as it was. */
static void test_mprotect_of_a_shared_mapping(void **state)
{
	OP(READ, pid, S);
	OP(WRITE, pid, S + 0x1000, 1);
	assert_int_equal(bits(pid, S), 0x027);
	OP(MPROTECT, pid, S, PAGES(2), PROT_READ);
	assert_int_equal(bits(pid, S), READ_ONLY);
	assert_int_equal(bits(pid, S + 0x1000), PROTECTED);
	OP(MPROTECT, pid, S, PAGES(2), RW);
	assert_int_equal(bits(pid, S), 0x027);
	assert_int_equal(bits(pid, S + 0x1000), WRITTEN);
}

static void test_mprotect_flushes_once(void **state)
{
	u32 i, pte;

	OP(TOUCH, pid, A, PAGES(8), 1);
	lab_forget();
	OP(MPROTECT, pid, A, PAGES(8), PROT_READ);
	assert_int_equal(lab_count(EV_TLB_FLUSH), 1);
	assert_int_equal(lab_count(EV_PTE_CLEAR), 8);
	assert_int_equal(lab_count(EV_PTE_SET), 8);
	for (i = 0, pte = A; i < 8; i++, pte += PAGE_SIZE) { /* cleared, set, the next */
		assert_int_equal(lab_event(EV_PTE_CLEAR, pid, i)->a[1], pte);
		assert_int_equal(lab_event(EV_PTE_SET, pid, i)->a[1], pte);
		assert_int_equal(lab_count_before(EV_PTE_CLEAR, lab_event(EV_PTE_SET, pid, i)),
				 i + 1);
	}
	assert_int_equal(lab_count_before(EV_PTE_SET, lab_first(EV_TLB_FLUSH)), 8);
}

static void test_mprotect_splits_and_merges(void **state)
{
	OP(MPROTECT, pid, A + 0x2000, PAGES(2), PROT_READ); /* the middle */
	VMAS({ A, A + 0x2000, F_RW }, { A + 0x2000, A + 0x4000, VM_READ },
	     { A + 0x4000, A + 0x8000, F_RW }, THE_REST);
	OP(MPROTECT, pid, A + 0x4000, PAGES(1), PROT_READ); /* a beginning, onto the one before */
	VMAS({ A, A + 0x2000, F_RW }, { A + 0x2000, A + 0x5000, VM_READ },
	     { A + 0x5000, A + 0x8000, F_RW }, THE_REST);
	OP(MPROTECT, pid, A + 0x7000, PAGES(1), PROT_READ); /* an end */
	VMAS({ A, A + 0x2000, F_RW }, { A + 0x2000, A + 0x5000, VM_READ },
	     { A + 0x5000, A + 0x7000, F_RW }, { A + 0x7000, A + 0x8000, VM_READ }, THE_REST);
	OP(MPROTECT, pid, A, PAGES(1), PROT_READ); /* a beginning with nobody before it */
	VMAS({ A, A + 0x1000, VM_READ }, { A + 0x1000, A + 0x2000, F_RW },
	     { A + 0x2000, A + 0x5000, VM_READ }, { A + 0x5000, A + 0x7000, F_RW },
	     { A + 0x7000, A + 0x8000, VM_READ }, THE_REST);
	/* What changes becomes part of the one before it; what needs no change is not merged,
	 * unless it lies right behind the range. */
	OP(MPROTECT, pid, A, PAGES(8), PROT_READ);
	VMAS({ A, A + 0x2000, VM_READ }, { A + 0x2000, A + 0x7000, VM_READ },
	     { A + 0x7000, A + 0x8000, VM_READ }, THE_REST);
	OP(MPROTECT, pid, A + 0x2000, PAGES(5), RW);
	OP(MPROTECT, pid, A + 0x2000, PAGES(5), PROT_READ);
	VMAS({ A, A + 0x8000, VM_READ }, THE_REST);
	assert_int_equal(task().map_count, 3);
}

/* Mappings of files are split and never merged again; the offsets go with the pieces. */
static void test_mprotect_of_a_file(void **state)
{
	struct vma_view vmas[8];
	u32 i, n;

	OP(MPROTECT, pid, S + 0x1000, PAGES(2), PROT_READ);
	OP(MPROTECT, pid, S, PAGES(4), RW);
	n = inspect_vmas(m, pid, vmas, ARRAY_SIZE(vmas));
	assert_int_equal(n, 5);
	for (i = 2; i < n; i++) {
		assert_int_equal(vmas[i].pgoff, (vmas[i].start - S) >> PAGE_SHIFT);
		assert_int_equal(vmas[i].inode, file);
	}
	OP(WRITE, pid, S + 0x3000, 77);
	assert_int_equal(OP(FILE_READ, 0, file, 0x3000), 77);
}

static void test_mprotect_up_to_a_hole(void **state)
{
	OP(TOUCH, pid, A, PAGES(8), 1);
	OP(WRITE, pid, B, 1);
	OP_FAILS(ENOMEM, MPROTECT, pid, A + 0x4000, PAGES(10), PROT_READ);
	VMAS({ A, A + 0x4000, F_RW }, { A + 0x4000, A + 0x8000, VM_READ }, THE_REST);
	assert_int_equal(bits(pid, A + 0x7000), PROTECTED);
	OP_FAILS(SEGV, WRITE, pid, A + 0x7000, 1);
	OP(WRITE, pid, B, 2);
}

/* -- mlock ----------------------------------------------------------------------------------- */

static void test_mlock(void **state)
{
	u32 i, pfn;

	OP(MLOCK, pid, A + 0x2001, PAGES(2)); /* three pages are touched by that */
	VMAS({ A, A + 0x2000, F_RW }, { A + 0x2000, A + 0x5000, F_RW | VM_LOCKED },
	     { A + 0x5000, A + 0x8000, F_RW }, THE_REST);
	assert_int_equal(task().locked_vm, 3);
	assert_int_equal(task().rss, 3);
	for (i = 2; i < 5; i++)
		assert_int_equal(bits(pid, A + (i << PAGE_SHIFT)), WRITTEN);
	pfn = lab_pfn(pid, A + 0x2000);
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_FAIL);
	OP(RECLAIM, 0, 400);
	assert_int_equal(lab_pfn(pid, A + 0x2000), pfn);

	OP(MUNLOCK, pid, A, PAGES(8));
	assert_int_equal(task().locked_vm, 0);
	VMAS({ A, A + 0x2000, F_RW }, { A + 0x2000, A + 0x5000, F_RW }, /* not merged again */
	     { A + 0x5000, A + 0x8000, F_RW }, THE_REST);
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
}

static void test_mlock_up_to_a_hole(void **state)
{
	OP_FAILS(ENOMEM, MLOCK, pid, A + 0x6000, PAGES(4));
	VMAS({ A, A + 0x6000, F_RW }, { A + 0x6000, A + 0x8000, F_RW | VM_LOCKED }, THE_REST);
	assert_int_equal(task().rss, 2);
}

/* Half of memory is the limit, and what is locked twice counts twice. */
static void test_mlock_has_a_limit(void **state)
{
	OP(MMAP, pid, FAR, PAGES(300), PROT_READ, MAP_PRIVATE | MAP_FIXED);
	OP(MLOCK, pid, FAR, PAGES(200));
	OP(MLOCK, pid, FAR, PAGES(56));
	OP_FAILS(ENOMEM, MLOCK, pid, FAR, PAGES(57));
	assert_int_equal(task().locked_vm, 200);
}

static void test_locked_memory_moves_and_grows(void **state)
{
	u32 child;

	OP(MLOCK, pid, A, PAGES(2));
	assert_int_equal(OP(MREMAP, pid, A, PAGES(2), PAGES(3), 3, FAR), FAR);
	assert_int_equal(task().locked_vm, 3);
	assert_int_equal(task().rss, 3); /* the third is there at once */
	assert_int_equal(OP(MREMAP, pid, FAR, PAGES(3), PAGES(5), 0), FAR);
	assert_int_equal(task().locked_vm, 5);
	assert_int_equal(task().rss, 5);
	child = (u32)OP(FORK, pid, 0);
	pid = child;
	assert_int_equal(task().rss, 5);
	OP(MLOCK, child, FAR, PAGES(5)); /* a child's copy is not locked */
}

static void test_what_must_not_be_touched_is_not_made_present(void **state)
{
	OP(MPROTECT, pid, A, PAGES(8), 0);
	OP(MLOCK, pid, A, PAGES(8));
	assert_int_equal(task().locked_vm, 8);
	assert_int_equal(task().rss, 0);
}

/* -- madvise --------------------------------------------------------------------------------- */

static void test_dontneed(void **state)
{
	u32 pfn;

	OP(WRITE, pid, A, 1);
	OP(WRITE, pid, A + 0x1000, 2);
	OP(WRITE, pid, S, 3);
	send_to_swap(pid, A + 0x1000);
	pfn = lab_pfn(pid, S);
	OP(MADVISE, pid, A, PAGES(2), MADV_DONTNEED);
	OP(MADVISE, pid, S, PAGES(1), MADV_DONTNEED);
	assert_int_equal(task().rss, 0);
	assert_int_equal(OP(READ, pid, A), 0);
	assert_int_equal(OP(READ, pid, A + 0x1000), 0);
	assert_int_equal(OP(READ, pid, S), 3); /* the file has it */
	assert_int_equal(lab_pfn(pid, S), pfn);
}

static void test_dontneed_stops_at_what_is_locked(void **state)
{
	OP(TOUCH, pid, A, PAGES(8), 1);
	OP(MLOCK, pid, A + 0x4000, PAGES(1));
	OP_FAILS(EINVAL, MADVISE, pid, A, PAGES(8), MADV_DONTNEED);
	assert_int_equal(raw(pid, A + 0x3000), 0);
	assert_int_equal(bits(pid, A + 0x4000), WRITTEN);
	assert_int_equal(bits(pid, A + 0x5000), WRITTEN);
	assert_int_equal(task().rss, 4);
}

static void test_willneed_reads_ahead(void **state)
{
	lab_forget();
	OP(MADVISE, pid, S + 0x1000, PAGES(3), MADV_WILLNEED);
	assert_int_equal(lab_count(EV_READ), 3);
	assert_int_equal(task().rss, 0);
	OP(TICK, 0, 1000000000);
	lab_forget();
	OP(READ, pid, S + 0x2000);
	assert_int_equal(lab_count(EV_READ), 0);
}

static void test_advice_about_reading_splits(void **state)
{
	OP(MADVISE, pid, A + 0x1000, PAGES(1), MADV_RANDOM);
	OP(MADVISE, pid, A + 0x2000, PAGES(6), MADV_SEQUENTIAL);
	VMAS({ A, A + 0x1000, F_RW }, { A + 0x1000, A + 0x2000, F_RW | VM_RAND_READ },
	     { A + 0x2000, A + 0x8000, F_RW | VM_SEQ_READ }, THE_REST);
	OP(MADVISE, pid, A, PAGES(8), MADV_NORMAL);
	VMAS({ A, A + 0x1000, F_RW }, { A + 0x1000, A + 0x2000, F_RW },
	     { A + 0x2000, A + 0x8000, F_RW }, THE_REST);
}

/* -- msync and mincore ----------------------------------------------------------------------- */

static void test_msync(void **state)
{
	OP(WRITE, pid, S, 1);
	OP(WRITE, pid, S + 0x3000, 2);
	lab_forget();
	OP(MSYNC, pid, S, PAGES(1), 0); /* only the D bit moves */
	assert_int_equal(bits(pid, S), 0x027);
	assert_int_equal(bits(pid, S + 0x3000), WRITTEN);
	assert_int_equal(dirty_pages(), 1);
	assert_int_equal(lab_count(EV_WRITEBACK), 0);
	assert_int_equal(lab_count(EV_PTE_CLEAN), 1);

	OP(MSYNC, pid, S, PAGES(4), MS_SYNC);
	assert_int_equal(lab_count(EV_WRITEBACK), 2);
	assert_int_equal(lab_count(EV_WRITEBACK_END), 2);
	assert_int_equal(dirty_pages(), 0);
	OP(WRITE, pid, S, 3); /* the TLB has forgotten that it was dirty */
	assert_int_equal(bits(pid, S), WRITTEN);

	lab_forget();
	OP(MSYNC, pid, S, PAGES(1), MS_ASYNC);
	assert_int_equal(lab_count(EV_WRITEBACK), 1);
	assert_int_equal(lab_count(EV_WRITEBACK_END), 0);
}

/* Over a hole: what is mapped is done, and ENOMEM comes at the end. */
static void test_msync_over_a_hole(void **state)
{
	OP(WRITE, pid, S, 1);
	OP_FAILS(ENOMEM, MSYNC, pid, B, S + PAGES(1) - B, MS_SYNC);
	assert_int_equal(bits(pid, S), 0x027);
	assert_int_equal(dirty_pages(), 0);
}

static void test_mincore(void **state)
{
	struct op op = { .kind = OP_MINCORE, .pid = (u16)pid, .arg = { S, PAGES(4) } };

	OP(READ, pid, S + 0x1000);
	OP(FILE_READ, 0, file, 0x3000); /* in the cache, mapped by nobody */
	assert_true(op_run(m, &op));
	assert_int_equal(op.error, 0);
	assert_int_equal(op.ret, 2);
	assert_int_equal(op.arg[2], 0xa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VM_TEST(test_errors),
		VM_TEST(test_errors_of_truncation),
		VM_TEST(test_mprotect_ptes_bit_by_bit),
		VM_TEST(test_mprotect_of_a_shared_mapping),
		VM_TEST(test_mprotect_flushes_once),
		VM_TEST(test_mprotect_splits_and_merges),
		VM_TEST(test_mprotect_of_a_file),
		VM_TEST(test_mprotect_up_to_a_hole),
		VM_TEST(test_mlock),
		VM_TEST(test_mlock_up_to_a_hole),
		VM_TEST(test_mlock_has_a_limit),
		VM_TEST(test_locked_memory_moves_and_grows),
		VM_TEST(test_what_must_not_be_touched_is_not_made_present),
		VM_TEST(test_dontneed),
		VM_TEST(test_dontneed_stops_at_what_is_locked),
		VM_TEST(test_willneed_reads_ahead),
		VM_TEST(test_advice_about_reading_splits),
		VM_TEST(test_msync),
		VM_TEST(test_msync_over_a_hole),
		VM_TEST(test_mincore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
