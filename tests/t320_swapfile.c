/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Swap slots: in which order they are handed out, who is counted in them, and when a page and its
 * slot part. The expected numbers follow from the rules in facts E.1 to E.7 (2.5.26 mm/swapfile.c,
 * mm/swap_state.c) and seed 000's add_to_swap.
 */
#include "lab.h"

#include "sim/content.h"
#include "sim/disk.h"

#include <errno.h>

static u32 take(void)
{
	return SWP_OFFSET(get_swap_page());
}

static void give(u32 slot)
{
	swap_free(SWP_ENTRY(0, slot));
}

/* -- scan_swap_map ----------------------------------------------------------------------- */

/*
 * 1,024 slots, usable 1..1023. A cluster is 256 slots, and the slot it begins with is not counted:
 * 257 in a row.
 */
static void cluster_body(void *unused)
{
	u32 i;

	require(VM->nr_swap_pages == 1023 && VM->total_swap_pages == 1023);
	for (i = 1; i <= 100; i++)
		require(take() == i);
	for (i = 1; i <= 10; i++)
		give(i); /* free again, but the cluster goes on */
	for (i = 101; i <= 257; i++)
		require(take() == i);
	/* The cluster is used up. 1..10 are free but are no 256 in a row: 258 begins the next. */
	for (i = 258; i <= 514; i++)
		require(take() == i);
	/* And 515 the third. */
	require(take() == 515);
	require(VM->swap_info[0].cluster_nr == 256);
	for (i = 516; i <= 771; i++)
		require(take() == i);
	/* 772..1023 are only 252 slots: no empty cluster is left. First free, which is slot 1, and
	 * from there on the "cluster" goes on behind it, over what is in use. */
	require(take() == 1);
	require(VM->swap_info[0].cluster_nr == 256);
	for (i = 2; i <= 10; i++)
		require(take() == i);
	for (i = 772; i <= 1018; i++)
		require(take() == i);
	/* 256 slots since slot 1: now first free again, the same place as it happens. */
	require(VM->swap_info[0].cluster_nr == 0);
	for (i = 1019; i <= 1023; i++)
		require(take() == i);
	require(VM->nr_swap_pages == 0);
	require(take() == 0);
}

static void clusters_of_256(void **state)
{
	lab_boot(1024, 1024, 1);
	lab_run(cluster_body, NULL);
	assert_int_equal(lab_count(EV_SLOT_ALLOC), 1023 + 10);
	assert_int_equal(lab_count(EV_SLOT_FULL), 1);
}

/* lowest_bit and highest_bit bound what may be free. */
static void bounds_body(void *unused)
{
	struct swap_info_struct *si = &VM->swap_info[0];
	u32 i;

	require(si->lowest_bit == 1 && si->highest_bit == 7 && si->max == 8 && si->pages == 7);
	require(si->swap_map[0] == SWAP_MAP_BAD);
	for (i = 1; i <= 7; i++)
		require(take() == i);
	require(si->lowest_bit == 8 && si->highest_bit == 0); /* max and 0: full */
	require(take() == 0);
	give(5);
	require(si->lowest_bit == 5 && si->highest_bit == 5);
	give(3);
	require(si->lowest_bit == 3 && si->highest_bit == 5);
	require(VM->nr_swap_pages == 2);
	require(take() == 3 && si->lowest_bit == 4);
	/* Behind slot 3 in the cluster. 4 is in use, but the bounds only know that 5 is. */
	require(take() == 5 && si->lowest_bit == 4 && si->highest_bit == 4);
}

static void bounds(void **state)
{
	lab_boot(256, 8, 1);
	lab_run(bounds_body, NULL);
}

/* -- several areas ------------------------------------------------------------------------- */

static void expect_entry(u32 type, u32 slot)
{
	swp_entry_t entry = get_swap_page();

	require(SWP_TYPE(entry) == type && SWP_OFFSET(entry) == slot);
}

/*
 * Areas 0 and 1 with priority 5, area 2 with 1; three usable slots each. Area 1 was added later and
 * stands before area 0, since a new area goes before those of its own priority.
 */
static void rotation_body(void *unused)
{
	require(sys_swapon(4 * PAGE_SIZE, 5) == 0);
	require(sys_swapon(4 * PAGE_SIZE, 5) == 1);
	require(sys_swapon(4 * PAGE_SIZE, 1) == 2);
	require(VM->swap_list_head == 1 && VM->swap_info[1].next == 0);
	require(VM->swap_info[0].next == 2 && VM->swap_info[2].next == -1);
	expect_entry(1, 1);
	expect_entry(0, 1);
	expect_entry(1, 2);
	expect_entry(0, 2);
	expect_entry(1, 3);
	expect_entry(0, 3);
	expect_entry(2, 1); /* only when the better ones are full */
	swap_free(SWP_ENTRY(0, 2)); /* one slot of a better area: it is its turn */
	require(VM->swap_list_next == 0 || VM->swap_list_next == 1);
	expect_entry(0, 2);
	expect_entry(2, 2);
	expect_entry(2, 3);
	require(get_swap_page().val == 0);
}

static void equal_priorities_take_turns(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(rotation_body, NULL);
}

/* Area 0 is best and full; 1 and 2 take turns, so the next turn is not at the head of the list. A
 * slot of area 0 that becomes free changes that. */
static void better_body(void *unused)
{
	require(sys_swapon(2 * PAGE_SIZE, 5) == 0);
	require(sys_swapon(4 * PAGE_SIZE, 1) == 1);
	require(sys_swapon(4 * PAGE_SIZE, 1) == 2);
	expect_entry(0, 1);
	expect_entry(2, 1);
	require(VM->swap_list_next == 1);
	swap_free(SWP_ENTRY(2, 1)); /* no better than whose turn it is */
	require(VM->swap_list_next == 1);
	swap_free(SWP_ENTRY(0, 1));
	require(VM->swap_list_next == 0);
	expect_entry(0, 1);
}

static void a_better_area_comes_first(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(better_body, NULL);
}

static void swapon_body(void *unused)
{
	u32 i, before;

	require(sys_swapon(0, -1) == -EINVAL);
	require(sys_swapon(PAGE_SIZE, -1) == -EINVAL);
	require(sys_swapon(2 * PAGE_SIZE, -2) == -EINVAL);
	require(sys_swapon(2 * PAGE_SIZE, 32768) == -EINVAL);
	require(VM->nr_swap_pages == 0 && VM->swap_list_head == -1);
	/* Automatic priorities go down; those that failed took none. */
	require(sys_swapon(2 * PAGE_SIZE, -1) == 0 && VM->swap_info[0].prio == -1);
	require(sys_swapon(2 * PAGE_SIZE, -1) == 1 && VM->swap_info[1].prio == -2);
	require(sys_swapon(2 * PAGE_SIZE, 32767) == 2 && VM->swap_list_head == 2);
	require(VM->swap_info[2].next == 0 && VM->swap_info[0].next == 1);
	for (i = 3; i < 32; i++)
		require(sys_swapon(2 * PAGE_SIZE, 0) == (int)i);
	require(sys_swapon(2 * PAGE_SIZE, 0) == -EPERM);
	require(VM->nr_swapfiles == 32 && VM->nr_swap_pages == 32);
	/* swap_map: two bytes a slot. Each area above took one frame. */
	before = nr_free_pages();
	require(VM->swap_info[31].map_pages == 1);
	require(before > 0);
}

static void thirty_two_areas(void **state)
{
	lab_boot(1024, 0, 1);
	lab_run(swapon_body, NULL);
	lab_op_fails(EPERM, OP_SWAPON, 0, (const u64[6]){ 1 << 20, 0 });
}

/* 8,192 slots of two bytes are four frames, and nothing else is taken from the model's memory. */
static void map_is_charged(void **state)
{
	u32 before;

	lab_boot(1024, 0, 1);
	before = m->vm->zones[0].free_pages;
	OP(SWAPON, 0, 32 << 20, (u64)-1);
	assert_int_equal(before - m->vm->zones[0].free_pages, 4);
	assert_int_equal(m->vm->swap_info[0].map_pages, 4);
	/* An area whose map is larger than memory is refused. */
	before = m->vm->zones[0].free_pages;
	OP_FAILS(ENOMEM, SWAPON, 0, 16ull << 30, (u64)-1);
	assert_int_equal(before, m->vm->zones[0].free_pages);
	assert_int_equal(m->vm->swap_info[1].flags, 0);
	assert_int_equal(OP(SWAPON, 0, 1 << 20, (u64)-1), 1);
	assert_int_equal(m->vm->swap_info[1].prio, -2);
}

/* -- counting ------------------------------------------------------------------------------ */

static void count_body(void *unused)
{
	swp_entry_t entry = get_swap_page();
	u16 *users = &VM->swap_info[0].swap_map[SWP_OFFSET(entry)];

	require(*users == 1);
	require(swap_duplicate(entry) == 1 && *users == 2);
	*users = SWAP_MAP_MAX - 2;
	require(swap_duplicate(entry) == 1 && *users == SWAP_MAP_MAX - 1);
	require(swap_duplicate(entry) == 1 && *users == SWAP_MAP_MAX);
	require(swap_duplicate(entry) == 1 && *users == SWAP_MAP_MAX);
	swap_free(entry); /* a saturated count is never taken back */
	require(*users == SWAP_MAP_MAX);
	*users = 1;
	swap_free(entry);
	require(*users == 0);
	require(swap_duplicate(entry) == 0); /* nobody has it */
	require(swap_duplicate(SWP_ENTRY(0, 0)) == 0); /* the header */
	require(swap_duplicate(SWP_ENTRY(0, 64)) == 0); /* beyond the end */
	require(swap_duplicate(SWP_ENTRY(7, 1)) == 0); /* no such area */
	swap_free(SWP_ENTRY(7, 1));
	require(VM->nr_swap_pages == 63);
}

static void counting(void **state)
{
	lab_boot(256, 64, 1);
	lab_run(count_body, NULL);
}

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
	require(page_count(page) == 2 && swap_count(entry) == 1);
	require(lookup_swap_cache(entry) == page && page_count(page) == 3);
	put_page(page);
	/* The cache's own use is the only one: the caller may have the page for itself. */
	require(can_share_swap_page(page));
	require(remove_exclusive_swap_page(page) == 1);
	require(!PageSwapCache(page) && PageDirty(page) && page_count(page) == 1);
	require(swap_count(entry) == 0 && VM->nr_swap_pages == 63);
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
	require(page->index == 2 && swap_count(SWP_ENTRY(0, 1)) == 0);
	require(swap_count(SWP_ENTRY(0, 2)) == 1);
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
	require(page_count(page) == 1 && swap_count(entry) == 2);
	free = nr_free_pages();
	free_swap_and_cache(entry);
	require(swap_count(entry) == 0 && nr_free_pages() == free + 1);

	/* Somebody has the page: it stays in the cache, unless swap is more than half full. */
	page = swapped_page(&entry);
	unlock_page(page);
	swap_duplicate(entry);
	require(!vm_swap_full());
	free_swap_and_cache(entry);
	require(PageSwapCache(page) && swap_count(entry) == 1);
	while (!vm_swap_full())
		get_swap_page();
	swap_duplicate(entry);
	free_swap_and_cache(entry);
	require(!PageSwapCache(page) && PageDirty(page) && swap_count(entry) == 0);
	put_page(page);

	/* A page that is locked is left alone. */
	page = swapped_page(&entry);
	swap_duplicate(entry);
	free_swap_and_cache(entry);
	require(PageSwapCache(page) && swap_count(entry) == 1);
	/* free_page_and_swap_cache drops the slot with the last user of the page. */
	unlock_page(page);
	free = nr_free_pages();
	free_page_and_swap_cache(page);
	require(swap_count(entry) == 0 && nr_free_pages() == free + 1);
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
	require(swap_count(entry) == 2);
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

static int handles(u32 slot, u32 *first)
{
	*first = 0;
	return valid_swaphandles(SWP_ENTRY(0, slot), first);
}

static void readahead_body(void *unused)
{
	u32 i, first;

	for (i = 1; i <= 30; i++)
		take();
	require(handles(9, &first) == 8 && first == 8);
	require(handles(3, &first) == 7 && first == 1); /* behind the header */
	give(10);
	require(handles(12, &first) == 2 && first == 8); /* cut before the slot that is wanted */
	require(handles(30, &first) == 7 && first == 24); /* 31 is free */
	VM->swap_info[0].swap_map[17] = SWAP_MAP_BAD;
	require(handles(20, &first) == 1 && first == 16);
	VM->page_cluster = 0;
	require(handles(9, &first) == 0);
	VM->page_cluster = 2;
	require(handles(7, &first) == 4 && first == 4);
}

static void readahead_window(void **state)
{
	struct machine_config config = {
		.ram = 1 << 20, .swap = 40 << PAGE_SHIFT, .cpus = 1, .page_cluster = 3,
	};

	lab_boot_config(config);
	lab_run(readahead_body, NULL);
}

/* 2 below 16 MiB, else 3 (swap_setup). */
static void page_cluster_by_size(void **state)
{
	lab_boot(4095, 0, 1);
	assert_int_equal(m->vm->page_cluster, 2);
	lab_destroy(NULL);
	lab_boot(4096, 0, 1);
	assert_int_equal(m->vm->page_cluster, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(clusters_of_256, lab_destroy),
		cmocka_unit_test_teardown(bounds, lab_destroy),
		cmocka_unit_test_teardown(equal_priorities_take_turns, lab_destroy),
		cmocka_unit_test_teardown(a_better_area_comes_first, lab_destroy),
		cmocka_unit_test_teardown(thirty_two_areas, lab_destroy),
		cmocka_unit_test_teardown(map_is_charged, lab_destroy),
		cmocka_unit_test_teardown(counting, lab_destroy),
		cmocka_unit_test_teardown(add_to_swap_counts, lab_destroy),
		cmocka_unit_test_teardown(last_frames_are_left_alone, lab_destroy),
		cmocka_unit_test_teardown(swap_full, lab_destroy),
		cmocka_unit_test_teardown(lost_race_takes_another_slot, lab_destroy),
		cmocka_unit_test_teardown(who_may_have_the_page, lab_destroy),
		cmocka_unit_test_teardown(found_at_the_last_moment, lab_destroy),
		cmocka_unit_test_teardown(zapping_a_swap_pte, lab_destroy),
		cmocka_unit_test_teardown(out_and_in_again, lab_destroy),
		cmocka_unit_test_teardown(unneeded_pages_are_not_written, lab_destroy),
		cmocka_unit_test_teardown(readahead_window, lab_destroy),
		cmocka_unit_test_teardown(page_cluster_by_size, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
