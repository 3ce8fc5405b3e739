/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rmap.c of April 2015: links between vmas and anon_vmas (drawn in anon_vma_chain.h), interval
 * trees, locks that sleep, and one walk for whatever is to be done with each pte of a page.
 *
 *	rmap_walk(page, control)
 *	    anonymous   anon_lock, then the links in the anon_vma's tree that cover the page
 *	    of a file   i_mmap_rwsem, then the vmas in the file's tree that cover it
 *	                    rmap_one(page, vma, address)     until it answers something but AGAIN
 *	                    done(page)                       or all is done
 *
 * The root's rwsem is taken for reading by a walk, so walks go side by side. Waiting for it may
 * sleep, which nobody does in an RCU section; hence the two ways of page_lock_anon_vma_read.
 *
 *	mmap_sem
 *	    page lock
 *	        i_mmap_rwsem
 *	            anon_vma->root->rwsem
 *	                page_table_lock, or the lock of one page table
 *	                    swap_lock, mmlist_lock
 *
 * Not here: KSM, huge and migrating pages, and with them page_get_anon_vma; mlocked pages and
 * their list, so that a page in a locked vma is answered for as in 2.6.16; the notifiers of
 * virtual machines; page_mkclean and the tracking of dirty shared pages, which are of 2.6.19.
 *
 * Source: 4.0 mm/rmap.c, include/linux/rmap.h.
 */
#define RMAP_GENERATION
#include "rmap/anon_vma_chain.h"
#include "rmap/check_address.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

static u32 page_mapcount(const struct page *page)
{
	return (u32)(atomic_read(&page->_mapcount) + 1);
}

static bool page_mapped(const struct page *page)
{
	return atomic_read(&page->_mapcount) >= 0;
}

/* -- the anon_vma of a page ------------------------------------------------------------------- */

static bool atomic_inc_not_zero(atomic_t *v)
{
	locked_op(SP_ATOMIC, v);
	if (!atomic_read(v))
		return false;
	v->counter++;
	return true;
}

/*
 * The lock is taken by another walk's opposite, somebody who changes the tree: a reference keeps
 * the anon_vma while we sleep for it. In the RCU section, which ends here. NULL: the page was
 * unmapped.
 */
static struct anon_vma *wait_for_anon_vma(struct page *page, struct anon_vma *anon_vma)
{
	if (!atomic_inc_not_zero(&anon_vma->refcount)) {
		rcu_read_unlock();
		return NULL;
	}
	if (!page_mapped(page)) {
		rcu_read_unlock();
		if (atomic_dec_and_test(&anon_vma->refcount))
			__put_anon_vma(anon_vma);
		return NULL;
	}
	/* It cannot go now: the section can. */
	rcu_read_unlock();
	anon_vma_lock_read(anon_vma);
	if (!atomic_dec_and_test(&anon_vma->refcount))
		return anon_vma;
	/* All vmas left while we slept; freeing it takes the lock. */
	anon_vma_unlock_read(anon_vma);
	__put_anon_vma(anon_vma);
	return NULL;
}

/*
 * As page_lock_anon_vma of 2.6.16: mapping is read once and believed while the page is mapped. With
 * the lock in hand and the page still mapped, no vma that maps it can leave: anon_vma is its.
 */
static struct anon_vma *page_lock_anon_vma_read(struct page *page)
{
	FN;
	struct anon_vma *anon_vma, *root;
	uintptr_t anon_mapping;

	rcu_read_lock();
	anon_mapping = (uintptr_t)READ_ONCE(page->mapping);
	if (!(anon_mapping & PAGE_MAPPING_ANON) || !page_mapped(page)) {
		rcu_read_unlock();
		return NULL;
	}
	anon_vma = (struct anon_vma *)(anon_mapping - PAGE_MAPPING_ANON);
	root = READ_ONCE(anon_vma->root);
	if (!down_read_trylock(&root->rwsem))
		return wait_for_anon_vma(page, anon_vma);
	if (!page_mapped(page)) {
		up_read(&root->rwsem);
		anon_vma = NULL;
	}
	rcu_read_unlock();
	return anon_vma;
}

/* -- the walk --------------------------------------------------------------------------------- */

struct rmap_walk_control {
	void *arg;
	/* SWAP_AGAIN: go on. Anything else ends the walk, and is its answer. */
	int (*rmap_one)(struct page *page, struct vm_area_struct *vma, u32 address, void *arg);
	bool (*done)(const struct page *page); /* NULL: never before the end */
	struct anon_vma *(*anon_lock)(struct page *page);
};

/* The trees give vmas that cover the page: that it is outside would be a bug. */
static u32 address_in(const struct page *page, const struct vm_area_struct *vma)
{
	u32 address = vma_address(page, vma);

	BUG_ON(address == NOT_IN_VMA);
	return address;
}

/* One vma; true: the walk is over. */
static bool walk_one(struct page *page, struct vm_area_struct *vma,
		     const struct rmap_walk_control *rwc, int *ret)
{
	visit_vma(page, vma);
	*ret = rwc->rmap_one(page, vma, address_in(page, vma), rwc->arg);
	return *ret != SWAP_AGAIN || (rwc->done && rwc->done(page));
}

static int rmap_walk_anon(struct page *page, const struct rmap_walk_control *rwc)
{
	FN;
	struct anon_vma *anon_vma = rwc->anon_lock(page);
	struct rb_node *node;
	int ret = SWAP_AGAIN;

	if (!anon_vma)
		return ret;
	anon_vma_interval_tree_foreach(node, anon_vma, page->index, page->index)
		if (walk_one(page, avc_of_rb(node)->vma, rwc, &ret))
			break;
	anon_vma_unlock_read(anon_vma);
	return ret;
}

/* The page lock keeps mapping from being cleared, and the file from going away. */
static int rmap_walk_file(struct page *page, const struct rmap_walk_control *rwc)
{
	FN;
	struct address_space *mapping = page->mapping;
	struct vm_area_struct *vma;
	struct i_mmap_iter iter;
	int ret = SWAP_AGAIN;

	BUG_ON(!PageLocked(page));
	if (!mapping)
		return ret;
	down_read(&mapping->i_shared_sem); /* i_mmap_lock_read */
	i_mmap_foreach(vma, &iter, mapping, page->index, page->index)
		if (walk_one(page, vma, rwc, &ret))
			break;
	up_read(&mapping->i_shared_sem);
	return ret;
}

static int rmap_walk(struct page *page, const struct rmap_walk_control *rwc)
{
	return PageAnon(page) ? rmap_walk_anon(page, rwc) : rmap_walk_file(page, rwc);
}

/* -- page_referenced -------------------------------------------------------------------------- */

struct page_referenced_arg {
	u32 mapcount;   /* still to be found */
	int referenced;
};

/*
 * A page in a locked vma need not be asked about any further: it stays. (4.0 puts it on the list
 * of the unevictable; the reclaim of this row is that of 2.6.16, and keeps it when it cannot
 * unmap it.) Who reads a vma from front to back will not come again.
 */
static int page_referenced_one(struct page *page, struct vm_area_struct *vma, u32 address,
			       void *arg)
{
	FN;
	struct page_referenced_arg *pra = arg;
	spinlock_t *ptl;
	pte_t *pte = page_check_address(page, vma->vm_mm, address, &ptl);

	if (!pte)
		return SWAP_AGAIN;
	if (vma->vm_flags & VM_LOCKED) {
		spin_unlock(ptl);
		return SWAP_FAIL;
	}
	if (ptep_clear_flush_young(vma, address, pte) && !(vma->vm_flags & VM_SEQ_READ))
		pra->referenced++;
	spin_unlock(ptl);
	pra->mapcount--;
	return pra->mapcount ? SWAP_AGAIN : SWAP_SUCCESS;
}

/* References in ptes. Only a page of a file must be locked; whoever has the lock is using it. */
static int referenced_in_ptes(struct page *page, bool is_locked)
{
	struct page_referenced_arg pra = { .mapcount = page_mapcount(page) };
	struct rmap_walk_control rwc = {
		.arg = &pra,
		.rmap_one = page_referenced_one,
		.anon_lock = page_lock_anon_vma_read,
	};
	bool we_locked = false;

	if (!page_mapped(page) || !page->mapping)
		return 0;
	if (!is_locked && !PageAnon(page)) {
		we_locked = trylock_page(page);
		if (!we_locked)
			return 1;
	}
	rmap_walk(page, &rwc);
	if (we_locked)
		unlock_page(page);
	return pra.referenced;
}

/* PG_referenced is vmscan's own business in 4.0 (page_check_references); the vmscan of this row, of
 * 2.6.16, wants it to be seen to here. */
static int page_referenced(struct page *page, bool is_locked)
{
	FN;
	bool flag = TestClearPageReferenced(page);
	int referenced = flag + referenced_in_ptes(page, is_locked);

	EV(REFERENCED, page_to_pfn(page), (u32)referenced, flag);
	return referenced;
}

/* -- a pte more, a pte less ------------------------------------------------------------------- */

static void mapped_event(const struct page *page, const struct vm_area_struct *vma, u32 address)
{
	EV(MAPPED, page_to_pfn(page), vma->vm_mm->pid, address, page_mapcount(page));
}

static void set_mapping(struct page *page, struct anon_vma *anon_vma)
{
	page->mapping = (struct address_space *)((uintptr_t)anon_vma + PAGE_MAPPING_ANON);
}

/*
 * Whose anon_vma? Of a page that nobody else has a part in, the youngest of the vma. Another may be
 * in use elsewhere in the family: only the root is sure to find everybody. One that comes back from
 * the swap cache names its anon_vma still.
 */
static void __page_set_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
				 bool exclusive)
{
	struct anon_vma *anon_vma = vma->anon_vma;

	BUG_ON(!anon_vma);
	if (PageAnon(page))
		return;
	set_mapping(page, exclusive ? anon_vma : anon_vma->root);
	page->index = linear_page_index(vma, address);
	EV(ANON_NOTE, page_to_pfn(page), vma->vm_mm->pid, page->index);
}

/* do_page_add_anon_rmap. A page that comes from swap is mapped writable by him only who has just
 * made sure that it is his alone. */
static void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;
	bool exclusive = pte_write(ptep_get(ptep));

	(void)ready;
	if (atomic_inc_and_test(&page->_mapcount)) {
		VM->nr_mapped++;
		__page_set_anon_rmap(page, vma, address, exclusive);
	}
	mapped_event(page, vma, address);
}

static void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
				   pte_t *ptep, struct rmap_ready *ready)
{
	FN;
	(void)ptep, (void)ready;

	BUG_ON(address < vma->vm_start || address >= vma->vm_end);
	atomic_set(&page->_mapcount, 0);
	VM->nr_mapped++;
	__page_set_anon_rmap(page, vma, address, true);
	mapped_event(page, vma, address);
}

static void page_add_file_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	FN;
	(void)ptep, (void)ready;

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

/* As in 2.6.16, mapping stays: another cpu may just have stored it. */
static void page_remove_rmap(struct page *page, pte_t *ptep)
{
	FN;

	if (atomic_add_negative(-1, &page->_mapcount))
		VM->nr_mapped--;
	EV(UNMAPPED, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep),
	   page_mapcount(page));
}

/*
 * A write fault found the page to be the vma's alone: from now on it names the vma's own anon_vma
 * instead of an ancestor's, and a walk need not ask the relatives.
 */
static void page_move_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address)
{
	FN;
	struct anon_vma *anon_vma = vma->anon_vma;

	BUG_ON(!anon_vma);
	BUG_ON(page->index != linear_page_index(vma, address));
	set_mapping(page, anon_vma);
	EV(ANON_NOTE, page_to_pfn(page), vma->vm_mm->pid, page->index);
}

static void page_freed(struct page *page)
{
	if (PageAnon(page))
		page->mapping = NULL;
}

/* -- try_to_unmap ----------------------------------------------------------------------------- */

/* Clear one pte, whose lock is held. false: it is back, as its slot cannot be counted further. */
static bool nuke_pte(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *pte)
{
	struct mm_struct *mm = vma->vm_mm;
	pteval_t pteval = ptep_clear_flush(vma, address, pte);
	u32 slot = 0;

	if (pte_dirty(pteval))
		set_page_dirty(page);
	update_hiwater_rss(mm);
	if (PageAnon(page)) {
		slot = leave_swap_entry(page, mm, pte);
		if (!slot) {
			set_pte(pte, pteval);
			return false;
		}
		mm->anon_rss--;
	} else {
		mm->file_rss--;
	}
	page_remove_rmap(page, pte);
	count(ptes_unmapped);
	EV(UNMAP_ONE, page_to_pfn(page), mm->pid, address, slot);
	page_cache_release(page);
	return true;
}

static int try_to_unmap_one(struct page *page, struct vm_area_struct *vma, u32 address, void *arg)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	int ret = SWAP_AGAIN;
	spinlock_t *ptl;
	pte_t *pte = page_check_address(page, mm, address, &ptl);

	(void)arg;
	if (!pte)
		return ret;
	if (vma->vm_flags & VM_LOCKED || ptep_clear_flush_young(vma, address, pte)) {
		EV(UNMAP_FAIL, page_to_pfn(page), mm->pid, address, vma->vm_flags & VM_LOCKED);
		ret = SWAP_FAIL;
	} else if (!nuke_pte(page, vma, address, pte)) {
		EV(UNMAP_FAIL, page_to_pfn(page), mm->pid, address, 0);
		ret = SWAP_FAIL;
	}
	spin_unlock(ptl);
	return ret;
}

static bool page_not_mapped(const struct page *page)
{
	return !page_mapped(page);
}

static int try_to_unmap(struct page *page)
{
	FN;
	static const struct rmap_walk_control rwc = {
		.rmap_one = try_to_unmap_one,
		.done = page_not_mapped,
		.anon_lock = page_lock_anon_vma_read,
	};
	int ret;

	BUG_ON(!PageLocked(page));

	ret = rmap_walk(page, &rwc);
	if (!page_mapped(page))
		ret = SWAP_SUCCESS;
	EV(UNMAP_DONE, page_to_pfn(page), ret != SWAP_SUCCESS, ret == SWAP_FAIL);
	return ret;
}

/* -- vmas ------------------------------------------------------------------------------------- */

static int prepare(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask)
{
	(void)ready;
	return anon_vma_prepare_2015(vma, gfp_mask);
}

/* vma_adjust: pages of exporter will lie in importer. */
static int import(struct vm_area_struct *importer, struct vm_area_struct *exporter)
{
	importer->anon_vma = exporter->anon_vma;
	return anon_vma_clone(importer, exporter);
}

static void anon_vma_merge(struct vm_area_struct *vma, struct vm_area_struct *next)
{
	if (!next->anon_vma)
		return;
	BUG_ON(vma->anon_vma != next->anon_vma);
	unlink_anon_vmas(next);
}

static void lock(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		anon_vma_lock_write(vma->anon_vma);
}

static void unlock(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		anon_vma_unlock_write(vma->anon_vma);
}

static bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && list_next(head) == list_prev(head);
}

/*
 * is_mergeable_anon_vma. A vma without pages may take over those of another, or give way to it, if
 * the other has one link only: after a fork there would be a chain to be cloned, and one more at
 * each time (965f55dea0e3).
 */
static bool compatible(const struct anon_vma *a, const struct anon_vma *b,
		       const struct vm_area_struct *vma)
{
	if ((!a || !b) && (!vma || list_is_singular(&vma->anon_vma_chain)))
		return true;
	return a == b;
}

/* swapoff: is this vma of the page's family, and where in it would the page be? */
static bool page_address_in_vma(const struct page *page, const struct vm_area_struct *vma,
				u32 *address)
{
	const struct anon_vma *anon_vma;

	if (PageAnon(page)) {
		anon_vma = (const void *)((uintptr_t)page->mapping - PAGE_MAPPING_ANON);
		if (!vma->anon_vma || vma->anon_vma->root != anon_vma->root)
			return false;
	} else if (!page->mapping || !vma->vm_file || vma_mapping(vma) != page->mapping) {
		return false;
	}
	*address = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);
	return *address >= vma->vm_start && *address < vma->vm_end;
}

/* -- the table -------------------------------------------------------------------------------- */

static u32 mapcount(const struct machine *m, const struct page *page)
{
	(void)m;
	return page_mapcount(page);
}

static bool misses(const struct machine *m, const struct page *page, const struct mapping *one)
{
	return file_rmap_misses(m, page, one, true);
}

static bool check_all(const struct machine *m, u32 mappings, u32 in_flight, struct rmap_flaw *flaw)
{
	(void)mappings;
	return anon_vma_chain_check_all(m, in_flight, flaw);
}

/* For mm/ptes_quiet.h. */
#define PLAIN_COUNT(page) ((page)->_mapcount.counter)
#define PLAIN_ONE 0
/* The loops over a page table, around page_dup_rmap and page_remove_rmap. */
#include "mm/ptes_2006.h"

const struct rmap_ops RMAP_TABLE(2015_anon_vma_chain) = {
	.name = "anon_vma_chain",
	.file = "engine/rmap/2015_anon_vma_chain.c",
	.idea = "a process has an anon_vma of its own, and links to those of its ancestors",
	.bytes_per_mapping = 0,
	.unmapped = (u32)-1,
	.init = anon_vma_chain_init,
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
	.anon_vma_clones = true,
	.anon_vma_link = anon_vma_clone,
	.anon_vma_fork = anon_vma_fork_2015,
	.anon_vma_unlink = unlink_anon_vmas,
	.anon_vma_merge = anon_vma_merge,
	.anon_vma_import = import,
	.anon_vma_lock = lock,
	.anon_vma_unlock = unlock,
	.anon_vma_compatible = compatible,
	.vma_pre_update = anon_vma_interval_tree_pre_update_vma,
	.vma_post_update = anon_vma_interval_tree_post_update_vma,
	.page_reused = page_move_anon_rmap,
	.page_freed = page_freed,
	.page_address_in_vma = page_address_in_vma,
	.walk = anon_vma_chain_walk,
	.mapcount = mapcount,
	.misses = misses,
	.check = anon_vma_chain_check,
	.check_all = check_all,
	.trail = anon_vma_chain_trail,
};
