/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmas of a file in a priority search tree, 2.6.7 to 3.6. Vmas that map exactly the same pages
 * (libc in a hundred processes) share one node of it:
 *
 *	       A                     A, L, R: nodes of the tree; parent is set
 *	     /   \    head
 *	    L     R <======> H       H: the first of those that are like R; head leads back to R,
 *	                     |       so R does not need to know the list
 *	                     I       list
 *	                     |
 *	                     J
 *
 *	parent   head     the vma is
 *	set      NULL     a node, and nobody maps the same pages
 *	set      H        a node, with others
 *	NULL     R        the first of the others: head of their list
 *	NULL     NULL     one of the list, or of i_mmap_nonlinear
 *
 * When R goes away H takes its place in the tree. The vmas belong to different mms, and nobody but
 * the lock of the mapping holds them together: that is why these fields say it, and not vm_flags.
 *
 * A vma with VM_NONLINEAR maps pages in any order: no tree helps to find them, and such vmas are on
 * a plain list.
 *
 * Source: 2.6.9 mm/prio_tree.c, mm/mmap.c.
 */
#include "mm/pagemap.h"
#include "mm/vm.h"

static struct vm_area_struct *vma_of(struct prio_tree_node *node)
{
	return node ? container_of(node, struct vm_area_struct, vm_set.node) : NULL;
}

static bool is_tree_node(const struct vm_area_struct *vma)
{
	return vma->vm_set.node.parent;
}

static struct vm_area_struct *list_vma(struct list_head *entry)
{
	return list_entry(entry, struct vm_area_struct, vm_set.list);
}

/* -- vm_set ---------------------------------------------------------------------------------- */

void vma_prio_tree_add(struct vm_area_struct *vma, struct vm_area_struct *old)
{
	FN;

	BUG_ON(prio_tree_radix_index(&vma->vm_set.node) !=
	       prio_tree_radix_index(&old->vm_set.node));
	BUG_ON(prio_tree_heap_index(&vma->vm_set.node) != prio_tree_heap_index(&old->vm_set.node));

	vma->vm_set.head = NULL;
	vma->vm_set.node.parent = NULL;
	if (!is_tree_node(old)) {
		list_add(&vma->vm_set.list, &old->vm_set.list);
	} else if (old->vm_set.head) {
		list_add_tail(&vma->vm_set.list, &old->vm_set.head->vm_set.list);
	} else {
		INIT_LIST_HEAD(&vma->vm_set.list);
		vma->vm_set.head = old;
		old->vm_set.head = vma;
	}
}

void vma_prio_tree_insert(struct vm_area_struct *vma, struct prio_tree_root *root)
{
	FN;
	struct prio_tree_node *node;

	vma->vm_set.head = NULL;
	INIT_LIST_HEAD(&vma->vm_set.list);
	node = prio_tree_insert(root, &vma->vm_set.node);
	if (node != &vma->vm_set.node)
		vma_prio_tree_add(vma, vma_of(node));
}

/* head is the first of a list; the second becomes the first, of those that are like node. */
static void pass_on_head(struct vm_area_struct *node, struct vm_area_struct *head)
{
	struct vm_area_struct *second = NULL;

	if (!list_empty(&head->vm_set.list)) {
		second = list_vma(list_next(&head->vm_set.list));
		list_del(&head->vm_set.list);
		second->vm_set.head = node;
	}
	node->vm_set.head = second;
}

void vma_prio_tree_remove(struct vm_area_struct *vma, struct prio_tree_root *root)
{
	FN;
	struct vm_area_struct *other = vma->vm_set.head;

	BUG_ON(other && other->vm_set.head != vma);
	if (!other && !is_tree_node(vma)) {
		list_del(&vma->vm_set.list);
	} else if (!other) {
		prio_tree_remove(root, &vma->vm_set.node);
	} else if (is_tree_node(vma)) {
		/* The second of the list comes to know other, which is the node from now on. */
		pass_on_head(other, other);
		prio_tree_replace(root, &vma->vm_set.node, &other->vm_set.node);
	} else {
		pass_on_head(other, vma);
	}
	vma->vm_set.head = NULL;
	vma->vm_set.node.parent = NULL;
}

struct vm_area_struct *vma_prio_tree_next(struct vm_area_struct *vma, struct prio_tree_iter *iter)
{
	struct vm_area_struct *next;

	if (!vma)
		return vma_of(prio_tree_first(iter));
	if (is_tree_node(vma)) {
		if (vma->vm_set.head)
			return vma->vm_set.head;
	} else {
		/* The list is a ring: it is through when it is back at its head. */
		next = list_vma(list_next(&vma->vm_set.list));
		if (!next->vm_set.head)
			return next;
	}
	return vma_of(prio_tree_next(iter));
}

/* -- i_mmap ---------------------------------------------------------------------------------- */

static void tree_init(struct address_space *mapping)
{
	INIT_PRIO_TREE_ROOT(&mapping->i_mmap_tree);
	spin_lock_init(&mapping->i_shared_lock, LC_I_SHARED_LOCK,
		       mapping->host ? mapping->host->i_ino : 0);
}

static void tree_lock(struct address_space *mapping)
{
	spin_lock(&mapping->i_shared_lock);
}

static bool tree_trylock(struct address_space *mapping)
{
	return spin_trylock(&mapping->i_shared_lock);
}

static void tree_unlock(struct address_space *mapping)
{
	spin_unlock(&mapping->i_shared_lock);
}

/* beside may itself be nonlinear: then it is on the list, and add puts vma there too. */
static void tree_insert(struct address_space *mapping, struct vm_area_struct *vma,
			struct vm_area_struct *beside)
{
	if (beside) {
		vma_prio_tree_add(vma, beside);
	} else if (vma->vm_flags & VM_NONLINEAR) {
		vma->vm_set.head = NULL;
		vma->vm_set.node.parent = NULL;
		list_add_tail(&vma->vm_set.list, &mapping->i_mmap_nonlinear);
	} else {
		vma_prio_tree_insert(vma, &mapping->i_mmap_tree);
	}
}

static void tree_remove(struct address_space *mapping, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_NONLINEAR)
		list_del(&vma->vm_set.list);
	else
		vma_prio_tree_remove(vma, &mapping->i_mmap_tree);
}

static struct vm_area_struct *tree_first(struct i_mmap_iter *iter)
{
	iter->prio = (struct prio_tree_iter){
		.root = &iter->mapping->i_mmap_tree,
		.r_index = iter->first,
		.h_index = iter->last,
	};
	iter->vma = vma_prio_tree_next(NULL, &iter->prio);
	return iter->vma;
}

static struct vm_area_struct *tree_next(struct i_mmap_iter *iter)
{
	iter->vma = vma_prio_tree_next(iter->vma, &iter->prio);
	return iter->vma;
}

static bool tree_empty(const struct address_space *mapping)
{
	return prio_tree_empty(&mapping->i_mmap_tree) && list_empty(&mapping->i_mmap_nonlinear);
}

const struct i_mmap_ops i_mmap_prio_tree = {
	.name = "prio_tree",
	.init = tree_init,
	.lock = tree_lock,
	.trylock = tree_trylock,
	.unlock = tree_unlock,
	.insert = tree_insert,
	.remove = tree_remove,
	.first = tree_first,
	.next = tree_next,
	.empty = tree_empty,
};
