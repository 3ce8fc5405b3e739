/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files: where they lie, and reading and writing them through the page cache, by page faults and
 * by read() and write().
 *
 *	filemap_nopage, generic_file_read              generic_file_write
 *	   in the cache and up to date? take it           find or make the page, and lock it
 *	   not in the cache: a new page, locked,          not up to date: read it first, since
 *	     and its block on the way from the disk         only a part of it will be written
 *	   not up to date: wait for the lock,             store, mark it dirty, unlock
 *	     whoever has it is reading
 *
 * The file system of this model has no directory and no buffers: a page is one block of disk 0,
 * PG_private is never set, and where the kernel asks for it nothing stands here. Files are read
 * page by page when they are wanted, not ahead of it.
 *
 * Source: 2.5.26 mm/filemap.c.
 */
#include <errno.h>

#include "mm/dcache.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "sim/content.h"
#include "sim/disk.h"
#include "sim/truth.h"

/* -- reading ------------------------------------------------------------------------------- */

/* The readpage of this model's file system: the page is unlocked when it has been read. */
static void readpage(struct inode *inode, struct page *page)
{
	count(pgpgin);
	submit_page_read(page, current->machine->disks[0], inode_block(inode, page->index));
}

static bool is_cached(struct address_space *mapping, u32 index)
{
	bool found;

	spin_lock(&mapping->page_lock);
	found = radix_tree_lookup(&mapping->page_tree, index) != NULL;
	spin_unlock(&mapping->page_lock);
	return found;
}

/* Bring a page that is not there into the cache and start to read it. Somebody else may be faster:
 * that is as good. 0 or -ENOMEM. */
static int page_cache_read(struct inode *inode, u32 index)
{
	FN;
	struct page *page;
	int err;

	if (is_cached(&inode->i_data, index))
		return 0;
	page = alloc_page(GFP_HIGHUSER | __GFP_COLD); /* page_cache_alloc_cold */
	if (!page)
		return -ENOMEM;
	lock_page(page);
	err = add_to_page_cache_lru(page, &inode->i_data, index);
	if (err)
		unlock_page(page);
	else
		readpage(inode, page);
	page_cache_release(page);
	return err == -EEXIST ? 0 : err;
}

/*
 * Wait until a page is up to date; start to read it if nobody does. 0, -EIO, or -EAGAIN: it has
 * left the mapping.
 */
static int wait_uptodate(struct inode *inode, struct page *page)
{
	if (PageUptodate(page))
		return 0;
	lock_page(page);
	if (page->mapping != &inode->i_data) {
		unlock_page(page);
		return -EAGAIN;
	}
	if (PageUptodate(page)) {
		unlock_page(page);
		return 0;
	}
	ClearPageError(page);
	readpage(inode, page);
	wait_on_page_locked(page);
	if (PageUptodate(page))
		return 0;
	return page->mapping == &inode->i_data ? -EIO : -EAGAIN;
}

/* A page of a file, referenced and up to date. NULL: *err is -ENOMEM, -EIO, or -EINVAL: the file
 * ends before it, perhaps only now. *waited says that it was not there yet. A page whose first read
 * failed is read a second time and then given up. */
static struct page *read_cache_page(struct inode *inode, u32 index, bool *waited, int *err)
{
	FN;
	struct page *page;

	for (;;) {
		*err = -EINVAL;
		if (index >= inode_pages(inode))
			return NULL;
		page = find_get_page(&inode->i_data, index);
		if (!page) {
			*waited = true;
			*err = page_cache_read(inode, index);
			if (*err)
				return NULL;
			continue;
		}
		*waited |= !PageUptodate(page);
		*err = wait_uptodate(inode, page);
		if (!*err)
			return page;
		page_cache_release(page);
		if (*err != -EAGAIN)
			return NULL;
	}
}

struct page *filemap_nopage(struct vm_area_struct *vma, u32 address, bool *major, bool *oom)
{
	FN;
	struct inode *inode = vma->vm_file;
	u32 pgoff = ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
	struct page *page;
	int err;

	*major = *oom = false;
	page = read_cache_page(inode, pgoff, major, &err);
	*oom = !page && err == -ENOMEM;
	if (page)
		mark_page_accessed(page);
	return page;
}

struct page *filemap_getpage(struct inode *inode, u32 pgoff, bool nonblock, bool patient, int *err)
{
	FN;
	struct page *page = find_get_page(&inode->i_data, pgoff);
	bool waited = false, there = page && (patient || PageUptodate(page));

	if (page)
		page_cache_release(page);
	*err = 0;
	if (nonblock && !there)
		return NULL;
	page = read_cache_page(inode, pgoff, &waited, err);
	if (page)
		mark_page_accessed(page);
	return page;
}

/* The kernel takes all the pages it needs before the first read; it gives up where memory does. */
static void read_ahead(struct inode *inode, u32 index, u32 nr)
{
	u32 end = inode_pages(inode);
	struct page *page;

	for (; nr-- && index < end; index++) {
		page = find_get_page(&inode->i_data, index);
		if (page)
			page_cache_release(page);
		else if (page_cache_read(inode, index))
			break;
	}
}

void do_page_cache_readahead(struct inode *inode, u32 index, u32 nr)
{
	FN;

	if (inode->f_op->readahead)
		inode->f_op->readahead(inode, index, nr);
}

bool word_in_file(const struct inode *inode, u64 pos)
{
	return pos % 4 == 0 && pos < inode->i_size && inode->i_size - pos >= 4;
}

u32 load_word(const struct inode *inode, const struct page *page, u32 offset)
{
	struct machine *m = current->machine;
	u32 pfn = page_to_pfn(page), word = content_load(m, pfn, offset);

	if (m->truth)
		truth_file_load(m->truth, inode->i_ino, page->index, offset, word,
				content_tag(m, pfn));
	return word;
}

void store_word(const struct inode *inode, const struct page *page, u32 offset, u32 word)
{
	struct machine *m = current->machine;
	u64 tag = content_store(m, page_to_pfn(page), offset, word);

	if (m->truth)
		truth_file_store(m->truth, inode->i_ino, page->index, offset, word, tag);
}

/* Only reading the beginning of a page counts as a use of it: somebody who reads a file in small
 * pieces uses each page once (2.5.26 do_generic_file_read). */
int generic_file_read(struct inode *inode, u64 pos, u32 *word)
{
	FN;
	u32 offset = pos & ~PAGE_MASK;
	bool waited = false;
	struct page *page;
	int err;

	if (!word_in_file(inode, pos))
		return -EINVAL;
	page = read_cache_page(inode, (u32)(pos >> PAGE_SHIFT), &waited, &err);
	if (!page)
		return err;
	if (!offset)
		mark_page_accessed(page);
	*word = load_word(inode, page, offset);
	page_cache_release(page);
	return 0;
}

/* How much of the page at pos a read up to end takes. */
static u32 piece(const struct inode *inode, u64 pos, u64 end)
{
	u64 next = (pos / PAGE_SIZE + 1) * PAGE_SIZE;

	if (end > inode->i_size)
		end = inode->i_size;
	return (u32)((next < end ? next : end) - pos);
}

/* To a buffer of the caller's that is no part of the machine: what is charged is the copy. The
 * content truth is asked about the first word that is copied whole. */
static void file_read_actor(const struct inode *inode, const struct page *page, u32 offset, u32 nr)
{
	u32 word = (offset + 3) & ~3u;

	if (page && word + 4 <= offset + nr)
		load_word(inode, page, word);
	current->machine->now += (u64)COST_NS_PAGE_COPY * nr / PAGE_SIZE;
}

static struct page *read_page(struct inode *inode, u32 index, int *err)
{
	bool waited = false;
	struct page *page = read_cache_page(inode, index, &waited, err);

	if (page)
		*err = 0;
	return page;
}

s64 do_generic_file_read(struct inode *inode, u64 pos, u64 bytes)
{
	FN;
	u64 begin = pos, end = pos + bytes;
	struct page *page;
	int err = 0;
	u32 nr;

	for (; pos < end && pos < inode->i_size; pos += nr) {
		u32 offset = pos & ~PAGE_MASK;

		page = inode->f_op->read_page(inode, (u32)(pos >> PAGE_SHIFT), &err);
		if (err)
			break;
		if (page && !offset)
			mark_page_accessed(page);
		nr = piece(inode, pos, end);
		file_read_actor(inode, page, offset, nr);
		sched_progress();
		if (page)
			page_cache_release(page);
	}
	return pos == begin && err ? err : (s64)(pos - begin);
}

/* -- writing ------------------------------------------------------------------------------- */

/* Locked, referenced and up to date, because only a part of it will be written. */
struct page *read_locked_page(struct inode *inode, u32 index, int *err)
{
	FN;
	struct page *page;

	for (;;) {
		page = find_or_create_page(&inode->i_data, index, GFP_HIGHUSER);
		*err = page ? 0 : -ENOMEM;
		if (!page || PageUptodate(page))
			return page;
		ClearPageError(page);
		readpage(inode, page);
		wait_on_page_locked(page);
		if (PageError(page))
			*err = -EIO;
		page_cache_release(page);
		if (*err)
			return NULL;
	}
}

/* Files of this model grow by truncation alone: beyond the end is EFBIG. And nobody who makes pages
 * dirty is slowed down (balance_dirty_pages): memory pressure alone starts writing. */
static int write_word(struct inode *inode, u64 pos, u32 word)
{
	struct page *page;
	int err;

	if (!word_in_file(inode, pos))
		return pos % 4 ? -EINVAL : -EFBIG;
	page = read_locked_page(inode, (u32)(pos >> PAGE_SHIFT), &err);
	if (!page)
		return err;
	store_word(inode, page, pos & ~PAGE_MASK, word);
	set_page_dirty(page);
	if (!PageReferenced(page))
		SetPageReferenced(page);
	unlock_page(page);
	page_cache_release(page);
	return 0;
}

int generic_file_write(struct inode *inode, u64 pos, u32 word)
{
	FN;
	int err;

	down_write(&inode->i_sem);
	err = write_word(inode, pos, word);
	up_write(&inode->i_sem);
	return err;
}

/* -- files --------------------------------------------------------------------------------- */

static void address_space_init(struct address_space *mapping, struct inode *host)
{
	u32 id = host ? host->i_ino : 0;

	mapping->host = host;
	mapping->page_tree.gfp_mask = GFP_ATOMIC;
	spin_lock_init(&mapping->page_lock, LC_MAPPING_PAGE_LOCK, id);
	i_mmap_init(mapping);
}

/* The size of disk 0. */
#define FILE_BLOCKS (1u << 20)

/* The file's blocks, one after the other, each with content of its own. */
static bool format_blocks(struct inode *inode)
{
	struct machine *m = current->machine;
	u32 i;

	if (inode->nr_blocks > FILE_BLOCKS - VM->next_block ||
	    !disk_grow(m, m->disks[0], VM->next_block + inode->nr_blocks))
		return false;
	inode->first_block = VM->next_block;
	VM->next_block += inode->nr_blocks;
	for (i = 0; i < inode->nr_blocks; i++)
		disk_format(m, m->disks[0], inode->first_block + i, ++m->next_stamp);
	return true;
}

/* The blocks of a new file, or of a new piece of one, lie together. */
int inode_grow(struct inode *inode, u32 nr)
{
	u32 i = 0, have = inode->nr_blocks;

	while (i < FILE_GROWN && inode->grown[i].nr_blocks)
		have += inode->grown[i++].nr_blocks;
	if (nr <= have)
		return 0;
	if (i == FILE_GROWN)
		return -EFBIG;
	nr -= have;
	if (nr > FILE_BLOCKS - VM->next_block ||
	    !disk_grow(current->machine, current->machine->disks[0], VM->next_block + nr))
		return -ENOSPC;
	inode->grown[i].first_block = VM->next_block;
	inode->grown[i].nr_blocks = nr;
	VM->next_block += nr;
	return 0;
}

void inode_init(struct inode *inode, const struct file_ops *f_op, const char *name, u64 size)
{
	u32 i;

	inode->i_ino = ++VM->last_ino;
	VM->nr_inodes++;
	inode->i_count = 1;
	inode->i_size = size;
	inode->f_op = f_op;
	for (i = 0; i + 1 < sizeof(inode->name) && name[i]; i++)
		inode->name[i] = name[i];
	init_rwsem(&inode->i_sem, LC_I_SEM, inode->i_ino);
	address_space_init(&inode->i_data, inode);
	list_add_tail(&inode->inodes, &VM->inodes);
}

struct inode *inode_create(const char *name, u64 size)
{
	FN;
	struct inode *inode;

	if (size > (u64)FILE_BLOCKS << PAGE_SHIFT)
		return NULL;
	inode = region_alloc(current->machine->region, sizeof(*inode));
	if (!inode)
		return NULL;
	inode->i_size = size;
	inode->nr_blocks = inode_pages(inode);
	if (!d_instantiate(inode) || !format_blocks(inode)) {
		d_delete(inode);
		region_free(current->machine->region, inode, sizeof(*inode));
		return NULL;
	}
	inode_init(inode, &disk_file_ops, name, size);
	d_add(inode);
	return inode;
}

bool igrab(struct inode *inode)
{
	return inode->i_count && ++inode->i_count;
}

void iput(struct inode *inode)
{
	FN;

	if (--inode->i_count)
		return;
	BUG_ON(!inode->f_op->delete_inode);
	if (current->machine->truth)
		truth_file_gone(current->machine->truth, inode->i_ino);
	inode->f_op->delete_inode(inode);
}

bool hold_inode(struct inode *inode)
{
	bool got = igrab(inode);

	inode->held += got;
	return got;
}

void release_inode(struct inode *inode)
{
	inode->held--;
	iput(inode);
}

struct inode *inode_by_number(u32 i_ino)
{
	struct list_head *pos;

	list_for_each(pos, &VM->inodes) {
		struct inode *inode = list_entry(pos, struct inode, inodes);

		if (inode->i_ino == i_ino)
			return inode;
	}
	return NULL;
}

void filemap_init(void)
{
	address_space_init(&VM->swapper_space, NULL);
}

const struct file_ops disk_file_ops = {
	.name = "file",
	.writepage = disk_writepage,
	.nopage = filemap_nopage,
	.getpage = filemap_getpage,
	.readahead = read_ahead,
	.read_page = read_page,
	.read = generic_file_read,
	.write = generic_file_write,
	.setattr = vmtruncate,
	.grow = inode_grow,
	.truncate = truncate_blocks,
};
