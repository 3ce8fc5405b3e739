/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of files by their object.
 *
 *	struct page          struct address_space        vm_area_struct         page table
 *	+---------+          +------------------+        +-------------+        +-----+
 *	| mapping |--------->| i_mmap           |------->| vm_mm       |------->| pte |
 *	| index   |          |  vmas, by pages  |        | vm_pgoff    |        +-----+
 *	+---------+          | i_mmap_nonlinear |---.    | vm_start    |
 *	                     +------------------+   |    +-------------+
 *	                                            '--> ptes of any page in any order
 *
 * A file already knows who maps it, so its pages need no chains: a page costs a count and nothing
 * per mapping. What must be walked instead are the vmas that cover the page.
 *
 * remap_file_pages breaks the arithmetic. A vma that was its victim is off the tree and on a list,
 * and a page is not looked for in it at all. Instead, when a page cannot be unmapped otherwise, the
 * list is swept in clusters of 32 ptes:
 *
 *	vma 1   |########|########|........|........|........|     # swept   vm_private_data: where
 *	vma 2   |########|########|........|                         the next cluster begins
 *	vma 3   |########|########|........|........|
 *	                          ^ max_nl_cursor: all vmas are kept in step
 *
 * A pte in a cluster that was used since the last time loses its accessed bit; one that was not is
 * cleared, whatever page it maps. So the pages of nonlinear vmas age all together, and the number
 * of mappings of the page that was asked for only says how hard to try.
 *
 * Source: 2.6.7, 2.6.8, 2.6.9 mm/rmap.c; seeds 001 and 004.
 */
#include "rmap/objrmap.h"
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#define CLUSTER_SIZE (32 * PAGE_SIZE) /* or PMD_SIZE, where that is less */
#define CLUSTER_MASK (~(CLUSTER_SIZE - 1))

#define nonlinear_foreach(pos, vma, mapping) \
	for ((pos) = list_next(&(mapping)->i_mmap_nonlinear); \
	     (pos) != &(mapping)->i_mmap_nonlinear && \
	     ((vma) = list_entry(pos, struct vm_area_struct, shared), true); \
	     (pos) = list_next(pos))

/* -- one vma, one pte ------------------------------------------------------------------------- */

u32 vma_address(const struct page *page, const struct vm_area_struct *vma)
{
	u32 address = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);

	if (unlikely(address < vma->vm_start || address >= vma->vm_end)) {
		BUG_ON(!PageAnon(page));
		return NOT_IN_VMA;
	}
	return address;
}

bool mm_idle(const struct mm_struct *mm)
{
	return mm_rss(mm) == 0;
}

/* The vma, and where the page would be in it: some cache lines, here one. */
void visit_vma(const struct page *page, const struct vm_area_struct *vma)
{
	u32 address = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);
	bool inside = address >= vma->vm_start && address < vma->vm_end;

	count(vmas_visited);
	charge(CACHE_LINE);
	EV(VMA_VISIT, page_to_pfn(page), vma->vm_mm->pid, vma->vm_start, vma->vm_end,
	   inside ? address : 0);
}

pte_t *page_pte(const struct page *page, const struct mm_struct *mm, u32 address)
{
	pte_t *pte = pte_offset_map(mm, address);

	if (!pte)
		return NULL;
	count(ptes_visited);
	charge(CACHE_LINE);
	if (!pte_present(ptep_get(pte)) || pte_pfn(ptep_get(pte)) != page_to_pfn(page))
		return NULL;
	EV(RMAP_WALK, page_to_pfn(page), mm->pid, address);
	return pte;
}

bool trylock_page_table(const struct page *page, struct mm_struct *mm, u32 address)
{
	if (spin_trylock(&mm->page_table_lock))
		return true;
	count(rmap_trylock_failed);
	EV(UNMAP_AGAIN, page_to_pfn(page), mm->pid, address);
	return false;
}

bool clear_young(struct vm_area_struct *vma, u32 address, pte_t *ptep,
		 const struct file_rmap *how)
{
	if (how->flushes_young)
		return ptep_clear_flush_young(vma, address, ptep);
	return ptep_test_and_clear_young(ptep);
}

bool must_stay(const struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
	       const struct file_rmap *how)
{
	if (vma->vm_flags & how->pinned)
		EV(UNMAP_FAIL, page_to_pfn(page), vma->vm_mm->pid, address, 1);
	else if (clear_young(vma, address, ptep, how))
		EV(UNMAP_SPARE, page_to_pfn(page), vma->vm_mm->pid, address, 0);
	else
		return false;
	return true;
}

bool spared_by_token(const struct mm_struct *mm)
{
	if (mm == current->mm || !has_swap_token(mm))
		return false;
	return VM->kernel->swap_token < 2 || mm->mmap_sem.count != 0;
}

static void dec_rss(struct mm_struct *mm, bool anon)
{
	if (!VM->kernel->rss_by_kind)
		mm->rss--;
	else if (anon)
		mm->anon_rss--;
	else
		mm->file_rss--;
}

/* Where an anonymous page is to be found from now on. Returns the slot. */
static u32 leave_swap_pte(struct page *page, pte_t *ptep)
{
	swp_entry_t entry = page_swap_entry(page);

	BUG_ON(!PageSwapCache(page));
	swap_duplicate(entry);
	set_pte(ptep, swp_entry_to_pte(entry));
	BUG_ON(pte_file(ptep_get(ptep)));
	return entry.val;
}

void unmap_pte(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep)
{
	pteval_t pteval = ptep_clear_flush(vma, address, ptep);
	u32 slot = 0;

	/* The last word on whether the page is dirty is the pte that is gone now. */
	if (pte_dirty(pteval))
		set_page_dirty(page);
	if (PageAnon(page))
		slot = leave_swap_pte(page, ptep);

	dec_rss(vma->vm_mm, PageAnon(page));
	count(ptes_unmapped);
	EV(UNMAP_ONE, page_to_pfn(page), vma->vm_mm->pid, address, slot);
}

void reset_page_mapcounts(void)
{
	u32 pfn;

	for (pfn = 0; pfn < VM->max_mapnr; pfn++)
		atomic_set(&VM->mem_map[pfn]._mapcount, -1);
}

/* -- the linear vmas of a file ---------------------------------------------------------------- */

static bool lock_vmas(struct address_space *mapping, const struct file_rmap *how)
{
	if (!how->trylock) {
		i_mmap_lock(mapping);
		return true;
	}
	if (i_mmap_trylock(mapping))
		return true;
	count(rmap_trylock_failed);
	return false;
}

/* What the page points to now. Who comes here without a lock that keeps it there, as erratum
 * referenced-without-page-lock does, follows NULL when a truncation was faster. */
static struct address_space *mapping_of(struct page *page)
{
	struct address_space *mapping = READ_ONCE(page->mapping);

	if (!mapping)
		BUG_TEXT("oops: page->mapping of a file page is NULL");
	return mapping;
}

/* In every linear vma of the file until all is found. A vma that is shared and locked says at once
 * that the page is wanted. */
static int referenced_in_vmas(struct page *page, struct address_space *mapping,
			      const struct file_rmap *how, struct rmap_search *search)
{
	const u32 locked = VM_LOCKED | VM_MAYSHARE;
	struct vm_area_struct *vma;
	struct i_mmap_iter iter;
	int referenced = 0;

	i_mmap_foreach(vma, &iter, mapping, page->index, page->index) {
		visit_vma(page, vma);
		if ((vma->vm_flags & locked) == locked) {
			search->mapcount = 0;
			return referenced + 1;
		}
		referenced += how->page_referenced_one(page, vma, search);
		if (!search->mapcount)
			break;
	}
	return referenced;
}

int page_referenced_file(struct page *page, const struct file_rmap *how)
{
	FN;
	struct address_space *mapping = mapping_of(page);
	struct rmap_search search = { 0 };
	int referenced;

	if (!lock_vmas(mapping, how))
		return 0; /* try_to_unmap will have a go at it */

	/* Without a map lock the count may change at any time; later is better than earlier. */
	search.mapcount = how->page_mapcount(page);
	referenced = referenced_in_vmas(page, mapping, how, &search);
	if (how->warns && search.mapcount && !search.failed &&
	    list_empty(&mapping->i_mmap_nonlinear))
		EV(RMAP_MISSED, page_to_pfn(page), search.mapcount);
	i_mmap_unlock(mapping);
	return referenced;
}

/* -- clusters of nonlinear vmas --------------------------------------------------------------- */

/* What became of the ptes of one cluster. */
struct cluster {
	u32 unmapped, spared;
};

/* The page of such a pte. NULL: it is to be left alone, as no page that reclaim knows; which up to
 * 2.6.9 may be, and in 2.6.16 cannot (vm_normal_page). */
static struct page *cluster_page(pteval_t pteval, const struct file_rmap *how)
{
	struct page *page = pfn_valid(pte_pfn(pteval)) ? pte_page(pteval) : NULL;

	if (!how->trylock)
		BUG_ON(!page);
	if (!page)
		return NULL;
	BUG_ON(PageAnon(page));
	return how->trylock && PageReserved(page) ? NULL : page;
}

/* A pte that a cluster has: aged or cleared. A page that is not where the vma says leaves its place
 * in the file behind. */
static void age_pte(struct vm_area_struct *vma, u32 address, pte_t *pte,
		    const struct file_rmap *how, struct cluster *found)
{
	struct page *page;
	pteval_t pteval = ptep_get(pte);

	count(ptes_visited);
	charge(CACHE_LINE);
	if (!pte_present(pteval))
		return;
	page = cluster_page(pteval, how);
	if (!page)
		return;
	if (clear_young(vma, address, pte, how)) {
		found->spared++;
		return;
	}
	pteval = ptep_clear_flush(vma, address, pte);
	if (page->index != linear_page_index(vma, address))
		set_pte(pte, pgoff_to_pte(page->index));
	if (pte_dirty(pteval))
		set_page_dirty(page);
	how->page_remove_rmap(page, pte);
	dec_rss(vma->vm_mm, false);
	count(ptes_unmapped);
	EV(UNMAP_ONE, page_to_pfn(page), vma->vm_mm->pid, address, 0);
	page_cache_release(page);
	found->unmapped++;
}

/* The lock of the ptes around address. NULL: up to 2.6.9, it cannot be had at once; in 2.6.16,
 * there is no page table, so nothing to lock. *pte is NULL where there is no page table. */
static spinlock_t *lock_cluster(struct mm_struct *mm, u32 address, const struct file_rmap *how,
				pte_t **pte)
{
	spinlock_t *ptl = &mm->page_table_lock;

	if (how->trylock) {
		if (!spin_trylock(ptl)) {
			count(rmap_trylock_failed);
			return NULL;
		}
		*pte = pte_offset_map(mm, address);
		return ptl;
	}
	*pte = pte_offset_map(mm, address);
	if (!*pte)
		return NULL;
	ptl = pte_lockptr(mm, *pte);
	spin_lock(ptl);
	return ptl;
}

/* One cluster, 32 ptes at the most and in one page table: SWAP_AGAIN, or SWAP_FAIL if the lock
 * could not be had. */
static int try_to_unmap_cluster(u32 cursor, s32 *mapcount, struct vm_area_struct *vma,
				const struct file_rmap *how)
{
	FN;
	u32 address = (vma->vm_start + cursor) & CLUSTER_MASK, end = address + CLUSTER_SIZE;
	struct cluster found = { 0 };
	spinlock_t *ptl;
	pte_t *pte;
	u32 at, stride = pte_stride();

	if (address < vma->vm_start)
		address = vma->vm_start;
	if (end > vma->vm_end || end == 0)
		end = vma->vm_end;

	ptl = lock_cluster(vma->vm_mm, address, how, &pte);
	if (!ptl)
		return how->trylock ? SWAP_FAIL : SWAP_AGAIN;
	if (VM->kernel->rss_by_kind)
		update_hiwater_rss(vma->vm_mm); /* before there is less */
	for (at = address; pte && at < end; pte = pte_step(pte, stride), at += PAGE_SIZE)
		age_pte(vma, at, pte, how, &found);
	EV(CLUSTER, vma->vm_mm->pid, address, end, found.unmapped, found.spared);
	*mapcount -= (s32)found.unmapped;
	spin_unlock(ptl);
	return SWAP_AGAIN;
}

/* How far the sweep is: the largest cursor, and the largest vma. size 0: all vmas are pinned. */
struct sweep {
	u32 cursor, size;
	s32 mapcount; /* ptes to clear before it is enough */
};

static void look_round(struct address_space *mapping, const struct file_rmap *how,
		       struct sweep *sweep)
{
	struct vm_area_struct *vma;
	struct list_head *pos;

	nonlinear_foreach(pos, vma, mapping) {
		u32 size = vma->vm_end - vma->vm_start;

		count(vmas_visited);
		charge(CACHE_LINE);
		if (vma->vm_flags & how->pinned)
			continue;
		if (vma->vm_private_data > sweep->cursor)
			sweep->cursor = vma->vm_private_data;
		if (size > sweep->size)
			sweep->size = size;
	}
}

/* Bring one vma level with the others. true: enough ptes were cleared. A vma whose lock was missed
 * falls behind, and starts there next time. */
static bool sweep_vma(struct vm_area_struct *vma, const struct file_rmap *how,
		      struct sweep *sweep)
{
	u32 cursor = vma->vm_private_data;

	while (!(how->skips_idle && mm_idle(vma->vm_mm)) && cursor < sweep->cursor &&
	       cursor < vma->vm_end - vma->vm_start) {
		if (try_to_unmap_cluster(cursor, &sweep->mapcount, vma, how) == SWAP_FAIL)
			return false;
		cursor += CLUSTER_SIZE;
		vma->vm_private_data = cursor;
		if (sweep->mapcount <= 0)
			return true;
	}
	vma->vm_private_data = sweep->cursor;
	return false;
}

/* cond_resched_lock: whoever waits for the cpu, or for the vmas of the file, is let in. */
static void let_others_in(struct address_space *mapping)
{
	if (!current->need_resched)
		return;
	i_mmap_unlock(mapping);
	schedule();
	i_mmap_lock(mapping);
}

/* Lap after lap, one cluster of every vma in each. true: enough. */
static bool sweep_all(struct address_space *mapping, const struct file_rmap *how,
		      struct sweep *sweep)
{
	struct vm_area_struct *vma;
	struct list_head *pos;

	let_others_in(mapping);
	sweep->size = (sweep->size + CLUSTER_SIZE - 1) & CLUSTER_MASK;
	if (sweep->cursor == 0)
		sweep->cursor = CLUSTER_SIZE;
	for (; sweep->cursor <= sweep->size; sweep->cursor += CLUSTER_SIZE) {
		nonlinear_foreach(pos, vma, mapping)
			if (!(vma->vm_flags & how->pinned) && sweep_vma(vma, how, sweep))
				return true;
		let_others_in(mapping);
	}
	return false;
}

/* The end was reached: back to the start, and no longer known which had fallen behind. */
static void reset_cursors(struct address_space *mapping, const struct file_rmap *how)
{
	struct vm_area_struct *vma;
	struct list_head *pos;

	nonlinear_foreach(pos, vma, mapping)
		if (!(vma->vm_flags & how->pinned & ~VM_LOCKED))
			vma->vm_private_data = 0;
}

/*
 * i_mmap_lock held; the map lock, where there is one, is dropped while clusters take that of other
 * pages. ret: what the linear vmas answered. SWAP_SUCCESS: the last pte of the page was among those
 * that were cleared, and page_remove_rmap has done all that this asks for.
 */
static int unmap_nonlinear(struct page *page, struct address_space *mapping,
			   const struct file_rmap *how, int ret)
{
	struct sweep sweep = { 0 };

	look_round(mapping, how, &sweep);
	if (!sweep.size)
		return how->locked_fails ? SWAP_FAIL : ret;
	sweep.mapcount = (s32)how->page_mapcount(page);
	if (!sweep.mapcount)
		return ret;
	if (how->map_lock)
		page_map_unlock(page);
	if (!sweep_all(mapping, how, &sweep))
		reset_cursors(mapping, how);
	if (how->map_lock)
		page_map_lock(page);
	return how->page_mapcount(page) ? SWAP_AGAIN : SWAP_SUCCESS;
}

/* -- unmapping -------------------------------------------------------------------------------- */

int try_to_unmap_file(struct page *page, const struct file_rmap *how)
{
	FN;
	struct address_space *mapping = mapping_of(page);
	struct vm_area_struct *vma;
	struct i_mmap_iter iter;
	int ret = SWAP_AGAIN;

	if (!lock_vmas(mapping, how))
		return ret;
	i_mmap_foreach(vma, &iter, mapping, page->index, page->index) {
		visit_vma(page, vma);
		ret = how->try_to_unmap_one(page, vma);
		if (ret == SWAP_FAIL || !how->page_mapcount(page))
			goto out;
	}
	if (!list_empty(&mapping->i_mmap_nonlinear))
		ret = unmap_nonlinear(page, mapping, how, ret);
out:
	i_mmap_unlock(mapping);
	return ret;
}
