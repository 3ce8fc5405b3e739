/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much the reclaim of 2004 looks at, how much must stay free, who may have of that what, and
 * when kswapd gives up: figures by hand (facts D.5, D.7, D.9, C.13). On every kernel that has it.
 */
#include "lrulab.h"
#include "mm/vmscan_2004.h"

/* -- shrink_zone --------------------------------------------------------------------------- */

static void give_up_body(void *unused)
{
	u32 i;

	for (i = 0; i < 200; i++)
		lru_cache_add(alloc_page(GFP_KERNEL));
	lru_add_drain();
	VM->zones[0].nr_scan_active = VM->zones[0].nr_scan_inactive = 0;
	current->flags |= PF_MEMALLOC;
	require(VM->kernel->vmscan->try_to_free_pages(&VM->zones[0], GFP_NOFS, 0) == 0);
	current->flags &= ~PF_MEMALLOC;
}

/*
 * 200 pages that cannot be freed. Due at priority 12 to 4: 1 1 1 1 1 2 4 7 13, 31 in all: no batch.
 * At 3 come 26, that makes 57; then 51, 101 and 201 at once.
 */
DEFINE_ROW_TEST(what_is_due_waits_for_a_batch)
{
	static const u32 due[13] = { 201, 101, 51, 57 };
	const struct event *ev;
	s32 priority;

	row_boot(1024, 0, 1);
	lab_forget();
	lab_run(give_up_body, NULL);
	for (priority = 12; priority >= 0; priority--) {
		ev = lab_event(EV_RECLAIM_BEGIN, (u32)priority, 0);
		assert_int_equal(ev->a[1], 32);
		assert_int_equal(ev->a[2], due[priority]);
	}
	assert_int_equal(m->counters.allocstall, 1);
	assert_int_equal(m->vm->zones[0].prev_priority, 0); /* it remembers how bad it was */
	assert_int_equal(m->vm->zones[0].nr_scan_active, 13);
	assert_int_equal(m->vm->zones[0].nr_scan_inactive, 0);
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
 * mark says and one more (2.6.9: free >= min + 1), so the mark itself is what is left.
 */
static void marks_body(void *unused)
{
	const zone_t *zone = &VM->zones[0];
	u32 half, three_quarters;

	nr_taken = 0;
	three_quarters = zone->pages_min - zone->pages_min / 4;
	half = zone->pages_min - zone->pages_min / 2;
	require(take_all(0) == three_quarters);                   /* no wait, no __GFP_HIGH */
	require(take_all(GFP_ATOMIC) == half - half / 4);
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

static void free_one_body(void *unused)
{
	zone_t *zone = &VM->zones[0];

	require(zone->all_unreclaimable);
	require(zone->pages_scanned >= 4 * (zone->nr_active + zone->nr_inactive));
	put_page(list_entry(list_prev(&zone->inactive_list), struct page, lru));
	require(!zone->all_unreclaimable && zone->pages_scanned == 0);
}

/* When it has looked at everything four times for nothing it lets the zone be; one page that
 * somebody frees is a reason to hope again. */
DEFINE_ROW_TEST(kswapd_gives_up)
{
	row_boot(1024, 0, 1);
	m->config.unchecked = true; /* whose pages are they? nobody's */
	lab_run(hog_body, NULL);
	OP(TICK, 0, 20000000000); /* it naps when a pass was for nothing */
	assert_int_equal(m->vm->kswapd->state, TASK_UNINTERRUPTIBLE);
	lab_run(free_one_body, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(what_is_due_waits_for_a_batch),
		ROW_TEST(watermarks),
		ROW_TEST(who_may_go_how_low),
		ROW_TEST(kswapd_gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
