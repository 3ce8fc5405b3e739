/* SPDX-License-Identifier: GPL-2.0-only */
/* mremap: the rmap follows the ptes, what grows, moves, merges, and what happens without memory. */
#include <errno.h>

#include "vmlab.h"
#include "rmap/rmap.h"

/* -- mremap ---------------------------------------------------------------------------------- */

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
	send_to_swap(pid, A);
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
 * The first pages fit into a page table that is there, the next needs one: all come back. Until
 * then they lie in no vma, and reclaim takes the next one for theirs: were that not locked, they
 * would come back as swap entries.
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
	m->config.unchecked = true; /* those frames are nobody's */
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
	m->config.unchecked = false;
}

/*
 * An old length that leaves the addresses of a process: the rest of it cannot be unmapped. 2.5.27
 * misses what it then looks for, 2.6.0 goes on as if nothing was, later kernels refuse. What lies
 * behind the page is still there in any case.
 */
static void test_mremap_from_too_much(void **state)
{
	const u32 at = 0x50000000, to = 0x48000000;
	u32 i, who;

	for (i = 0; kernels[i]; i++) {
		struct op op = { .kind = OP_MREMAP,
				 .arg = { at + PAGE_SIZE, 0x80000000, PAGE_SIZE, 3, to } };

		lab_boot_config((struct machine_config){ .kernel = kernels[i], .ram = 1 << 20,
							  .cpus = 1, .seed = 1, .truth = true });
		op.pid = (u16)(who = (u32)OP(TASK, 0));
		OP(MMAP, who, at, PAGES(3), 3, 0x12);
		OP(WRITE, who, at + PAGE_SIZE, 1);
		OP(WRITE, who, at + 2 * PAGE_SIZE, 2);
		assert_true(op_run(m, &op));
		assert_int_equal(OP(READ, who, at + 2 * PAGE_SIZE), 2);
		if (!op.error)
			assert_int_equal(OP(READ, who, to), 1);
		lab_destroy(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		cmocka_unit_test(test_mremap_from_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
