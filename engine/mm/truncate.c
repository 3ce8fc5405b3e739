/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file gets another length.
 *
 *	i_size ------------------------+  1. from now on nobody gets at what lies behind
 *	                               v
 *	file       |    |    |    |  ..|....|    |
 *	ptes            ^    ^           ^    ^     2. unmap_mapping_range: clear those behind,
 *	                                               in every mapping, private copies as well
 *	page cache | p  | p  |    | p  | x  | x  |  3. truncate_inode_pages: take the pages out
 *	                            00                 and clear the rest of the last one
 *	disk                                        4. the file system gives the blocks back
 *
 * A page that is taken out of the cache keeps its place on the LRU list until its last user drops
 * it (seed 000; 2.5.26 took it off there). So that reclaim may meet pages of no mapping.
 *
 * The order leaves a gap: a fault that found a page before step 1 may map it after step 2, and has
 * then mapped a page that is in no cache.
 *
 *	2.5.27   lives with it
 *	2.6      step 2 counts the truncation, and such a fault begins again (fault_2004.c)
 *	4.0      such a fault has the page locked; whoever gets the lock for step 3 and finds the
 *	         page mapped unmaps it once more. And step 2 comes a second time after step 3, for
 *	         private copies that were made of the page meanwhile
 *
 * 2.5.27 goes along the four lists of the mapping; 2.6 goes by index, first over what it need not
 * wait for, so that only the rest costs it time.
 *
 * Source: 2.5.26 mm/memory.c (vmtruncate), mm/filemap.c (truncate_*_page) with seed 000; 2.6.0
 * mm/truncate.c; 4.0 mm/truncate.c. A block that is given back is cleared and stays with the file:
 * what grows again reads as zeros.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/content.h"
#include "sim/disk.h"
#include "sim/truth.h"

/* -- pages ----------------------------------------------------------------------------------- */

/* Page lock held. A page that was never read has nothing to clear yet. */
void truncate_partial_page(struct page *page, u32 partial)
{
	const struct inode *inode = page->mapping->host;
	struct machine *m = current->machine;
	u64 tag;

	if (!PageUptodate(page))
		return;
	tag = content_zero_tail(m, page_to_pfn(page), partial);
	if (m->truth)
		truth_file_zero_tail(m->truth, inode->i_ino, page->index, partial, tag);
	set_page_dirty(page);
}

/* Page lock held, and a reference besides the cache's. */
void truncate_complete_page(struct page *page)
{
	if (VM->kernel->truncated_off_lru)
		lru_cache_del(page);
	ClearPageDirty(page);
	ClearPageUptodate(page);
	remove_inode_page(page);
	page_cache_release(page);
}

/*
 * One page of a list of the mapping. Whoever has it locked, or is writing it, is waited for, and
 * then it is looked at again. page_lock held, dropped and retaken: the list may be another one
 * afterwards. So that nobody begins at the beginning each time, the head of the list is moved:
 * writers, who take pages from its other end, are not met that often either.
 */
static void truncate_listed_page(struct address_space *mapping, struct list_head *head,
				 struct page *page, u32 start, u32 *partial)
{
	bool ours, busy;

	page_cache_get(page);
	ours = trylock_page(page);
	busy = ours && PageWriteback(page);
	if (busy)
		unlock_page(page);
	list_del(head);
	if (ours && !busy)
		list_add(head, &page->list);
	else
		list_add_tail(head, &page->list);
	spin_unlock(&mapping->page_lock);

	if (busy) {
		wait_on_page_writeback(page);
	} else if (ours) {
		if (*partial && page->index + 1 == start) {
			truncate_partial_page(page, *partial);
			*partial = 0;
		} else {
			truncate_complete_page(page);
		}
		unlock_page(page);
	} else {
		wait_on_page_locked(page);
	}
	page_cache_release(page);
	if (current->need_resched)
		schedule();
	spin_lock(&mapping->page_lock);
}

/* true: page_lock was dropped on the way. */
static bool truncate_list_pages(struct address_space *mapping, struct list_head *head, u32 start,
				u32 *partial)
{
	FN;
	bool unlocked = false;
	struct list_head *curr;

restart:
	list_for_each(curr, head) {
		struct page *page = list_entry(curr, struct page, list);

		if (page->index < start && !(*partial && page->index + 1 == start))
			continue;
		truncate_listed_page(mapping, head, page, start, partial);
		unlocked = true;
		goto restart;
	}
	return unlocked;
}

/* What goes need not be written any more. */
static void clean_list_pages(struct list_head *head, u32 start)
{
	struct list_head *curr;

	list_for_each(curr, head) {
		struct page *page = list_entry(curr, struct page, list);

		if (page->index > start)
			ClearPageDirty(page);
	}
}

/* All pages behind size bytes, and the last part of the one that size lies in. */
static void truncate_lists(struct address_space *mapping, u64 size)
{
	FN_AS("truncate_inode_pages");
	u32 start = (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT), partial = size & ~PAGE_MASK;
	bool unlocked;

	spin_lock(&mapping->page_lock);
	clean_list_pages(&mapping->io_pages, start);
	clean_list_pages(&mapping->dirty_pages, start);
	do {
		unlocked = truncate_list_pages(mapping, &mapping->io_pages, start, &partial);
		unlocked |= truncate_list_pages(mapping, &mapping->dirty_pages, start, &partial);
		unlocked |= truncate_list_pages(mapping, &mapping->clean_pages, start, &partial);
		unlocked |= truncate_list_pages(mapping, &mapping->locked_pages, start, &partial);
	} while (unlocked);
	spin_unlock(&mapping->page_lock);
}

/* -- pages by index: 2.6 --------------------------------------------------------------------- */

/* Up to a pagevec of pages from index first on, referenced. */
static u32 pagevec_lookup(struct pagevec *pvec, struct address_space *mapping, u32 first)
{
	u32 i, size = VM->kernel->pagevec_size ? VM->kernel->pagevec_size : PAGEVEC_MAX;

	spin_lock(&mapping->page_lock);
	pvec->nr = radix_tree_gang_lookup(&mapping->page_tree, (void **)pvec->pages, first, size);
	for (i = 0; i < pvec->nr; i++)
		page_cache_get(pvec->pages[i]);
	spin_unlock(&mapping->page_lock);
	return pvec->nr;
}

static void pagevec_release(struct pagevec *pvec)
{
	u32 i;

	lru_add_drain();
	for (i = 0; i < pvec->nr; i++)
		page_cache_release(pvec->pages[i]);
	if (current->need_resched)
		schedule();
}

/* 4.0: a fault that had this page locked has mapped it after all. */
static void unmap_locked_page(struct address_space *mapping, struct page *page)
{
	if (!VM->kernel->truncate_count && page_mapped(page))
		unmap_mapping_range(mapping, page->index, page->index, false);
}

/* Page lock and a reference held; somebody else may have been here. */
static void truncate_found_page(struct address_space *mapping, struct page *page)
{
	if (page->mapping != mapping)
		return;
	unmap_locked_page(mapping, page);
	truncate_complete_page(page);
}

/* The pages from start on that are not locked, and may go. */
static void truncate_pages_if(struct address_space *mapping, u32 start,
			      bool (*may_go)(const struct page *page))
{
	struct pagevec pvec;
	u32 i, next = start;

	while (pagevec_lookup(&pvec, mapping, next)) {
		for (i = 0; i < pvec.nr; i++) {
			struct page *page = pvec.pages[i];

			next = page->index + 1;
			if (!trylock_page(page))
				continue;
			if (may_go(page))
				truncate_found_page(mapping, page);
			unlock_page(page);
		}
		pagevec_release(&pvec);
	}
}

static bool is_idle(const struct page *page)
{
	return !PageWriteback(page);
}

static bool is_clean_and_idle(const struct page *page)
{
	return !PageDirty(page) && is_idle(page) && !page_mapped(page);
}

void invalidate_inode_pages(struct address_space *mapping)
{
	FN;

	truncate_pages_if(mapping, 0, is_clean_and_idle);
}

static void truncate_last_page(struct address_space *mapping, u32 index, u32 partial)
{
	struct page *page = find_lock_page(mapping, index);

	if (!page)
		return;
	wait_on_page_writeback(page);
	truncate_partial_page(page, partial);
	unlock_page(page);
	page_cache_release(page);
}

/* Wait for each page, again and again, until a pass from start on finds none. */
static void truncate_busy_pages(struct address_space *mapping, u32 start)
{
	struct pagevec pvec;
	u32 i, next = start;

	for (;;) {
		if (!pagevec_lookup(&pvec, mapping, next)) {
			if (next == start)
				return;
			next = start;
			continue;
		}
		for (i = 0; i < pvec.nr; i++) {
			struct page *page = pvec.pages[i];

			lock_page(page);
			wait_on_page_writeback(page);
			next = page->index + 1;
			truncate_found_page(mapping, page);
			unlock_page(page);
		}
		pagevec_release(&pvec);
	}
}

static void truncate_by_index(struct address_space *mapping, u64 size)
{
	FN_AS("truncate_inode_pages");
	u32 start = (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT), partial = size & ~PAGE_MASK;

	truncate_pages_if(mapping, start, is_idle);
	if (partial)
		truncate_last_page(mapping, start - 1, partial);
	truncate_busy_pages(mapping, start);
}

void truncate_inode_pages(struct address_space *mapping, u64 size)
{
	if (VM->kernel->memory == &memory_2002)
		truncate_lists(mapping, size);
	else
		truncate_by_index(mapping, size);
}

/* -- the file system ------------------------------------------------------------------------- */

/* The last page is cleared behind the end on its disk, too. If it cannot be read it stays as it
 * is, and shows when the file grows: the kernel passes over the error as well. */
static void block_truncate_page(struct inode *inode)
{
	FN;
	u32 partial = inode->i_size & ~PAGE_MASK;
	struct page *page;
	int err;

	page = read_locked_page(inode, (u32)(inode->i_size >> PAGE_SHIFT), &err);
	if (!page)
		return;
	truncate_partial_page(page, partial);
	unlock_page(page);
	page_cache_release(page);
}

/* The i_op->truncate of this model's file system. */
void truncate_blocks(struct inode *inode, u32 old_pages)
{
	struct machine *m = current->machine;
	u32 index = inode_pages(inode);

	if (inode->i_size & ~PAGE_MASK && index <= old_pages)
		block_truncate_page(inode);
	for (; index < old_pages; index++)
		disk_format(m, m->disks[0], inode_block(inode, index), 0);
}

/* The new size is stored: what lies behind it goes. */
static void drop_pages_behind(struct inode *inode, u64 size)
{
	struct address_space *mapping = &inode->i_data;

	unmap_mapping_range(mapping, inode_pages(inode), UINT32_MAX, true);
	truncate_inode_pages(mapping, size);
	if (VM->kernel->memory != &memory_2002 && !VM->kernel->truncate_count)
		unmap_mapping_range(mapping, inode_pages(inode), UINT32_MAX, true);
}

int vmtruncate(struct inode *inode, u64 size)
{
	FN;
	u32 old_pages = inode_pages(inode);
	bool expand = inode->i_size < size;
	int err = 0;

	if (expand)
		err = inode->f_op->grow(inode, (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT));
	if (err)
		return err;
	inode->i_size = size;
	EV(TRUNCATE, inode->i_ino, inode_pages(inode));
	if (!expand) {
		if (current->machine->truth)
			truth_file_truncate(current->machine->truth, inode->i_ino,
					    inode_pages(inode));
		drop_pages_behind(inode, size);
	}
	inode->f_op->truncate(inode, old_pages);
	return 0;
}

int do_truncate(struct inode *inode, u64 size)
{
	FN;
	int err;

	down_write(&inode->i_sem);
	err = inode->f_op->setattr(inode, size);
	up_write(&inode->i_sem);
	return err;
}
