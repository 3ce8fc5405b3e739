/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages of files by their object: the file knows its vmas, a vma knows where in it a page of the
 * file would be, and the page table knows whether it is there. What 2.6.7 to 2.6.16 share of it;
 * and the few lines about one pte that their ways to find anonymous pages share too.
 *
 * Source: 2.6.7 (history "rmap 7" to "rmap 37"), 2.6.8 and 2.6.9 mm/rmap.c, seeds 001 and 004.
 */
#ifndef RMAP_OBJRMAP_H
#define RMAP_OBJRMAP_H

#include "rmap/rmap.h"
#include "mm/pagemap.h"

/* What vma_address answers when the page cannot be in the vma: -EFAULT. */
#define NOT_IN_VMA ((u32)-14)

/* How a walk is getting on: it may stop when nothing is left to find. */
struct rmap_search {
	u32 mapcount; /* ptes still to be found */
	u32 failed;   /* page tables that somebody else had locked */
};

/* How a kernel goes about the pages of files: what differs from 2.6.7 to 2.6.16. */
struct file_rmap {
	/* Of the page's place in one vma. References; SWAP_AGAIN (done or not there), SWAP_FAIL */
	int (*page_referenced_one)(struct page *page, struct vm_area_struct *vma,
				   struct rmap_search *search);
	int (*try_to_unmap_one)(struct page *page, struct vm_area_struct *vma);
	/* For ptes of other pages that a cluster has; the lock of the page table is held. */
	void (*page_remove_rmap)(struct page *page, pte_t *ptep);
	/* try_to_unmap_one took a pte of the page down: one mapping less. NULL: page_remove_rmap.
	 * With a map lock that is held already. */
	void (*unmapped)(struct page *page, pte_t *ptep);
	u32 (*page_mapcount)(const struct page *page);
	u32 pinned;         /* vm_flags of a vma that keeps its ptes: VM_LOCKED and, to 2.6.14,
			     * VM_RESERVED */
	bool trylock;       /* i_mmap_lock and page_table_lock are only tried: up to seed 001 */
	bool map_lock;      /* page_map_lock is held on entry, and dropped around clusters */
	bool skips_idle;    /* an mm with rss 0 is not looked at: up to 2.6.14 */
	bool flushes_young; /* clearing the accessed bit flushes the TLB entry: from 2.6.8 */
	bool warns;         /* a walk that did not find every pte says so: 2.6.7-anonmm */
	bool locked_fails;  /* every nonlinear vma is pinned: SWAP_FAIL instead of AGAIN (2.6.16) */
};

/*
 * The walks over the vmas of a file, and over the clusters of its nonlinear vmas. The page is not
 * anonymous; what else is held says the kernel's file_rmap. References; SWAP_AGAIN, SWAP_FAIL, or
 * SWAP_SUCCESS when page_remove_rmap has taken down the last pte of the page.
 */
int page_referenced_file(struct page *page, const struct file_rmap *how);
int try_to_unmap_file(struct page *page, const struct file_rmap *how);

/* Where in vma the page would be; NOT_IN_VMA: nowhere, which for a page of a file is a BUG, as
 * its vmas were found by the page. */
u32 vma_address(const struct page *page, const struct vm_area_struct *vma);
/* Is it of no use to look into this mm (rss 0)? */
bool mm_idle(const struct mm_struct *mm);
/* A vma is looked at: counted, charged, told. */
void visit_vma(const struct page *page, const struct vm_area_struct *vma);
/* The entry at address if it maps the page; NULL: there is no page table, or something else. The
 * lock of the page table is held. */
pte_t *page_pte(const struct page *page, const struct mm_struct *mm, u32 address);
/* One trylock of page_table_lock by an rmap walk: a failure is counted and told. */
bool trylock_page_table(const struct page *page, struct mm_struct *mm, u32 address);
/* Test and clear the accessed bit, in the kernel's way. true: it was set. */
bool clear_young(struct vm_area_struct *vma, u32 address, pte_t *ptep,
		 const struct file_rmap *how);
/* Pinned memory, and what was used since page_referenced asked, is not unmapped. */
bool must_stay(const struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
	       const struct file_rmap *how);
/* Is the mm spared because it has the swap token? Not if it asks for itself. */
bool spared_by_token(const struct mm_struct *mm);
/*
 * try_to_unmap_one's way of taking a pte down: cleared, its dirty bit moved to the page, the slot
 * of an anonymous page left in its place, rss counted. Neither mapcount nor the reference of the
 * page: they are the caller's. The lock of the page table is held.
 */
void unmap_pte(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep);
/*
 * The *_one functions of 2.6.8 and of seed 001, which only try page_table_lock. objrmap_2004.c.
 */
int page_referenced_one_2004(struct page *page, struct vm_area_struct *vma,
			     struct rmap_search *search, const struct file_rmap *how);
int try_to_unmap_one_2004(struct page *page, struct vm_area_struct *vma,
			  const struct file_rmap *how);
/* _mapcount of every frame starts from -1: at boot, for kernels after seed 001. */
void reset_page_mapcounts(void);

/* -- inspection: host side, nothing is changed ------------------------------------------------ */

/* A list of what maps a page, being written: at most max, all counted. */
struct mapping_list {
	const struct machine *m;
	const struct page *page;
	struct mapping *out;
	u32 max, n;
};
/* The entry at address of mm if it maps the page; NULL: not there. */
pte_t *look_pte(const struct machine *m, const struct page *page, const struct mm_struct *mm,
		u32 address);
/* vma (mm) is where the kernel would look next. idle: also if its mm has rss 0. */
void list_vma(struct mapping_list *list, const struct vm_area_struct *vma, bool idle);
void list_mm(struct mapping_list *list, const struct mm_struct *mm, u32 address, u32 node);
/* The linear vmas of the page's file. */
void list_file(struct mapping_list *list, bool idle);
/* What no walk over vmas finds: ptes in a nonlinear vma, pages that were truncated under their
 * ptes and, without idle, those of an mm with rss 0. */
bool file_rmap_misses(const struct machine *m, const struct page *page, const struct mapping *one,
		      bool idle);

/* The way to the ptes, for the rmap pane. id of an object: its place in the machine's heap. */
struct trail {
	const struct machine *m;
	const struct page *page;
	struct rmap_step *out;
	u32 max, n;
};
u32 heap_id(const struct machine *m, const void *object);
void trail_step(struct trail *trail, struct rmap_step step);
void trail_vma(struct trail *trail, const struct vm_area_struct *vma);
void trail_pte(struct trail *trail, const struct mm_struct *mm, u32 address, u8 depth);
void trail_file(struct trail *trail);
/* Up to 2.6.8, when nobody is in between: PG_anon is set of mapped pages only. */
bool anon_flag_check(const struct machine *m, struct rmap_flaw *flaw);
/* nr_mapped is the number of frames that somebody maps. */
bool nr_mapped_check(const struct machine *m, struct rmap_flaw *flaw);
/* Fill flaw; always false. */
bool rmap_flawed(struct rmap_flaw *flaw, const char *text, u32 a, u32 b);

#endif
