/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork and exit: each pte of parent and child bit by bit, what is counted, who is told, and that a
 * fork that runs out of memory at any point leaves nothing behind.
 *
 *	0x001 present  0x002 writable  0x004 user  0x020 accessed  0x040 dirty
 */
#include <errno.h>

#include "i386/mmu.h"
#include "lab.h"
#include "rmap/rmap.h"

#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define RW_PROT (PROT_READ | PROT_WRITE)

static int boot(void **state)
{
	lab_boot(512, 256, 1);
	return 0;
}

static int boot_smp(void **state)
{
	lab_boot(512, 256, 2);
	return 0;
}

static u32 raw(u32 pid, u32 address)
{
	struct pte_view pte;

	return inspect_pte(m, pid, address, &pte) ? pte.raw : 0;
}

static struct task_view task(u32 pid)
{
	struct task_view view;

	assert_true(inspect_task(m, pid, &view));
	return view;
}

static u32 fork_of(u32 pid)
{
	return (u32)OP(FORK, pid, 0);
}

static s32 count_of(u32 pfn)
{
	return m->vm->mem_map[pfn].count.counter;
}

static void assert_sound(void)
{
	struct violation violation;

	if (check_machine(m, &violation, 1))
		fail_msg("%s: %s", violation.invariant, violation.text);
}

/* -- the entries ----------------------------------------------------------------------------- */

static void test_written_memory_becomes_read_only_in_both(void **state)
{
	u32 at, parent = lab_process(4, &at), pfn, child;

	OP(WRITE, parent, at, 1);
	pfn = lab_pfn(parent, at);
	assert_int_equal(raw(parent, at), pfn_pte(pfn, 0x067));
	child = fork_of(parent);
	assert_int_equal(raw(parent, at), pfn_pte(pfn, 0x065)); /* not writable any more */
	assert_int_equal(raw(child, at), pfn_pte(pfn, 0x045));  /* nor used yet */
	assert_int_equal(count_of(pfn), 2);
	assert_int_equal(raw(child, at + PAGE_SIZE), 0);
	assert_int_equal(task(child).rss, 1);
	assert_int_equal(task(child).nr_ptes, 1);
	assert_sound();
}

static void test_the_zero_page_is_copied_as_it_is(void **state)
{
	u32 at, parent = lab_process(4, &at), child;

	OP(READ, parent, at);
	lab_forget();
	child = fork_of(parent);
	assert_int_equal(raw(child, at), pfn_pte(m->vm->zero_pfn, 0x025));
	assert_int_equal(raw(parent, at), pfn_pte(m->vm->zero_pfn, 0x025));
	assert_int_equal(lab_count(EV_PTE_WRPROTECT), 0);
	assert_int_equal(lab_count(EV_RMAP_ADD), 0);
	assert_int_equal(task(child).rss, 0);
}

/* Write protection is not asked for first: a pte that is read-only already is protected again. */
static void test_every_cow_pte_is_protected(void **state)
{
	u32 at, parent = lab_process(4, &at);

	OP(WRITE, parent, at, 1);
	fork_of(parent);
	lab_forget();
	fork_of(parent);
	assert_int_equal(lab_count(EV_PTE_WRPROTECT), 1);
	assert_int_equal(count_of(lab_pfn(parent, at)), 3);
}

static void test_a_shared_page_stays_writable_and_is_clean_in_the_child(void **state)
{
	u32 at, parent = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(2)), map, pfn, child;

	map = (u32)OP(MMAP, parent, 0, PAGES(2), RW_PROT, MAP_SHARED, file, 0);
	OP(WRITE, parent, map, 1);
	pfn = lab_pfn(parent, map);
	child = fork_of(parent);
	assert_int_equal(raw(parent, map), pfn_pte(pfn, 0x067));
	assert_int_equal(raw(child, map), pfn_pte(pfn, 0x007));
	assert_int_equal(count_of(pfn), 3); /* the cache, parent, child */
	OP(WRITE, child, map + 4, 2);
	assert_int_equal(OP(READ, parent, map + 4), 2);
}

static void test_a_private_file_page(void **state)
{
	u32 at, parent = lab_process(1, &at), file = (u32)OP(FILE, 0, PAGES(2)), map, pfn, child;

	map = (u32)OP(MMAP, parent, 0, PAGES(2), RW_PROT, MAP_PRIVATE, file, 0);
	OP(READ, parent, map);
	pfn = lab_pfn(parent, map);
	child = fork_of(parent);
	assert_int_equal(raw(parent, map), pfn_pte(pfn, 0x025));
	assert_int_equal(raw(child, map), pfn_pte(pfn, 0x005));
}

/* The slot has one more user; nothing is added to an rmap. */
static void test_a_swapped_page(void **state)
{
	u32 at, parent = lab_process(2, &at), pte, child;
	u16 *slot;

	OP(WRITE, parent, at, 42);
	assert_int_equal(OP(UNMAP, 0, lab_pfn(parent, at)), SWAP_SUCCESS);
	pte = raw(parent, at);
	slot = &m->vm->swap_info[0].swap_map[pte >> 8];
	assert_int_equal(*slot, 2);
	lab_forget();
	child = fork_of(parent);
	assert_int_equal(raw(child, at), pte);
	assert_int_equal(raw(parent, at), pte);
	assert_int_equal(*slot, 3);
	assert_int_equal(lab_count(EV_RMAP_ADD), 0);
	assert_int_equal(task(child).rss, 0);
	assert_int_equal(OP(READ, child, at), 42);
	assert_int_equal(*slot, 2);
	assert_int_equal(OP(READ, parent, at), 42);
	assert_int_equal(*slot, 1);
	assert_int_equal(lab_pfn(child, at), lab_pfn(parent, at));
	assert_sound();
}

/* -- afterwards ------------------------------------------------------------------------------ */

static void test_the_first_to_write_copies_the_last_one_keeps(void **state)
{
	u32 at, parent = lab_process(1, &at), pfn, child;

	OP(WRITE, parent, at, 1);
	OP(WRITE, parent, at + 4, 10);
	pfn = lab_pfn(parent, at);
	child = fork_of(parent);
	OP(WRITE, child, at, 2);
	assert_int_not_equal(lab_pfn(child, at), pfn);
	assert_int_equal(raw(child, at), pfn_pte(lab_pfn(child, at), 0x067));
	assert_int_equal(count_of(pfn), 1);
	lab_forget();
	OP(WRITE, parent, at, 3);
	assert_int_equal(raw(parent, at), pfn_pte(pfn, 0x067));
	assert_int_equal(lab_count(EV_COW_REUSE), 1);
	assert_int_equal(m->counters.pgcow, 1);
	assert_int_equal(OP(READ, parent, at), 3);
	assert_int_equal(OP(READ, child, at), 2);
	assert_int_equal(OP(READ, child, at + 4), 10);
}

static void test_the_parents_tlb_is_flushed_once(void **state)
{
	u32 at, parent = lab_process(40, &at), child;

	OP(TOUCH, parent, at, PAGES(40), true);
	lab_forget();
	child = fork_of(parent);
	assert_int_equal(lab_count(EV_TLB_FLUSH), 1);
	assert_int_equal(lab_count_of(EV_TLB_FLUSH, 0), 1); /* the whole of it */
	assert_true(lab_event(EV_TLB_FLUSH, 0, 0)->number > lab_event(EV_RMAP_ADD,
		    lab_pfn(child, at + 39 * PAGE_SIZE), 0)->number);
	OP(WRITE, parent, at, 7);
	assert_int_not_equal(OP(READ, child, at), 7);
}

static void test_the_childs_vmas(void **state)
{
	u32 at, parent = lab_process(4, &at), file = (u32)OP(FILE, 0, PAGES(4)), child, i;
	struct vma_view a[4], b[4];

	OP(MMAP, parent, 0, PAGES(2), RW_PROT, MAP_PRIVATE | MAP_LOCKED);
	OP(MMAP, parent, 0, PAGES(2), PROT_READ, MAP_SHARED, file, PAGES(1));
	child = fork_of(parent);
	assert_int_equal(inspect_vmas(m, parent, a, 4), 3);
	assert_int_equal(inspect_vmas(m, child, b, 4), 3);
	for (i = 0; i < 3; i++) {
		assert_int_equal(a[i].start, b[i].start);
		assert_int_equal(a[i].end, b[i].end);
		assert_int_equal(a[i].pgoff, b[i].pgoff);
		assert_int_equal(a[i].inode, b[i].inode);
		assert_int_equal(a[i].flags & ~VM_LOCKED, b[i].flags);
		assert_int_not_equal(a[i].id, b[i].id);
	}
	assert_int_equal(a[1].flags & VM_LOCKED, VM_LOCKED);
	assert_int_equal(task(parent).locked_vm, 2);
	assert_int_equal(task(child).locked_vm, 0);
	assert_int_equal(task(child).total_vm, task(parent).total_vm);
	assert_int_equal(task(child).map_count, 3);
	assert_int_equal(task(child).brk, task(parent).brk);
}

static u16 nth_mm(u32 n)
{
	const struct list_head *pos;

	list_for_each(pos, &m->vm->mmlist)
		if (n-- == 0)
			return list_entry(pos, struct mm_struct, mmlist)->pid;
	return 0;
}

static void test_a_child_stands_right_behind_its_parent(void **state)
{
	u32 at, a = lab_process(1, &at), b = lab_process(1, &at), c, d;

	c = fork_of(a);
	d = fork_of(a);
	assert_int_equal(m->vm->mmlist_nr, 4);
	assert_int_equal(nth_mm(0), b); /* exec puts a new program in front */
	assert_int_equal(nth_mm(1), a);
	assert_int_equal(nth_mm(2), d);
	assert_int_equal(nth_mm(3), c);
	OP(EXIT, d, 0);
	assert_int_equal(nth_mm(2), c);
	assert_int_equal(m->vm->mmlist_nr, 3);
}

/* Chains: the newest mapping is at the front. */
static void test_the_chain_after_two_forks(void **state)
{
	u32 at, a = lab_process(1, &at), b, c;
	struct mapping_view maps[4];

	OP(WRITE, a, at, 1);
	b = fork_of(a);
	c = fork_of(b);
	assert_int_equal(inspect_rmap(m, lab_pfn(a, at), maps, 4), 3);
	assert_int_equal(maps[0].pid, c);
	assert_int_equal(maps[1].pid, b);
	assert_int_equal(maps[2].pid, a);
	assert_int_equal(maps[0].address, at);
}

/* -- exit ------------------------------------------------------------------------------------ */

static void test_exit_gives_everything_back(void **state)
{
	u64 before = lab_free_or_for_ever();
	u32 at, parent, child, slots = m->vm->nr_swap_pages, i;

	parent = lab_process(100, &at);
	OP(TOUCH, parent, at, PAGES(100), true);
	for (i = 0; i < 10; i++)
		OP(UNMAP, 0, lab_pfn(parent, at + i * PAGE_SIZE));
	child = fork_of(parent);
	OP(TOUCH, child, at + 50 * PAGE_SIZE, PAGES(20), true);
	OP(EXIT, parent, 0);
	assert_sound();
	OP(TOUCH, child, at, PAGES(100), false);
	OP(EXIT, child, 0);
	assert_sound();
	assert_int_equal(lab_free_or_for_ever(), before);
	assert_int_equal(m->vm->nr_swap_pages, slots);
	assert_int_equal(m->vm->mmlist_nr, 0);
	assert_int_equal(m->vm->nr_active + m->vm->nr_inactive, 0);
	OP_FAILS(ESRCH, READ, child, at);
}

/* -- no memory in the middle ----------------------------------------------------------------- */

#define HOARD 512
static struct page *hoard[HOARD];
static u32 hoarded;

/* Leave so many free frames (arg), and let nothing be reclaimed for the process. */
static void hoard_all_but(void *leave)
{
	struct page *page;

	hoarded = 0;
	current->flags |= PF_MEMALLOC;
	while (VM->zones[0].free_pages > *(u32 *)leave && (page = alloc_page(0)))
		hoard[hoarded++] = page;
	current->flags &= ~PF_MEMALLOC;
}

static void give_back(void *unused)
{
	while (hoarded)
		__free_page(hoard[--hoarded]);
}

#define TABLES 6        /* page tables of the process: a page at each end of each */
#define VMAS 10         /* to each; 60 in all, so that the child's need a slab of their own */
#define LAST ((VMAS - 1) * 2 * PAGE_SIZE)

static u32 spread_process(u32 *addresses)
{
	u32 pid = (u32)OP(TASK, 0, 0), i, k;

	for (i = 0; i < TABLES; i++) {
		addresses[i] = 0x40000000 + i * (8u << 20);
		for (k = 0; k < VMAS; k++)
			OP(MMAP, pid, addresses[i] + k * 2 * PAGE_SIZE, PAGES(1), RW_PROT,
			   MAP_PRIVATE | MAP_FIXED);
		OP(WRITE, pid, addresses[i], i);
		OP(WRITE, pid, addresses[i] + LAST, i);
	}
	return pid;
}

/*
 * A machine of 512 frames with just enough memory for the first `leave` frames of the fork: the
 * directory, six page tables, a slab of vmas somewhere between. Fork fails as long as leave is too
 * small, at each place in turn, then it succeeds.
 */
static bool fork_with(u32 leave)
{
	u32 addresses[TABLES], pid, i, chain_pages;
	struct op op = { .kind = OP_FORK };
	struct mapping_view maps[2];
	u64 before;

	lab_boot(512, 0, 1);
	pid = spread_process(addresses);
	lab_run(hoard_all_but, &leave);
	chain_pages = (u32)m->counters.chain_pages;
	before = lab_free_or_for_ever();
	op.pid = (u16)pid;
	thread_by_pid(m, pid)->flags |= PF_MEMALLOC;
	m->vm->no_oom = true; /* kswapd finds nothing, and would kill the process for it */
	assert_true(op_run(m, &op));
	m->vm->no_oom = false;
	thread_by_pid(m, pid)->flags &= ~PF_MEMALLOC;
	assert_sound();
	assert_int_equal(m->counters.chain_pages, chain_pages);
	if (op.error) {
		assert_int_equal(op.error, ENOMEM);
		assert_int_equal(lab_free_or_for_ever(), before);
		assert_int_equal(m->vm->mmlist_nr, 1);
	}
	lab_run(give_back, NULL);
	for (i = 0; i < TABLES; i++) {
		u32 users = inspect_rmap(m, lab_pfn(pid, addresses[i]), maps, 2);

		assert_int_equal(users, op.error ? 1 : 2);
		OP(WRITE, pid, addresses[i], 100 + i);
		assert_int_equal(OP(READ, pid, addresses[i] + LAST), i);
	}
	lab_destroy(NULL);
	return op.error == 0;
}

static void test_no_memory_at_every_point(void **state)
{
	u32 leave;

	assert_false(fork_with(0));
	for (leave = 1; !fork_with(leave); leave++)
		assert_true(leave < 20);
	/* The directory, the tables and the slab. Fewer cannot do, and no more are needed. */
	assert_int_equal(leave, 1 + TABLES + 1);
}

/* -- two processors -------------------------------------------------------------------------- */

static void test_a_child_may_run_elsewhere(void **state)
{
	u32 at, parent = lab_process(2, &at), child;

	OP(WRITE, parent, at, 1);
	child = fork_of(parent);
	assert_int_equal(task(parent).cpu, 0);
	assert_int_equal(task(child).cpu, 1);
	OP(WRITE, child, at, 2);
	assert_int_equal(thread_by_pid(m, parent)->mm->cpu_vm_mask, 1);
	assert_int_equal(thread_by_pid(m, child)->mm->cpu_vm_mask, 2);
	assert_int_equal(pte_pfn(tlb_lookup(m->cpus[1], at)), lab_pfn(child, at));
	assert_int_equal(OP(READ, parent, at), 1);
	OP(EXIT, child, 0);
	assert_null(m->cpus[1]->active_mm);
	assert_int_equal(tlb_lookup(m->cpus[1], at), 0);
	assert_sound();
}

#define FORK_TEST(name) cmocka_unit_test_setup_teardown(name, boot, lab_destroy)
#define SMP_TEST(name) cmocka_unit_test_setup_teardown(name, boot_smp, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FORK_TEST(test_written_memory_becomes_read_only_in_both),
		FORK_TEST(test_the_zero_page_is_copied_as_it_is),
		FORK_TEST(test_every_cow_pte_is_protected),
		FORK_TEST(test_a_shared_page_stays_writable_and_is_clean_in_the_child),
		FORK_TEST(test_a_private_file_page),
		FORK_TEST(test_a_swapped_page),
		FORK_TEST(test_the_first_to_write_copies_the_last_one_keeps),
		FORK_TEST(test_the_parents_tlb_is_flushed_once),
		FORK_TEST(test_the_childs_vmas),
		FORK_TEST(test_a_child_stands_right_behind_its_parent),
		FORK_TEST(test_the_chain_after_two_forks),
		FORK_TEST(test_exit_gives_everything_back),
		cmocka_unit_test_teardown(test_no_memory_at_every_point, lab_destroy),
		SMP_TEST(test_a_child_may_run_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
