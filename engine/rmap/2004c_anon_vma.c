/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * anon_vma, first stage: 2.6.8, August 2004.
 *
 *	struct page                anonymous, PG_anon set       of a file
 *	+----------+
 *	| mapping  |               the anon_vma                 the file's address_space
 *	| index    |               page in the anon_vma's       page in the file
 *	+----------+               space: linear_page_index
 *	| mapcount |               how many ptes, guarded by PG_maplock
 *	+----------+
 *
 * Nothing is kept per mapping any more. A page says where to look; the vmas say where in them; the
 * page tables say whether it is there; and mapcount says when all was found.
 *
 * Locking, outermost first:
 *
 *	faults, fork, munmap          reclaim
 *	page_table_lock               page lock
 *	    page_map_lock                 page_map_lock
 *	    anon_vma->lock (prepare)          anon_vma->lock      waits
 *	                                      i_mmap_lock         trylock
 *	                                          page_table_lock trylock
 *
 * Who has the map lock of a mapped page can rely on it: nobody can take its last pte away, so the
 * anon_vma cannot be freed, and truncation, which unmaps first, cannot take it out of its file.
 *
 * Source: 2.6.8 mm/rmap.c. anon_vma and objrmap by Andrea Arcangeli and Dave McCracken, merged by
 * Hugh Dickins.
 */
#define RMAP_GENERATION
#include "rmap/anon_vma.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

/* The first and only one of the row's errata. */
#define NR_MAPPED_TWICE 0

static const struct file_rmap file_rmap;

/* -- adding and removing ---------------------------------------------------------------------- */

static bool page_mapped(const struct page *page)
{
	return page->mapcount != 0;
}

static u32 page_mapcount(const struct page *page)
{
	return (u32)page->mapcount;
}

/* Map lock held: PG_anon and mapping change together. */
static void set_page_anon(struct page *page, struct vm_area_struct *vma, u32 index)
{
	BUG_ON(PageAnon(page));
	BUG_ON(page->mapping);
	set_bit(PG_anon, &page->flags);
	page->index = index;
	page->mapping = (struct address_space *)vma->anon_vma;
	VM->nr_mapped++;
	EV(ANON_NOTE, page_to_pfn(page), vma->vm_mm->pid, index);
}

static void clear_page_anon(struct page *page)
{
	BUG_ON(!page->mapping);
	page->mapping = NULL;
	clear_bit(PG_anon, &page->flags);
	EV(ANON_FORGET, page_to_pfn(page));
}

/* page_table_lock held. A further mapping must be in a place that the first one's note leads to. */
static void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;
	u32 index = linear_page_index(vma, address);

	(void)ptep, (void)ready;
	BUG_ON(PageReserved(page));
	BUG_ON(!vma->anon_vma);

	page_map_lock(page);
	if (!page->mapcount) {
		set_page_anon(page, vma, index);
	} else {
		BUG_ON(!PageAnon(page));
		BUG_ON(page->index != index);
		BUG_ON(page->mapping != (struct address_space *)vma->anon_vma);
	}
	page->mapcount++;
	EV(MAPPED, page_to_pfn(page), vma->vm_mm->pid, address, (u32)page->mapcount);
	page_map_unlock(page);
}

static void page_add_file_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;

	(void)ptep, (void)ready;
	BUG_ON(PageAnon(page));
	if (PageReserved(page))
		return;
	page_map_lock(page);
	if (!page->mapcount)
		VM->nr_mapped++;
	page->mapcount++;
	EV(MAPPED, page_to_pfn(page), vma->vm_mm->pid, address, (u32)page->mapcount);
	page_map_unlock(page);
}

/* fork: the parent maps it, so there is nothing to note. */
static void page_dup_rmap(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
			  struct rmap_ready *ready)
{
	(void)ptep, (void)ready;
	page_map_lock(page);
	page->mapcount++;
	EV(MAPPED, page_to_pfn(page), vma->vm_mm->pid, address, (u32)page->mapcount);
	page_map_unlock(page);
}

static void unmapped_event(const struct page *page, const pte_t *ptep)
{
	EV(UNMAPPED, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep),
	   (u32)page->mapcount);
}

/* Nobody maps it any more. Map lock held. */
static void last_unmap(struct page *page)
{
	if (PageAnon(page))
		clear_page_anon(page);
	VM->nr_mapped--;
}

static void page_remove_rmap(struct page *page, pte_t *ptep)
{
	FN;

	BUG_ON(PageReserved(page));
	BUG_ON(!page->mapcount);
	page_map_lock(page);
	page->mapcount--;
	unmapped_event(page, ptep);
	if (!page->mapcount)
		last_unmap(page);
	page_map_unlock(page);
}

/* -- page_referenced -------------------------------------------------------------------------- */

static int page_referenced_one(struct page *page, struct vm_area_struct *vma,
			       struct rmap_search *search)
{
	return page_referenced_one_2004(page, vma, search, &file_rmap);
}

static int page_referenced_anon(struct page *page)
{
	FN;
	struct anon_vma *anon_vma = (struct anon_vma *)page->mapping;
	struct rmap_search search = { .mapcount = (u32)page->mapcount };
	struct list_head *pos;
	int referenced = 0;

	spin_lock(&anon_vma->lock);
	BUG_ON(list_empty(&anon_vma->head));
	list_for_each(pos, &anon_vma->head) {
		visit_vma(page, anon_vma_entry(pos));
		referenced += page_referenced_one(page, anon_vma_entry(pos), &search);
		if (!search.mapcount)
			break;
	}
	spin_unlock(&anon_vma->lock);
	return referenced;
}

/* Map lock held. */
static int page_referenced(struct page *page, bool is_locked)
{
	FN;
	bool flag = TestClearPageReferenced(page);
	int referenced = flag;

	(void)is_locked;
	if (page->mapcount && page->mapping) {
		if (PageAnon(page))
			referenced += page_referenced_anon(page);
		else
			referenced += page_referenced_file(page, &file_rmap);
	}
	EV(REFERENCED, page_to_pfn(page), (u32)referenced, flag);
	return referenced;
}

/* -- try_to_unmap ----------------------------------------------------------------------------- */

/* The map lock is held, so page_remove_rmap would wait for itself. */
static void unmapped(struct page *page, pte_t *ptep)
{
	BUG_ON(!page->mapcount);
	page->mapcount--;
	unmapped_event(page, ptep);
}

static int try_to_unmap_one(struct page *page, struct vm_area_struct *vma)
{
	return try_to_unmap_one_2004(page, vma, &file_rmap);
}

static int try_to_unmap_anon(struct page *page)
{
	FN;
	struct anon_vma *anon_vma = (struct anon_vma *)page->mapping;
	struct list_head *pos;
	int ret = SWAP_AGAIN;

	spin_lock(&anon_vma->lock);
	BUG_ON(list_empty(&anon_vma->head));
	list_for_each(pos, &anon_vma->head) {
		visit_vma(page, anon_vma_entry(pos));
		ret = try_to_unmap_one(page, anon_vma_entry(pos));
		if (ret == SWAP_FAIL || !page->mapcount)
			break;
	}
	spin_unlock(&anon_vma->lock);
	return ret;
}

/*
 * Page lock and map lock held. Erratum nr-mapped-twice: a page whose last pte was cleared with a
 * cluster, where page_remove_rmap has seen it, was counted off nr_mapped a second time.
 */
static int try_to_unmap(struct page *page)
{
	FN;
	int ret;

	BUG_ON(PageReserved(page));
	BUG_ON(!PageLocked(page));
	BUG_ON(!page->mapcount);

	if (PageAnon(page))
		ret = try_to_unmap_anon(page);
	else
		ret = try_to_unmap_file(page, &file_rmap);

	if (!page->mapcount) {
		if (ret != SWAP_SUCCESS || erratum(NR_MAPPED_TWICE))
			last_unmap(page);
		ret = SWAP_SUCCESS;
	}
	EV(UNMAP_DONE, page_to_pfn(page), ret != SWAP_SUCCESS, ret == SWAP_FAIL);
	return ret;
}

static const struct file_rmap file_rmap = {
	.page_referenced_one = page_referenced_one,
	.try_to_unmap_one = try_to_unmap_one,
	.page_remove_rmap = page_remove_rmap,
	.unmapped = unmapped,
	.page_mapcount = page_mapcount,
	.pinned = VM_LOCKED | VM_RESERVED,
	.trylock = true,
	.map_lock = true,
	.skips_idle = true,
	.flushes_young = true,
};

static bool init(void)
{
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
	return (u32)page->mapcount;
}

static bool misses(const struct machine *m, const struct page *page, const struct mapping *one)
{
	return file_rmap_misses(m, page, one, false);
}

static bool check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw)
{
	if (page->mapcount < 0)
		return rmap_flawed(flaw, "mapcount is negative", (u32)page->mapcount, 0);
	return anon_vma_check(m, page, flaw);
}

static bool check_all(const struct machine *m, u32 mappings, u32 in_flight, struct rmap_flaw *flaw)
{
	(void)mappings;
	if (in_flight)
		return true;
	return anon_flag_check(m, flaw) && anon_vma_check_all(m, in_flight, flaw) &&
	       nr_mapped_check(m, flaw);
}

/* For mm/ptes_quiet.h. */
#define PLAIN_COUNT(page) ((page)->mapcount)
#define PLAIN_ONE 1
/* The loops over a page table, around page_dup_rmap and page_remove_rmap. */
#include "mm/ptes_2004.h"

const struct rmap_ops RMAP_TABLE(2004c_anon_vma) = {
	.name = "anon_vma",
	.file = "engine/rmap/2004c_anon_vma.c",
	.idea = "an anonymous page names the vmas it may be in; a count says when all were found",
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
	.has_map_lock = true,
	.anon_vma_link = link_anon_vma,
	.anon_vma_fork = fork_anon_vma,
	.anon_vma_unlink = unlink_anon_vma,
	.anon_vma_merge = merge_anon_vma,
	.anon_vma_import = import_anon_vma,
	.anon_vma_lock = lock_anon_vma,
	.anon_vma_unlock = unlock_anon_vma,
	.walk = anon_vma_walk,
	.mapcount = mapcount,
	.misses = misses,
	.check = check,
	.check_all = check_all,
	.trail = anon_vma_trail,
};
