/* SPDX-License-Identifier: GPL-2.0-only */
/* The way from a page to the ptes that map it, as lines of a drawing; rmap writes, panes draw. */
#ifndef SIM_TRAIL_H
#define SIM_TRAIL_H

#include "types.h"

/* One line of the way from a page to its ptes: depth 0 is what the page itself names. */
enum rmap_step_kind {
	STEP_DIRECT,   /* the pte is in struct page */
	STEP_NODE,     /* a pte_chain node: start = used slots, end = all slots */
	STEP_ANONMM,   /* pid 0: its mm is gone */
	STEP_ANON_VMA, /* start = vmas on it, end = degree (4.0) */
	STEP_FILE,     /* id is the inode: its i_mmap; start = vmas found there for the page */
	STEP_VMA,      /* [start, end), id is the vma's */
	STEP_PTE,      /* address; maps says whether it names the page */
};
struct rmap_step {
	u8 kind;       /* enum rmap_step_kind */
	u8 depth;
	bool maps;
	u16 pid;
	u32 id;        /* kaddr, or the object's place in the heap: the same in every run */
	u32 start, end;
	u32 address;   /* of the page in this vma, of this pte */
};

#endif
