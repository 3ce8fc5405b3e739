/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interval trees: a red-black tree of intervals [start, last], ordered by start, in which each
 * node also knows the largest last of its subtree. Which intervals meet [first, last]? Whole
 * subtrees that end before first are skipped.
 *
 *	                [3, 9] 9
 *	               /        \
 *	        [1, 2] 2       [6, 7] 8     who meets [8, 8]: not the left subtree (its largest
 *	                            \       last is 2), [3, 9] and, below [6, 7], [7, 8]
 *	                          [7, 8] 8
 *
 * What an interval is says whoever keeps the tree: vmas by the pages of their file
 * (i_mmap_interval.c) or links to vmas by the same numbers (rmap/2015_anon_vma_chain.c).
 *
 * Source: 4.0 include/linux/interval_tree_generic.h (Michel Lespinasse, 3.7), which is a
 * template; here it is a table of three functions.
 */
#ifndef MM_INTERVAL_TREE_H
#define MM_INTERVAL_TREE_H

#include "mm/rbtree.h"

struct interval_tree {
	u32 (*start)(const struct rb_node *node);
	u32 (*last)(const struct rb_node *node);       /* included */
	u32 *(*subtree_last)(struct rb_node *node);    /* where the node keeps it */
	rb_update update;                              /* interval_tree_update with this table */
};

/* Those with the same start stay in the order in which they came. The interval of a node that is in
 * a tree does not change. */
void interval_tree_insert(const struct interval_tree *tree, struct rb_root *root,
			  struct rb_node *node);
void interval_tree_remove(const struct interval_tree *tree, struct rb_root *root,
			  struct rb_node *node);
/* Put node right behind one that has the same start. */
void interval_tree_insert_after(const struct interval_tree *tree, struct rb_root *root,
				struct rb_node *node, struct rb_node *prev);
/* Those that meet [first, last], in order; NULL: no more. */
struct rb_node *interval_tree_iter_first(const struct interval_tree *tree,
					 const struct rb_root *root, u32 first, u32 last);
struct rb_node *interval_tree_iter_next(const struct interval_tree *tree, struct rb_node *node,
					u32 first, u32 last);
/* For tree->update: the node's subtree_last from its own interval and its children's. */
void interval_tree_update(const struct interval_tree *tree, struct rb_node *node);
/* Is everything in order: starts, largest lasts, colours, parents? For the checker and tests. */
bool interval_tree_sound(const struct interval_tree *tree, const struct rb_root *root);

#endif
