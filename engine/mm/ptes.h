/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entries of one page table: what a fork or an exit does a hundred thousand times for each
 * table that it comes to.
 *
 *	memory_2006.c          copy_page_range            table by table
 *	      |
 *	      |  pte_loops()->copy_ptes                   one call for a table
 *	      v
 *	ptes_2006.h            copy_ptes, copy_one_pte    entry by entry
 *	      |
 *	      |  no call: compiled together
 *	      v
 *	rmap/2006_anon_vma.c   page_dup_rmap
 *
 * So the loops belong to a generation of rmap, which includes those of its time at its foot, with
 * its own functions in view. And each generation is compiled twice, see machine.h: pte_loops()
 * answers those that go quietly, when nobody watches.
 */
#ifndef MM_PTES_H
#define MM_PTES_H

#include "mm/memory_private.h"
#include "rmap/rmap.h"

/* A loop takes everything in that it calls and that is in view. */
#define ALL_IN_ONE __attribute__((flatten))

/* A fork on its way: both mms, the child's vma, and what the child has gained in this table. */
struct pte_copy {
	struct mm_struct *dst, *src;
	struct vm_area_struct *vma; /* of the child */
	bool cow;                   /* whoever writes first, parent or child, shall fault */
	bool shared;                /* the parent's D bit speaks for a shared page already */
	struct rmap_ready ready;    /* up to 2.6.6: for the rmap of the next page */
	u32 file_rss, anon_rss;     /* from 2.6.16 on; before, dst->rss is counted at once */
	swp_entry_t full;           /* 4.0: a slot whose count wants another page first */
};

/* A stretch of a vma on its way to be emptied. */
struct pte_zap {
	struct mmu_gather *tlb;
	struct vm_area_struct *vma;
	const struct zap_details *details; /* NULL: everything goes */
	s64 work;                          /* bytes until it is time to look round (2.6.16) */
	u32 file_rss, anon_rss;            /* gone from this table (2.6.16) */
};

/* A fork before its first pte. */
static inline struct pte_copy pte_copy_of(struct mm_struct *dst, struct mm_struct *src,
					  struct vm_area_struct *vma)
{
	return (struct pte_copy){
		.dst = dst, .src = src, .vma = vma,
		.cow = is_cow_mapping(vma), .shared = vma->vm_flags & VM_SHARED,
	};
}

/* Does this kernel want a node for the next page that is not there? */
static inline bool lacks_node(const struct pte_copy *c)
{
	return wants_chain_nodes() && !c->ready.pte_chain;
}

/* Is it there, or to be had without waiting? */
static inline bool node_at_hand(struct pte_copy *c)
{
	return !lacks_node(c) || !rmap_prepare(&c->ready, c->vma, GFP_ATOMIC);
}

#endif
