/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two lists of a zone (2.6 include/linux/mm_inline.h, mm/swap.c, mm/vmscan.c). All but
 * map_lock, map_unlock hold zone->lru_lock. Flags and lists go together: whoever puts a page on a
 * list sets its PG_lru, and PG_active if it is the active one, beforehand.
 */
#ifndef MM_MM_INLINE_H
#define MM_MM_INLINE_H

#include "mm/vm.h"

static inline void add_page_to_active_list(zone_t *zone, struct page *page)
{
	list_add(&page->lru, &zone->active_list);
	zone->nr_active++;
}

static inline void add_page_to_inactive_list(zone_t *zone, struct page *page)
{
	list_add(&page->lru, &zone->inactive_list);
	zone->nr_inactive++;
}

static inline void del_page_from_active_list(zone_t *zone, struct page *page)
{
	list_del(&page->lru);
	zone->nr_active--;
}

static inline void del_page_from_inactive_list(zone_t *zone, struct page *page)
{
	list_del(&page->lru);
	zone->nr_inactive--;
}

/* Whichever it is on; PG_active goes, too. */
static inline void del_page_from_lru(zone_t *zone, struct page *page)
{
	if (PageActive(page)) {
		ClearPageActive(page);
		del_page_from_active_list(zone, page);
	} else {
		del_page_from_inactive_list(zone, page);
	}
}

/*
 * Take a reference to a page that was found on a list. false: it had none; its last user has
 * dropped his and waits for zone->lru_lock to take it off the list: it is gone, and so is ours.
 * (The kernel counted from 0 until 2.6.7 and asked before it took one; in between the last user
 * could go, and then the page was freed twice. This is what mended it.)
 */
static inline bool get_page_on_list(struct page *page)
{
	atomic_inc(&page->count);
	if (page_count(page) > 1)
		return true;
	atomic_dec(&page->count);
	return false;
}

/* mm/swap_2004.c: the page at the tail of a list that is not empty. */
struct page *lru_to_page(const struct list_head *head);

/* mm/swap_2004.c: what waits in the pagevecs, of any cpu, comes to its list. Sleeps. */
int lru_add_drain_all(void);

/* The lock of the zone of page, in place of that of *zone (NULL: none is held). */
static inline zone_t *lru_lock_for(zone_t *zone, const struct page *page)
{
	zone_t *pagezone = page_zone(page);

	if (pagezone == zone)
		return zone;
	if (zone)
		spin_unlock(&zone->lru_lock);
	spin_lock(&pagezone->lru_lock);
	return pagezone;
}

#endif
