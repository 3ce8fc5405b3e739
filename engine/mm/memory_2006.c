/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables in 2.6.16 and 4.0: copied by fork, cleared by munmap and exit, robbed of their pages
 * by truncation. What is done with the entries of one table is in ptes_2006.h. Faults are in
 * fault_2006.c, which also draws who guards what.
 *
 * Truncation holds a spinlock (i_mmap_lock) over any number of mappings of any size, so it must be
 * able to stop in the middle. Each vma remembers how far one has come:
 *
 *	mapping->truncate_count  7                       of this truncation
 *	vma 1  vm_truncate_count 7                       done
 *	vma 2  vm_truncate_count 0x40123000              stopped here: page aligned
 *	vma 3  vm_truncate_count 6                       not yet: left by an earlier one
 *
 *	stop: give up the lock, look round, and begin again at the first vma. The count itself skips
 *	numbers that look like addresses; when it wraps, all vmas are set to 0.
 *
 * Source: kernel-late.md C (2.6.16 by its neighbours 2.6.14 and 2.6.18; 4.0 mm/memory.c).
 */
#define MEMORY_GENERATION
#include "mm/ptes.h"
#include "mm/rss.h"
#include "rmap/rmap.h"

#include <errno.h>
#include <stdint.h>

/* -- fork ------------------------------------------------------------------------------------ */

/* The part of a vma that one page table covers: [address, end). */
static int copy_pte_range(struct pte_copy *c, u32 address, u32 end)
{
	pgd_t *pgd = pgd_offset(c->dst, address);

	if (pgd_none_or_bad(pgd) && __pte_alloc(c->dst, pgd, address))
		return -ENOMEM;
	while (address < end) {
		address = pte_loops()->copy_ptes(c, address, end);
		cond_resched();
		if (c->full.val && add_swap_count_continuation(c->full, GFP_KERNEL))
			return -ENOMEM;
		c->full.val = 0;
	}
	return 0;
}

/* Where only pages of a file can be, faults will find them again: nothing need be copied. But a
 * nonlinear mapping alone knows which page is where. */
static bool faults_will_do(const struct vm_area_struct *vma)
{
	return !vma->anon_vma && !(vma->vm_flags & VM_NONLINEAR);
}

static int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma)
{
	FN;
	struct pte_copy c = pte_copy_of(dst, src, vma);
	u32 address, next;

	if (faults_will_do(vma))
		return 0;
	for (address = vma->vm_start; address < vma->vm_end; address = next) {
		next = pgd_end(address, vma->vm_end);
		if (!pgd_none_or_bad(pgd_offset(src, address)) && copy_pte_range(&c, address, next))
			return -ENOMEM;
	}
	return 0;
}

/* -- munmap and exit ------------------------------------------------------------------------- */

/* Returns how far it came before z->work was used up. */
static u32 zap_pgd_range(struct pte_zap *z, u32 start, u32 end)
{
	FN_AS("unmap_page_range");
	u32 address, next;

	BUG_ON(start >= end);
	for (address = start; address < end && z->work > 0; address = next) {
		next = pgd_end(address, end);
		if (pgd_none_or_bad(pgd_offset(z->vma->vm_mm, address)))
			z->work--;
		else
			next = pte_loops()->zap_ptes(z, address, next);
	}
	return address;
}

static struct pte_zap zap_begin(struct mmu_gather *tlb, struct vm_area_struct *vma,
			    const struct zap_details *details)
{
	if (details && !details->check_mapping && !details->nonlinear_vma)
		details = NULL;
	return (struct pte_zap){ .tlb = tlb, .vma = vma, .details = details };
}

static void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
			     const struct zap_details *details)
{
	struct pte_zap z = zap_begin(tlb, vma, details);

	z.work = INT64_MAX;
	zap_pgd_range(&z, start, end);
}

/* What a kernel without preemption unmaps before it looks round. */
#define ZAP_BLOCK_SIZE (1024 * PAGE_SIZE)

/*
 * A block is done, up to address. true: go on, perhaps after others had the cpu; false: the caller
 * holds i_mmap_lock and must give it up first. The gather is finished then.
 */
static bool zap_pause(struct mmu_gather *tlb, u32 start, u32 address,
		      const struct zap_details *details)
{
	struct mm_struct *mm = tlb->mm;

	if (!current->need_resched)
		return true;
	tlb_finish_mmu(tlb, start, address);
	if (details && details->i_mmap_lock)
		return false;
	cond_resched();
	tlb_gather_mmu(mm); /* the same one: a thread stays on its cpu */
	return true;
}

/* Returns end, or how far it came; the gather is finished then. */
static u32 unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
		      const struct zap_details *details)
{
	FN;
	s64 work = ZAP_BLOCK_SIZE;

	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		struct pte_zap z = zap_begin(tlb, vma, details);
		u32 address = start > vma->vm_start ? start : vma->vm_start;
		u32 stop = end < vma->vm_end ? end : vma->vm_end;

		while (address < stop) {
			z.work = work;
			address = zap_pgd_range(&z, address, stop);
			work = z.work;
			if (work > 0)
				continue;
			if (!zap_pause(tlb, start, address, details))
				return address;
			work = ZAP_BLOCK_SIZE;
		}
	}
	return end;
}

/* Returns end, or how far it came. */
static u32 zap_range(struct vm_area_struct *vma, u32 start, u32 end,
		     const struct zap_details *details)
{
	FN_AS("zap_page_range");
	struct mm_struct *mm = vma->vm_mm;
	struct mmu_gather *tlb;

	lru_add_drain();
	tlb = tlb_gather_mmu(mm);
	update_hiwater_rss(mm);
	start = unmap_vmas(tlb, vma, start, end, details);
	if (tlb->mm)
		tlb_finish_mmu(tlb, start, end);
	return start;
}

static void zap_page_range(struct vm_area_struct *vma, u32 start, u32 end,
			   const struct zap_details *details)
{
	zap_range(vma, start, end, details);
}

/* -- truncation ------------------------------------------------------------------------------ */

/* Is this vm_truncate_count the address at which a truncation stopped? */
static bool is_restart_addr(u32 truncate_count)
{
	return !(truncate_count & ~PAGE_MASK);
}

/* All of what is asked for of one vma. false: the lock was given up, begin again. */
static bool unmap_mapping_range_vma(struct address_space *mapping, struct vm_area_struct *vma,
				    u32 start, u32 end, const struct zap_details *details)
{
	u32 at = vma->vm_truncate_count;

	if (is_restart_addr(at) && start < at)
		start = at;
	do {
		if (start < end)
			start = zap_range(vma, start, end, details);
		vma->vm_truncate_count = start < end ? start : details->truncate_count;
		if (!current->need_resched || !details->i_mmap_lock)
			continue;
		i_mmap_unlock(mapping);
		cond_resched();
		i_mmap_lock(mapping);
		return false;
	} while (start < end);
	return true;
}

/* The part of a linear vma in which the pages lie; see unmap_mapping_range_vma. */
static bool unmap_mapping_linear(struct address_space *mapping, struct vm_area_struct *vma,
				 const struct zap_details *details)
{
	u32 vba = vma->vm_pgoff, vea = vba + ((vma->vm_end - vma->vm_start) >> PAGE_SHIFT) - 1;
	u32 first = details->first_index > vba ? details->first_index : vba;
	u32 last = details->last_index < vea ? details->last_index : vea;

	return unmap_mapping_range_vma(mapping, vma,
				       vma->vm_start + ((first - vba) << PAGE_SHIFT),
				       vma->vm_start + ((last - vba + 1) << PAGE_SHIFT), details);
}

static bool already_truncated(const struct vm_area_struct *vma, const struct zap_details *details)
{
	return details->truncate_count && vma->vm_truncate_count == details->truncate_count;
}

static void unmap_mapping_range_tree(struct address_space *mapping,
				     const struct zap_details *details)
{
	struct i_mmap_iter iter;
	struct vm_area_struct *vma;

restart:
	i_mmap_foreach(vma, &iter, mapping, details->first_index, details->last_index)
		if (!already_truncated(vma, details) &&
		    !unmap_mapping_linear(mapping, vma, details))
			goto restart;
}

static void unmap_mapping_range_list(struct address_space *mapping, struct zap_details *details)
{
	struct list_head *pos;

restart:
	list_for_each(pos, &mapping->i_mmap_nonlinear) {
		struct vm_area_struct *vma = list_entry(pos, struct vm_area_struct, vm_set.list);

		if (already_truncated(vma, details))
			continue;
		details->nonlinear_vma = vma;
		if (!unmap_mapping_range_vma(mapping, vma, vma->vm_start, vma->vm_end, details))
			goto restart;
	}
}

/* The count has wrapped: what vmas remember of it means nothing any more. */
static void reset_vma_truncate_counts(struct address_space *mapping)
{
	struct i_mmap_iter iter;
	struct vm_area_struct *vma;
	struct list_head *pos;

	i_mmap_foreach(vma, &iter, mapping, 0, UINT32_MAX)
		vma->vm_truncate_count = 0;
	list_for_each(pos, &mapping->i_mmap_nonlinear)
		list_entry(pos, struct vm_area_struct, vm_set.list)->vm_truncate_count = 0;
}

/* Lock held. The number of the truncation that begins now. */
static u32 next_truncate_count(struct address_space *mapping)
{
	mapping->truncate_count++;
	if (is_restart_addr(mapping->truncate_count)) {
		if (mapping->truncate_count == 0)
			reset_vma_truncate_counts(mapping);
		mapping->truncate_count++;
	}
	return mapping->truncate_count;
}

/* 4.0 counts no truncations: its lock may be slept with, so nothing is ever interrupted. */
static void unmap_mapping_range(struct address_space *mapping, u32 first, u32 last, bool even_cows)
{
	FN;
	struct zap_details details = {
		.check_mapping = even_cows ? NULL : mapping,
		.first_index = first,
		.last_index = last,
	};

	i_mmap_lock(mapping);
	if (VM->kernel->truncate_count) {
		details.i_mmap_lock = &mapping->i_shared_lock;
		details.truncate_count = next_truncate_count(mapping);
	}
	unmap_mapping_range_tree(mapping, &details);
	unmap_mapping_range_list(mapping, &details);
	i_mmap_unlock(mapping);
}

const struct memory_ops memory_2006 = {
	.name = "2006",
	.handle_mm_fault = handle_mm_fault_2006,
	.copy_page_range = copy_page_range,
	.unmap_page_range = unmap_page_range,
	.unmap_vmas = unmap_vmas,
	.zap_page_range = zap_page_range,
	.unmap_mapping_range = unmap_mapping_range,
};
