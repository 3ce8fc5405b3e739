/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists of 2.6: pages wait in per-cpu pagevecs, which hold a reference, and come to the list of
 * their zone when the pagevec is full or drained (facts C.16, D.11, G.2). The sizes are those of
 * the table in section 0 of the late sheet: 16 up to 2.6.9, 14 in 2.6.16.
 */
#include "lrulab.h"

#include <string.h>

#define MAX_PAGES 40

static struct page *pages[MAX_PAGES];

static void new_page(u32 i, bool active)
{
	pages[i] = alloc_page(GFP_KERNEL);
	(active ? lru_cache_add_active : lru_cache_add)(pages[i]);
}

/* The last n pages that were made, the newest first, as a list shows them. */
static bool newest_are_on(bool active, u32 n, u32 of)
{
	struct page *want[MAX_PAGES];
	u32 i;

	for (i = 0; i < n; i++)
		want[i] = pages[of - 1 - i];
	return zone_list_is(page_zone(pages[0])->index, active, n, want);
}

/* -- adding -------------------------------------------------------------------------------- */

static void fill_body(void *arg)
{
	bool active = arg != NULL;
	u32 i, size = row->pagevec_size;

	for (i = 0; i + 1 < size; i++) {
		new_page(i, active);
		require(page_count(pages[i]) == 2 && !PageLRU(pages[i]) && !PageActive(pages[i]));
		require(lru_2004.queued(VM, NULL, 0) == i + 1);
	}
	require(newest_are_on(active, 0, 0));
	new_page(i, active); /* the last one that fits in takes all of them along */
	require(lru_2004.queued(VM, NULL, 0) == 0);
	require(newest_are_on(active, size, size));
	for (i = 0; i < size; i++) {
		require(page_count(pages[i]) == 1 && PageLRU(pages[i]));
		require(PageActive(pages[i]) == active);
	}
}

DEFINE_ROW_TEST(a_full_pagevec_goes_to_the_list)
{
	row_boot(1024, 0, 1);
	lab_run(fill_body, NULL);
	assert_int_equal(lab_count(EV_PVEC_ADD), row->pagevec_size);
	assert_int_equal(lab_count(EV_LRU_ADD), row->pagevec_size);
	lab_destroy(NULL);
	row_boot(1024, 0, 1);
	lab_run(fill_body, (void *)1);
}

static void drain_body(void *unused)
{
	const struct page *queued[4] = { NULL };

	new_page(0, false);
	new_page(1, true);
	new_page(2, false);
	require(lru_2004.queued(VM, queued, 2) == 3 && !queued[2]);
	require(lru_2004.queued(VM, queued, 4) == 3);
	require(queued[0] == pages[0] && queued[1] == pages[2] && queued[2] == pages[1]);
	lru_add_drain();
	require(lru_2004.queued(VM, queued, 4) == 0);
	require(zone_list_is(0, false, 2, (struct page *[]){ pages[2], pages[0] }));
	require(zone_list_is(0, true, 1, &pages[1]));
	lru_add_drain(); /* nothing is left to do */
	require(page_count(pages[0]) == 1 && page_count(pages[1]) == 1);
}

DEFINE_ROW_TEST(draining_empties_both)
{
	row_boot(1024, 0, 1);
	lab_run(drain_body, NULL);
}

/* Those that cpus keep at hand included. */
static u32 all_free(void)
{
	u32 i, sum = nr_free_pages();

	for (i = 0; i < MAX_NR_ZONES; i++)
		sum += zone_pcp_pages(&VM->zones[i]);
	return sum;
}

/* Nobody else has it any more, but the pagevec does: it is freed when that is drained. */
static void orphan_body(void *unused)
{
	u32 free;

	new_page(0, false);
	put_page(pages[0]);
	require(page_count(pages[0]) == 1);
	free = all_free();
	lru_add_drain();
	require(page_count(pages[0]) == 0 && !PageLRU(pages[0]));
	require(all_free() == free + 1);
	require(zone_list_is(0, false, 0, NULL));
}

DEFINE_ROW_TEST(the_reference_keeps_a_page)
{
	row_boot(1024, 0, 1);
	lab_run(orphan_body, NULL);
	assert_int_equal(lab_count_of(EV_LRU_ADD, (u32)(pages[0] - m->vm->mem_map)), 1);
	assert_int_equal(lab_count_of(EV_LRU_DEL, (u32)(pages[0] - m->vm->mem_map)), 1);
}

/* Each cpu has its own; draining one leaves the other's alone. */
static void other_cpu_body(void *unused)
{
	new_page(1, false);
}

static void own_cpu_body(void *unused)
{
	new_page(0, false);
	lru_add_drain();
	require(PageLRU(pages[0]));
}

DEFINE_ROW_TEST(cpus_have_their_own)
{
	const struct page *queued[2];

	row_boot(1024, 0, 2);
	lab_spawn("other", other_cpu_body, NULL);
	lab_run(own_cpu_body, NULL);
	assert_int_equal(lru_2004.queued(m->vm, queued, 2), 1);
	assert_ptr_equal(queued[0], pages[1]);
	assert_int_equal(m->vm->lru_add_pvecs[1].nr, 1);
	assert_false(PageLRU(pages[1]));
}

/* -- up and down --------------------------------------------------------------------------- */

static void ladder_body(void *unused)
{
	new_page(0, false);
	mark_page_accessed(pages[0]);
	require(PageReferenced(pages[0]));
	mark_page_accessed(pages[0]); /* on no list yet: there is nowhere to go */
	require(PageReferenced(pages[0]) && !PageActive(pages[0]));
	lru_add_drain();
	require(PageLRU(pages[0]) && !PageActive(pages[0]) && PageReferenced(pages[0]));
	mark_page_accessed(pages[0]);
	require(PageActive(pages[0]) && !PageReferenced(pages[0]));
	require(zone_list_is(0, true, 1, pages) && zone_list_is(0, false, 0, NULL));
	mark_page_accessed(pages[0]);
	require(PageActive(pages[0]) && PageReferenced(pages[0]));
}

DEFINE_ROW_TEST(the_ladder_needs_a_list)
{
	row_boot(1024, 0, 1);
	lab_run(ladder_body, NULL);
	assert_int_equal(m->counters.pgactivate, 1);
}

/* -- releasing ----------------------------------------------------------------------------- */

/* Twenty pages, of which every third has another user: the others are free afterwards. */
static void release_body(void *unused)
{
	u32 i, free;

	for (i = 0; i < 20; i++)
		new_page(i, i & 1);
	lru_add_drain();
	for (i = 0; i < 20; i += 3)
		get_page(pages[i]);
	free = all_free();
	release_pages(pages, 20, false);
	require(all_free() == free + 13);
	for (i = 0; i < 20; i++) {
		require(page_count(pages[i]) == (i % 3 == 0));
		require(PageLRU(pages[i]) == (i % 3 == 0));
	}
	require(page_zone(pages[0])->nr_inactive == 4);  /* 0 6 12 18 */
	require(page_zone(pages[0])->nr_active == 3);    /* 3 9 15 */
}

DEFINE_ROW_TEST(release_pages_frees_what_is_free)
{
	row_boot(1024, 0, 1);
	lab_run(release_body, NULL);
}

/* -- written for reclaim ------------------------------------------------------------------- */

static void written(struct page *it, bool reclaim)
{
	SetPageWriteback(it);
	if (reclaim)
		SetPageReclaim(it);
	end_page_writeback(it);
}

static void rotate_body(void *unused)
{
	u32 i;

	for (i = 0; i < 4; i++)
		new_page(i, false);
	lru_add_drain();
	written(pages[2], false); /* nobody wanted it free */
	require(newest_are_on(false, 4, 4));
	written(pages[2], true);
	require(!PageReclaim(pages[2]) && !PageWriteback(pages[2]));
	require(zone_list_is(0, false, 4, (struct page *[]){ pages[3], pages[1], pages[0],
							     pages[2] }));
	/* Dirty again, locked, or active: it stays where it is, and is no longer wanted. */
	SetPageDirty(pages[3]);
	written(pages[3], true);
	ClearPageDirty(pages[3]);
	lock_page(pages[3]);
	written(pages[3], true);
	unlock_page(pages[3]);
	require(!PageReclaim(pages[3]) && !PageWriteback(pages[3]));
	require(zone_list_is(0, false, 4, (struct page *[]){ pages[3], pages[1], pages[0],
							     pages[2] }));
	activate_page(pages[1]);
	written(pages[1], true);
	require(zone_list_is(0, true, 1, &pages[1]) && !PageReclaim(pages[1]));
}

DEFINE_ROW_TEST(what_was_written_is_next)
{
	row_boot(1024, 0, 1);
	lab_run(rotate_body, NULL);
	assert_int_equal(m->counters.pgrotated, 1);
	assert_int_equal(lab_count(EV_ROTATE_TAIL), 1);
}

/* -- zones --------------------------------------------------------------------------------- */

static void zones_body(void *unused)
{
	pages[0] = alloc_page(GFP_KERNEL);
	pages[1] = alloc_page(GFP_HIGHUSER);
	pages[2] = alloc_page(GFP_KERNEL | __GFP_DMA);
	require(page_zone(pages[0])->index == ZONE_NORMAL);
	require(page_zone(pages[1])->index == ZONE_HIGHMEM);
	require(page_zone(pages[2])->index == ZONE_DMA);
	lru_cache_add(pages[0]);
	lru_cache_add(pages[1]);
	lru_cache_add(pages[2]);
	lru_add_drain();
	require(zone_list_is(ZONE_NORMAL, false, 1, &pages[0]));
	require(zone_list_is(ZONE_HIGHMEM, false, 1, &pages[1]));
	require(zone_list_is(ZONE_DMA, false, 1, &pages[2]));
}

DEFINE_ROW_TEST(each_zone_has_its_lists)
{
	u32 unused;

	lab_boot_config((struct machine_config){
		.kernel = row, .ram = 12u << 20, .dma_end = 4u << 20, .highmem_start = 8u << 20,
		.cpus = 1, .page_cluster = -1, .seed = 1, .events = true, .truth = true,
	});
	lab_run(zones_body, NULL);
	assert_non_null(lru_2004.list(m->vm, true, MAX_NR_ZONES - 1, &unused));
	assert_null(lru_2004.list(m->vm, true, MAX_NR_ZONES, &unused));
}

static u32 threads_named(const char *name)
{
	u32 i, n = 0;

	for (i = 0; i < m->nr_pids; i++)
		n += !strcmp(thread_name(m, i), name);
	return n;
}

/* Who asks about a page that came on the other cpu a moment ago gets an answer: that cpu puts it on
 * its list first. Nobody is there for it before it is needed. */
DEFINE_ROW_TEST(the_other_cpus_bag_is_emptied)
{
	u32 who[2], place, i, frame;

	lab_boot_config((struct machine_config){
		.kernel = row, .ram = 1u << 20, .swap = 1u << 20, .cpus = 2, .page_cluster = -1,
		.seed = 1, .events = true, .truth = true,
	});
	for (i = 0; i < 2; i++) {
		who[i] = lab_process(2, &place);
		OP(WRITE, who[i], place, 1);
	}
	assert_int_not_equal(thread_by_pid(m, who[0])->cpu_id, thread_by_pid(m, who[1])->cpu_id);
	for (i = 0; i < 2; i++) {
		frame = lab_pfn(who[i], place);
		assert_int_equal(threads_named("events/1"), 0); /* pid 0 works on cpu 0 */
		lab_forget();
		assert_true(OP(REFERENCED, 0, frame) >= 1);
		assert_true(PageLRU(&m->vm->mem_map[frame]));
		assert_int_equal(lab_event(EV_LRU_ADD, frame, 0)->cpu, i);
		OP(WRITE, who[i], place + PAGE_SIZE, 1);
		OP(UNMAP, 0, lab_pfn(who[i], place + PAGE_SIZE));
	}
	assert_int_equal(threads_named("events/0"), 1);
	assert_int_equal(threads_named("events/1"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST(a_full_pagevec_goes_to_the_list),
		ROW_TEST(draining_empties_both),
		ROW_TEST(the_reference_keeps_a_page),
		ROW_TEST(cpus_have_their_own),
		ROW_TEST(the_ladder_needs_a_list),
		ROW_TEST(release_pages_frees_what_is_free),
		ROW_TEST(what_was_written_is_next),
		ROW_TEST(each_zone_has_its_lists),
		ROW_TEST(the_other_cpus_bag_is_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
