/* SPDX-License-Identifier: GPL-2.0-only */
/* Interval trees; what they are is drawn in the header. */
#include "mm/interval_tree.h"

static u32 largest_of(const struct interval_tree *tree, struct rb_node *node)
{
	return *tree->subtree_last(node);
}

static u32 subtree_last(const struct interval_tree *tree, struct rb_node *node)
{
	u32 last = tree->last(node);

	if (node->left && largest_of(tree, node->left) > last)
		last = largest_of(tree, node->left);
	if (node->right && largest_of(tree, node->right) > last)
		last = largest_of(tree, node->right);
	return last;
}

void interval_tree_update(const struct interval_tree *tree, struct rb_node *node)
{
	*tree->subtree_last(node) = subtree_last(tree, node);
}

void interval_tree_insert(const struct interval_tree *tree, struct rb_root *root,
			  struct rb_node *node)
{
	struct rb_node *parent = NULL, *at = root->rb_node;
	u32 start = tree->start(node);
	bool left = false;

	while (at) {
		parent = at;
		left = start < tree->start(at);
		at = left ? at->left : at->right;
	}
	rb_insert(root, node, parent, left, tree->update);
}

void interval_tree_insert_after(const struct interval_tree *tree, struct rb_root *root,
				struct rb_node *node, struct rb_node *prev)
{
	struct rb_node *parent = prev, *at = prev->right;

	for (; at; at = at->left)
		parent = at;
	rb_insert(root, node, parent, parent != prev, tree->update);
}

void interval_tree_remove(const struct interval_tree *tree, struct rb_root *root,
			  struct rb_node *node)
{
	rb_erase(root, node, tree->update);
}

/* -- search ---------------------------------------------------------------------------------- */

static bool may_reach(const struct interval_tree *tree, struct rb_node *subtree, u32 first)
{
	return subtree && largest_of(tree, subtree) >= first;
}

/*
 * The first in order of a subtree that reaches first. If the left one reaches it, the answer is
 * there or nowhere: what reaches first there and begins behind last has everything to its right
 * begin behind last as well.
 */
static struct rb_node *subtree_search(const struct interval_tree *tree, struct rb_node *node,
				      u32 first, u32 last)
{
	for (;;) {
		if (may_reach(tree, node->left, first)) {
			node = node->left;
			continue;
		}
		if (tree->start(node) > last)
			return NULL;
		if (tree->last(node) >= first)
			return node;
		if (!may_reach(tree, node->right, first))
			return NULL;
		node = node->right;
	}
}

struct rb_node *interval_tree_iter_first(const struct interval_tree *tree,
					 const struct rb_root *root, u32 first, u32 last)
{
	if (!may_reach(tree, root->rb_node, first))
		return NULL;
	return subtree_search(tree, root->rb_node, first, last);
}

/* Up to the next node of which this was on the left; NULL: there is none. */
static struct rb_node *ancestor_to_the_right(const struct rb_node *node)
{
	struct rb_node *parent;

	while ((parent = node->parent) && parent->right == node)
		node = parent;
	return parent;
}

struct rb_node *interval_tree_iter_next(const struct interval_tree *tree, struct rb_node *node,
					u32 first, u32 last)
{
	for (;;) {
		if (may_reach(tree, node->right, first))
			return subtree_search(tree, node->right, first, last);
		node = ancestor_to_the_right(node);
		if (!node || tree->start(node) > last)
			return NULL;
		if (tree->last(node) >= first)
			return node;
	}
}

/* -- soundness ------------------------------------------------------------------------------- */

static bool links_sound(const struct rb_node *node)
{
	return (!node->left || node->left->parent == node) &&
	       (!node->right || node->right->parent == node);
}

static bool colours_sound(const struct rb_node *node)
{
	return !node->red || !((node->left && node->left->red) ||
			       (node->right && node->right->red));
}

/* Black nodes from a node with a gap below it up to the root. */
static u32 black_height(const struct rb_node *node)
{
	u32 n = 0;

	for (; node; node = node->parent)
		n += !node->red;
	return n;
}

bool interval_tree_sound(const struct interval_tree *tree, const struct rb_root *root)
{
	struct rb_node *node, *prev = NULL;
	u32 height = 0;

	if (root->rb_node && (root->rb_node->parent || root->rb_node->red))
		return false;
	for (node = rb_first(root); node; prev = node, node = rb_next(node)) {
		if (!links_sound(node) || !colours_sound(node) ||
		    largest_of(tree, node) != subtree_last(tree, node))
			return false;
		if (prev && tree->start(prev) > tree->start(node))
			return false;
		if (node->left && node->right)
			continue;
		if (height && black_height(node) != height)
			return false;
		height = black_height(node);
	}
	return true;
}
