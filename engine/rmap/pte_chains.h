/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packed chains: the ptes that map a page, in nodes of one cache line (2.6.0 to 2.6.5). What a
 * chain is stands in pte_chains.c. 2003_pte_chain.c keeps every page this way, 2004a_objrmap.c
 * those that are PG_anon.
 *
 * The functions on a page want its chain lock to be held; current is set.
 */
#ifndef RMAP_PTE_CHAINS_H
#define RMAP_PTE_CHAINS_H

#include "rmap/rmap.h"

/* In a frame of the slab cache "pte_chain", at a multiple of its size. */
struct pte_chain {
	u32 next_and_idx; /* address of the next node | lowest slot in use: it has NRPTE + 1 bytes
			   * times four, so that its address leaves room for a slot */
	kaddr_t ptes[];   /* NRPTE of them: one less than words in a cache line, a power of two */
};
#define NRPTE (VM->nrpte)
#define L1_CACHE_BYTES 32u /* of a Pentium to Pentium III */

/* Boot: the slab cache. false: no memory. */
bool pte_chain_init(void);
/* An empty node, of this cpu's store or the slab; sleeps with __GFP_WAIT. NULL: no memory. */
struct pte_chain *pte_chain_alloc(u32 gfp_mask);
/* All slots must be empty. It goes to this cpu's store, and what was there to the slab. */
void __pte_chain_free(struct pte_chain *pte_chain);
void pte_chain_free(struct pte_chain *pte_chain); /* the same; NULL: nothing */
/* rmap_ops.prepare and .release: one node in hand. */
int pte_chain_prepare(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask);
void pte_chain_release(struct rmap_ready *ready);

/* Add *ptep. Returns pte_chain, an empty node (NULL only where none can be needed), or NULL if it
 * was used. The first mapping also counts in nr_mapped. */
struct pte_chain *pte_chain_add(struct page *page, const pte_t *ptep, struct pte_chain *pte_chain);
/* Take *ptep out; what is not there is passed over. nr_mapped is the caller's business. */
void pte_chain_remove(struct page *page, const pte_t *ptep);
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

#endif
