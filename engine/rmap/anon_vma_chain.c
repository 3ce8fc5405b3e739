/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * anon_vmas and their links: how they come about, and go. The drawing is in anon_vma_chain.h.
 *
 *	first page   anon_vma_prepare   a neighbour's anon_vma, or a new root
 *	fork         anon_vma_fork      links to all of the parent's, and one of its own
 *	split, move  anon_vma_clone     links to all of the other's, and the same own
 *	merge        unlink_anon_vmas   the one that vanishes
 *	munmap       unlink_anon_vmas
 *
 * A process that forks and dies, whose child forks and dies, and so on, would make the chain one
 * longer in each generation. So degree counts what an anon_vma is good for: vmas whose own it is,
 * and children. One that has no vma any more and a single child is taken over by the next fork that
 * meets it. Then every anon_vma has a vma or two children, and there are at most twice as many of
 * them as vmas. (7a3ef208e662, Konstantin Khlebnikov, 3.19.)
 *
 * A vma that takes one over is no child of its parent's own. So a degree of one may be a vma, and
 * 4.0 has it taken over again while that vma lives. Then two neighbours may have one own anon_vma
 * and different chains, and when they merge, those links are lost that only the one had: pages
 * that no rmap finds, later an anon_vma that is freed under them. Jann Horn found it in 2022
 * (2555283eb40d, CVE-2022-42703): the erratum reused-twice. Without it the vmas count.
 *
 * The lock of all of a family is the rwsem of its root. It is taken once for a whole chain, and
 * memory is asked for under it only without waiting.
 *
 * Source: 4.0 mm/rmap.c.
 */
#include "rmap/anon_vma_chain.h"
#include "mm/vm.h"

#include <errno.h>

#define ERRATUM_REUSED_TWICE 0 /* in the order of the row, kernels/4.0.c */
#define GFP_NOWAIT 0u /* no reserves, no waiting */

/* -- caches ------------------------------------------------------------------------------------ */

static void anon_vma_ctor(void *object)
{
	struct anon_vma *anon_vma = object;

	init_rwsem(&anon_vma->rwsem, LC_ANON_VMA_SEM, heap_id(current->machine, object));
	atomic_set(&anon_vma->refcount, 0);
	anon_vma->rb_root = (struct rb_root){ NULL };
}

bool anon_vma_chain_init(void)
{
	VM->anon_vma_cachep = kmem_cache_create_ctor("anon_vma", I386_ANON_VMA_SIZE,
						     sizeof(struct anon_vma), SLAB_DESTROY_BY_RCU,
						     anon_vma_ctor);
	VM->anon_vma_chain_cachep = kmem_cache_create("anon_vma_chain", I386_ANON_VMA_CHAIN_SIZE,
						      sizeof(struct anon_vma_chain));
	return VM->anon_vma_cachep && VM->anon_vma_chain_cachep;
}

/* A root until somebody says otherwise. The reference is that of its first vma. */
static struct anon_vma *anon_vma_alloc(u32 gfp_mask)
{
	struct anon_vma *anon_vma = kmem_cache_alloc(VM->anon_vma_cachep, gfp_mask);

	if (anon_vma) {
		atomic_set(&anon_vma->refcount, 1);
		anon_vma->degree = 1;
		anon_vma->num_active_vmas = 0;
		anon_vma->parent = anon_vma;
		anon_vma->root = anon_vma;
	}
	return anon_vma;
}

/*
 * page_lock_anon_vma_read gets the lock first and looks at the page then: if it has the lock, it
 * must be gone before this memory is another anon_vma, whose owner would find its lock taken.
 */
static void anon_vma_free(struct anon_vma *anon_vma)
{
	BUG_ON(atomic_read(&anon_vma->refcount));
	if (anon_vma->root->rwsem.count) {
		anon_vma_lock_write(anon_vma);
		anon_vma_unlock_write(anon_vma);
	}
	kmem_cache_free(VM->anon_vma_cachep, anon_vma);
}

void __put_anon_vma(struct anon_vma *anon_vma)
{
	struct anon_vma *root = anon_vma->root;

	anon_vma_free(anon_vma);
	if (root != anon_vma && atomic_dec_and_test(&root->refcount))
		anon_vma_free(root);
}

static void get_anon_vma(struct anon_vma *anon_vma)
{
	atomic_inc(&anon_vma->refcount);
}

static void put_anon_vma(struct anon_vma *anon_vma)
{
	if (atomic_dec_and_test(&anon_vma->refcount))
		__put_anon_vma(anon_vma);
}

static struct anon_vma_chain *anon_vma_chain_alloc(u32 gfp_mask)
{
	return kmem_cache_alloc(VM->anon_vma_chain_cachep, gfp_mask);
}

static void anon_vma_chain_free(struct anon_vma_chain *avc)
{
	kmem_cache_free(VM->anon_vma_chain_cachep, avc);
}

/* -- the interval tree of an anon_vma ---------------------------------------------------------- */

static u32 avc_start_pgoff(const struct rb_node *node)
{
	return avc_of_rb(node)->vma->vm_pgoff;
}

static u32 avc_last_pgoff(const struct rb_node *node)
{
	const struct vm_area_struct *vma = avc_of_rb(node)->vma;

	return vma->vm_pgoff + ((vma->vm_end - vma->vm_start) >> PAGE_SHIFT) - 1;
}

static u32 *avc_subtree_last(struct rb_node *node)
{
	return &avc_of_rb(node)->rb_subtree_last;
}

static void avc_update(struct rb_node *node)
{
	interval_tree_update(&anon_vma_interval_tree, node);
}

const struct interval_tree anon_vma_interval_tree = {
	.start = avc_start_pgoff,
	.last = avc_last_pgoff,
	.subtree_last = avc_subtree_last,
	.update = avc_update,
};

static void anon_vma_interval_tree_insert(struct anon_vma_chain *avc)
{
	interval_tree_insert(&anon_vma_interval_tree, &avc->anon_vma->rb_root, &avc->rb);
}

static void anon_vma_interval_tree_remove(struct anon_vma_chain *avc)
{
	interval_tree_remove(&anon_vma_interval_tree, &avc->anon_vma->rb_root, &avc->rb);
}

void anon_vma_interval_tree_pre_update_vma(struct vm_area_struct *vma)
{
	struct list_head *pos;

	list_for_each(pos, &vma->anon_vma_chain)
		anon_vma_interval_tree_remove(avc_of_vma(pos));
}

void anon_vma_interval_tree_post_update_vma(struct vm_area_struct *vma)
{
	struct list_head *pos;

	list_for_each(pos, &vma->anon_vma_chain)
		anon_vma_interval_tree_insert(avc_of_vma(pos));
}

static void anon_vma_chain_link(struct vm_area_struct *vma, struct anon_vma_chain *avc,
				struct anon_vma *anon_vma)
{
	avc->vma = vma;
	avc->anon_vma = anon_vma;
	list_add(&avc->same_vma, &vma->anon_vma_chain);
	anon_vma_interval_tree_insert(avc);
	EV(ANON_VMA_LINK, vma->vm_mm->pid, vma->vm_start, vma->vm_end);
}

/* -- the first anonymous page ----------------------------------------------------------------- */

/* Under the locks: is it still wanted? Then both are used. */
static bool adopt(struct vm_area_struct *vma, struct anon_vma_chain *avc,
		  struct anon_vma *anon_vma)
{
	bool wanted;

	anon_vma_lock_write(anon_vma);
	/* page_table_lock: against threads of the same mm */
	spin_lock(&vma->vm_mm->page_table_lock);
	wanted = !vma->anon_vma;
	if (likely(wanted)) {
		vma->anon_vma = anon_vma;
		anon_vma_chain_link(vma, avc, anon_vma);
		anon_vma->degree++; /* this vma; of a new root, itself was counted before */
		anon_vma->num_active_vmas++;
	}
	spin_unlock(&vma->vm_mm->page_table_lock);
	anon_vma_unlock_write(anon_vma);
	return wanted;
}

int anon_vma_prepare_2015(struct vm_area_struct *vma, u32 gfp_mask)
{
	FN_AS("anon_vma_prepare");
	struct anon_vma *anon_vma, *allocated = NULL;
	struct anon_vma_chain *avc;

	if (likely(vma->anon_vma))
		return 0;
	avc = anon_vma_chain_alloc(gfp_mask);
	if (!avc)
		return -ENOMEM;
	anon_vma = find_mergeable_anon_vma(vma);
	if (!anon_vma)
		anon_vma = allocated = anon_vma_alloc(gfp_mask);
	if (!anon_vma) {
		anon_vma_chain_free(avc);
		return -ENOMEM;
	}
	if (adopt(vma, avc, anon_vma)) {
		EV(ANON_VMA_NEW, vma->vm_mm->pid, vma->vm_start, vma->vm_end, !allocated);
		return 0;
	}
	if (allocated)
		put_anon_vma(allocated);
	anon_vma_chain_free(avc);
	return 0;
}

/* -- one lock for a chain --------------------------------------------------------------------- */

/* A chain lies within one family: the lock is taken at its first link. */
static struct anon_vma *lock_anon_vma_root(struct anon_vma *root, struct anon_vma *anon_vma)
{
	struct anon_vma *new_root = anon_vma->root;

	if (new_root == root)
		return root;
	BUG_ON(root); /* a warning, in the kernel */
	down_write(&new_root->rwsem);
	return new_root;
}

static void unlock_anon_vma_root(struct anon_vma *root)
{
	if (root)
		up_write(&root->rwsem);
}

/* -- clone and fork --------------------------------------------------------------------------- */

/* A link, if need be after letting go of the lock to wait for memory. */
static struct anon_vma_chain *alloc_link(struct anon_vma **root)
{
	struct anon_vma_chain *avc = anon_vma_chain_alloc(GFP_NOWAIT);

	if (avc)
		return avc;
	unlock_anon_vma_root(*root);
	*root = NULL;
	return anon_vma_chain_alloc(GFP_KERNEL);
}

/*
 * No vma and one child at the most: out of use, and the next own one of dst. Not the parent's own,
 * which every first child would take; and never a root, which counts itself and has a child.
 */
static bool may_be_reused(const struct anon_vma *anon_vma, const struct vm_area_struct *dst,
			  const struct vm_area_struct *src)
{
	return !dst->anon_vma && anon_vma != src->anon_vma && anon_vma->degree < 2 &&
	       (!anon_vma->num_active_vmas || erratum(ERRATUM_REUSED_TWICE));
}

/* From the oldest to the newest, as list_add turns them round again. */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	FN;
	struct anon_vma *root = NULL;
	struct list_head *pos;

	list_for_each_prev(pos, &src->anon_vma_chain) {
		struct anon_vma *anon_vma = avc_of_vma(pos)->anon_vma;
		struct anon_vma_chain *avc = alloc_link(&root);

		if (!avc) {
			/* or unlink_anon_vmas would lower a degree that was not raised */
			dst->anon_vma = NULL;
			unlink_anon_vmas(dst);
			return -ENOMEM;
		}
		root = lock_anon_vma_root(root, anon_vma);
		anon_vma_chain_link(dst, avc, anon_vma);
		if (may_be_reused(anon_vma, dst, src))
			dst->anon_vma = anon_vma;
	}
	if (dst->anon_vma) {
		dst->anon_vma->degree++;
		dst->anon_vma->num_active_vmas++;
	}
	unlock_anon_vma_root(root);
	return 0;
}

/* A new child of the parent's anon_vma. 0 or -ENOMEM. */
static int add_own_anon_vma(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	struct anon_vma *anon_vma = anon_vma_alloc(GFP_KERNEL);
	struct anon_vma_chain *avc;

	if (!anon_vma)
		return -ENOMEM;
	avc = anon_vma_chain_alloc(GFP_KERNEL);
	if (!avc) {
		put_anon_vma(anon_vma);
		return -ENOMEM;
	}
	/* The root must outlive its family: its lock is everybody's. */
	anon_vma->root = pvma->anon_vma->root;
	anon_vma->parent = pvma->anon_vma;
	get_anon_vma(anon_vma->root);
	vma->anon_vma = anon_vma;
	anon_vma->num_active_vmas = 1;
	anon_vma_lock_write(anon_vma);
	anon_vma_chain_link(vma, avc, anon_vma);
	anon_vma->parent->degree++;
	anon_vma_unlock_write(anon_vma);
	return 0;
}

int anon_vma_fork_2015(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	FN_AS("anon_vma_fork");

	INIT_LIST_HEAD(&vma->anon_vma_chain);
	if (!pvma->anon_vma)
		return 0;
	vma->anon_vma = NULL;
	/* First all of the parent's, so that pages from before the fork are found. */
	if (anon_vma_clone(vma, pvma))
		return -ENOMEM;
	if (vma->anon_vma)
		return 0;
	if (add_own_anon_vma(vma, pvma)) {
		unlink_anon_vmas(vma);
		return -ENOMEM;
	}
	return 0;
}

/* -- the end ---------------------------------------------------------------------------------- */

/* Out of all trees; what is left on the chain are links to anon_vmas that have nobody any more. */
static void unlink_all(struct vm_area_struct *vma)
{
	struct list_head *pos, *next;
	struct anon_vma *root = NULL;

	for (pos = list_next(&vma->anon_vma_chain); pos != &vma->anon_vma_chain; pos = next) {
		struct anon_vma_chain *avc = avc_of_vma(pos);
		struct anon_vma *anon_vma = avc->anon_vma;

		next = list_next(pos);
		root = lock_anon_vma_root(root, anon_vma);
		anon_vma_interval_tree_remove(avc);
		if (!anon_vma->rb_root.rb_node) {
			anon_vma->parent->degree--;
			continue;
		}
		list_del(pos);
		anon_vma_chain_free(avc);
	}
	if (vma->anon_vma) {
		vma->anon_vma->degree--;
		vma->anon_vma->num_active_vmas--;
	}
	unlock_anon_vma_root(root);
}

/* The newest is first, so a root is freed last. It cannot be done above: freeing takes the lock. */
void unlink_anon_vmas(struct vm_area_struct *vma)
{
	FN;
	struct list_head *pos;
	bool freed = !list_empty(&vma->anon_vma_chain);

	unlink_all(vma);
	while (!list_empty(&vma->anon_vma_chain)) {
		struct anon_vma_chain *avc;

		pos = list_next(&vma->anon_vma_chain);
		avc = avc_of_vma(pos);
		BUG_ON(avc->anon_vma->degree);
		put_anon_vma(avc->anon_vma);
		list_del(pos);
		anon_vma_chain_free(avc);
	}
	if (freed)
		EV(ANON_VMA_UNLINK, vma->vm_mm->pid, vma->vm_start, vma->vm_end, 0);
}
