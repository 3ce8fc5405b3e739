/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables in the kernels 2.6.0 to 2.6.9: copied by fork, cleared by munmap and exit, robbed of
 * their pages by truncation. What is done with the entries of one table is in ptes_2004.h, what a
 * fault does with a single entry in fault_2004.c; the tables themselves are made and freed by
 * memory.c, as ever.
 *
 *	vmas of one address space      unmap_vmas: blocks, and after each a look whether somebody
 *	| 1024 pages | 1024 pages | .. |           waits for the cpu or for the lock
 *
 *	truncation, up to 2.6.5        every vma of the file, by its linear addresses: an entry that
 *	                               remap_file_pages put elsewhere is not met
 *	from 2.6.6 on                  the linear vmas of those pages, then every page of every
 *	                               nonlinear vma; what goes leaves the number of its page behind
 *
 * Source: 2.6.0, 2.6.5, 2.6.8 and 2.6.9 mm/memory.c.
 */
#define MEMORY_GENERATION
#include "mm/ptes.h"

#include <errno.h>

/* -- fork ------------------------------------------------------------------------------------ */

/*
 * A node for the next page, where this kernel wants one: with the locks dropped, since it may take
 * time. The parent's is held only where src_locked says so. -ENOMEM: the child's is held, the
 * parent's not.
 */
static int wait_for_node(struct pte_copy *c, bool src_locked)
{
	int err;

	if (src_locked)
		spin_unlock(&c->src->page_table_lock);
	spin_unlock(&c->dst->page_table_lock);
	err = rmap_prepare(&c->ready, c->vma, GFP_KERNEL);
	spin_lock(&c->dst->page_table_lock);
	if (!err && src_locked)
		spin_lock_nested(&c->src->page_table_lock);
	return err;
}

/* The part of a vma that one page table covers: [address, end). */
static int copy_pte_range(struct pte_copy *c, u32 address, u32 end)
{
	if (!pte_alloc_map(c->dst, pgd_offset(c->dst, address), address))
		return -ENOMEM;
	spin_lock_nested(&c->src->page_table_lock);
	while (address < end) {
		address = pte_loops()->copy_ptes(c, address, end);
		if (lacks_node(c) && wait_for_node(c, true))
			return -ENOMEM;
	}
	spin_unlock(&c->src->page_table_lock);
	if (!wants_chain_nodes())
		cond_resched_lock(&c->dst->page_table_lock);
	return 0;
}

/* page_table_lock of dst is held. */
static int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma)
{
	FN;
	struct pte_copy c = pte_copy_of(dst, src, vma);
	u32 address, next;
	int err = node_at_hand(&c) ? 0 : wait_for_node(&c, false);

	for (address = vma->vm_start; !err && address < vma->vm_end; address = next) {
		next = pgd_end(address, vma->vm_end);
		if (!pgd_none_or_bad(pgd_offset(src, address)))
			err = copy_pte_range(&c, address, next);
	}
	rmap_release(&c.ready);
	return err;
}

/* -- munmap and exit ------------------------------------------------------------------------- */

static void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
			     const struct zap_details *details)
{
	FN;
	struct pte_zap z = { .tlb = tlb, .vma = vma, .details = details };
	u32 address, next;

	BUG_ON(start >= end);
	if (details && !details->check_mapping && !details->nonlinear_vma)
		z.details = NULL;
	for (address = start; address < end; address = next) {
		next = pgd_end(address, end);
		if (!pgd_none_or_bad(pgd_offset(vma->vm_mm, address)))
			pte_loops()->zap_ptes(&z, address, next);
	}
}

/* What a kernel without preemption unmaps before it looks round: up to 2.6.5 it never does. */
static u32 zap_block_size(void)
{
	return wants_chain_nodes() ? ~0u : 1024 * PAGE_SIZE;
}

/* A block is done, up to address: free what was gathered and let others have the lock. */
static void zap_pause(struct mmu_gather *tlb, u32 start, u32 address,
		      const struct zap_details *details)
{
	struct mm_struct *mm = tlb->mm;

	if (!current->need_resched || (details && details->atomic))
		return;
	tlb_finish_mmu(tlb, start, address);
	cond_resched_lock(&mm->page_table_lock);
	tlb_gather_mmu(mm); /* the same one: a thread stays on its cpu */
}

static u32 unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
		      const struct zap_details *details)
{
	FN;
	u32 left = zap_block_size();

	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		u32 address = start > vma->vm_start ? start : vma->vm_start;
		u32 stop = end < vma->vm_end ? end : vma->vm_end, block;

		for (; address < stop; address += block) {
			block = stop - address < left ? stop - address : left;
			unmap_page_range(tlb, vma, address, address + block, details);
			left -= block;
			if (left)
				continue;
			zap_pause(tlb, start, address + block, details);
			left = zap_block_size();
		}
	}
	return end;
}

static void zap_page_range(struct vm_area_struct *vma, u32 start, u32 end,
			   const struct zap_details *details)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	struct mmu_gather *tlb;

	lru_add_drain();
	spin_lock(&mm->page_table_lock);
	tlb = tlb_gather_mmu(mm);
	unmap_vmas(tlb, vma, start, end, details);
	tlb_finish_mmu(tlb, start, end);
	spin_unlock(&mm->page_table_lock);
}

/* -- truncation ------------------------------------------------------------------------------ */

/* What a linear vma has of pages [first, last]. */
static void unmap_mapping_vma(struct vm_area_struct *vma, u32 first, u32 last,
			      const struct zap_details *details)
{
	u32 vba = vma->vm_pgoff, vea = vba + ((vma->vm_end - vma->vm_start) >> PAGE_SHIFT) - 1;

	if (first < vba)
		first = vba;
	if (last > vea)
		last = vea;
	if (first > last)
		return; /* where there is no tree, all vmas are looked at */
	zap_page_range(vma, vma->vm_start + ((first - vba) << PAGE_SHIFT),
		       vma->vm_start + ((last - vba + 1) << PAGE_SHIFT), details);
}

static void unmap_mapping_linear(struct address_space *mapping, u32 first, u32 last,
				 const struct zap_details *details)
{
	struct i_mmap_iter iter;
	struct vm_area_struct *vma;

	i_mmap_foreach(vma, &iter, mapping, first, last)
		unmap_mapping_vma(vma, first, last, details);
}

/* Up to 2.6.5. A semaphore is held, so the cpu may be given up. The caller always truncates. */
static void invalidate_mmap_range(struct address_space *mapping, u32 first, u32 last)
{
	FN;

	i_mmap_lock(mapping);
	mapping->truncate_count++; /* protects against a fault at the same time */
	unmap_mapping_linear(mapping, first, last, NULL);
	i_mmap_unlock(mapping);
}

static void unmap_mapping_nonlinear(struct address_space *mapping, struct zap_details *details)
{
	struct list_head *pos;

	list_for_each(pos, &mapping->i_mmap_nonlinear) {
		struct vm_area_struct *vma = list_entry(pos, struct vm_area_struct, vm_set.list);

		details->nonlinear_vma = vma;
		zap_page_range(vma, vma->vm_start, vma->vm_end, details);
	}
}

static void unmap_mapping_pages(struct address_space *mapping, u32 first, u32 last, bool even_cows)
{
	FN_AS("unmap_mapping_range");
	struct zap_details details = {
		.check_mapping = even_cows ? NULL : mapping,
		.first_index = first,
		.last_index = last,
		.atomic = true, /* a spinlock is held */
	};

	i_mmap_lock(mapping);
	mapping->truncate_count++;
	unmap_mapping_linear(mapping, first, last, &details);
	unmap_mapping_nonlinear(mapping, &details);
	i_mmap_unlock(mapping);
}

static void unmap_mapping_range(struct address_space *mapping, u32 first, u32 last, bool even_cows)
{
	if (wants_chain_nodes())
		invalidate_mmap_range(mapping, first, last);
	else
		unmap_mapping_pages(mapping, first, last, even_cows);
}

const struct memory_ops memory_2004 = {
	.name = "2004",
	.handle_mm_fault = handle_mm_fault_2004,
	.copy_page_range = copy_page_range,
	.unmap_page_range = unmap_page_range,
	.unmap_vmas = unmap_vmas,
	.zap_page_range = zap_page_range,
	.unmap_mapping_range = unmap_mapping_range,
};
