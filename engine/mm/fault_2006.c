/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a fault does with an entry in 2.6.16 and in 4.0. The cases are those of fault_2004.c; what
 * is new is who guards the entry:
 *
 *	up to 2.6.14    page_table_lock, from the first look at the entry
 *	from 2.6.15     nothing at the first look. The page is made or found, then the lock of this
 *	                page table is taken, and the entry must still be what it was:
 *
 *	   look at the entry        |  another thread, or reclaim
 *	   allocate, read, copy     |    may change the entry here
 *	   pte lock; still the same? no: drop everything, the access is tried again
 *	   rss, entry, rmap
 *	   unlock
 *
 * page_table_lock is left with the directory. From four cpus on each page table has a lock in its
 * struct page, below that pte_lockptr answers page_table_lock as ever.
 *
 * How a page of a file is kept from being mapped after its truncation: 2.6.16 by truncate_count, as
 * in fault_2004.c; in 4.0 the fault holds the page lock until the entry is set, and truncation
 * unmaps each page once more when it has the lock.
 *
 * Source: kernel-late.md C (2.6.16 by its neighbours 2.6.14 and 2.6.18; 4.0 mm/memory.c).
 */
#define MEMORY_GENERATION
#include "mm/memory_private.h"
#include "mm/rss.h"
#include "rmap/rmap.h"

#include <errno.h>

/* One fault on its way through this file. */
struct fault {
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	u32 address;
	bool write;
	pte_t *page_table;        /* the entry of address */
	pteval_t orig_pte;           /* what it was at the first look */
	spinlock_t *ptl;          /* what guards it */
	struct rmap_ready ready;
};

/* A page and what it is to be mapped as. */
struct found {
	struct page *page;
	bool anon;                /* a copy, nobody else's */
	struct page *locked;      /* 4.0: the page of the file, locked until all is done */
	int ret;                  /* VM_FAULT_*, also when there is no page */
};

/* 4.0: the page lock keeps truncation away, not a count. */
static bool locks_page(void)
{
	return !VM->kernel->truncate_count;
}

static pteval_t mk_writable(struct page *page, const struct vm_area_struct *vma)
{
	return maybe_mkwrite(pte_mkdirty(mk_pte(page, vma->vm_page_prot)), vma);
}

/* A fresh page that only this fault knows is mapped at its place; the lock is held. */
static void add_new_anon_page(struct fault *f, struct page *page)
{
	lru_cache_add_active(page);
	page_add_new_anon_rmap(page, f->vma, f->address, f->page_table, &f->ready);
}

/* The vma is prepared and there is a page for it; NULL: no memory. */
static struct page *alloc_anon_page(struct fault *f)
{
	if (rmap_prepare(&f->ready, f->vma, GFP_KERNEL))
		return NULL;
	return alloc_page(GFP_HIGHUSER);
}

/* -- do_wp_page ------------------------------------------------------------------------------ */

/* The page lock, at the price of letting go of the page table's. false: the entry is another one by
 * now, and the page is not locked. 4.0; before, a page that was locked was copied. */
static bool wait_for_page(struct fault *f, struct page *page, pteval_t pte)
{
	bool same;

	page_cache_get(page);
	spin_unlock(f->ptl);
	lock_page(page);
	spin_lock(f->ptl);
	same = ptep_get(f->page_table) == pte;
	if (!same)
		unlock_page(page);
	page_cache_release(page);
	return same;
}

enum wp { WP_REUSE, WP_COPY, WP_CHANGED };

/* Is this page the vma's alone? A page of a file is not, whoever maps it. Lock of the page table
 * held, so the page is only tried at first. */
static enum wp can_reuse(struct fault *f, struct page *old_page, pteval_t pte)
{
	bool reuse;

	if (!old_page || !PageAnon(old_page))
		return WP_COPY;
	if (!trylock_page(old_page)) {
		if (!VM->kernel->wp_waits)
			return WP_COPY;
		if (!wait_for_page(f, old_page, pte))
			return WP_CHANGED;
	}
	reuse = can_share_swap_page(old_page);
	if (reuse)
		page_reused_rmap(old_page, f->vma, f->address);
	unlock_page(old_page);
	return reuse ? WP_REUSE : WP_COPY;
}

static void reuse_page(struct fault *f, struct page *page, pteval_t pte)
{
	establish_pte(f->vma, f->address, f->page_table,
		      maybe_mkwrite(pte_mkdirty(pte_mkyoung(pte)), f->vma));
	EV(COW_REUSE, f->address, page_to_pfn(page));
}

/* new_page takes the place of the old one, which is NULL for the zero page of 4.0; lock held, entry
 * unchanged. */
static void break_cow(struct fault *f, struct page *old_page, struct page *src_page,
		      struct page *new_page)
{
	if (old_page)
		page_remove_rmap(old_page, f->page_table);
	if (!old_page || !PageAnon(old_page))
		inc_mm_counter(f->mm, anon_rss);
	if (old_page && !PageAnon(old_page))
		dec_mm_counter(f->mm, file_rss);
	establish_pte(f->vma, f->address, f->page_table, mk_writable(new_page, f->vma));
	add_new_anon_page(f, new_page);
	count(pgcow);
	EV(COW_BREAK, f->address, page_to_pfn(src_page), page_to_pfn(new_page));
}

/* The lock of the page table is held, and dropped in the end. */
static int copy_page(struct fault *f, struct page *old_page, pteval_t pte)
{
	struct page *src_page = pte_page(pte), *new_page;

	if (old_page)
		page_cache_get(old_page);
	spin_unlock(f->ptl);
	new_page = alloc_anon_page(f);
	if (!new_page) {
		if (old_page)
			page_cache_release(old_page);
		return VM_FAULT_OOM;
	}
	cow_user_page(new_page, src_page);

	spin_lock(f->ptl);
	if (ptep_get(f->page_table) == pte) {
		break_cow(f, old_page, src_page, new_page);
		new_page = old_page; /* the pte's reference to it goes */
	}
	if (new_page)
		page_cache_release(new_page);
	if (old_page)
		page_cache_release(old_page);
	spin_unlock(f->ptl);
	return VM_FAULT_MINOR;
}

/* A write to a page that is mapped read-only, where the vma allows writing. Lock held. */
static int do_wp_page(struct fault *f, pteval_t pte)
{
	FN;
	struct page *old_page = vm_normal_page(pte);

	switch (can_reuse(f, old_page, pte)) {
	case WP_COPY:
		return copy_page(f, old_page, pte);
	case WP_REUSE:
		reuse_page(f, old_page, pte);
		break;
	case WP_CHANGED: /* whoever it was has done it */
		break;
	}
	spin_unlock(f->ptl);
	return VM_FAULT_MINOR;
}

/* -- do_swap_page ---------------------------------------------------------------------------- */

/* Does the entry still name the slot? Without a page it does not matter what else it is. */
static int why_no_page(struct fault *f)
{
	int ret;

	spin_lock(f->ptl);
	ret = ptep_get(f->page_table) == f->orig_pte ? VM_FAULT_OOM : VM_FAULT_MINOR;
	spin_unlock(f->ptl);
	return ret;
}

/* The page of the swap entry, with a reference; NULL: *ret is what the fault comes to. */
static struct page *swap_page_in(struct fault *f, int *ret)
{
	swp_entry_t entry = pte_to_swp_entry(f->orig_pte);
	struct page *page = lookup_swap_cache(entry);

	*ret = VM_FAULT_MINOR;
	if (page)
		return page;
	swapin_readahead(entry);
	page = read_swap_cache_async(entry);
	if (!page) {
		*ret = why_no_page(f);
		return NULL;
	}
	*ret = VM_FAULT_MAJOR;
	count(pgmajfault);
	grab_swap_token();
	return page;
}

/*
 * The page is in hand, locked, and the entry is still the one that faulted; the lock is held. The
 * rmap knows the page before the slot is given up: who unmaps it meanwhile finds both. And the
 * question whether it is ours alone counts our own use of the slot.
 */
static pteval_t map_swap_page(struct fault *f, struct page *page)
{
	swp_entry_t entry = pte_to_swp_entry(f->orig_pte);
	pteval_t pte = mk_pte(page, f->vma->vm_page_prot);
	bool exclusive = false, unnamed = !PageAnon(page);

	inc_mm_counter(f->mm, anon_rss);
	if (f->write && can_share_swap_page(page)) {
		pte = maybe_mkwrite(pte_mkdirty(pte), f->vma);
		f->write = false;
		exclusive = true;
	}
	set_pte(f->page_table, pte);
	page_add_anon_rmap(page, f->vma, f->address, f->page_table, &f->ready);
	if (exclusive && unnamed)
		page_reused_rmap(page, f->vma, f->address);
	EV(SWAP_MAP_IN, f->address, page_to_pfn(page), entry.val);
	swap_free(entry);
	if (vm_swap_full())
		remove_exclusive_swap_page(page);
	unlock_page(page);
	return pte;
}

static int do_swap_page(struct fault *f)
{
	FN;
	struct page *page;
	pteval_t pte;
	int ret;

	page = swap_page_in(f, &ret);
	if (!page)
		return ret;
	mark_page_accessed(page);
	lock_page(page); /* waits until it is read */

	spin_lock(f->ptl);
	if (ptep_get(f->page_table) != f->orig_pte || !PageUptodate(page)) {
		if (ptep_get(f->page_table) == f->orig_pte)
			ret = VM_FAULT_SIGBUS; /* it could not be read */
		spin_unlock(f->ptl);
		unlock_page(page);
		page_cache_release(page);
		return ret;
	}
	pte = map_swap_page(f, page);
	if (f->write)
		return do_wp_page(f, pte) == VM_FAULT_OOM ? VM_FAULT_OOM : ret;
	spin_unlock(f->ptl);
	return ret;
}

/* -- do_anonymous_page ----------------------------------------------------------------------- */

/* Reading maps the zero page. 2.6.16 counts that like the mapping of a page of a file, which made
 * one struct page a bone of contention between all cpus; 4.0 marks the entry special instead. */
static int map_zero_page(struct fault *f)
{
	struct page *page = ZERO_PAGE();

	if (VM->kernel->zero_page_counted)
		page_cache_get(page);
	spin_lock(f->ptl);
	if (!pte_none(ptep_get(f->page_table))) {
		if (VM->kernel->zero_page_counted)
			page_cache_release(page);
		spin_unlock(f->ptl);
		return VM_FAULT_MINOR;
	}
	if (VM->kernel->zero_page_counted) {
		inc_mm_counter(f->mm, file_rss);
		page_add_file_rmap(page, f->vma, f->address, f->page_table, &f->ready);
	}
	set_pte(f->page_table, pte_wrprotect(mk_pte(page, f->vma->vm_page_prot)));
	EV(ZERO_MAP, f->address);
	spin_unlock(f->ptl);
	return VM_FAULT_MINOR;
}

static int do_anonymous_page(struct fault *f)
{
	FN;
	struct page *page;

	if (!f->write)
		return map_zero_page(f);
	page = alloc_anon_page(f);
	if (!page)
		return VM_FAULT_OOM;
	clear_user_highpage(page);

	spin_lock(f->ptl);
	if (!pte_none(ptep_get(f->page_table))) {
		page_cache_release(page);
		spin_unlock(f->ptl);
		return VM_FAULT_MINOR;
	}
	inc_mm_counter(f->mm, anon_rss);
	add_new_anon_page(f, page);
	set_pte(f->page_table, mk_writable(page, f->vma));
	EV(ANON_MAP, f->address, page_to_pfn(page));
	spin_unlock(f->ptl);
	return VM_FAULT_MINOR;
}

/* -- do_no_page ------------------------------------------------------------------------------ */

static struct page *nopage(struct fault *f, bool *major, bool *oom)
{
	return f->vma->vm_file->f_op->nopage(f->vma, f->address, major, oom);
}

/* 4.0: the page of the file, locked, and still of the file. As in filemap_fault there. */
static struct page *locked_nopage(struct fault *f, bool *major, bool *oom)
{
	struct page *page;
	bool again;

	do {
		page = nopage(f, major, oom);
		if (!page || f->vma->vm_file->f_op->nopage_locked)
			return page;
		lock_page(page);
		again = page->mapping != vma_mapping(f->vma);
		if (!again && page->index < inode_pages(f->vma->vm_file))
			return page;
		unlock_page(page);
		page_cache_release(page);
	} while (again);
	return NULL;
}

/* The page of the file, referenced. false: found->ret is what the fault comes to. */
static bool page_of_file(struct fault *f, struct found *found)
{
	bool major, oom;

	found->anon = false;
	found->page = locks_page() ? locked_nopage(f, &major, &oom) : nopage(f, &major, &oom);
	found->locked = locks_page() ? found->page : NULL;
	if (!found->page) {
		found->ret = oom ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
		return false;
	}
	found->ret = major ? VM_FAULT_MAJOR : VM_FAULT_MINOR;
	if (major)
		count(pgmajfault);
	return true;
}

/* The page of the file is not needed any more. */
static void release_file_page(const struct found *found)
{
	if (!found->locked)
		return;
	unlock_page(found->locked);
	if (found->locked != found->page)
		page_cache_release(found->locked);
}

static void drop_found(const struct found *found)
{
	release_file_page(found);
	page_cache_release(found->page);
}

/* A private mapping that is written at once gets its copy at once, into copy. */
static void early_cow(struct found *found, struct page *copy)
{
	copy_user_highpage(copy, found->page);
	if (!found->locked)
		page_cache_release(found->page);
	found->page = copy;
	found->anon = true;
}

/* What is to be mapped. false: found->ret is what the fault comes to. 4.0 allocates the copy first,
 * not to wait for memory with the page locked. */
static bool find_page(struct fault *f, struct found *found)
{
	bool cow = f->write && !(f->vma->vm_flags & VM_SHARED);
	struct page *copy = NULL;

	found->ret = VM_FAULT_OOM;
	if (cow && locks_page()) {
		copy = alloc_anon_page(f);
		if (!copy)
			return false;
	}
	if (!page_of_file(f, found)) {
		if (copy)
			page_cache_release(copy);
		return false;
	}
	if (!cow)
		return true;
	if (!copy)
		copy = alloc_anon_page(f);
	if (copy) {
		early_cow(found, copy);
		return true;
	}
	drop_found(found);
	found->ret = VM_FAULT_OOM;
	return false;
}

/* Lock held, entry still none. */
static void map_found(struct fault *f, const struct found *found)
{
	struct page *page = found->page;

	set_pte(f->page_table, f->write ? mk_writable(page, f->vma) :
					  mk_pte(page, f->vma->vm_page_prot));
	if (found->anon) {
		inc_mm_counter(f->mm, anon_rss);
		add_new_anon_page(f, page);
	} else {
		inc_mm_counter(f->mm, file_rss);
		page_add_file_rmap(page, f->vma, f->address, f->page_table, &f->ready);
	}
	EV(FILE_MAP, f->address, page_to_pfn(page), f->vma->vm_file->i_ino);
}

/* Take the lock. false: a truncation was here meanwhile; found was dropped and nothing is held. */
static bool lock_unless_truncated(struct fault *f, const struct found *found, u32 sequence)
{
	spin_lock(f->ptl);
	if (locks_page() || sequence == vma_mapping(f->vma)->truncate_count)
		return true;
	spin_unlock(f->ptl);
	EV(FAULT_RETRY, f->address, page_to_pfn(found->page));
	drop_found(found);
	cond_resched();
	return false;
}

/* 4.0 marks the page dirty itself while it has it locked. */
static void fault_done(const struct fault *f, const struct found *found)
{
	if (found->locked == found->page && f->write)
		set_page_dirty(found->page);
	release_file_page(found);
}

static int fault_in_page(struct fault *f)
{
	struct found found;
	u32 sequence;

	do {
		sequence = vma_mapping(f->vma)->truncate_count;
		if (!find_page(f, &found))
			return found.ret;
	} while (!lock_unless_truncated(f, &found, sequence));

	if (pte_none(ptep_get(f->page_table))) {
		map_found(f, &found);
		spin_unlock(f->ptl);
		fault_done(f, &found);
		return found.ret;
	}
	spin_unlock(f->ptl);
	drop_found(&found);
	return found.ret;
}

/* Nothing was here before. 4.0 has one function for reading, one for a copy, one for shared memory;
 * they differ in what is done above. */
static int do_no_page(struct fault *f)
{
	FN;

	return fault_in_page(f);
}

static int do_fault(struct fault *f)
{
	FN;

	return fault_in_page(f);
}

/* -- the rest -------------------------------------------------------------------------------- */

/* The entry says which page of the file was here. */
static int do_file_page(struct fault *f)
{
	FN;
	int err;

	if (!(f->vma->vm_flags & VM_NONLINEAR))
		return VM_FAULT_OOM; /* a bad entry: the kernel reports it and goes on */
	err = populate_range(f->vma, f->address, PAGE_SIZE, f->vma->vm_page_prot,
			     pte_to_pgoff(f->orig_pte), false);
	if (err == -ENOMEM)
		return VM_FAULT_OOM;
	return err ? VM_FAULT_SIGBUS : VM_FAULT_MAJOR;
}

static int absent_pte_fault(struct fault *f)
{
	if (!pte_none(f->orig_pte))
		return pte_file(f->orig_pte) ? do_file_page(f) : do_swap_page(f);
	if (!f->vma->vm_file)
		return do_anonymous_page(f);
	return locks_page() ? do_fault(f) : do_no_page(f);
}

static int handle_pte_fault(struct fault *f)
{
	FN;
	pteval_t entry = f->orig_pte = ptep_get(f->page_table);

	if (!pte_present(entry))
		return absent_pte_fault(f);
	spin_lock(f->ptl);
	if (ptep_get(f->page_table) == entry) {
		if (f->write && !pte_write(entry))
			return do_wp_page(f, entry);
		if (f->write)
			entry = pte_mkdirty(entry);
		entry = pte_mkyoung(entry);
		/* On the i386 only a write changes anything, or finds its TLB outdated. */
		if (f->write && entry != f->orig_pte)
			set_pte(f->page_table, entry);
		if (f->write)
			flush_tlb_page(f->vma, f->address);
	}
	spin_unlock(f->ptl);
	return VM_FAULT_MINOR;
}

int handle_mm_fault_2006(struct mm_struct *mm, struct vm_area_struct *vma, u32 address, bool write)
{
	FN_AS("handle_mm_fault");
	struct fault f = { .mm = mm, .vma = vma, .address = address & PAGE_MASK, .write = write };
	pgd_t *pgd = pgd_offset(mm, f.address);
	int ret;

	count(pgfault);
	if (pgd_none_or_bad(pgd) && __pte_alloc(mm, pgd, f.address))
		return VM_FAULT_OOM;
	f.page_table = pte_offset_map(mm, f.address);
	f.ptl = pte_lockptr(mm, f.page_table);
	ret = handle_pte_fault(&f);
	rmap_release(&f.ready);
	return ret;
}
