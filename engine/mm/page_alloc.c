/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The buddy allocator. A block of 2^k frames begins at a multiple of 2^k, counted from the start
 * of its zone; its buddy is the block that differs from it in bit k:
 *
 *	order 2   |       0       |       4       |
 *	order 1   |   0   |   2   |   4   |   6   |      the buddy of 6 is 4, together they are 4
 *	order 0   | 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 |      the buddy of 5 is 4
 *
 * A block that is too large is halved: the lower half goes to its free list, the upper half is
 * used (so a machine hands out its frames from the top down). A block that is freed is joined with
 * its buddy as long as that is free too.
 *
 * Above it, __alloc_pages decides whether a zone has enough: it looks for zones with more than
 * their low mark, wakes kswapd, looks for zones with more than their min mark, and then reclaims
 * pages itself.
 *
 * Source: 2.5.26 mm/page_alloc.c; seed 000 adds the test of pte_chain. Lists: page_alloc_zones.c.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/content.h"

/*
 * The loop of __alloc_pages has no end in 2.5.26. Here an allocation that went without a page
 * for ten seconds of virtual time has failed, so that every operation ends.
 */
#define MAX_NAPS 20
#define NAP_NS 500000000ull

enum mark { MARK_LOW, MARK_MIN, MARK_MIN_ATOMIC, MARK_NONE };

u32 nr_free_pages(void)
{
	u32 i, sum = 0;

	for (i = 0; i < MAX_NR_ZONES; i++)
		sum += VM->zones[i].free_pages;
	return sum;
}

/* -- freeing --------------------------------------------------------------------------------- */

static void add_block(zone_t *zone, struct page *page, u32 order)
{
	page->private = PAGE_BUDDY | order;
	list_add(&page->lru, &zone->free_area[order].free_list);
	zone->free_area[order].nr_free++;
}

static void del_block(zone_t *zone, struct page *page, u32 order)
{
	list_del(&page->lru);
	page->private = 0;
	zone->free_area[order].nr_free--;
}

/* The free buddy of the block of this order that begins at frame idx of the zone, or NULL. */
static struct page *free_buddy(const zone_t *zone, u32 idx, u32 order)
{
	u32 buddy_idx = idx ^ 1u << order;
	struct page *buddy;

	if (buddy_idx >= zone->size)
		return NULL;
	buddy = pfn_to_page(zone->start_pfn + buddy_idx);
	return page_is_buddy(buddy) && page_buddy_order(buddy) == order ? buddy : NULL;
}

void __free_pages_bulk(zone_t *zone, struct page *page, u32 order)
{
	u32 idx = page_to_pfn(page) - zone->start_pfn;
	struct page *buddy;

	zone->pages_scanned = 0;
	zone->all_unreclaimable = false;
	zone->free_pages += 1u << order;
	add_block(zone, page, order);
	while (order < MAX_ORDER - 1 && (buddy = free_buddy(zone, idx, order))) {
		del_block(zone, pfn_to_page(zone->start_pfn + idx), order);
		del_block(zone, buddy, order++);
		idx &= ~0u << order;
		add_block(zone, pfn_to_page(zone->start_pfn + idx), order);
		EV(BUDDY_MERGE, zone->start_pfn + idx, order);
	}
}

/* Nobody may be left who still thinks that the page is his. */
static void free_pages_check(struct page *page)
{
	BUG_ON(PagePrivate(page));
	BUG_ON(page->mapping != NULL);
	BUG_ON(PageLocked(page));
	BUG_ON(PageLRU(page));
	BUG_ON(PageActive(page));
	BUG_ON(PageWriteback(page));
	BUG_ON(PageReclaim(page));
	BUG_ON(page_mapped(page));
	BUG_ON(PageAnon(page));
	BUG_ON(PageSwapCache(page));
	if (PageDirty(page))
		ClearPageDirty(page);
	BUG_ON(page_count(page) != 0);
	BUG_ON(page_is_buddy(page) || page_is_pcp(page));
}

/* What the frames held is forgotten; a page table stops being one. */
static void forget_frames(struct page *page, u32 order)
{
	struct machine *m = current->machine;
	u32 pfn = page_to_pfn(page), end = pfn + (1u << order);

	INIT_LIST_HEAD(&page->list);
	for (; pfn < end; pfn++) {
		content_forget(m, pfn);
		region_frame_drop(m->region, pfn);
	}
}

/* The first page that a task frees while it reclaims for an allocation of its own is kept for it,
 * out of reach of everybody else. */
static bool keep_local(struct page *page, u32 order)
{
	if (!(current->flags & PF_FREE_PAGES) || current->nr_local_pages)
		return false;
	list_add(&page->lru, &current->local_pages);
	page->index = order;
	current->nr_local_pages++;
	return true;
}

void free_page_prepare(struct page *page, u32 order)
{
	sched_point(SP_FREE, page);
	page_freed_rmap(page);
	free_pages_check(page);
	forget_frames(page, order);
}

void __free_pages_ok(struct page *page, u32 order)
{
	FN;
	zone_t *zone = page_zone(page);

	free_page_prepare(page, order);
	if (keep_local(page, order))
		return;
	spin_lock(&zone->lock);
	__free_pages_bulk(zone, page, order);
	count_n(pgfree, 1u << order);
	EV(PAGE_FREE, page_to_pfn(page), order, zone->index, zone->free_pages);
	spin_unlock(&zone->lock);
}

/* Reserved pages are in use for ever; their count is never taken back, up to 2.6.14. Later they are
 * counted like any others (see zero_page_counted). */
void __free_pages(struct page *page, u32 order)
{
	if (!put_page_testzero(page))
		return;
	if (order)
		__free_pages_ok(page, order);
	else
		free_hot_page(page);
}

/* An anonymous page is still on the LRU list when its last user leaves. */
void __page_cache_release(struct page *page)
{
	lru_cache_del(page);
	free_hot_page(page);
}

/* -- taking a block -------------------------------------------------------------------------- */

void prep_new_page(struct page *page)
{
	BUG_ON(page->mapping != NULL);
	BUG_ON(PagePrivate(page));
	BUG_ON(PageLocked(page));
	BUG_ON(PageLRU(page));
	BUG_ON(PageActive(page));
	BUG_ON(PageDirty(page));
	BUG_ON(PageWriteback(page));
	BUG_ON(PageReserved(page));
	BUG_ON(page_count(page) != 0);
	page->flags &= ~(1u << PG_uptodate | 1u << PG_error | 1u << PG_referenced |
			 1u << PG_arch_1 | 1u << PG_checked | 1u << PG_readahead);
	atomic_set(&page->count, 1);
}

/* Halve a free block of order high until there is one of order low: the uppermost. Zone lock
 * held. */
static struct page *expand(zone_t *zone, struct page *page, u32 low, u32 high)
{
	while (high > low) {
		u32 pfn = page_to_pfn(page);

		del_block(zone, page, high--);
		add_block(zone, page, high);
		page += 1u << high;
		add_block(zone, page, high);
		EV(BUDDY_SPLIT, pfn, high + 1);
	}
	return page;
}

struct page *__rmqueue(zone_t *zone, u32 order)
{
	struct page *page;
	u32 high;

	for (high = order; high < MAX_ORDER; high++) {
		struct list_head *head = &zone->free_area[high].free_list;

		if (list_empty(head))
			continue;
		page = list_entry(list_next(head), struct page, lru);
		BUG_ON(!page_is_buddy(page));
		page = expand(zone, page, order, high);
		del_block(zone, page, order);
		zone->free_pages -= 1u << order;
		return page;
	}
	return NULL;
}

struct page *rmqueue(zone_t *zone, u32 order)
{
	FN;
	struct page *page;

	spin_lock(&zone->lock);
	page = __rmqueue(zone, order);
	if (page) {
		prep_new_page(page);
		charge(ALLOC);
		count_n(pgalloc, 1u << order);
		EV(PAGE_ALLOC, page_to_pfn(page), order, zone->index, zone->free_pages);
	}
	spin_unlock(&zone->lock);
	return page;
}

/* -- deciding who may take one --------------------------------------------------------------- */

static u32 mark_of(const zone_t *zone, enum mark mark)
{
	switch (mark) {
	case MARK_LOW:
		return zone->pages_low;
	case MARK_MIN:
		return zone->pages_min;
	case MARK_MIN_ATOMIC:
		return zone->pages_min >> 2;
	default:
		return 0;
	}
}

/*
 * From the first zone, classzone or one below it, that has more free pages than the marks of all
 * zones tried so far together (the "incremental min": who could have used HighMem shall leave
 * more of Normal alone than who has no choice). MARK_NONE: from any zone that has one.
 */
static struct page *get_page_above(zone_t *classzone, u32 order, enum mark mark)
{
	u32 min = 1u << order, i = classzone->index + 1;

	while (i-- > 0) {
		zone_t *zone = &VM->zones[i];
		struct page *page;

		if (!zone->size)
			continue;
		min += mark_of(zone, mark);
		if (mark != MARK_NONE && zone->free_pages <= min)
			continue;
		page = rmqueue(zone, order);
		if (page)
			return page;
	}
	return NULL;
}

/* The page that was kept while this task reclaimed, if it serves. */
static struct page *take_local_page(const zone_t *classzone, u32 order)
{
	struct list_head *pos;

	list_for_each(pos, &current->local_pages) {
		struct page *page = list_entry(pos, struct page, lru);

		if (page->index != order || !memclass(page_zone(page), classzone))
			continue;
		list_del(pos);
		current->nr_local_pages--;
		prep_new_page(page);
		count_n(pgfree, 1u << order);
		count_n(pgalloc, 1u << order);
		EV(PAGE_ALLOC, page_to_pfn(page), order, page_zone(page)->index,
		   page_zone(page)->free_pages);
		return page;
	}
	return NULL;
}

/* In reverse order, so that the free lists are last in, first out as ever. */
static void free_local_pages(void)
{
	while (!list_empty(&current->local_pages)) {
		struct page *page = list_entry(list_prev(&current->local_pages), struct page, lru);

		list_del(&page->lru);
		BUG_ON(current->nr_local_pages == 0);
		current->nr_local_pages--;
		__free_pages_ok(page, page->index);
	}
}

/* Reclaim in person. The page it was for, or NULL: then the zones have what was freed, if any. */
static struct page *balance_classzone(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN;
	struct page *page = NULL;
	int freed;

	current->allocation_order = order;
	current->flags |= PF_MEMALLOC | PF_FREE_PAGES;
	freed = try_to_free_pages(classzone, gfp_mask, order);
	current->flags &= ~(PF_MEMALLOC | PF_FREE_PAGES);

	if (freed)
		page = take_local_page(classzone, order);
	free_local_pages();
	return page;
}

/* Let kswapd work. The first time others run and nothing else, as in 2.5.26; after that time must
 * pass, or a machine with nothing to free would go round here without end. False: long enough. */
static bool yield_for_kswapd(u32 naps)
{
	if (!naps)
		yield();
	else
		sleep_on_timeout(NULL, NAP_NS);
	return naps < MAX_NAPS;
}

/* Low on memory: the label rebalance and what follows it. */
static struct page *rebalance(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN;
	struct page *page;
	u32 naps = 0;

	do {
		if (current->flags & (PF_MEMALLOC | PF_MEMDIE))
			return get_page_above(classzone, order, MARK_NONE);
		if (!(gfp_mask & __GFP_WAIT))
			return NULL;
		if (!naps)
			count(allocstall);
		page = balance_classzone(classzone, gfp_mask, order);
		if (!page)
			page = get_page_above(classzone, order, MARK_MIN);
		/* A larger block may never come together: no waiting for it. */
	} while (!page && order <= 3 && yield_for_kswapd(naps++));
	return page;
}

static struct page *alloc_pages_2002(zone_t *classzone, u32 gfp_mask, u32 order)
{
	FN_AS("__alloc_pages");
	struct page *page;

	page = get_page_above(classzone, order, MARK_LOW);
	if (page)
		return page;

	classzone->need_balance = true;
	wakeup_kswapd(classzone);

	page = get_page_above(classzone, order,
			      gfp_mask & __GFP_HIGH ? MARK_MIN_ATOMIC : MARK_MIN);
	if (page)
		return page;
	return rebalance(classzone, gfp_mask, order);
}

/* The best zone that will do and that this machine has: the first of its zonelist. */
static zone_t *gfp_classzone(u32 gfp_mask)
{
	u32 i = gfp_mask & __GFP_HIGHMEM ? ZONE_HIGHMEM :
		gfp_mask & __GFP_DMA ? ZONE_DMA : ZONE_NORMAL;

	while (i > 0 && !VM->zones[i].size)
		i--;
	return &VM->zones[i];
}

/*
 * Does this request fail because the experimenter wants it to? What 2.6.20 calls fault injection
 * (CONFIG_FAIL_PAGE_ALLOC), on every kernel. At boot nobody is asked yet.
 */
static bool should_fail_alloc_page(u32 gfp_mask)
{
	u32 kind = gfp_mask & __GFP_WAIT ? FAIL_WAIT : FAIL_ATOMIC;

	if (likely(!VM->fail_page_alloc.times) || !(VM->fail_page_alloc.who & kind))
		return false;
	if (++VM->fail_page_alloc.seen < VM->fail_page_alloc.interval)
		return false;
	VM->fail_page_alloc.seen = 0;
	if (VM->fail_page_alloc.times != UINT32_MAX)
		VM->fail_page_alloc.times--;
	count(alloc_errors);
	EV(ALLOC_ERROR, kind, VM->fail_page_alloc.times);
	return true;
}

struct page *alloc_pages(u32 gfp_mask, u32 order)
{
	zone_t *classzone = gfp_classzone(gfp_mask);

	sched_point(SP_ALLOC, classzone);
	if (order >= MAX_ORDER || should_fail_alloc_page(gfp_mask))
		return NULL;
	if (VM->kernel->vmscan->alloc_pages)
		return VM->kernel->vmscan->alloc_pages(classzone, gfp_mask, order);
	return alloc_pages_2002(classzone, gfp_mask, order);
}

kaddr_t get_zeroed_page(u32 gfp_mask)
{
	FN;
	struct page *page = alloc_page(gfp_mask & ~__GFP_HIGHMEM);
	void *p;

	if (!page)
		return 0;
	p = region_frame_make(current->machine->region, page_to_pfn(page));
	charge(PAGE_CLEAR);
	EV(PAGE_CLEAR, page_to_pfn(page));
	return to_kaddr(p);
}
