/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shmem of 4.0: there is no vector any more. The tree of the page cache, which has a place for
 * every page that is in memory, keeps it for the entry when the page goes to swap:
 *
 *	page_tree   | 0 | 1 | 2 | 3 | ...
 *	              |   |   |
 *	              |   |   +-- struct page
 *	              |   +------ 0x..c2: an exceptional entry, bit 1 set; the swap entry << 2
 *	              +---------- struct page
 *
 * So what takes the place of what is one exchange under one lock (shmem_radix_tree_replace), and
 * needs no memory: neither writing out nor coming back can fail for want of a node. A page and its
 * entry are told apart by who looks; find_get_page finds pages only.
 *
 * A page that is not up to date is being made by a write(); with the erratum goto-removed of the
 * linear swapoff it may also be one that could not be read. It has been let in, its slot is free,
 * and whoever comes next takes it for one that was reserved and never filled: it is cleared.
 *
 * Pages come locked from shmem_getpage and stay so until they are mapped or copied, which holds off
 * truncation. Which inodes have something in swap is under a mutex, taken before the page enters
 * the swap cache, so that swapoff cannot miss it.
 *
 * Truncation is in shmem_2015_truncate.c. Source: 4.0 mm/shmem.c. Not here: fallocate and holes in
 * files, huge pages, memory cgroups, and a page that is replaced because it lies in the wrong zone.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/memory_private.h"
#include "mm/shmem.h"
#include "rmap/rmap.h"

/* One call of shmem_getpage. */
struct wanted {
	struct inode *inode;
	struct address_space *mapping;
	u32 index;
	enum sgp_type sgp;
	bool *major;
	swp_entry_t swap; /* what was in the page's place; 0: nothing, or the page */
	bool alloced;     /* the page is new */
};

/* -- entries in the tree ----------------------------------------------------------------------- */

/* Replace what is expected at the index; page_lock held. -ENOENT: something else is there. */
static int shmem_radix_tree_replace(struct address_space *mapping, u32 index, void *expected,
				    void *replacement)
{
	void **slot = radix_tree_lookup_slot(&mapping->page_tree, index);

	if (!slot || *slot != expected)
		return -ENOENT;
	*slot = replacement;
	return 0;
}

/* Is the page still out, in this slot? Locking the page of the swap cache has taken time. */
static bool shmem_confirm_swap(struct address_space *mapping, u32 index, swp_entry_t swap)
{
	const void *item;

	spin_lock(&mapping->page_lock);
	item = radix_tree_lookup(&mapping->page_tree, index);
	spin_unlock(&mapping->page_lock);
	return item == swp_to_radix_entry(swap);
}

/* A locked page takes the place of expected, or of nothing. 0, -EEXIST or -ENOENT: something else
 * is there, -ENOMEM. A page of the swap cache is in both for a moment. */
static int shmem_add_to_page_cache(struct page *page, struct address_space *mapping, u32 index,
				   void *expected)
{
	FN;
	int err;

	BUG_ON(!PageLocked(page));
	page_cache_get(page);
	spin_lock(&mapping->page_lock);
	err = expected ? shmem_radix_tree_replace(mapping, index, expected, page) :
			 radix_tree_insert(&mapping->page_tree, index, page);
	if (!err)
		___add_to_page_cache(page, mapping, index);
	spin_unlock(&mapping->page_lock);
	if (err)
		page_cache_release(page);
	return err;
}

/* The page goes, and leaves the entry in its place. */
static void shmem_delete_from_page_cache(struct page *page, void *radswap)
{
	FN;
	struct address_space *mapping = page->mapping;
	int err;

	spin_lock(&mapping->page_lock);
	err = shmem_radix_tree_replace(mapping, page->index, page, radswap);
	BUG_ON(err);
	page->mapping = NULL;
	mapping->nrpages--;
	EV(CACHE_DEL, page_to_pfn(page), mapping->host->i_ino);
	spin_unlock(&mapping->page_lock);
	page_cache_release(page);
}

/* The page, locked and referenced, or the entry in its place; NULL: neither. */
static void *find_lock_entry(struct address_space *mapping, u32 index)
{
	for (;;) {
		struct page *page;

		spin_lock(&mapping->page_lock);
		page = radix_tree_lookup(&mapping->page_tree, index);
		if (page && !radix_tree_exceptional_entry(page))
			page_cache_get(page);
		spin_unlock(&mapping->page_lock);
		if (!page || radix_tree_exceptional_entry(page))
			return page;
		lock_page(page);
		if (page->mapping == mapping)
			return page;
		unlock_page(page); /* truncated, or out */
		page_cache_release(page);
	}
}

static bool next_entry(const struct machine *m, const struct shmem_inode_info *info, u32 *index,
		       swp_entry_t *entry)
{
	u32 at = *index;
	const void *item;

	(void)m;
	while (radix_tree_gang_lookup_index(&info->vfs_inode.i_data.page_tree, (void **)&item, &at,
					    at, 1)) {
		if (radix_tree_exceptional_entry(item)) {
			*index = at;
			*entry = radix_to_swp_entry(item);
			return true;
		}
		if (at++ == ~0u)
			break;
	}
	return false;
}

/* -- shmem_getpage ----------------------------------------------------------------------------- */

static bool behind_end(const struct wanted *w)
{
	return w->sgp != SGP_WRITE && w->index >= inode_pages(w->inode);
}

void shmem_count_swapped(struct inode *inode, u32 change)
{
	struct shmem_inode_info *info = SHMEM_I(inode);

	spin_lock(&info->lock);
	info->swapped += change;
	shmem_recalc_inode(inode);
	spin_unlock(&info->lock);
}

/* The page of the slot, from the swap cache or read, with a reference. */
static struct page *shmem_swapin(struct wanted *w)
{
	FN;
	struct page *page = lookup_swap_cache(w->swap);

	if (page)
		return page;
	if (w->major)
		*w->major = true;
	swapin_readahead(w->swap);
	return read_swap_cache_async(w->swap);
}

/* The page of the swap cache is locked. 0: it is in the page cache, instead of its entry. */
static int move_back(struct wanted *w, struct page *page)
{
	int err;

	if (!PageSwapCache(page) || page_swap_entry(page).val != w->swap.val ||
	    !shmem_confirm_swap(w->mapping, w->index, w->swap))
		return -EEXIST; /* try again */
	if (!PageUptodate(page) && !swapoff_mistake(GOTO_REMOVED))
		return -EIO;
	wait_on_page_writeback(page);
	err = shmem_add_to_page_cache(page, w->mapping, w->index, swp_to_radix_entry(w->swap));
	if (err) { /* truncated since then: free_swap_and_cache could only try the page lock */
		delete_from_swap_cache(page);
		return err;
	}
	shmem_count_swapped(w->inode, ~0u);
	if (w->sgp == SGP_WRITE)
		mark_page_accessed(page);
	delete_from_swap_cache(page);
	set_page_dirty(page);
	EV(SHMEM_IN, page_to_pfn(page), w->inode->i_ino, w->index, w->swap.val);
	swap_free(w->swap);
	return 0;
}

static int swapped_page(struct wanted *w, struct page **pagep)
{
	struct page *page = shmem_swapin(w);
	int err = -ENOMEM;

	if (page) {
		lock_page(page);
		err = move_back(w, page);
		if (!err) {
			*pagep = page;
			return 0;
		}
		unlock_page(page);
		page_cache_release(page);
	}
	return shmem_confirm_swap(w->mapping, w->index, w->swap) ? err : -EEXIST;
}

static int new_page(struct wanted *w, struct page **pagep)
{
	struct shmem_inode_info *info = SHMEM_I(w->inode);
	struct page *page = alloc_page(GFP_HIGHUSER);
	int err;

	if (!page)
		return -ENOMEM;
	lock_page(page);
	if (w->sgp == SGP_WRITE)
		SetPageReferenced(page);
	err = shmem_add_to_page_cache(page, w->mapping, w->index, NULL);
	if (err) {
		unlock_page(page);
		page_cache_release(page);
		return err;
	}
	lru_cache_add(page);
	spin_lock(&info->lock);
	info->alloced++;
	shmem_recalc_inode(w->inode);
	spin_unlock(&info->lock);
	w->alloced = true;
	if (w->sgp != SGP_WRITE) { /* write() clears what it does not fill */
		clear_user_highpage(page);
		SetPageUptodate(page);
	}
	*pagep = page;
	return 0;
}

/* The file was truncated since it was looked at. */
static int give_back(struct wanted *w, struct page **pagep)
{
	struct shmem_inode_info *info = SHMEM_I(w->inode);

	if (w->alloced) {
		truncate_complete_page(*pagep);
		spin_lock(&info->lock);
		info->alloced--;
		spin_unlock(&info->lock);
	}
	unlock_page(*pagep);
	page_cache_release(*pagep);
	*pagep = NULL;
	return -EINVAL;
}

/* Taken for one that fallocate() has made and nobody wrote to. (None of these here; but swapoff may
 * bring one that could not be read, as goto-removed lets anybody do.) Who reads sees a hole. */
static int not_uptodate(const struct wanted *w, struct page **pagep)
{
	if (w->sgp == SGP_READ) {
		unlock_page(*pagep);
		page_cache_release(*pagep);
		*pagep = NULL;
	} else if (w->sgp != SGP_WRITE) { /* write() clears what it does not fill */
		shmem_clear(*pagep);
	}
	return 0;
}

static int getpage_once(struct wanted *w, struct page **pagep)
{
	void *item = find_lock_entry(w->mapping, w->index);
	int err;

	w->swap.val = 0;
	w->alloced = false;
	if (radix_tree_exceptional_entry(item))
		w->swap = radix_to_swp_entry(item);
	else
		*pagep = item;
	if (behind_end(w)) {
		if (!*pagep)
			return -EINVAL;
		return give_back(w, pagep);
	}
	if (*pagep && w->sgp == SGP_WRITE)
		mark_page_accessed(*pagep);
	if (*pagep && !PageUptodate(*pagep))
		return not_uptodate(w, pagep);
	if (*pagep || (w->sgp == SGP_READ && !w->swap.val))
		return 0;
	err = w->swap.val ? swapped_page(w, pagep) : new_page(w, pagep);
	if (!err && behind_end(w))
		err = give_back(w, pagep);
	return err;
}

/* Locked. A page that is not up to date is being made by a write() just now. */
static int shmem_getpage(struct inode *inode, u32 index, struct page **pagep, enum sgp_type sgp,
			 bool *major)
{
	FN;
	struct wanted w = {
		.inode = inode, .mapping = &inode->i_data, .index = index, .sgp = sgp,
		.major = major,
	};
	int err;

	if (index >= SHMEM_MAX_INDEX)
		return -EFBIG;
	do {
		err = getpage_once(&w, pagep);
	} while (err == -EEXIST || err == -ENOENT);
	return err;
}

/* -- faults ------------------------------------------------------------------------------------ */

static struct page *shmem_fault(struct vm_area_struct *vma, u32 address, bool *major, bool *oom)
{
	FN;

	return shmem_nopage(vma, address, major, oom);
}

/* madvise: pages that are out come to the swap cache, not yet to the file. */
static void force_shm_swapin_readahead(struct inode *inode, u32 index, u32 nr)
{
	FN;
	u32 end = index + nr < index ? UINT32_MAX : index + nr;
	swp_entry_t entry;
	bool found;

	for (;; index++) {
		struct page *page;

		spin_lock(&inode->i_data.page_lock);
		found = next_entry(current->machine, SHMEM_I(inode), &index, &entry);
		spin_unlock(&inode->i_data.page_lock);
		if (!found || index >= end)
			break;
		page = read_swap_cache_async(entry);
		if (page)
			page_cache_release(page);
	}
	lru_add_drain();
}

/* -- shmem_writepage --------------------------------------------------------------------------- */

static int shmem_writepage(struct page *page)
{
	FN;
	struct inode *inode = page->mapping->host;
	struct shmem_inode_info *info = SHMEM_I(inode);
	u32 index = page->index;
	swp_entry_t swap = { 0 };

	BUG_ON(!PageLocked(page));
	if (!PageUptodate(page))
		shmem_clear(page);
	if (VM->total_swap_pages)
		swap = get_swap_page();
	if (!swap.val)
		goto redirty;

	/* It is on the list before it is in swap, or swapoff might miss it. */
	down_write(&VM->shmem_swaplist_mutex);
	if (list_empty(&info->list))
		list_add_tail(&info->list, &VM->shmem_inodes);
	if (!__add_to_swap_cache(page, swap)) {
		swap_shmem_alloc(swap);
		shmem_delete_from_page_cache(page, swp_to_radix_entry(swap));
		shmem_count_swapped(inode, 1);
		EV(SHMEM_OUT, page_to_pfn(page), inode->i_ino, index, swap.val);
		up_write(&VM->shmem_swaplist_mutex);
		BUG_ON(page_mapped(page));
		return swap_writepage(page);
	}
	up_write(&VM->shmem_swaplist_mutex);
	swapcache_free(swap);
redirty:
	set_page_dirty(page);
	return WRITEPAGE_ACTIVATE;
}

/* -- swapoff ----------------------------------------------------------------------------------- */

/* The index that has the entry; UINT32_MAX: none (radix_tree_locate_item). */
static u32 locate(const struct shmem_inode_info *info, swp_entry_t swap)
{
	swp_entry_t entry;
	u32 index;

	for (index = 0; next_entry(current->machine, info, &index, &entry); index++)
		if (entry.val == swap.val)
			return index;
	return UINT32_MAX;
}

/* 1: found, and gone from here; 0: not in this inode; -ENOMEM never: its place is kept. */
static int shmem_unuse_inode(struct shmem_inode_info *info, swp_entry_t swap, struct page *page)
{
	FN;
	struct inode *inode = &info->vfs_inode;
	u32 index;
	int err;

	spin_lock(&inode->i_data.page_lock);
	index = locate(info, swap);
	spin_unlock(&inode->i_data.page_lock);
	if (index == UINT32_MAX)
		return 0;
	if (list_next(&VM->shmem_inodes) != &info->list) { /* the next search starts here */
		list_del(&VM->shmem_inodes);
		list_add_tail(&VM->shmem_inodes, &info->list);
	}
	/* The mutex also holds off the end of the inode. */
	err = shmem_add_to_page_cache(page, &inode->i_data, index, swp_to_radix_entry(swap));
	delete_from_swap_cache(page); /* if it was truncated: free_swap_and_cache only tries */
	set_page_dirty(page);
	if (err)
		return 1;
	shmem_count_swapped(inode, ~0u);
	EV(SHMEM_IN, page_to_pfn(page), inode->i_ino, index, swap.val);
	swap_free(swap);
	return 1;
}

static int shmem_unuse_2015(swp_entry_t swap, struct page *page)
{
	FN_AS("shmem_unuse");
	struct list_head *p, *next;
	int found = 0;

	/* It may have been replaced before the caller had the lock. */
	if (!PageSwapCache(page) || page_swap_entry(page).val != swap.val)
		return 0;
	down_write(&VM->shmem_swaplist_mutex);
	for (p = list_next(&VM->shmem_inodes); p != &VM->shmem_inodes && !found; p = next) {
		struct shmem_inode_info *info = list_entry(p, struct shmem_inode_info, list);

		next = list_next(p);
		if (info->swapped)
			found = shmem_unuse_inode(info, swap, page);
		else
			list_del(p);
		if (current->need_resched)
			schedule();
	}
	up_write(&VM->shmem_swaplist_mutex);
	return found;
}

/*
 * The linear ways gather entries without the lock of the tree. Nobody can take an entry away
 * meanwhile but who brings its page in. What a walk must look out for is a tree that begins or
 * ceases to have a node: then the place of index 0 is another one now, and what is read from the
 * old is no answer.
 */
static u32 find_swap_entries_2015(struct shmem_inode_info *info, u32 type, u32 first, u32 *indices)
{
	FN_AS("shmem_find_swap_entries");
	struct radix_tree_iter iter;
	void **slot, *item;
	u32 n;

restart:
	n = 0;
	rcu_read_lock();
	radix_tree_for_each_slot(slot, &info->vfs_inode.i_data.page_tree, &iter, first) {
		item = radix_tree_deref_slot(slot);
		if (radix_tree_deref_retry(item) && !swapoff_mistake(DEREF_RETRY_MISSING)) {
			rcu_read_unlock();
			goto restart;
		}
		if (!radix_tree_exceptional_entry(item) ||
		    SWP_TYPE(radix_to_swp_entry(item)) != type)
			continue;
		indices[n++] = iter.index;
		if (n == UNUSE_BATCH)
			break;
	}
	rcu_read_unlock();
	return n;
}

static void lock_swaplist(void)
{
	down_write(&VM->shmem_swaplist_mutex);
}

static void unlock_swaplist(void)
{
	up_write(&VM->shmem_swaplist_mutex);
}

static const struct file_ops shmem_file_ops_2015 = {
	.name = "shmem",
	.memory_backed = true,
	.nopage_locked = true,
	.writepage = shmem_writepage,
	.nopage = shmem_fault,
	.getpage = shmem_populate,
	.readahead = force_shm_swapin_readahead,
	.read_page = shmem_read_page,
	.read = shmem_file_read,
	.write = shmem_file_write,
	.setattr = shmem_setattr,
	.grow = shmem_grow,
	.delete_inode = shmem_evict_inode,
};

const struct shmem_ops shmem_2015 = {
	.name = "entries in the page cache's tree",
	.f_op = &shmem_file_ops_2015,
	.swaplist = true,
	.counts_major = true,
	.locks_page = true,
	.getpage = shmem_getpage,
	.unuse = shmem_unuse_2015,
	.next_entry = next_entry,
	.find_swap_entries = find_swap_entries_2015,
	.lock_list = lock_swaplist,
	.unlock_list = unlock_swaplist,
};
