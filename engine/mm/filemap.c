/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache: which page of which file is in memory, where, and who may touch it just now.
 * Reading and writing files through it: filemap_files.c.
 *
 *	inode.i_data (address_space)
 *	  page_tree ......... index -> struct page          radix_tree.c
 *	  clean_pages  <----- add_to_page_cache
 *	       |  set_page_dirty                            the four lists are approximate: what a
 *	       v                                            page is, its flags say; a clean page may
 *	  dirty_pages -----> io_pages -----> locked_pages   lie on dirty_pages, never a dirty one
 *	                     generic_writepages             on clean_pages for long
 *
 * A page that is read is locked until it has been read. A page that is written is PG_writeback
 * until it has been written, and not locked. The swap cache is such a mapping too, without a file.
 *
 * Source: 2.5.26 mm/filemap.c, with seed 000.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "sim/disk.h"

/* -- the page lock, and waiting for a page ------------------------------------------------- */

/* PG_locked is bit 0 of flags, and that word is the lock in the list of held locks. */
static void page_is_ours(struct page *page)
{
	SITE_ROW(here, EV_PAGE_LOCK);

	held_push(&here, &page->flags, LC_PAGE_LOCK, page_to_pfn(page));
}

bool trylock_page(struct page *page)
{
	bool got = !test_and_set_bit(PG_locked, &page->flags);

	if (got)
		page_is_ours(page);
	EV(PAGE_TRYLOCK, page_to_pfn(page), got);
	return got;
}

static void __lock_page(struct page *page)
{
	SITE_ROW(here, EV_WAIT_PAGE);

	lock_wait(&here, &page->flags, LC_PAGE_LOCK, page_to_pfn(page));
	EV(WAIT_PAGE, page_to_pfn(page), 0);
	do {
		if (PageLocked(page))
			sleep_on(page);
	} while (test_and_set_bit(PG_locked, &page->flags));
}

void lock_page(struct page *page)
{
	FN;

	if (test_and_set_bit(PG_locked, &page->flags))
		__lock_page(page);
	page_is_ours(page);
	EV(PAGE_LOCK, page_to_pfn(page));
}

void unlock_page(struct page *page)
{
	held_pop(&page->flags);
	if (!test_and_clear_bit(PG_locked, &page->flags))
		BUG();
	EV(PAGE_UNLOCK, page_to_pfn(page));
	wake_up(page);
}

static void wait_on_page_bit(struct page *page, u32 bit)
{
	FN;

	if (!test_bit(bit, &page->flags))
		return;
	EV(WAIT_PAGE, page_to_pfn(page), bit == PG_writeback);
	while (test_bit(bit, &page->flags))
		sleep_on(page);
}

/* The caller has a reference: the page cannot become another one meanwhile. */
void wait_on_page_locked(struct page *page)
{
	wait_on_page_bit(page, PG_locked);
}

void wait_on_page_writeback(struct page *page)
{
	wait_on_page_bit(page, PG_writeback);
}

/* What reclaim had written in order to free it is to be found at once: 2.6, PG_reclaim. */
void end_page_writeback(struct page *page)
{
	bool wanted = PageReclaim(page) && TestClearPageReclaim(page);

	if (!(wanted && rotate_reclaimable_page(page)) && !TestClearPageWriteback(page))
		BUG();
	EV(WRITEBACK_END, page_to_pfn(page));
	wake_up(page);
}

/* -- to the disk and back ------------------------------------------------------------------ */

static void end_page_read(u32 pfn, int error)
{
	FN;
	struct page *page = pfn_to_page(pfn);

	if (error) {
		SetPageError(page);
		ClearPageUptodate(page);
	} else {
		SetPageUptodate(page);
	}
	if (error)
		EV(READ_ERROR, pfn);
	else
		EV(READ_END, pfn);
	unlock_page(page);
}

/*
 * Up to 2.6.18 PG_error is all that is left of a write that failed, and nobody asks for it but
 * filemap_fdatawait: the page is clean, and what it held is gone with the next reclaim. Later a
 * page of the swap cache becomes dirty again; the page of a file still does not.
 */
static void write_failed(struct page *page)
{
	bool again = PageSwapCache(page) && !own_erratum(WRITE_ERROR_DROPS_DATA);

	if (!PageSwapCache(page) && !own_erratum(FILE_WRITE_ERROR_DROPS_DATA))
		again = true;
	SetPageError(page);
	VM->writes_failed++;
	if (again) {
		set_page_dirty(page);
		ClearPageReclaim(page); /* it is not going to be freed */
	}
	EV(WRITE_ERROR, page_to_pfn(page), again);
}

static void end_page_write(u32 pfn, int error)
{
	FN;
	struct page *page = pfn_to_page(pfn);

	if (error)
		write_failed(page);
	end_page_writeback(page);
	VM->writes_done++;
	wake_up(&VM->writes_done);
}

void submit_page_read(struct page *page, struct disk *disk, u32 block)
{
	BUG_ON(!PageLocked(page));
	ClearPageUptodate(page);
	EV(READ, page_to_pfn(page), PageSwapCache(page));
	disk_submit(disk, block, page_to_pfn(page), false, end_page_read);
}

void submit_page_write(struct page *page, struct disk *disk, u32 block)
{
	BUG_ON(!PageLocked(page));
	SetPageWriteback(page);
	EV(WRITEBACK, page_to_pfn(page), PageSwapCache(page));
	unlock_page(page);
	disk_submit(disk, block, page_to_pfn(page), true, end_page_write);
}

/* -- what is in a mapping ------------------------------------------------------------------ */

/* From 2.6.6 on private is used for the swap entry, also while a page is on its way between a file
 * in memory and the swap cache. (No mapping has lists from then on, but tags in its tree; here the
 * others keep theirs, which serve as well.) */
bool mapping_has_no_lists(const struct vm_state *vm, const struct address_space *mapping)
{
	return vm->kernel->swapcache_flag &&
	       (mapping == &vm->swapper_space || mapping->host->f_op->memory_backed);
}

void ___add_to_page_cache(struct page *page, struct address_space *mapping, u32 index)
{
	ClearPageDirty(page);
	if (!mapping_has_no_lists(VM, mapping))
		list_add(&page->list, &mapping->clean_pages);
	page->mapping = mapping;
	page->index = index;
	mapping->nrpages++;
	if (mapping->host)
		EV(CACHE_ADD, page_to_pfn(page), mapping->host->i_ino, index);
	else
		EV(SWAPCACHE_ADD, page_to_pfn(page), index);
}

static int __add_to_page_cache(struct page *page, struct address_space *mapping, u32 index)
{
	int err = radix_tree_insert(&mapping->page_tree, index, page);

	if (err)
		return err;
	page_cache_get(page);
	___add_to_page_cache(page, mapping, index);
	return 0;
}

int add_to_page_cache(struct page *page, struct address_space *mapping, u32 index)
{
	FN;
	int err;

	BUG_ON(!PageLocked(page));
	spin_lock(&mapping->page_lock);
	err = __add_to_page_cache(page, mapping, index);
	spin_unlock(&mapping->page_lock);
	return err;
}

int add_to_page_cache_lru(struct page *page, struct address_space *mapping, u32 index)
{
	int err = add_to_page_cache(page, mapping, index);

	if (!err)
		lru_cache_add(page);
	return err;
}

void __remove_inode_page(struct page *page)
{
	struct address_space *mapping = page->mapping;

	BUG_ON(PageDirty(page) && !PageSwapCache(page));
	radix_tree_delete(&mapping->page_tree, page->index);
	if (!mapping_has_no_lists(VM, mapping))
		list_del(&page->list);
	page->mapping = NULL;
	mapping->nrpages--;
	if (mapping->host)
		EV(CACHE_DEL, page_to_pfn(page), mapping->host->i_ino);
	else
		EV(SWAPCACHE_DEL, page_to_pfn(page), page->index);
}

void remove_inode_page(struct page *page)
{
	FN;
	struct address_space *mapping = page->mapping;

	BUG_ON(!PageLocked(page));
	spin_lock(&mapping->page_lock);
	__remove_inode_page(page);
	spin_unlock(&mapping->page_lock);
}

/*
 * 2.5.26 trusts mapping after it got the lock. But whoever zaps a pte has no page lock, and when
 * swap is nearly full free_swap_and_cache takes even mapped pages out of the swap cache: the page
 * would go onto a list that it is no member of. So it is asked again, as later kernels do.
 */
void __set_page_dirty(struct page *page)
{
	struct address_space *mapping;

	sched_point(SP_RACY_READ, &page->mapping);
	mapping = page_mapping(page);
	if (mapping && !mapping_has_no_lists(VM, mapping)) {
		spin_lock(&mapping->page_lock);
		if (page_mapping(page) == mapping) {
			list_del(&page->list);
			list_add(&page->list, &mapping->dirty_pages);
		}
		spin_unlock(&mapping->page_lock);
	}
	EV(PAGE_DIRTY, page_to_pfn(page));
}

bool clear_page_dirty(struct page *page)
{
	return TestClearPageDirty(page);
}

/* -- looking a page up --------------------------------------------------------------------- */

/* page_lock held. What is out (4.0, shared memory) is no page. */
static struct page *page_of(const struct address_space *mapping, u32 index)
{
	struct page *page = radix_tree_lookup(&mapping->page_tree, index);

	return radix_tree_exceptional_entry(page) ? NULL : page;
}

struct page *find_get_page(struct address_space *mapping, u32 index)
{
	struct page *page;

	spin_lock(&mapping->page_lock);
	page = page_of(mapping, index);
	if (page)
		page_cache_get(page);
	spin_unlock(&mapping->page_lock);
	return page;
}

struct page *find_trylock_page(struct address_space *mapping, u32 index)
{
	struct page *page;

	spin_lock(&mapping->page_lock);
	page = page_of(mapping, index);
	if (page && !trylock_page(page))
		page = NULL;
	spin_unlock(&mapping->page_lock);
	return page;
}

/* Did the page leave the mapping while its lock was waited for? */
static bool still_there(const struct page *page, const struct address_space *mapping, u32 index)
{
	return page->mapping == mapping && page->index == index;
}

struct page *find_lock_page(struct address_space *mapping, u32 index)
{
	FN;
	struct page *page;

	while ((page = find_get_page(mapping, index))) {
		lock_page(page);
		if (still_there(page, mapping, index))
			break;
		unlock_page(page);
		page_cache_release(page);
	}
	return page;
}

struct page *find_or_create_page(struct address_space *mapping, u32 index, u32 gfp_mask)
{
	FN;
	struct page *page, *new = NULL;
	int err = 0;

	while (!(page = find_lock_page(mapping, index))) {
		if (!new && !(new = alloc_page(gfp_mask)))
			return NULL;
		lock_page(new);
		err = add_to_page_cache_lru(new, mapping, index);
		if (!err)
			return new;
		unlock_page(new);
		if (err != -EEXIST)
			break;
	}
	if (new)
		page_cache_release(new);
	return page;
}

/* -- writing it back ----------------------------------------------------------------------- */

void filemap_fdatawrite(struct address_space *mapping)
{
	FN;

	if (!mapping->host->f_op->memory_backed)
		generic_writepages(mapping, UINT32_MAX);
}

int filemap_fdatawait(struct address_space *mapping)
{
	FN;
	struct list_head *locked = &mapping->locked_pages;
	int ret = 0;

	spin_lock(&mapping->page_lock);
	while (!list_empty(locked)) {
		struct page *page = list_entry(list_next(locked), struct page, list);

		list_del(&page->list);
		list_add(&page->list, PageDirty(page) ? &mapping->dirty_pages :
							&mapping->clean_pages);
		if (!PageWriteback(page))
			continue;
		page_cache_get(page);
		spin_unlock(&mapping->page_lock);
		wait_on_page_writeback(page);
		sched_progress();
		if (PageError(page))
			ret = -EIO;
		page_cache_release(page);
		spin_lock(&mapping->page_lock);
	}
	spin_unlock(&mapping->page_lock);
	return ret;
}
