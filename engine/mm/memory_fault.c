/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fault does with an entry that is
 *
 *	none ------+-- no file, read ------> do_anonymous_page: the zero page, read-only
 *	           +-- no file, write -----> do_anonymous_page: a page of its own
 *	           +-- file ---------------> do_no_page: the page of the page cache, or, for a
 *	                                     private mapping and a write, a copy at once
 *	swap entry ------------------------> do_swap_page: the page comes back
 *	present, write, read-only ---------> do_wp_page: reuse it or copy it
 *	present, nothing to object --------> somebody was faster: mark it young, and dirty
 *
 * Each of these is entered with page_table_lock held and page_table, the entry of address, looked
 * at; each returns without the lock and with VM_FAULT_*. mmap_sem keeps the page table in place.
 * Whoever drops the lock to allocate or to read looks at the entry again afterwards; if it changed,
 * another fault or swapping out was faster, and the access is simply tried again.
 *
 * Source: 2.5.26 mm/memory.c with seed 000.
 */
#define MEMORY_GENERATION
#include "mm/memory_private.h"
#include "rmap/rmap.h"

#include <errno.h>

static pteval_t mk_writable(struct page *page, const struct vm_area_struct *vma)
{
	return pte_mkwrite(pte_mkdirty(mk_pte(page, vma->vm_page_prot)));
}

/* Is there no other user left? Only a locked page can say. */
static bool can_reuse(struct page *page)
{
	bool reuse;

	if (!trylock_page(page))
		return false;
	reuse = can_share_swap_page(page);
	unlock_page(page);
	return reuse;
}

/* new_page takes the place of old_page; lock held, entry unchanged. */
static void break_cow(struct vm_area_struct *vma, u32 address, pte_t *page_table,
		      struct page *old_page, struct page *new_page)
{
	if (PageReserved(old_page))
		vma->vm_mm->rss++; /* the zero page did not count */
	page_remove_rmap(old_page, page_table);
	establish_pte(vma, address, page_table, mk_writable(new_page, vma));
	page_add_rmap(new_page, page_table);
	lru_cache_add(new_page);
	count(pgcow);
	EV(COW_BREAK, address, page_to_pfn(old_page), page_to_pfn(new_page));
}

/* A write to a page that is mapped read-only, where the vma allows writing. */
static int do_wp_page(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
		      pte_t *page_table, pteval_t pte)
{
	FN;
	struct page *old_page = pte_page(pte), *new_page;

	BUG_ON(!pfn_valid(pte_pfn(pte)));
	if (can_reuse(old_page)) {
		establish_pte(vma, address, page_table,
			      pte_mkyoung(pte_mkdirty(pte_mkwrite(pte))));
		EV(COW_REUSE, address, page_to_pfn(old_page));
		spin_unlock(&mm->page_table_lock);
		return VM_FAULT_MINOR;
	}

	page_cache_get(old_page);
	spin_unlock(&mm->page_table_lock);
	new_page = alloc_page(GFP_HIGHUSER);
	if (!new_page) {
		page_cache_release(old_page);
		return VM_FAULT_OOM;
	}
	cow_user_page(new_page, old_page);

	spin_lock(&mm->page_table_lock);
	if (ptep_get(page_table) == pte) {
		break_cow(vma, address, page_table, old_page, new_page);
		new_page = old_page; /* the pte's reference to it goes */
	}
	spin_unlock(&mm->page_table_lock);
	page_cache_release(new_page);
	page_cache_release(old_page);
	return VM_FAULT_MINOR;
}

/* The page of a swap entry, with a reference; *ret says whether it had to be read. NULL: no
 * memory, or the entry is in use no more; *ret is what the fault comes to. */
static struct page *swap_page_in(struct mm_struct *mm, pte_t *page_table, pteval_t orig_pte,
				 int *ret)
{
	swp_entry_t entry = pte_to_swp_entry(orig_pte);
	struct page *page = lookup_swap_cache(entry);

	*ret = VM_FAULT_MINOR;
	if (page)
		return page;
	swapin_readahead(entry);
	page = read_swap_cache_async(entry);
	if (page) {
		*ret = VM_FAULT_MAJOR;
		count(pgmajfault);
		return page;
	}
	/* If somebody else brought it in meanwhile, that is the reason, and all is well. */
	spin_lock(&mm->page_table_lock);
	if (ptep_get(page_table) == orig_pte)
		*ret = VM_FAULT_OOM;
	spin_unlock(&mm->page_table_lock);
	return NULL;
}

/* The page is in hand, locked, and the entry is still the one that faulted. */
static void map_swap_page(struct vm_area_struct *vma, u32 address, pte_t *page_table,
			  struct page *page, swp_entry_t entry, bool write_access)
{
	pteval_t pte;

	swap_free(entry);
	if (vm_swap_full())
		remove_exclusive_swap_page(page);
	vma->vm_mm->rss++;
	pte = mk_pte(page, vma->vm_page_prot);
	if (write_access && can_share_swap_page(page))
		pte = pte_mkdirty(pte_mkwrite(pte));
	unlock_page(page);
	set_pte(page_table, pte);
	page_add_rmap(page, page_table);
	EV(SWAP_MAP_IN, address, page_to_pfn(page), entry.val);
}

/*
 * Whether the read succeeded is not asked: 2.5.26 maps the page anyway
 * (read-error-mapped). A write to a page that others share maps it read-only first and faults
 * again, into do_wp_page.
 */
static int do_swap_page(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
			pte_t *page_table, pteval_t orig_pte, bool write_access)
{
	FN;
	struct page *page;
	int ret;

	spin_unlock(&mm->page_table_lock);
	page = swap_page_in(mm, page_table, orig_pte, &ret);
	if (!page)
		return ret;

	lock_page(page); /* waits until it is read */

	spin_lock(&mm->page_table_lock);
	if (ptep_get(page_table) != orig_pte || swap_read_failed(page)) {
		ret = ptep_get(page_table) != orig_pte ? VM_FAULT_MINOR : VM_FAULT_SIGBUS;
		spin_unlock(&mm->page_table_lock);
		unlock_page(page);
		page_cache_release(page);
		return ret;
	}
	map_swap_page(vma, address, page_table, page, pte_to_swp_entry(orig_pte), write_access);
	spin_unlock(&mm->page_table_lock);
	return ret;
}

/* A cleared page of its own. Lock dropped and retaken. NULL: *ret is what the fault comes to. */
static struct page *anonymous_page(struct mm_struct *mm, const pte_t *page_table, int *ret)
{
	struct page *page;

	spin_unlock(&mm->page_table_lock);
	page = alloc_page(GFP_HIGHUSER);
	if (!page) {
		*ret = VM_FAULT_OOM;
		return NULL;
	}
	clear_user_highpage(page);
	spin_lock(&mm->page_table_lock);
	if (pte_none(ptep_get(page_table)))
		return page;
	page_cache_release(page);
	spin_unlock(&mm->page_table_lock);
	*ret = VM_FAULT_MINOR;
	return NULL;
}

static int do_anonymous_page(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
			     pte_t *page_table, bool write_access)
{
	FN;
	struct page *page = ZERO_PAGE();
	pteval_t entry = pte_wrprotect(mk_pte(page, vma->vm_page_prot));
	int ret;

	/* Reading maps the zero page; it counts for nobody. */
	if (write_access) {
		page = anonymous_page(mm, page_table, &ret);
		if (!page)
			return ret;
		mm->rss++;
		entry = mk_writable(page, vma);
		lru_cache_add(page);
	}
	set_pte(page_table, entry);
	page_add_rmap(page, page_table); /* ignores the zero page */
	if (write_access)
		EV(ANON_MAP, address, page_to_pfn(page));
	else
		EV(ZERO_MAP, address);
	spin_unlock(&mm->page_table_lock);
	return VM_FAULT_MINOR;
}

/* A private mapping that is written at once needs no detour over the page of the file. */
static struct page *early_cow(struct page *file_page)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	if (page)
		copy_user_highpage(page, file_page);
	page_cache_release(file_page);
	if (page)
		lru_cache_add(page);
	return page;
}

/* Nothing was here before. */
static int do_no_page(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
		      pte_t *page_table, bool write_access)
{
	FN;
	struct page *new_page;
	bool major, oom;

	if (!vma->vm_file)
		return do_anonymous_page(mm, vma, address, page_table, write_access);
	spin_unlock(&mm->page_table_lock);

	new_page = vma->vm_file->f_op->nopage(vma, address, &major, &oom);
	if (!new_page)
		return oom ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	if (major)
		count(pgmajfault);
	if (write_access && !(vma->vm_flags & VM_SHARED)) {
		new_page = early_cow(new_page);
		if (!new_page)
			return VM_FAULT_OOM;
	}

	spin_lock(&mm->page_table_lock);
	if (!pte_none(ptep_get(page_table))) {
		page_cache_release(new_page);
		spin_unlock(&mm->page_table_lock);
		return VM_FAULT_MINOR;
	}
	mm->rss++;
	set_pte(page_table, write_access ? mk_writable(new_page, vma) :
					   mk_pte(new_page, vma->vm_page_prot));
	page_add_rmap(new_page, page_table);
	EV(FILE_MAP, address, page_to_pfn(new_page), vma->vm_file->i_ino);
	spin_unlock(&mm->page_table_lock);
	return VM_FAULT_MAJOR;
}

static int handle_pte_fault(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
			    bool write_access, pte_t *pte)
{
	FN;
	pteval_t entry = ptep_get(pte);

	if (pte_none(entry))
		return do_no_page(mm, vma, address, pte, write_access);
	if (!pte_present(entry))
		return do_swap_page(mm, vma, address, pte, entry, write_access);
	if (write_access) {
		if (!pte_write(entry))
			return do_wp_page(mm, vma, address, pte, entry);
		entry = pte_mkdirty(entry);
	}
	establish_pte(vma, address, pte, pte_mkyoung(entry));
	spin_unlock(&mm->page_table_lock);
	return VM_FAULT_MINOR;
}

int handle_mm_fault_2002(struct mm_struct *mm, struct vm_area_struct *vma, u32 address, bool write)
{
	FN_AS("handle_mm_fault");
	pte_t *pte;

	address &= PAGE_MASK;
	count(pgfault);
	spin_lock(&mm->page_table_lock);
	pte = pte_alloc_map(mm, pgd_offset(mm, address), address);
	if (pte)
		return handle_pte_fault(mm, vma, address, write, pte);
	spin_unlock(&mm->page_table_lock);
	return VM_FAULT_OOM;
}
