/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Partial object-based rmap, spring 2004: pages of files by their object, all others by chain.
 *
 *	not PG_anon: pte.mapcount says how many map it, and nobody notes who
 *
 *	   page               file                    vmas of the file           page tables
 *	   | mapping |------->| i_mmap        |------>| vm_pgoff, vm_start |---->| pte |
 *	   | index   |        | i_mmap_shared |       | vm_mm              |
 *
 *	   find_pte: address = vm_start + (index - vm_pgoff), if that lies in the vma; is it there?
 *
 *	PG_anon: pte.direct or pte.chain, as in 2.6.0
 *
 * PG_anon says "tracked by chain", not "anonymous". An anonymous page has it from its first mapping
 * on. A page of a file gets it in page_convert_anon, when remap_file_pages is about to map it where
 * no arithmetic would look for it: then all its mappings are noted in a chain, and it stays that
 * way until it is freed.
 *
 * Forking a process that maps a library costs a count for each page now, and no nodes. In return a
 * look at a page means a look at every vma of its file, whether it covers the page or not.
 *
 * Locking, outermost first:
 *
 *	page lock                       shrink_list, trylock
 *	    chain lock                  shrink_list; guards page->pte
 *	        i_shared_sem            trylock: a semaphore, and a spinlock is held
 *	            page_table_lock     trylock: faults take it before the chain lock
 *
 * What is not got says "perhaps used" (1) to page_referenced and SWAP_AGAIN to try_to_unmap. Andrea
 * Arcangeli's tree answers 0 to page_referenced instead: erratum referenced-trylock-0.
 * page_convert_anon holds only the page lock and may wait for i_shared_sem.
 *
 * Source: seed 002, mm/rmap.c: Dave McCracken's objrmap, as Hugh Dickins posted it.
 */
#define RMAP_GENERATION
#include "rmap/objrmap.h"
#include "rmap/pte_chains.h"

#include <errno.h>
#include "mm/pgtable.h"
#include "mm/vm.h"

/* The first and only one of the row's errata. */
#define ERRATUM_REFERENCED_TRYLOCK_0 (current->machine->config.errata & 1u)

#define SetPageAnon(page) set_bit(PG_anon, &(page)->flags)
#define ClearPageAnon(page) clear_bit(PG_anon, &(page)->flags)

/* -- one vma ---------------------------------------------------------------------------------- */

/* The pte that maps page in vma; NULL: it does not. page_table_lock of the vma's mm held. */
static pte_t *find_pte(struct vm_area_struct *vma, struct page *page, u32 *addr)
{
	FN;
	u32 address = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);

	visit_vma(page, vma);
	if (address < vma->vm_start || address >= vma->vm_end)
		return NULL;
	*addr = address;
	return page_pte(page, vma->vm_mm, address);
}

/* A page that is found by its file has one. */
static struct address_space *object_of(struct page *page)
{
	BUG_ON(!page->mapping);
	BUG_ON(PageSwapCache(page));
	return page->mapping;
}

/* -- adding and removing ---------------------------------------------------------------------- */

static void count_mapping(struct page *page, const pte_t *ptep)
{
	object_of(page);
	if (!page->pte.mapcount)
		VM->nr_mapped++;
	page->pte.mapcount++;
	EV(RMAP_ADD, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep));
}

static struct pte_chain *page_add_rmap(struct page *page, pte_t *ptep, struct pte_chain *pte_chain)
{
	FN;

	if (PageReserved(page))
		return pte_chain;
	pte_chain_lock(page);
	if (PageAnon(page))
		pte_chain = pte_chain_add(page, ptep, pte_chain);
	else
		count_mapping(page, ptep);
	pte_chain_unlock(page);
	return pte_chain;
}

static void uncount_mapping(struct page *page, const pte_t *ptep)
{
	object_of(page);
	page->pte.mapcount--;
	EV(RMAP_REMOVE, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep), 0);
}

static bool page_mapped(const struct page *page)
{
	return page->pte.direct != 0; /* whichever of the three it is */
}

static void page_remove_rmap(struct page *page, pte_t *ptep)
{
	FN;

	if (!pfn_valid(page_to_pfn(page)) || PageReserved(page))
		return;
	pte_chain_lock(page);
	if (page_mapped(page)) {
		if (PageAnon(page))
			pte_chain_remove(page, ptep);
		else
			uncount_mapping(page, ptep);
		if (!page_mapped(page))
			pte_chain_unmapped(page);
	}
	pte_chain_unlock(page);
}

/* -- page_referenced -------------------------------------------------------------------------- */

/* Somebody else has the lock: was the page used? */
static int trylock_failed(void)
{
	return ERRATUM_REFERENCED_TRYLOCK_0 ? 0 : 1;
}

static int page_referenced_obj_one(struct vm_area_struct *vma, struct page *page)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	int referenced = 0;
	u32 address;
	pte_t *pte;

	if (!trylock_page_table(page, mm, vma->vm_start))
		return trylock_failed();
	pte = find_pte(vma, page, &address);
	if (pte && ptep_test_and_clear_young(pte))
		referenced++;
	spin_unlock(&mm->page_table_lock);
	return referenced;
}

static int page_referenced_obj(struct page *page)
{
	FN;
	struct address_space *mapping;
	struct vm_area_struct *vma;
	struct i_mmap_iter iter;
	int referenced = 0;

	if (!page->pte.mapcount)
		return 0;
	mapping = object_of(page);
	if (!i_mmap_trylock(mapping)) {
		count(rmap_trylock_failed);
		return trylock_failed();
	}
	i_mmap_foreach(vma, &iter, mapping, page->index, page->index)
		referenced += page_referenced_obj_one(vma, page);
	i_mmap_unlock(mapping);
	return referenced;
}

static int page_referenced(struct page *page, bool is_locked)
{
	FN;
	(void)is_locked;
	bool flag = TestClearPageReferenced(page);
	int referenced = flag;

	if (!PageAnon(page))
		referenced += page_referenced_obj(page);
	else if (page_mapped(page))
		referenced += pte_chain_referenced(page);
	EV(REFERENCED, page_to_pfn(page), (u32)referenced, flag);
	return referenced;
}

/* -- try_to_unmap ----------------------------------------------------------------------------- */

/* SWAP_AGAIN, whatever was done: only try_to_unmap can see whether that was the last. */
static int try_to_unmap_obj_one(struct vm_area_struct *vma, struct page *page)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	int ret = SWAP_AGAIN;
	u32 address;
	pte_t *pte;

	if (!trylock_page_table(page, mm, vma->vm_start))
		return ret;
	pte = find_pte(vma, page, &address);
	if (pte && vma->vm_flags & (VM_LOCKED | VM_RESERVED)) {
		EV(UNMAP_FAIL, page_to_pfn(page), mm->pid, address, 1);
		ret = SWAP_FAIL;
	} else if (pte) {
		unmap_pte(page, vma, address, pte);
		BUG_ON(!page->pte.mapcount);
		page->pte.mapcount--;
		page_cache_release(page);
	}
	spin_unlock(&mm->page_table_lock);
	return ret;
}

static int try_to_unmap_obj(struct page *page)
{
	FN;
	struct address_space *mapping = object_of(page);
	struct vm_area_struct *vma;
	struct i_mmap_iter iter;
	int ret = SWAP_AGAIN;

	if (!i_mmap_trylock(mapping)) {
		count(rmap_trylock_failed);
		return ret;
	}
	i_mmap_foreach(vma, &iter, mapping, page->index, page->index) {
		ret = try_to_unmap_obj_one(vma, page);
		if (ret == SWAP_FAIL || !page->pte.mapcount)
			break;
	}
	i_mmap_unlock(mapping);
	return ret;
}

static int try_to_unmap(struct page *page)
{
	FN;
	int ret;

	BUG_ON(PageReserved(page));
	BUG_ON(!PageLocked(page));
	BUG_ON(!page->mapping);

	if (PageAnon(page))
		ret = pte_chain_unmap(page, VM_LOCKED | VM_RESERVED);
	else
		ret = try_to_unmap_obj(page);
	if (!page_mapped(page)) {
		pte_chain_unmapped(page);
		ret = SWAP_SUCCESS;
	}
	EV(UNMAP_DONE, page_to_pfn(page), ret != SWAP_SUCCESS, ret == SWAP_FAIL);
	return ret;
}

/* -- page_convert_anon ------------------------------------------------------------------------ */

/*
 * From a count to chains, first half: the page is PG_anon, and as good as not mapped. Until the
 * ptes are noted one by one whoever removes a mapping does not find it and passes over that; nobody
 * unmaps the page, which is locked; and page_referenced may see too little. false: nothing to note.
 */
static bool forget_count(struct page *page)
{
	s32 mapcount = 0;

	pte_chain_lock(page);
	if (!PageAnon(page)) { /* else somebody was faster */
		SetPageAnon(page);
		mapcount = page->pte.mapcount;
		if (mapcount)
			VM->nr_mapped--; /* page_add_rmap will count it again */
		page->pte.mapcount = 0;
		EV(CONVERT_ANON, page_to_pfn(page), page->mapping->host->i_ino, (u32)mapcount);
	}
	pte_chain_unlock(page);
	return mapcount != 0;
}

/* Second half, for one vma. A fault may have noted its pte meanwhile: not twice. */
static void convert_vma(struct vm_area_struct *vma, struct page *page, struct rmap_ready *ready)
{
	struct pte_chain *pte_chain = from_kaddr(ready->pte_chain);
	u32 address;
	pte_t *pte;

	spin_lock(&vma->vm_mm->page_table_lock);
	pte = find_pte(vma, page, &address);
	if (pte) {
		page_remove_rmap(page, pte);
		ready->pte_chain = to_kaddr(page_add_rmap(page, pte, pte_chain));
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
}

/* Without memory the page stays half converted: what was not noted yet will not be found. */
static int page_convert_anon(struct page *page)
{
	FN;
	struct address_space *mapping = page->mapping;
	struct rmap_ready ready = { 0 };
	struct vm_area_struct *vma;
	struct i_mmap_iter iter;
	int err = 0;

	if (!mapping) /* truncation was faster */
		return 0;
	i_mmap_lock(mapping);
	if (forget_count(page))
		i_mmap_foreach(vma, &iter, mapping, page->index, page->index) {
			err = pte_chain_prepare(&ready, vma, GFP_KERNEL);
			if (err) {
				VM->half_converted++;
				break;
			}
			convert_vma(vma, page, &ready);
		}
	pte_chain_release(&ready);
	i_mmap_unlock(mapping);
	return err;
}

/* -- the contract ----------------------------------------------------------------------------- */

/*
 * seed 002 writes SetPageAnon before page_add_rmap wherever the page is anonymous: do_wp_page,
 * do_swap_page, do_anonymous_page, the early copy of do_no_page, put_dirty_page, unuse_pte; and in
 * do_no_page where nopage found a page without a file or in the swap cache. All of them, and only
 * they, call page_add_anon_rmap here.
 */
static void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			       pte_t *ptep, struct rmap_ready *ready)
{
	(void)vma, (void)address;
	SetPageAnon(page);
	ready->pte_chain = to_kaddr(page_add_rmap(page, ptep, from_kaddr(ready->pte_chain)));
}

/* Also of a page that is PG_anon already: fork, and pages of files that were converted. */
static void page_dup_rmap(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
			  struct rmap_ready *ready)
{
	(void)vma, (void)address;
	ready->pte_chain = to_kaddr(page_add_rmap(page, ptep, from_kaddr(ready->pte_chain)));
}

/* free_pages_check */
static void page_freed(struct page *page)
{
	if (PageAnon(page))
		ClearPageAnon(page);
}

/* -- inspection ------------------------------------------------------------------------------- */

static bool in_chain(const struct machine *m, const struct page *page)
{
	return page_anon_of(m->vm, page) && !PageReserved(page);
}

static u32 walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max)
{
	struct mapping_list list = { .m = m, .page = page, .out = out, .max = max };

	if (in_chain(m, page))
		return pte_chain_walk(m, page, out, max);
	if (page->pte.mapcount > 0)
		list_file(&list, true);
	return list.n;
}

static u32 mapcount(const struct machine *m, const struct page *page)
{
	return in_chain(m, page) ? pte_chain_mapcount(m, page) : (u32)page->pte.mapcount;
}

/* A page that truncation took from its file while it was being mapped; and, once page_convert_anon
 * ran out of memory, the ptes it had not come to. */
static bool misses(const struct machine *m, const struct page *page, const struct mapping *one)
{
	const struct address_space *mapping = page_mapping_of(m->vm, page);

	(void)one;
	if (!in_chain(m, page))
		return !mapping;
	return m->vm->half_converted && mapping && mapping->host;
}

static bool check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw)
{
	if (in_chain(m, page))
		return pte_chain_check(m, page, flaw);
	if (PageDirect(page))
		return rmap_flawed(flaw, "PG_direct without PG_anon", page->flags, 0);
	if (page->pte.mapcount < 0 || (u32)page->pte.mapcount > (u64)m->nr_frames * ptrs_per_pte(m))
		return rmap_flawed(flaw, "a count of mappings that cannot be",
				   (u32)page->pte.mapcount, 0);
	return true;
}

/* Mappings that are counted and those that a look at the vmas finds: apart by no more than there
 * are threads in the middle of one. */
static bool check_counts(const struct machine *m, u32 in_flight, struct rmap_flaw *flaw)
{
	u32 pfn, counted, found, apart = 0;

	for (pfn = 0; pfn < m->vm->max_mapnr; pfn++) {
		const struct page *page = &m->vm->mem_map[pfn];

		if (in_chain(m, page) || !page->mapping || !page->pte.mapcount)
			continue;
		counted = mapcount(m, page);
		found = walk(m, page, NULL, 0);
		apart += counted > found ? counted - found : found - counted;
		if (apart > in_flight)
			return rmap_flawed(flaw, "mappings counted, mappings found", counted,
					   found);
	}
	return true;
}

static bool check_all(const struct machine *m, u32 mappings, u32 in_flight, struct rmap_flaw *flaw)
{
	(void)mappings;
	return check_counts(m, in_flight, flaw) &&
	       pte_chain_check_all(m, in_chain, in_flight, flaw);
}

static u32 trail(const struct machine *m, const struct page *page, struct rmap_step *out, u32 max)
{
	struct trail way = { .m = m, .page = page, .out = out, .max = max };

	if (in_chain(m, page))
		return pte_chain_trail(m, page, out, max);
	if (page->pte.mapcount > 0)
		trail_file(&way);
	return way.n;
}

/* What mm/ptes_quiet.h has done in one go: the pages with chains. */
#define PLAIN_ASKED (1u << PG_reserved | 1u << PG_direct | 1u << PG_anon)
#define PLAIN_FLAGS (1u << PG_anon)
#define begin_plain(way) begin_plain_chains(way)
#define add_plain(way, page, ptep, ready) add_plain_to_chain(way, page, ptep, ready)
#define remove_plain(way, page, ptep) remove_plain_from_chain(way, page, ptep)
/* The loops over a page table, around page_dup_rmap and page_remove_rmap. */
#include "mm/ptes_2004.h"

const struct rmap_ops RMAP_TABLE(2004a_objrmap) = {
	.name = "objrmap",
	.file = "engine/rmap/2004a_objrmap.c",
	.idea = "a file knows who maps it: its pages need a count, only the others a chain",
	.bytes_per_mapping = (L1_CACHE_BYTES + 6) / 7,
	.init = pte_chain_init,
	.prepare = pte_chain_prepare,
	.release = pte_chain_release,
	.page_add_anon_rmap = page_add_anon_rmap,
	.page_add_file_rmap = page_dup_rmap,
	.page_dup_rmap = page_dup_rmap,
	.page_remove_rmap = page_remove_rmap,
	.copy_ptes = copy_ptes,
	.zap_ptes = zap_pte_range,
	.page_referenced = page_referenced,
	.try_to_unmap = try_to_unmap,
	.page_mapped = page_mapped,
	.has_map_lock = true,
	.page_convert_anon = page_convert_anon,
	.page_freed = page_freed,
	.walk = walk,
	.mapcount = mapcount,
	.misses = misses,
	.check = check,
	.check_all = check_all,
	.trail = trail,
};
