/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A radix priority search tree of intervals: the vmas of a file by the pages they cover, from
 * 2.6.7 to 3.6. Source: 2.6.9 mm/prio_tree.c, include/linux/prio_tree.h.
 */
#ifndef MM_PRIO_TREE_H
#define MM_PRIO_TREE_H

#include "sim/types.h"

struct vm_area_struct;

/* No child: the pointer leads back to the node itself; so does the parent of the top. */
struct prio_tree_node {
	struct prio_tree_node *left, *right;
	struct prio_tree_node *parent; /* NULL: no node of a tree */
};

struct prio_tree_root {
	struct prio_tree_node *prio_tree_node; /* the top; NULL: empty */
	u16 index_bits; /* the tree has room for pages below 2^index_bits; 1 .. 32 */
};

/* Where a search for [r_index, h_index] is. A search ends when the tree changes. */
struct prio_tree_iter {
	struct prio_tree_root *root;
	u32 r_index, h_index;       /* first and last page wanted */
	struct prio_tree_node *cur;
	u32 mask;                   /* the bit that the children of cur differ in */
	u32 value;                  /* the radix bits that every node below cur has */
	u32 size_level;             /* 0: mask is one of the radix index, else of the size */
};

#define INIT_PRIO_TREE_ROOT(root) \
	(*(root) = (struct prio_tree_root){ .prio_tree_node = NULL, .index_bits = 1 })

static inline bool prio_tree_empty(const struct prio_tree_root *root)
{
	return !root->prio_tree_node;
}

static inline bool prio_tree_root(const struct prio_tree_node *node)
{
	return node->parent == node;
}

static inline bool prio_tree_left_empty(const struct prio_tree_node *node)
{
	return node->left == node;
}

static inline bool prio_tree_right_empty(const struct prio_tree_node *node)
{
	return node->right == node;
}

/* The interval of a node's vma: first and last page. */
u32 prio_tree_radix_index(const struct prio_tree_node *node);
u32 prio_tree_heap_index(const struct prio_tree_node *node);

/* mm/prio_tree.c. The lock of the tree is held. insert returns the node that has this very interval
 * already, and then has done nothing, or the new node. */
struct prio_tree_node *prio_tree_insert(struct prio_tree_root *root, struct prio_tree_node *node);
void prio_tree_remove(struct prio_tree_root *root, struct prio_tree_node *node);
/* node, which is in no tree, takes the place of old. */
void prio_tree_replace(struct prio_tree_root *root, struct prio_tree_node *old,
		       struct prio_tree_node *node);
/* The nodes that overlap [r_index, h_index], parents before children; NULL: no more. */
struct prio_tree_node *prio_tree_first(struct prio_tree_iter *iter);
struct prio_tree_node *prio_tree_next(struct prio_tree_iter *iter);

/* mm/i_mmap_prio_tree.c. add: vma maps the same pages as old, which is in the tree or, nonlinear,
 * on a list. remove needs the borders that vma had at insert. next: vma is NULL for the first. */
void vma_prio_tree_add(struct vm_area_struct *vma, struct vm_area_struct *old);
void vma_prio_tree_insert(struct vm_area_struct *vma, struct prio_tree_root *root);
void vma_prio_tree_remove(struct vm_area_struct *vma, struct prio_tree_root *root);
struct vm_area_struct *vma_prio_tree_next(struct vm_area_struct *vma,
					  struct prio_tree_iter *iter);

#endif
