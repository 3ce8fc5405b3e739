/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct anon_vma: the vmas that anonymous pages of one origin may be in. What 2.6.8 to 2.6.16
 * share; 4.0 has another one.
 *
 *	struct page                struct anon_vma
 *	+---------+                +------+------+
 *	| mapping |--------------->| lock | head |
 *	| index   |                +------+--|---+
 *	+---------+                          |    anon_vma_node
 *	                    +----------------+----------------+
 *	                    v                v                v
 *	             +------------+   +------------+   +------------+
 *	             | vma, child |   | vma, split |   | vma, first |
 *	             | vm_pgoff   |   | vm_pgoff   |   | vm_pgoff   |
 *	             +------------+   +------------+   +------------+
 *
 *	address in a vma = vm_start + ((index - vm_pgoff) << PAGE_SHIFT), if that is inside
 *
 * A vma gets one when its first anonymous page is about to be. A fork, a split and a move put their
 * new vma on the list of the old one; the last vma that leaves frees it. No pages are counted: that
 * no page still names it, when the list is empty, is what its users have to see to.
 *
 * Source: 2.6.8 and 2.6.9 mm/rmap.c, include/linux/rmap.h; seeds 001 and 004.
 */
#ifndef RMAP_ANON_VMA_H
#define RMAP_ANON_VMA_H

#include "rmap/objrmap.h"
#include "mm/slab.h"

struct anon_vma {
	spinlock_t lock;       /* guards the list */
	struct list_head head; /* of vmas, through anon_vma_node; the youngest first */
};
#define I386_ANON_VMA_SIZE 12u /* a lock word of an SMP kernel and two pointers */

/* anon_vma_cachep, whose objects are constructed. rcu: SLAB_DESTROY_BY_RCU. false: no memory. */
bool anon_vma_init(bool rcu);

/*
 * vma is about to have its first anonymous page: a neighbour's anon_vma or a new one. mmap_sem
 * held, no spinlock; may sleep. 0 or -ENOMEM. _2004: takes the lock of a neighbour's inside
 * page_table_lock, which is right as long as rmap walks only try page_table_lock (2.6.8, seed 001).
 */
int anon_vma_prepare(struct vm_area_struct *vma, u32 gfp_mask);
int anon_vma_prepare_2004(struct vm_area_struct *vma, u32 gfp_mask);

/*
 * For the kernels' tables, see struct rmap_ops: link, import and merge want the anon_vma's lock
 * held; fork (anon_vma_link of these kernels) and unlink take it. merge: a vma that has no anon_vma
 * adopts next's, which from 2.6.11 on an import has done before.
 */
int link_anon_vma(struct vm_area_struct *vma, struct vm_area_struct *from);
int fork_anon_vma(struct vm_area_struct *vma, struct vm_area_struct *pvma);
int import_anon_vma(struct vm_area_struct *importer, struct vm_area_struct *exporter);
void merge_anon_vma(struct vm_area_struct *vma, struct vm_area_struct *next);
void unlink_anon_vma(struct vm_area_struct *vma);
void lock_anon_vma(struct vm_area_struct *vma);
void unlock_anon_vma(struct vm_area_struct *vma);

#define anon_vma_entry(pos) list_entry(pos, struct vm_area_struct, anon_vma_node)

/* The vmas on the list, under its lock. That it is still held is asked at each step, for kernels
 * that free an anon_vma while somebody else waits for it or has just got it (R3): the list would
 * lead nowhere. */
#define anon_vma_next(anon_vma, pos) \
	({ assert_spin_locked(&(anon_vma)->lock); list_next(pos); })
#define anon_vma_list_for_each(pos, anon_vma) \
	for ((pos) = anon_vma_next(anon_vma, &(anon_vma)->head); (pos) != &(anon_vma)->head; \
	     (pos) = anon_vma_next(anon_vma, pos))

/* Of a mapped anonymous page, whatever bits mapping has; NULL: it is not anonymous. */
struct anon_vma *page_anon_vma(const struct machine *m, const struct page *page);

/* -- inspection -------------------------------------------------------------------------------- */

/* The vmas of the page's anon_vma in the kernel's order. */
void list_anon_vma(struct mapping_list *list, bool idle);
void trail_anon_vma(struct trail *trail);
/* walk and trail of struct rmap_ops, for anonymous pages and those of files. */
u32 anon_vma_walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max);
u32 anon_vma_trail(const struct machine *m, const struct page *page, struct rmap_step *out,
		   u32 max);
/* May the page be in this vma, and where: by its anon_vma or its file (swapoff). */
bool anon_vma_page_address(const struct page *page, const struct vm_area_struct *vma,
			   u32 *address);
/* A mapped anonymous page names an anon_vma that lives. */
bool anon_vma_check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw);
/* vma->anon_vma is set exactly where the vma is on that list, no list is empty, and there are as
 * many lists as objects in the cache. Only when nobody is in between (in_flight 0). */
bool anon_vma_check_all(const struct machine *m, u32 in_flight, struct rmap_flaw *flaw);

#endif
