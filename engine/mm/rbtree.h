/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A red-black tree, the frame of 4.0's interval trees. Source: 4.0 include/linux/rbtree.h,
 * rbtree_augmented.h, lib/rbtree.c (there the colour shares a word with the parent).
 *
 * Nodes may be augmented: each carries something that follows from itself and its two children, for
 * instance the largest of the subtree. rb_update computes it anew for one node; the tree calls it
 * for every node whose children changed, children first.
 */
#ifndef MM_RBTREE_H
#define MM_RBTREE_H

#include "sim/types.h"

struct rb_node {
	struct rb_node *parent, *left, *right;
	bool red;
};

struct rb_root {
	struct rb_node *rb_node;
};

typedef void (*rb_update)(struct rb_node *node);

/* Hang node below parent (NULL: the tree is empty), where there is no child on that side, and
 * balance the tree. The order of the tree is the caller's. */
void rb_insert(struct rb_root *root, struct rb_node *node, struct rb_node *parent, bool left,
	       rb_update update);
/* node is in the tree. Its links are cleared. */
void rb_erase(struct rb_root *root, struct rb_node *node, rb_update update);
/* Update node and everything above it: what it is computed from changed. */
void rb_propagate(struct rb_node *node, rb_update update);
/* In order; NULL: there is none. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);

#endif
