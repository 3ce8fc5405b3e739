/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables in the kernels 2.6.0 to 2.6.9: copied by fork, cleared by munmap and exit, robbed of
 * their pages by truncation. What a fault does with a single entry is in fault_2004.c; the tables
 * themselves are made and freed by memory.c, as ever.
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
#include "mm/memory_private.h"
#include "rmap/rmap.h"

#include <errno.h>

/* -- fork ------------------------------------------------------------------------------------ */

/* A fork on its way: both mms, the child's vma, and a node for the rmap of the next page. */
struct copy {
	struct mm_struct *dst, *src;
	struct vm_area_struct *vma; /* of the child */
	struct rmap_ready ready;
};

/* A page of the parent has one more user. Both page_table_locks held. */
static void copy_page_pte(struct copy *c, struct page *page, u32 address, pte_t *dst_pte,
			  pte_t *src_pte)
{
	pte_t pte = *src_pte;

	/* Whoever writes first, parent or child, shall fault. */
	if (is_cow_mapping(c->vma)) {
		ptep_set_wrprotect(src_pte);
		pte = *src_pte;
	}
	/* The parent's D bit speaks for a shared page already. */
	if (c->vma->vm_flags & VM_SHARED)
		pte = pte_mkclean(pte);
	charge_copy(address);
	get_page(page);
	c->dst->rss++;
	set_pte(dst_pte, pte_mkold(pte));
	page_dup_rmap(page, c->vma, address, dst_pte, &c->ready);
}

/* true: it is a page, and a node may have been used up. */
static bool copy_one_pte(struct copy *c, u32 address, pte_t *dst_pte, pte_t *src_pte)
{
	pte_t pte = *src_pte;
	struct page *page;

	if (pte_none(pte))
		return false;
	count(ptes_copied);
	if (!pte_present(pte)) {
		/* A place in swap has one more user, a place in a file has not. */
		if (!pte_file(pte) && !MUTANT_fork_no_swap_duplicate)
			swap_duplicate(pte_to_swp_entry(pte));
		set_pte(dst_pte, pte);
		return false;
	}
	page = vm_normal_page(pte);
	if (!page) {
		set_pte(dst_pte, pte);
		return false;
	}
	copy_page_pte(c, page, address, dst_pte, src_pte);
	return true;
}

/*
 * A node for the next page, if this kernel wants one: without waiting, or else without the locks.
 * The parent's is held only where src_locked says so. -ENOMEM: the child's is held, the parent's
 * not.
 */
static int next_node(struct copy *c, bool src_locked)
{
	int err;

	if (!wants_chain_nodes() || c->ready.pte_chain)
		return 0;
	if (!rmap_prepare(&c->ready, c->vma, GFP_ATOMIC))
		return 0;
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
static int copy_pte_range(struct copy *c, u32 address, u32 end)
{
	pte_t *dst_pte = pte_alloc_map(c->dst, pgd_offset(c->dst, address), address), *src_pte;

	if (!dst_pte)
		return -ENOMEM;
	spin_lock_nested(&c->src->page_table_lock);
	src_pte = pte_offset(c->src, address);
	for (; address < end; address += PAGE_SIZE, dst_pte++, src_pte++)
		if (copy_one_pte(c, address, dst_pte, src_pte) && next_node(c, true))
			return -ENOMEM;
	spin_unlock(&c->src->page_table_lock);
	if (!wants_chain_nodes())
		cond_resched_lock(&c->dst->page_table_lock);
	return 0;
}

/* page_table_lock of dst is held. */
static int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma)
{
	FN;
	struct copy c = { .dst = dst, .src = src, .vma = vma };
	u32 address, next;
	int err = next_node(&c, false);

	for (address = vma->vm_start; !err && address < vma->vm_end; address = next) {
		next = pgd_end(address, vma->vm_end);
		if (!pgd_none_or_bad(pgd_offset(src, address)))
			err = copy_pte_range(&c, address, next);
	}
	rmap_release(&c.ready);
	return err;
}

/* -- munmap and exit ------------------------------------------------------------------------- */

/* One table on its way to be emptied, in part. */
struct zap {
	struct mmu_gather *tlb;
	struct vm_area_struct *vma;
	const struct zap_details *details; /* NULL: everything goes */
};

/* Does the caller want to spare this page? */
static bool is_spared(const struct zap *z, const struct page *page)
{
	const struct zap_details *d = z->details;

	if (!d || !page)
		return false;
	/* Invalidation, which is no truncation, leaves private copies alone. */
	if (d->check_mapping && d->check_mapping != page->mapping)
		return true;
	/* In a nonlinear vma any page may be at any place. */
	return d->nonlinear_vma && (page->index < d->first_index || page->index > d->last_index);
}

/* Was it of the page cache, so that a use of it counts? */
static bool is_file_page(const struct page *page)
{
	if (wants_chain_nodes())
		return page->mapping && !PageSwapCache(page);
	return !PageAnon(page);
}

static void zap_present_pte(struct zap *z, u32 address, pte_t *ptep)
{
	struct page *page = vm_normal_page(*ptep);
	pte_t pte;

	if (is_spared(z, page))
		return;
	count(ptes_zapped);
	pte = ptep_get_and_clear(ptep);
	tlb_remove_tlb_entry(z->tlb);
	if (!page)
		return;
	charge(CACHE_LINE); /* struct page, by now no longer in the cache */
	if (z->details && z->details->nonlinear_vma &&
	    linear_page_index(z->vma, address) != page->index)
		set_pte(ptep, pgoff_to_pte(page->index));
	if (pte_dirty(pte))
		set_page_dirty(page);
	if (pte_young(pte) && is_file_page(page))
		mark_page_accessed(page);
	z->tlb->freed++;
	if (!MUTANT_zap_keeps_rmap)
		page_remove_rmap(page, ptep);
	tlb_remove_page(z->tlb, page);
}

/* A place in swap or in a file. Whoever only invalidates or has other pages in mind leaves it. */
static void zap_absent_pte(const struct zap *z, pte_t *ptep)
{
	if (z->details)
		return;
	count(ptes_zapped);
	if (!pte_file(*ptep))
		free_swap_and_cache(pte_to_swp_entry(*ptep));
	pte_clear(ptep);
}

/* [address, end) lies in one page table. */
static void zap_pte_range(struct zap *z, u32 address, u32 end)
{
	FN;
	pte_t *ptep = pte_offset(z->vma->vm_mm, address);

	for (; address < end; address += PAGE_SIZE, ptep++) {
		if (pte_none(*ptep))
			continue;
		if (pte_present(*ptep))
			zap_present_pte(z, address, ptep);
		else
			zap_absent_pte(z, ptep);
	}
}

static void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
			     const struct zap_details *details)
{
	FN;
	struct zap z = { .tlb = tlb, .vma = vma, .details = details };
	u32 address, next;

	BUG_ON(start >= end);
	if (details && !details->check_mapping && !details->nonlinear_vma)
		z.details = NULL;
	for (address = start; address < end; address = next) {
		next = pgd_end(address, end);
		if (!pgd_none_or_bad(pgd_offset(vma->vm_mm, address)))
			zap_pte_range(&z, address, next);
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
