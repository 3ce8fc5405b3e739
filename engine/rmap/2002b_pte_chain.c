/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Minimal rmap, July 2002: each page has a chain of the page-table entries that map it.
 *
 *	struct page              a pte_chain page               page-table pages
 *	+-----------+           +------+------+          +--------------------------+
 *	| pte_chain |---------->| next | ptep |--------->| pte of "child"  40002000  |
 *	+-----------+           +--|---+------+          +--------------------------+
 *	                           v                     | mapping: mm, index: 4 MB |
 *	                        +------+------+          +--------------------------+
 *	                        |  0   | ptep |--------->| pte of "parent" 40002000  |
 *	                        +------+------+          +--------------------------+
 *
 * A node is eight bytes, so 512 fit into a frame. The frame was taken from the allocator when the
 * freelist ran dry and never goes back. A new mapping goes to the front: after fork and exec, and
 * for short-lived processes, the mapping that is removed next is near the start.
 *
 * A node does not say whose pte it is: the struct page of the page-table page does (seed 000,
 * asm-generic/rmap.h, here mm/pgtable.c).
 *
 * Locking, outermost first:
 *
 *	pagemap_lru_lock              shrink_cache
 *	    page lock                 shrink_cache, trylock
 *	        chain lock            shrink_cache; PG_chainlock guards page->pte_chain
 *	            page_table_lock   try_to_unmap_one, trylock
 *
 * A fault comes the other way round, page_table_lock first and the chain lock inside it. That is
 * why swapping out only ever tries page_table_lock: waiting for it would be a deadlock.
 *
 * Source: seed 000, mm/rmap.c (2.5.27, commit c48c43e6).
 */
#define RMAP_GENERATION
#include "rmap/rmap.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

struct pte_chain {
	kaddr_t next; /* 0: the last */
	kaddr_t ptep; /* the pte that maps the page; 0 on the freelist */
};
#define NODES_PER_PAGE (PAGE_SIZE / sizeof(struct pte_chain))

/*
 * DEBUG_RMAP of the original: on in the debug and san builds. It neither locks nor emits events,
 * so that a machine runs the same with it and without it; nothing can run in between anyway.
 */
#if defined(CHECK) && CHECK
#define DEBUG_RMAP 1
#else
#define DEBUG_RMAP 0
#endif

static inline struct pte_chain *pte_chain_at(kaddr_t kaddr)
{
	return from_kaddr(kaddr);
}

/* -- the freelist: last in, first out --------------------------------------------------------- */

static inline void pte_chain_push(struct pte_chain *pte_chain)
{
	pte_chain->ptep = 0;
	pte_chain->next = VM->pte_chain_freelist.head;
	VM->pte_chain_freelist.head = to_kaddr(pte_chain);
	VM->pte_chain_freelist.free++;
}

static inline struct pte_chain *pte_chain_pop(void)
{
	struct pte_chain *pte_chain = pte_chain_at(VM->pte_chain_freelist.head);

	VM->pte_chain_freelist.head = pte_chain->next;
	VM->pte_chain_freelist.free--;
	pte_chain->next = 0;
	return pte_chain;
}

/*
 * Turn a free page into nodes. GFP_ATOMIC, because page_table_lock and the freelist lock are held:
 * nothing may be reclaimed for it. And nobody up the stack can take "no" for an answer, so the
 * machine stops when there is none, in the author's own words.
 */
static void alloc_new_pte_chains(void)
{
	FN;
	kaddr_t kaddr = get_zeroed_page(GFP_ATOMIC);
	struct pte_chain *pte_chain;
	struct page *page;
	u32 i = NODES_PER_PAGE;

	if (!kaddr)
		panic("Fix pte_chain allocation, you lazy bastard!");
	page = virt_to_page(from_kaddr(kaddr));
	page->private = PTE_CHAIN_PAGE;
	pte_chain = region_frame_make(current->machine->region, page_to_pfn(page));
	for (; i-- > 0; pte_chain++)
		pte_chain_push(pte_chain);
	VM->pte_chain_freelist.total += NODES_PER_PAGE;
	count(chain_pages);
	EV(CHAIN_REFILL, page_to_pfn(page), NODES_PER_PAGE);
}

static struct pte_chain *pte_chain_alloc(void)
{
	FN;
	struct pte_chain *pte_chain;

	spin_lock(&VM->pte_chain_freelist.lock);
	if (!VM->pte_chain_freelist.head)
		alloc_new_pte_chains();
	pte_chain = pte_chain_pop();
	spin_unlock(&VM->pte_chain_freelist.lock);
	return pte_chain;
}

/* Unlink a node from the chain of page, of which prev is the node before (NULL: it is the first),
 * and give it back. Chain lock held. */
static void pte_chain_free(struct pte_chain *pte_chain, struct pte_chain *prev, struct page *page)
{
	FN;

	if (prev)
		prev->next = pte_chain->next;
	else
		page->pte_chain = pte_chain->next;

	spin_lock(&VM->pte_chain_freelist.lock);
	pte_chain_push(pte_chain);
	spin_unlock(&VM->pte_chain_freelist.lock);
}

/* -- walking ---------------------------------------------------------------------------------- */

/* Following a link costs a cache line. */
static inline void visit_node(void)
{
	count(chain_nodes_walked);
	charge(CACHE_LINE);
}

/* Look at the pte behind a node: that is another cache line. */
static inline pte_t *visit_pte(const struct page *page, const struct pte_chain *pc)
{
	pte_t *ptep = from_kaddr(pc->ptep);

	count(ptes_visited);
	charge(CACHE_LINE);
	EV(RMAP_WALK, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep));
	return ptep;
}

/*
 * Test and clear PG_referenced and the accessed bit of every pte that maps the page. Returns how
 * many were set. The TLB is not flushed: a processor that still holds the translation will not set
 * the bit again, and the kernel of 2002 lived with that.
 */
static int page_referenced(struct page *page, bool is_locked)
{
	FN;
	(void)is_locked;
	bool flag = TestClearPageReferenced(page);
	int referenced = flag;
	struct pte_chain *pc;

	for (pc = pte_chain_at(page->pte_chain); pc; pc = pte_chain_at(pc->next)) {
		visit_node();
		if (ptep_test_and_clear_young(visit_pte(page, pc)))
			referenced++;
	}
	EV(REFERENCED, page_to_pfn(page), (u32)referenced, flag);
	return referenced;
}

static bool page_mapped(const struct page *page)
{
	return page->pte_chain != 0;
}

/* -- adding and removing ---------------------------------------------------------------------- */

static void debug_add(const struct page *page, const pte_t *ptep)
{
	const struct pte_chain *pc;

	BUG_ON(!pte_present(ptep_get(ptep)));
	BUG_ON(!ptep_to_mm(ptep));
	if (PageReserved(page))
		return;
	for (pc = pte_chain_at(page->pte_chain); pc; pc = pte_chain_at(pc->next))
		BUG_ON(pc->ptep == to_kaddr(ptep));
}

/* The zero page and other reserved pages are in nobody's rmap: they are never reclaimed. */
static bool untracked(const struct page *page, const pte_t *ptep)
{
	return !pfn_valid(pte_pfn(ptep_get(ptep))) || PageReserved(page);
}

/*
 * *ptep maps page from now on. The node is allocated before the chain lock is taken; a node in
 * hand cannot be refused any more.
 */
static void page_add_rmap(struct page *page, pte_t *ptep)
{
	FN;
	struct pte_chain *pte_chain;

	if (DEBUG_RMAP)
		debug_add(page, ptep);
	if (untracked(page, ptep))
		return;

	pte_chain = pte_chain_alloc();

	pte_chain_lock(page);
	pte_chain->ptep = to_kaddr(ptep);
	pte_chain->next = page->pte_chain;
	page->pte_chain = to_kaddr(pte_chain);
	count(chain_adds);
	EV(RMAP_ADD, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep));
	pte_chain_unlock(page);
}

/*
 * *ptep no longer maps page. zap_pte_range calls this after it has cleared the pte, so the frame
 * number tested in untracked() is 0 by then. On an i386 frame 0 is there and the test passes; on
 * a machine without a frame 0 the mapping would be left in the chain (corrected on 22 July 2002).
 *
 * A mapping that is not found is passed over in silence: a driver may have mapped its page while
 * PG_reserved was set and cleared the flag since.
 */
static void page_remove_rmap(struct page *page, pte_t *ptep)
{
	FN;
	struct pte_chain *pc, *prev_pc = NULL;
	kaddr_t wanted = to_kaddr(ptep);
	u32 steps = 0;

	BUG_ON(!page || !ptep);
	if (untracked(page, ptep))
		return;

	pte_chain_lock(page);
	for (pc = pte_chain_at(page->pte_chain); pc; prev_pc = pc, pc = pte_chain_at(pc->next)) {
		visit_node();
		steps++;
		if (pc->ptep == wanted)
			break;
	}
	if (pc) {
		pte_chain_free(pc, prev_pc, page);
		count(chain_removes);
		EV(RMAP_REMOVE, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep),
		   steps);
	}
	pte_chain_unlock(page);
}

/* Both once more for mm/ptes_quiet.h: with a node at hand; of the first mapping of a chain. The
 * head of the freelist is in way meanwhile. */
#define begin_plain(way) ((way)->free_node = VM->pte_chain_freelist.head)

QUIETLY bool add_plain(struct plain_way *way, struct page *page, pte_t *ptep, struct rmap_ready *r)
{
	kaddr_t node = way->free_node;
	struct pte_chain *pte_chain = from_window(way, node);

	(void)r;
	if (DEBUG_RMAP || !node)
		return false;
	way->free_node = pte_chain->next;
	*pte_chain = (struct pte_chain){ .next = page->pte_chain, .ptep = to_window(way, ptep) };
	page->pte_chain = node;
	return true;
}

QUIETLY void end_plain_adds(const struct plain_way *way, u32 nr)
{
	VM->pte_chain_freelist.head = way->free_node;
	VM->pte_chain_freelist.free -= nr;
	count_n(chain_adds, nr);
}

QUIETLY bool remove_plain(struct plain_way *way, struct page *page, pte_t *ptep)
{
	kaddr_t node = page->pte_chain;
	struct pte_chain *pte_chain = from_window(way, node);

	if (!node || pte_chain->ptep != to_window(way, ptep))
		return false;
	page->pte_chain = pte_chain->next;
	*pte_chain = (struct pte_chain){ .next = way->free_node };
	way->free_node = node;
	return true;
}

QUIETLY void end_plain_removes(const struct plain_way *way, u32 nr)
{
	VM->pte_chain_freelist.head = way->free_node;
	VM->pte_chain_freelist.free += nr;
	count_n(chain_nodes_walked, nr);
	charge_n(CACHE_LINE, nr);
	count_n(chain_removes, nr);
}

/* -- unmapping -------------------------------------------------------------------------------- */

/* Take the page table from its process, if it can be had at once. */
static bool lock_page_table(struct mm_struct *mm)
{
	if (!MUTANT_unmap_waits)
		return spin_trylock(&mm->page_table_lock);
	spin_lock_nested(&mm->page_table_lock); /* plain spin_lock would report the order */
	return true;
}

/*
 * May this mapping go? Only the first vma that ends behind the address is looked at, as the kernel
 * did: between two steps of mremap a pte may lie in no vma at all. NULL: it must stay.
 */
static struct vm_area_struct *vma_to_unmap(struct page *page, struct mm_struct *mm, u32 address)
{
	struct vm_area_struct *vma = find_vma(mm, address);

	count(vmas_visited);
	if (vma && !(vma->vm_flags & VM_LOCKED))
		return vma;
	EV(UNMAP_FAIL, page_to_pfn(page), mm->pid, address, vma != NULL);
	return NULL;
}

/* The pte now says where the page will be found: its swap slot, or nothing for a file page, which
 * the fault finds by itself. Returns the slot or 0. */
static u32 leave_swap_pte(struct page *page, pte_t *ptep)
{
	swp_entry_t entry = { .val = page->index };

	if (!PageSwapCache(page))
		return 0;
	swap_duplicate(entry);
	set_pte(ptep, swp_entry_to_pte(entry));
	return entry.val;
}

/* Nuke one pte. page_table_lock of mm held. */
static void unmap_pte(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep)
{
	struct mm_struct *mm = vma->vm_mm;
	pteval_t pte = ptep_get_and_clear(ptep);
	u32 slot;

	flush_tlb_page(vma, address);
	slot = leave_swap_pte(page, ptep);

	/* The last word on whether the page is dirty is the pte that is gone now. */
	if (!MUTANT_unmap_drops_dirty && pte_dirty(pte))
		set_page_dirty(page);

	mm->rss--;
	count(ptes_unmapped);
	EV(UNMAP_ONE, page_to_pfn(page), mm->pid, address, slot);
	page_cache_release(page);
}

static int try_to_unmap_one(struct page *page, pte_t *ptep)
{
	FN;
	u32 address = ptep_to_address(ptep);
	struct mm_struct *mm = ptep_to_mm(ptep);
	struct vm_area_struct *vma;

	BUG_ON(!mm);

	/* page_table_lock keeps faults, munmap and fork away from the pte. */
	if (!lock_page_table(mm)) {
		count(rmap_trylock_failed);
		EV(UNMAP_AGAIN, page_to_pfn(page), mm->pid, address);
		return SWAP_AGAIN;
	}
	vma = vma_to_unmap(page, mm, address);
	if (vma)
		unmap_pte(page, vma, address, ptep);
	spin_unlock(&mm->page_table_lock);
	return vma ? SWAP_SUCCESS : SWAP_FAIL;
}

/* The loop of try_to_unmap. A node whose lock was missed stays and becomes the one before the
 * next; the first mapping that must stay ends it all, whatever was unmapped until then. */
static int unmap_chain(struct page *page)
{
	struct pte_chain *pc, *next_pc, *prev_pc = NULL;
	int ret = SWAP_SUCCESS;

	for (pc = pte_chain_at(page->pte_chain); pc; pc = next_pc) {
		next_pc = pte_chain_at(pc->next);
		visit_node();
		switch (try_to_unmap_one(page, visit_pte(page, pc))) {
		case SWAP_SUCCESS:
			pte_chain_free(pc, prev_pc, page);
			break;
		case SWAP_AGAIN:
			prev_pc = pc;
			ret = SWAP_AGAIN;
			break;
		case SWAP_FAIL:
			return SWAP_FAIL;
		case SWAP_ERROR:
			return SWAP_ERROR;
		}
	}
	return ret;
}

static int try_to_unmap(struct page *page)
{
	FN;
	int ret;

	/* A reserved page is on no list that leads here. */
	BUG_ON(PageReserved(page));
	BUG_ON(!PageLocked(page));
	/* What is unmapped must be found again: in its file or in swap. */
	BUG_ON(!page->mapping);

	ret = unmap_chain(page);
	EV(UNMAP_DONE, page_to_pfn(page), ret != SWAP_SUCCESS, ret == SWAP_FAIL);
	return ret;
}

static bool init(void)
{
	spin_lock_init(&VM->pte_chain_freelist.lock, LC_FREELIST_LOCK, 0);
	return true;
}

/* Who maps the page, and where, this generation reads off the page table. */
static void page_add_rmap_of(struct page *page, struct vm_area_struct *vma, u32 address,
			     pte_t *ptep, struct rmap_ready *ready)
{
	(void)vma, (void)address, (void)ready;
	page_add_rmap(page, ptep);
}

/* -- inspection: host side, nothing is changed, nothing is trusted ---------------------------- */

/* What a kernel address of this machine points at; NULL when it points nowhere sensible. */
static inline void *look(const struct machine *m, kaddr_t kaddr, u32 align)
{
	u32 pfn = (kaddr - PAGE_OFFSET) >> PAGE_SHIFT;

	if (kaddr < PAGE_OFFSET || kaddr & (align - 1) || pfn >= m->nr_frames ||
	    !region_frame_real(m->region, pfn))
		return NULL;
	return (char *)machine_ram(m, pfn) + (kaddr & ~PAGE_MASK);
}

static const struct page *frame_of(const struct machine *m, kaddr_t kaddr)
{
	return &m->vm->mem_map[(kaddr - PAGE_OFFSET) >> PAGE_SHIFT];
}

static u16 owner_of(const struct page *table)
{
	return ((const struct mm_struct *)(const void *)table->mapping)->pid;
}

static kaddr_t kaddr_of(const struct machine *m, const void *p)
{
	return PAGE_OFFSET + (kaddr_t)((const char *)p - (const char *)machine_ram(m, 0));
}

static inline const struct pte_chain *node(const struct machine *m, kaddr_t kaddr)
{
	const struct pte_chain *pc = look(m, kaddr, sizeof(*pc));

	return pc && frame_of(m, kaddr)->private == PTE_CHAIN_PAGE ? pc : NULL;
}

/* Bounded by the number of nodes there are: a broken chain may be a ring. */
static u32 mapcount(const struct machine *m, const struct page *page)
{
	const struct pte_chain *pc = node(m, page->pte_chain);
	u32 n = 0;

	for (; pc && n <= m->vm->pte_chain_freelist.total; pc = node(m, pc->next))
		n++;
	return n;
}

static u32 walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max)
{
	const struct pte_chain *pc = node(m, page->pte_chain);
	u32 n = 0;

	for (; pc && n <= m->vm->pte_chain_freelist.total; pc = node(m, pc->next)) {
		pte_t *ptep = look(m, pc->ptep, entry_bytes(m));
		const struct page *table = ptep ? frame_of(m, pc->ptep) : NULL;

		if (!table || !table->mapping)
			continue;
		if (n < max)
			out[n] = (struct mapping){
				.pid = owner_of(table),
				.address = table->index + (pc->ptep & ~PAGE_MASK) * ptrs_per_pte(m),
				.node = kaddr_of(m, pc),
				.ptep = ptep,
			};
		n++;
	}
	return n;
}

static bool flawed(struct rmap_flaw *flaw, const char *text, u32 a, u32 b)
{
	*flaw = (struct rmap_flaw){ .text = text, .a = a, .b = b };
	return false;
}

/* Does a chain reach its end over sound nodes, each naming a pte of a page table? A ring is found
 * by counting: no chain is longer than all nodes that are not free. */
static bool check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw)
{
	u32 bound = m->vm->pte_chain_freelist.total - m->vm->pte_chain_freelist.free;
	const struct pte_chain *pc;
	kaddr_t at = page->pte_chain;
	u32 n = 0;

	for (; at; at = pc->next) {
		pc = node(m, at);
		if (!pc)
			return flawed(flaw, "a link that is no pte_chain node", at, 0);
		if (n++ == bound)
			return flawed(flaw, "a chain that never ends", at, 0);
		if (!look(m, pc->ptep, entry_bytes(m)) || !frame_of(m, pc->ptep)->mapping)
			return flawed(flaw, "a node whose pte is in no page table", at, pc->ptep);
	}
	return true;
}

static bool check_freelist(const struct machine *m, struct rmap_flaw *flaw)
{
	const struct pte_chain *pc;
	kaddr_t at = m->vm->pte_chain_freelist.head;
	u32 n = 0;

	for (; at; at = pc->next) {
		pc = node(m, at);
		if (!pc)
			return flawed(flaw, "a link of the freelist that is no node", at, 0);
		if (pc->ptep)
			return flawed(flaw, "a free node that names a pte", at, pc->ptep);
		if (n++ == m->vm->pte_chain_freelist.free)
			return flawed(flaw, "more nodes on the freelist than are free", n, n - 1);
	}
	if (n != m->vm->pte_chain_freelist.free)
		return flawed(flaw, "fewer nodes on the freelist than are free", n,
			      m->vm->pte_chain_freelist.free);
	return true;
}

/* Every node is on the freelist, in one chain, or in the hand of one page_add_rmap. */
static bool check_all(const struct machine *m, u32 mappings, u32 in_flight, struct rmap_flaw *flaw)
{
	u32 have = m->vm->pte_chain_freelist.free + mappings;
	u32 total = m->vm->pte_chain_freelist.total;

	if (!check_freelist(m, flaw))
		return false;
	if (have > total)
		return flawed(flaw, "more nodes in use than there are", have, total);
	if (have + in_flight < total)
		return flawed(flaw, "nodes are lost: seen, all", have, total);
	return true;
}

/* The loops over a page table, around page_add_rmap and page_remove_rmap. */
#include "mm/ptes_2002.h"

const struct rmap_ops RMAP_TABLE(2002b_pte_chain) = {
	.name = "pte_chain",
	.file = "engine/rmap/2002b_pte_chain.c",
	.idea = "each page has a chain of pointers to the ptes that map it",
	.bytes_per_mapping = sizeof(struct pte_chain),
	.init = init,
	.page_add_anon_rmap = page_add_rmap_of,
	.page_add_file_rmap = page_add_rmap_of,
	.page_dup_rmap = page_add_rmap_of,
	.page_remove_rmap = page_remove_rmap,
	.copy_ptes = copy_ptes,
	.zap_ptes = zap_pte_range,
	.page_referenced = page_referenced,
	.try_to_unmap = try_to_unmap,
	.page_mapped = page_mapped,
	.walk = walk,
	.mapcount = mapcount,
	.check = check,
	.check_all = check_all,
};
