/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * anonmm: Hugh Dickins' object for anonymous pages, in 2.6.7-rc for a day in May 2004.
 *
 *	struct page          struct anonmm                        mm_struct
 *	+---------+          +-------+------+-----+------+        +-----------+
 *	| mapping |--------->| count | lock | mm  | head |------->| page      |
 *	| index   |          +-------+------+-----+------+        | tables    |
 *	+---------+                    list |                     +-----------+
 *	  the address                       v  exec: the head of a new circle; fork: one more
 *	                      (head) <-> (child) <-> (grandchild) <-> back to the head
 *
 * A page that parent and child share is at the same address in both, so one address and the circle
 * of all mms that descend from one exec are enough to find it: first the mm that was noted, then
 * the others. No vma is looked for before a pte was found.
 *
 * An anonmm outlives its mm as long as pages name it. count: one for its mm, one for each page, and
 * in the head one for each member of the circle, itself included:
 *
 *	exec    head 2                     mm, member
 *	fork    child 1, head +1           mm; member
 *	exit    -1, and mm is NULL; a member that comes to 0 leaves the circle: head -1
 *	        a head that is alone and has come to 1 is freed
 *
 * The weak spot is mremap. One address per page means that a page that relatives share cannot be
 * moved in one of them. Linus' way out: copy it early. What is in swap cannot be seen at the move;
 * it is copied when it comes back and its address does not fit.
 *
 * Locking, outermost first:
 *
 *	faults, fork, munmap          reclaim
 *	page_table_lock               page lock
 *	    page_map_lock                 page_map_lock
 *	        head's lock                   head's lock         waits
 *	                                      i_mmap_lock         trylock
 *	                                          page_table_lock trylock
 *
 * Source: "rmap 10 add anonmm rmap" and "rmap 11 mremap moves" (22 May 2004, between 2.6.6 and
 * 2.6.7), as they were just before "rmap 38 remove anonmm rmap".
 */
#define RMAP_GENERATION
#include "rmap/anonmm.h"
#include "mm/pgtable.h"
#include "mm/slab.h"
#include "mm/vm.h"

#include <errno.h>

/* kernels/2.6.7-anonmm.c has their names, in this order. */
enum errata { NR_MAPPED_TWICE, MOVED_PAGE_REUSED };

static const struct file_rmap file_rmap;

/* -- address spaces --------------------------------------------------------------------------- */

/* An anonmm for mm; head NULL: of its own circle. NULL: no memory. */
static struct anonmm *anonmm_alloc(struct mm_struct *mm, struct anonmm *head)
{
	struct anonmm *anonmm = kmem_cache_alloc(VM->anonmm_cachep, GFP_KERNEL);

	if (!anonmm)
		return NULL;
	atomic_set(&anonmm->count, head ? 1 : 2);
	spin_lock_init(&anonmm->lock, LC_ANONMM_LOCK, mm->pid);
	anonmm->mm = mm;
	anonmm->head = head ? head : anonmm;
	INIT_LIST_HEAD(&anonmm->list);
	return anonmm;
}

static int exec_rmap(struct mm_struct *mm)
{
	FN;
	struct anonmm *anonmm = anonmm_alloc(mm, NULL);

	if (!anonmm)
		return -ENOMEM;
	mm->anonmm = anonmm;
	EV(ANONMM_NEW, mm->pid, 0);
	return 0;
}

/* rss 0 keeps everybody away from the mm until there is something in it. */
static int dup_rmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	FN;
	struct anonmm *anonhd = oldmm->anonmm->head;
	struct anonmm *anonmm = anonmm_alloc(mm, anonhd);

	if (!anonmm)
		return -ENOMEM;
	mm->rss = 0;
	spin_lock(&anonhd->lock);
	atomic_inc(&anonhd->count);
	list_add_tail(&anonmm->list, &anonhd->list);
	spin_unlock(&anonhd->lock);
	mm->anonmm = anonmm;
	EV(ANONMM_NEW, mm->pid, oldmm->pid);
	return 0;
}

static void anonmm_free(struct anonmm *anonmm)
{
	EV(ANONMM_FREE, anonmm == anonmm->head);
	kmem_cache_free(VM->anonmm_cachep, anonmm);
}

/* A member without mm and pages. The head's lock is held. */
static void leave_circle(struct anonmm *anonmm, struct anonmm *anonhd)
{
	BUG_ON(anonmm == anonhd);
	list_del(&anonmm->list);
	if (atomic_dec_and_test(&anonhd->count))
		BUG();
}

/*
 * The mm is empty. Once the lock is dropped somebody else may free the head, so its count is read
 * under the lock: of all who leave, only the last reads 1.
 */
static void exit_rmap(struct mm_struct *mm)
{
	FN;
	struct anonmm *anonmm = mm->anonmm, *anonhd = anonmm->head;
	bool gone;
	s32 left;

	mm->anonmm = NULL;
	spin_lock(&anonhd->lock);
	anonmm->mm = NULL;
	gone = atomic_dec_and_test(&anonmm->count);
	EV(ANONMM_DEAD, mm->pid, (u32)atomic_read(&anonmm->count));
	if (gone) {
		leave_circle(anonmm, anonhd);
		anonmm_free(anonmm);
	}
	left = atomic_read(&anonhd->count);
	spin_unlock(&anonhd->lock);

	if (left == 1) {
		BUG_ON(anonhd->mm);
		BUG_ON(!list_empty(&anonhd->list));
		anonmm_free(anonhd);
	}
}

/* The last page that named it is gone, and its mm before. */
static void free_anonmm(struct anonmm *anonmm)
{
	FN;
	struct anonmm *anonhd = anonmm->head;

	BUG_ON(anonmm->mm);
	spin_lock(&anonhd->lock);
	leave_circle(anonmm, anonhd);
	spin_unlock(&anonhd->lock);
	anonmm_free(anonmm);
}

/* -- adding and removing ---------------------------------------------------------------------- */

static bool page_mapped(const struct page *page)
{
	return page->mapcount != 0;
}

static u32 page_mapcount(const struct page *page)
{
	return (u32)page->mapcount;
}

/* Map lock held. */
static void set_page_anon(struct page *page, struct mm_struct *mm, u32 address)
{
	BUG_ON(page->mapping);
	set_bit(PG_anon, &page->flags);
	page->index = address & PAGE_MASK;
	page->mapping = (struct address_space *)mm->anonmm;
	atomic_inc(&mm->anonmm->count);
	VM->nr_mapped++;
	EV(ANON_NOTE, page_to_pfn(page), mm->pid, page->index);
}

static void clear_page_anon(struct page *page)
{
	struct anonmm *anonmm = page_anonmm(page);

	page->mapping = NULL;
	clear_bit(PG_anon, &page->flags);
	EV(ANON_FORGET, page_to_pfn(page));
	if (atomic_dec_and_test(&anonmm->count))
		free_anonmm(anonmm);
}

static void mapped_event(const struct page *page, const struct vm_area_struct *vma, u32 address)
{
	EV(MAPPED, page_to_pfn(page), vma->vm_mm->pid, address, (u32)page->mapcount);
}

/* page_table_lock held. A page that comes back from swap may be mapped in a mm that is not the
 * noted one, and for a moment at another address: do_swap_page copies it then. */
static void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;

	(void)ptep, (void)ready;
	BUG_ON(PageReserved(page));
	page_map_lock(page);
	if (!page->mapcount)
		set_page_anon(page, vma->vm_mm, address);
	page->mapcount++;
	mapped_event(page, vma, address);
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
	mapped_event(page, vma, address);
	page_map_unlock(page);
}

static void page_dup_rmap(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
			  struct rmap_ready *ready)
{
	(void)ptep, (void)ready;
	page_map_lock(page);
	page->mapcount++;
	mapped_event(page, vma, address);
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

/* -- mremap ----------------------------------------------------------------------------------- */

/* page_table_lock held; the pte moves next. 0 or -EAGAIN: it is shared, copy it first. */
static int mremap_move_anon_rmap(struct page *page, u32 new_address)
{
	FN;
	bool move;

	if (!PageAnon(page))
		return 0;
	page_map_lock(page);
	move = page->mapcount == 1;
	if (move)
		page->index = new_address & PAGE_MASK;
	EV(ANONMM_MOVE, page_to_pfn(page), new_address, move);
	page_map_unlock(page);
	return move ? 0 : -EAGAIN;
}

/* mremap_moved_anon_rmap: another address is noted than that of the fault. */
static bool swapin_must_copy(const struct page *page, struct vm_area_struct *vma, u32 address)
{
	(void)vma;
	return page->index != (address & PAGE_MASK);
}

/*
 * do_wp_page finds the page to be ours alone after all, and keeps it. Its relative had it at the
 * noted address when it came back from swap, but has let go of it before it could be copied: from
 * now on it is where we are. Erratum moved-page-reused: nobody thought of that, and the page was
 * mapped where nobody would look for it.
 */
static void page_reused(struct page *page, struct vm_area_struct *vma, u32 address)
{
	(void)vma;
	if (erratum(MOVED_PAGE_REUSED) || !PageAnon(page) || page->index == (address & PAGE_MASK))
		return;
	mremap_move_anon_rmap(page, address);
}

/* -- page_referenced -------------------------------------------------------------------------- */

static int page_referenced_one(struct page *page, struct mm_struct *mm, u32 address,
			       struct rmap_search *search)
{
	FN;
	int referenced = 0;
	pte_t *pte;

	if (!trylock_page_table(page, mm, address)) {
		search->failed++;
		return 0;
	}
	pte = page_pte(page, mm, address);
	if (pte) {
		referenced = ptep_test_and_clear_young(pte);
		search->mapcount--;
	}
	spin_unlock(&mm->page_table_lock);
	return referenced;
}

/* Has this member of the circle a mm with anything in it? Looking costs a cache line. */
static bool worth_a_look(const struct page *page, const struct anonmm *anonmm)
{
	count(mms_visited);
	charge(CACHE_LINE);
	if (!anonmm->mm || mm_idle(anonmm->mm))
		return false;
	EV(MM_VISIT, page_to_pfn(page), anonmm->mm->pid, page->index);
	return true;
}

/*
 * The noted mm, then everybody behind it in the circle, older ones too: a page that was in swap may
 * have come back to a younger mm first. *found: the first mm that has the page. Head's lock held.
 */
static int referenced_in_circle(struct page *page, struct rmap_search *search,
				struct anonmm **found)
{
	struct list_head *start = &page_anonmm(page)->list, *pos = start;
	int referenced = 0;

	do {
		struct anonmm *anonmm = anonmm_entry(pos);
		u32 before = search->mapcount;

		if (worth_a_look(page, anonmm)) {
			referenced += page_referenced_one(page, anonmm->mm, page->index, search);
			if (!*found && search->mapcount < before)
				*found = anonmm;
		}
		pos = list_next(pos);
	} while (search->mapcount && pos != start);
	return referenced;
}

/* The page notes a mm that lives, so that the anonmm of the dead one can go. try_to_unmap would
 * come to that too, but never for a page that is locked or always in use. */
static void migrate(struct page *page, struct anonmm *new_anonmm)
{
	struct anonmm *anonmm = page_anonmm(page);

	page->mapping = (struct address_space *)new_anonmm;
	atomic_inc(&new_anonmm->count);
	EV(ANONMM_MIGRATE, page_to_pfn(page), new_anonmm->mm->pid);
	if (atomic_dec_and_test(&anonmm->count))
		free_anonmm(anonmm);
}

static int page_referenced_anon(struct page *page)
{
	FN;
	struct anonmm *anonmm = page_anonmm(page), *anonhd = anonmm->head, *found = NULL;
	struct rmap_search search = { .mapcount = (u32)page->mapcount };
	bool extinct;
	int referenced;

	spin_lock(&anonhd->lock);
	extinct = !anonmm->mm;
	referenced = referenced_in_circle(page, &search, &found);
	if (search.mapcount && !search.failed)
		EV(RMAP_MISSED, page_to_pfn(page), search.mapcount);
	spin_unlock(&anonhd->lock);

	if (extinct && found && !search.mapcount)
		migrate(page, found);
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

/* page_table_lock held, the pte maps the page. vma NULL: it has to be found; none: munmap has it
 * unlinked already and is about to unmap it. */
static int unmap_one(struct page *page, struct mm_struct *mm, u32 address,
		     struct vm_area_struct *vma, pte_t *pte)
{
	if (!vma) {
		vma = find_vma(mm, address);
		count(vmas_visited);
	}
	if (!vma)
		return SWAP_AGAIN;
	if (must_stay(page, vma, address, pte, &file_rmap))
		return SWAP_FAIL;
	unmap_pte(page, vma, address, pte);
	unmapped(page, pte);
	page_cache_release(page);
	return SWAP_AGAIN;
}

static int try_to_unmap_one(struct page *page, struct mm_struct *mm, u32 address,
			    struct vm_area_struct *vma)
{
	FN;
	int ret = SWAP_AGAIN;
	pte_t *pte;

	/* It keeps faults, munmap and fork away from the pte. */
	if (!trylock_page_table(page, mm, address))
		return ret;
	pte = page_pte(page, mm, address);
	if (pte)
		ret = unmap_one(page, mm, address, vma, pte);
	spin_unlock(&mm->page_table_lock);
	return ret;
}

static int try_to_unmap_anon(struct page *page)
{
	FN;
	struct anonmm *anonmm = page_anonmm(page), *anonhd = anonmm->head;
	struct list_head *pos = &anonmm->list;
	int ret = SWAP_AGAIN;

	spin_lock(&anonhd->lock);
	do {
		struct anonmm *member = anonmm_entry(pos);

		if (worth_a_look(page, member))
			ret = try_to_unmap_one(page, member->mm, page->index, NULL);
		pos = list_next(pos);
	} while (ret != SWAP_FAIL && page->mapcount && pos != &anonmm->list);
	spin_unlock(&anonhd->lock);
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

/* Pages of files come with a vma. */
static int file_referenced_one(struct page *page, struct vm_area_struct *vma,
			       struct rmap_search *search)
{
	if (mm_idle(vma->vm_mm))
		return 0;
	return page_referenced_one(page, vma->vm_mm, vma_address(page, vma), search);
}

static int file_unmap_one(struct page *page, struct vm_area_struct *vma)
{
	if (mm_idle(vma->vm_mm))
		return SWAP_AGAIN;
	return try_to_unmap_one(page, vma->vm_mm, vma_address(page, vma), vma);
}

static const struct file_rmap file_rmap = {
	.page_referenced_one = file_referenced_one,
	.try_to_unmap_one = file_unmap_one,
	.page_remove_rmap = page_remove_rmap,
	.unmapped = unmapped,
	.page_mapcount = page_mapcount,
	.pinned = VM_LOCKED | VM_RESERVED,
	.trylock = true,
	.map_lock = true,
	.skips_idle = true,
	.warns = true,
};

static bool init(void)
{
	VM->anonmm_cachep = kmem_cache_create("anonmm", I386_ANONMM_SIZE, sizeof(struct anonmm));
	return VM->anonmm_cachep != NULL;
}

static bool misses(const struct machine *m, const struct page *page, const struct mapping *one)
{
	return file_rmap_misses(m, page, one, false);
}

/* For mm/ptes_quiet.h. */
#define PLAIN_COUNT(page) ((page)->mapcount)
#define PLAIN_ONE 1
/* The loops over a page table, around page_dup_rmap and page_remove_rmap. */
#include "mm/ptes_2004.h"

const struct rmap_ops RMAP_TABLE(2004b_anonmm) = {
	.name = "anonmm",
	.file = "engine/rmap/2004b_anonmm.c",
	.idea = "an anonymous page names an address and the relatives that may have it there",
	.init = init,
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
	.exec_rmap = exec_rmap,
	.dup_rmap = dup_rmap,
	.exit_rmap = exit_rmap,
	.mremap_move = mremap_move_anon_rmap,
	.swapin_must_copy = swapin_must_copy,
	.page_reused = page_reused,
	.walk = anonmm_walk,
	.mapcount = anonmm_mapcount,
	.misses = misses,
	.check = anonmm_check,
	.check_all = anonmm_check_all,
	.trail = anonmm_trail,
};
