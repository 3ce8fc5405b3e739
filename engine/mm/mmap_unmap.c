/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking mappings away: munmap, and everything at once at exit.
 *
 *	1. split the vmas at both ends of the range      may fail, nothing is lost yet
 *	2. page_table_lock: take the vmas off the list, clear their ptes, free the page tables that
 *	   nobody else needs, flush, free the pages
 *	3. drop the files and free the vmas              without a lock of the mm
 *
 * Source: 2.5.26 mm/mmap.c. What came later is in mmap_unmap_2003.c.
 */
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

/* Take everything between prev, which is the vma before, and end off the list. page_table_lock
 * held. What was taken is linked the other way round: the last one is returned. */
static struct vm_area_struct *touched_by_munmap(struct mm_struct *mm, struct vm_area_struct *prev,
						u32 end)
{
	struct vm_area_struct **link = prev ? &prev->vm_next : &mm->mmap;
	struct vm_area_struct *vma, *next, *touched = NULL;

	for (vma = *link; vma && vma->vm_start < end; vma = next) {
		next = vma->vm_next;
		vma->vm_next = touched;
		touched = vma;
		mm->map_count--;
	}
	*link = vma;
	mm->mmap_cache = NULL;
	return touched;
}

/*
 * Free the page tables that only served [start, end), by entries of the pgd: of 4 MiB, each with a
 * table; with PAE of 1 GiB, so that nearly nothing is ever freed. The vma before the range and the
 * one behind it may need the first and the last of them.
 */
static void free_pgtables(struct mmu_gather *tlb, const struct vm_area_struct *prev, u32 start,
			  u32 end)
{
	const struct vm_area_struct *next = prev ? prev->vm_next : tlb->mm->mmap;
	u32 first = pgd_index(start), last = pgd_index(end - 1) + 1;

	if (prev && pgd_index(prev->vm_end - 1) >= first)
		first = pgd_index(prev->vm_end - 1) + 1;
	if (next && pgd_index(next->vm_start) < last)
		last = pgd_index(next->vm_start);
	if (first < last)
		clear_page_tables(tlb, first * tables_per_pgd(), (last - first) * tables_per_pgd());
}

/* Clear the ptes of the vmas that were taken off the list. page_table_lock held. */
static void unmap_region(struct mm_struct *mm, struct vm_area_struct *vma,
			 const struct vm_area_struct *prev, u32 start, u32 end)
{
	FN;
	struct mmu_gather *tlb = tlb_gather_mmu(mm);

	for (; vma; vma = vma->vm_next)
		unmap_page_range(tlb, vma, vma->vm_start, vma->vm_end, NULL);
	free_pgtables(tlb, prev, start, end);
	tlb_finish_mmu(tlb, start, end);
}

static void remove_shared_vm_struct(struct vm_area_struct *vma)
{
	struct address_space *mapping = &vma->vm_file->i_data;

	spin_lock(&mapping->i_shared_lock);
	list_del(&vma->shared);
	spin_unlock(&mapping->i_shared_lock);
}

static void vma_free(struct vm_area_struct *vma)
{
	EV(VMA_DEL, vma->vm_start, vma->vm_end);
	if (vma->vm_file) {
		remove_shared_vm_struct(vma);
		iput(vma->vm_file); /* fput */
	}
	kmem_cache_free(VM->vm_area_cachep, vma);
}

static void unmap_vma_list(struct mm_struct *mm, struct vm_area_struct *vma)
{
	while (vma) {
		struct vm_area_struct *next = vma->vm_next;
		u32 pages = (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;

		mm->total_vm -= pages;
		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm -= pages;
		vma_free(vma);
		vma = next;
	}
}

/* Make start and end boundaries of vmas. */
static int split_ends(struct mm_struct *mm, u32 start, u32 end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	if (vma && vma->vm_start < start && split_vma(mm, vma, start, false))
		return -ENOMEM;
	vma = find_vma(mm, end);
	if (vma && vma->vm_start < end && split_vma(mm, vma, end, false))
		return -ENOMEM;
	return 0;
}

int do_munmap_2002(struct mm_struct *mm, u32 addr, u32 len)
{
	FN_AS("do_munmap");
	struct vm_area_struct *vma, *prev;
	u32 end;

	if (addr & ~PAGE_MASK || addr > TASK_SIZE || len > TASK_SIZE - addr)
		return -EINVAL;
	len = PAGE_ALIGN(len);
	if (!len)
		return -EINVAL;
	end = addr + len;
	vma = find_vma(mm, addr);
	if (!vma || vma->vm_start >= end)
		return 0;
	if (split_ends(mm, addr, end))
		return -ENOMEM;

	spin_lock(&mm->page_table_lock);
	prev = find_vma_before(mm, addr);
	vma = touched_by_munmap(mm, prev, end);
	unmap_region(mm, vma, prev, addr, end);
	spin_unlock(&mm->page_table_lock);
	unmap_vma_list(mm, vma);
	return 0;
}

int sys_munmap(u32 addr, u32 len)
{
	FN;
	struct mm_struct *mm = current->mm;
	int ret;

	down_write(&mm->mmap_sem);
	ret = do_munmap(mm, addr, len);
	up_write(&mm->mmap_sem);
	return ret;
}

/* Clear every pte, free every page table, empty the list. page_table_lock held. */
static struct vm_area_struct *unmap_everything(struct mm_struct *mm)
{
	struct mmu_gather *tlb = tlb_gather_mmu(mm);
	struct vm_area_struct *first = mm->mmap, *vma;

	for (vma = first; vma; vma = vma->vm_next) {
		mm->map_count--;
		unmap_page_range(tlb, vma, vma->vm_start, vma->vm_end, NULL);
	}
	BUG_ON(mm->map_count);
	clear_page_tables(tlb, 0, user_tables(current->machine));
	tlb_finish_mmu(tlb, 0, TASK_SIZE);
	mm->mmap = mm->mmap_cache = NULL;
	mm->rss = mm->total_vm = mm->locked_vm = 0;
	return first;
}

void exit_mmap_2002(struct mm_struct *mm)
{
	FN_AS("exit_mmap");
	struct vm_area_struct *vma, *next;

	spin_lock(&mm->page_table_lock);
	vma = unmap_everything(mm);
	spin_unlock(&mm->page_table_lock);
	for (; vma; vma = next) {
		next = vma->vm_next;
		vma_free(vma);
	}
}
