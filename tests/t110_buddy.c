/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Zones, watermarks and the buddy allocator. Expected figures are arithmetic: 44 bytes of mem_map
 * for a frame, a 128th of a zone kept free, blocks aligned to their size.
 */
#include "lab.h"

#include <string.h>

#define MIB 256u /* in frames */

static void boot_frames(u32 frames)
{
	lab_boot(frames, 0, 1);
}

static zone_t *zone(u32 index)
{
	return &m->vm->zones[index];
}

/* -- boot ------------------------------------------------------------------------------------ */

static void assert_zone(u32 index, u32 start, u32 size, u32 min)
{
	const zone_t *z = zone(index);

	assert_int_equal(z->start_pfn, start);
	assert_int_equal(z->size, size);
	assert_int_equal(z->pages_min, min);
	assert_int_equal(z->pages_low, 2 * min);
	assert_int_equal(z->pages_high, 3 * min);
}

static void test_zones_of_a_gigabyte(void **state)
{
	boot_frames(1024 * MIB);
	assert_zone(ZONE_DMA, 0, 4096, 32);                /* 4096 / 128 */
	assert_zone(ZONE_NORMAL, 4096, 225280, 255);       /* the upper clamp */
	assert_zone(ZONE_HIGHMEM, 229376, 32768, 255);     /* 32768 / 128 = 256: the clamp again */
	assert_false(zone(ZONE_DMA)->scaled);
	/* 262,144 * 44 bytes are 2,816 pages at the start of Normal; frame 0 and the zero page */
	assert_int_equal(zone(ZONE_NORMAL)->reserved_pages, 2816);
	assert_int_equal(zone(ZONE_DMA)->reserved_pages, 2);
	assert_int_equal(zone(ZONE_HIGHMEM)->reserved_pages, 0);
	assert_int_equal(m->vm->nr_reserved, 2818);
	assert_int_equal(m->vm->zero_pfn, 1);
}

static void test_watermarks_of_small_machines(void **state)
{
	static const struct { u32 frames, min, scaled; } rows[] = {
		{ 16 * MIB, 32, 0 },  /* 4096 / 128 */
		{ 8 * MIB, 20, 0 },   /* 2048 / 128 = 16: the lower clamp */
		{ 4 * MIB, 20, 0 },
		{ 2 * MIB, 10, 1 },   /* the clamp times 2 MiB / 4 MiB */
		{ 1 * MIB, 5, 1 },
		{ 64, 2, 1 },         /* 20 / 16 = 1, but never below 2 */
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		boot_frames(rows[i].frames);
		assert_zone(ZONE_DMA, 0, rows[i].frames, rows[i].min);
		assert_int_equal(zone(ZONE_DMA)->scaled, rows[i].scaled);
		assert_int_equal(zone(ZONE_NORMAL)->size, 0);
		lab_destroy(NULL);
	}
}

static void test_the_configuration_moves_the_boundaries(void **state)
{
	lab_boot_config((struct machine_config){
		.ram = 4 << 20, .dma_end = 1 << 20, .highmem_start = 3 << 20, .cpus = 1,
		.page_cluster = -1, .seed = 1,
	});
	assert_zone(ZONE_DMA, 0, 256, 20);
	assert_zone(ZONE_NORMAL, 256, 512, 20);
	assert_zone(ZONE_HIGHMEM, 768, 256, 20);
	assert_int_equal(page_zone_index(&m->vm->mem_map[255]), ZONE_DMA);
	assert_int_equal(page_zone_index(&m->vm->mem_map[256]), ZONE_NORMAL);
	assert_int_equal(page_zone_index(&m->vm->mem_map[768]), ZONE_HIGHMEM);
	assert_int_equal(zone(ZONE_NORMAL)->reserved_pages, 11); /* 1024 * 44 / 4096 */
}

/* 256 frames: three of mem_map, the zero page, then blocks 4-7, 8-15, 16-31, 32-63 ... */
static void test_boot_frees_the_largest_blocks(void **state)
{
	u32 order, all = 0;

	boot_frames(256);
	assert_int_equal(m->vm->nr_reserved, 4);
	assert_int_equal(m->vm->zero_pfn, 3);
	for (order = 0; order < MAX_ORDER; order++)
		all += zone(0)->free_area[order].nr_free << order;
	assert_int_equal(all, zone(0)->free_pages);
	/* The small blocks are used first; boot did not come as far as these. */
	for (order = 5; order <= 7; order++) {
		const struct page *page = &m->vm->mem_map[1u << order];

		assert_true(page_is_buddy(page));
		assert_int_equal(page_buddy_order(page), order);
	}
}

/* -- the lists ------------------------------------------------------------------------------- */

/* Blocks are where they belong, no two buddies are both free, and the sums are right. */
static void assert_lists_sound(void)
{
	u32 order, sum = 0;

	for (order = 0; order < MAX_ORDER; order++) {
		struct free_area *area = &zone(0)->free_area[order];
		const struct list_head *pos;
		u32 n = 0;

		list_for_each(pos, &area->free_list) {
			const struct page *page = list_entry(pos, struct page, lru), *buddy;
			u32 idx = (u32)(page - m->vm->mem_map);

			assert_true(page_is_buddy(page));
			assert_int_equal(page_buddy_order(page), order);
			assert_int_equal(idx % (1u << order), 0);
			buddy = &m->vm->mem_map[idx ^ 1u << order];
			if (order < MAX_ORDER - 1 && (idx ^ 1u << order) < zone(0)->size)
				assert_false(page_is_buddy(buddy) &&
					     page_buddy_order(buddy) == order);
			n++;
		}
		assert_int_equal(n, area->nr_free);
		sum += n << order;
	}
	assert_int_equal(sum, zone(0)->free_pages);
}

static void free_counts(u32 *out)
{
	u32 order;

	for (order = 0; order < MAX_ORDER; order++)
		out[order] = zone(0)->free_area[order].nr_free;
}

static void take_the_upper_half(void *unused)
{
	struct list_head *head;
	u32 order = 0, want;
	struct page *page;

	while (list_empty(&zone(0)->free_area[order].free_list))
		order++;
	head = &zone(0)->free_area[order].free_list;
	want = page_to_pfn(list_entry(list_next(head), struct page, lru)) + (1u << order) - 1;
	page = alloc_page(GFP_KERNEL);
	require(page);
	require(page_to_pfn(page) == want);
	require(page_count(page) == 1);
	__free_page(page);
}

static void test_a_block_is_split_and_its_last_frame_used(void **state)
{
	u32 before[MAX_ORDER], after[MAX_ORDER];

	boot_frames(1024);
	free_counts(before);
	lab_run(take_the_upper_half, NULL);
	free_counts(after);
	assert_memory_equal(before, after, sizeof(before));
	assert_lists_sound();
}

#define BLOCKS 300

static void random_blocks(void *unused)
{
	static struct { struct page *page; u32 order; } blocks[BLOCKS];
	u32 i, turn;

	memset(blocks, 0, sizeof(blocks));
	for (turn = 0; turn < 3000; turn++) {
		i = machine_random_below(m, BLOCKS);
		if (blocks[i].page) {
			__free_pages(blocks[i].page, blocks[i].order);
			blocks[i].page = NULL;
			continue;
		}
		blocks[i].order = machine_random_below(m, 4);
		/* no high and no wait: never into what a watermark keeps */
		blocks[i].page = alloc_pages(0, blocks[i].order);
		require(!blocks[i].page ||
			page_to_pfn(blocks[i].page) % (1u << blocks[i].order) == 0);
	}
	for (i = 0; i < BLOCKS; i++)
		if (blocks[i].page)
			__free_pages(blocks[i].page, blocks[i].order);
}

static void test_what_is_freed_comes_together_again(void **state)
{
	u32 before[MAX_ORDER], after[MAX_ORDER], free_pages;

	boot_frames(1024);
	free_counts(before);
	free_pages = zone(0)->free_pages;
	lab_run(random_blocks, NULL);
	assert_lists_sound();
	assert_int_equal(zone(0)->free_pages, free_pages);
	free_counts(after);
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(m->counters.pgalloc - m->counters.pgfree,
			 m->nr_frames - m->vm->nr_reserved - free_pages);
}

/* -- who may take what ----------------------------------------------------------------------- */

/* The zone that the rule names, from the figures before the call; -1: none. */
static int zone_by_rule(bool low)
{
	u32 i, min = 1;

	for (i = MAX_NR_ZONES; i-- > 0;) {
		const zone_t *z = zone(i);

		min += low ? z->pages_low : z->pages_min;
		if (z->free_pages > min)
			return (int)i;
	}
	return -1;
}

static int expected_zone(void)
{
	int i = zone_by_rule(true);

	return i >= 0 ? i : zone_by_rule(false);
}

static void drain_by_watermarks(void *unused)
{
	u32 taken[MAX_NR_ZONES] = { 0 };
	struct page *page;
	int want;

	do {
		want = expected_zone();
		page = alloc_page(__GFP_HIGHMEM);
		require(!page == (want < 0));
		if (page) {
			require(page_zone_index(page) == (u32)want);
			taken[want]++;
		}
	} while (page);
	require(taken[ZONE_HIGHMEM] && taken[ZONE_NORMAL] && taken[ZONE_DMA]);
	/* The sums of the marks: 20 of HighMem; 20 + 20 of Normal; all three of DMA. */
	require(zone(ZONE_HIGHMEM)->free_pages == 20 + 1);
	require(zone(ZONE_NORMAL)->free_pages == 40 + 1);
	require(zone(ZONE_DMA)->free_pages == 60 + 1);
	require(zone(ZONE_HIGHMEM)->need_balance);
}

static void test_the_incremental_min(void **state)
{
	lab_boot_config((struct machine_config){
		.ram = 4 << 20, .dma_end = 1 << 20, .highmem_start = 3 << 20, .cpus = 1,
		.page_cluster = -1, .seed = 1,
	});
	lab_run(drain_by_watermarks, NULL);
}

static void drain_as(u32 gfp_mask, u32 flags)
{
	current->flags |= flags;
	while (alloc_page(gfp_mask))
		;
	current->flags &= ~flags;
}

static void drain_in_steps(void *unused)
{
	zone_t *dma = zone(ZONE_DMA);

	drain_as(0, 0);
	require(dma->free_pages == dma->pages_min + 1);
	/* Who can wait leaves the rest to those that cannot, were it the kernel itself. */
	require(!alloc_page(GFP_KERNEL & ~__GFP_WAIT));
	require(!alloc_page(GFP_NOFS & ~__GFP_WAIT));
	require(!alloc_page(GFP_NOIO & ~__GFP_WAIT));
	require(!alloc_page(GFP_HIGHUSER & ~__GFP_WAIT));
	drain_as(GFP_ATOMIC, 0); /* __GFP_HIGH: a quarter of min */
	require(dma->free_pages == dma->pages_min / 4 + 1);
	drain_as(GFP_KERNEL, PF_MEMALLOC);
	require(dma->free_pages == 0);
	require(!alloc_page(GFP_ATOMIC));
}

static void test_the_last_pages_are_for_reclaim(void **state)
{
	boot_frames(2048);
	lab_run(drain_in_steps, NULL);
	assert_int_equal(zone(ZONE_DMA)->pages_min, 20);
	assert_lists_sound();
}

static void a_zone_below(void *unused)
{
	struct page *page = alloc_page(__GFP_DMA | __GFP_HIGH);

	require(page && page_zone_index(page) == ZONE_DMA);
	page = alloc_page(GFP_KERNEL);
	require(page && page_zone_index(page) == ZONE_NORMAL);
	page = alloc_page(GFP_HIGHUSER);
	require(page && page_zone_index(page) == ZONE_HIGHMEM);
	require(memclass(zone(ZONE_DMA), zone(ZONE_HIGHMEM)));
	require(!memclass(zone(ZONE_HIGHMEM), zone(ZONE_NORMAL)));
	require(get_zeroed_page(__GFP_HIGHMEM | __GFP_HIGH) - PAGE_OFFSET < 3u << 20);
}

static void test_each_mask_has_its_zone(void **state)
{
	lab_boot_config((struct machine_config){
		.ram = 4 << 20, .dma_end = 1 << 20, .highmem_start = 3 << 20, .cpus = 1,
		.page_cluster = -1, .seed = 1,
	});
	lab_run(a_zone_below, NULL);
}

/* -- reclaim in person ----------------------------------------------------------------------- */

#define HOARD 4096
static struct page *hoard[HOARD];

static void low_on_memory(void *unused)
{
	struct page *page;
	u32 n = 0;

	current->flags |= PF_MEMALLOC;
	while (zone(0)->free_pages > zone(0)->pages_min / 4 && n < HOARD)
		hoard[n++] = alloc_page(0);
	current->flags &= ~PF_MEMALLOC;
	lab_forget();
	page = alloc_page(GFP_KERNEL);
	require(page);
	hoard[n] = page;
	require(!(current->flags & (PF_MEMALLOC | PF_FREE_PAGES)));
	require(current->nr_local_pages == 0 && list_empty(&current->local_pages));
}

/* A machine full of clean file pages: the first one that is reclaimed is the one that is handed to
 * the task that reclaimed it, although it never was on a free list. */
static void test_the_first_page_freed_is_kept_for_the_task(void **state)
{
	u32 file, i, pfn, reclaimed = 0;
	u64 first;

	boot_frames(1024);
	file = (u32)OP(FILE, 0, 200u << PAGE_SHIFT);
	for (i = 0; i < 200; i++)
		OP(FILE_READ, 0, file, (u64)i << PAGE_SHIFT);
	lab_run(low_on_memory, NULL);
	for (i = 0; hoard[i + 1]; i++)
		;
	pfn = (u32)(hoard[i] - m->vm->mem_map);
	assert_true(lab_count(EV_RECLAIM) > 1);
	assert_int_equal(lab_count_of(EV_RECLAIM, pfn), 1);
	first = lab_event(EV_RECLAIM, pfn, 0)->number;
	assert_int_equal(lab_count_of(EV_PAGE_FREE, pfn), 0);
	assert_int_equal(lab_count_of(EV_PAGE_ALLOC, pfn), 1);
	for (i = 0; i < m->nr_frames; i++)
		reclaimed += lab_count_of(EV_RECLAIM, i) &&
			     lab_event(EV_RECLAIM, i, 0)->number < first;
	assert_int_equal(reclaimed, 0);
	assert_int_equal(m->counters.allocstall, 1);
}

/* -- mistakes are caught --------------------------------------------------------------------- */

static bool nothing(const struct machine *machine, void *unused)
{
	return true;
}

static void assert_bug(void (*body)(void *))
{
	boot_frames(256);
	assert_true(thread_start(m->boot, body, NULL));
	assert_false(sched_run(m, nothing, NULL));
	assert_int_equal(m->report.kind, REPORT_BUG);
	lab_destroy(NULL);
}

static void free_twice(void *unused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	__free_page(page);
	__free_page(page);
}

static void free_mapped(void *unused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	page->pte_chain = PAGE_OFFSET + 8;
	__free_page(page);
}

static void free_cached(void *unused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	page->mapping = &VM->swapper_space;
	put_page(page);
}

static void free_locked(void *unused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	page->flags |= 1u << PG_locked;
	__free_page(page);
}

static void free_under_writeback(void *unused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	page->flags |= 1u << PG_writeback;
	__free_page(page);
}

static void test_freeing_what_is_in_use_is_a_bug(void **state)
{
	assert_bug(free_twice);
	assert_bug(free_mapped);
	assert_bug(free_cached);
	assert_bug(free_locked);
	assert_bug(free_under_writeback);
}

static void put_reserved(void *unused)
{
	struct page *zero = pfn_to_page(VM->zero_pfn);
	s32 before = page_count(zero);

	put_page(zero);
	__free_page(zero);
	require(page_count(zero) == before);
}

static void test_reserved_pages_are_never_freed(void **state)
{
	boot_frames(256);
	lab_run(put_reserved, NULL);
}

#define BUDDY_TEST(name) cmocka_unit_test_teardown(name, lab_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BUDDY_TEST(test_zones_of_a_gigabyte),
		BUDDY_TEST(test_watermarks_of_small_machines),
		BUDDY_TEST(test_the_configuration_moves_the_boundaries),
		BUDDY_TEST(test_boot_frees_the_largest_blocks),
		BUDDY_TEST(test_a_block_is_split_and_its_last_frame_used),
		BUDDY_TEST(test_what_is_freed_comes_together_again),
		BUDDY_TEST(test_the_incremental_min),
		BUDDY_TEST(test_the_last_pages_are_for_reclaim),
		BUDDY_TEST(test_each_mask_has_its_zone),
		BUDDY_TEST(test_the_first_page_freed_is_kept_for_the_task),
		BUDDY_TEST(test_freeing_what_is_in_use_is_a_bug),
		BUDDY_TEST(test_reserved_pages_are_never_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
