/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache: which page of which file is in memory, where, and who may touch it just now.
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
 * The file system of this model has no buffers: a page is one block of disk 0, PG_private is never
 * set, and where the kernel asks for it nothing stands here. It has no directory and no read-ahead
 * for files either: pages are read one by one, when they are wanted.
 *
 * Source: 2.5.26 mm/filemap.c, with seed 000.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "sim/content.h"
#include "sim/disk.h"
#include "sim/truth.h"

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

void end_page_writeback(struct page *page)
{
	if (!TestClearPageWriteback(page))
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
	EV(READ_END, pfn);
	unlock_page(page);
}

static void end_page_write(u32 pfn, int error)
{
	FN;
	struct page *page = pfn_to_page(pfn);

	if (error)
		SetPageError(page);
	end_page_writeback(page);
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

/* The readpage of this model's file system. Unlocks the page when it has been read. */
static void readpage(struct inode *inode, struct page *page)
{
	count(pgpgin);
	submit_page_read(page, current->machine->disks[0], inode->first_block + page->index);
}

/* -- what is in a mapping ------------------------------------------------------------------ */

static void address_space_init(struct address_space *mapping, struct inode *host)
{
	u32 id = host ? host->i_ino : 0;

	mapping->host = host;
	mapping->page_tree.gfp_mask = GFP_ATOMIC;
	spin_lock_init(&mapping->page_lock, LC_MAPPING_PAGE_LOCK, id);
	spin_lock_init(&mapping->i_shared_lock, LC_I_SHARED_LOCK, id);
}

static int __add_to_page_cache(struct page *page, struct address_space *mapping, u32 index)
{
	int err = radix_tree_insert(&mapping->page_tree, index, page);

	if (err)
		return err;
	ClearPageDirty(page);
	list_add(&page->list, &mapping->clean_pages);
	page->mapping = mapping;
	page->index = index;
	mapping->nrpages++;
	page_cache_get(page);
	if (mapping->host)
		EV(CACHE_ADD, page_to_pfn(page), mapping->host->i_ino, index);
	else
		EV(SWAPCACHE_ADD, page_to_pfn(page), index);
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
bool set_page_dirty(struct page *page)
{
	struct address_space *mapping;

	if (TestSetPageDirty(page))
		return false;
	mapping = READ_ONCE(page->mapping);
	if (mapping) {
		spin_lock(&mapping->page_lock);
		if (page->mapping == mapping) {
			list_del(&page->list);
			list_add(&page->list, &mapping->dirty_pages);
		}
		spin_unlock(&mapping->page_lock);
	}
	EV(PAGE_DIRTY, page_to_pfn(page));
	return true;
}

bool clear_page_dirty(struct page *page)
{
	return TestClearPageDirty(page);
}

/* -- looking a page up --------------------------------------------------------------------- */

struct page *find_get_page(struct address_space *mapping, u32 index)
{
	struct page *page;

	spin_lock(&mapping->page_lock);
	page = radix_tree_lookup(&mapping->page_tree, index);
	if (page)
		page_cache_get(page);
	spin_unlock(&mapping->page_lock);
	return page;
}

struct page *find_trylock_page(struct address_space *mapping, u32 index)
{
	struct page *page;

	spin_lock(&mapping->page_lock);
	page = radix_tree_lookup(&mapping->page_tree, index);
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

/* -- reading ------------------------------------------------------------------------------- */

/* Bring a page that is not there into the cache and start to read it. Somebody else may be faster:
 * that is as good. 0 or -ENOMEM. */
static int page_cache_read(struct inode *inode, u32 index)
{
	FN;
	struct page *page = alloc_page(GFP_HIGHUSER);
	int err;

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
	return PageUptodate(page) ? 0 : -EIO;
}

/* A page of a file, referenced and up to date. NULL: *err is -ENOMEM or -EIO. *waited says that it
 * was not there yet. A page whose first read failed is read a second time and then given up. */
static struct page *read_cache_page(struct inode *inode, u32 index, bool *waited, int *err)
{
	FN;
	struct page *page;

	for (;;) {
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

static u32 inode_pages(const struct inode *inode)
{
	return (u32)((inode->i_size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

struct page *filemap_nopage(struct vm_area_struct *vma, u32 address, bool *major, bool *oom)
{
	FN;
	struct inode *inode = vma->vm_file;
	u32 pgoff = ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
	struct page *page;
	int err;

	*major = *oom = false;
	if (pgoff >= inode_pages(inode))
		return NULL;
	page = read_cache_page(inode, pgoff, major, &err);
	*oom = !page && err == -ENOMEM;
	if (page)
		mark_page_accessed(page);
	return page;
}

/* Is a whole word at pos inside the file? */
static bool word_in_file(const struct inode *inode, u64 pos)
{
	return pos % 4 == 0 && pos < inode->i_size && inode->i_size - pos >= 4;
}

/* The word itself. The content truth is told in the same breath, before anybody else can run. */
static u32 load_word(const struct inode *inode, const struct page *page, u32 offset)
{
	struct machine *m = current->machine;
	u32 pfn = page_to_pfn(page), word = content_load(m, pfn, offset);

	if (m->truth)
		truth_file_load(m->truth, inode->i_ino, page->index, offset, word,
				content_tag(m, pfn));
	return word;
}

static void store_word(const struct inode *inode, const struct page *page, u32 offset, u32 word)
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

/* -- writing ------------------------------------------------------------------------------- */

/* A page of a file, locked, referenced and up to date, because only a part of it will be written.
 * NULL and *err as above. */
static struct page *prepare_write(struct inode *inode, u32 index, int *err)
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

/* Files of this model do not grow: beyond the end is EFBIG. And nobody who makes pages dirty is
 * slowed down (balance_dirty_pages): memory pressure alone starts writing. */
int generic_file_write(struct inode *inode, u64 pos, u32 word)
{
	FN;
	struct page *page;
	int err;

	if (!word_in_file(inode, pos))
		return pos % 4 ? -EINVAL : -EFBIG;
	page = prepare_write(inode, (u32)(pos >> PAGE_SHIFT), &err);
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

void filemap_fdatawait(struct address_space *mapping)
{
	FN;
	struct list_head *locked = &mapping->locked_pages;

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
		page_cache_release(page);
		spin_lock(&mapping->page_lock);
	}
	spin_unlock(&mapping->page_lock);
}

/* -- files --------------------------------------------------------------------------------- */

/* The file's blocks, one after the other on disk 0, each with content of its own. */
static bool format_blocks(struct inode *inode)
{
	struct machine *m = current->machine;
	u32 i;

	if (VM->next_block + inode->nr_blocks < VM->next_block ||
	    !disk_grow(m, m->disks[0], VM->next_block + inode->nr_blocks))
		return false;
	inode->first_block = VM->next_block;
	VM->next_block += inode->nr_blocks;
	for (i = 0; i < inode->nr_blocks; i++)
		disk_format(m, m->disks[0], inode->first_block + i, ++m->next_stamp);
	return true;
}

struct inode *inode_create(const char *name, u64 size)
{
	FN;
	struct inode *inode;
	u32 i;

	if (size > (u64)UINT32_MAX << PAGE_SHIFT)
		return NULL;
	inode = kmem_cache_alloc(VM->inode_cachep, GFP_KERNEL);
	if (!inode)
		return NULL;
	inode->i_size = size;
	inode->nr_blocks = inode_pages(inode);
	if (!format_blocks(inode)) {
		kmem_cache_free(VM->inode_cachep, inode);
		return NULL;
	}
	inode->i_ino = ++VM->nr_inodes;
	inode->i_count = 1;
	for (i = 0; i + 1 < sizeof(inode->name) && name[i]; i++)
		inode->name[i] = name[i];
	address_space_init(&inode->i_data, inode);
	list_add_tail(&inode->inodes, &VM->inodes);
	return inode;
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
