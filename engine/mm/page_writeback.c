/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing dirty pages back: for reclaim, for sync, and by pdflush in the background.
 *
 *	dirty_pages  head: dirtied last ........ tail: dirtied first
 *	      | all of it, at once
 *	      v
 *	io_pages ---- from the tail ----> written:            locked_pages
 *	      |                           clean after all:    clean_pages
 *	      |                           dirty, in flight:   dirty_pages again
 *	      +-- what was not got to: back to the tail of dirty_pages
 *
 * Source: 2.5.26 mm/page-writeback.c, fs/mpage.c, fs/fs-writeback.c. The swap cache is written by
 * the same walk: one victim of reclaim drags up to 32 writes along, perhaps all of them of other
 * pages. 2.6 writes exactly the page at hand.
 *
 * Not here: the timer that writes what has been dirty for 30 seconds (wb_kupdate), and the
 * thresholds that slow down whoever makes too much dirty (balance_dirty_pages). pdflush works when
 * reclaim asks for it.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "sim/disk.h"

#define MAX_WRITEBACK_PAGES 1024

/* -- one mapping --------------------------------------------------------------------------- */

int writepage(struct page *page)
{
	const struct inode *inode = page_mapping(page)->host;

	return inode ? inode->f_op->writepage(page) : swap_writepage(page);
}

int disk_writepage(struct page *page)
{
	const struct inode *inode = page_mapping(page)->host;

	count(pgpgout);
	submit_page_write(page, current->machine->disks[0], inode_block(inode, page->index));
	return 0;
}

/* Take pages off the tail of io_pages until one needs writing; it goes to locked_pages.
 * page_lock held. NULL: none is left. */
static struct page *next_to_write(struct address_space *mapping)
{
	while (!list_empty(&mapping->io_pages)) {
		struct page *page = list_entry(list_prev(&mapping->io_pages), struct page, list);
		bool dirty = PageDirty(page), writeback = PageWriteback(page);

		list_del(&page->list);
		if (dirty && !writeback) {
			list_add(&page->list, &mapping->locked_pages);
			return page;
		}
		list_add(&page->list, dirty ? &mapping->dirty_pages :
				      writeback ? &mapping->locked_pages : &mapping->clean_pages);
	}
	return NULL;
}

/* The page may have left the mapping, or may have been written, while its lock was waited for. */
static bool write_one(struct address_space *mapping, struct page *page)
{
	lock_page(page);
	if (page_mapping(page) != mapping || PageWriteback(page) || !clear_page_dirty(page)) {
		unlock_page(page);
		return false;
	}
	if (VM->kernel->lru->written)
		VM->kernel->lru->written(page);
	writepage(page);
	return true;
}

u32 generic_writepages(struct address_space *mapping, u32 nr_to_write)
{
	FN;
	struct page *page;
	u32 written = 0;

	spin_lock(&mapping->page_lock);
	list_splice_init(&mapping->dirty_pages, &mapping->io_pages);
	while (written < nr_to_write && (page = next_to_write(mapping))) {
		page_cache_get(page);
		spin_unlock(&mapping->page_lock);
		written += write_one(mapping, page);
		page_cache_release(page);
		spin_lock(&mapping->page_lock);
	}
	list_splice_init(&mapping->io_pages, list_prev(&mapping->dirty_pages));
	spin_unlock(&mapping->page_lock);
	return written;
}

/* That of 2.5.41, for 2.5.27 too: this page, and no other (shmem_2002.c says why). */
static u32 shmem_vm_writeback(struct page *page)
{
	FN;

	clear_page_dirty(page);
	writepage(page);
	return 0;
}

u32 generic_vm_writeback(struct page *page, u32 nr_to_write)
{
	FN;
	struct address_space *mapping = page_mapping(page);

	if (mapping->host && mapping->host->f_op->memory_backed)
		return shmem_vm_writeback(page);

	/* The page was what kept the mapping in place; files of this model never go away. */
	unlock_page(page);
	return generic_writepages(mapping, nr_to_write);
}

/* -- every file ---------------------------------------------------------------------------- */

/* Files in memory are passed over. They alone ever leave the list; nobody sleeps over one. */
static u32 writeback_inodes(u32 nr_to_write)
{
	FN;
	struct list_head *pos;
	u32 written = 0;

	list_for_each(pos, &VM->inodes) {
		struct inode *inode = list_entry(pos, struct inode, inodes);

		if (!inode->f_op->memory_backed && !list_empty(&inode->i_data.dirty_pages))
			written += generic_writepages(&inode->i_data, nr_to_write - written);
		if (written >= nr_to_write)
			break;
	}
	return written;
}

void sync_inodes(void)
{
	FN;

	writeback_inodes(UINT32_MAX);
}

void wait_inodes(void)
{
	FN;
	struct list_head *pos;

	list_for_each(pos, &VM->inodes) {
		struct inode *inode = list_entry(pos, struct inode, inodes);

		if (!inode->f_op->memory_backed)
			filemap_fdatawait(&inode->i_data);
	}
}

/* -- pdflush ------------------------------------------------------------------------------- */

/* The kernel asks for as many pages as are dirty, swap included, and writes whole chunks of the
 * files: that is to say, all of them. */
void wakeup_bdflush(void)
{
	VM->bdflush_wanted = MAX_WRITEBACK_PAGES;
	wake_up(&VM->bdflush_wanted);
}

static void background_writeout(void)
{
	FN;

	while (writeback_inodes(MAX_WRITEBACK_PAGES) >= MAX_WRITEBACK_PAGES)
		;
}

void pdflush_thread(void *machine)
{
	FN;

	(void)machine;
	for (;;) {
		while (!VM->bdflush_wanted)
			sleep_on(&VM->bdflush_wanted);
		VM->bdflush_wanted = 0;
		background_writeout();
	}
}
