/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A red-black tree, the frame of 4.0's interval trees. Source: 4.0 include/linux/rbtree.h,
 * rbtree_augmented.h, lib/rbtree.c.
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

#endif
