/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls that change mappings: mprotect, mlock, madvise, msync, mincore, mremap, and what becomes
 * of mappings when their file is truncated. Errors, vmas, ptes bit by bit, the rmap, content.
 */
#include <errno.h>

#include "lab.h"
#include "rmap/rmap.h"

#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define RW (PROT_READ | PROT_WRITE)
#define SEGV (-11)
#define BUS (-7)

/* i386 bits of a pte that was written to: P RW US A D; read-only; for nobody; read and clean. */
#define WRITTEN 0x067u
#define PROTECTED 0x065u
#define NOBODY 0x0e0u
#define READ_ONLY 0x025u

/*
 *	50000000          50008000     5000c000      50010000
 *	| 8 pages rw      |    hole    | 4 pages rw  |
 *	51000000          51004000
 *	| file, shared    |
 */
#define A 0x50000000u
#define HOLE 0x50008000u
#define B 0x5000c000u
#define S 0x51000000u

static u32 pid, file;

static int boot(void **state)
{
	struct op op = { .kind = OP_FILE, .arg = { PAGES(4) }, .text = "data" };

	(void)state;
	lab_boot(512, 64, 1);
	pid = (u32)OP(TASK, 0, 0);
	op_run(m, &op);
	file = (u32)op.ret;
	OP(MMAP, pid, A, PAGES(8), RW, MAP_PRIVATE | MAP_FIXED);
	OP(MMAP, pid, B, PAGES(4), RW, MAP_PRIVATE | MAP_FIXED);
	OP(MMAP, pid, S, PAGES(4), RW, MAP_SHARED | MAP_FIXED, file, 0);
	return 0;
}

static int done(void **state)
{
	struct violation v[4];
	u32 n = m ? check_machine(m, v, 4) : 0;

	lab_destroy(state);
	if (n)
		print_error("%s: %s\n", v[0].invariant, v[0].text);
	return n != 0;
}

/* -- what there is --------------------------------------------------------------------------- */

struct range {
	u32 start, end, flags;
};

#define F_RW (VM_READ | VM_WRITE)
#define F_MASK (VM_READ | VM_WRITE | VM_EXEC | VM_LOCKED | VM_SEQ_READ | VM_RAND_READ)

/* All vmas below S. */
static void assert_vmas(const struct range *want, u32 n)
{
	struct vma_view vmas[24];
	u32 i, found = inspect_vmas(m, pid, vmas, ARRAY_SIZE(vmas));

	while (found && vmas[found - 1].start >= S)
		found--;
	assert_int_equal(found, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(vmas[i].start, want[i].start);
		assert_int_equal(vmas[i].end, want[i].end);
		assert_int_equal(vmas[i].flags & F_MASK, want[i].flags);
	}
}
#define VMAS(...) do { \
	const struct range want_[] = { __VA_ARGS__ }; \
	assert_vmas(want_, ARRAY_SIZE(want_)); \
} while (0)
#define THE_REST { B, B + 0x4000, F_RW }

static u32 raw(u32 who, u32 address)
{
	struct pte_view pte;

	return inspect_pte(m, who, address, &pte) ? pte.raw : 0;
}

static u32 bits(u32 who, u32 address)
{
	return raw(who, address) & 0xfff;
}

static struct task_view task(void)
{
	struct task_view t;

	assert_true(inspect_task(m, pid, &t));
	return t;
}

/* rmap and oracle of a frame: exactly this one mapping. */
static void assert_mapped_once(u32 pfn, u32 who, u32 address)
{
	struct mapping_view one[2];

	assert_int_equal(inspect_rmap(m, pfn, one, 2), 1);
	assert_int_equal(one[0].pid, who);
	assert_int_equal(one[0].address, address);
	assert_int_equal(inspect_mappers(m, pfn, one, 2), 1);
	assert_int_equal(one[0].pid, who);
	assert_int_equal(one[0].address, address);
}

static void swap_out(u32 who, u32 address)
{
	u32 pfn = lab_pfn(who, address);

	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
}

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

static void test_errors(void **state)
{
	u64 hash;
	u32 i;

	OP(TOUCH, pid, A, PAGES(8), 1);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bool same = rows[i].error && rows[i].kind != OP_MADVISE;

		if (rows[i].kind == OP_MADVISE)
			continue;
		hash = raw(pid, A) ^ task().map_count << 1 ^ task().rss << 8;
		lab_op_fails(rows[i].error, rows[i].kind, pid,
			     (const u64[6]){ rows[i].arg[0], rows[i].arg[1], rows[i].arg[2],
					     rows[i].arg[3], rows[i].arg[4] });
		if (same)
			assert_int_equal(hash, raw(pid, A) ^ task().map_count << 1 ^ task().rss << 8);
	}
	VMAS({ A, A + 0x8000, F_RW }, THE_REST);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].kind == OP_MADVISE)
			lab_op_fails(rows[i].error, OP_MADVISE, pid,
				     (const u64[6]){ rows[i].arg[0], rows[i].arg[1], rows[i].arg[2] });
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
	swap_out(pid, A + 0x2000);
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
		assert_int_equal(lab_count_before(EV_PTE_CLEAR, lab_event(EV_PTE_SET, pid, i)), i + 1);
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
	/* What changes becomes part of the one before it; what needs no change is not merged, unless
	 * it lies right behind the range. */
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

/* -- mremap ---------------------------------------------------------------------------------- */

#define FAR 0x60000000u

static void test_mremap_moves_the_rmap(void **state)
{
	u32 pfn[3], i;

	for (i = 0; i < 3; i++) {
		OP(WRITE, pid, A + (i << PAGE_SHIFT), 100 + i);
		pfn[i] = lab_pfn(pid, A + (i << PAGE_SHIFT));
	}
	lab_forget();
	assert_int_equal(OP(MREMAP, pid, A, PAGES(8), PAGES(8), 3, FAR), FAR);
	for (i = 0; i < 3; i++) { /* from the end to the beginning */
		const struct event *del = lab_event(EV_RMAP_REMOVE, pfn[i], 0);
		const struct event *add = lab_event(EV_RMAP_ADD, pfn[i], 0);

		assert_int_equal(del->a[2], A + (i << PAGE_SHIFT));
		assert_int_equal(add->a[2], FAR + (i << PAGE_SHIFT));
		assert_int_equal(lab_count_before(EV_PTE_CLEAR, del), 2 - i);
		assert_int_equal(lab_count_before(EV_PTE_CLEAR, add), 3 - i);
		assert_int_equal(lab_count_before(EV_PTE_SET, add), 3 - i);
		assert_int_equal(raw(pid, A + (i << PAGE_SHIFT)), 0);
		assert_int_equal(raw(pid, FAR + (i << PAGE_SHIFT)), pfn[i] << PAGE_SHIFT | WRITTEN);
		assert_mapped_once(pfn[i], pid, FAR + (i << PAGE_SHIFT));
		assert_int_equal(OP(READ, pid, FAR + (i << PAGE_SHIFT)), 100 + i);
	}
	assert_int_equal(lab_count(EV_TLB_FLUSH), 8 + 1); /* each page of the range, and munmap */
	assert_int_equal(task().rss, 3);
	OP_FAILS(SEGV, READ, pid, A);
	VMAS(THE_REST);
}

static void test_mremap_takes_swap_entries_along(void **state)
{
	u32 slot;

	OP(WRITE, pid, A, 5);
	swap_out(pid, A);
	slot = raw(pid, A);
	OP(MREMAP, pid, A, PAGES(8), PAGES(8), 3, FAR);
	assert_int_equal(raw(pid, FAR), slot);
	assert_int_equal(OP(READ, pid, FAR), 5);
}

static void test_cow_across_mremap(void **state)
{
	struct mapping_view both[3];
	u32 child, pfn;

	OP(WRITE, pid, A, 1);
	child = (u32)OP(FORK, pid, 0);
	pfn = lab_pfn(pid, A);
	OP(MREMAP, pid, A, PAGES(8), PAGES(8), 3, FAR);
	assert_int_equal(bits(pid, FAR) & _PAGE_RW, 0);
	assert_int_equal(inspect_rmap(m, pfn, both, 3), 2);
	OP(WRITE, pid, FAR, 2);
	assert_int_not_equal(lab_pfn(pid, FAR), pfn);
	assert_mapped_once(pfn, child, A);
	assert_int_equal(OP(READ, child, A), 1);
	OP(WRITE, child, A, 3);
	assert_int_equal(lab_pfn(child, A), pfn);
	assert_int_equal(OP(READ, pid, FAR), 2);
}

static void test_mremap_in_place(void **state)
{
	OP(WRITE, pid, A, 1);
	assert_int_equal(OP(MREMAP, pid, A, PAGES(8), PAGES(3), 0), A); /* shrink */
	VMAS({ A, A + 0x3000, F_RW }, THE_REST);
	assert_int_equal(OP(MREMAP, pid, A + 0x1000, PAGES(2), PAGES(11), 0), A + 0x1000);
	VMAS({ A, A + 0xc000, F_RW }, THE_REST); /* up to the neighbour, and not merged with it */
	assert_int_equal(OP(READ, pid, A), 1);
	assert_int_equal(task().total_vm, 20);
	assert_int_equal(OP(MREMAP, pid, A, PAGES(12), 0, 0), A);
	VMAS(THE_REST);
	OP_FAILS(SEGV, READ, pid, A);
}

static void test_mremap_to_a_place_of_its_choice(void **state)
{
	OP(WRITE, pid, A + 0x7000, 9);
	assert_int_equal(OP(MREMAP, pid, A, PAGES(8), PAGES(13), MREMAP_MAYMOVE), 0x40000000);
	VMAS({ 0x40000000, 0x4000d000, F_RW }, THE_REST);
	assert_int_equal(OP(READ, pid, 0x40007000), 9);
	assert_int_equal(OP(READ, pid, 0x4000c000), 0);
}

/* Between two others that are like it: one vma is left. */
static void test_mremap_merges(void **state)
{
	OP(MMAP, pid, FAR, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, pid, B, 4);
	assert_int_equal(OP(MREMAP, pid, B, PAGES(4), PAGES(4), 3, HOLE), HOLE); /* after A */
	VMAS({ A, A + 0xc000, F_RW });
	assert_int_equal(OP(READ, pid, HOLE), 4);
	assert_int_equal(OP(MREMAP, pid, HOLE, PAGES(4), PAGES(1), 0), HOLE);
	assert_int_equal(OP(MREMAP, pid, A, PAGES(2), PAGES(2), 3, FAR - 0x2000), FAR - 0x2000);
	VMAS({ A + 0x2000, A + 0x9000, F_RW });
	assert_int_equal(OP(READ, pid, HOLE), 4);
	assert_int_equal(task().total_vm, 7 + 4 + 3);
}

/* What is at the target goes, and what is left of the old range stays. */
static void test_mremap_over_another(void **state)
{
	OP(WRITE, pid, A + 0x2000, 6);
	OP(WRITE, pid, B + 0x1000, 7);
	OP(MREMAP, pid, A + 0x2000, PAGES(2), PAGES(2), 3, B + 0x1000);
	VMAS({ A, A + 0x2000, F_RW }, { A + 0x4000, A + 0x8000, F_RW }, THE_REST);
	assert_int_equal(OP(READ, pid, B + 0x1000), 6);
	assert_int_equal(OP(READ, pid, B + 0x2000), 0);
}

/* The length is not corrected before the vma is looked at: both ranges are gone. */
static void test_a_fixed_mremap_that_shrinks_fails(void **state)
{
	OP(WRITE, pid, B, 1);
	OP_FAILS(EFAULT, MREMAP, pid, A, PAGES(8), PAGES(2), 3, B);
	VMAS({ A, A + 0x2000, F_RW }, { B + 0x2000, B + 0x4000, F_RW });
	OP_FAILS(SEGV, READ, pid, B);
}

/* An old length of 0: the same pages of the file a second time. */
static void test_mremap_duplicates(void **state)
{
	OP(WRITE, pid, S + 0x1000, 8);
	OP(MREMAP, pid, S, 0, PAGES(4), 3, FAR);
	assert_int_equal(OP(READ, pid, FAR + 0x1000), 8);
	OP(WRITE, pid, FAR + 0x1000, 9);
	assert_int_equal(OP(READ, pid, S + 0x1000), 9);
	assert_int_equal(lab_pfn(pid, FAR + 0x1000), lab_pfn(pid, S + 0x1000));
	assert_int_equal(task().total_vm, 8 + 4 + 4 + 4);
}

static struct page *taken[512];
static u32 nr_taken;

/* Every free frame, and what empty slabs could give back. */
static void take_all_memory(void *unused)
{
	struct page *page;

	while (kmem_cache_reap(GFP_KERNEL))
		;
	current->flags |= PF_MEMALLOC;
	for (nr_taken = 0; nr_taken < 512 && (page = alloc_page(0)); nr_taken++)
		taken[nr_taken] = page;
	current->flags &= ~PF_MEMALLOC;
	current->machine->vm->no_oom = true;
}

static void give_it_back(void *unused)
{
	while (nr_taken)
		put_page(taken[--nr_taken]);
}

/*
 * The first pages fit into a page table that is there, the next needs one: all come back. Until then
 * they lie in no vma, and reclaim takes the next one for theirs: were that not locked, they would
 * come back as swap entries.
 */
static void test_mremap_without_memory(void **state)
{
	u32 i, pfn[4];

	for (i = 0; i < 4; i++) {
		OP(WRITE, pid, A + (i << PAGE_SHIFT), 50 + i);
		pfn[i] = lab_pfn(pid, A + (i << PAGE_SHIFT));
	}
	OP(MMAP, pid, FAR + 0x400000, PAGES(4), PROT_READ, MAP_PRIVATE | MAP_FIXED);
	OP(READ, pid, FAR + 0x403000);
	OP(MUNMAP, pid, FAR + 0x400000, PAGES(2));
	OP(MLOCK, pid, A, PAGES(4)); /* reclaim has nothing to give */
	OP(MLOCK, pid, FAR + 0x402000, PAGES(2));
	lab_run(take_all_memory, NULL);
	lab_forget();
	OP_FAILS(ENOMEM, MREMAP, pid, A, PAGES(4), PAGES(4), 3, FAR + 0x3fe000);
	assert_int_equal(lab_count(EV_RMAP_ADD), 2 + 1 + 2); /* two there, one put back, two back */
	for (i = 0; i < 4; i++) {
		assert_mapped_once(pfn[i], pid, A + (i << PAGE_SHIFT));
		assert_int_equal(OP(READ, pid, A + (i << PAGE_SHIFT)), 50 + i);
	}
	assert_int_equal(raw(pid, FAR + 0x400000), 0);
	VMAS({ A, A + 0x4000, F_RW | VM_LOCKED }, { A + 0x4000, A + 0x8000, F_RW }, THE_REST);
	lab_run(give_it_back, NULL);
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
	swap_out(pid, A + 0x1000);
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

static u32 dirty_pages(void)
{
	struct file_view view;

	assert_int_equal(inspect_files(m, &view, 1), 1);
	return view.dirty;
}

static void evict_file(void)
{
	struct file_view view = { .pages = 1 };
	u32 laps;

	OP(SYNC, 0, 0);
	for (laps = 0; laps < 20 && view.pages; laps++) {
		OP(REFILL, 0, 400);
		OP(RECLAIM, 0, 400);
		assert_int_equal(inspect_files(m, &view, 1), 1);
	}
	assert_int_equal(view.pages, 0);
}

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

#define VM_TEST(name) cmocka_unit_test_setup_teardown(name, boot, done)

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
		VM_TEST(test_mremap_moves_the_rmap),
		VM_TEST(test_mremap_takes_swap_entries_along),
		VM_TEST(test_cow_across_mremap),
		VM_TEST(test_mremap_in_place),
		VM_TEST(test_mremap_to_a_place_of_its_choice),
		VM_TEST(test_mremap_merges),
		VM_TEST(test_mremap_over_another),
		VM_TEST(test_a_fixed_mremap_that_shrinks_fails),
		VM_TEST(test_mremap_duplicates),
		VM_TEST(test_mremap_without_memory),
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
		VM_TEST(test_truncation_takes_pages_from_everybody),
		VM_TEST(test_what_grows_again_is_zeros),
		VM_TEST(test_the_last_page_is_read_to_be_cleared),
		VM_TEST(test_truncation_waits_for_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
