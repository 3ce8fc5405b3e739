/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shmem of 2.6.0 to 2.6.16. Whoever wants a page takes no lock but the page's; info->lock guards
 * the entries, and after each wait everything is looked up again:
 *
 *	shmem_getpage
 *	  the page cache has it ------------------------------------------> it
 *	  info->lock; the entry, with directories for it if need be
 *	  entry, not in the swap cache: read it ------------------- again
 *	         locked or being written: wait -------------------- again
 *	         not up to date: -EIO
 *	         move_from_swap_cache; entry 0 ----------------------------> it
 *	                         no memory: a nap ------------------ again
 *	  no entry: SGP_READ: nothing
 *	            a page, without the lock; has somebody else been
 *	            faster, or is there an entry by now? ----------- again
 *	            into the page cache, cleared ---------------------------> it
 *
 * So a page may come into the cache after its file was truncated: shmem_truncate looks for such
 * (SHMEM_PAGEIN). 2.6.0 keeps all inodes on a list, for swapoff; 2.6.9 those that have something in
 * swap. The model has no write() into a page that is not up to date (prepare_write), and so none
 * that is copied from the swap cache.
 *
 * Source: 2.6.0, 2.6.5 and 2.6.9 mm/shmem.c.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/memory_private.h"
#include "mm/shmem.h"
#include "mm/vmscan_2004.h"
#include "rmap/rmap.h"

#define NAP_NS 20000000ull /* HZ / 50 */

/* One call of shmem_getpage. */
struct wanted {
	struct inode *inode;
	struct shmem_inode_info *info;
	u32 index;
	enum sgp_type sgp;
	bool *major;
	swp_entry_t unswapped; /* for SGP_READ, where there is no directory: always 0 */
};

/* -- the entry --------------------------------------------------------------------------------- */

static bool behind_end(const struct wanted *w)
{
	return w->sgp != SGP_WRITE && w->index >= inode_pages(w->inode);
}

/* Where the entry is, with new directories if need be. info->lock held; dropped and retaken for
 * memory. NULL: *err. */
static swp_entry_t *shmem_swp_alloc(struct wanted *w, int *err)
{
	FN;
	struct page *page = NULL;
	swp_entry_t *entry;

	*err = behind_end(w) ? -EINVAL : 0;
	if (*err)
		return NULL;
	while (!(entry = shmem_swp_entry(w->info, w->index, &page))) {
		if (w->sgp == SGP_READ)
			return &w->unswapped;
		spin_unlock(&w->info->lock);
		page = shmem_dir_alloc(GFP_HIGHUSER);
		spin_lock(&w->info->lock);
		*err = !page ? -ENOMEM : behind_end(w) ? -EINVAL : 0;
		if (*err)
			break;
		if (w->info->next_index <= w->index)
			w->info->next_index = w->index + 1;
	}
	if (page) /* another task was faster, or has truncated the file */
		shmem_dir_free(page);
	if (entry && w->info->next_index <= w->index)
		w->info->next_index = w->index + 1;
	return entry;
}

/* -- shmem_getpage ----------------------------------------------------------------------------- */

static int again(struct page *page)
{
	page_cache_release(page);
	return -EAGAIN;
}

/* The slot is in no cache: here the I/O is done. No lock held. */
static int read_swapped(struct wanted *w, swp_entry_t swap)
{
	struct page *page;
	const swp_entry_t *entry;
	int err;

	if (w->major)
		*w->major = true;
	swapin_readahead(swap);
	page = read_swap_cache_async(swap);
	if (page) {
		wait_on_page_locked(page);
		return again(page);
	}
	spin_lock(&w->info->lock);
	entry = shmem_swp_alloc(w, &err);
	if (entry)
		err = entry->val == swap.val ? -ENOMEM : -EAGAIN;
	spin_unlock(&w->info->lock);
	return err;
}

/* Locked, and in the swap cache. info->lock held, and released. */
static int take_from_swap_cache(struct wanted *w, swp_entry_t *entry, struct page *page)
{
	swp_entry_t swap = *entry;
	int err = -EIO;

	if (PageUptodate(page))
		err = move_from_swap_cache(page, w->index, &w->inode->i_data);
	if (!err) {
		w->info->flags |= SHMEM_PAGEIN;
		shmem_swp_set(w->info, entry, 0);
		EV(SHMEM_IN, page_to_pfn(page), w->inode->i_ino, w->index, swap.val);
		spin_unlock(&w->info->lock);
		swap_free(swap);
		return 0;
	}
	spin_unlock(&w->info->lock);
	unlock_page(page);
	page_cache_release(page);
	if (err == -ENOMEM) /* let kswapd make room for those who cannot wait */
		blk_congestion_wait(NAP_NS);
	return err == -EIO ? err : -EAGAIN;
}

/* The page is out. info->lock held, and released. */
static int swapped_page(struct wanted *w, swp_entry_t *entry, struct page **pagep)
{
	swp_entry_t swap = *entry;
	struct page *page = lookup_swap_cache(swap);
	int err;

	if (!page) {
		spin_unlock(&w->info->lock);
		return read_swapped(w, swap);
	}
	/* It has to be locked for the move, to be nobody else's meanwhile. */
	if (!trylock_page(page)) {
		spin_unlock(&w->info->lock);
		wait_on_page_locked(page);
		return again(page);
	}
	if (PageWriteback(page)) {
		spin_unlock(&w->info->lock);
		wait_on_page_writeback(page);
		unlock_page(page);
		return again(page);
	}
	err = take_from_swap_cache(w, entry, page);
	if (!err)
		*pagep = page;
	return err;
}

/* SGP_READ, and no entry: nothing, unless a page has just come. info->lock held, and released. */
static int read_hole(struct wanted *w, struct page **pagep)
{
	struct page *page = find_get_page(&w->inode->i_data, w->index);
	bool busy = page && (!PageUptodate(page) || !trylock_page(page));

	spin_unlock(&w->info->lock);
	if (busy) {
		wait_on_page_locked(page);
		return again(page);
	}
	*pagep = page;
	return 0;
}

/* info->lock held. 0, or what is to be done. */
static int add_new_page(struct wanted *w, struct page *page)
{
	int err;
	const swp_entry_t *entry = shmem_swp_alloc(w, &err);

	if (!entry)
		return err;
	if (entry->val)
		return -EAGAIN;
	err = add_to_page_cache_lru(page, &w->inode->i_data, w->index);
	return err == -EEXIST ? -EAGAIN : err;
}

/* A page of zeros. No lock held. For want of a node of the tree the kernel tries again at once, and
 * for ever; here it naps before. */
static int new_page(struct wanted *w, struct page **pagep)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	int err;

	if (!page)
		return -ENOMEM;
	lock_page(page);
	spin_lock(&w->info->lock);
	err = add_new_page(w, page);
	if (!err) {
		w->info->flags |= SHMEM_PAGEIN;
		w->info->alloced++;
	}
	spin_unlock(&w->info->lock);
	if (err) {
		unlock_page(page);
		page_cache_release(page);
		return err;
	}
	clear_user_highpage(page);
	SetPageUptodate(page);
	*pagep = page;
	return 0;
}

/* Only swapoff brings a page that could not be read. It is taken for a new one: zeros. */
static int clear_unread(struct page *page)
{
	shmem_clear(page);
	return 0;
}

static int getpage_once(struct wanted *w, struct page **pagep)
{
	swp_entry_t *entry;
	int err;

	*pagep = find_lock_page(&w->inode->i_data, w->index);
	if (*pagep && !PageUptodate(*pagep))
		return clear_unread(*pagep);
	if (*pagep || w->sgp == SGP_QUICK)
		return 0;
	spin_lock(&w->info->lock);
	shmem_recalc_inode(w->inode);
	entry = shmem_swp_alloc(w, &err);
	if (!entry) {
		spin_unlock(&w->info->lock);
		return err;
	}
	if (entry->val)
		return swapped_page(w, entry, pagep);
	if (w->sgp == SGP_READ)
		return read_hole(w, pagep);
	spin_unlock(&w->info->lock);
	return new_page(w, pagep);
}

static int shmem_getpage(struct inode *inode, u32 index, struct page **pagep, enum sgp_type sgp,
			 bool *major)
{
	FN;
	struct wanted w = {
		.inode = inode, .info = SHMEM_I(inode), .index = index, .sgp = sgp, .major = major,
	};
	int err;

	if (index >= SHMEM_MAX_INDEX)
		return -EFBIG;
	do {
		err = getpage_once(&w, pagep);
	} while (err == -EAGAIN);
	if (*pagep)
		unlock_page(*pagep);
	return err;
}

/* -- shmem_writepage --------------------------------------------------------------------------- */

/* From 2.6.9 on: swapoff wants to know where something is. */
static void note_swapped(struct shmem_inode_info *info)
{
	if (!VM->kernel->shmem->swaplist || !list_empty(&info->list))
		return;
	shmem_list_lock();
	list_del(&info->list); /* somebody may have been faster */
	list_add_tail(&info->list, &VM->shmem_inodes);
	shmem_list_unlock();
}

static int redirty(struct page *page, swp_entry_t swap)
{
	if (swap.val)
		swapcache_free(swap);
	set_page_dirty(page);
	return WRITEPAGE_ACTIVATE;
}

static int shmem_writepage(struct page *page)
{
	FN;
	struct inode *inode = page->mapping->host;
	struct shmem_inode_info *info = SHMEM_I(inode);
	u32 index = page->index;
	swp_entry_t *entry, swap;

	BUG_ON(!PageLocked(page));
	BUG_ON(page_mapped(page));
	swap = get_swap_page();
	if (!swap.val)
		return redirty(page, swap);

	spin_lock(&info->lock);
	shmem_recalc_inode(inode);
	if (index >= info->next_index) {
		BUG_ON(!(info->flags & SHMEM_TRUNCATE));
		spin_unlock(&info->lock);
		return redirty(page, swap);
	}
	entry = shmem_swp_entry(info, index, NULL);
	BUG_ON(!entry);
	BUG_ON(entry->val);
	if (move_to_swap_cache(page, swap)) {
		spin_unlock(&info->lock);
		return redirty(page, swap);
	}
	shmem_swp_set(info, entry, swap.val);
	EV(SHMEM_OUT, page_to_pfn(page), inode->i_ino, index, swap.val);
	spin_unlock(&info->lock);
	note_swapped(info);
	unlock_page(page);
	return 0;
}

/* -- truncation -------------------------------------------------------------------------------- */

static void shmem_truncate(struct inode *inode, u32 old_pages)
{
	FN;
	struct shmem_inode_info *info = SHMEM_I(inode);
	u32 index = inode_pages(inode), limit;

	(void)old_pages;
	if (index >= info->next_index)
		return;
	spin_lock(&info->lock);
	info->flags |= SHMEM_TRUNCATE;
	limit = info->next_index;
	info->next_index = index;
	shmem_swp_truncate(info, index, limit);
	BUG_ON(info->swapped > info->next_index);
	if (inode->i_data.nrpages && info->flags & SHMEM_PAGEIN) {
		/* Somebody may have brought a page in after the cache was emptied. */
		spin_unlock(&info->lock);
		truncate_inode_pages(&inode->i_data, inode->i_size);
		spin_lock(&info->lock);
	}
	info->flags &= ~SHMEM_TRUNCATE;
	shmem_recalc_inode(inode);
	spin_unlock(&info->lock);
}

/* A file that will end in the middle of a page has that page in memory until it is cut. */
static int shmem_notify_change(struct inode *inode, u64 size)
{
	FN;
	struct shmem_inode_info *info = SHMEM_I(inode);
	struct page *page = NULL;
	int err;

	if (size < inode->i_size) {
		if (size & ~PAGE_MASK)
			shmem_getpage(inode, (u32)(size >> PAGE_SHIFT), &page, SGP_READ, NULL);
		if (size) {
			spin_lock(&info->lock);
			info->flags &= ~SHMEM_PAGEIN;
			spin_unlock(&info->lock);
		}
	}
	err = vmtruncate(inode, size);
	if (page)
		page_cache_release(page);
	return err;
}

/* The last reference is gone; reclaim may still have a page in its hands. Of 2.5 too. */
void shmem_delete_inode(struct inode *inode)
{
	FN;
	struct shmem_inode_info *info = SHMEM_I(inode);

	if (inode->i_data.nrpages)
		truncate_inode_pages(&inode->i_data, 0);
	if (!VM->kernel->shmem->swaplist) {
		shmem_list_lock();
		list_del(&info->list);
		shmem_list_unlock();
	}
	inode->i_size = 0;
	inode->f_op->truncate(inode, 0);
	if (!list_empty(&info->list)) {
		shmem_list_lock();
		list_del(&info->list);
		shmem_list_unlock();
	}
	shmem_destroy_inode(inode);
}

static const struct file_ops shmem_file_ops = {
	.name = "shmem",
	.memory_backed = true,
	.writepage = shmem_writepage,
	.nopage = shmem_nopage,
	.getpage = shmem_populate,
	.read_page = shmem_read_page,
	.read = shmem_file_read,
	.write = shmem_file_write,
	.setattr = shmem_notify_change,
	.grow = shmem_grow,
	.truncate = shmem_truncate,
	.delete_inode = shmem_delete_inode,
};

#define WITH_A_VECTOR \
	.name = "a vector of entries", \
	.f_op = &shmem_file_ops, \
	.marks_accessed = true, \
	.getpage = shmem_getpage, \
	.unuse = shmem_unuse_swp, \
	.next_entry = shmem_swp_next, \
	.lock_entries = shmem_swp_lock, \
	.unlock_entries = shmem_swp_unlock, \
	.find_swap_entries = shmem_find_swap_entries, \
	.lock_list = shmem_list_lock, \
	.unlock_list = shmem_list_unlock

const struct shmem_ops shmem_2003 = {
	WITH_A_VECTOR,
};

const struct shmem_ops shmem_2004a = {
	WITH_A_VECTOR,
	.counts_major = true,
};

const struct shmem_ops shmem_2004b = {
	WITH_A_VECTOR,
	.counts_major = true,
	.swaplist = true,
};
