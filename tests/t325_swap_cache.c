/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A page and its slot: how they come together, who may have the page for himself, when they part,
 * and the way to the disk and back. Source of the expectations: seed 000's add_to_swap, facts B.11,
 * E.5, E.6 and E.9 (2.5.26 mm/swap_state.c, mm/page_io.c).
 */
#include "lab.h"
#include "sim/content.h"
#include "sim/disk.h"

/* -- into the swap cache ------------------------------------------------------------------- */

/* A page as do_anonymous_page leaves it: on the inactive list, up to date, one reference. */
static struct page *anonymous_page(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	SetPageUptodate(page);
	lru_cache_add(page);
	return page;
}

static u32 slot_of_page;

static void add_body(void *unused)
{
	struct page *page = anonymous_page();
	swp_entry_t entry;

	current->flags |= PF_MEMALLOC;
	require(trylock_page(page));
	require(add_to_swap(page) == 1);
	require(current->flags & PF_MEMALLOC && !(current->flags & PF_NOWARN));
	current->flags &= ~PF_MEMALLOC;
	entry.val = slot_of_page = page->index;
	require(PageSwapCache(page) && PageUptodate(page) && PageDirty(page) && PageLocked(page));
	require(page_count(page) == 2 && swap_map_raw(entry) == 1);
	require(lookup_swap_cache(entry) == page && page_count(page) == 3);
	put_page(page);
	/* The cache's own use is the only one: the caller may have the page for itself. */
	require(can_share_swap_page(page));
	require(remove_exclusive_swap_page(page) == 1);
	require(!PageSwapCache(page) && PageDirty(page) && page_count(page) == 1);
	require(swap_map_raw(entry) == 0 && VM->nr_swap_pages == 63);
	unlock_page(page);
	put_page(page);
}

/* Seed 000: get_swap_page counts 1, the cache makes it 2, add_to_swap gives its own back: 1. */
static void add_to_swap_counts(void **state)
{
	lab_boot(256, 64, 1);
	lab_run(add_body, NULL);
	assert_int_equal(lab_event(EV_SLOT_DUP, slot_of_page, 0)->a[1], 2);
	assert_int_equal(lab_event(EV_SLOT_FREE, slot_of_page, 0)->a[1], 1);
	assert_true(lab_event(EV_SLOT_ALLOC, slot_of_page, 0)->number <
		    lab_event(EV_SLOT_DUP, slot_of_page, 0)->number);
	assert_true(lab_event(EV_SLOT_DUP, slot_of_page, 0)->number <
		    lab_event(EV_SLOT_FREE, slot_of_page, 0)->number);
}

/*
 * Memory is down to what only PF_MEMALLOC may have, and the slab cache of radix nodes is empty. The
 * node comes from the mempool then, and the last frames stay for the disk driver.
 */
static void polite_body(void *unused)
{
	struct page *page = anonymous_page();
	u32 free, nodes;

	while (alloc_page(GFP_ATOMIC))
		;
	while (kmem_cache_alloc(VM->radix_node_cachep, GFP_ATOMIC))
		;
	free = nr_free_pages();
	nodes = VM->radix_pool.nr;
	require(free > 0 && nodes > 0);
	current->flags |= PF_MEMALLOC;
	require(trylock_page(page));
	require(add_to_swap(page) == 1);
	current->flags &= ~PF_MEMALLOC;
	require(nr_free_pages() == free && VM->radix_pool.nr == nodes - 1);
	unlock_page(page);
}

static void last_frames_are_left_alone(void **state)
{
	lab_boot(256, 64, 1);
	lab_run(polite_body, NULL);
}

static void full_body(void *unused)
{
	struct page *page = anonymous_page();

	while (get_swap_page().val)
		;
	require(VM->nr_swap_pages == 0 && vm_swap_full());
	require(trylock_page(page));
	require(add_to_swap(page) == 0);
	require(!page->mapping && page_count(page) == 1 && !PageDirty(page));
	unlock_page(page);
	put_page(page);
}

static void swap_full(void **state)
{
	lab_boot(256, 16, 1);
	lab_run(full_body, NULL);
}

/* A slot is freed and used for another page while read-ahead already has a page for it: the loser
 * takes another slot. */
static void race_body(void *unused)
{
	struct page *reader = anonymous_page(), *page = anonymous_page();

	lock_page(reader);
	require(!radix_tree_insert(&VM->swapper_space.page_tree, 1, reader));
	require(trylock_page(page));
	require(add_to_swap(page) == 1);
	require(page->index == 2 && swap_map_raw(SWP_ENTRY(0, 1)) == 0);
	require(swap_map_raw(SWP_ENTRY(0, 2)) == 1);
	require(radix_tree_delete(&VM->swapper_space.page_tree, 1) == reader);
	delete_from_swap_cache(page);
	unlock_page(page);
	unlock_page(reader);
	put_page(reader);
	put_page(page);
}

static void lost_race_takes_another_slot(void **state)
{
	lab_boot(256, 16, 1);
	lab_run(race_body, NULL);
}

/* -- a page and its slot ------------------------------------------------------------------- */

static struct page *swapped_page(swp_entry_t *entry)
{
	struct page *page = anonymous_page();

	lock_page(page);
	add_to_swap(page);
	entry->val = page->index;
	return page;
}

static void share_body(void *unused)
{
	struct page *page = anonymous_page();
	swp_entry_t entry;

	lock_page(page);
	require(can_share_swap_page(page)); /* one reference, no slot */
	get_page(page);
	require(!can_share_swap_page(page)); /* two, and none is the cache's */
	put_page(page);
	add_to_swap(page);
	entry.val = page->index;
	require(can_share_swap_page(page)); /* the cache's and ours */
	swap_duplicate(entry);
	require(!can_share_swap_page(page)); /* a pte names the slot */
	require(!remove_exclusive_swap_page(page));
	swap_free(entry);
	get_page(page);
	require(!can_share_swap_page(page)); /* three references */
	require(!remove_exclusive_swap_page(page));
	put_page(page);
	SetPageWriteback(page);
	require(!remove_exclusive_swap_page(page)); /* the disk is at it */
	ClearPageWriteback(page);
	require(remove_exclusive_swap_page(page));
	unlock_page(page);
	put_page(page);
}

static void who_may_have_the_page(void **state)
{
	lab_boot(256, 16, 1);
	lab_run(share_body, NULL);
}

/* Somebody finds the page in the cache just before the lock is got: he must not lose it. */
static struct page *wanted;

static void find_it(const struct event *ev)
{
	if (ev->kind != EV_LOCK || ev->a[0] != LC_MAPPING_PAGE_LOCK)
		return;
	lab_on_event = NULL;
	atomic_set(&wanted->count, 3);
}

static void found_body(void *unused)
{
	swp_entry_t entry;

	wanted = swapped_page(&entry);
	lab_on_event = find_it;
	require(!remove_exclusive_swap_page(wanted));
	require(PageSwapCache(wanted) && page_count(wanted) == 3);
	atomic_set(&wanted->count, 2);
	lab_on_event = find_it;
	require(!can_share_swap_page(wanted));
	unlock_page(wanted);
}

static void found_at_the_last_moment(void **state)
{
	lab_boot(256, 16, 2);
	lab_run(found_body, NULL);
}

static void zap_body(void *unused)
{
	swp_entry_t entry;
	struct page *page = swapped_page(&entry);
	u32 free;

	/* A pte named the slot and is zapped: the cache alone is left, and the page has no user
	 * but the cache once we let go. */
	swap_duplicate(entry);
	unlock_page(page);
	put_page(page);
	require(page_count(page) == 1 && swap_map_raw(entry) == 2);
	free = nr_free_pages();
	free_swap_and_cache(entry);
	require(swap_map_raw(entry) == 0 && nr_free_pages() == free + 1);

	/* Somebody has the page: it stays in the cache, unless swap is more than half full. */
	page = swapped_page(&entry);
	unlock_page(page);
	swap_duplicate(entry);
	require(!vm_swap_full());
	free_swap_and_cache(entry);
	require(PageSwapCache(page) && swap_map_raw(entry) == 1);
	while (!vm_swap_full())
		get_swap_page();
	swap_duplicate(entry);
	free_swap_and_cache(entry);
	require(!PageSwapCache(page) && PageDirty(page) && swap_map_raw(entry) == 0);
	put_page(page);

	/* A page that is locked is left alone. */
	page = swapped_page(&entry);
	swap_duplicate(entry);
	free_swap_and_cache(entry);
	require(PageSwapCache(page) && swap_map_raw(entry) == 1);
	/* free_page_and_swap_cache drops the slot with the last user of the page. */
	unlock_page(page);
	free = nr_free_pages();
	free_page_and_swap_cache(page);
	require(swap_map_raw(entry) == 0 && nr_free_pages() == free + 1);
}

static void zapping_a_swap_pte(void **state)
{
	lab_boot(256, 16, 1);
	lab_run(zap_body, NULL);
}

/* -- writing and reading ------------------------------------------------------------------- */

static void io_body(void *unused)
{
	u32 pfn, slot;
	swp_entry_t entry;
	struct page *page = swapped_page(&entry);

	pfn = page_to_pfn(page);
	slot = SWP_OFFSET(entry);
	content_store(current->machine, pfn, 16, 4711);
	swap_duplicate(entry); /* or nobody would need the slot */
	require(clear_page_dirty(page));
	swap_writepage(page);
	require(PageWriteback(page) && !PageLocked(page));
	wait_on_page_writeback(page);
	require(!PageWriteback(page) && !PageDirty(page));
	require(disk_word(current->machine->disks[1], slot, 16) == 4711);
	lock_page(page);
	delete_from_swap_cache(page);
	unlock_page(page);
	put_page(page);

	page = read_swap_cache_async(entry);
	require(page && PageLocked(page) && !PageUptodate(page) && page_count(page) == 2);
	require(swap_map_raw(entry) == 2);
	wait_on_page_locked(page);
	require(PageUptodate(page));
	require(content_load(current->machine, page_to_pfn(page), 16) == 4711);
	require(read_swap_cache_async(entry) == page && page_count(page) == 3); /* no second read */
	put_page(page);
	put_page(page);
	swap_free(entry);
	/* Nobody uses the slot but the cache. Once it is free there is nothing to read. */
	lock_page(page);
	page_cache_get(page);
	require(remove_exclusive_swap_page(page));
	unlock_page(page);
	put_page(page);
	require(!read_swap_cache_async(entry));
}

static void out_and_in_again(void **state)
{
	lab_boot(256, 16, 1);
	lab_run(io_body, NULL);
	assert_int_equal(m->counters.pswpout, 1);
	assert_int_equal(m->counters.pswpin, 1);
	assert_int_equal(m->counters.io_reads + m->counters.io_writes, 2);
}

/* A page whose slot nobody needs is not written: it leaves the cache (facts E.9). */
static void unneeded_body(void *unused)
{
	swp_entry_t entry;
	struct page *page = swapped_page(&entry);

	require(clear_page_dirty(page));
	swap_writepage(page);
	require(!PageLocked(page) && !PageWriteback(page) && !PageSwapCache(page));
	require(PageDirty(page) && page_count(page) == 1);
	put_page(page);
}

static void unneeded_pages_are_not_written(void **state)
{
	lab_boot(256, 16, 1);
	lab_run(unneeded_body, NULL);
	assert_int_equal(m->counters.io_writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(add_to_swap_counts, lab_destroy),
		cmocka_unit_test_teardown(last_frames_are_left_alone, lab_destroy),
		cmocka_unit_test_teardown(swap_full, lab_destroy),
		cmocka_unit_test_teardown(lost_race_takes_another_slot, lab_destroy),
		cmocka_unit_test_teardown(who_may_have_the_page, lab_destroy),
		cmocka_unit_test_teardown(found_at_the_last_moment, lab_destroy),
		cmocka_unit_test_teardown(zapping_a_swap_pte, lab_destroy),
		cmocka_unit_test_teardown(out_and_in_again, lab_destroy),
		cmocka_unit_test_teardown(unneeded_pages_are_not_written, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
