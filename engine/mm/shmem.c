/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is a file: what the eras have in common. How a page is found, sent away and brought
 * back is in shmem_2002.c, shmem_2003.c and shmem_2015.c.
 *
 * Who leads to an object, and when it ends:
 *
 *	m:shmem{}                   its handle, as long as the machine lives
 *	MAP_SHARED | MAP_ANONYMOUS  the vmas that map it. mmap makes it, without a name in any
 *	                            directory; fork and mremap add a reference; with the last vma
 *	                            it goes, and what it had in memory and in swap
 *
 * A page that was never written to is not there: a fault makes one, of zeros, and unless it is made
 * dirty reclaim just drops it. Hence alloced: what the object was charged for is found by counting
 * what is left of it (shmem_recalc_inode).
 *
 * Objects are on the kernel's own mount of tmpfs, which has no limit. There is no directory tree,
 * no mount options, no quota. Source: 2.5.27 to 4.0 mm/shmem.c.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/shmem.h"
#include "mm/vm.h"
#include "sim/content.h"
#include "sim/truth.h"

/* shmem_inode_info of 2.6.8, with an inode of 2.6 in it. */
#define I386_SHMEM_INODE_SIZE 408u

#define ops() (VM->kernel->shmem)

/* -- accounts ---------------------------------------------------------------------------------- */

/* Pages that were made for holes and never written to are dropped without a word. */
void shmem_recalc_inode(struct inode *inode)
{
	struct shmem_inode_info *info = SHMEM_I(inode);
	s32 freed = (s32)(info->alloced - info->swapped - inode->i_data.nrpages);

	if (freed > 0)
		info->alloced -= (u32)freed;
}

/* -- faults ------------------------------------------------------------------------------------ */

static int getpage(struct inode *inode, u32 index, struct page **page, enum sgp_type sgp,
		   bool *major)
{
	*page = NULL;
	return ops()->getpage(inode, index, page, sgp, ops()->counts_major ? major : NULL);
}

struct page *shmem_nopage(struct vm_area_struct *vma, u32 address, bool *major, bool *oom)
{
	FN;
	u32 index = ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
	struct page *page;
	int err;

	*major = *oom = false;
	err = getpage(vma->vm_file, index, &page, SGP_CACHE, major);
	*oom = err == -ENOMEM;
	if (page && ops()->marks_accessed)
		mark_page_accessed(page);
	return page;
}

/* nonblock: SGP_QUICK finds what is in the page cache, whoever has it locked. */
struct page *shmem_populate(struct inode *inode, u32 pgoff, bool nonblock, bool patient, int *err)
{
	FN;
	struct page *page;

	(void)patient;
	*err = getpage(inode, pgoff, &page, nonblock ? SGP_QUICK : SGP_CACHE, NULL);
	if (page)
		mark_page_accessed(page);
	return page;
}

/* -- read() and write() ------------------------------------------------------------------------ */

/* Of the page that is there and not up to date, what a disk error did to it. */
static u64 marks_behind(struct inode *inode, u32 index)
{
	struct page *page = find_get_page(&inode->i_data, index);
	u64 marks = page ? content_tag(current->machine, page_to_pfn(page)) & CONTENT_LOST : 0;

	if (page)
		page_cache_release(page);
	return marks;
}

/* What was never there reads as zeros, and still is not there afterwards. */
static u32 load_hole(struct inode *inode, u32 index, u32 offset)
{
	struct truth *truth = current->machine->truth;

	if (truth)
		truth_file_load(truth, inode->i_ino, index, offset, 0, marks_behind(inode, index));
	return 0;
}

struct page *shmem_read_page(struct inode *inode, u32 index, int *err)
{
	struct page *page;

	*err = getpage(inode, index, &page, SGP_READ, NULL);
	if (page && ops()->locks_page)
		unlock_page(page);
	return page;
}

int shmem_file_read(struct inode *inode, u64 pos, u32 *word)
{
	FN;
	u32 index = (u32)(pos >> PAGE_SHIFT), offset = pos & ~PAGE_MASK;
	struct page *page;
	int err;

	if (!word_in_file(inode, pos))
		return -EINVAL;
	page = shmem_read_page(inode, index, &err);
	if (err)
		return err;
	if (!page) {
		*word = load_hole(inode, index, offset);
		return 0;
	}
	if (!offset && ops()->marks_accessed)
		mark_page_accessed(page);
	*word = load_word(inode, page, offset);
	page_cache_release(page);
	return 0;
}

/* Zeros instead of what should be there, or of nothing. That a disk error did it is still known. */
void shmem_clear(struct page *page)
{
	struct machine *m = current->machine;
	u64 marks = content_tag(m, page_to_pfn(page)) & CONTENT_LOST;

	content_clear(m, page_to_pfn(page));
	content_mark(m, page_to_pfn(page), marks);
	charge(PAGE_CLEAR);
	EV(PAGE_CLEAR, page_to_pfn(page));
	SetPageUptodate(page);
}

/* The page 4.0 has made for a write that was to fill it; this one does not. */
static void clear_rest(struct page *page)
{
	if (!PageUptodate(page))
		shmem_clear(page);
}

/* As for files on a disk, what lies beyond the end is EFBIG; in the kernel the file grows. */
static int write_word(struct inode *inode, u64 pos, u32 word)
{
	struct page *page;
	int err;

	if (!word_in_file(inode, pos))
		return pos % 4 ? -EINVAL : -EFBIG;
	err = getpage(inode, (u32)(pos >> PAGE_SHIFT), &page, SGP_WRITE, NULL);
	if (err)
		return err;
	clear_rest(page);
	store_word(inode, page, pos & ~PAGE_MASK, word);
	set_page_dirty(page);
	if (ops()->marks_accessed)
		mark_page_accessed(page);
	if (ops()->locks_written || ops()->locks_page)
		unlock_page(page);
	page_cache_release(page);
	return 0;
}

int shmem_file_write(struct inode *inode, u64 pos, u32 word)
{
	FN;
	int err;

	down_write(&inode->i_sem);
	err = write_word(inode, pos, word);
	up_write(&inode->i_sem);
	return err;
}

/* -- objects ----------------------------------------------------------------------------------- */

int shmem_grow(struct inode *inode, u32 nr)
{
	(void)inode;
	return nr > SHMEM_MAX_INDEX ? -EFBIG : 0;
}

bool shmem_init(void)
{
	spin_lock_init(&VM->shmem_lock, LC_SHMEM_LIST_LOCK, 0);
	init_rwsem(&VM->shmem_swaplist_mutex, LC_SHMEM_MUTEX, 0);
	VM->shmem_inode_cachep = kmem_cache_create("shmem_inode_cache", I386_SHMEM_INODE_SIZE,
						   sizeof(struct shmem_inode_info));
	return VM->shmem_inode_cachep;
}

void shmem_list_lock(void)
{
	spin_lock(&VM->shmem_lock);
}

void shmem_list_unlock(void)
{
	spin_unlock(&VM->shmem_lock);
}

static struct inode *shmem_get_inode(const char *name, u64 size)
{
	FN;
	struct shmem_inode_info *info = kmem_cache_alloc(VM->shmem_inode_cachep, GFP_KERNEL);
	struct inode *inode;

	if (!info)
		return NULL;
	inode = &info->vfs_inode;
	inode_init(inode, ops()->f_op, name, size);
	spin_lock_init(&info->lock, LC_SHMEM_LOCK, inode->i_ino);
	init_rwsem(&info->sem, LC_SHMEM_SEM, inode->i_ino);
	if (!ops()->swaplist) {
		shmem_list_lock();
		list_add_tail(&info->list, &VM->shmem_inodes);
		shmem_list_unlock();
	}
	return inode;
}

struct inode *shmem_file_setup(const char *name, u64 size, int *err)
{
	FN;
	struct inode *inode = NULL;

	*err = -EINVAL;
	if (size <= (u64)SHMEM_MAX_INDEX << PAGE_SHIFT) {
		*err = -ENOMEM;
		inode = shmem_get_inode(name, size);
	}
	if (inode)
		*err = 0;
	return inode;
}

int shmem_zero_setup(struct vm_area_struct *vma)
{
	FN;
	int err;
	struct inode *inode = shmem_file_setup("dev/zero", vma->vm_end - vma->vm_start, &err);

	if (!inode)
		return err;
	inode->unlinked = true;
	vma->vm_file = inode;
	return 0;
}

void shmem_destroy_inode(struct inode *inode)
{
	struct shmem_inode_info *info = SHMEM_I(inode);

	BUG_ON(inode->i_data.nrpages || info->swapped || !list_empty(&info->list));
	EV(FILE_GONE, inode->i_ino);
	list_del(&inode->inodes);
	VM->nr_inodes--;
	kmem_cache_free(VM->shmem_inode_cachep, info);
}

/* -- swapoff ----------------------------------------------------------------------------------- */

int shmem_unuse(swp_entry_t entry, struct page *page)
{
	return ops()->unuse(entry, page);
}

u32 shmem_find_swap_entries(struct shmem_inode_info *info, u32 type, u32 first, u32 *indices)
{
	swp_entry_t entry;
	u32 n = 0;

	ops()->lock_entries(info);
	while (n < UNUSE_BATCH && ops()->next_entry(current->machine, info, &first, &entry)) {
		if (SWP_TYPE(entry) == type)
			indices[n++] = first;
		first++;
	}
	ops()->unlock_entries(info);
	return n;
}

/* A page that cannot be read stays out, and one that was truncated is out already. */
static int shmem_unuse_inode(struct inode *inode, u32 type)
{
	FN;
	u32 indices[UNUSE_BATCH], n, i, first = 0;

	while ((n = ops()->find_swap_entries(SHMEM_I(inode), type, first, indices))) {
		for (i = 0; i < n; i++) {
			struct page *page;
			int err = getpage(inode, indices[i], &page, SGP_CACHE, NULL);

			if (err == -ENOMEM)
				return err;
			if (!page)
				continue;
			if (ops()->locks_page)
				unlock_page(page);
			page_cache_release(page);
		}
		first = indices[n - 1] + 1;
		if (current->need_resched)
			schedule();
	}
	return 0;
}

/* An inode whose last user is gone frees its slots itself. */
static struct inode *swapped_inode(struct shmem_inode_info *info)
{
	return info->swapped && hold_inode(&info->vfs_inode) ? &info->vfs_inode : NULL;
}

/*
 * The list cannot be held over reading pages: shmem_writepage may want it. The inode at hand is
 * held instead, and stays on the list, so that the next one is asked for when the list is held
 * again. The kernel of seed 003 takes inodes off that have nothing left in swap; what pageout finds
 * off the list it puts on it.
 */
int shmem_unuse_type(u32 type)
{
	FN_AS("shmem_unuse");
	struct list_head *p, *next;
	struct inode *prev = NULL;
	int err = 0;

	ops()->lock_list();
	for (p = list_next(&VM->shmem_inodes); p != &VM->shmem_inodes && !err; p = next) {
		struct shmem_inode_info *info = list_entry(p, struct shmem_inode_info, list);
		struct inode *inode = swapped_inode(info);

		if (inode) {
			ops()->unlock_list();
			if (prev)
				release_inode(prev);
			prev = inode;
			err = shmem_unuse_inode(inode, type);
			if (err && swapoff_mistake(UNLOCK_NOT_HELD))
				break;
			ops()->lock_list();
		}
		next = list_next(p);
		if (ops()->swaplist && !info->swapped)
			list_del(p);
	}
	ops()->unlock_list();
	if (prev)
		release_inode(prev);
	return err;
}
