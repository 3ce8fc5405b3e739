/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * anon_vmas from 2.6.34 on, as 4.0 has them: a vma has links to several of them, an anon_vma to
 * several vmas.
 *
 *	parent's vma          AVC            anon_vma P (root)
 *	+-----------+     +-----------+      +-----------+
 *	| anon_vma  |--.  | vma       |      | rwsem     | the lock of the whole family
 *	| chain     |==|==| same_vma  |------| rb_root   | an interval tree of links, by page
 *	+-----------+  |  | anon_vma  |   .--| degree    |
 *	               |  +-----------+   |  | parent    | itself
 *	               '----------------->|  +-----------+
 *	child's vma           AVC         |        ^ parent, root
 *	+-----------+     +-----------+   |  anon_vma C
 *	| anon_vma  |--.  | same_vma  |---'  +-----------+
 *	| chain     |==|==+-----------+      | rb_root   |
 *	+-----------+  |  | same_vma  |------|           |
 *	               |  +-----------+      +-----------+
 *	               '------------------------^
 *
 * Pages from before the fork name P, and both vmas are found there. Pages that the child makes
 * later name C, and only the child is: with one anon_vma for the family, as up to 2.6.33, every
 * page of every child had all of them to be looked at.
 *
 * Source: 4.0 include/linux/rmap.h, mm/rmap.c; Rik van Riel, 5beb49305251.
 */
#ifndef RMAP_ANON_VMA_CHAIN_H
#define RMAP_ANON_VMA_CHAIN_H

#include "rmap/objrmap.h"
#include "mm/interval_tree.h"
#include "mm/slab.h"

struct anon_vma {
	struct anon_vma *root;    /* of the family: its rwsem guards all of them */
	rw_semaphore_t rwsem;     /* used in the root only */
	atomic_t refcount;        /* one for all vmas, one for who waits for the lock; in a root
				   * one for each of the others */
	u32 degree;               /* vmas whose own it is, child anon_vmas; a root counts itself */
	u32 num_active_vmas;      /* of degree, the vmas; 4.0 has no such field */
	struct anon_vma *parent;
	struct rb_root rb_root;   /* of anon_vma_chains, by the pages their vmas cover */
};
#define I386_ANON_VMA_SIZE 44u

struct anon_vma_chain {
	struct vm_area_struct *vma;
	struct anon_vma *anon_vma;
	struct list_head same_vma;  /* in vma->anon_vma_chain: the newest first, the root last */
	struct rb_node rb;          /* in anon_vma->rb_root */
	u32 rb_subtree_last;
};
#define I386_ANON_VMA_CHAIN_SIZE 32u

extern const struct interval_tree anon_vma_interval_tree;

#define avc_of_rb(node) container_of(node, struct anon_vma_chain, rb)
#define avc_of_vma(pos) list_entry(pos, struct anon_vma_chain, same_vma)

/* The links of anon_vma whose vmas cover a page of [first, last]. Root lock held. */
#define anon_vma_interval_tree_foreach(node, anon_vma, first, last) \
	for ((node) = interval_tree_iter_first(&anon_vma_interval_tree, &(anon_vma)->rb_root, \
					       first, last); \
	     (node); \
	     (node) = interval_tree_iter_next(&anon_vma_interval_tree, node, first, last))

bool anon_vma_chain_init(void); /* the two caches; false: no memory */

/*
 * vma is about to have its first anonymous page; mmap_sem held, no spinlock, sleeps. 0 or -ENOMEM.
 */
int anon_vma_prepare_2015(struct vm_area_struct *vma, u32 gfp_mask);
/* Link dst to everything src is linked to, in the same order. dst->anon_vma is src's (a split, a
 * move), or NULL (fork): then an anon_vma that is out of use may become dst's own. 0, or -ENOMEM
 * and dst has nothing. */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src);
/* vma is a child's copy of pvma: links to all the parent has, and an anon_vma of its own for the
 * pages to come. 0, or -ENOMEM and nothing. */
int anon_vma_fork_2015(struct vm_area_struct *vma, struct vm_area_struct *pvma);
/* vma goes away: unlink it, and free every anon_vma that has nobody left. Sleeps. */
void unlink_anon_vmas(struct vm_area_struct *vma);
/* The borders of vma change in between: it leaves the trees, and comes back. Root lock held. */
void anon_vma_interval_tree_pre_update_vma(struct vm_area_struct *vma);
void anon_vma_interval_tree_post_update_vma(struct vm_area_struct *vma);

/* The last reference is gone: freed, and a root with it that only it had kept. */
void __put_anon_vma(struct anon_vma *anon_vma);
static inline void anon_vma_lock_write(struct anon_vma *anon_vma)
{
	down_write(&anon_vma->root->rwsem);
}
static inline void anon_vma_unlock_write(struct anon_vma *anon_vma)
{
	up_write(&anon_vma->root->rwsem);
}
static inline void anon_vma_lock_read(struct anon_vma *anon_vma)
{
	down_read(&anon_vma->root->rwsem);
}
static inline void anon_vma_unlock_read(struct anon_vma *anon_vma)
{
	up_read(&anon_vma->root->rwsem);
}

/* -- inspection: anon_vma_chain_look.c -------------------------------------------------------- */

u32 anon_vma_chain_walk(const struct machine *m, const struct page *page, struct mapping *out,
			u32 max);
u32 anon_vma_chain_trail(const struct machine *m, const struct page *page, struct rmap_step *out,
			 u32 max);
bool anon_vma_chain_check(const struct machine *m, const struct page *page,
			  struct rmap_flaw *flaw);
bool anon_vma_chain_check_all(const struct machine *m, u32 in_flight, struct rmap_flaw *flaw);

#endif
