/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fault does with an entry in the kernels 2.6.0 to 2.6.9:
 *
 *	none ------+-- no file -------------> do_anonymous_page
 *	           +-- file ----------------> do_no_page
 *	file entry -------------------------> do_file_page: the page of the file that it names
 *	swap entry -------------------------> do_swap_page
 *	present, write, read-only ----------> do_wp_page
 *	present ----------------------------> young, and dirty
 *
 * The rules are those of memory_fault.c: page_table_lock is held on entry and not on return, and
 * who drops it looks again. New is what the rmap needs before the lock is taken,
 *
 *	2.6.0, 2.6.5     a pte_chain node for every fault, even where none will be used
 *	2.6.8, 2.6.9     an anon_vma, once in the life of a vma
 *
 * and truncate_count: a fault that found its page before a truncation must not map it after.
 *
 *	fault                              truncation
 *	sequence = truncate_count
 *	                                   i_size
 *	page of the file, reading i_size
 *	                                   truncate_count + 1, clear the ptes
 *	page_table_lock
 *	sequence != truncate_count?        the page leaves the cache
 *	  try again: beyond the end now
 *
 * Source: 2.6.0, 2.6.5, 2.6.8 and 2.6.9 mm/memory.c, seed 002; 2.6.7-rc for the anonmm row.
 */
#define MEMORY_GENERATION
#include "mm/memory_private.h"
#include "rmap/rmap.h"

#include <errno.h>

/* One fault on its way through this file. */
struct fault {
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	u32 address;
	bool write;
	pte_t *page_table;        /* the entry of address */
	pteval_t orig_pte;           /* what it was when the lock was dropped */
	struct rmap_ready ready;  /* what the rmap was given beforehand */
};

static void fault_lock(const struct fault *f)
{
	spin_lock(&f->mm->page_table_lock);
}

static void fault_unlock(const struct fault *f)
{
	spin_unlock(&f->mm->page_table_lock);
}

static pteval_t mk_writable(struct page *page, const struct vm_area_struct *vma)
{
	return maybe_mkwrite(pte_mkdirty(mk_pte(page, vma->vm_page_prot)), vma);
}

/* -- do_wp_page ------------------------------------------------------------------------------ */

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
static void break_cow(struct fault *f, struct page *old_page, struct page *new_page)
{
	if (PageReserved(old_page))
		f->mm->rss++; /* the zero page did not count */
	else
		page_remove_rmap(old_page, f->page_table);
	establish_pte(f->vma, f->address, f->page_table, mk_writable(new_page, f->vma));
	if (!wants_chain_nodes())
		lru_cache_add_active(new_page);
	page_add_anon_rmap(new_page, f->vma, f->address, f->page_table, &f->ready);
	if (wants_chain_nodes())
		lru_cache_add_active(new_page);
	count(pgcow);
	EV(COW_BREAK, f->address, page_to_pfn(old_page), page_to_pfn(new_page));
}

/* A write to a page that is mapped read-only, where the vma allows writing. */
static int do_wp_page(struct fault *f, pteval_t pte)
{
	FN;
	struct page *old_page = pte_page(pte), *new_page;

	BUG_ON(!pfn_valid(pte_pfn(pte)));
	if (can_reuse(old_page)) {
		establish_pte(f->vma, f->address, f->page_table,
			      maybe_mkwrite(pte_mkyoung(pte_mkdirty(pte)), f->vma));
		page_reused_rmap(old_page, f->vma, f->address);
		EV(COW_REUSE, f->address, page_to_pfn(old_page));
		fault_unlock(f);
		return VM_FAULT_MINOR;
	}

	page_cache_get(old_page);
	fault_unlock(f);
	new_page = NULL;
	if (!rmap_prepare(&f->ready, f->vma, GFP_KERNEL))
		new_page = alloc_page(GFP_HIGHUSER);
	if (!new_page) {
		page_cache_release(old_page);
		return VM_FAULT_OOM;
	}
	cow_user_page(new_page, old_page);

	fault_lock(f);
	if (ptep_get(f->page_table) == pte) {
		break_cow(f, old_page, new_page);
		new_page = old_page; /* the pte's reference to it goes */
	}
	page_cache_release(new_page);
	page_cache_release(old_page);
	fault_unlock(f);
	return VM_FAULT_MINOR;
}

/* -- do_swap_page ---------------------------------------------------------------------------- */

/* The page of a swap entry, with a reference; *ret says whether it had to be read. NULL: no
 * memory, or the entry is in use no more; *ret is what the fault comes to. */
static struct page *swap_page_in(struct fault *f, int *ret)
{
	swp_entry_t entry = pte_to_swp_entry(f->orig_pte);
	struct page *page = lookup_swap_cache(entry);

	*ret = VM_FAULT_MINOR;
	if (page)
		return page;
	swapin_readahead(entry);
	page = read_swap_cache_async(entry);
	if (page) {
		*ret = VM_FAULT_MAJOR;
		count(pgmajfault);
		grab_swap_token();
		return page;
	}
	/* If somebody else brought it in meanwhile, that is the reason, and all is well. */
	fault_lock(f);
	if (ptep_get(f->page_table) == f->orig_pte)
		*ret = VM_FAULT_OOM;
	fault_unlock(f);
	return NULL;
}

/*
 * The page is in hand, locked, and the entry is still the one that faulted. Our use of the slot is
 * given up before anybody asks whether the page is ours alone.
 */
static pteval_t map_swap_page(struct fault *f, struct page *page)
{
	swp_entry_t entry = pte_to_swp_entry(f->orig_pte);
	pteval_t pte;

	swap_free(entry);
	if (vm_swap_full())
		remove_exclusive_swap_page(page);
	f->mm->rss++;
	pte = mk_pte(page, f->vma->vm_page_prot);
	if (f->write && can_share_swap_page(page)) {
		pte = maybe_mkwrite(pte_mkdirty(pte), f->vma);
		f->write = false;
	}
	unlock_page(page);
	set_pte(f->page_table, pte);
	page_add_anon_rmap(page, f->vma, f->address, f->page_table, &f->ready);
	EV(SWAP_MAP_IN, f->address, page_to_pfn(page), entry.val);
	return pte;
}

/*
 * Must the page be copied at once? A write to a page that others share: up to 2.6.6 it is mapped
 * read-only first, and the access faults again. And 2.6.7-anonmm copies a page that is wanted at
 * another address than the one noted in it.
 */
static bool copy_at_once(const struct fault *f, const struct page *page)
{
	if (wants_chain_nodes())
		return false;
	return f->write || swapin_must_copy(page, f->vma, f->address);
}

static int do_swap_page(struct fault *f)
{
	FN;
	struct page *page;
	pteval_t pte;
	int ret;

	fault_unlock(f);
	page = swap_page_in(f, &ret);
	if (!page)
		return ret;
	mark_page_accessed(page);
	if (wants_chain_nodes() && rmap_prepare(&f->ready, f->vma, GFP_KERNEL)) {
		page_cache_release(page); /* 2.6.0 and 2.6.5 forget to */
		return VM_FAULT_OOM;
	}
	lock_page(page); /* waits until it is read */

	fault_lock(f);
	if (ptep_get(f->page_table) != f->orig_pte || swap_read_failed(page)) {
		ret = ptep_get(f->page_table) != f->orig_pte ? VM_FAULT_MINOR : VM_FAULT_SIGBUS;
		fault_unlock(f);
		unlock_page(page);
		page_cache_release(page);
		return ret;
	}
	pte = map_swap_page(f, page);
	if (copy_at_once(f, page))
		return do_wp_page(f, pte) == VM_FAULT_OOM ? VM_FAULT_OOM : ret;
	fault_unlock(f);
	return ret;
}

/* -- do_anonymous_page ----------------------------------------------------------------------- */

/* A node while the lock is held; dropped and retaken only where memory must be waited for. Not held
 * any more after -ENOMEM. */
static int prepare_locked(struct fault *f)
{
	if (!rmap_prepare(&f->ready, f->vma, GFP_ATOMIC))
		return 0;
	fault_unlock(f);
	if (rmap_prepare(&f->ready, f->vma, GFP_KERNEL))
		return -ENOMEM;
	fault_lock(f);
	return 0;
}

/* A cleared page of its own. Lock dropped and retaken. NULL: *ret is what the fault comes to. */
static struct page *anonymous_page(struct fault *f, int *ret)
{
	struct page *page = NULL;

	*ret = VM_FAULT_OOM;
	fault_unlock(f);
	if (wants_chain_nodes() || !rmap_prepare(&f->ready, f->vma, GFP_KERNEL))
		page = alloc_page(GFP_HIGHUSER);
	if (!page)
		return NULL;
	clear_user_highpage(page);
	fault_lock(f);
	if (pte_none(ptep_get(f->page_table)))
		return page;
	page_cache_release(page);
	fault_unlock(f);
	*ret = VM_FAULT_MINOR;
	return NULL;
}

/* The lock is held. A chain wants the entry to be there first, an anon_vma does not look at it. */
static void map_anonymous_page(struct fault *f, struct page *page)
{
	pteval_t entry = mk_writable(page, f->vma);

	f->mm->rss++;
	lru_cache_add_active(page);
	mark_page_accessed(page);
	if (!wants_chain_nodes())
		page_add_anon_rmap(page, f->vma, f->address, f->page_table, &f->ready);
	set_pte(f->page_table, entry);
	if (wants_chain_nodes())
		page_add_anon_rmap(page, f->vma, f->address, f->page_table, &f->ready);
	EV(ANON_MAP, f->address, page_to_pfn(page));
}

static int do_anonymous_page(struct fault *f)
{
	FN;
	struct page *page;
	int ret;

	if (wants_chain_nodes() && prepare_locked(f))
		return VM_FAULT_OOM;
	if (f->write) {
		page = anonymous_page(f, &ret);
		if (!page)
			return ret;
		map_anonymous_page(f, page);
	} else {
		/* Reading maps the zero page; it counts for nobody and no rmap knows of it. */
		set_pte(f->page_table,
			pte_wrprotect(mk_pte(ZERO_PAGE(), f->vma->vm_page_prot)));
		EV(ZERO_MAP, f->address);
	}
	fault_unlock(f);
	return VM_FAULT_MINOR;
}

/* -- do_no_page ------------------------------------------------------------------------------ */

/* A private mapping that is written at once needs no detour over the page of the file. The
 * reference to that is dropped in any case. NULL: no memory. */
static struct page *early_cow(struct fault *f, struct page *file_page)
{
	struct page *page = NULL;

	if (wants_chain_nodes() || !rmap_prepare(&f->ready, f->vma, GFP_KERNEL))
		page = alloc_page(GFP_HIGHUSER);
	if (page)
		copy_user_highpage(page, file_page);
	page_cache_release(file_page);
	if (page && wants_chain_nodes())
		lru_cache_add_active(page);
	return page;
}

/* Where PG_anon says "tracked by chain" (seed 002), a page that has lost its file since it was
 * found has to be. */
static bool must_be_chained(const struct page *page)
{
	return VM->kernel->anon_mark == ANON_CHAINED && (!page->mapping || PageSwapCache(page));
}

/* The page to be mapped, referenced. NULL: *ret is what the fault comes to. *anon: it is no page of
 * the file but a copy, or to be treated as one. */
static struct page *page_for_fault(struct fault *f, bool *anon, int *ret)
{
	struct page *page;
	bool major, oom;

	page = f->vma->vm_file->f_op->nopage(f->vma, f->address, &major, &oom);
	*ret = major ? VM_FAULT_MAJOR : VM_FAULT_MINOR;
	if (!page) {
		*ret = oom ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
		return NULL;
	}
	if (major)
		count(pgmajfault);
	if (wants_chain_nodes() && rmap_prepare(&f->ready, f->vma, GFP_KERNEL)) {
		page_cache_release(page);
		*ret = VM_FAULT_OOM;
		return NULL;
	}
	*anon = must_be_chained(page);
	if (!f->write || f->vma->vm_flags & VM_SHARED)
		return page;
	*anon = true;
	page = early_cow(f, page);
	if (!page)
		*ret = VM_FAULT_OOM;
	return page;
}

/* Lock held, entry still none. */
static void map_file_page(struct fault *f, struct page *page, bool anon)
{
	f->mm->rss += !PageReserved(page);
	set_pte(f->page_table, f->write ? mk_writable(page, f->vma) :
					  mk_pte(page, f->vma->vm_page_prot));
	if (anon) {
		if (!wants_chain_nodes())
			lru_cache_add_active(page);
		page_add_anon_rmap(page, f->vma, f->address, f->page_table, &f->ready);
	} else {
		page_add_file_rmap(page, f->vma, f->address, f->page_table, &f->ready);
	}
	EV(FILE_MAP, f->address, page_to_pfn(page), f->vma->vm_file->i_ino);
}

/* Nothing was here before. */
static int do_no_page(struct fault *f)
{
	FN;
	const struct address_space *mapping;
	struct page *page;
	u32 sequence;
	bool anon;
	int ret;

	if (!f->vma->vm_file)
		return do_anonymous_page(f);
	fault_unlock(f);
	mapping = vma_mapping(f->vma);
	for (;;) {
		sequence = mapping->truncate_count;
		page = page_for_fault(f, &anon, &ret);
		if (!page)
			return ret;
		fault_lock(f);
		if (sequence == mapping->truncate_count)
			break;
		/* Truncation was here and has not seen our entry: is there still such a page? */
		fault_unlock(f);
		EV(FAULT_RETRY, f->address, page_to_pfn(page));
		page_cache_release(page);
	}
	if (pte_none(ptep_get(f->page_table))) {
		map_file_page(f, page, anon);
		if (VM->kernel->anon_mark == ANON_UNMARKED)
			ret = VM_FAULT_MAJOR; /* 2.6.0 does not ask */
	} else {
		page_cache_release(page);
		ret = VM_FAULT_MINOR;
	}
	fault_unlock(f);
	return ret;
}

/* -- the rest -------------------------------------------------------------------------------- */

/* The entry says which page of the file was here. A private copy begins at the linear page. */
static int do_file_page(struct fault *f)
{
	FN;
	u32 pgoff = pte_to_pgoff(f->orig_pte);
	int err;

	if (f->write && !(f->vma->vm_flags & VM_SHARED)) {
		pte_clear(f->page_table);
		return do_no_page(f);
	}
	fault_unlock(f);
	err = populate_range(f->vma, f->address, PAGE_SIZE, f->vma->vm_page_prot, pgoff, false);
	if (err == -ENOMEM)
		return VM_FAULT_OOM;
	return err ? VM_FAULT_SIGBUS : VM_FAULT_MAJOR;
}

static int handle_pte_fault(struct fault *f)
{
	FN;
	pteval_t entry = f->orig_pte = ptep_get(f->page_table);

	if (pte_none(entry))
		return do_no_page(f);
	if (pte_file(entry))
		return do_file_page(f);
	if (!pte_present(entry))
		return do_swap_page(f);
	if (f->write) {
		if (!pte_write(entry))
			return do_wp_page(f, entry);
		entry = pte_mkdirty(entry);
	}
	/* From 2.6.7 on the i386 leaves a fault for reading at that: the processor sees to A. */
	if (f->write || wants_chain_nodes())
		establish_pte(f->vma, f->address, f->page_table, pte_mkyoung(entry));
	fault_unlock(f);
	return VM_FAULT_MINOR;
}

int handle_mm_fault_2004(struct mm_struct *mm, struct vm_area_struct *vma, u32 address, bool write)
{
	FN_AS("handle_mm_fault");
	struct fault f = { .mm = mm, .vma = vma, .address = address & PAGE_MASK, .write = write };
	int ret;

	count(pgfault);
	fault_lock(&f);
	f.page_table = pte_alloc_map(mm, pgd_offset(mm, f.address), f.address);
	if (!f.page_table) {
		fault_unlock(&f);
		return VM_FAULT_OOM;
	}
	ret = handle_pte_fault(&f);
	rmap_release(&f.ready);
	return ret;
}
