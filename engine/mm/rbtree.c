/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Red-black trees. Every node is red or black, and
 *
 *	a red node has black children only;
 *	on each way from a node down to a gap there are equally many black nodes.
 *
 * So no way down is more than twice as long as another. A rotation keeps the order and turns one
 * edge round; everything below is a choice of rotations and colours:
 *
 *	      p                 c
 *	     / \    right      / \
 *	    c   z   ------>   x   p
 *	   / \      <------      / \
 *	  x   y      left       y   z
 *
 * Source: 4.0 lib/rbtree.c for what it does; the cases are those of any textbook.
 */
#include "mm/rbtree.h"

static bool is_red(const struct rb_node *node)
{
	return node && node->red;
}

static struct rb_node **child_of(struct rb_node *node, bool left)
{
	return left ? &node->left : &node->right;
}

/* new (perhaps NULL) takes the place of old below old's parent. */
static void replace_child(struct rb_root *root, const struct rb_node *old, struct rb_node *new)
{
	struct rb_node *parent = old->parent;

	if (!parent)
		root->rb_node = new;
	else
		*child_of(parent, parent->left == old) = new;
	if (new)
		new->parent = parent;
}

static void update_one(struct rb_node *node, rb_update update)
{
	if (update)
		update(node);
}

void rb_propagate(struct rb_node *node, rb_update update)
{
	for (; update && node; node = node->parent)
		update(node);
}

/* The child of p on the other side takes the place of p, and p goes down to this side. */
static void rotate(struct rb_root *root, struct rb_node *p, bool left, rb_update update)
{
	struct rb_node *c = *child_of(p, !left), *y = *child_of(c, left);

	replace_child(root, p, c);
	*child_of(c, left) = p;
	p->parent = c;
	*child_of(p, !left) = y;
	if (y)
		y->parent = p;
	update_one(p, update);
	update_one(c, update);
}

/* -- insertion ------------------------------------------------------------------------------- */

/*
 * node is red and so may be its parent. With a red uncle the trouble moves up two levels; with a
 * black one a rotation, or two when node is the inner grandchild, ends it.
 */
static void insert_fixup(struct rb_root *root, struct rb_node *node, rb_update update)
{
	struct rb_node *parent, *grand, *uncle;
	bool left;

	while ((parent = node->parent) && parent->red) {
		grand = parent->parent; /* a red node is not the root */
		left = grand->left == parent;
		uncle = *child_of(grand, !left);
		if (is_red(uncle)) {
			parent->red = uncle->red = false;
			grand->red = true;
			node = grand;
			continue;
		}
		if (*child_of(parent, !left) == node) {
			rotate(root, parent, left, update);
			parent = node;
		}
		parent->red = false;
		grand->red = true;
		rotate(root, grand, !left, update);
		break;
	}
	root->rb_node->red = false;
}

void rb_insert(struct rb_root *root, struct rb_node *node, struct rb_node *parent, bool left,
	       rb_update update)
{
	*node = (struct rb_node){ .parent = parent, .red = true };
	if (parent)
		*child_of(parent, left) = node;
	else
		root->rb_node = node;
	rb_propagate(node, update);
	insert_fixup(root, node, update);
}

/* -- erasure --------------------------------------------------------------------------------- */

/*
 * On the ways through the child of parent on this side (perhaps a gap) a black node is missing.
 * One step: a sibling with a red child can spare it; one without turns red, and the same is missing
 * one level up, unless parent was red and can make up for it. Returns where it is still missing,
 * NULL: nowhere.
 */
static struct rb_node *mend(struct rb_root *root, struct rb_node *parent, bool left,
			    rb_update update)
{
	struct rb_node *sibling = *child_of(parent, !left), *near, *far;

	if (sibling->red) {
		sibling->red = false;
		parent->red = true;
		rotate(root, parent, left, update);
		sibling = *child_of(parent, !left);
	}
	near = *child_of(sibling, left);
	far = *child_of(sibling, !left);
	if (!is_red(near) && !is_red(far)) {
		sibling->red = true;
		return parent;
	}
	if (!is_red(far)) {
		near->red = false;
		sibling->red = true;
		rotate(root, sibling, !left, update);
		far = sibling;
		sibling = near;
	}
	sibling->red = parent->red;
	parent->red = far->red = false;
	rotate(root, parent, left, update);
	return NULL;
}

/* The child of parent on the side left, with one black node too few below it. */
static void erase_fixup(struct rb_root *root, struct rb_node *parent, bool left, rb_update update)
{
	while (parent) {
		struct rb_node *short_one = mend(root, parent, left, update);

		if (!short_one)
			return;
		if (short_one->red || !short_one->parent) {
			short_one->red = false;
			return;
		}
		parent = short_one->parent;
		left = parent->left == short_one;
	}
}

/* A node with at most one child leaves; its child, which is red then, takes its place and
 * colour. */
static void erase_simple(struct rb_root *root, struct rb_node *node, rb_update update)
{
	struct rb_node *child = node->left ? node->left : node->right, *parent = node->parent;
	bool left = parent && parent->left == node;

	replace_child(root, node, child);
	rb_propagate(parent, update);
	if (child)
		child->red = false;
	else if (!node->red)
		erase_fixup(root, parent, left, update);
}

/* next, which is out of the tree, becomes what node was: links and colour. */
static void take_place(struct rb_root *root, struct rb_node *node, struct rb_node *next,
		       rb_update update)
{
	replace_child(root, node, next);
	next->left = node->left;
	next->right = node->right;
	next->red = node->red;
	if (next->left)
		next->left->parent = next;
	if (next->right)
		next->right->parent = next;
	rb_propagate(next, update);
}

/* A node with two children gives its place to the next in order, which has no left child. */
void rb_erase(struct rb_root *root, struct rb_node *node, rb_update update)
{
	if (node->left && node->right) {
		struct rb_node *next = rb_next(node);

		erase_simple(root, next, update);
		take_place(root, node, next, update);
	} else {
		erase_simple(root, node, update);
	}
	*node = (struct rb_node){ .parent = NULL };
}

/* -- in order -------------------------------------------------------------------------------- */

static struct rb_node *leftmost(struct rb_node *node)
{
	while (node && node->left)
		node = node->left;
	return node;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return leftmost(root->rb_node);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	const struct rb_node *parent;

	if (node->right)
		return leftmost(node->right);
	while ((parent = node->parent) && parent->right == node)
		node = parent;
	return (struct rb_node *)(uintptr_t)parent;
}
