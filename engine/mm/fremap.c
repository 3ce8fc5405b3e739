/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * remap_file_pages: another order of a file's pages inside a shared mapping, by page tables alone.
 *
 *	vma    | 0 | 1 | 2 | 3 | 4 | 5 |     what vm_pgoff says: page i of the file at place i
 *
 *	remap_file_pages(place 1, 2 pages, page 40)
 *
 *	ptes   | 0 |40 |41 | 3 | 4 | 5 |     one vma still; it is VM_NONLINEAR from now on
 *
 * Databases on 32 bits wanted a small window on a large file without a vma for each piece of it.
 * The price is paid everywhere else: nothing but the pte knows which page belongs to an address.
 * When such a pte is taken away it must not become empty, or the next fault would fetch the linear
 * page; it is left as a file pte, which names the page:
 *
 *	 31                            8  7  6  5      1  0
 *	+-------------------------------+--+--+---------+--+
 *	|  page / 32                    | 0| 1| page%32 | 0|     29 bits: 2 TiB of a file
 *	+-------------------------------+--+--+---------+--+
 *
 * and a fault on that comes to do_file_page, which calls populate_range here for one page.
 *
 * 4.0 gave it up: remap_file_pages makes an ordinary vma for each call there.
 *
 * Source: mm/fremap.c and filemap_populate (mm/filemap.c) of 2.6.0, 2.6.5, 2.6.7, 2.6.8, 2.6.9 and
 * 2.6.16; seed 002; mm/mmap.c of 4.0.
 */
#include <errno.h>

#include "mm/memory_private.h"
#include "rmap/rmap.h"

static const struct fremap_ops *fremap(void)
{
	return VM->kernel->fremap;
}

/* -- one entry ------------------------------------------------------------------------------- */

/* The entry of addr, with a page table under it and its lock held. NULL: no memory. */
static pte_t *get_locked_pte(struct mm_struct *mm, u32 addr, spinlock_t **ptl)
{
	FN;
	pte_t *pte;

	spin_lock(&mm->page_table_lock);
	pte = pte_alloc_map(mm, pgd_offset(mm, addr), addr);
	*ptl = pte ? pte_lockptr(mm, pte) : &mm->page_table_lock;
	if (*ptl != &mm->page_table_lock) {
		spin_unlock(&mm->page_table_lock);
		spin_lock(*ptl);
	} else if (!pte) {
		spin_unlock(&mm->page_table_lock);
	}
	return pte;
}

/* One page of the file more, or less. */
static void add_rss(struct mm_struct *mm, s32 n)
{
	if (!VM->kernel->rss_by_kind) {
		mm->rss += (u32)n;
		return;
	}
	if (n < 0)
		update_hiwater_rss(mm);
	mm->file_rss += (u32)n;
}

/* What was here goes. Returns whether the TLB has still to be flushed. */
static bool zap_pte(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr, pte_t *ptep)
{
	FN;
	pteval_t pte = ptep_get(ptep);
	struct page *page;

	if (pte_none(pte))
		return false;
	if (!pte_present(pte)) {
		if (!pte_file(pte))
			free_swap_and_cache(pte_to_swp_entry(pte));
		pte_clear(ptep);
		return false;
	}
	pte = fremap()->flushes_last ? ptep_get_and_clear(ptep) :
				       ptep_clear_flush(vma, addr, ptep);
	page = vm_normal_page(pte);
	if (page) {
		if (pte_dirty(pte))
			set_page_dirty(page);
		page_remove_rmap(page, ptep);
		page_cache_release(page);
		add_rss(mm, -1);
	}
	return fremap()->flushes_last;
}

/* -- install_page ---------------------------------------------------------------------------- */

/* What install_page needs before it takes locks. 0 or -ENOMEM. */
static int get_ready(struct vm_area_struct *vma, u32 addr, struct page *page,
		     struct rmap_ready *ready)
{
	int err;

	BUG_ON(fremap()->has_cursor && !fremap()->sees_truncation && !page->mapping);
	if (!wants_chain_nodes())
		return 0;
	err = rmap_prepare(ready, vma, GFP_KERNEL);
	if (err || VM->kernel->anon_mark != ANON_CHAINED)
		return err;
	/* Where no vma says it is, a page can only be found by chain (seed 002). */
	if (!PageAnon(page) && page->index != linear_page_index(vma, addr)) {
		lock_page(page);
		err = page_convert_anon(page);
		unlock_page(page);
	}
	return err;
}

/* Has truncation been here since the page was found? */
static bool truncated(const struct vm_area_struct *vma, const struct page *page)
{
	return fremap()->sees_truncation &&
	       (!page->mapping || page->index >= inode_pages(vma->vm_file));
}

/* Lock of the page table held. */
static void map_page(struct vm_area_struct *vma, u32 addr, struct page *page, pgprot_t prot,
		     pte_t *pte, struct rmap_ready *ready)
{
	struct mm_struct *mm = vma->vm_mm;
	bool flush = zap_pte(mm, vma, addr, pte);

	add_rss(mm, 1);
	set_pte(pte, mk_pte(page, prot));
	page_add_file_rmap(page, vma, addr, pte, ready);
	EV(FILE_MAP, addr, page_to_pfn(page), vma->vm_file->i_ino);
	if (flush)
		flush_tlb_page(vma, addr);
}

/* The reference to page is the pte's from now on. 0, -ENOMEM, or -EINVAL: it was truncated. */
static int install_page(struct vm_area_struct *vma, u32 addr, struct page *page, pgprot_t prot)
{
	FN;
	struct rmap_ready ready = { 0 };
	int err = get_ready(vma, addr, page, &ready);
	spinlock_t *ptl;
	pte_t *pte = NULL;

	if (!err) {
		pte = get_locked_pte(vma->vm_mm, addr, &ptl);
		err = !pte ? -ENOMEM : truncated(vma, page) ? -EINVAL : 0;
	}
	if (!err)
		map_page(vma, addr, page, prot, pte, &ready);
	if (pte)
		spin_unlock(ptl);
	rmap_release(&ready);
	return err;
}

/* A page that shall be read when somebody wants it. 0 or -ENOMEM. */
static int install_file_pte(struct vm_area_struct *vma, u32 addr, u32 pgoff)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	spinlock_t *ptl;
	pte_t *pte = get_locked_pte(mm, addr, &ptl);
	bool flush;

	if (!pte)
		return -ENOMEM;
	flush = zap_pte(mm, vma, addr, pte);
	set_pte(pte, pgoff_to_pte(pgoff));
	EV(FILE_PTE, addr, pgoff, vma->vm_file->i_ino);
	if (flush)
		flush_tlb_page(vma, addr);
	spin_unlock(ptl);
	return 0;
}

/* -- filemap_populate ------------------------------------------------------------------------ */

/* nonblock, and the page is not in memory. Up to 2.6.7 an entry for which linear is right is left
 * alone, whatever it says. */
static int note_absent(struct vm_area_struct *vma, u32 addr, u32 pgoff)
{
	if (!fremap()->notes_linear && pgoff == linear_page_index(vma, addr))
		return 0;
	if (fremap()->never_waits && !(vma->vm_flags & VM_NONLINEAR))
		return 0;
	return install_file_pte(vma, addr, pgoff);
}

static int populate_one(struct vm_area_struct *vma, u32 addr, pgprot_t prot, u32 pgoff,
			bool nonblock)
{
	struct page *page;
	int err;

	page = vma->vm_file->f_op->getpage(vma->vm_file, pgoff, nonblock, !fremap()->never_waits,
					   &err);
	if (!page && (err == -EINVAL || (err && vma->vm_file->f_op->memory_backed)))
		return err;
	if (!page)
		return nonblock && !err ? note_absent(vma, addr, pgoff) : -ENOMEM;
	err = install_page(vma, addr, page, prot);
	if (err)
		page_cache_release(page);
	return err;
}

int populate_range(struct vm_area_struct *vma, u32 address, u32 size, pgprot_t prot, u32 pgoff,
		   bool nonblock)
{
	FN_AS("filemap_populate");
	u32 left = size >> PAGE_SHIFT;
	int err;

	if (!nonblock)
		do_page_cache_readahead(vma->vm_file, pgoff, left);
	for (; left; left--, pgoff++, address += PAGE_SIZE) {
		if (pgoff + left > inode_pages(vma->vm_file))
			return -EINVAL;
		err = populate_one(vma, address, prot, pgoff, nonblock);
		if (err)
			return err;
	}
	return 0;
}

/* -- by page tables: 2.6.0 to 2.6.16 --------------------------------------------------------- */

/* A vma that can be remapped: shared, of a file, with all of the range in it. end was not rounded.
 * 2.6.7 also refuses one whose pages are just being swept by try_to_unmap_cluster. */
static bool remappable(const struct vm_area_struct *vma, u32 start, u32 end)
{
	if (!vma || !(vma->vm_flags & VM_SHARED) || !vma->vm_file)
		return false;
	if (fremap()->has_cursor && vma->vm_private_data &&
	    !(vma->vm_flags & fremap()->cursor_flags))
		return false;
	return end > start && start >= vma->vm_start && end <= vma->vm_end;
}

/*
 * Before the first page is where it does not belong. Never taken back: that would have to be done
 * after populate, and the semaphore is not held for writing any more. mmap_sem held for writing.
 */
static void make_nonlinear(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma_mapping(vma);

	if (vma->vm_flags & VM_NONLINEAR)
		return;
	if (fremap()->has_cursor) { /* there is a list for such vmas */
		i_mmap_lock(mapping);
		i_mmap_remove(vma);
		vma->vm_flags |= VM_NONLINEAR;
		i_mmap_insert(vma, NULL);
		i_mmap_unlock(mapping);
	} else {
		vma->vm_flags |= VM_NONLINEAR;
	}
	EV(VMA_NONLINEAR, vma->vm_start, vma->vm_end, vma->vm_file->i_ino);
}

/* Up to 2.6.7: the semaphore is taken for writing in any case. */
static int remap_downgrading(u32 start, u32 size, u32 end, u32 pgoff, bool nonblock)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err;

	down_write(&mm->mmap_sem);
	vma = find_vma(mm, start);
	if (!remappable(vma, start, end)) {
		up_write(&mm->mmap_sem);
		return -EINVAL;
	}
	if (pgoff != linear_page_index(vma, start))
		make_nonlinear(vma);
	downgrade_write(&mm->mmap_sem);
	err = populate_range(vma, start, size, vma->vm_page_prot, pgoff, nonblock);
	up_read(&mm->mmap_sem);
	return err;
}

/* From 2.6.8 on: only the first call on a vma has to change it. */
static int remap_retrying(u32 start, u32 size, u32 end, u32 pgoff, bool nonblock)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	bool write = false;
	int err = -EINVAL;

	down_read(&mm->mmap_sem);
retry:
	vma = find_vma(mm, start);
	if (remappable(vma, start, end)) {
		if (pgoff != linear_page_index(vma, start) && !(vma->vm_flags & VM_NONLINEAR)) {
			if (!write) {
				up_read(&mm->mmap_sem);
				down_write(&mm->mmap_sem);
				write = true;
				goto retry;
			}
			make_nonlinear(vma);
		}
		err = populate_range(vma, start, size, vma->vm_page_prot, pgoff, nonblock);
	}
	if (write)
		up_write(&mm->mmap_sem);
	else
		up_read(&mm->mmap_sem);
	return err;
}

/* -- by vmas: 4.0 ---------------------------------------------------------------------------- */

static u32 prot_of(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_READ ? PROT_READ : 0) |
	       (vma->vm_flags & VM_WRITE ? PROT_WRITE : 0) |
	       (vma->vm_flags & VM_EXEC ? PROT_EXEC : 0);
}

/* Read what can be read of [start, end), which is one vma; nobody asks whether it could. */
static void mm_populate(struct mm_struct *mm, u32 start, u32 end)
{
	FN;
	struct vm_area_struct *vma;

	down_read(&mm->mmap_sem);
	vma = find_vma(mm, start);
	while (vma && vma->vm_start <= start && prot_of(vma) && start < end) {
		const pte_t *pte = pte_offset(mm, start);

		if ((!pte || !pte_present(ptep_get(pte))) &&
		    handle_mm_fault(mm, vma, start, false) <= VM_FAULT_SIGBUS)
			break;
		start += PAGE_SIZE;
	}
	up_read(&mm->mmap_sem);
}

/* The file is held: what is unmapped on the way may be the last that leads to it. */
static s64 remap_vma(const struct vm_area_struct *vma, u32 start, u32 size, u32 pgoff, u32 flags)
{
	struct inode *file = vma->vm_file;
	s64 ret;

	if (pgoff == linear_page_index(vma, start))
		return 0;
	hold_inode(file);
	ret = do_mmap_pgoff(file, start, size, prot_of(vma), flags, pgoff);
	release_inode(file);
	return ret;
}

static int remap_by_vma(u32 start, u32 size, u32 pgoff, bool nonblock)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	s64 ret = -EINVAL;
	u32 flags;

	if (pgoff + (size >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	down_write(&mm->mmap_sem);
	vma = find_vma(mm, start);
	if (vma && vma->vm_flags & VM_SHARED && start >= vma->vm_start &&
	    start + size <= vma->vm_end) {
		flags = MAP_SHARED | MAP_FIXED | (vma->vm_flags & VM_LOCKED ? MAP_LOCKED : 0);
		ret = remap_vma(vma, start, size, pgoff, flags);
	}
	up_write(&mm->mmap_sem);
	if (ret > 0 && (!nonblock || flags & MAP_LOCKED))
		mm_populate(mm, start, start + size);
	return ret < 0 ? (int)ret : 0;
}

/* -- the system call ------------------------------------------------------------------------- */

int sys_remap_file_pages(u32 start, u32 size, u32 prot, u32 pgoff, u32 flags)
{
	FN;
	u32 end = start + size;

	if (!fremap())
		return -ENOSYS;
	if (prot)
		return -EINVAL;
	start &= PAGE_MASK;
	size &= PAGE_MASK;
	if (start + size <= start)
		return -EINVAL;
	if (fremap()->by_vma)
		return remap_by_vma(start, size, pgoff, flags & MAP_NONBLOCK);
	/* A pte has room for so many bits. */
	if (pgoff + (u64)(size >> PAGE_SHIFT) >= 1ull << pte_file_max_bits(current->machine->pae))
		return -EINVAL;
	return (fremap()->downgrades ? remap_downgrading : remap_retrying)
		(start, size, end, pgoff, flags & MAP_NONBLOCK);
}

const struct fremap_ops fremap_2003 = {
	.name = "2003", .downgrades = true, .zap_forgets = true, .flushes_last = true,
};

const struct fremap_ops fremap_2004a = {
	.name = "2004a", .downgrades = true, .zap_forgets = true,
};

/* 2.6.7: a nonlinear vma is refused while its cursor is not 0, which was soon found to be wrong. */
const struct fremap_ops fremap_2004b = {
	.name = "2004b", .downgrades = true, .has_cursor = true, .cursor_flags = VM_RESERVED,
};

const struct fremap_ops fremap_2004c = {
	.name = "2004c", .sees_truncation = true, .notes_linear = true, .has_cursor = true,
	.cursor_flags = VM_NONLINEAR | VM_RESERVED,
};

const struct fremap_ops fremap_2006 = {
	.name = "2006", .sees_truncation = true, .notes_linear = true, .never_waits = true,
	.has_cursor = true, .cursor_flags = VM_NONLINEAR,
};

const struct fremap_ops fremap_2015 = {
	.name = "2015", .by_vma = true,
};
