/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The radix priority search tree (E. M. McCreight, SIAM Journal on Computing 14, 1985): a heap by
 * the last page of an interval and, at the same time, a radix tree by the first.
 *
 *	                  [2,7]            heap: no node ends behind its parent
 *	           0..  /       \  1..     radix, index_bits 3: bit 2 of the first page says left or
 *	          [1,5]           [4,6]    right of the top, bit 1 on the next level, then bit 0,
 *	     00. /     \ 01.               and then the bits of the length
 *	    [0,3]       [3,3]
 *
 * Who covers page 4? Not what is below [0,3] or [3,3]: they end before it, and everything below
 * them too. Not what is right of a node whose right half begins behind it. What is left are the
 * answers, and one path to them: O(log n + answers).
 *
 * Insert walks down: where the newcomer ends later than who is there, the two change places. Remove
 * walks to a leaf along the children that end last, and lifts each of them one level. A page number
 * that needs more bits makes the tree higher at the top (expand): every level more is a node whose
 * right half is empty, and such nodes are taken from the top of the old tree.
 *
 * Source: 2.6.9 mm/prio_tree.c.
 */
#include "mm/mm.h"
#include "mm/prio_tree.h"

static const struct vm_area_struct *vma_of(const struct prio_tree_node *node)
{
	return container_of(node, struct vm_area_struct, vm_set.node);
}

u32 prio_tree_radix_index(const struct prio_tree_node *node)
{
	return vma_of(node)->vm_pgoff;
}

u32 prio_tree_heap_index(const struct prio_tree_node *node)
{
	const struct vm_area_struct *vma = vma_of(node);

	return vma->vm_pgoff + (((vma->vm_end - vma->vm_start) >> PAGE_SHIFT) - 1);
}

/* The last page that a tree of so many bits has room for. */
static u32 prio_tree_maxindex(u32 bits)
{
	return UINT32_MAX >> (32 - bits);
}

static u32 top_bit(const struct prio_tree_root *root)
{
	return 1u << (root->index_bits - 1);
}

static void init_node(struct prio_tree_node *node)
{
	node->left = node->right = node->parent = node;
}

static void set_left(struct prio_tree_node *parent, struct prio_tree_node *child)
{
	parent->left = child;
	child->parent = parent;
}

static void set_right(struct prio_tree_node *parent, struct prio_tree_node *child)
{
	parent->right = child;
	child->parent = parent;
}

/* -- insert ---------------------------------------------------------------------------------- */

/* node becomes the top of a tree that has room for max_heap_index. The first new level is its own;
 * each further one takes a node off the top of the old tree. */
static void prio_tree_expand(struct prio_tree_root *root, struct prio_tree_node *node,
			     u32 max_heap_index)
{
	struct prio_tree_node *last = node, *top;

	init_node(node);
	if (max_heap_index > prio_tree_maxindex(root->index_bits))
		root->index_bits++;
	while (max_heap_index > prio_tree_maxindex(root->index_bits)) {
		root->index_bits++;
		if (prio_tree_empty(root))
			continue;
		top = root->prio_tree_node;
		prio_tree_remove(root, top); /* the last one leaves index_bits at 1 */
		init_node(top);
		set_left(last, top);
		last = top;
	}
	if (!prio_tree_empty(root))
		set_left(last, root->prio_tree_node);
	root->prio_tree_node = node;
}

void prio_tree_replace(struct prio_tree_root *root, struct prio_tree_node *old,
		       struct prio_tree_node *node)
{
	init_node(node);
	if (prio_tree_root(old)) {
		BUG_ON(root->prio_tree_node != old);
		root->prio_tree_node = node;
	} else if (old->parent->left == old) {
		set_left(old->parent, node);
	} else {
		set_right(old->parent, node);
	}
	if (!prio_tree_left_empty(old))
		set_left(node, old->left);
	if (!prio_tree_right_empty(old))
		set_right(node, old->right);
}

/* Should who is at cur make room for node? The later end is above; of equal ends the earlier begin.
 * */
static bool belongs_above(const struct prio_tree_node *node, const struct prio_tree_node *cur)
{
	u32 heap = prio_tree_heap_index(node), h = prio_tree_heap_index(cur);

	return h < heap ||
	       (h == heap && prio_tree_radix_index(cur) > prio_tree_radix_index(node));
}

static bool same_interval(const struct prio_tree_node *a, const struct prio_tree_node *b)
{
	return prio_tree_radix_index(a) == prio_tree_radix_index(b) &&
	       prio_tree_heap_index(a) == prio_tree_heap_index(b);
}

/* One level down from cur, for node: the child there, or NULL, and node is that child now. */
static struct prio_tree_node *descend(struct prio_tree_node *cur, struct prio_tree_node *node,
				      bool right)
{
	if (right ? !prio_tree_right_empty(cur) : !prio_tree_left_empty(cur))
		return right ? cur->right : cur->left;
	init_node(node);
	if (right)
		set_right(cur, node);
	else
		set_left(cur, node);
	return NULL;
}

struct prio_tree_node *prio_tree_insert(struct prio_tree_root *root, struct prio_tree_node *node)
{
	struct prio_tree_node *cur = root->prio_tree_node, *const new = node;
	bool by_size = false;
	u32 mask, index;

	if (!cur || prio_tree_heap_index(node) > prio_tree_maxindex(root->index_bits)) {
		prio_tree_expand(root, node, prio_tree_heap_index(node));
		return node;
	}
	mask = top_bit(root);
	while (mask) {
		if (same_interval(cur, node))
			return cur;
		if (belongs_above(node, cur)) {
			struct prio_tree_node *displaced = cur;

			prio_tree_replace(root, cur, node);
			cur = node;
			node = displaced;
		}
		index = prio_tree_radix_index(node);
		if (by_size)
			index = prio_tree_heap_index(node) - index;
		cur = descend(cur, node, index & mask);
		if (!cur)
			return new;
		mask >>= 1;
		if (!mask) {
			mask = top_bit(root);
			by_size = true;
		}
	}
	BUG_TEXT("two intervals differ in no bit");
}

/* -- remove ---------------------------------------------------------------------------------- */

/* The child that ends last; NULL: node is a leaf. */
static struct prio_tree_node *larger_child(struct prio_tree_node *node)
{
	if (prio_tree_left_empty(node))
		return prio_tree_right_empty(node) ? NULL : node->right;
	if (prio_tree_right_empty(node))
		return node->left;
	return prio_tree_heap_index(node->left) >= prio_tree_heap_index(node->right) ?
		       node->left :
		       node->right;
}

void prio_tree_remove(struct prio_tree_root *root, struct prio_tree_node *node)
{
	struct prio_tree_node *cur = node, *child;

	while ((child = larger_child(cur)))
		cur = child;
	if (prio_tree_root(cur)) {
		BUG_ON(root->prio_tree_node != cur);
		INIT_PRIO_TREE_ROOT(root);
		return;
	}
	if (cur->parent->right == cur)
		cur->parent->right = cur->parent;
	else
		cur->parent->left = cur->parent;
	while (cur != node) {
		struct prio_tree_node *parent = cur->parent;

		prio_tree_replace(root, parent, cur);
		cur = parent;
	}
}

/* -- search ---------------------------------------------------------------------------------- */

static bool overlap(const struct prio_tree_iter *iter, const struct prio_tree_node *node)
{
	return iter->h_index >= prio_tree_radix_index(node) &&
	       iter->r_index <= prio_tree_heap_index(node);
}

/* The bits of the radix index are used up, then those of the size: below that is nothing. */
static void next_mask(struct prio_tree_iter *iter)
{
	iter->mask >>= 1;
	if (iter->size_level)
		iter->size_level++;
	if (iter->mask)
		return;
	if (iter->size_level) {
		BUG_ON(!prio_tree_left_empty(iter->cur));
		BUG_ON(!prio_tree_right_empty(iter->cur));
		iter->mask = UINT32_MAX; /* remembers that it was shifted out */
	} else {
		iter->size_level = 1;
		iter->mask = top_bit(iter->root);
	}
}

static bool prio_tree_left(struct prio_tree_iter *iter)
{
	struct prio_tree_node *left = iter->cur->left;

	if (prio_tree_left_empty(iter->cur) || iter->r_index > prio_tree_heap_index(left))
		return false;
	iter->cur = left;
	next_mask(iter);
	return true;
}

/* Right of cur no interval begins before value. */
static bool prio_tree_right(struct prio_tree_iter *iter)
{
	struct prio_tree_node *right = iter->cur->right;
	u32 value = iter->size_level ? iter->value : iter->value | iter->mask;

	if (prio_tree_right_empty(iter->cur) || iter->h_index < value ||
	    iter->r_index > prio_tree_heap_index(right))
		return false;
	iter->cur = right;
	iter->value = value;
	next_mask(iter);
	return true;
}

static void prio_tree_parent(struct prio_tree_iter *iter)
{
	iter->cur = iter->cur->parent;
	if (iter->mask == UINT32_MAX || iter->size_level == 1)
		iter->mask = 1;
	else
		iter->mask <<= 1;
	if (iter->size_level)
		iter->size_level--;
	if (!iter->size_level && iter->value & iter->mask)
		iter->value ^= iter->mask;
}

struct prio_tree_node *prio_tree_first(struct prio_tree_iter *iter)
{
	struct prio_tree_node *top = iter->root->prio_tree_node;

	iter->cur = top;
	iter->value = iter->size_level = 0;
	if (!top || iter->r_index > prio_tree_heap_index(top))
		return NULL;
	iter->mask = top_bit(iter->root);
	do {
		if (overlap(iter, iter->cur))
			return iter->cur;
	} while (prio_tree_left(iter) || prio_tree_right(iter));
	return NULL;
}

/* Up until there is a right turn that was not taken yet. */
static bool next_right(struct prio_tree_iter *iter)
{
	while (!prio_tree_right(iter)) {
		while (!prio_tree_root(iter->cur) && iter->cur->parent->right == iter->cur)
			prio_tree_parent(iter);
		if (prio_tree_root(iter->cur))
			return false;
		prio_tree_parent(iter);
	}
	return true;
}

struct prio_tree_node *prio_tree_next(struct prio_tree_iter *iter)
{
	do {
		while (prio_tree_left(iter))
			if (overlap(iter, iter->cur))
				return iter->cur;
		if (!next_right(iter))
			return NULL;
	} while (!overlap(iter, iter->cur));
	return iter->cur;
}
