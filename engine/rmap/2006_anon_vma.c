/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rmap.c of January 2006, with anon_vmas as they came to rest. What they are is drawn in
 * anon_vma.h, the way to the pages of files in objrmap.c. Here is what seed 004 has and 2.6.9 had
 * not.
 *
 *	reclaim                                   exit of the last mapper
 *	-------                                   -----------------------
 *	rcu_read_lock                             zap: _mapcount is -1
 *	mapping -> anon_vma, low bit set          anon_vma_unlink: the list is empty
 *	page_mapped?  yes
 *	                                          kmem_cache_free(anon_vma)
 *	spin_lock(&anon_vma->lock)   <- of what?
 *	rcu_read_unlock
 *
 * The page holds no reference to its anon_vma, and unmapping does not ask for the page lock. But
 * the cache of anon_vmas is SLAB_DESTROY_BY_RCU: until rcu_read_unlock that memory is an
 * anon_vma, used or free or somebody else's by now, and its lock is a lock. Once it is taken the
 * list is safe, and what is on it that does not map the page is passed over. (With a kernel that
 * can be preempted in an RCU section the section would have to last until the lock is dropped:
 * later it did.)
 *
 * Locks are waited for, no longer only tried:
 *
 *	page lock
 *	    i_mmap_lock, or anon_vma->lock
 *	        page_table_lock, or the lock of one page table
 *	            swap_lock, mmlist_lock
 *
 * so anon_vma_prepare takes anon_vma->lock before page_table_lock, and faults take neither of the
 * first two while they hold a pte lock.
 *
 * Not here, because the i386 has no such thing: page_test_and_clear_young and _dirty, where the
 * machine keeps these bits with the page; flush_cache_page.
 *
 * Source: seed 004, mm/rmap.c between 2.6.15 and 2.6.16-rc1.
 */
#define RMAP_GENERATION
#include "rmap/anon_vma.h"
#include "rmap/check_address.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

/* The first of the row's errata: the cache of anon_vmas is like any other. */
#define ERRATUM_ANON_VMA_NOT_RCU 0

static u32 page_mapcount(const struct page *page)
{
	return (u32)(atomic_read(&page->_mapcount) + 1);
}

static bool page_mapped(const struct page *page)
{
	return atomic_read(&page->_mapcount) >= 0;
}

/* -- the anon_vma of a page -------------------------------------------------------------------- */

/*
 * Lock the anon_vma of a page that is on its way off the lists. It may be unmapped at any moment;
 * mapping is read once, and believed while the page is mapped. NULL: not anonymous, or not mapped
 * any more.
 */
static struct anon_vma *page_lock_anon_vma(struct page *page)
{
	FN;
	struct anon_vma *anon_vma = NULL;
	uintptr_t anon_mapping;

	rcu_read_lock();
	anon_mapping = (uintptr_t)READ_ONCE(page->mapping);
	if (anon_mapping & PAGE_MAPPING_ANON && page_mapped(page)) {
		anon_vma = (struct anon_vma *)(anon_mapping - PAGE_MAPPING_ANON);
		spin_lock(&anon_vma->lock);
	}
	rcu_read_unlock();
	return anon_vma;
}

/* -- page_referenced --------------------------------------------------------------------------- */

/* In the middle of a fault, and the one that is to get through: its pages count as used. Current's
 * own mmap_sem says nothing, it is held by this very fault. */
static bool spared_by_swap_token(struct mm_struct *mm)
{
	return mm != current->mm && has_swap_token(mm) && mm->mmap_sem.count;
}

/* In one vma: how many references, 2 if it has the swap token as well. */
static int page_referenced_one(struct page *page, struct vm_area_struct *vma,
			       struct rmap_search *search)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	u32 address = vma_address(page, vma);
	int referenced = 0;
	spinlock_t *ptl;
	pte_t *pte;

	if (address == NOT_IN_VMA)
		return 0;
	pte = page_check_address(page, mm, address, &ptl);
	if (!pte)
		return 0;

	if (ptep_clear_flush_young(vma, address, pte))
		referenced++;
	if (spared_by_swap_token(mm))
		referenced++;
	search->mapcount--;
	spin_unlock(ptl);
	return referenced;
}

static int page_referenced_anon(struct page *page)
{
	FN;
	struct anon_vma *anon_vma = page_lock_anon_vma(page);
	struct rmap_search search = { 0 };
	struct list_head *pos;
	int referenced = 0;

	if (!anon_vma)
		return 0;
	search.mapcount = page_mapcount(page);
	anon_vma_list_for_each(pos, anon_vma) {
		visit_vma(page, anon_vma_entry(pos));
		referenced += page_referenced_one(page, anon_vma_entry(pos), &search);
		if (!search.mapcount)
			break;
	}
	spin_unlock(&anon_vma->lock);
	return referenced;
}

static const struct file_rmap how;

/* The page lock keeps a page of a file in its file: mapping is not cleared, and the file does not
 * go away. */
static int referenced_by_file(struct page *page)
{
	BUG_ON(PageAnon(page));
	BUG_ON(!PageLocked(page));
	return page_referenced_file(page, &how);
}

/* Whoever has the page lock, if it cannot be had, is using the page. */
static int referenced_in_file(struct page *page, bool is_locked)
{
	int referenced = 0;

	if (is_locked)
		return referenced_by_file(page);
	if (!trylock_page(page))
		return 1;
	if (page->mapping)
		referenced = referenced_by_file(page);
	unlock_page(page);
	return referenced;
}

static int page_referenced(struct page *page, bool is_locked)
{
	FN;
	bool flag = TestClearPageReferenced(page);
	int referenced = flag;

	if (page_mapped(page) && page->mapping) {
		if (PageAnon(page))
			referenced += page_referenced_anon(page);
		else
			referenced += referenced_in_file(page, is_locked);
	}
	EV(REFERENCED, page_to_pfn(page), (u32)referenced, flag);
	return referenced;
}

/* -- a pte more, a pte less ------------------------------------------------------------------- */

static void mapped_event(const struct page *page, const struct vm_area_struct *vma, u32 address)
{
	EV(MAPPED, page_to_pfn(page), vma->vm_mm->pid, address, page_mapcount(page));
}

/* The first pte: mapping and index are set once and for all, as every vma that may map the page
 * computes the same index. */
static void __page_set_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address)
{
	struct anon_vma *anon_vma = vma->anon_vma;

	BUG_ON(!anon_vma);
	page->mapping = (struct address_space *)((uintptr_t)anon_vma + PAGE_MAPPING_ANON);
	page->index = linear_page_index(vma, address);
	EV(ANON_NOTE, page_to_pfn(page), vma->vm_mm->pid, page->index);
	VM->nr_mapped++;
}

/* Not the first: mapping and index could be compared, but the first may not have stored them
 * yet. */
static void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;
	(void)ptep, (void)ready;

	if (atomic_inc_and_test(&page->_mapcount))
		__page_set_anon_rmap(page, vma, address);
	mapped_event(page, vma, address);
}

/* Nobody else can see a new page: a plain store will do, where the other one locks the bus. */
static void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
				   pte_t *ptep, struct rmap_ready *ready)
{
	FN;
	(void)ptep, (void)ready;

	atomic_set(&page->_mapcount, 0);
	__page_set_anon_rmap(page, vma, address);
	mapped_event(page, vma, address);
}

static void page_add_file_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;
	(void)ptep, (void)ready;

	BUG_ON(PageAnon(page));
	BUG_ON(!pfn_valid(page_to_pfn(page)));

	if (atomic_inc_and_test(&page->_mapcount))
		VM->nr_mapped++;
	mapped_event(page, vma, address);
}

/* fork: the parent maps it. */
static void page_dup_rmap(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
			  struct rmap_ready *ready)
{
	(void)ptep, (void)ready;
	atomic_inc(&page->_mapcount);
	mapped_event(page, vma, address);
}

/*
 * The last pte leaves mapping as it is: a page_add_anon_rmap on another cpu may count after us and
 * have stored its mapping before us. free_hot_cold_page clears it; until then it is right only
 * while the page is mapped. And it helps swapoff to put ptes back.
 */
static void page_remove_rmap(struct page *page, pte_t *ptep)
{
	FN;

	if (atomic_add_negative(-1, &page->_mapcount)) {
		BUG_ON(atomic_read(&page->_mapcount) + 1 < 0);
		VM->nr_mapped--;
	}
	EV(UNMAPPED, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep),
	   page_mapcount(page));
}

/* free_hot_cold_page: nobody can map it any more. */
static void page_freed(struct page *page)
{
	if (PageAnon(page))
		page->mapping = NULL;
}

/* -- try_to_unmap ----------------------------------------------------------------------------- */

/* Nuke one pte, whose lock is held. */
static void nuke_pte(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *pte)
{
	struct mm_struct *mm = vma->vm_mm;
	pteval_t pteval = ptep_clear_flush(vma, address, pte);
	u32 slot = 0;

	/* The dirty bit moves to the page, now that the pte is gone. */
	if (pte_dirty(pteval))
		set_page_dirty(page);

	/* The most there was is noted before there is less. */
	update_hiwater_rss(mm);

	if (PageAnon(page)) {
		slot = leave_swap_entry(page, mm, pte);
		mm->anon_rss--;
	} else {
		mm->file_rss--;
	}
	page_remove_rmap(page, pte);
	count(ptes_unmapped);
	EV(UNMAP_ONE, page_to_pfn(page), mm->pid, address, slot);
	page_cache_release(page);
}

static int try_to_unmap_one(struct page *page, struct vm_area_struct *vma)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	u32 address = vma_address(page, vma);
	int ret = SWAP_AGAIN;
	spinlock_t *ptl;
	pte_t *pte;

	if (address == NOT_IN_VMA)
		return ret;
	pte = page_check_address(page, mm, address, &ptl);
	if (!pte)
		return ret;

	/* Locked in memory; or used since page_referenced asked, which may have passed over this
	 * mm: it had better be active. */
	if (vma->vm_flags & VM_LOCKED || ptep_clear_flush_young(vma, address, pte)) {
		EV(UNMAP_FAIL, page_to_pfn(page), mm->pid, address, vma->vm_flags & VM_LOCKED);
		ret = SWAP_FAIL;
	} else {
		nuke_pte(page, vma, address, pte);
	}
	spin_unlock(ptl);
	return ret;
}

static int try_to_unmap_anon(struct page *page)
{
	FN;
	struct anon_vma *anon_vma = page_lock_anon_vma(page);
	struct list_head *pos;
	int ret = SWAP_AGAIN;

	if (!anon_vma)
		return ret;
	anon_vma_list_for_each(pos, anon_vma) {
		visit_vma(page, anon_vma_entry(pos));
		ret = try_to_unmap_one(page, anon_vma_entry(pos));
		if (ret == SWAP_FAIL || !page_mapped(page))
			break;
	}
	spin_unlock(&anon_vma->lock);
	return ret;
}

/* In objrmap.c: the linear vmas, then clusters of the nonlinear ones. */
static const struct file_rmap how = {
	.page_referenced_one = page_referenced_one,
	.try_to_unmap_one = try_to_unmap_one,
	.page_remove_rmap = page_remove_rmap,
	.page_mapcount = page_mapcount,
	.pinned = VM_LOCKED,
	.flushes_young = true,
	.locked_fails = true,
};

static int try_to_unmap(struct page *page)
{
	FN;
	int ret;

	BUG_ON(!PageLocked(page));

	if (PageAnon(page))
		ret = try_to_unmap_anon(page);
	else
		ret = try_to_unmap_file(page, &how);

	if (!page_mapped(page))
		ret = SWAP_SUCCESS;
	EV(UNMAP_DONE, page_to_pfn(page), ret != SWAP_SUCCESS, ret == SWAP_FAIL);
	return ret;
}

/* -- the table -------------------------------------------------------------------------------- */

static bool init(void)
{
	return anon_vma_init(!erratum(ERRATUM_ANON_VMA_NOT_RCU));
}

static int prepare(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask)
{
	(void)ready;
	return anon_vma_prepare(vma, gfp_mask);
}

static u32 mapcount(const struct machine *m, const struct page *page)
{
	(void)m;
	return page_mapcount(page);
}

static u32 walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max)
{
	struct mapping_list list = { .m = m, .page = page, .out = out, .max = max };

	if (!page_mapped(page))
		return 0;
	if (page_anon_of(m->vm, page))
		list_anon_vma(&list, true);
	else
		list_file(&list, true);
	return list.n;
}

static bool misses(const struct machine *m, const struct page *page, const struct mapping *one)
{
	return file_rmap_misses(m, page, one, true);
}

static bool check_all(const struct machine *m, u32 mappings, u32 in_flight, struct rmap_flaw *flaw)
{
	(void)mappings;
	return anon_vma_check_all(m, in_flight, flaw);
}

/* For mm/ptes_quiet.h. */
#define PLAIN_COUNT(page) ((page)->_mapcount.counter)
#define PLAIN_ONE 0
/* The loops over a page table, around page_dup_rmap and page_remove_rmap. */
#include "mm/ptes_2006.h"

const struct rmap_ops RMAP_TABLE(2006_anon_vma) = {
	.name = "anon_vma",
	.file = "engine/rmap/2006_anon_vma.c",
	.idea = "an anonymous page knows the anon_vma its vmas hang on; RCU keeps it one",
	.bytes_per_mapping = 0,
	.unmapped = (u32)-1,
	.init = init,
	.prepare = prepare,
	.page_add_anon_rmap = page_add_anon_rmap,
	.page_add_new_anon_rmap = page_add_new_anon_rmap,
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
	.page_address_in_vma = anon_vma_page_address,
	.walk = walk,
	.mapcount = mapcount,
	.misses = misses,
	.check = anon_vma_check,
	.check_all = check_all,
	.trail = anon_vma_trail,
};
