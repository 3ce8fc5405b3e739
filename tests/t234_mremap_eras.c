/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mremap, and what calls on mappings answer, on every kernel there is. 2.5.27 alone is looked at in
 * t230 and t232; here is what the others kept of it, and with which version an answer changed.
 */
#include "vmarow.h"

#include <errno.h>
#include <string.h>

#include "rmap/rmap.h"

#define SEGV (-11)
#define MOVE 1u
#define TO (MREMAP_MAYMOVE | MREMAP_FIXED)
#define FOUR_MB 1024u /* pages: what one page table covers */

/* -- what moves ------------------------------------------------------------------------------ */

static u32 raw(u32 pid_of, u32 address)
{
	struct pte_view pte = { 0 };

	return inspect_pte(m, pid_of, address, &pte) ? pte.raw : 0;
}

static void assert_found_at(u32 pfn, u32 address)
{
	struct mapping_view oracle[2];

	lab_mapped_by(pfn, 1);
	inspect_mappers(m, pfn, oracle, 2);
	assert_int_equal(oracle[0].address, address);
}

static void test_pages_stay(void **state)
{
	u32 i, pfn[5];

	map_pages(0, 8, RW);
	for (i = 0; i < 5; i++) {
		OP(WRITE, who, AT(i), 100 + i);
		pfn[i] = lab_pfn(who, AT(i));
	}
	OP(MREMAP, who, A, PAGES(8), PAGES(8), TO, Z);
	for (i = 0; i < 5; i++) {
		assert_int_equal(lab_pfn(who, Z + i * PAGE_SIZE), pfn[i]);
		assert_int_equal(raw(who, AT(i)), 0);
		assert_found_at(pfn[i], Z + i * PAGE_SIZE);
		assert_int_equal(OP(READ, who, Z + i * PAGE_SIZE), 100 + i);
	}
	OP_FAILS(SEGV, READ, who, A);
	assert_int_equal(OP(READ, who, Z + 7 * PAGE_SIZE), 0);
}

/* Reclaim finds them at the new place, and they come back to it. */
static void test_swapped_after_the_move(void **state)
{
	map_pages(0, 8, RW);
	write_pages(0, 8);
	OP(WRITE, who, AT(3), 77);
	OP(MREMAP, who, A, PAGES(8), PAGES(8), TO, Z);
	lab_reclaim(60, 32);
	assert_true(m->counters.ptes_unmapped > 0);
	assert_int_equal(OP(READ, who, Z + 3 * PAGE_SIZE), 77);
	OP(TOUCH, who, Z, PAGES(8), 0);
}

static void test_swap_entries_move(void **state)
{
	u32 i, slot = 0, moved = 0;

	map_pages(0, 8, RW);
	write_pages(0, 8);
	lab_reclaim(60, 32);
	for (i = 0; i < 8 && !slot; i++)
		if (!pte_present(raw(who, AT(i)))) {
			moved = i;
			slot = raw(who, AT(i));
		}
	assert_int_not_equal(slot, 0);
	OP(MREMAP, who, A, PAGES(8), PAGES(8), TO, Z);
	assert_int_equal(raw(who, Z + moved * PAGE_SIZE), slot);
	OP(TOUCH, who, Z, PAGES(8), 0);
}

/* Over the border of page tables at both ends, a different one at each; 2.6.16 takes 64 at once. */
static void test_large_move(void **state)
{
	u32 from = A + (FOUR_MB - 100) * PAGE_SIZE, to = Z + (FOUR_MB - 30) * PAGE_SIZE, i;

	OP(MMAP, who, from, PAGES(200), RW, MAP_PRIVATE | MAP_FIXED);
	for (i = 0; i < 200; i += 3)
		OP(WRITE, who, from + i * PAGE_SIZE, i);
	OP(MREMAP, who, from, PAGES(200), PAGES(300), TO, to);
	for (i = 0; i < 200; i++)
		assert_int_equal(OP(READ, who, to + i * PAGE_SIZE), i % 3 ? 0 : i);
	assert_int_equal(OP(READ, who, to + 299 * PAGE_SIZE), 0);
	OP_FAILS(SEGV, READ, who, from);
}

static void test_large_move_on_four_cpus(void **state)
{
	lab_destroy(state);
	lab_boot_config((struct machine_config){
		.kernel = vm_row, .ram = PAGES(2048), .cpus = 4, .page_cluster = -1, .seed = 1,
		.events = true, .truth = true,
	});
	who = (u32)OP(TASK, 0, 0);
	test_large_move(state);
}

static void test_file_move(void **state)
{
	u32 pfn;

	map_file_pages(0, 8, RW, 4, MAP_SHARED);
	OP(WRITE, who, AT(5), 9);
	pfn = lab_pfn(who, AT(5));
	OP(MREMAP, who, AT(2), PAGES(6), PAGES(6), TO, Z);
	assert_int_equal(lab_pfn(who, Z + 3 * PAGE_SIZE), pfn);
	assert_found_at(pfn, Z + 3 * PAGE_SIZE);
	assert_int_equal(OP(FILE_READ, 0, the_file, PAGES(9)), 9);
	OP(TRUNCATE, 0, the_file, PAGES(7));
	OP_FAILS(-7, READ, who, Z + 3 * PAGE_SIZE);
	OP(READ, who, Z);
}

/*
 * A page that two processes share has one address in each. With anonmm it has one for all: the one
 * who moves gets a copy first. A page that nobody shares is just moved.
 */
static void test_shared_page_moves(void **state)
{
	bool copies = vm_row->mmap == &mmap_2004b;
	u32 child, shared, own;

	map_pages(0, 4, RW);
	OP(WRITE, who, AT(0), 1);
	child = (u32)OP(FORK, who, 0);
	shared = lab_pfn(who, AT(0));
	OP(WRITE, who, AT(1), 2);
	own = lab_pfn(who, AT(1));
	OP(MREMAP, who, A, PAGES(4), PAGES(4), TO, Z);
	assert_int_equal(lab_pfn(who, Z) == shared, !copies);
	assert_int_equal(lab_pfn(who, Z + PAGE_SIZE), own);
	assert_int_equal(OP(READ, who, Z), 1);
	assert_int_equal(OP(READ, child, AT(0)), 1);
	OP(WRITE, who, Z, 3);
	assert_int_equal(OP(READ, child, AT(0)), 1);
	assert_found_at(lab_pfn(child, AT(0)), AT(0));
	assert_found_at(lab_pfn(who, Z), Z);
}

/* -- no memory ------------------------------------------------------------------------------- */

static struct page *taken[1024];
static u32 nr_taken;

static void take_all_memory(void *unused)
{
	struct page *page;

	(void)unused;
	while (kmem_cache_reap(GFP_KERNEL))
		;
	current->flags |= PF_MEMALLOC;
	for (nr_taken = 0; nr_taken < 1024 && (page = alloc_page(0)); nr_taken++)
		taken[nr_taken] = page;
	current->flags &= ~PF_MEMALLOC;
	current->machine->vm->no_oom = true;
}

static void give_it_back(void *unused)
{
	(void)unused;
	while (nr_taken)
		put_page(taken[--nr_taken]);
}

/* Two pages find a page table at the new place, the others would need one: all come back. */
static void test_move_without_memory(void **state)
{
	u32 i, pfn[4], to = Z + (FOUR_MB - 2) * PAGE_SIZE;

	map_pages(0, 4, RW);
	for (i = 0; i < 4; i++) {
		OP(WRITE, who, AT(i), 50 + i);
		pfn[i] = lab_pfn(who, AT(i));
	}
	/* Something like neither, so that there is a page table, and a vma to take in the slab. */
	OP(MMAP, who, to - PAGES(4), PAGES(2), R, MAP_PRIVATE | MAP_FIXED);
	OP(READ, who, to - PAGES(4));
	OP(MLOCK, who, A, PAGES(4));
	OP(MLOCK, who, to - PAGES(4), PAGES(1));
	m->config.unchecked = true; /* those frames are nobody's */
	lab_run(take_all_memory, NULL);
	lab_forget();
	OP_FAILS(ENOMEM, MREMAP, who, A, PAGES(4), PAGES(4), TO, to);
	/* Two there and two back; up to 2.6.6 it begins at the end, and the first one fails. */
	assert_true(lab_count(EV_PTE_SET) >= (vm_since(&mmap_2004b) ? 4 : 1));
	for (i = 0; i < 4; i++) {
		assert_int_equal(lab_pfn(who, AT(i)), pfn[i]);
		assert_found_at(pfn[i], AT(i));
		assert_int_equal(OP(READ, who, AT(i)), 50 + i);
	}
	assert_int_equal(raw(who, to), 0);
	lab_run(give_it_back, NULL);
	m->config.unchecked = false;
}

/* -- answers --------------------------------------------------------------------------------- */

/* error: up to the kernel before since; then: from that one on. NULL: it never changed. */
struct answer {
	enum op_kind kind;
	u64 arg[5];
	s32 error;
	const struct mmap_ops *since;
	s32 then;
};

#define ALL (~(u64)0 >> 32)
#define MAP_RW RW, MAP_PRIVATE

/* Pages 0 to 8 and 12 to 16 of A are anonymous, 20 to 24 the file's first, shared. */
static const struct answer answers[] = {
	/* mmap */
	{ OP_MMAP, { 0, 0xc0001000, MAP_RW }, EINVAL, &mmap_2006, ENOMEM },
	{ OP_MMAP, { A + 1, PAGES(1), RW, MAP_PRIVATE | MAP_FIXED }, EINVAL, NULL, 0 },
	{ OP_MMAP, { 0xbffff000, PAGES(2), RW, MAP_PRIVATE | MAP_FIXED }, ENOMEM, NULL, 0 },
	{ OP_MMAP, { 0, PAGES(1), RW, 0 }, EINVAL, NULL, 0 },
	/* munmap */
	{ OP_MUNMAP, { A + 1, PAGES(1) }, EINVAL, NULL, 0 },
	{ OP_MUNMAP, { 0xbffff000, PAGES(2) }, EINVAL, NULL, 0 },
	{ OP_MUNMAP, { Z, PAGES(1) }, 0, NULL, 0 },
	/* mprotect: an end behind all addresses; a right that vmas know nothing of */
	{ OP_MPROTECT, { AT(0), PAGES(1), 16 }, EINVAL, NULL, 0 },
	{ OP_MPROTECT, { 0xfffff000, PAGES(2), 1 }, EINVAL, &mmap_2004a, ENOMEM },
	{ OP_MPROTECT, { AT(0), ALL, R }, 0, &mmap_2015, ENOMEM },
	{ OP_MPROTECT, { AT(0), 0, R }, 0, NULL, 0 },
	{ OP_MPROTECT, { AT(0), PAGES(1), RW | PROT_SEM }, EACCES, &mmap_2003, 0 },
	{ OP_MPROTECT, { AT(8), PAGES(1), R }, ENOMEM, NULL, 0 },
	/* mlock: from 2.6.0 on it says when a page cannot be had */
	{ OP_MLOCK, { AT(8), PAGES(1) }, ENOMEM, NULL, 0 },
	{ OP_MLOCK, { 0xfffff000, PAGES(2) }, EINVAL, NULL, 0 },
	{ OP_MLOCK, { AT(14), PAGES(1) }, 0, NULL, 0 },
	/* madvise */
	{ OP_MADVISE, { AT(0), PAGES(1), 5 }, EINVAL, NULL, 0 },
	{ OP_MADVISE, { AT(8), PAGES(1), 5 }, ENOMEM, &mmap_2015, EINVAL },
	{ OP_MADVISE, { AT(0), 0, 99 }, 0, &mmap_2015, EINVAL },
	{ OP_MADVISE, { AT(0), ALL, MADV_DONTNEED }, 0, &mmap_2004b, EINVAL },
	{ OP_MADVISE, { AT(0), PAGES(1), MADV_WILLNEED }, EBADF, &mmap_2015, 0 },
	{ OP_MADVISE, { AT(20), PAGES(1), MADV_WILLNEED }, 0, NULL, 0 },
	{ OP_MADVISE, { AT(7), PAGES(2), MADV_DONTNEED }, ENOMEM, NULL, 0 },
	/* msync: page 14 is locked by now */
	{ OP_MSYNC, { AT(0), PAGES(1), MS_SYNC | MS_ASYNC }, 0, &mmap_2003, EINVAL },
	{ OP_MSYNC, { AT(14), PAGES(1), MS_INVALIDATE }, 0, &mmap_2003, EBUSY },
	{ OP_MSYNC, { AT(0), PAGES(1), 8 }, EINVAL, NULL, 0 },
	{ OP_MSYNC, { AT(8), PAGES(1), MS_SYNC }, ENOMEM, NULL, 0 },
	/* mincore */
	{ OP_MINCORE, { AT(0), PAGES(1) }, ENOMEM, &mmap_2015, 0 },
	{ OP_MINCORE, { AT(8), PAGES(1) }, ENOMEM, NULL, 0 },
	{ OP_MINCORE, { 0xfffff000, PAGES(2) }, EINVAL, &mmap_2006, ENOMEM },
	{ OP_MINCORE, { 0xc0000000, 0 }, 0, &mmap_2006, ENOMEM },
	{ OP_MINCORE, { AT(20), PAGES(1) }, 0, NULL, 0 },
	/* mremap */
	{ OP_MREMAP, { AT(0), PAGES(8), PAGES(8), 4 }, EINVAL, NULL, 0 },
	{ OP_MREMAP, { AT(0), PAGES(8), PAGES(8), TO, AT(4) }, EINVAL, NULL, 0 },
	{ OP_MREMAP, { AT(0), PAGES(8), PAGES(8), TO, AT(0) }, EINVAL, NULL, 0 },
	{ OP_MREMAP, { AT(0), PAGES(8), PAGES(9), TO, 0xbfff8000 }, EINVAL, NULL, 0 },
	{ OP_MREMAP, { AT(0), PAGES(8), PAGES(13), 0 }, ENOMEM, NULL, 0 },
	{ OP_MREMAP, { AT(0), PAGES(9), PAGES(10), MOVE }, EFAULT, NULL, 0 },
	{ OP_MREMAP, { AT(8), PAGES(1), PAGES(2), MOVE }, EFAULT, NULL, 0 },
	{ OP_MREMAP, { AT(8), PAGES(2), PAGES(2), 0 }, 0, NULL, 0 }, /* nobody looks */
	{ OP_MREMAP, { 0xd0000000, PAGES(2), PAGES(1), 0 }, 0, &mmap_2004a, EINVAL },
	/* and those that do something */
	{ OP_MREMAP, { AT(0), PAGES(8), PAGES(4), TO, Z }, EFAULT, &mmap_2003, 0 },
	{ OP_MREMAP, { AT(12), PAGES(4), 0, 0 }, 0, &mmap_2004a, EINVAL },
};

static void test_answers(void **state)
{
	u32 i;

	map_pages(0, 8, RW);
	map_pages(12, 16, RW);
	map_file_pages(20, 24, RW, 0, MAP_SHARED);
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		const struct answer *a = &answers[i];
		struct op op = { .kind = (u8)a->kind, .pid = (u16)who };
		s32 want = a->since && vm_since(a->since) ? a->then : a->error;

		for (u32 n = 0; n < ARRAY_SIZE(a->arg); n++)
			op.arg[n] = a->arg[n];
		assert_true(op_run(m, &op));
		if (op.error != want)
			fail_msg("%s, row %u: %s %llx: %s, not %s", vm_row->name, i,
				 op_rows[op.kind].name, (unsigned long long)op.arg[0],
				 op_error_name(op.error), op_error_name(want));
	}
}

/* What is beyond the end of its file, or may not be touched: 2.5.27 does not mention it. Then it is
 * the error of the first page, or, of a later one, -1; and 4.0 says what POSIX says. */
static void test_mlock_reports(void **state)
{
	map_pages(0, 2, N);
	map_file_pages(4, 8, R, 62, MAP_SHARED);
	if (!vm_since(&mmap_2003)) {
		OP(MLOCK, who, AT(0), PAGES(2));
		OP(MLOCK, who, AT(4), PAGES(4));
	} else if (!vm_since(&mmap_2015)) {
		OP_FAILS(EFAULT, MLOCK, who, AT(0), PAGES(2));
		OP_FAILS(EPERM, MLOCK, who, AT(4), PAGES(4));
	} else {
		OP_FAILS(ENOMEM, MLOCK, who, AT(0), PAGES(2));
		OP_FAILS(ENOMEM, MLOCK, who, AT(4), PAGES(4));
	}
	/* It is locked all the same, and what there is of it is present. */
	assert_true(vma_of_page(0).flags & VM_LOCKED);
	assert_true(vma_of_page(7).flags & VM_LOCKED);
	assert_true(pte_present(raw(who, AT(5))));
}

/* A hole ends it: what comes before has been locked, but in 4.0 not been made present. */
static void test_mlock_up_to_a_hole(void **state)
{
	map_pages(0, 2, RW);
	OP_FAILS(ENOMEM, MLOCK, who, AT(0), PAGES(4));
	assert_true(vma_of_page(0).flags & VM_LOCKED);
	assert_int_equal(pte_present(raw(who, AT(1))), !vm_since(&mmap_2015));
}

/* MS_ASYNC starts no write from 2.5.68 on; MS_SYNC writes and waits. */
static void test_msync_async(void **state)
{
	map_file_pages(0, 4, RW, 0, MAP_SHARED);
	OP(WRITE, who, AT(0), 1);
	lab_forget();
	OP(MSYNC, who, AT(0), PAGES(1), MS_ASYNC);
	assert_int_equal(lab_count(EV_WRITEBACK), vm_since(&mmap_2003) ? 0 : 1);
	assert_int_equal(pte_dirty(raw(who, AT(0))), 0);
	OP(MSYNC, who, AT(0), PAGES(1), MS_SYNC);
	assert_int_equal(lab_count(EV_WRITEBACK), 1);
	assert_int_equal(lab_count(EV_WRITEBACK_END), 1);
}

/* In 4.0 mincore looks at the ptes, before at the cache of the file. */
static void test_mincore_residency(void **state)
{
	struct op op = { .kind = OP_MINCORE, .arg = { AT(0), PAGES(4) } };

	op.pid = (u16)who;
	map_file_pages(0, 4, RW, 0, MAP_PRIVATE);
	OP(READ, who, AT(1));
	OP(FILE_READ, 0, the_file, PAGES(2));
	assert_true(op_run(m, &op));
	assert_int_equal(op.error, 0);
	assert_int_equal(op.arg[2], 6); /* page 1 is mapped, page 2 only cached */
	map_pages(8, 12, RW);
	OP(WRITE, who, AT(9), 1);
	op.arg[0] = AT(8);
	memset(&op.arg[2], 0, 4 * sizeof(op.arg[2]));
	assert_true(op_run(m, &op));
	assert_int_equal(op.error, vm_since(&mmap_2015) ? 0 : ENOMEM);
	if (!op.error)
		assert_int_equal(op.arg[2], 2);
}

static const struct CMUnitTest all[] = {
	VMA_ROW_TEST(test_pages_stay), VMA_ROW_TEST(test_swapped_after_the_move),
	VMA_ROW_TEST(test_swap_entries_move), VMA_ROW_TEST(test_large_move),
	VMA_ROW_TEST(test_large_move_on_four_cpus), VMA_ROW_TEST(test_file_move),
	VMA_ROW_TEST(test_shared_page_moves), VMA_ROW_TEST(test_move_without_memory),
	VMA_ROW_TEST(test_answers), VMA_ROW_TEST(test_mlock_reports),
	VMA_ROW_TEST(test_mlock_up_to_a_hole), VMA_ROW_TEST(test_msync_async),
	VMA_ROW_TEST(test_mincore_residency),
};

int main(void)
{
	return vmarow_run("mremap", all, ARRAY_SIZE(all));
}
