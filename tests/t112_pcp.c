/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hot and cold lists of each cpu: their sizes by the formulas of 2.6.0 and 2.6.18, what comes
 * and goes in batches, and that what is on them is free and nowhere counted as such. On every
 * kernel that has zones with lists.
 */
#include "lrulab.h"
#include "mm/mmzone.h"

static struct page *taken[64];
static struct per_cpu_pages *hot, *cold;
static u32 buddy; /* free_pages when the body began */

static void assert_pcp(u32 n, bool is_cold, u32 low, u32 high, u32 batch)
{
	u32 cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		const struct per_cpu_pages *pcp = &m->vm->zones[n].pageset[cpu].pcp[is_cold];

		assert_int_equal(pcp->low, low);
		assert_int_equal(pcp->high, high);
		assert_int_equal(pcp->batch, batch);
	}
}

/*
 * Normal has 12,288 pages of 64 MiB: a 1,024th is 12, a quarter of it 3. Of 1 GiB it has 225,280,
 * so 220; that is cut to 64 (256 KiB), in 2.6.16 to 128: batches of 16 and of 32. 2.6.16 makes of
 * that the 2^n of one and a half times as many, less one: of 3 + 1 it is 3, of 48 it is 31, of 1 it
 * is 0. DMA has 4,096 pages, so batches of 1 in 2.6.0. Below 4 MiB nobody has any.
 */
DEFINE_ROW_TEST(sizes)
{
	row_boot(512, 0, 1);
	assert_pcp(ZONE_DMA, false, 0, 0, 0);
	lab_destroy(NULL);
	row_boot(16384, 0, 1);
	if (row->pcp == PCP_2003) {
		assert_pcp(ZONE_DMA, false, 2, 6, 1);
		assert_pcp(ZONE_DMA, true, 0, 2, 1);
		assert_pcp(ZONE_NORMAL, false, 6, 18, 3);
		assert_pcp(ZONE_NORMAL, true, 0, 6, 3);
	} else if (row->pcp == PCP_2006) {
		assert_pcp(ZONE_DMA, false, 0, 0, 1);
		assert_pcp(ZONE_DMA, true, 0, 0, 1);
		assert_pcp(ZONE_NORMAL, false, 0, 18, 3);
		assert_pcp(ZONE_NORMAL, true, 0, 6, 1);
	} else {
		assert_pcp(ZONE_NORMAL, false, 0, 0, 0);
	}
	lab_destroy(NULL);
	row_boot(262144, 0, 1);
	if (row->pcp == PCP_2003) {
		assert_pcp(ZONE_NORMAL, false, 32, 96, 16);
		assert_pcp(ZONE_NORMAL, true, 0, 32, 16);
	} else if (row->pcp == PCP_2006) {
		assert_pcp(ZONE_NORMAL, false, 0, 186, 31);
		assert_pcp(ZONE_NORMAL, true, 0, 62, 15);
	}
}

static void assert_checked(void)
{
	struct violation first;

	assert_int_equal(check_machine(m, &first, 1), 0);
}

/* This cpu's lists, empty, and of batches of 3. */
static void begin(u32 low)
{
	zone_t *zone = &VM->zones[ZONE_NORMAL];

	hot = &zone->pageset[current->cpu_id].pcp[0];
	cold = &zone->pageset[current->cpu_id].pcp[1];
	hot->low = 0;
	while (hot->count) {
		struct page *page = buffered_rmqueue(zone, 0, false);

		atomic_dec(&page->count);
		__free_pages_ok(page, 0);
	}
	hot->low = low;
	buddy = zone->free_pages;
	require(!hot->count && !cold->count && hot->batch == 3);
}

/*
 * One page: a batch is fetched, as long as no more than low are there. With low 6 that is when 0,
 * 2, 4 and 6 are there, at each of the first four; then 8 are. With low 0 it is at the first and at
 * the fourth, and two are left.
 */
static void taking_body(void *unused)
{
	zone_t *zone = &VM->zones[ZONE_NORMAL];
	u32 i, low = row->pcp == PCP_2003 ? 6 : 0;

	begin(low);
	for (i = 0; i < 4; i++)
		require((taken[i] = buffered_rmqueue(zone, 0, false)));
	require(hot->count == (low ? 8 : 2));
	require(zone->free_pages == buddy - (low ? 12 : 6));
	require(zone_pcp_pages(zone) == hot->count);
	/* The page that was freed last is the next one given: it is in the cache. */
	put_page(taken[1]);
	require(hot->count == (low ? 9 : 3));
	require(page_is_pcp(taken[1]) && page_count(taken[1]) == 0 && !page_is_buddy(taken[1]));
	require(buffered_rmqueue(zone, 0, false) == taken[1]);
	for (i = 0; i < 4; i++)
		put_page(taken[i]);
}

DEFINE_ROW_TEST(pages_come_in_batches)
{
	if (!row->pcp)
		return;
	row_boot(16384, 0, 1);
	lab_run(taking_body, NULL);
	assert_checked();
}

/* 18 fit. 2.6.0 looks before it adds one: the 19th sends three back. 2.6.16 looks afterwards. The
 * pages that go back are those that were freed first. */
static void freeing_body(void *unused)
{
	zone_t *zone = &VM->zones[ZONE_NORMAL];
	u32 i, last = row->pcp == PCP_2003 ? 19 : 18;

	for (i = 0; i < 19; i++)
		require((taken[i] = rmqueue(zone, 0)));
	begin(0);
	zone->pages_scanned = 5;
	for (i = 0; i < last - 1; i++)
		put_page(taken[i]);
	require(hot->count == last - 1 && zone->free_pages == buddy && zone->pages_scanned == 5);
	put_page(taken[i]);
	require(hot->count == last - 3 && zone->free_pages == buddy + 3);
	require(!page_is_pcp(taken[0]) && !page_is_pcp(taken[2]) && page_is_pcp(taken[3]));
	require(zone->pages_scanned == 0); /* only now there is hope for the zone */
	if (last == 18)
		put_page(taken[18]);
}

DEFINE_ROW_TEST(too_many_go_back)
{
	if (!row->pcp)
		return;
	row_boot(16384, 0, 1);
	lab_run(freeing_body, NULL);
	assert_checked();
}

/* What reclaim frees was not looked at for long: it goes to the cold list, and what is read from
 * disk is taken from there. */
static void cold_body(void *unused)
{
	zone_t *zone = &VM->zones[ZONE_NORMAL];
	struct pagevec pvec = { .cold = true };

	taken[0] = rmqueue(zone, 0);
	begin(0);
	pagevec_add(&pvec, taken[0]);
	__pagevec_release_nonlru(&pvec);
	require(cold->count == 1 && !hot->count);
	require(alloc_page(GFP_KERNEL | __GFP_COLD) == taken[0]);
	put_page(taken[0]); /* one by one, a page is hot */
	require(hot->count == 1);
}

static void tear_body(void *unused)
{
	hot->count++;
}

static void steal_body(void *unused)
{
	atomic_set(&taken[0]->count, 1);
}

DEFINE_ROW_TEST(hot_and_cold)
{
	if (!row->pcp)
		return;
	row_boot(16384, 0, 1);
	lab_run(cold_body, NULL);
	assert_checked();
}

/* The checker knows these lists: how many are on them, and that nobody uses what is. */
DEFINE_ROW_TEST(the_checker_looks_at_them)
{
	struct violation first;

	if (!row->pcp)
		return;
	row_boot(16384, 0, 1);
	m->config.unchecked = true;
	lab_run(cold_body, NULL);
	lab_run(tear_body, NULL);
	assert_true(check_machine(m, &first, 1) > 0);
	hot->count--;
	assert_checked();
	lab_run(steal_body, NULL);
	assert_true(check_machine(m, &first, 1) > 0);
}

/* Seed 001: the mapping of an anonymous page is left until here; who gets it next finds none. */
DEFINE_ROW_TEST(nothing_is_left_in_them)
{
	u32 i;

	if (!row->pcp)
		return;
	row_boot(16384, 0, 1);
	pid = lab_process(4, &at);
	for (i = 0; i < 4; i++)
		OP(WRITE, pid, at + i * PAGE_SIZE, i);
	pfn = lab_pfn(pid, at);
	OP(EXIT, pid, 0);
	assert_int_equal(page_count(&m->vm->mem_map[pfn]), 0);
	assert_null(m->vm->mem_map[pfn].mapping);
	assert_true(page_is_pcp(&m->vm->mem_map[pfn]) || row->pcp == PCP_2006);
	assert_checked();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(sizes),
		ROW_TEST(pages_come_in_batches),
		ROW_TEST(too_many_go_back),
		ROW_TEST(hot_and_cold),
		ROW_TEST(the_checker_looks_at_them),
		ROW_TEST(nothing_is_left_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
