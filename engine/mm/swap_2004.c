/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lists of 2.6: a pair in each zone, under that zone's lru_lock, and in front of them a small
 * bag for each cpu, so that the lock is taken once for many pages.
 *
 *	lru_cache_add --------> lru_add_pvecs[cpu] --------- full --> head of zone->inactive_list
 *	lru_cache_add_active -> lru_add_active_pvecs[cpu] -- full --> head of zone->active_list
 *	                        |_|_|_|_|_|_|_|_|
 *	                        each holds a reference, until it is on the list
 *
 * Whoever counts references sees those of the bags: a page that just came is "used by somebody
 * else", it cannot be reclaimed, and a fault copies it although nobody shares it. lru_add_drain
 * empties the bags of its own cpu; it does not reach those of the others.
 *
 * Anonymous pages begin on the active list now, pages of files on the inactive one.
 *
 * Source: 2.6.5 and 2.6.9 mm/swap.c, include/linux/pagevec.h.
 */
#define LRU_GENERATION
#define LRU_2004
#include "kernels.h"
#include "mm/mm_inline.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

/* -- pagevecs ------------------------------------------------------------------------------ */

/* A row without pagevecs has bags of one. */
static u32 pagevec_size(void)
{
	u32 size = VM->kernel->pagevec_size;

	return size ? size : 1;
}

u32 pagevec_add(struct pagevec *pvec, struct page *page)
{
	BUG_ON(pvec->nr >= pagevec_size());
	pvec->pages[pvec->nr++] = page;
	return pagevec_size() - pvec->nr;
}

/* Pages without a reference and on no list. */
static void __pagevec_free(struct pagevec *pvec)
{
	u32 i;

	for (i = 0; i < pvec->nr; i++)
		if (pvec->cold)
			free_cold_page(pvec->pages[i]);
		else
			free_hot_page(pvec->pages[i]);
	pvec->nr = 0;
}

/* If it is on a list, take it off. zone->lru_lock held. */
static void take_off_list(zone_t *zone, struct page *page)
{
	bool active = PageActive(page);

	if (!TestClearPageLRU(page))
		return;
	del_page_from_lru(zone, page);
	EV(LRU_DEL, page_to_pfn(page), active);
}

/*
 * Drop many references. The lock of a zone is kept from one of its pages to the next, and a page
 * that is free goes to the allocator only after it was released.
 */
void release_pages(struct page **pages, u32 nr, bool cold)
{
	FN;
	struct pagevec pages_to_free = { .cold = cold };
	zone_t *zone = NULL;
	u32 i;

	for (i = 0; i < nr; i++) {
		struct page *page = pages[i];

		if (!put_page_testzero(page))
			continue;
		zone = lru_lock_for(zone, page);
		take_off_list(zone, page);
		if (pagevec_add(&pages_to_free, page))
			continue;
		spin_unlock(&zone->lru_lock);
		zone = NULL;
		__pagevec_free(&pages_to_free);
	}
	if (zone)
		spin_unlock(&zone->lru_lock);
	__pagevec_free(&pages_to_free);
}

void __pagevec_release_nonlru(struct pagevec *pvec)
{
	FN;
	struct pagevec pages_to_free = { .cold = pvec->cold };
	u32 i;

	for (i = 0; i < pvec->nr; i++) {
		BUG_ON(PageLRU(pvec->pages[i]));
		if (put_page_testzero(pvec->pages[i]))
			pagevec_add(&pages_to_free, pvec->pages[i]);
	}
	__pagevec_free(&pages_to_free);
	pvec->nr = 0;
}

/* From the bag to the head of the list. */
static void __pagevec_lru_add(struct pagevec *pvec)
{
	FN;
	zone_t *zone = NULL;
	u32 i;

	for (i = 0; i < pvec->nr; i++) {
		struct page *page = pvec->pages[i];

		zone = lru_lock_for(zone, page);
		if (TestSetPageLRU(page))
			BUG();
		add_page_to_inactive_list(zone, page);
		EV(LRU_ADD, page_to_pfn(page), 0);
	}
	if (zone)
		spin_unlock(&zone->lru_lock);
	release_pages(pvec->pages, pvec->nr, pvec->cold);
	pvec->nr = 0;
}

static void __pagevec_lru_add_active(struct pagevec *pvec)
{
	FN;
	zone_t *zone = NULL;
	u32 i;

	for (i = 0; i < pvec->nr; i++) {
		struct page *page = pvec->pages[i];

		zone = lru_lock_for(zone, page);
		if (TestSetPageLRU(page))
			BUG();
		BUG_ON(PageActive(page));
		SetPageActive(page);
		add_page_to_active_list(zone, page);
		EV(LRU_ADD, page_to_pfn(page), 1);
	}
	if (zone)
		spin_unlock(&zone->lru_lock);
	release_pages(pvec->pages, pvec->nr, pvec->cold);
	pvec->nr = 0;
}

/* -- onto the lists and off ---------------------------------------------------------------- */

/* A thread that is preempted comes back on the same cpu, but others may have used the bag: so it
 * is not (get_cpu_var). */
static void lru_cache_add(struct page *page)
{
	FN;
	struct pagevec *pvec = &VM->lru_add_pvecs[current->cpu_id];
	u32 room;

	preempt_disable();
	page_cache_get(page);
	room = pagevec_add(pvec, page);
	EV(PVEC_ADD, page_to_pfn(page), 0, pvec->nr);
	if (!room)
		__pagevec_lru_add(pvec);
	preempt_enable();
}

static void lru_cache_add_active(struct page *page)
{
	FN;
	struct pagevec *pvec = &VM->lru_add_active_pvecs[current->cpu_id];
	u32 room;

	preempt_disable();
	page_cache_get(page);
	room = pagevec_add(pvec, page);
	EV(PVEC_ADD, page_to_pfn(page), 1, pvec->nr);
	if (!room)
		__pagevec_lru_add_active(pvec);
	preempt_enable();
}

static void lru_add_drain(void)
{
	FN;
	struct pagevec *pvec = &VM->lru_add_pvecs[current->cpu_id];

	preempt_disable();
	if (pvec->nr)
		__pagevec_lru_add(pvec);
	pvec = &VM->lru_add_active_pvecs[current->cpu_id];
	if (pvec->nr)
		__pagevec_lru_add_active(pvec);
	preempt_enable();
}

/* Each cpu empties its bags itself, since nobody else may: it could be in the middle of it. From
 * 2.6.16 on; before, nobody needed it, and it is the experimenter's only (m:page_referenced). 0 or
 * -ENOMEM. */
int lru_add_drain_all(void)
{
	FN;

	return schedule_on_each_cpu(lru_add_drain);
}

/* Pages that were just unmapped may still be in the bag of this cpu, which would keep them. */
void __pagevec_release(struct pagevec *pvec)
{
	FN;

	lru_add_drain();
	release_pages(pvec->pages, pvec->nr, pvec->cold);
	pvec->nr = 0;
}

/* What stands before free_hot_page in __page_cache_release. The lock is taken for every page: one
 * that reclaim just has in its hands is not PG_lru, and will be on the list again in a moment. */
static void lru_cache_del(struct page *page)
{
	FN_AS("__page_cache_release");
	zone_t *zone = page_zone(page);

	spin_lock(&zone->lru_lock);
	take_off_list(zone, page);
	spin_unlock(&zone->lru_lock);
}

/* -- from one list to the other ------------------------------------------------------------ */

static void activate_page(struct page *page)
{
	FN;
	zone_t *zone = page_zone(page);

	spin_lock(&zone->lru_lock);
	if (PageLRU(page) && !PageActive(page)) {
		del_page_from_inactive_list(zone, page);
		SetPageActive(page);
		add_page_to_active_list(zone, page);
		count(pgactivate);
		EV(ACTIVATE, page_to_pfn(page));
	}
	spin_unlock(&zone->lru_lock);
}

/*
 * The ladder of swap.c. A page that is still in a bag, or in the hands of reclaim, is on no list
 * and so cannot go from one to the other: it stays referenced.
 */
static void mark_page_accessed(struct page *page)
{
	FN;

	if (!PageActive(page) && PageReferenced(page) && PageLRU(page)) {
		activate_page(page);
		ClearPageReferenced(page);
		EV(MARK_ACCESSED, page_to_pfn(page), 1);
	} else if (!PageReferenced(page)) {
		SetPageReferenced(page);
		EV(MARK_ACCESSED, page_to_pfn(page), 0);
	}
}

/*
 * Reclaim had it written in order to free it (PG_reclaim), and it is written now: to the tail,
 * where reclaim finds it next. PG_writeback goes under the lock, so that nobody finds it there in
 * writeback. It runs on the disk's interrupt.
 */
static bool rotate_reclaimable_page(struct page *page)
{
	FN;
	zone_t *zone = page_zone(page);

	if (PageLocked(page) || PageDirty(page) || PageActive(page) || !PageLRU(page))
		return false;
	spin_lock(&zone->lru_lock);
	if (PageLRU(page) && !PageActive(page)) {
		list_del(&page->lru);
		list_add_tail(&page->lru, &zone->inactive_list);
		count(pgrotated);
		EV(ROTATE_TAIL, page_to_pfn(page));
	}
	if (!TestClearPageWriteback(page))
		BUG();
	spin_unlock(&zone->lru_lock);
	return true;
}

struct page *lru_to_page(const struct list_head *head)
{
	return list_entry(list_prev(head), struct page, lru);
}

/* -- inspection ---------------------------------------------------------------------------- */

static const struct list_head *lru_list(const struct vm_state *vm, bool active, u32 n, u32 *count)
{
	const zone_t *zone = &vm->zones[n];

	if (n >= MAX_NR_ZONES)
		return NULL;
	*count = active ? zone->nr_active : zone->nr_inactive;
	return active ? &zone->active_list : &zone->inactive_list;
}

static u32 queued_in(const struct pagevec *pvec, const struct page **out, u32 max)
{
	u32 i;

	for (i = 0; i < pvec->nr && i < max; i++)
		out[i] = pvec->pages[i];
	return pvec->nr;
}

static u32 queued(const struct vm_state *vm, const struct page **out, u32 max)
{
	u32 cpu, n = 0;

	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		n += queued_in(&vm->lru_add_pvecs[cpu], out + n, max > n ? max - n : 0);
		n += queued_in(&vm->lru_add_active_pvecs[cpu], out + n, max > n ? max - n : 0);
	}
	return n;
}

/* The lists and their locks come with the zones, and fresh memory says that they are empty. */
static void init(void)
{
}

const struct lru_ops lru_2004 = {
	.name = "2004",
	.init = init,
	.lru_cache_add = lru_cache_add,
	.lru_cache_add_active = lru_cache_add_active,
	.lru_cache_del = lru_cache_del,
	.activate_page = activate_page,
	.mark_page_accessed = mark_page_accessed,
	.lru_add_drain = lru_add_drain,
	.rotate_reclaimable_page = rotate_reclaimable_page,
	.list = lru_list,
	.queued = queued,
};
