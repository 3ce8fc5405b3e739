/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shmem of 2.5.26 and 2.5.27. One process at a time gets pages of an object (info->sem); what it
 * has to beware of is reclaim, which takes them away (info->lock).
 *
 *	shmem_getpage_locked
 *	  the page cache has it ----------------------------------> it
 *	  room for its entry, where there is none yet
 *	  info->lock; the page cache again, now finally ----------> it, or wait for its lock
 *	  the entry is 0: a new page, cleared --------------------> it
 *	  the swap cache has the page: locked, written? wait
 *	                               else move_from_swap_cache -> it
 *	  neither: read it, and begin again
 *
 * shmem_writepage is given a dirty page by reclaim when nobody maps it. The kernels of July 2002
 * let the general code pick dirty pages of the mapping instead, mapped ones among them, and "the
 * shared file is liable to disintegrate into private instances" (Hugh Dickins, 2.5.41, who mended
 * it with a shmem_vm_writeback of its own: that is what is here).
 *
 * Mended as well, as later in 2.5: info->lock is released when a page cannot be moved back for want
 * of memory (2.5.28); a page whose slot could not be read is -EIO, also when it is asked for a
 * second time. Source: 2.5.27 mm/shmem.c.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/memory_private.h"
#include "mm/shmem.h"
#include "rmap/rmap.h"

/* -- shmem_getpage ----------------------------------------------------------------------------- */

/* Where the entry of a page is, with new directories if need be. NULL: no memory. */
static swp_entry_t *shmem_alloc_entry(struct shmem_inode_info *info, u32 index)
{
	FN;
	struct page *page = NULL;
	swp_entry_t *entry;

	if (info->next_index <= index)
		info->next_index = index + 1;
	while (!(entry = shmem_swp_entry(info, index, &page))) {
		page = shmem_dir_alloc(GFP_KERNEL);
		if (!page)
			break;
	}
	return entry;
}

/* info->lock held, and released. -EAGAIN: there is now a reason to look again. */
static int read_swapped(struct shmem_inode_info *info, const swp_entry_t *entry)
{
	swp_entry_t swap = *entry;
	struct page *page;
	int err = -EAGAIN;

	spin_unlock(&info->lock);
	swapin_readahead(swap);
	page = read_swap_cache_async(swap);
	if (!page)
		return entry->val == swap.val ? -ENOMEM : -EAGAIN;
	wait_on_page_locked(page);
	if (!PageUptodate(page) && entry->val == swap.val)
		err = -EIO;
	page_cache_release(page); /* info->lock was dropped: it may be another's by now */
	return err;
}

/* info->lock held, and released, when it has been waited for what page is locked for. */
static int wait_retry(struct shmem_inode_info *info, struct page *page)
{
	spin_unlock(&info->lock);
	wait_on_page_locked(page);
	page_cache_release(page);
	return -EAGAIN;
}

/* The page is in the swap cache. info->lock held, and released. */
static int take_from_swap_cache(struct inode *inode, u32 index, swp_entry_t *entry,
				struct page *page)
{
	struct shmem_inode_info *info = SHMEM_I(inode);
	swp_entry_t swap = *entry;
	int err;

	if (!trylock_page(page))
		return wait_retry(info, page);
	if (PageWriteback(page)) {
		spin_unlock(&info->lock);
		wait_on_page_writeback(page);
		unlock_page(page);
		page_cache_release(page);
		return -EAGAIN;
	}
	err = PageUptodate(page) ? move_from_swap_cache(page, index, &inode->i_data) : -EIO;
	if (err) {
		spin_unlock(&info->lock);
		unlock_page(page);
		page_cache_release(page);
		return err;
	}
	swap_free(swap);
	shmem_swp_set(info, entry, 0);
	EV(SHMEM_IN, page_to_pfn(page), inode->i_ino, index, swap.val);
	spin_unlock(&info->lock);
	return 0;
}

/* Nobody else can make one: info->sem is held. */
static int new_page(struct inode *inode, u32 index, struct page **pagep)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	int err = -ENOMEM;

	if (!page)
		return -ENOMEM;
	lock_page(page);
	err = add_to_page_cache_lru(page, &inode->i_data, index);
	if (err) {
		unlock_page(page);
		page_cache_release(page);
		return -ENOMEM;
	}
	clear_user_highpage(page);
	SHMEM_I(inode)->alloced++;
	SetPageUptodate(page);
	*pagep = page;
	return 0;
}

/* With info->lock held, and released. */
static int page_or_entry(struct inode *inode, u32 index, swp_entry_t *entry, struct page **pagep)
{
	struct shmem_inode_info *info = SHMEM_I(inode);
	struct page *page = find_get_page(&inode->i_data, index);
	int err;

	if (page) { /* it came in while shmem_alloc_entry slept, or has not quite gone */
		if (!trylock_page(page))
			return wait_retry(info, page);
		spin_unlock(&info->lock);
		*pagep = page;
		return 0;
	}
	shmem_recalc_inode(inode);
	if (!entry->val) {
		spin_unlock(&info->lock);
		return new_page(inode, index, pagep);
	}
	page = find_get_page(&VM->swapper_space, entry->val);
	if (!page)
		return read_swapped(info, entry);
	err = take_from_swap_cache(inode, index, entry, page);
	if (!err)
		*pagep = page;
	return err;
}

/* The page, locked. info->sem held. */
static int shmem_getpage_locked(struct inode *inode, u32 index, struct page **pagep)
{
	FN;
	struct shmem_inode_info *info = SHMEM_I(inode);
	swp_entry_t *entry;
	int err;

	if (index >= SHMEM_MAX_INDEX)
		return -EFBIG;
	do {
		*pagep = find_lock_page(&inode->i_data, index);
		if (*pagep)
			return 0;
		entry = shmem_alloc_entry(info, index);
		if (!entry)
			return -ENOMEM;
		spin_lock(&info->lock);
		err = page_or_entry(inode, index, entry, pagep);
	} while (err == -EAGAIN);
	return err;
}

static int shmem_getpage(struct inode *inode, u32 index, struct page **pagep, enum sgp_type sgp,
			 bool *major)
{
	FN;
	struct shmem_inode_info *info = SHMEM_I(inode);
	int err = -EINVAL;

	(void)major;
	down_write(&info->sem);
	if (index < inode_pages(inode))
		err = shmem_getpage_locked(inode, index, pagep);
	if (!err && sgp != SGP_WRITE)
		unlock_page(*pagep);
	up_write(&info->sem);
	return err;
}

/* -- shmem_writepage --------------------------------------------------------------------------- */

/* mm/filemap.c: the page cannot go. It is active again, and dirty; unlocked. */
static int fail_writepage(struct page *page)
{
	FN;

	activate_page(page);
	SetPageReferenced(page);
	set_page_dirty(page);
	unlock_page(page);
	return 0;
}

static int shmem_writepage(struct page *page)
{
	FN;
	struct inode *inode = page->mapping->host;
	struct shmem_inode_info *info = SHMEM_I(inode);
	u32 index = page->index;
	swp_entry_t *entry, swap;
	int err;

	BUG_ON(!PageLocked(page));
	BUG_ON(page_mapped(page));
	swap = get_swap_page();
	if (!swap.val)
		return fail_writepage(page);

	spin_lock(&info->lock);
	entry = shmem_swp_entry(info, index, NULL);
	BUG_ON(!entry); /* it was made when the page was */
	shmem_recalc_inode(inode);
	BUG_ON(entry->val);
	err = move_to_swap_cache(page, swap);
	if (!err) {
		shmem_swp_set(info, entry, swap.val);
		EV(SHMEM_OUT, page_to_pfn(page), inode->i_ino, index, swap.val);
		spin_unlock(&info->lock);
		unlock_page(page);
		return 0;
	}
	spin_unlock(&info->lock);
	swapcache_free(swap);
	return fail_writepage(page);
}

/* -- truncation -------------------------------------------------------------------------------- */

/* The last page may have been in swap when the cache was cleared behind the end. */
static void clear_last_page(struct inode *inode, u32 index, u32 partial)
{
	struct shmem_inode_info *info = SHMEM_I(inode);
	const swp_entry_t *entry = shmem_swp_entry(info, index, NULL);
	struct page *page;

	if (!entry || !entry->val)
		return;
	spin_unlock(&info->lock);
	if (!shmem_getpage_locked(inode, index, &page)) {
		truncate_partial_page(page, partial);
		unlock_page(page);
		page_cache_release(page);
	}
	spin_lock(&info->lock);
}

/* What swapoff has brought in since the cache was cleared stays there behind the end, without an
 * entry from now on: 2.5 does not look again, and dies when it is to be written. */
static void shmem_truncate(struct inode *inode, u32 old_pages)
{
	FN;
	struct shmem_inode_info *info = SHMEM_I(inode);
	u32 index = inode_pages(inode), partial = inode->i_size & ~PAGE_MASK, limit;

	(void)old_pages;
	down_write(&info->sem);
	spin_lock(&info->lock);
	if (partial)
		clear_last_page(inode, index - 1, partial);
	limit = info->next_index;
	if (index < limit) {
		info->next_index = index;
		shmem_swp_truncate(info, index, limit);
	}
	shmem_recalc_inode(inode);
	spin_unlock(&info->lock);
	up_write(&info->sem);
}

static const struct file_ops shmem_file_ops_2002 = {
	.name = "shmem",
	.memory_backed = true,
	.writepage = shmem_writepage,
	.nopage = shmem_nopage,
	.getpage = shmem_populate,
	.read_page = shmem_read_page,
	.read = shmem_file_read,
	.write = shmem_file_write,
	.setattr = vmtruncate,
	.grow = shmem_grow,
	.truncate = shmem_truncate,
	.delete_inode = shmem_delete_inode,
};

const struct shmem_ops shmem_2002 = {
	.name = "a vector of entries, one process at a time",
	.f_op = &shmem_file_ops_2002,
	.locks_written = true,
	.getpage = shmem_getpage,
	.unuse = shmem_unuse_swp,
	.next_entry = shmem_swp_next,
	.lock_entries = shmem_swp_lock,
	.unlock_entries = shmem_swp_unlock,
	.find_swap_entries = shmem_find_swap_entries,
	.lock_list = shmem_list_lock,
	.unlock_list = shmem_list_unlock,
};
