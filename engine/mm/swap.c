/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two lists of pages, and how a page earns its place on them.
 *
 *	lru_cache_add           mark_page_accessed (twice)
 *	      |               +---------------------------+
 *	      v               |                           v
 *	 head of inactive ....|.... tail         head of active .... tail
 *	      ^                       |                                |
 *	      |                       v                                |
 *	      |                  shrink_cache                          |
 *	      +------------------- refill_inactive --------------------+
 *
 * A new page starts inactive and unreferenced: reading a large file once must not push out what
 * is used again and again. Source: 2.5.26 mm/swap.c, mm/filemap.c and include/linux/swap.h.
 */
#define LRU_GENERATION
#include "mm/pgtable.h"
#include "mm/vm.h"

/* The flags say on which list a page is; these four keep lists, flags and counts together. */
void add_page_to_active_list(struct page *page)
{
	BUG_ON(!PageLRU(page));
	BUG_ON(PageActive(page));
	SetPageActive(page);
	list_add(&page->lru, &VM->active_list);
	VM->nr_active++;
}

void add_page_to_inactive_list(struct page *page)
{
	BUG_ON(!PageLRU(page));
	BUG_ON(PageActive(page));
	list_add(&page->lru, &VM->inactive_list);
	VM->nr_inactive++;
}

void del_page_from_active_list(struct page *page)
{
	list_del(&page->lru);
	ClearPageActive(page);
	VM->nr_active--;
}

void del_page_from_inactive_list(struct page *page)
{
	list_del(&page->lru);
	VM->nr_inactive--;
}

static void lru_cache_add(struct page *page)
{
	FN;

	if (TestSetPageLRU(page))
		return;
	spin_lock(&VM->pagemap_lru_lock);
	add_page_to_inactive_list(page);
	EV(LRU_ADD, page_to_pfn(page), 0);
	spin_unlock(&VM->pagemap_lru_lock);
}

void __lru_cache_del(struct page *page)
{
	bool active = PageActive(page);

	if (!TestClearPageLRU(page))
		return;
	if (active)
		del_page_from_active_list(page);
	else
		del_page_from_inactive_list(page);
	EV(LRU_DEL, page_to_pfn(page), active);
}

static void lru_cache_del(struct page *page)
{
	if (!PageLRU(page))
		return;
	FN;

	spin_lock(&VM->pagemap_lru_lock);
	__lru_cache_del(page);
	spin_unlock(&VM->pagemap_lru_lock);
}

static void activate_page(struct page *page)
{
	FN;

	spin_lock(&VM->pagemap_lru_lock);
	if (PageLRU(page) && !PageActive(page)) {
		del_page_from_inactive_list(page);
		add_page_to_active_list(page);
		count(pgactivate);
		EV(ACTIVATE, page_to_pfn(page));
	}
	spin_unlock(&VM->pagemap_lru_lock);
}

/*
 * A ladder of three steps; reclaim takes a page down again.
 *
 *	inactive, unreferenced  ->  inactive, referenced
 *	inactive, referenced    ->  active, unreferenced
 *	active, unreferenced    ->  active, referenced
 */
static void mark_page_accessed(struct page *page)
{
	FN;

	if (!PageActive(page) && PageReferenced(page)) {
		activate_page(page);
		ClearPageReferenced(page);
		EV(MARK_ACCESSED, page_to_pfn(page), 1);
	} else if (!PageReferenced(page)) {
		SetPageReferenced(page);
		EV(MARK_ACCESSED, page_to_pfn(page), 0);
	}
}

/* Put a page that was written to the tail, where reclaim looks next: only 2.6 does that. */
static bool rotate_reclaimable_page(struct page *page)
{
	(void)page;
	return false;
}

/* What is being written is of no use to reclaim for a while: to the head of the inactive list
 * (fs/mpage.c). */
static void move_to_inactive_head(struct page *page)
{
	if (PageActive(page) || !PageLRU(page))
		return;
	spin_lock(&VM->pagemap_lru_lock);
	if (!PageActive(page) && PageLRU(page)) {
		list_del(&page->lru);
		list_add(&page->lru, &VM->inactive_list);
	}
	spin_unlock(&VM->pagemap_lru_lock);
}

static void lru_add_drain(void)
{
}

static const struct list_head *lru_list(const struct vm_state *vm, bool active, u32 n, u32 *count)
{
	if (n)
		return NULL;
	*count = active ? vm->nr_active : vm->nr_inactive;
	return active ? &vm->active_list : &vm->inactive_list;
}

static u32 queued(const struct vm_state *vm, const struct page **out, u32 max)
{
	(void)vm, (void)out, (void)max;
	return 0;
}

static void init(void)
{
	INIT_LIST_HEAD(&VM->active_list);
	INIT_LIST_HEAD(&VM->inactive_list);
	spin_lock_init(&VM->pagemap_lru_lock, LC_PAGEMAP_LRU_LOCK, 0);
}

const struct lru_ops lru_2002 = {
	.name = "2002",
	.init = init,
	.lru_cache_add = lru_cache_add,
	.lru_cache_add_active = lru_cache_add, /* 2.5.27 knows no such thing */
	.lru_cache_del = lru_cache_del,
	.activate_page = activate_page,
	.mark_page_accessed = mark_page_accessed,
	.lru_add_drain = lru_add_drain,
	.rotate_reclaimable_page = rotate_reclaimable_page,
	.written = move_to_inactive_head,
	.list = lru_list,
	.queued = queued,
};
