/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a page in shrink_list, case by case (facts D.3, and C.6 for the kernels before),
 * how pages are taken off the lists and put back (D.5), and which leave the active list, with the
 * figures of D.6 worked out by hand. On every kernel that has this reclaim.
 */
#include "lrulab.h"
#include "mm/vmscan_2004.h"
#include "rmap/rmap.h"

static struct scan_control sc; /* of the last call of shrink() or refill() */

static bool on_active(void)
{
	return PageLRU(mine) && PageActive(mine);
}

static bool on_inactive(void)
{
	return PageLRU(mine) && !PageActive(mine);
}

static void at_rest(u32 count)
{
	assert_false(PageLocked(mine));
	assert_int_equal(mine->flags >> PG_chainlock & 1, 0);
	assert_int_equal(page_count(mine), count);
}

/* The label of shrink_list that the page went to last; its operands in EV_FATE. */
enum label { L_KEEP_LOCKED, L_ACTIVATE_LOCKED, L_KEEP, L_FREE_IT };

static void went_to(enum label label)
{
	const struct event *ev = lab_event(EV_FATE, pfn, lab_count_of(EV_FATE, pfn) - 1);

	assert_int_equal(ev->a[1], label >= L_KEEP);
	assert_int_equal(ev->a[2], label == L_ACTIVATE_LOCKED || label == L_FREE_IT);
}

static struct pte_view pte_now(void)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, pid, at, &pte));
	return pte;
}

/* -- shrink_cache, once -------------------------------------------------------------------- */

static void shrink_body(void *unused)
{
	current->flags |= PF_MEMALLOC;
	shrink_cache_2004(page_zone(mine), &sc);
	current->flags &= ~PF_MEMALLOC;
}

static void shrink_with(u32 gfp_mask, u32 nr_to_scan)
{
	sc = (struct scan_control){ .gfp_mask = gfp_mask, .nr_to_scan = nr_to_scan,
				    .nr_to_reclaim = 32, .swap_cluster_max = 32 };
	lab_forget();
	lab_run(shrink_body, NULL);
}

static void shrink(void)
{
	shrink_with(GFP_KERNEL, 1);
}

static void one_idle_page(u32 swap)
{
	one_page(256, swap);
	make_idle(pfn);
}

/* -- anonymous pages ----------------------------------------------------------------------- */

DEFINE_ROW_TEST(used_pages_are_activated)
{
	one_idle_page(64);
	mine->flags |= 1u << PG_referenced;
	shrink();
	assert_int_equal(lab_event(EV_REFERENCED, pfn, 0)->a[1], 1);
	assert_true(on_active() && pte_now().present);
	at_rest(1);
	assert_int_equal(lab_count(EV_SLOT_ALLOC), 0);
	went_to(L_ACTIVATE_LOCKED);
	/* What is mapped counts twice; the first up to 2.6.6 in shrink_zone or not at all. */
	assert_int_equal(sc.nr_scanned, OF_THESE(1, 2, 2));
	assert_int_equal(sc.nr_reclaimed, 0);
	assert_int_equal(m->counters.pgactivate, 1);
}

/* Swap cache, unmapped, written; written, it goes to the tail; then it is freed. */
DEFINE_ROW_TEST(to_swap_and_back)
{
	u64 slot, unmapped, written;

	one_idle_page(64);
	shrink();
	slot = lab_event(EV_SWAPCACHE_ADD, pfn, 0)->number;
	unmapped = lab_event(EV_UNMAP_ONE, pfn, 0)->number;
	written = lab_event(EV_WRITEBACK, pfn, 0)->number;
	assert_true(slot < unmapped && unmapped < written);
	assert_true(on_inactive() && PageWriteback(mine) && PageReclaim(mine));
	assert_false(PageDirty(mine));
	at_rest(1); /* the cache's */
	went_to(L_KEEP); /* the write unlocked it */
	assert_true(pte_now().swap && pte_now().swap_offset == 1);
	assert_int_equal(lab_claims(1), 2); /* the cache and the pte */

	shrink(); /* still being written: counts for slab, not at all, and in full */
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[2], 1);
	assert_int_equal(sc.nr_scanned, OF_THESE(1, 0, 2));
	went_to(L_KEEP_LOCKED);
	assert_true(on_inactive());

	OP(TICK, 0, 1000000000);
	assert_int_equal(lab_count_of(EV_ROTATE_TAIL, pfn), 1);
	assert_true(!PageWriteback(mine) && !PageReclaim(mine));
	shrink();
	assert_int_equal(lab_count_of(EV_RECLAIM, pfn), 1);
	assert_int_equal(lab_count_of(EV_SWAPCACHE_DEL, pfn), 1);
	assert_int_equal(sc.nr_reclaimed, 1);
	went_to(L_FREE_IT);
	assert_int_equal(sc.nr_to_reclaim, 31);
	assert_int_equal(page_count(mine), 0);
	assert_int_equal(lab_claims(1), 1); /* the pte alone */

	assert_int_equal(OP(READ, pid, at), 4711);
	assert_int_equal(m->counters.pswpin, 1);
	assert_int_equal(m->counters.pswpout, 1);
}

DEFINE_ROW_TEST(without_swap_they_are_activated)
{
	one_idle_page(0);
	shrink();
	assert_int_equal(lab_count(EV_SLOT_FULL), 1);
	went_to(L_ACTIVATE_LOCKED);
	assert_true(on_active() && pte_now().present);
	at_rest(1);
}

/* It was given a slot before anybody noticed, and keeps it. */
DEFINE_ROW_TEST(locked_memory_is_activated)
{
	row_boot(256, 64, 1);
	pid = (u32)OP(TASK, 0, 0);
	at = (u32)OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_LOCKED);
	OP(WRITE, pid, at, 1);
	pfn = lab_pfn(pid, at);
	mine = &m->vm->mem_map[pfn];
	make_idle(pfn);
	shrink();
	went_to(L_ACTIVATE_LOCKED); /* SWAP_FAIL */
	assert_true(on_active() && pte_now().present && PageDirty(mine));
	assert_int_equal(lab_count_of(EV_SWAPCACHE_ADD, pfn), 1);
	at_rest(2);
}

/* One decision unmaps it from both. */
DEFINE_ROW_TEST(shared_pages_are_unmapped_from_all)
{
	struct pte_view pte;
	u32 child;

	one_page(256, 64);
	child = (u32)OP(FORK, pid, 0);
	make_idle(pfn);
	shrink();
	assert_int_equal(lab_count_of(EV_UNMAP_ONE, pfn), 2);
	assert_true(pte_now().swap);
	assert_true(inspect_pte(m, child, at, &pte) && pte.swap && pte.swap_offset == 1);
	assert_int_equal(lab_claims(1), 3);
	assert_int_equal(OP(READ, child, at), 4711);
	assert_int_equal(lab_pfn(child, at), pfn); /* found on its way out */
	assert_int_equal(m->counters.pswpin, 0);
}

/* A pte whose page_table_lock is taken stays, and so does the page. From 2.6.16 on reclaim waits
 * for that lock. */
static void ptl_body(void *unused)
{
	struct mm_struct *mm = thread_by_pid(current->machine, pid)->mm;

	spin_lock(&mm->page_table_lock);
	shrink_body(NULL);
	spin_unlock(&mm->page_table_lock);
}

DEFINE_ROW_TEST(a_lock_that_is_taken_keeps_it)
{
	if (OF_THESE(0, 0, 1))
		return;
	row_boot(256, 64, 2);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 4711);
	pfn = lab_pfn(pid, at);
	mine = &m->vm->mem_map[pfn];
	make_idle(pfn);
	sc = (struct scan_control){ .gfp_mask = GFP_KERNEL, .nr_to_scan = 1 };
	lab_run(ptl_body, NULL);
	went_to(L_KEEP_LOCKED); /* SWAP_AGAIN */
	assert_true(on_inactive() && pte_now().present);
	assert_int_equal(lab_count_of(EV_SWAPCACHE_ADD, pfn), 1);
	assert_int_equal(lab_count(EV_WRITEBACK), 0);
}

/*
 * Who must not enter a file system may swap. Up to 2.6.2 that was settled while the page had no
 * slot yet, and so it was given one, unmapped, and not written.
 */
DEFINE_ROW_TEST(swap_is_no_file_system)
{
	bool early = row->vmscan == &vmscan_2_6_0;

	one_idle_page(64);
	shrink_with(GFP_NOFS, 1);
	assert_true(pte_now().swap);
	assert_int_equal(lab_count_of(EV_WRITEBACK, pfn), !early);
	assert_int_equal(PageDirty(mine), early);
	went_to(early ? L_KEEP_LOCKED : L_KEEP);
	shrink_with(GFP_NOFS, 1); /* it has one now */
	assert_int_equal(lab_count_of(EV_WRITEBACK, pfn), early);
}

/* -- pages that somebody else has ---------------------------------------------------------- */

static void locked_body(void *unused)
{
	lock_page(mine);
	shrink_body(NULL);
	unlock_page(mine);
}

DEFINE_ROW_TEST(a_locked_page_is_kept)
{
	one_idle_page(64);
	sc = (struct scan_control){ .gfp_mask = GFP_KERNEL, .nr_to_scan = 1 };
	lab_run(locked_body, NULL);
	went_to(L_KEEP);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[1], 0);
	assert_int_equal(lab_event(EV_SCAN_SKIP, pfn, 0)->a[2], 0);
	assert_int_equal(sc.nr_scanned, 0);
	assert_true(on_inactive());
	at_rest(1);
}

/* -- pages of files ------------------------------------------------------------------------ */

static struct inode *inode;

static void read_file_body(void *arg)
{
	struct page *found;
	u32 word;

	inode = lab_file(PAGE_SIZE);
	require(generic_file_read(inode, 0, &word) == 0);
	found = find_get_page(&inode->i_data, 0);
	mine = found;
	pfn = page_to_pfn(mine);
	page_cache_release(found);
	lru_add_drain();
	ClearPageReferenced(mine);
	if (arg)
		set_page_dirty(mine);
}

static void one_file_page(bool dirty)
{
	row_boot(256, 64, 1);
	lab_run(read_file_body, dirty ? (void *)1 : NULL);
	assert_true(on_inactive());
}

static void assert_kept(u32 why, u32 and)
{
	const struct event *ev = lab_event(EV_KEEP, pfn, 0);

	assert_int_equal(ev->a[1], why);
	assert_int_equal(ev->a[2], and);
	went_to(L_KEEP_LOCKED);
	assert_true(on_inactive());
	at_rest(1);
	assert_int_equal(sc.nr_reclaimed, 0);
}

DEFINE_ROW_TEST(a_clean_file_page_is_freed)
{
	one_file_page(false);
	mine->flags |= 1u << PG_referenced; /* nobody maps it or its file: that does not help */
	shrink();
	assert_int_equal(lab_count_of(EV_RECLAIM, pfn), 1);
	went_to(L_FREE_IT);
	assert_int_equal(sc.nr_scanned, OF_THESE(0, 1, 1));
	assert_int_equal(page_count(mine), 0);
	assert_int_equal(inode->i_data.nrpages, 0);
}

DEFINE_ROW_TEST(a_dirty_file_page_is_written)
{
	one_file_page(true);
	shrink();
	assert_int_equal(lab_count_of(EV_WRITEBACK, pfn), 1);
	went_to(L_KEEP);
	assert_true(PageReclaim(mine) && on_inactive());
	OP(TICK, 0, 1000000000);
	shrink();
	assert_int_equal(lab_count_of(EV_RECLAIM, pfn), 1);
	assert_int_equal(m->counters.pgpgout, 1);
}

DEFINE_ROW_TEST(dirty_and_used_it_is_kept)
{
	one_file_page(true);
	mine->flags |= 1u << PG_referenced;
	shrink();
	assert_kept(1, 1);
	assert_false(PageReferenced(mine));
	assert_true(PageDirty(mine));
}

DEFINE_ROW_TEST(who_may_not_enter_a_file_system_keeps_it)
{
	one_file_page(true);
	shrink_with(GFP_NOFS, 1);
	assert_kept(1, 0);
	assert_true(PageDirty(mine));
}

static void hold_body(void *unused)
{
	get_page(mine);
	shrink_body(NULL);
	put_page(mine);
}

static void held(void)
{
	sc = (struct scan_control){ .gfp_mask = GFP_KERNEL, .nr_to_scan = 1 };
	lab_forget();
	lab_run(hold_body, NULL);
	assert_kept(0, 1);
}

DEFINE_ROW_TEST(a_reference_keeps_it)
{
	one_file_page(false);
	held();
	lab_destroy(NULL);
	one_file_page(true);
	held(); /* and it is not even written */
	assert_true(PageDirty(mine));
	assert_int_equal(lab_count(EV_WRITEBACK), 0);
}

/* The page is not mapped, but its file is: used, it is "in use" and goes up. */
DEFINE_ROW_TEST(used_and_its_file_is_mapped)
{
	one_file_page(false);
	pid = (u32)OP(TASK, 0, 0);
	OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, inode->i_ino, 0);
	mine->flags |= 1u << PG_referenced;
	shrink();
	assert_true(on_active());
	went_to(L_ACTIVATE_LOCKED);
	at_rest(1);
	assert_int_equal(sc.nr_scanned, OF_THESE(0, 1, 1));
}

/* -- taking pages off the list ------------------------------------------------------------- */

#define MANY 70
static struct page *many[MANY];
static u32 isolated, counted;

static void many_body(void *unused)
{
	u32 i;

	for (i = 0; i < MANY; i++) {
		many[i] = alloc_page(GFP_KERNEL);
		lru_cache_add(many[i]);
	}
	lru_add_drain();
	mine = many[0];
}

static void at_first_trylock(const struct event *ev)
{
	u32 i;

	if (ev->kind != EV_PAGE_TRYLOCK || isolated)
		return;
	for (i = 0; i < MANY; i++) {
		isolated += !PageLRU(many[i]) && page_count(many[i]) == 2;
		counted += PageLRU(many[i]) && page_count(many[i]) == 1;
	}
}

/* 32 at a time, those at the tail, each with a reference; the oldest is looked at first, and what
 * stays goes to the head, the oldest first. */
DEFINE_ROW_TEST(batches_of_32)
{
	u32 i;

	row_boot(1024, 0, 1);
	lab_run(many_body, NULL);
	isolated = counted = 0;
	lab_on_event = at_first_trylock;
	shrink_with(GFP_KERNEL, 32);
	assert_int_equal(isolated, 32);
	assert_int_equal(counted, MANY - 32);
	assert_int_equal(lab_count(EV_SCAN), 32);
	assert_int_equal(lab_count(EV_KEEP), 32); /* they are in no cache */
	for (i = 0; i < 32; i++) {
		assert_int_equal(lab_count_of(EV_SCAN, (u32)(many[i] - m->vm->mem_map)), 1);
		assert_int_equal(page_count(many[i]), 1);
	}
	assert_ptr_equal(&m->vm->mem_map[lab_first(EV_KEEP)->a[0]], many[0]);
	assert_int_equal(m->vm->zones[0].nr_inactive, MANY);
	assert_int_equal(sc.nr_taken, 32);
	/* 2.6.16 counts what its loop counts: one more, to find that it is enough. */
	assert_int_equal(m->vm->zones[0].pages_scanned, OF_THESE(32, 32, 33));
}

/* -- refill_inactive_zone ------------------------------------------------------------------ */

static void refill_body(void *unused)
{
	refill_inactive_zone(page_zone(mine), &sc);
}

/* With one mapped page on the active list that nobody used: was it asked, did it go down? */
static void refill(u32 prev_priority, u32 mapped_percent)
{
	zone_t *zone = &m->vm->zones[0];

	zone->prev_priority = (s32)prev_priority;
	m->vm->total_memory = 1000;
	sc = (struct scan_control){ .nr_to_scan = 32, .nr_mapped = mapped_percent * 10 };
	lab_forget();
	lab_run(refill_body, NULL);
}

static void to_active(void *unused)
{
	lru_add_drain();
	activate_page(mine);
}

static void one_active_page(u32 swap)
{
	one_idle_page(swap);
	lab_run(to_active, NULL);
	assert_true(on_active());
}

static void assert_stays(void)
{
	assert_true(on_active());
	/* It was not even asked; but in 2.6.0. */
	assert_int_equal(lab_count(EV_REFERENCED), row->vmscan == &vmscan_2_6_0);
	assert_int_equal(lab_count_of(EV_ROTATE, pfn), 1);
	at_rest(1);
}

static void assert_goes(void)
{
	assert_true(on_inactive());
	assert_int_equal(lab_count_of(EV_REFERENCED, pfn), 1);
	assert_int_equal(lab_count_of(EV_DEACTIVATE, pfn), 1);
	at_rest(1);
	lab_run(to_active, NULL);
}

/*
 * swap_tendency = mapped_ratio / 2 + distress + 60, and 100 is enough:
 *	priority  12 .. 7  6  5  4  3  2  1  0      distress  0  1  3  6  12  25  50  100
 *	so it takes a ratio of  80  78  74  68  56  30  0  0
 */
DEFINE_ROW_TEST(when_mapped_pages_must_go)
{
	static const u32 enough[] = { 0, 0, 30, 56, 68, 74, 78, 80, 80, 80, 80, 80, 80 };
	u32 priority;

	one_active_page(64);
	for (priority = 0; priority <= 12; priority++) {
		if (enough[priority]) {
			refill(priority, enough[priority] - 1);
			assert_stays();
		}
		refill(priority, enough[priority]);
		assert_goes();
	}
}

DEFINE_ROW_TEST(used_ones_stay)
{
	one_active_page(64);
	mine->flags |= 1u << PG_referenced;
	refill(0, 100);
	assert_true(on_active());
	assert_int_equal(lab_event(EV_REFERENCED, pfn, 0)->a[1], 1);
	refill(0, 100); /* once is once */
	assert_goes();
}

/* 2.6.0 asks before it knows whether the answer matters: the page stays, and that it was used is
 * forgotten. In the others it is not. */
DEFINE_ROW_TEST(what_calm_forgets)
{
	one_active_page(64);
	mine->flags |= 1u << PG_referenced;
	refill(12, 79);
	assert_true(on_active());
	assert_int_equal(PageReferenced(mine), row->vmscan != &vmscan_2_6_0);
}

/* With nowhere to go they stay; seed 001 does not even ask any more. */
DEFINE_ROW_TEST(anonymous_ones_stay_without_swap)
{
	one_active_page(0);
	refill(0, 100);
	assert_true(on_active());
	assert_int_equal(lab_count(EV_REFERENCED), row->rmap->has_map_lock);
}

/* What nobody maps goes down whatever its PG_referenced says, which stays as it is. */
DEFINE_ROW_TEST(unmapped_ones_go)
{
	one_file_page(false);
	lab_run(to_active, NULL);
	mine->flags |= 1u << PG_referenced;
	refill(12, 0);
	assert_true(on_inactive() && PageReferenced(mine));
	assert_int_equal(lab_count(EV_REFERENCED), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(used_pages_are_activated),
		ROW_TEST(to_swap_and_back),
		ROW_TEST(without_swap_they_are_activated),
		ROW_TEST(locked_memory_is_activated),
		ROW_TEST(shared_pages_are_unmapped_from_all),
		ROW_TEST(a_lock_that_is_taken_keeps_it),
		ROW_TEST(swap_is_no_file_system),
		ROW_TEST(a_locked_page_is_kept),
		ROW_TEST(a_clean_file_page_is_freed),
		ROW_TEST(a_dirty_file_page_is_written),
		ROW_TEST(dirty_and_used_it_is_kept),
		ROW_TEST(who_may_not_enter_a_file_system_keeps_it),
		ROW_TEST(a_reference_keeps_it),
		ROW_TEST(used_and_its_file_is_mapped),
		ROW_TEST(batches_of_32),
		ROW_TEST(when_mapped_pages_must_go),
		ROW_TEST(used_ones_stay),
		ROW_TEST(what_calm_forgets),
		ROW_TEST(anonymous_ones_stay_without_swap),
		ROW_TEST(unmapped_ones_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
