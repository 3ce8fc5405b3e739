/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a page at the tail of the inactive list: each way out of shrink_cache, built on
 * purpose. Seed 000 says what must happen; facts B.12 names the jumps.
 *
 * With one page on the inactive list a lap looks at it exactly once: nr_inactive / priority is 0
 * until priority 1. So reclaim(1) is one decision.
 */
#include "lab.h"
#include "rmap/rmap.h"

static u32 pid, at, pfn;
static struct page *page;

static bool on_active(void)
{
	return PageLRU(page) && PageActive(page);
}

static bool on_inactive(void)
{
	return PageLRU(page) && !PageActive(page);
}

static void at_rest(void)
{
	assert_false(PageLocked(page));
	assert_int_equal(page->flags >> PG_chainlock & 1, 0);
}

/* One page of a process, written with 4711, at the tail of the inactive list and just used. */
static void one_anonymous_page(u32 swap)
{
	lab_boot(256, swap, 1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 4711);
	pfn = lab_pfn(pid, at);
	page = &m->vm->mem_map[pfn];
	assert_true(on_inactive());
	lab_forget();
}

/* The same, used long ago. */
static void one_idle_page(u32 swap)
{
	one_anonymous_page(swap);
	OP(REFERENCED, 0, pfn);
	lab_forget();
}

static struct pte_view pte_now(void)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, pid, at, &pte));
	return pte;
}

/* -- anonymous pages ------------------------------------------------------------------------- */

static void used_pages_are_activated(void **state)
{
	one_anonymous_page(64);
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_true(on_active());
	at_rest();
	assert_int_equal(lab_count_of(EV_SCAN, pfn), 1);
	assert_int_equal(lab_event(EV_REFERENCED, pfn, 0)->a[1], 1);
	assert_int_equal(lab_count_of(EV_ACTIVATE, pfn), 1);
	assert_int_equal(lab_count(EV_SLOT_ALLOC), 0);
	assert_false(pte_now().accessed); /* asked and cleared */
	assert_true(pte_now().present);
}

/* Swap cache, unmapped, written; then the write is waited for; then it is freed. */
static void from_the_tail_to_swap_and_back(void **state)
{
	u64 slot, unmapped, written;

	one_idle_page(64);
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	slot = lab_event(EV_SWAPCACHE_ADD, pfn, 0)->number;
	unmapped = lab_event(EV_UNMAP_ONE, pfn, 0)->number;
	written = lab_event(EV_WRITEBACK, pfn, 0)->number;
	assert_true(slot < unmapped && unmapped < written);
	assert_true(on_inactive() && PageWriteback(page) && !PageDirty(page));
	at_rest();
	assert_true(pte_now().swap && pte_now().swap_type == 0 && pte_now().swap_offset == 1);
	assert_int_equal(m->vm->swap_info[0].swap_map[1], 2); /* the cache and the pte */

	lab_forget();
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_int_equal(lab_count_of(EV_WAIT_PAGE, pfn), 1);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[1], 0);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[2], 1); /* being written */
	assert_false(PageWriteback(page));
	assert_true(page->mapping == &m->vm->swapper_space && on_inactive());

	lab_forget();
	assert_int_equal(OP(RECLAIM, 0, 1), 1);
	assert_int_equal(lab_count_of(EV_RECLAIM, pfn), 1);
	assert_int_equal(lab_count_of(EV_SWAPCACHE_DEL, pfn), 1);
	assert_int_equal(page_count(page), 0);
	assert_int_equal(m->vm->swap_info[0].swap_map[1], 1); /* the pte alone */
	assert_int_equal(m->vm->nr_inactive, 0);

	assert_int_equal(OP(READ, pid, at), 4711);
	assert_int_equal(m->counters.pswpin, 1);
	assert_int_equal(m->counters.pswpout, 1);
	assert_int_equal(m->counters.pgsteal, 1);
}

/* While it is on its way out the page is found in the swap cache: nothing is read. */
static void caught_on_the_way_out(void **state)
{
	one_idle_page(64);
	OP(RECLAIM, 0, 1);
	assert_false(pte_now().present);
	assert_int_equal(OP(READ, pid, at), 4711);
	assert_int_equal(lab_pfn(pid, at), pfn);
	assert_int_equal(m->counters.pswpin, 0);
	assert_int_equal(lab_count_of(EV_SWAPCACHE_HIT, 1), 1);
}

static void no_slot_left(void **state)
{
	one_idle_page(0);
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_int_equal(lab_count(EV_SLOT_FULL), 1);
	assert_int_equal(lab_count_of(EV_ACTIVATE, pfn), 1);
	assert_true(on_active() && pte_now().present && !page->mapping);
	assert_int_equal(page_count(page), 1);
	at_rest();
}

static void locked_memory_is_activated(void **state)
{
	lab_boot(256, 64, 1);
	pid = (u32)OP(TASK, 0, 0);
	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_LOCKED);
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	page = &m->vm->mem_map[pfn];
	OP(REFERENCED, 0, pfn);
	assert_true(on_inactive());
	lab_forget();
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_int_equal(lab_count_of(EV_UNMAP_FAIL, pfn), 1);
	assert_int_equal(lab_count_of(EV_ACTIVATE, pfn), 1);
	assert_true(on_active() && pte_now().present);
	/* It was given a slot before anybody noticed, and keeps it. */
	assert_true(page->mapping == &m->vm->swapper_space && PageDirty(page));
	at_rest();
}

/* Two processes share a page after fork: one decision unmaps it from both. */
static void shared_pages_are_unmapped_from_all(void **state)
{
	struct pte_view pte;
	u32 child;

	one_anonymous_page(64);
	child = (u32)OP(FORK, pid, 0);
	OP(REFERENCED, 0, pfn);
	lab_forget();
	OP(RECLAIM, 0, 1);
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 2);
	assert_true(pte_now().swap);
	assert_true(inspect_pte(m, child, at, &pte) && pte.swap && pte.swap_offset == 1);
	assert_int_equal(m->vm->swap_info[0].swap_map[1], 3);
	assert_int_equal(OP(READ, child, at), 4711);
	assert_int_equal(OP(READ, pid, at), 4711);
	assert_int_equal(lab_pfn(pid, at), lab_pfn(child, at)); /* still the same page */
}

/* -- locks that somebody else has ------------------------------------------------------------ */

static struct mm_struct *mm_of(u32 owner)
{
	return thread_by_pid(m, owner)->mm;
}

static void hold_page_table_lock(void *unused)
{
	spinlock_t *lock = &mm_of(pid)->page_table_lock;

	spin_lock(lock);
	require(VM->kernel->vmscan->reclaim(1) == 0);
	spin_unlock(lock);
}

static void page_table_lock_is_only_tried(void **state)
{
	lab_boot(256, 64, 2);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 4711);
	pfn = lab_pfn(pid, at);
	page = &m->vm->mem_map[pfn];
	OP(REFERENCED, 0, pfn);
	lab_forget();
	lab_run(hold_page_table_lock, NULL);
	assert_int_equal(lab_count_of(EV_UNMAP_AGAIN, pfn), 1);
	assert_int_equal(m->counters.rmap_trylock_failed, 1);
	assert_true(on_inactive() && pte_now().present);
	assert_true(page->mapping == &m->vm->swapper_space); /* it has its slot already */
	at_rest();
	OP(RECLAIM, 0, 1); /* nobody has the lock now */
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 1);
}

static void hold_page_lock(void *unused)
{
	lock_page(page);
	require(VM->kernel->vmscan->reclaim(1) == 0);
	unlock_page(page);
}

static void locked_pages_are_passed_over(void **state)
{
	one_idle_page(64);
	lab_run(hold_page_lock, NULL);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[1], 0);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[2], 0);
	assert_int_equal(lab_count(EV_REFERENCED), 0);
	assert_true(on_inactive() && pte_now().present);
}

static void be_nearly_free(void *unused)
{
	atomic_set(&page->count, 0);
	require(VM->kernel->vmscan->reclaim(1) == 0);
	atomic_set(&page->count, 1);
}

static void pages_being_freed_are_passed_over(void **state)
{
	one_idle_page(64);
	lab_run(be_nearly_free, NULL);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[1], 1);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[2], 0);
	assert_int_equal(lab_count(EV_PAGE_TRYLOCK), 0);
}

/*
 * The last user of a page that is being written leaves just before reclaim takes its reference, and
 * waits for the list lock: the page is gone, and must be left to him.
 */
static void last_user_leaves(const struct event *ev)
{
	if (ev->kind == EV_SCAN_SKIP && ev->a[0] == pfn)
		atomic_set(&page->count, 0);
}

static void be_gone(void *unused)
{
	lab_on_event = last_user_leaves;
	require(VM->kernel->vmscan->reclaim(1) == 0);
	lab_on_event = NULL;
	require(page_count(page) == 0);
	atomic_set(&page->count, 1);
}

static void pages_that_are_gone_are_left_alone(void **state)
{
	one_idle_page(64);
	OP(RECLAIM, 0, 1);
	assert_true(PageWriteback(page));
	lab_forget();
	lab_run(be_gone, NULL);
	assert_int_equal(lab_count_of(EV_SCAN_SKIP, pfn), 1);
	assert_int_equal(lab_count(EV_WAIT_PAGE), 0);
	assert_int_equal(lab_count(EV_PAGE_FREE), 0);
}

static void want_dma(void *unused)
{
	VM->no_oom = true;
	require(VM->kernel->vmscan->try_to_free_pages(&VM->zones[ZONE_DMA], GFP_KERNEL, 0) == 0);
	VM->no_oom = false;
}

static void other_zones_are_passed_over(void **state)
{
	lab_boot_config((struct machine_config){
		.ram = 2 << 20, .swap = 1 << 20, .cpus = 1, .page_cluster = -1, .events = true,
		.dma_end = 1 << 20,
	});
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	page = &m->vm->mem_map[pfn];
	assert_int_equal(page_zone_index(page), ZONE_NORMAL);
	OP(REFERENCED, 0, pfn);
	lab_forget();
	lab_run(want_dma, NULL);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[1], 1);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[2], 1);
	assert_true(on_inactive() && pte_now().present);
}

/* -- pages of files -------------------------------------------------------------------------- */

static u32 ino;

static struct inode *the_inode(void)
{
	return list_entry(list_next(&m->vm->inodes), struct inode, inodes);
}

/* The page of a file of one page, in the cache, marked referenced by one read(). */
static void one_file_page(void)
{
	lab_boot(256, 64, 1);
	ino = (u32)OP(FILE, 0, PAGE_SIZE);
	OP(FILE_READ, 0, ino, 0);
	page = radix_tree_lookup(&the_inode()->i_data.page_tree, 0);
	pfn = (u32)(page - m->vm->mem_map);
	assert_true(on_inactive() && PageReferenced(page));
	lab_forget();
}

/* Referenced, but neither the page nor its file is mapped by anybody: used once, freed. */
static void use_once(void **state)
{
	one_file_page();
	assert_int_equal(OP(RECLAIM, 0, 1), 1);
	assert_int_equal(lab_event(EV_REFERENCED, pfn, 0)->a[1], 1);
	assert_int_equal(lab_count_of(EV_CACHE_DEL, pfn), 1);
	assert_int_equal(lab_count_of(EV_RECLAIM, pfn), 1);
	assert_int_equal(the_inode()->i_data.nrpages, 0);
	assert_int_equal(page_count(page), 0);
	assert_int_equal(m->counters.io_writes, 0);
}

/* The same page is kept if somebody maps the file, even somewhere else, even privately. */
static void referenced_pages_of_mapped_files(void **state)
{
	one_file_page();
	pid = (u32)OP(TASK, 0, 0);
	OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE, ino);
	lab_forget();
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_true(on_active() && !PageReferenced(page));
	assert_int_equal(lab_count_of(EV_ACTIVATE, pfn), 1);
}

static void mapped_file_pages_lose_their_ptes(void **state)
{
	one_file_page();
	pid = (u32)OP(TASK, 0, 0);
	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, ino);
	OP(READ, pid, at); /* the second use: activated */
	assert_true(on_active());
	OP(REFILL, 0, 1); /* its pte was used */
	assert_true(on_active());
	OP(REFILL, 0, 1);
	assert_true(on_inactive());
	lab_forget();
	assert_int_equal(OP(RECLAIM, 0, 1), 1); /* clean: unmapped and freed in one go */
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 1);
	assert_int_equal(pte_now().raw, 0); /* a file page needs no trace */
	assert_int_equal(m->counters.pgpgin, 1);
	assert_int_equal(OP(READ, pid, at), 0);
	assert_int_equal(m->counters.pgpgin, 2);
}

/* Dirty: written now, waited for next time, freed the third time. */
static void dirty_file_pages_are_written(void **state)
{
	one_file_page();
	OP(FILE_WRITE, 0, ino, 0, 5);
	assert_true(PageDirty(page));
	lab_forget();
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_int_equal(lab_count_of(EV_WRITEBACK, pfn), 1);
	assert_int_equal(lab_event(EV_WRITEBACK, pfn, 0)->thread, 0); /* by reclaim itself */
	assert_true(on_inactive() && PageWriteback(page) && !PageDirty(page));
	at_rest();
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_int_equal(lab_count_of(EV_WAIT_PAGE, pfn), 1);
	assert_int_equal(OP(RECLAIM, 0, 1), 1);
	assert_int_equal(m->counters.pgpgout, 1);
	assert_int_equal(OP(FILE_READ, 0, ino, 0), 5);
}

/* The dirty bit is in the pte alone. try_to_unmap brings it to the page, so it is not lost. */
static void the_ptes_dirty_bit_counts(void **state)
{
	one_file_page();
	pid = (u32)OP(TASK, 0, 0);
	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ino);
	OP(WRITE, pid, at, 6);
	OP(REFILL, 0, 1);
	OP(REFILL, 0, 1);
	assert_true(on_inactive() && !PageDirty(page) && pte_now().dirty);
	lab_forget();
	assert_int_equal(OP(RECLAIM, 0, 1), 0);
	assert_true(lab_event(EV_UNMAP_ONE, pfn, 0)->number >
		    lab_event(EV_PAGE_DIRTY, pfn, 0)->number);
	assert_int_equal(lab_count_of(EV_WRITEBACK, pfn), 1);
	OP(RECLAIM, 0, 1);
	assert_int_equal(OP(RECLAIM, 0, 1), 1);
	assert_int_equal(OP(FILE_READ, 0, ino, 0), 6);
}

/* page_referenced comes before the question whether the page is in use: the bit is gone. */
static void hold_a_reference(void *unused)
{
	get_page(page);
	require(VM->kernel->vmscan->reclaim(1) == 0);
	put_page(page);
}

static void somebody_has_a_reference(void **state)
{
	one_file_page();
	lab_run(hold_a_reference, NULL);
	assert_true(on_inactive() && !PageReferenced(page));
	assert_int_equal(the_inode()->i_data.nrpages, 1);
	at_rest();
	assert_int_equal(OP(RECLAIM, 0, 1), 1);
}

/* -- who may write --------------------------------------------------------------------------- */

static void reclaim_nofs(void *unused)
{
	VM->no_oom = true;
	VM->kernel->vmscan->try_to_free_pages(&VM->zones[0], GFP_NOFS & ~__GFP_FS, 0);
	VM->no_oom = false;
}

/* Without __GFP_FS reclaim leaves a dirty page of a file as it is. pdflush, which it wakes because
 * it got nowhere, may write it. */
static void without_fs_no_file_is_written(void **state)
{
	one_file_page();
	OP(FILE_WRITE, 0, ino, 0, 5);
	lab_forget();
	lab_run(reclaim_nofs, NULL);
	assert_int_equal(lab_count(EV_SCAN), 1);
	assert_int_equal(lab_count_of(EV_WRITEBACK, pfn), 1);
	assert_int_equal(lab_event(EV_WRITEBACK, pfn, 0)->thread, m->vm->pdflush->pid);
}

/* Swapping needs only __GFP_IO. But what was asked before the page was in the swap cache counts:
 * it is written the next time (facts G.11). */
static void without_fs_swap_is_written_late(void **state)
{
	one_idle_page(64);
	lab_run(reclaim_nofs, NULL);
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 1);
	assert_int_equal(lab_count(EV_WRITEBACK), 0);
	lab_run(reclaim_nofs, NULL);
	assert_int_equal(lab_count_of(EV_WRITEBACK, pfn), 1);
}

/* -- laps ------------------------------------------------------------------------------------ */

/* One dirty victim drags along up to 32 pages of its file, and each of them counts as looked at. */
static void writes_in_clusters(void **state)
{
	const struct event *end;
	u32 i;

	lab_boot(256, 0, 1);
	ino = (u32)OP(FILE, 0, 60 * PAGE_SIZE);
	for (i = 0; i < 60; i++)
		OP(FILE_WRITE, 0, ino, i * PAGE_SIZE, i);
	assert_int_equal(m->vm->nr_inactive, 60);
	lab_forget();
	OP(RECLAIM, 0, 1);
	end = lab_event(EV_RECLAIM_END, 6, 0);
	assert_int_equal(lab_event(EV_RECLAIM_BEGIN, 6, 0)->a[2], 60 / 6);
	assert_int_equal(lab_count_before(EV_SCAN, end), 1);
	assert_int_equal(lab_count_before(EV_WRITEBACK, end), 32);
}

/* The arithmetic of a lap: how much goes down, how much is looked at. 30 active pages and 12
 * inactive, 8 wanted. */
static void arithmetic_body(void *unused)
{
	u32 i;

	for (i = 0; i < 42; i++) {
		struct page *p = alloc_page(GFP_KERNEL);

		lru_cache_add(p);
		get_page(p); /* nothing here can be freed */
		if (i < 30)
			activate_page(p);
	}
	require(VM->nr_active == 30 && VM->nr_inactive == 12);
	require(VM->kernel->vmscan->reclaim(8) == 0);
}

static void laps(void **state)
{
	u32 inactive = 12, active = 30, priority, down, seen = 0;

	lab_boot(256, 0, 1);
	lab_run(arithmetic_body, NULL);
	for (priority = 6; priority >= 1; priority--) {
		const struct event *begin = lab_event(EV_RECLAIM_BEGIN, priority, 0);

		assert_int_equal(begin->a[1], 8);
		/* What has just come down is not looked at in the same lap. */
		assert_int_equal(begin->a[2], inactive / priority);
		assert_int_equal(lab_event(EV_RECLAIM_END, priority, 0)->a[1], 8);
		down = 8 * active / ((inactive | 1) * 2);
		seen += inactive / priority;
		inactive += down;
		active -= down;
	}
	assert_int_equal(m->vm->nr_active, active);
	assert_int_equal(m->vm->nr_inactive, inactive);
	assert_int_equal(m->counters.pgscan, seen);
	assert_int_equal(m->counters.pgdeactivate, 30 - active);
}

/* It stops when it has what it wants. */
static void no_more_than_wanted(void **state)
{
	u32 i;

	lab_boot(256, 0, 1);
	ino = (u32)OP(FILE, 0, 80 * PAGE_SIZE);
	for (i = 0; i < 80; i++)
		OP(FILE_READ, 0, ino, i * PAGE_SIZE);
	assert_int_equal(OP(RECLAIM, 0, 5), 5);
	assert_int_equal(the_inode()->i_data.nrpages, 75);
	assert_int_equal(OP(RECLAIM, 0, 40), 40); /* two batches, of 32 and 8 */
	assert_int_equal(OP(RECLAIM, 0, 100), 35);
	assert_int_equal(OP(RECLAIM, 0, 100), 0);
	/* The oldest went first. */
	assert_int_equal(lab_count(EV_RECLAIM), 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(used_pages_are_activated, lab_destroy),
		cmocka_unit_test_teardown(from_the_tail_to_swap_and_back, lab_destroy),
		cmocka_unit_test_teardown(caught_on_the_way_out, lab_destroy),
		cmocka_unit_test_teardown(no_slot_left, lab_destroy),
		cmocka_unit_test_teardown(locked_memory_is_activated, lab_destroy),
		cmocka_unit_test_teardown(shared_pages_are_unmapped_from_all, lab_destroy),
		cmocka_unit_test_teardown(page_table_lock_is_only_tried, lab_destroy),
		cmocka_unit_test_teardown(locked_pages_are_passed_over, lab_destroy),
		cmocka_unit_test_teardown(pages_being_freed_are_passed_over, lab_destroy),
		cmocka_unit_test_teardown(pages_that_are_gone_are_left_alone, lab_destroy),
		cmocka_unit_test_teardown(other_zones_are_passed_over, lab_destroy),
		cmocka_unit_test_teardown(use_once, lab_destroy),
		cmocka_unit_test_teardown(referenced_pages_of_mapped_files, lab_destroy),
		cmocka_unit_test_teardown(mapped_file_pages_lose_their_ptes, lab_destroy),
		cmocka_unit_test_teardown(dirty_file_pages_are_written, lab_destroy),
		cmocka_unit_test_teardown(the_ptes_dirty_bit_counts, lab_destroy),
		cmocka_unit_test_teardown(somebody_has_a_reference, lab_destroy),
		cmocka_unit_test_teardown(without_fs_no_file_is_written, lab_destroy),
		cmocka_unit_test_teardown(without_fs_swap_is_written_late, lab_destroy),
		cmocka_unit_test_teardown(writes_in_clusters, lab_destroy),
		cmocka_unit_test_teardown(laps, lab_destroy),
		cmocka_unit_test_teardown(no_more_than_wanted, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
