/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A radix priority search tree of intervals: the vmas of a file by the pages they cover, from
 * 2.6.7 to 3.6. Source: 2.6.14 lib/prio_tree.c, mm/prio_tree.c, include/linux/prio_tree.h.
 */
#ifndef MM_PRIO_TREE_H
#define MM_PRIO_TREE_H

#include "sim/types.h"

struct prio_tree_node {
	struct prio_tree_node *left, *right, *parent; /* to itself: none */
};

struct prio_tree_root {
	struct prio_tree_node *prio_tree_node;
	u16 index_bits; /* the tree covers indices below 2^index_bits */
};

#endif
