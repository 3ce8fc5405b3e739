/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packed chains, as they were from September 2002 to May 2004.
 *
 *	mapped once                    PG_direct: no node at all
 *	+--------+
 *	| direct |--> pte
 *	+--------+
 *
 *	mapped more often              a node fills a cache line: a word and NRPTE slots, here seven
 *	+--------+    +----------+---+---+---+---+---+---+---+
 *	| chain  |--->| next | 4 |   |   |   |   | p | p | p |  the head: free slots come first
 *	+--------+    +---|--+---+---+---+---+---+---+---+---+
 *	                  v    ^ idx, the lowest slot in use
 *	              +----------+---+---+---+---+---+---+---+
 *	              | next | 0 | p | p | p | p | p | p | p |  every other node is full
 *	              +---|------+---+---+---+---+---+---+---+
 *	                  v
 *
 * A new pte goes into the head's last free slot, from the right to the left; when the head is full
 * a new node becomes the head. A pte that goes leaves a hole, and the lowest pte of the head is
 * moved there; a head without ptes is freed. So the rule in the drawing always holds, and seven
 * mappings cost one cache line to keep and to walk where 2.5.27 had seven nodes in seven lines.
 *
 * next and idx share a word: nodes lie at multiples of their size, and a slot number fits into the
 * bits that leaves. With 16-byte lines NRPTE is 3, with 64 it is 15, with 128 it is 31.
 *
 * page_add_rmap runs under spinlocks and may need a node. Its callers get one beforehand, while
 * they may still sleep, and most of the time give it back unused: for that a cpu keeps one node at
 * hand.
 *
 * 2003_pte_chain.c keeps every page this way, 2004a_objrmap.c those that are PG_anon. What fork and
 * exit do with a chain is here, the rest in pte_chains.c. The functions on a page want its chain
 * lock to be held; current is set.
 *
 * Source: 2.6.0 and 2.6.5 mm/rmap.c; seed 002 shows most of it as context.
 */
#ifndef RMAP_PTE_CHAINS_H
#define RMAP_PTE_CHAINS_H

#include "rmap/rmap.h"
#include "mm/pgtable.h"
#include "mm/slab_quiet.h"

#define L1_CACHE_BYTES 32u /* of a Pentium to Pentium III */
#define MAX_NRPTE ((u32)(L1_CACHE_BYTES / sizeof(u32) - 1))

/* In a frame of the slab cache "pte_chain", at a multiple of its size. */
struct pte_chain {
	u32 next_and_idx; /* address of the next node | lowest slot in use: a node has more bytes
			   * than slots, so that its address leaves room for a slot */
	u32 ptes[MAX_NRPTE]; /* slots of a word or of two: see pte_slot */
};
_Static_assert(sizeof(struct pte_chain) == L1_CACHE_BYTES, "a node is a cache line");

/* With PAE and highpte a pte_addr_t is eight bytes. */
static inline bool pte_addr_wide(const struct machine *on)
{
	return PAE(on) && HIGHPTE(on);
}

/* NRPTE, slots of a node: what is left of a cache line after a word; a power of two, less one. */
static inline u32 nrpte(const struct machine *on)
{
	return pte_addr_wide(on) ? (L1_CACHE_BYTES - 4) / 8 : MAX_NRPTE;
}
#define NRPTE nrpte(current->machine)

static inline pte_addr_t pte_slot(const struct machine *on, const struct pte_chain *pc, size_t i)
{
	if (pte_addr_wide(on))
		return pc->ptes[2 * i] | (pte_addr_t)pc->ptes[2 * i + 1] << 32;
	return pc->ptes[i];
}

static inline void set_pte_slot(struct pte_chain *pc, size_t i, pte_addr_t pte_paddr)
{
	if (pte_addr_wide(current->machine)) {
		pc->ptes[2 * i] = (u32)pte_paddr;
		pc->ptes[2 * i + 1] = (u32)(pte_paddr >> 32);
	} else {
		pc->ptes[i] = (u32)pte_paddr;
	}
}

/* page->pte.direct is 32 bits here in any case, to keep struct page small: eight bytes make a pte,
 * so of a wide address the lowest three bits are 0 and are left out. */
static inline pte_addr_t pte_direct(const struct machine *on, const struct page *page)
{
	return pte_addr_wide(on) ? (pte_addr_t)page->pte.direct << 3 : page->pte.direct;
}

static inline void set_pte_direct(struct page *page, pte_addr_t pte_paddr)
{
	page->pte.direct = (u32)(pte_addr_wide(current->machine) ? pte_paddr >> 3 : pte_paddr);
}

/* Boot: the slab cache. false: no memory. */
bool pte_chain_init(void);
/* __pte_chain_free, see below; NULL: nothing. */
void pte_chain_free(struct pte_chain *pte_chain);
/* rmap_ops.prepare and .release: one node in hand. */
int pte_chain_prepare(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask);
void pte_chain_release(struct rmap_ready *ready);

/* Test and clear the accessed bit of every pte. A chain of one becomes direct again. Returns how
 * many were set. */
int pte_chain_referenced(struct page *page);
/*
 * Unmap the page from every pte until one must stay. vm_flags: vmas with one of these keep theirs.
 * SWAP_*; what is unmapped is off the chain. nr_mapped is the caller's business.
 */
int pte_chain_unmap(struct page *page, u32 vm_flags);
/* No pte of the page is there any more: it leaves nr_mapped. */
void pte_chain_unmapped(struct page *page);

/* rmap_ops.walk, mapcount, check and trail, for a page that is kept in a chain. */
u32 pte_chain_walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max);
u32 pte_chain_mapcount(const struct machine *m, const struct page *page);
bool pte_chain_check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw);
u32 pte_chain_trail(const struct machine *m, const struct page *page, struct rmap_step *out,
		    u32 max);
/* How many nodes a page's chain has. */
u32 pte_chain_nodes(const struct machine *m, const struct page *page);
/* rmap_ops.check_all: every node is in one chain, in a cpu's store or in hand, and nr_mapped is as
 * many pages as are mapped. in_chain says which pages are kept in chains. */
bool pte_chain_check_all(const struct machine *m,
			 bool (*in_chain)(const struct machine *m, const struct page *page),
			 u32 in_flight, struct rmap_flaw *flaw);

/* -- nodes ------------------------------------------------------------------------------------ */

static inline struct pte_chain *pte_chain_at(kaddr_t kaddr)
{
	return from_kaddr(kaddr);
}

static inline struct pte_chain *pte_chain_next(const struct pte_chain *pte_chain)
{
	return pte_chain_at(pte_chain->next_and_idx & ~NRPTE);
}

static inline u32 pte_chain_idx(const struct pte_chain *pte_chain)
{
	return pte_chain->next_and_idx & NRPTE;
}

static inline u32 pte_chain_encode(kaddr_t pte_chain, u32 idx)
{
	return pte_chain | idx;
}

/* A node is a cache line. */
static inline void visit_node(void)
{
	count(chain_nodes_walked);
	charge(CACHE_LINE);
}

/* An empty node, of this cpu's store or the slab; sleeps with __GFP_WAIT. NULL: no memory. */
static inline struct pte_chain *pte_chain_alloc(u32 gfp_mask)
{
	FN;
	kaddr_t *local = &VM->local_pte_chain[current->cpu_id];
	struct pte_chain *ret = pte_chain_at(*local);

	if (!ret)
		return kmem_cache_alloc(VM->pte_chain_cachep, gfp_mask);
	*local = 0;
	return ret;
}

/* All slots must be empty. It goes to this cpu's store, and what was there to the slab. */
static inline void __pte_chain_free(struct pte_chain *pte_chain)
{
	FN;
	kaddr_t *local = &VM->local_pte_chain[current->cpu_id], old = *local;

	pte_chain->next_and_idx = 0;
	*local = to_kaddr(pte_chain);
	if (old)
		kmem_cache_free(VM->pte_chain_cachep, pte_chain_at(old));
}

/* -- adding and removing ---------------------------------------------------------------------- */

/* The second mapping: both go into a node, the older one to the right. */
static inline void direct_to_chain(struct page *page, pte_addr_t pte_paddr,
				   struct pte_chain *pte_chain)
{
	ClearPageDirect(page);
	set_pte_slot(pte_chain, NRPTE - 1, pte_direct(current->machine, page));
	set_pte_slot(pte_chain, NRPTE - 2, pte_paddr);
	pte_chain->next_and_idx = pte_chain_encode(0, NRPTE - 2);
	page->pte.chain = to_kaddr(pte_chain);
	EV(CHAIN_NEW, page_to_pfn(page), page->pte.chain, 0);
}

static inline void new_head(struct page *page, pte_addr_t pte_paddr, struct pte_chain *pte_chain)
{
	pte_chain->next_and_idx = pte_chain_encode(page->pte.chain, NRPTE - 1);
	set_pte_slot(pte_chain, NRPTE - 1, pte_paddr);
	page->pte.chain = to_kaddr(pte_chain);
	EV(CHAIN_NEW, page_to_pfn(page), page->pte.chain, 1);
}

static inline struct pte_chain *add_pte(struct page *page, pte_addr_t pte_paddr,
					struct pte_chain *pte_chain)
{
	struct pte_chain *head;

	if (!page->pte.direct) {
		set_pte_direct(page, pte_paddr);
		SetPageDirect(page);
		VM->nr_mapped++;
		return pte_chain;
	}
	if (PageDirect(page)) {
		direct_to_chain(page, pte_paddr, pte_chain);
		return NULL;
	}
	head = pte_chain_at(page->pte.chain);
	if (pte_slot(current->machine, head, 0)) { /* it is full */
		new_head(page, pte_paddr, pte_chain);
		return NULL;
	}
	set_pte_slot(head, pte_chain_idx(head) - 1, pte_paddr);
	head->next_and_idx--;
	return pte_chain;
}

/* Add *ptep. Returns pte_chain, an empty node (NULL only where none can be needed), or NULL if it
 * was used. The first mapping also counts in nr_mapped. */
static inline struct pte_chain *pte_chain_add(struct page *page, const pte_t *ptep,
					      struct pte_chain *pte_chain)
{
	pte_chain = add_pte(page, ptep_to_paddr(ptep), pte_chain);
	count(chain_adds);
	EV(RMAP_ADD, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep));
	return pte_chain;
}

/* Slot i of pc is free now: the head's lowest pte takes it, and the head has one less. pc may be
 * the head, and i that very slot. */
static inline void fill_hole(struct page *page, struct pte_chain *pc, u32 i)
{
	struct pte_chain *head = pte_chain_at(page->pte.chain);
	u32 victim = pte_chain_idx(head);

	set_pte_slot(pc, i, pte_slot(current->machine, head, victim));
	set_pte_slot(head, victim, 0);
	if (victim < NRPTE - 1) {
		head->next_and_idx++;
		return;
	}
	page->pte.chain = head->next_and_idx & ~NRPTE;
	__pte_chain_free(head);
	EV(CHAIN_FREE, page_to_pfn(page), to_kaddr(head));
}

/* Whether it was there; *steps: nodes that were looked at. */
static inline bool remove_from_chain(struct page *page, pte_addr_t pte_paddr, u32 *steps)
{
	struct pte_chain *pc;
	u32 i;

	for (pc = pte_chain_at(page->pte.chain); pc; pc = pte_chain_next(pc)) {
		visit_node();
		++*steps;
		for (i = pte_chain_idx(pc); i < NRPTE; i++)
			if (pte_slot(current->machine, pc, i) == pte_paddr) {
				fill_hole(page, pc, i);
				return true;
			}
	}
	return false;
}

static inline bool remove_direct(struct page *page, pte_addr_t pte_paddr)
{
	if (pte_direct(current->machine, page) != pte_paddr)
		return false;
	page->pte.direct = 0;
	ClearPageDirect(page);
	return true;
}

/* Take *ptep out; what is not there is passed over. nr_mapped is the caller's business. A chain
 * that shrinks to one pte stays a chain: the next fork will want it. page_referenced makes it
 * direct again, when memory is short. */
static inline void pte_chain_remove(struct page *page, const pte_t *ptep)
{
	pte_addr_t pte_paddr = ptep_to_paddr(ptep);
	u32 steps = 0;
	bool found = PageDirect(page) ? remove_direct(page, pte_paddr) :
					remove_from_chain(page, pte_paddr, &steps);

	if (!found)
		return;
	count(chain_removes);
	EV(RMAP_REMOVE, page_to_pfn(page), ptep_to_mm(ptep)->pid, ptep_to_address(ptep), steps);
}

/* -- the short way: see mm/ptes_quiet.h ------------------------------------------------------- */

/* Nodes come from the slab alone. Has this cpu one in its store, then that goes first. */
static inline void begin_plain_chains(struct plain_way *way)
{
	if (!VM->local_pte_chain[current->cpu_id])
		way->nodes = VM->pte_chain_cachep;
}

/* The node in hand becomes the head, if there is another one to have in hand then. */
static inline bool new_plain_head(const struct plain_way *way, struct page *page,
				  const pte_t *ptep, struct rmap_ready *ready)
{
	kaddr_t node = ready->pte_chain;
	struct pte_chain *head, *spare;

	if (!way->nodes || !node)
		return false;
	spare = kmem_cache_alloc_plain(way->nodes, L1_CACHE_BYTES);
	if (!spare)
		return false;
	ready->pte_chain = to_window(way, spare);
	head = from_window(way, node);
	head->next_and_idx = pte_chain_encode(page->pte.chain, NRPTE - 1);
	set_pte_slot(head, NRPTE - 1, to_window(way, ptep));
	page->pte.chain = node;
	return true;
}

static inline bool add_plain_to_chain(const struct plain_way *way, struct page *page,
				      const pte_t *ptep, struct rmap_ready *ready)
{
	struct pte_chain *head;
	u64 idx;

	if (!page->pte.chain)
		return false;
	head = from_window(way, page->pte.chain);
	idx = (u64)head->next_and_idx & NRPTE;
	if (unlikely(!idx)) /* it is full */
		return new_plain_head(way, page, ptep, ready);
	head->next_and_idx--;
	set_pte_slot(head, idx - 1, to_window(way, ptep));
	return true;
}

static inline void end_plain_adds(const struct plain_way *way, u32 nr)
{
	(void)way;
	count_n(chain_adds, nr);
}

/* The head has lost its last pte, and another node follows it. What is in this cpu's store was such
 * a head, so it is a node that may be freed. */
static APART bool drop_plain_head(struct page *page, struct pte_chain *head)
{
	kaddr_t *local = &VM->local_pte_chain[current->cpu_id];
	kaddr_t next = head->next_and_idx & ~NRPTE;

	if (!next)
		return false;
	if (*local && !kmem_cache_free_plain(VM->pte_chain_cachep, pte_chain_at(*local)))
		return false;
	__builtin_prefetch(pte_chain_at(next), 1); /* for the next exit; it was long unused */
	page->pte.chain = next;
	set_pte_slot(head, NRPTE - 1, 0);
	head->next_and_idx = 0;
	*local = to_kaddr(head);
	return true;
}

/* *ptep is the lowest pte of the head. */
static inline bool remove_plain_from_chain(const struct plain_way *way, struct page *page,
					   const pte_t *ptep)
{
	struct pte_chain *head;
	u64 idx;

	if (!page->pte.chain)
		return false;
	head = from_window(way, page->pte.chain);
	idx = (u64)head->next_and_idx & NRPTE;
	if (pte_slot(current->machine, head, idx) != to_window(way, ptep))
		return false;
	if (unlikely(idx == NRPTE - 1))
		return drop_plain_head(page, head);
	set_pte_slot(head, idx, 0);
	head->next_and_idx++;
	return true;
}

static inline void end_plain_removes(const struct plain_way *way, u32 nr)
{
	(void)way;
	count_n(chain_nodes_walked, nr);
	charge_n(CACHE_LINE, nr);
	count_n(chain_removes, nr);
}

#endif
