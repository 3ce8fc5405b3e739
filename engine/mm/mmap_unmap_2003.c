/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * munmap and exit from 2.6.0 on.
 *
 *	2.6.0 to 2.6.9                           2.6.14 to 4.0
 *	page_table_lock                          -
 *	  take the vmas off the list             take the vmas off the list
 *	  clear their ptes                       clear their ptes (each table under its lock)
 *	  free the page tables                   each vma leaves its anon_vma and its file, then its
 *	                                           page tables go
 *	leave file and anon_vma, free the vmas   free the vmas
 *
 * On the right nobody finds a vma any more, neither reclaim nor truncation, when its page tables
 * go: they need no lock for that.
 *
 * Pages that wait to be put on a list (pagevec) have a reference; lru_add_drain gives it back, so
 * that a page with no other user is really free afterwards.
 *
 * Source: 2.6.0, 2.6.7, 2.6.9, 2.6.14, 4.0 mm/mmap.c, 2.6.14 mm/memory.c.
 */
#include "kernels.h"
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/pagemap.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

#include <errno.h>

/* Do vmas leave file and anon_vma before their page tables go? */
static bool unlinks_early(void)
{
	return mmap_since(MMAP_2_6_16);
}

/* In 4.0 these locks may sleep, and nobody may who gathers pages. */
static bool unlinking_sleeps(void)
{
	return mmap_since(MMAP_4_0);
}

/* -- vmas ------------------------------------------------------------------------------------ */

/* Off the list, those from vma on that begin before end. The vma behind them is returned. */
static struct vm_area_struct *detach_vmas_to_be_unmapped(struct mm_struct *mm,
							 struct vm_area_struct *vma,
							 struct vm_area_struct *prev, u32 end)
{
	struct vm_area_struct **insertion_point = prev ? &prev->vm_next : &mm->mmap, *tail = vma;

	for (mm->map_count--; tail->vm_next && tail->vm_next->vm_start < end; mm->map_count--)
		tail = tail->vm_next;
	*insertion_point = tail->vm_next;
	tail->vm_next = NULL;
	mm->mmap_cache = NULL;
	if (unlinks_early())
		unmap_area_between(mm, prev, *insertion_point);
	return *insertion_point;
}

static void unlink_file_vma(struct vm_area_struct *vma)
{
	FN;

	if (!vma->vm_file)
		return;
	i_mmap_lock(vma_mapping(vma));
	i_mmap_remove(vma);
	i_mmap_unlock(vma_mapping(vma));
}

/* remove_vm_struct to 2.6.11, remove_vma later. */
static void remove_vma(struct vm_area_struct *vma)
{
	EV(VMA_DEL, vma->vm_start, vma->vm_end);
	if (!unlinks_early()) {
		unlink_file_vma(vma);
		anon_vma_unlink(vma);
	}
	if (vma->vm_file)
		iput(vma->vm_file);
	kmem_cache_free(VM->vm_area_cachep, vma);
}

static void remove_vma_list(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next;

	if (mm->hiwater_vm < mm->total_vm)
		mm->hiwater_vm = mm->total_vm;
	for (; vma; vma = next) {
		next = vma->vm_next;
		mm->total_vm -= vma_pages(vma);
		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm -= vma_pages(vma);
		if (!unlinks_early())
			unmap_area(mm, vma);
		remove_vma(vma);
	}
}

/* -- page tables ----------------------------------------------------------------------------- */

/*
 * Free the tables behind [addr, end), by table or, up to 2.6.11, by pgd entry, which with PAE is a
 * GiB. The range lies in a hole [floor, ceiling) of the address space: what reaches out of the hole
 * has to stay. ceiling 0: up to the end.
 */
static void free_pgd_range(struct mmu_gather *tlb, u32 addr, u32 end, u32 floor, u32 ceiling)
{
	u32 n = VM->kernel->pgtables_by_pgd ? tables_per_pgd() : 1;
	u32 first = table_index(addr) / n, last = table_index(end - 1) / n + 1;

	if (floor && table_index(floor - 1) / n >= first)
		first = table_index(floor - 1) / n + 1;
	if (ceiling && table_index(ceiling) / n < last)
		last = table_index(ceiling) / n;
	if (first < last)
		clear_page_tables(tlb, first * n, (last - first) * n);
}

/* The vmas leave one by one, each with its tables. */
static void free_pgtables_2006(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 floor,
			       u32 ceiling)
{
	FN_AS("free_pgtables");

	for (; vma; vma = vma->vm_next) {
		if (!unlinking_sleeps()) {
			anon_vma_unlink(vma);
			unlink_file_vma(vma);
		}
		free_pgd_range(tlb, vma->vm_start, vma->vm_end, floor,
			       vma->vm_next ? vma->vm_next->vm_start : ceiling);
	}
}

static void unlink_all(struct vm_area_struct *vma)
{
	for (; vma; vma = vma->vm_next) {
		anon_vma_unlink(vma);
		unlink_file_vma(vma);
	}
}

/* What a table covers lies behind prev and before next, or the table is not the range's alone. */
static void free_pgtables_2003(struct mmu_gather *tlb, const struct vm_area_struct *prev,
			       const struct vm_area_struct *next, u32 start, u32 end)
{
	FN_AS("free_pgtables");

	free_pgd_range(tlb, start, end, prev ? prev->vm_end : 0, next ? next->vm_start : 0);
}

static void unmap_region_2003(struct mm_struct *mm, struct vm_area_struct *vma,
			      const struct vm_area_struct *prev, const struct vm_area_struct *next,
			      u32 start, u32 end)
{
	FN_AS("unmap_region");
	struct mmu_gather *tlb;

	lru_add_drain();
	tlb = tlb_gather_mmu(mm);
	unmap_vmas(tlb, vma, start, end, NULL);
	free_pgtables_2003(tlb, prev, next, start, end);
	tlb_finish_mmu(tlb, start, end);
}

/* vma: the first of those that were taken off the list; floor and ceiling are the hole they leave.
 * */
static void unmap_region_2006(struct mm_struct *mm, struct vm_area_struct *vma, u32 floor,
			      u32 ceiling, u32 start, u32 end)
{
	FN_AS("unmap_region");
	struct mmu_gather *tlb;

	lru_add_drain();
	tlb = tlb_gather_mmu(mm);
	update_hiwater_rss(mm);
	unmap_vmas(tlb, vma, start, end, NULL);
	if (unlinking_sleeps()) {
		tlb_finish_mmu(tlb, start, end);
		unlink_all(vma);
		tlb = tlb_gather_mmu(mm);
	}
	free_pgtables_2006(tlb, vma, floor, ceiling);
	tlb_finish_mmu(tlb, start, end);
}

/* -- munmap ---------------------------------------------------------------------------------- */

/* The vmas that stay are those that were there, whatever is cut off: *vma is the first of those to
 * go, *prev the one before. */
static int split_ends(struct mm_struct *mm, u32 start, u32 end, struct vm_area_struct **vma,
		      struct vm_area_struct **prev)
{
	struct vm_area_struct *last;

	if (start > (*vma)->vm_start) {
		/* One vma becomes three: better not to find out halfway. */
		if (mmap_since(MMAP_4_0) && end < (*vma)->vm_end && mm->map_count >= MAX_MAP_COUNT)
			return -ENOMEM;
		if (split_vma(mm, *vma, start, false))
			return -ENOMEM;
		*prev = *vma;
	}
	last = find_vma(mm, end);
	if (last && end > last->vm_start && split_vma(mm, last, end, true))
		return -ENOMEM;
	*vma = *prev ? (*prev)->vm_next : mm->mmap;
	return 0;
}

static void unmap_between(struct mm_struct *mm, struct vm_area_struct *vma,
			  struct vm_area_struct *prev, u32 start, u32 end)
{
	const struct vm_area_struct *next;

	if (unlinks_early()) {
		next = detach_vmas_to_be_unmapped(mm, vma, prev, end);
		unmap_region_2006(mm, vma, prev ? prev->vm_end : 0, next ? next->vm_start : 0,
				  start, end);
		return;
	}
	spin_lock(&mm->page_table_lock);
	next = detach_vmas_to_be_unmapped(mm, vma, prev, end);
	unmap_region_2003(mm, vma, prev, next, start, end);
	spin_unlock(&mm->page_table_lock);
}

int do_munmap_2003(struct mm_struct *mm, u32 addr, u32 len)
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
	vma = find_vma_prev(mm, addr, &prev);
	if (!vma || vma->vm_start >= end)
		return 0;
	if (split_ends(mm, addr, end, &vma, &prev))
		return -ENOMEM;
	unmap_between(mm, vma, prev, addr, end);
	remove_vma_list(mm, vma);
	return 0;
}

/* -- exit ------------------------------------------------------------------------------------ */

static void exit_2003(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct mmu_gather *tlb;

	spin_lock(&mm->page_table_lock);
	tlb = tlb_gather_mmu(mm);
	unmap_vmas(tlb, vma, 0, TASK_SIZE, NULL);
	clear_page_tables(tlb, 0, user_tables(current->machine));
	tlb_finish_mmu(tlb, 0, TASK_SIZE);
	mm->mmap = mm->mmap_cache = NULL;
	spin_unlock(&mm->page_table_lock);
}

static void exit_2006(struct mm_struct *mm, struct vm_area_struct *vma)
{
	if (vma)
		unmap_region_2006(mm, vma, 0, 0, 0, TASK_SIZE);
	mm->mmap = mm->mmap_cache = NULL;
}

void exit_mmap_2003(struct mm_struct *mm)
{
	FN_AS("exit_mmap");
	struct vm_area_struct *vma = mm->mmap, *next;

	lru_add_drain();
	if (unlinks_early())
		exit_2006(mm, vma);
	else
		exit_2003(mm, vma);
	mm->rss = mm->total_vm = mm->locked_vm = 0;
	for (; vma; vma = next, mm->map_count--) {
		next = vma->vm_next;
		remove_vma(vma);
	}
	BUG_ON(mm->map_count);
}
