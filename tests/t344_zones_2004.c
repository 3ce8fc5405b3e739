/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much the reclaim of 2004 looks at, how much must stay free, who may have of that what, and
 * when kswapd gives up: figures by hand (facts D.5, D.7, D.9, C.13). On every kernel that has it.
 */
#include "lrulab.h"
#include "mm/vmscan_2004.h"

/* -- shrink_zone --------------------------------------------------------------------------- */

static void many_body(void *unused)
{
	u32 i;

	for (i = 0; i < 200; i++)
		lru_cache_add(alloc_page(GFP_KERNEL));
	lru_add_drain();
	VM->zones[0].nr_scan_active = VM->zones[0].nr_scan_inactive = 0;
}

/* Nobody is killed for it. */
static void all_priorities_body(void *unused)
{
	struct scan_control sc = { .gfp_mask = GFP_KERNEL, .swap_cluster_max = 32 };

	many_body(NULL);
	current->flags |= PF_MEMALLOC;
	require(!VM->kernel->vmscan->version->shrink_at_all_priorities(&VM->zones[0], &sc));
	current->flags &= ~PF_MEMALLOC;
}

/*
 * 200 pages that cannot be freed, none active. How many are to be looked at at priority 12 .. 0:
 *
 *	2.6.0   twice 32, but 200 >> 1 and 200 >> 0 are more: 64 eleven times, 100, 200
 *	2.6.5   200 >> priority is 0 0 0 0 0 1 3 6 12 25 50 100 200; 1 + 3 + 6 + 12 is no batch yet,
 *	        at 3 it is 47 of them
 *	2.6.8   one more each: 1 1 1 1 1 2 4 7 13, 31 in all: no batch. At 3 come 26: 57; then 51,
 *	        101, 201
 *
 * Each batch is 32 and counts as 33 of what is to do: 64 are two batches, and so are 47, 50, 51 and
 * 57; 100 and 101 are four, 200 and 201 seven. In all 11 * 2 + 4 + 7 = 33 batches for 2.6.0, and
 * 2 + 2 + 4 + 7 = 15 for the others.
 */
DEFINE_ROW_TEST(what_is_due_waits_for_a_batch)
{
	static const u32 due_2_6_0[13] = { 200, 100, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64 };
	static const u32 due_2_6_5[13] = { 200, 100, 50, 25, 12, 6, 3, 1 };
	static const u32 due_2_6_8[13] = { 201, 101, 51, 57 };
	bool first = row->vmscan == &vmscan_2_6_0;
	const u32 *due = first ? due_2_6_0 : OF_THESE(due_2_6_5, due_2_6_8, due_2_6_8);
	u32 batches = first ? 33 : 15;
	const struct event *ev;
	s32 priority;

	row_boot(1024, 0, 1);
	lab_forget();
	lab_run(all_priorities_body, NULL);
	for (priority = 12; priority >= 0; priority--) {
		ev = lab_event(EV_RECLAIM_BEGIN, (u32)priority, 0);
		assert_int_equal(ev->a[1], 32);
		assert_int_equal(ev->a[2], due[priority]);
	}
	assert_int_equal(m->counters.pgscan, batches * 32);
	assert_int_equal(m->vm->zones[0].pages_scanned, batches * OF_THESE(32, 32, 33));
	assert_int_equal(m->vm->zones[0].nr_scan_active, 13);
	assert_int_equal(m->vm->zones[0].nr_scan_inactive, 0);
	/* 2.6.0 tells slab what it was going to look at: 11 * 64 + 100 + 200. */
	assert_int_equal(m->counters.shrink_slab, 13);
	assert_int_equal(m->counters.slab_pressure, first ? 1004 : 15 * 32);
}

static void active_body(void *unused)
{
	struct scan_control sc = { .gfp_mask = GFP_NOFS, .swap_cluster_max = 32 };
	zone_t *zone = &VM->zones[0];
	u32 i;

	for (i = 0; i < 150; i++)
		lru_cache_add_active(alloc_page(GFP_KERNEL));
	for (i = 0; i < 50; i++)
		lru_cache_add(alloc_page(GFP_KERNEL));
	lru_add_drain();
	require(zone->nr_active == 150 && zone->nr_inactive == 50);
	zone->nr_scan_active = zone->nr_scan_inactive = 0;
	current->flags |= PF_MEMALLOC;
	VM->kernel->vmscan->version->shrink_at_all_priorities(zone, &sc);
	current->flags &= ~PF_MEMALLOC;
}

/*
 * 150 active, 50 inactive, at priority 12. Up to 2.6.6 32 * 150 / (2 * 51) = 47 active pages and
 * one more are due, and go down at once. Later it is (150 >> 12) + 1, and a batch comes together
 * late: 1 1 1 1 1 2 3 5 10 are 25, down to 4; at 3, with 19 more, it is 44 of them, 32 and 12.
 */
DEFINE_ROW_TEST(active_pages_in_proportion)
{
	const struct event *ev;

	row_boot(1024, 64, 1); /* without swap they would stay where they are */
	lab_forget();
	lab_run(active_body, NULL);
	ev = lab_first(EV_DEACTIVATE);
	if (OF_THESE(1, 0, 0)) { /* the only try: see the next test */
		assert_int_equal(m->counters.pgrefill, 48);
		assert_int_equal(m->counters.pgdeactivate, 48);
		assert_true(ev->number > lab_event(EV_RECLAIM_BEGIN, 12, 0)->number);
		assert_int_equal(m->vm->zones[0].nr_scan_active, 0);
	} else {
		assert_true(ev->number > lab_event(EV_RECLAIM_BEGIN, 3, 0)->number);
		assert_true(ev->number < lab_event(EV_RECLAIM_BEGIN, 2, 0)->number);
	}
}

static void may_not_body(void *unused)
{
	many_body(NULL);
	current->flags |= PF_MEMALLOC;
	require(VM->kernel->vmscan->try_to_free_pages(&VM->zones[0], GFP_NOFS, 0) <= 0);
	current->flags &= ~PF_MEMALLOC;
}

/* Who may not enter a file system has one try up to 2.6.6; later all of them. And how bad it was is
 * remembered: before 2.6.7 only of a zone that has too little, which this one has not. */
DEFINE_ROW_TEST(who_may_not_enter_a_file_system)
{
	row_boot(1024, 0, 1);
	lab_forget();
	lab_run(may_not_body, NULL);
	assert_int_equal(lab_count(EV_RECLAIM_BEGIN), OF_THESE(1, 13, 13));
	assert_int_equal(m->vm->zones[0].prev_priority, OF_THESE(12, 0, 0));
	assert_int_equal(m->counters.allocstall, 1);
	assert_int_equal(m->counters.oom_kills, 0);
}

/* -- watermarks ---------------------------------------------------------------------------- */

static void assert_marks(u32 n, u32 min, u32 low, u32 high)
{
	const zone_t *zone = &m->vm->zones[n];

	assert_int_equal(zone->pages_min, min);
	assert_int_equal(zone->pages_low, low);
	assert_int_equal(zone->pages_high, high);
}

/*
 * 64 MiB: sqrt(65,536) = 256 kB = 64 pages, 1,024 kB = 256 pages in 2.6.16; a quarter of it is DMA.
 * 16 MiB: sqrt(16,384) = 128 kB = 32 pages, in 2.6.16 sqrt(16 * 16,384) = 512 kB = 128 pages.
 * 1 GiB, of which 128 MiB are highmem: lowmem is 917,504 kB, its root 957, / 4 = 239; of 16 times
 * that 3,831, / 4 = 957. DMA has 4,096 of its 229,376 pages: 239 / 56 = 4, 957 / 56 = 17. Highmem
 * has 32,768 pages: / 1,024 = 32. Its share for 2.6.16 is 957 / 7 = 136.
 */
DEFINE_ROW_TEST(watermarks)
{
	row_boot(4096, 0, 1);
	if (row->watermarks_2006)
		assert_marks(ZONE_DMA, 128, 160, 192);
	else
		assert_marks(ZONE_DMA, 32, 64, 96);
	lab_destroy(NULL);
	row_boot(16384, 0, 1);
	if (row->watermarks_2006) {
		assert_marks(ZONE_DMA, 64, 64 + 16, 64 + 32);
		assert_marks(ZONE_NORMAL, 192, 192 + 48, 192 + 96);
	} else {
		assert_marks(ZONE_DMA, 16, 32, 48);
		assert_marks(ZONE_NORMAL, 48, 96, 144);
	}
	lab_destroy(NULL);
	row_boot(262144, 0, 1);
	if (row->watermarks_2006) {
		assert_marks(ZONE_DMA, 17, 17 + 4, 17 + 8);
		assert_marks(ZONE_NORMAL, 939, 939 + 234, 939 + 469);
		assert_marks(ZONE_HIGHMEM, 32, 32 + 34, 32 + 68);
		assert_int_equal(m->vm->zones[0].lowmem_reserve[ZONE_NORMAL], 225280 / 256);
		assert_int_equal(m->vm->zones[0].lowmem_reserve[ZONE_HIGHMEM], 258048 / 256);
		assert_int_equal(m->vm->zones[1].lowmem_reserve[ZONE_HIGHMEM], 32768 / 32);
	} else {
		assert_marks(ZONE_DMA, 4, 8, 12);
		assert_marks(ZONE_NORMAL, 234, 468, 702);
		assert_marks(ZONE_HIGHMEM, 32, 64, 96);
		assert_int_equal(m->vm->zones[0].lowmem_reserve[ZONE_NORMAL], 0);
	}
	assert_int_equal(m->vm->zones[0].lowmem_reserve[ZONE_DMA], 0);
}

/* -- __alloc_pages ------------------------------------------------------------------------- */

static struct page *taken[1024];
static u32 nr_taken;

/* Take pages that way until none is had; what is free then. */
static u32 take_all(u32 gfp_mask)
{
	while ((taken[nr_taken] = alloc_page(gfp_mask)))
		nr_taken++;
	return VM->zones[0].free_pages;
}

/*
 * Nobody who may wait comes here: it would reclaim. A page is given when as many are free as the
 * mark says and one more (free >= mark + 1), so the mark itself is what is left.
 *
 *	                who cannot wait     with __GFP_HIGH, too
 *	2.6.0, 2.6.5    min                 min >> 2
 *	2.6.6, 2.6.8    low                 low - (low >> 2)
 *	2.6.9, 2.6.16   min - min / 4       h - h / 4, h the half of it
 */
static void marks_body(void *unused)
{
	const zone_t *zone = &VM->zones[0];
	u32 min = zone->pages_min, low = zone->pages_low, half = min - min / 2;
	bool protection = row->vmscan == &vmscan_2_6_6 || row->vmscan == &vmscan_2_6_8;

	nr_taken = 0;
	if (protection) {
		require(take_all(0) == low);
		require(take_all(GFP_ATOMIC) == low - (low >> 2));
	} else {
		require(take_all(0) == OF_THESE(min, min - min / 4, min - min / 4));
		require(take_all(GFP_ATOMIC) == OF_THESE(min >> 2, half - half / 4,
							 half - half / 4));
	}
	current->flags |= PF_MEMALLOC;
	require(take_all(GFP_ATOMIC) == 0);                       /* the last are for reclaim */
	current->flags &= ~PF_MEMALLOC;
	require(alloc_page(GFP_ATOMIC) == NULL);
	while (nr_taken--)
		put_page(taken[nr_taken]);
}

DEFINE_ROW_TEST(who_may_go_how_low)
{
	row_boot(1024, 0, 1);
	lab_forget();
	lab_run(marks_body, NULL);
	/* kswapd was woken by the first who found less than pages_low. */
	assert_true(lab_count(EV_KSWAPD_WAKE) >= 1);
	assert_true(lab_first(EV_KSWAPD_WAKE)->a[1] == lab_first(EV_KSWAPD_WAKE)->a[2]);
}

/* -- kswapd -------------------------------------------------------------------------------- */

static void hog_body(void *unused)
{
	zone_t *zone = &VM->zones[0];
	struct page *got;

	while (zone->free_pages > zone->pages_low) {
		got = rmqueue(zone, 0);
		lru_cache_add(got);
	}
	lru_add_drain();
	wakeup_kswapd(zone);
}

/* Six pages fit on the list of a cpu up to 2.6.9: of those the zone knows nothing yet. */
static void free_one_body(void *unused)
{
	zone_t *zone = &VM->zones[0];
	u32 n = row->pcp == PCP_2003 ? 7 : 1;

	require(zone->all_unreclaimable);
	if (OF_THESE(0, 0, 1)) { /* it is asked after a pass, which is one list at most */
		require(zone->pages_scanned >= 4 * (zone->nr_active + zone->nr_inactive));
		require(zone->pages_scanned < 6 * (zone->nr_active + zone->nr_inactive));
	} else {
		require(zone->pages_scanned > 2 * zone->size);
	}
	for (; n > 0; n--) {
		require(zone->all_unreclaimable);
		put_page(list_entry(list_prev(&zone->inactive_list), struct page, lru));
	}
	require(!zone->all_unreclaimable && zone->pages_scanned == 0);
}

static void wake_body(void *unused)
{
	wakeup_kswapd(&VM->zones[0]);
}

/*
 * Some 900 of 1,024 pages, none of which can be freed. Up to 2.6.9 kswapd goes through its
 * priorities once and sleeps until it is woken again; it gives up when it has looked at 2,048 pages
 * or more. One run is 12 .. 1 in 2.6.5: the list once, less rounding; 12 .. 0 in 2.6.8: twice. In
 * 2.6.0 it is 64 pages nine times, an eighth, a quarter and half of the list: 1.5 of it. 2.6.16
 * goes on by itself to four times the list. One page that somebody frees is a reason to hope again.
 */
DEFINE_ROW_TEST(kswapd_gives_up)
{
	u32 wakes = row->vmscan == &vmscan_2_6_0 ? 2 : OF_THESE(3, 2, 1), i;

	row_boot(1024, 0, 1);
	m->config.unchecked = true; /* whose pages are they? nobody's */
	lab_run(hog_body, NULL);
	OP(TICK, 0, 20000000000); /* it naps when a pass was for nothing */
	for (i = 1; i < wakes; i++) {
		assert_false(m->vm->zones[0].all_unreclaimable);
		lab_run(wake_body, NULL);
		OP(TICK, 0, 20000000000);
	}
	assert_int_equal(m->vm->kswapd->state, TASK_UNINTERRUPTIBLE);
	assert_ptr_equal(m->vm->kswapd->wait_on, &m->vm->kswapd);
	lab_run(free_one_body, NULL);
}

/* It naps in 2.6.6, and from 2.6.11 on; in 2.6.5 and 2.6.8 the count it asks for is always 0, and
 * 2.6.0 asks for something else. */
DEFINE_ROW_TEST(whose_kswapd_naps)
{
	bool naps = row->vmscan == &vmscan_2_6_6 || row->vmscan == &vmscan_2_6_16;

	row_boot(1024, 0, 1);
	m->config.unchecked = true;
	lab_run(hog_body, NULL);
	assert_ptr_equal(m->vm->kswapd->wait_on,
			 naps ? (const void *)&m->vm->writes_done : &m->vm->kswapd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(what_is_due_waits_for_a_batch),
		ROW_TEST(active_pages_in_proportion),
		ROW_TEST(who_may_not_enter_a_file_system),
		ROW_TEST(watermarks),
		ROW_TEST(who_may_go_how_low),
		ROW_TEST(kswapd_gives_up),
		ROW_TEST(whose_kswapd_naps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
