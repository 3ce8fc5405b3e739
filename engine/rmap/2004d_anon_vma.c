/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * anon_vma, second stage: seed 001, August 2004, on its way to 2.6.9. The map lock is gone.
 *
 *	                 first stage                     here
 *	mapcount         int, under PG_maplock           _mapcount, atomic, from -1
 *	first mapping    0 -> 1, seen under the lock     atomic_inc_and_test: -1 -> 0
 *	last mapping     1 -> 0                          atomic_add_negative(-1): 0 -> -1
 *	PageAnon         a flag                          the lowest bit of mapping
 *	mapping cleared  when the last pte goes          when the page is freed
 *	fork + exit      6 locked operations a page      4
 *
 * Each user of the map lock has found something else to lean on, or should have:
 *
 *	mapping of an anonymous page    is written by the first mapper only and cleared when nobody
 *	                                can map the page any more; good only while it is mapped
 *	mapping of a page of a file     the page lock keeps truncation away
 *	life of the anon_vma            nothing yet: a look at mapcount before its lock is taken,
 *	                                "which this patch pretends to handle": spin_lock_anon_vma
 *
 * Locking, outermost first:
 *
 *	faults, fork, munmap             reclaim
 *	page_table_lock                  page lock
 *	    anon_vma->lock (prepare)         anon_vma->lock      waits
 *	                                     i_mmap_lock         trylock
 *	                                         page_table_lock trylock
 *
 * Source: seed 001 (Hugh Dickins), mm/rmap.c; the swap token: Rik van Riel, 2.6.9.
 */
#define RMAP_GENERATION
#include "rmap/anon_vma.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

/* kernels/2.6.9-rc-mm.c has their names, in this order. */
enum errata {
	CLEAR_MAPPING_ON_LAST_UNMAP,  /* race R1: as the first stage did */
	REFERENCED_WITHOUT_PAGE_LOCK, /* race R2: as the first stage did */
	PAGE_LOCK_KEPT,               /* as the patch was posted */
};

static const struct file_rmap file_rmap;

/* -- adding and removing ---------------------------------------------------------------------- */

static u32 page_mapcount(const struct page *page)
{
	return (u32)(atomic_read(&page->_mapcount) + 1);
}

static bool page_mapped(const struct page *page)
{
	return atomic_read(&page->_mapcount) >= 0;
}

static void mapped_event(const struct page *page, const struct vm_area_struct *vma, u32 address)
{
	EV(MAPPED, page_to_pfn(page), vma->vm_mm->pid, address, page_mapcount(page));
}

/*
 * page_table_lock held. Whether a page that is mapped already has the index and the anon_vma of
 * this mapping cannot be checked: its first mapper may be between the count and the two stores.
 */
static void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;
	uintptr_t anon_vma = (uintptr_t)vma->anon_vma + PAGE_MAPPING_ANON;

	(void)ptep, (void)ready;
	BUG_ON(PageReserved(page));
	BUG_ON(!vma->anon_vma);

	if (atomic_inc_and_test(&page->_mapcount)) {
		page->index = linear_page_index(vma, address);
		WRITE_ONCE(page->mapping, (struct address_space *)anon_vma);
		VM->nr_mapped++;
		EV(ANON_NOTE, page_to_pfn(page), vma->vm_mm->pid, page->index);
	}
	mapped_event(page, vma, address);
}

static void page_add_file_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;

	(void)ptep, (void)ready;
	BUG_ON(PageAnon(page));
	if (PageReserved(page))
		return;
	if (atomic_inc_and_test(&page->_mapcount))
		VM->nr_mapped++;
	mapped_event(page, vma, address);
}

static void page_dup_rmap(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
			  struct rmap_ready *ready)
{
	(void)ptep, (void)ready;
	atomic_inc(&page->_mapcount);
	mapped_event(page, vma, address);
}

/*
 * Erratum clear-mapping-on-last-unmap: what the first stage did here, without its lock. A fault
 * that maps the page from the swap cache for another process counts after us and notes before us,
 * and its note is lost: a mapped page that no rmap finds.
 */
static void clear_page_anon(struct page *page)
{
	if (!PageAnon(page))
		return;
	WRITE_ONCE(page->mapping, NULL);
	EV(ANON_FORGET, page_to_pfn(page));
}

static void page_remove_rmap(struct page *page, pte_t *ptep)
{
	FN;
	bool last;

	BUG_ON(PageReserved(page));
	last = atomic_add_negative(-1, &page->_mapcount);
	EV(UNMAPPED, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep),
	   page_mapcount(page));
	if (!last)
		return;
	BUG_ON((s32)page_mapcount(page) < 0);
	if (erratum(CLEAR_MAPPING_ON_LAST_UNMAP))
		clear_page_anon(page);
	VM->nr_mapped--;
}

/* free_hot_cold_page: nobody has a reference, so nobody can map it. */
static void page_freed(struct page *page)
{
	if (PageAnon(page))
		page->mapping = NULL;
}

/* -- the life of an anon_vma ------------------------------------------------------------------ */

static struct anon_vma *anon_vma_of(struct page *page)
{
	return (struct anon_vma *)((uintptr_t)READ_ONCE(page->mapping) - PAGE_MAPPING_ANON);
}

/*
 * Race R3. The page was mapped a moment ago, but the last pte may have gone since, and the last vma
 * of the anon_vma with it: then this word belongs to something else. The real kernel spun on it for
 * ever or wrote into it; here the machine says what happened. Closed by SLAB_DESTROY_BY_RCU.
 */
static void spin_lock_anon_vma(struct anon_vma *anon_vma)
{
	SITE_ROW(gone_site, EV_BUG);

	sched_point(SP_LOCK, anon_vma);
	if (anon_vma->lock.class != LC_ANON_VMA_LOCK ||
	    anon_vma->lock.id != heap_id(current->machine, anon_vma))
		report_break(REPORT_USE_AFTER_FREE, &gone_site,
			     "the lock of an anon_vma is taken after it was freed", NULL);
	spin_lock(&anon_vma->lock);
}

/* -- page_referenced -------------------------------------------------------------------------- */

static int page_referenced_one(struct page *page, struct vm_area_struct *vma,
			       struct rmap_search *search)
{
	return page_referenced_one_2004(page, vma, search, &file_rmap);
}

/* mapcount is looked at again before the lock is taken. It is not safe all the same: see above. */
static int page_referenced_anon(struct page *page)
{
	FN;
	struct anon_vma *anon_vma = anon_vma_of(page);
	struct rmap_search search = { .mapcount = page_mapcount(page) };
	struct list_head *pos;
	int referenced = 0;

	if (!search.mapcount)
		return 0;
	spin_lock_anon_vma(anon_vma);
	anon_vma_list_for_each(pos, anon_vma) {
		visit_vma(page, anon_vma_entry(pos));
		referenced += page_referenced_one(page, anon_vma_entry(pos), &search);
		if (!search.mapcount)
			break;
	}
	spin_unlock(&anon_vma->lock);
	return referenced;
}

/* The page lock is held, so that truncation can take neither the page from the file nor the file
 * away. Erratum referenced-without-page-lock: it is not. */
static int referenced_by_file(struct page *page)
{
	if (!erratum(REFERENCED_WITHOUT_PAGE_LOCK)) {
		BUG_ON(PageAnon(page));
		BUG_ON(!PageLocked(page));
	}
	return page_referenced_file(page, &file_rmap);
}

/*
 * refill_inactive_zone comes without the page lock. Whoever has it is at work on the page: that
 * counts as one reference. Erratum page-lock-kept: as posted, the lock was not given back when a
 * truncation had been faster.
 */
static int referenced_unlocked(struct page *page)
{
	int referenced = 0;

	if (erratum(REFERENCED_WITHOUT_PAGE_LOCK))
		return referenced_by_file(page);
	if (!trylock_page(page))
		return 1;
	if (page->mapping)
		referenced = referenced_by_file(page);
	else if (erratum(PAGE_LOCK_KEPT))
		return 0;
	unlock_page(page);
	return referenced;
}

static int page_referenced(struct page *page, bool is_locked)
{
	FN;
	bool flag = TestClearPageReferenced(page);
	int referenced = flag;

	if (page_mapped(page) && READ_ONCE(page->mapping)) {
		if (PageAnon(page))
			referenced += page_referenced_anon(page);
		else if (is_locked)
			referenced += referenced_by_file(page);
		else
			referenced += referenced_unlocked(page);
	}
	EV(REFERENCED, page_to_pfn(page), (u32)referenced, flag);
	return referenced;
}

/* -- try_to_unmap ----------------------------------------------------------------------------- */

static int try_to_unmap_one(struct page *page, struct vm_area_struct *vma)
{
	return try_to_unmap_one_2004(page, vma, &file_rmap);
}

static int try_to_unmap_anon(struct page *page)
{
	FN;
	struct anon_vma *anon_vma = anon_vma_of(page);
	struct list_head *pos;
	int ret = SWAP_AGAIN;

	if (!page_mapped(page))
		return ret;
	spin_lock_anon_vma(anon_vma);
	anon_vma_list_for_each(pos, anon_vma) {
		visit_vma(page, anon_vma_entry(pos));
		ret = try_to_unmap_one(page, anon_vma_entry(pos));
		if (ret == SWAP_FAIL || !page_mapped(page))
			break;
	}
	spin_unlock(&anon_vma->lock);
	return ret;
}

/* Page lock held. */
static int try_to_unmap(struct page *page)
{
	FN;
	int ret;

	BUG_ON(PageReserved(page));
	BUG_ON(!PageLocked(page));

	if (PageAnon(page))
		ret = try_to_unmap_anon(page);
	else
		ret = try_to_unmap_file(page, &file_rmap);

	if (!page_mapped(page))
		ret = SWAP_SUCCESS;
	EV(UNMAP_DONE, page_to_pfn(page), ret != SWAP_SUCCESS, ret == SWAP_FAIL);
	return ret;
}

static const struct file_rmap file_rmap = {
	.page_referenced_one = page_referenced_one,
	.try_to_unmap_one = try_to_unmap_one,
	.page_remove_rmap = page_remove_rmap,
	.page_mapcount = page_mapcount,
	.pinned = VM_LOCKED | VM_RESERVED,
	.trylock = true,
	.skips_idle = true,
	.flushes_young = true,
};

static bool init(void)
{
	reset_page_mapcounts();
	return anon_vma_init(false);
}

static int prepare(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask)
{
	(void)ready;
	return anon_vma_prepare_2004(vma, gfp_mask);
}

/* -- inspection ------------------------------------------------------------------------------- */

static u32 mapcount(const struct machine *m, const struct page *page)
{
	(void)m;
	return page_mapcount(page);
}

static bool misses(const struct machine *m, const struct page *page, const struct mapping *one)
{
	return file_rmap_misses(m, page, one, false);
}

/* What a first mapper has not noted yet cannot be told from what got lost: see check_all. */
static bool check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw)
{
	(void)m;
	if ((s32)page_mapcount(page) < 0)
		return rmap_flawed(flaw, "_mapcount is below -1",
				   (u32)atomic_read(&page->_mapcount), 0);
	return true;
}

static bool check_all(const struct machine *m, u32 mappings, u32 in_flight, struct rmap_flaw *flaw)
{
	u32 pfn;

	(void)mappings;
	if (in_flight)
		return true;
	for (pfn = 0; pfn < m->nr_frames; pfn++)
		if (!anon_vma_check(m, &m->vm->mem_map[pfn], flaw))
			return false;
	return anon_vma_check_all(m, in_flight, flaw) && nr_mapped_check(m, flaw);
}

/* For mm/ptes_quiet.h. */
#define PLAIN_COUNT(page) ((page)->_mapcount.counter)
#define PLAIN_ONE 0
/* The loops over a page table, around page_dup_rmap and page_remove_rmap. */
#include "mm/ptes_2004.h"

const struct rmap_ops RMAP_TABLE(2004d_anon_vma) = {
	.name = "anon_vma without map lock",
	.file = "engine/rmap/2004d_anon_vma.c",
	.idea = "mapcount is atomic, and the map lock is gone; an anon_vma may be gone too",
	.init = init,
	.prepare = prepare,
	.page_add_anon_rmap = page_add_anon_rmap,
	.page_add_file_rmap = page_add_file_rmap,
	.page_dup_rmap = page_dup_rmap,
	.page_remove_rmap = page_remove_rmap,
	.copy_ptes = copy_ptes,
	.zap_ptes = zap_pte_range,
	.page_referenced = page_referenced,
	.try_to_unmap = try_to_unmap,
	.page_mapped = page_mapped,
	.anon_vma_link = link_anon_vma,
	.anon_vma_fork = fork_anon_vma,
	.anon_vma_unlink = unlink_anon_vma,
	.anon_vma_merge = merge_anon_vma,
	.anon_vma_import = import_anon_vma,
	.anon_vma_lock = lock_anon_vma,
	.anon_vma_unlock = unlock_anon_vma,
	.page_freed = page_freed,
	.walk = anon_vma_walk,
	.mapcount = mapcount,
	.misses = misses,
	.check = check,
	.check_all = check_all,
	.trail = anon_vma_trail,
};
