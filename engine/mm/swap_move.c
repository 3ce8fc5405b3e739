/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a file in memory to the swap cache, and back: the page changes its identity, not its frame.
 *
 *	                 count of the slot          the page
 *	2.5   move_to    the caller's, and one      leaves one tree and enters the other, under the
 *	                 for the cache              locks of both; it is nobody's to write
 *	2.6.0 move_to    the cache's, and one       the same
 *	                 for the inode
 *	2.6.6 move_to    the same                   is in both for a moment: the swap cache does not
 *	                                            need mapping and index any more
 *
 * Source: 2.5.27, 2.6.0 and 2.6.8 mm/swap_state.c. 4.0 has the same steps in shmem_writepage and
 * shmem_getpage.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/shmem.h"
#include "mm/vm.h"

/* From one tree to the other; the reference of the first is the second's from now on. */
static int change_mapping(struct page *page, struct address_space *to, u32 index)
{
	struct address_space *from = page->mapping;
	int err;

	/* The swap cache's lock is always the outer one. */
	spin_lock(&VM->swapper_space.page_lock);
	spin_lock_nested(from == &VM->swapper_space ? &to->page_lock : &from->page_lock);
	err = radix_tree_insert(&to->page_tree, index, page);
	if (!err) {
		if (from == &VM->swapper_space)
			__delete_from_swap_cache(page);
		else
			__remove_inode_page(page);
		___add_to_page_cache(page, to, index);
	}
	spin_unlock(from == &VM->swapper_space ? &to->page_lock : &from->page_lock);
	spin_unlock(&VM->swapper_space.page_lock);
	return err;
}

/* -- to the swap cache ------------------------------------------------------------------------- */

static int move_to_2002(struct page *page, swp_entry_t entry)
{
	int err = swapcache_prepare(entry);

	if (err)
		return err;
	err = change_mapping(page, &VM->swapper_space, entry.val);
	if (err)
		swapcache_free(entry);
	else
		ClearPageReferenced(page);
	return err;
}

static int move_to_2003(struct page *page, swp_entry_t entry)
{
	int err = change_mapping(page, &VM->swapper_space, entry.val);

	if (!err)
		swap_shmem_alloc(entry);
	return err;
}

static int move_to_2004(struct page *page, swp_entry_t entry)
{
	int err = __add_to_swap_cache(page, entry);

	if (err)
		return err;
	remove_inode_page(page);
	page_cache_release(page); /* the page cache's reference */
	swap_shmem_alloc(entry);
	return 0;
}

int move_to_swap_cache(struct page *page, swp_entry_t entry)
{
	FN;
	int err;

	if (VM->kernel->swapcache_flag)
		err = move_to_2004(page, entry);
	else if (VM->kernel->add_to_swap_owns)
		err = move_to_2003(page, entry);
	else
		err = move_to_2002(page, entry);
	if (err)
		return err;
	SetPageUptodate(page);
	set_page_dirty(page);
	return 0;
}

/* -- and back ---------------------------------------------------------------------------------- */

int move_from_swap_cache(struct page *page, u32 index, struct address_space *mapping)
{
	FN;
	swp_entry_t entry = page_swap_entry(page);
	int err;

	BUG_ON(!PageLocked(page));
	BUG_ON(PageWriteback(page));
	if (VM->kernel->swapcache_flag) {
		err = add_to_page_cache(page, mapping, index);
		if (!err)
			delete_from_swap_cache(page);
	} else {
		err = change_mapping(page, mapping, index);
		if (!err)
			swapcache_free(entry);
	}
	if (err)
		return err;
	if (!VM->kernel->add_to_swap_owns)
		ClearPageReferenced(page);
	/* It has no slot that it could be read from again; and it belongs on the dirty list. */
	ClearPageDirty(page);
	set_page_dirty(page);
	return 0;
}
