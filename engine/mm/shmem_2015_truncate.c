/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Truncation in 4.0: pages and entries lie in one tree, and while one is looked at it may become
 * the other. So the tree is gone through twice: first over what need not be waited for, then again
 * and again, each place until it is empty, whatever it has turned into meanwhile.
 *
 * Source: 4.0 mm/shmem.c, shmem_undo_range.
 */
#include "kernels.h"
#include "mm/memory_private.h"
#include "mm/shmem.h"
#include "rmap/rmap.h"
#include "sim/truth.h"

/* false: somebody has brought the page in meanwhile. */
static bool shmem_free_swap(struct address_space *mapping, u32 index, void *radswap)
{
	bool ours;

	spin_lock(&mapping->page_lock);
	ours = radix_tree_lookup(&mapping->page_tree, index) == radswap;
	if (ours)
		radix_tree_delete(&mapping->page_tree, index);
	spin_unlock(&mapping->page_lock);
	if (ours)
		free_swap_and_cache(radix_to_swp_entry(radswap));
	return ours;
}

struct found {
	u32 nr;
	void *items[PAGEVEC_MAX];
	u32 indices[PAGEVEC_MAX];
};

/* Pages, referenced, and entries from index first on. */
static u32 find_get_entries(struct address_space *mapping, u32 first, struct found *found)
{
	u32 i;

	spin_lock(&mapping->page_lock);
	found->nr = radix_tree_gang_lookup_index(&mapping->page_tree, found->items, found->indices,
						 first, VM->kernel->pagevec_size);
	for (i = 0; i < found->nr; i++)
		if (!radix_tree_exceptional_entry(found->items[i]))
			page_cache_get((struct page *)found->items[i]);
	spin_unlock(&mapping->page_lock);
	return found->nr;
}

static void release_entries(const struct found *found)
{
	u32 i;

	lru_add_drain();
	for (i = 0; i < found->nr; i++)
		if (!radix_tree_exceptional_entry(found->items[i]))
			page_cache_release((struct page *)found->items[i]);
	if (current->need_resched)
		schedule();
}

/* Page lock held. A fault that had it may have mapped the page after all. */
static void truncate_inode_page(struct address_space *mapping, struct page *page)
{
	FN;

	if (page_mapped(page))
		unmap_mapping_range(mapping, page->index, page->index, false);
	truncate_complete_page(page);
}

/* What need not be waited for. Entries freed. */
static u32 undo_idle(struct address_space *mapping, u32 start)
{
	struct found found;
	u32 i, next = start, freed = 0;

	while (find_get_entries(mapping, next, &found)) {
		for (i = 0; i < found.nr; i++) {
			struct page *page = found.items[i];

			next = found.indices[i] + 1;
			if (radix_tree_exceptional_entry(page)) {
				freed += shmem_free_swap(mapping, found.indices[i], page);
				continue;
			}
			if (!trylock_page(page))
				continue;
			if (page->mapping == mapping)
				truncate_inode_page(mapping, page);
			unlock_page(page);
		}
		release_entries(&found);
	}
	return freed;
}

/* One place of the tree; false: it has changed its kind, and is to be looked at again. */
static bool undo_one(struct address_space *mapping, u32 index, struct page *page, u32 *freed)
{
	bool ours;

	if (radix_tree_exceptional_entry(page)) {
		ours = shmem_free_swap(mapping, index, page);
		*freed += ours;
		return ours;
	}
	lock_page(page);
	ours = page->mapping == mapping;
	if (ours)
		truncate_inode_page(mapping, page);
	unlock_page(page);
	return ours;
}

/* Again and again, until a pass from start on finds nothing. */
static u32 undo_rest(struct address_space *mapping, u32 start)
{
	struct found found;
	u32 i, next = start, freed = 0;

	for (;;) {
		if (!find_get_entries(mapping, next, &found)) {
			if (next == start)
				return freed;
			next = start;
			continue;
		}
		for (i = 0; i < found.nr; i++) {
			next = found.indices[i];
			if (!undo_one(mapping, next, found.items[i], &freed))
				break;
			next++;
		}
		release_entries(&found);
	}
}

static void clear_last_page(struct inode *inode, u32 index, u32 partial)
{
	struct page *page = NULL;

	VM->kernel->shmem->getpage(inode, index, &page, SGP_READ, NULL);
	if (!page)
		return;
	truncate_partial_page(page, partial);
	unlock_page(page);
	page_cache_release(page);
}

/* Everything from size bytes on goes, in memory and in swap. */
static void shmem_undo_range(struct inode *inode, u64 size)
{
	FN;
	u32 start = (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT), partial = size & ~PAGE_MASK, freed;

	freed = undo_idle(&inode->i_data, start);
	if (partial)
		clear_last_page(inode, start - 1, partial);
	freed += undo_rest(&inode->i_data, start);
	shmem_count_swapped(inode, 0 - freed);
}

int shmem_setattr(struct inode *inode, u64 size)
{
	FN;
	u64 old = inode->i_size;
	int err = shmem_grow(inode, (u32)((size + PAGE_SIZE - 1) >> PAGE_SHIFT));

	if (err)
		return err;
	inode->i_size = size;
	EV(TRUNCATE, inode->i_ino, inode_pages(inode));
	if (size >= old)
		return 0;
	if (current->machine->truth)
		truth_file_truncate(current->machine->truth, inode->i_ino, inode_pages(inode));
	unmap_mapping_range(&inode->i_data, inode_pages(inode), UINT32_MAX, true);
	shmem_undo_range(inode, size);
	/* and once more for private copies that were made meanwhile */
	unmap_mapping_range(&inode->i_data, inode_pages(inode), UINT32_MAX, true);
	return 0;
}

void shmem_evict_inode(struct inode *inode)
{
	FN;
	struct shmem_inode_info *info = SHMEM_I(inode);

	inode->i_size = 0;
	shmem_undo_range(inode, 0);
	if (!list_empty(&info->list)) {
		down_write(&VM->shmem_swaplist_mutex);
		list_del(&info->list);
		up_write(&VM->shmem_swaplist_mutex);
	}
	shmem_destroy_inode(inode);
}
