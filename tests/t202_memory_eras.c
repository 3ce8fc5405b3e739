/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults and fork in every kernel behind 2.5.27. What all of them agree on is said once; where they
 * differ the expected value is written down with the version it changed in. 2.5.27 itself is in
 * t200 and t220.
 */
#include "eras.h"

/* -- anonymous memory ------------------------------------------------------------------------ */

/* Nobody counts the zero page but 2.6.16, in file_rss and with a reference. */
static void reading_maps_the_zero_page(void **state)
{
	u32 at, pid = lab_process(4, &at);
	s32 before = m->vm->mem_map[m->vm->zero_pfn].count.counter;
	u32 counted = era->zero_page_counted;

	OP(READ, pid, at + PAGE_SIZE);
	assert_int_equal(pte_raw(pid, at + PAGE_SIZE), pfn_pte(m->vm->zero_pfn, RO));
	assert_rss(pid, counted, 0);
	assert_int_equal(m->vm->mem_map[m->vm->zero_pfn].count.counter - before, counted);
	assert_int_equal(m->counters.pgfault, 1);
	OP(READ, pid, at + 2 * PAGE_SIZE);
	OP(MUNMAP, pid, at, PAGES(2));
	assert_rss(pid, counted, 0);
	assert_int_equal(m->vm->mem_map[m->vm->zero_pfn].count.counter - before, counted);
}

static void writing_makes_an_active_page(void **state)
{
	u32 at, pid = lab_process(4, &at), pfn;

	OP(WRITE, pid, at, 42);
	pfn = lab_pfn(pid, at);
	assert_int_equal(pte_raw(pid, at), pfn_pte(pfn, RW_DIRTY));
	assert_rss(pid, 0, 1);
	assert_mappings(pfn, 1);
	settle();
	assert_int_equal(page_at(pid, at)->count.counter, 1);
	assert_true(PageLRU(page_at(pid, at)));
	assert_true(PageActive(page_at(pid, at))); /* since 2.5.43 */
	assert_int_equal(PageReferenced(page_at(pid, at)), !of_2006()); /* mark_page_accessed */
	assert_int_equal(OP(READ, pid, at), 42);
	assert_int_equal(m->counters.pgfault, 1);
}

static void writing_after_reading_leaves_the_zero_page(void **state)
{
	u32 at, pid = lab_process(4, &at), pfn;

	OP(READ, pid, at);
	lab_forget();
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	assert_int_equal(lab_event(EV_COW_BREAK, at, 0)->a[1], m->vm->zero_pfn);
	assert_int_equal(lab_count(EV_PAGE_COPY), 0); /* it is cleared, not copied */
	assert_int_equal(lab_count_of(EV_PAGE_CLEAR, pfn), 1);
	assert_rss(pid, 0, 1);
	assert_mappings(pfn, 1);
	assert_int_equal(OP(READ, pid, at), 1);
}

/* -- copy on write --------------------------------------------------------------------------- */

static void the_first_to_write_copies(void **state)
{
	u32 at, pid = lab_process(2, &at), pfn, child;

	OP(WRITE, pid, at, 7);
	pfn = lab_pfn(pid, at);
	child = (u32)OP(FORK, pid, 0);
	assert_int_equal(pte_raw(pid, at) & _PAGE_RW, 0);
	assert_int_equal(lab_pfn(child, at), pfn);
	assert_mappings(pfn, 2);
	assert_rss(pid, 0, 1);
	assert_rss(child, 0, 1);
	lab_forget();
	OP(WRITE, child, at, 8);
	assert_int_equal(lab_count(EV_COW_BREAK), 1);
	assert_mappings(pfn, 1);
	assert_mappings(lab_pfn(child, at), 1);
	assert_rss(child, 0, 1);
	assert_int_equal(OP(READ, pid, at), 7);
	assert_int_equal(OP(READ, child, at), 8);
}

/* Whoever is left keeps the page. But a page that waits in a pagevec has one user more, and up to
 * 2.6.13 it is users that are counted, not mappings. */
static void the_last_to_write_keeps_it(void **state)
{
	u32 at, pid = lab_process(2, &at), child, settled;

	for (settled = 0; settled < 2; settled++, at += PAGE_SIZE) {
		bool keeps = settled || of_2006() || !era->pagevec_size;
		u32 pfn;

		OP(WRITE, pid, at, 7);
		pfn = lab_pfn(pid, at);
		child = (u32)OP(FORK, pid, 0);
		OP(WRITE, child, at, 8);
		assert_mappings(pfn, 1);
		if (settled)
			settle();
		lab_forget();
		OP(WRITE, pid, at, 9);
		assert_int_equal(lab_count(EV_COW_REUSE), keeps);
		assert_int_equal(lab_count(EV_COW_BREAK), !keeps);
		assert_int_equal(lab_pfn(pid, at) == pfn, keeps);
		assert_int_equal(pte_raw(pid, at) & 0xfff, RW_DIRTY);
		assert_int_equal(OP(READ, child, at), 8);
		OP(EXIT, child, 0);
	}
	assert_rss(pid, 0, 2);
}

/* A thread that has the lock of a page for a while, and perhaps unmaps it before it lets go. */
static bool holder_unmaps;

static void hold_page(void *arg)
{
	struct page *page = arg;

	page_cache_get(page); /* it does not go away, and is not used again */
	lock_page(page);
	sleep_on_timeout(NULL, 1000000);
	if (holder_unmaps && page_mapped(page)) {
		require(add_to_swap(page));
		page_referenced(page, true);
		require(try_to_unmap(page) == SWAP_SUCCESS);
	}
	unlock_page(page);
	page_cache_release(page);
}

/* A page that only pid maps, read-only and not used since, while somebody else holds its lock. */
static u32 written_while_locked(u32 *pid, u32 *at)
{
	u32 pfn;

	*pid = lab_process(2, at);
	OP(WRITE, *pid, *at, 7);
	OP(EXIT, (u32)OP(FORK, *pid, 0), 0);
	settle();
	pfn = lab_pfn(*pid, *at);
	m->config.unchecked = true; /* the holder's reference is nobody's */
	lab_spawn("holder", hold_page, page_at(*pid, *at));
	OP(TICK, 0, 1000);
	lab_forget();
	OP(WRITE, *pid, *at, 9);
	OP(TICK, 0, 10000000);
	m->config.unchecked = false;
	assert_int_equal(OP(READ, *pid, *at), 9);
	return pfn;
}

/* Of an old page one asks under its lock whether it is shared. 4.0 waits for the lock (since
 * 2.6.29), the others copy a page that they cannot lock. */
static void a_locked_page_is_waited_for_or_copied(void **state)
{
	bool waits = era == kernel_by_name("4.0");
	u32 pid, at, pfn;

	holder_unmaps = false;
	pfn = written_while_locked(&pid, &at);
	assert_int_equal(lab_count(EV_COW_REUSE), waits);
	assert_int_equal(lab_count(EV_COW_BREAK), !waits);
	assert_int_equal(lab_pfn(pid, at) == pfn, waits);
	assert_rss(pid, 0, 1);
}

/* What it waited for may have unmapped the page: then the access is tried again. */
static void a_page_unmapped_while_waited_for(void **state)
{
	bool waits = era == kernel_by_name("4.0");
	u32 pid, at;

	holder_unmaps = true;
	written_while_locked(&pid, &at);
	assert_int_equal(m->counters.pgfault, waits ? 3 : 2); /* the first write, this one, again */
	assert_rss(pid, 0, 1);
}

/* -- files ----------------------------------------------------------------------------------- */

static void a_private_write_copies_at_once(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), map = map_file(pid, file, 4, 2);
	u32 pfn;

	lab_forget();
	OP(WRITE, pid, map, 5);
	pfn = lab_pfn(pid, map);
	assert_int_equal(lab_count(EV_FAULT), 1);
	assert_int_equal(lab_count_of(EV_PAGE_COPY, pfn), 1);
	assert_int_equal(pte_raw(pid, map), pfn_pte(pfn, RW_DIRTY));
	assert_rss(pid, 0, 1);
	assert_mappings(pfn, 1);
	settle();
	assert_true(PageActive(page_at(pid, map)));
	assert_int_equal(page_at(pid, map)->count.counter, 1);
	OP(READ, pid, map + PAGE_SIZE);
	assert_rss(pid, 1, 1);
	assert_mappings(lab_pfn(pid, map + PAGE_SIZE), 1);
	assert_int_equal(pte_raw(pid, map + PAGE_SIZE) & 0xfff, RO);
}

/* The first fault waits for the disk; 2.6.0 calls every fault for a page of a file a major one. */
static void major_faults(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), other = lab_process(1, &at);
	u32 first = map_file(pid, file, 4, MAP_SHARED);
	u32 second = map_file(other, file, 4, MAP_SHARED);

	OP(READ, pid, first);
	assert_int_equal(thread_by_pid(m, pid)->maj_flt, 1);
	OP(READ, other, second);
	assert_int_equal(thread_by_pid(m, other)->maj_flt, era->anon_mark == ANON_UNMARKED);
	assert_int_equal(m->counters.pgmajfault, 1);
}

/* 2.6.16 leaves to faults what faults can do: a vma without an anonymous page is not copied. */
static void fork_copies_what_faults_would_not_find(void **state)
{
	u32 at, pid = lab_process(1, &at), file = make_file(4), child, i;
	u32 priv = map_file(pid, file, 4, MAP_PRIVATE), shared = map_file(pid, file, 4, MAP_SHARED);

	for (i = 0; i < 4; i++)
		OP(READ, pid, shared + (i << PAGE_SHIFT));
	OP(WRITE, pid, priv, 1);
	OP(READ, pid, priv + PAGE_SIZE);
	m->counters.ptes_copied = 0;
	child = (u32)OP(FORK, pid, 0);
	assert_int_equal(m->counters.ptes_copied, of_2006() ? 2 : 6);
	assert_int_equal(pte_raw(child, shared) != 0, !of_2006());
	assert_int_equal(lab_pfn(child, priv), lab_pfn(pid, priv));
	assert_int_equal(lab_pfn(child, priv + PAGE_SIZE), lab_pfn(pid, priv + PAGE_SIZE));
	assert_rss(child, of_2006() ? 1 : 5, 1);
	assert_int_equal(OP(READ, child, shared), OP(READ, pid, shared));
	assert_mappings(lab_pfn(child, shared), 2);
}

/* -- swap ------------------------------------------------------------------------------------ */

static void fork_of_a_place_in_swap(void **state)
{
	u32 at, pid = lab_process(2, &at), child, pte;
	struct mm_struct *parent = thread_by_pid(m, pid)->mm, *mm;

	OP(WRITE, pid, at, 7);
	to_swap(pid, at);
	pte = pte_raw(pid, at);
	lab_forget();
	child = (u32)OP(FORK, pid, 0);
	mm = thread_by_pid(m, child)->mm;
	assert_int_equal(pte_raw(child, at), pte);
	assert_int_equal(lab_count(EV_SLOT_DUP), 1);
	assert_rss(child, 0, 0);
	/* Whoever has something in swap is behind its parent on mmlist, in all of them. */
	assert_ptr_equal(list_next(&parent->mmlist), &mm->mmlist);
	assert_int_equal(OP(READ, child, at), 7);
	assert_int_equal(OP(READ, pid, at), 7);
	assert_int_equal(lab_pfn(pid, at), lab_pfn(child, at));
	assert_mappings(lab_pfn(pid, at), 2);
}

/* A write to a page in swap that two share: a second fault up to 2.6.6, later the copy at once. */
static void a_write_swaps_in_and_copies(void **state)
{
	u32 at, pid = lab_process(2, &at), child;

	OP(WRITE, pid, at, 7);
	to_swap(pid, at);
	child = (u32)OP(FORK, pid, 0);
	m->counters.pgfault = 0;
	OP(WRITE, child, at, 8);
	assert_int_equal(m->counters.pgfault, has_chains() ? 2 : 1);
	assert_int_equal(OP(READ, pid, at), 7);
	assert_int_equal(OP(READ, child, at), 8);
	assert_int_not_equal(lab_pfn(pid, at), lab_pfn(child, at));
	assert_rss(child, 0, 1);
}

/* From 2.6.18 on, and here in 2.6.16, the rmap knows the page before the slot loses a user. */
static void the_order_of_swapping_in(void **state)
{
	u32 at, pid = lab_process(2, &at);
	u32 freed, mapped;

	OP(WRITE, pid, at, 7);
	to_swap(pid, at);
	lab_forget();
	OP(READ, pid, at);
	freed = lab_first(EV_SLOT_FREE)->number;
	mapped = lab_first(EV_PTE_SET)->number;
	assert_int_equal(freed < mapped, !of_2006());
	assert_rss(pid, 0, 1);
	assert_int_equal(lab_count(EV_FAULT), 1);
}

/* Alone with its slot: the write fault makes it writable at once. */
static void an_exclusive_page_comes_back_writable(void **state)
{
	u32 at, pid = lab_process(2, &at);

	OP(WRITE, pid, at, 7);
	to_swap(pid, at);
	m->counters.pgfault = 0;
	m->counters.pgcow = 0;
	OP(WRITE, pid, at, 8);
	assert_int_equal(m->counters.pgfault, 1);
	assert_int_equal(m->counters.pgcow, 0);
	assert_int_equal(pte_raw(pid, at) & 0xfff, RW_DIRTY);
	assert_mappings(lab_pfn(pid, at), 1);
}

int main(void)
{
	static const struct era_test each[] = {
		ERA_TEST(reading_maps_the_zero_page),
		ERA_TEST(writing_makes_an_active_page),
		ERA_TEST(writing_after_reading_leaves_the_zero_page),
		ERA_TEST(the_first_to_write_copies),
		ERA_TEST(the_last_to_write_keeps_it),
		ERA_TEST(a_locked_page_is_waited_for_or_copied),
		ERA_TEST(a_page_unmapped_while_waited_for),
		ERA_TEST(a_private_write_copies_at_once),
		ERA_TEST(major_faults),
		ERA_TEST(fork_copies_what_faults_would_not_find),
		ERA_TEST(fork_of_a_place_in_swap),
		ERA_TEST(a_write_swaps_in_and_copies),
		ERA_TEST(the_order_of_swapping_in),
		ERA_TEST(an_exclusive_page_comes_back_writable),
	};

	return eras_run(each, ARRAY_SIZE(each));
}
