/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index of a mapping: from a page's number in the file, or from a swap entry, to its struct
 * page. Each level uses six bits of the index.
 *
 *	root, height 2                            index 67 = 1 << 6 | 3
 *	 rnode --> +---+---+---+ ... +----+
 *	           | 0 | 1 | 2 |     | 63 |      slot 1: the bits above
 *	           +---+-|-+---+ ... +----+
 *	                 v
 *	           +---+---+---+---+ ... +
 *	           | 0 | 1 | 2 | 3 |     |       slot 3: the page
 *	           +---+---+---+-|-+ ... +
 *	                         v struct page
 *
 * A tree of height 0 holds one item at index 0, or nothing. A node without items is freed.
 *
 * In 4.0 a tree is also read without its lock, under RCU (lockless_trees). So a node that is freed
 * waits for a grace period; its height is written in it, since the root's may belong to another
 * tree by now; and the root's pointer says by its lowest bit whether it leads to a node:
 *
 *	one item               a second one comes      the second one goes
 *	 rnode --> item         rnode |1 --> +---+--     rnode --> item
 *	                                     | 0 | ..
 *	                                     +-|-+--
 *	                                       v item
 *
 * Who has found the place of the item just before that happens holds a place where it is no more:
 * rnode itself, in which there is a pointer to a node now; or slot 0 of a node that is on its way
 * out, in which the lowest bit is set for that reason. radix_tree_deref_retry tells.
 *
 * Nodes are allocated under page_lock, by reclaim, when memory is shortest. So there is a mempool:
 * when the slab cache cannot grow, a node comes from a reserve, and the next nodes that are freed
 * fill the reserve again. Source: 2.5.26 lib/radix-tree.c, mm/mempool.c; 4.0 lib/radix-tree.c,
 * include/linux/radix-tree.h.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/vm.h"

#define RADIX_TREE_MAP_MASK (RADIX_TREE_MAP_SIZE - 1)
#define RADIX_TREE_MAX_PATH 7 /* the root, and six levels for 32 bits */

struct radix_tree_node {
	u32 height;                       /* 1: its slots hold items */
	u32 count;                        /* slots in use */
	struct rcu_head rcu;
	void *slots[RADIX_TREE_MAP_SIZE]; /* nodes, or items on the lowest level */
};

/* -- the mempool --------------------------------------------------------------------------- */

/*
 * The kernel kept 512 nodes, 160 KiB, whatever the size of the machine, and a
 * comment there asks for a reserve that fits it. Ours does: a node for 32 frames, 512 at most.
 */
#define RADIX_POOL_MAX 512
#define RADIX_POOL_FRAMES 32

static void add_element(struct radix_tree_node *node)
{
	node->slots[0] = VM->radix_pool.nodes;
	VM->radix_pool.nodes = node;
	VM->radix_pool.nr++;
}

static struct radix_tree_node *remove_element(void)
{
	struct radix_tree_node *node = VM->radix_pool.nodes;

	if (!node)
		return NULL;
	VM->radix_pool.nodes = node->slots[0];
	VM->radix_pool.nr--;
	node->slots[0] = NULL;
	return node;
}

/* mempool_alloc. The trees ask with GFP_ATOMIC, so that nobody ever waits here for a node. */
static struct radix_tree_node *radix_tree_node_alloc(u32 gfp_mask)
{
	struct radix_tree_node *node;

	node = kmem_cache_alloc(VM->radix_node_cachep, gfp_mask & ~(__GFP_WAIT | __GFP_IO));
	if (node)
		return node;
	wakeup_bdflush();
	spin_lock(&VM->radix_pool.lock);
	node = remove_element();
	spin_unlock(&VM->radix_pool.lock);
	return node;
}

/* mempool_free. The node is empty, as a fresh one must be. */
static void give_back(struct radix_tree_node *node)
{
	bool kept;

	spin_lock(&VM->radix_pool.lock);
	kept = VM->radix_pool.nr < VM->radix_pool.min;
	if (kept)
		add_element(node);
	spin_unlock(&VM->radix_pool.lock);
	if (!kept)
		kmem_cache_free(VM->radix_node_cachep, node);
}

/* What radix_tree_shrink has left in slot 0 was for who came late. */
static void radix_tree_node_rcu_free(struct rcu_head *head)
{
	struct radix_tree_node *node = list_entry(head, struct radix_tree_node, rcu);

	node->slots[0] = NULL;
	node->count = 0;
	give_back(node);
}

static void radix_tree_node_free(struct radix_tree_node *node)
{
	if (VM->kernel->lockless_trees)
		call_rcu(&node->rcu, radix_tree_node_rcu_free);
	else
		give_back(node);
}

bool radix_tree_init(void)
{
	u32 min = VM->max_mapnr / RADIX_POOL_FRAMES;
	struct radix_tree_node *node;

	VM->radix_node_cachep = kmem_cache_create("radix_tree_node", I386_RADIX_NODE_SIZE,
						  sizeof(struct radix_tree_node));
	if (!VM->radix_node_cachep)
		return false;
	VM->radix_pool.min = min > RADIX_POOL_MAX ? RADIX_POOL_MAX : min;
	while (VM->radix_pool.nr < VM->radix_pool.min) {
		node = kmem_cache_alloc(VM->radix_node_cachep, GFP_ATOMIC);
		if (!node)
			return false;
		add_element(node);
	}
	return true;
}

/* -- the tree ------------------------------------------------------------------------------ */

static u32 radix_tree_maxindex(u32 height)
{
	u32 bits = height * RADIX_TREE_MAP_SHIFT;

	return bits >= 32 ? ~0u : (1u << bits) - 1;
}

static void **slot_of(struct radix_tree_node *node, u32 index, u32 level)
{
	return &node->slots[index >> level * RADIX_TREE_MAP_SHIFT & RADIX_TREE_MAP_MASK];
}

/* Only the root's pointer to a node has the bit; it comes off of any. */
static void *ptr_to_indirect(struct radix_tree_node *node)
{
	return (void *)((uintptr_t)node | RADIX_TREE_INDIRECT_PTR);
}

static struct radix_tree_node *indirect_to_ptr(void *node)
{
	return (void *)((uintptr_t)node & ~(uintptr_t)RADIX_TREE_INDIRECT_PTR);
}

/* The way from the root to the place of an index. slot[0] is the root's, node[0] is not there. */
struct radix_tree_path {
	struct radix_tree_node *node[RADIX_TREE_MAX_PATH]; /* of which slot[] is a slot */
	void **slot[RADIX_TREE_MAX_PATH];
	u32 depth;
};

/* Follow index as far down as there are nodes. true: down to where the item is or would be. */
static bool radix_tree_find(const struct radix_tree_root *root, u32 index,
			    struct radix_tree_path *path)
{
	u32 level = root->height;

	path->depth = 0;
	path->node[0] = NULL;
	path->slot[0] = (void **)(uintptr_t)&root->rnode;
	while (level > 0) {
		struct radix_tree_node *node = indirect_to_ptr(*path->slot[path->depth]);

		if (!node)
			return false;
		path->depth++;
		path->node[path->depth] = node;
		path->slot[path->depth] = slot_of(node, index, --level);
	}
	return true;
}

/* The last slot of the path was emptied: free the nodes that have become empty, bottom up. */
static void radix_tree_prune(struct radix_tree_path *path)
{
	u32 i = path->depth;

	while (path->node[i] && path->node[i]->count == 0) {
		struct radix_tree_node *node = path->node[i];

		*path->slot[--i] = NULL;
		if (path->node[i])
			path->node[i]->count--;
		radix_tree_node_free(node);
	}
}

/* Put nodes on top until index fits. An empty tree just becomes higher. */
static int radix_tree_extend(struct radix_tree_root *root, u32 index)
{
	struct radix_tree_node *node;

	while (index > radix_tree_maxindex(root->height)) {
		if (root->rnode) {
			node = radix_tree_node_alloc(root->gfp_mask);
			if (!node)
				return -ENOMEM;
			node->height = root->height + 1;
			node->slots[0] = root->height ? indirect_to_ptr(root->rnode) : root->rnode;
			node->count = 1;
			root->rnode = ptr_to_indirect(node);
		}
		root->height++;
	}
	return 0;
}

/* One node more at the end of the path. */
static int radix_tree_grow(struct radix_tree_root *root, struct radix_tree_path *path)
{
	struct radix_tree_node *node = radix_tree_node_alloc(root->gfp_mask);

	if (!node)
		return -ENOMEM;
	node->height = root->height - path->depth;
	*path->slot[path->depth] = path->depth ? node : ptr_to_indirect(node);
	if (path->node[path->depth])
		path->node[path->depth]->count++;
	return 0;
}

/* Nodes of a path that could not be finished are given back; 2.5.26 leaves them in the tree. */
int radix_tree_insert(struct radix_tree_root *root, u32 index, void *item)
{
	struct radix_tree_path path;

	if (index > radix_tree_maxindex(root->height) && radix_tree_extend(root, index))
		return -ENOMEM;
	while (!radix_tree_find(root, index, &path)) {
		if (radix_tree_grow(root, &path)) {
			radix_tree_prune(&path);
			return -ENOMEM;
		}
	}
	if (*path.slot[path.depth])
		return -EEXIST;
	*path.slot[path.depth] = item;
	if (path.node[path.depth])
		path.node[path.depth]->count++;
	return 0;
}

void **radix_tree_lookup_slot(const struct radix_tree_root *root, u32 index)
{
	struct radix_tree_path path;

	if (index > radix_tree_maxindex(root->height) || !radix_tree_find(root, index, &path))
		return NULL;
	return path.slot[path.depth];
}

void *radix_tree_lookup(const struct radix_tree_root *root, u32 index)
{
	void **slot = radix_tree_lookup_slot(root, index);

	return slot ? *slot : NULL;
}

/* 4.0: while all that is left is below slot 0, the uppermost node is of no use. */
static void radix_tree_shrink(struct radix_tree_root *root)
{
	while (root->height > 0 && root->rnode) {
		struct radix_tree_node *node = indirect_to_ptr(root->rnode);

		if (node->count != 1 || !node->slots[0])
			return;
		root->rnode = node->height > 1 ? ptr_to_indirect(node->slots[0]) : node->slots[0];
		root->height--;
		if (!root->height) /* an item, perhaps in somebody's hand: look again */
			node->slots[0] = ptr_to_indirect(node->slots[0]);
		radix_tree_node_free(node);
	}
	if (!root->rnode)
		root->height = 0;
}

void *radix_tree_delete(struct radix_tree_root *root, u32 index)
{
	struct radix_tree_path path;
	void *item;

	if (index > radix_tree_maxindex(root->height) || !radix_tree_find(root, index, &path))
		return NULL;
	item = *path.slot[path.depth];
	if (!item)
		return NULL;
	*path.slot[path.depth] = NULL;
	if (path.node[path.depth]) {
		path.node[path.depth]->count--;
		radix_tree_prune(&path);
	}
	if (VM->kernel->lockless_trees)
		radix_tree_shrink(root);
	return item;
}

/*
 * The first item at or after *index; *index becomes its index. Where the path ends early, the
 * whole subtree that is missing there is skipped. NULL: no more.
 */
static void *radix_tree_next(const struct radix_tree_root *root, u32 *index)
{
	u64 at = *index;

	while (at <= radix_tree_maxindex(root->height)) {
		struct radix_tree_path path;
		u32 missing;

		if (radix_tree_find(root, (u32)at, &path) && *path.slot[path.depth]) {
			*index = (u32)at;
			return *path.slot[path.depth];
		}
		missing = (root->height - path.depth) * RADIX_TREE_MAP_SHIFT;
		at = ((at >> missing) + 1) << missing;
	}
	return NULL;
}

u32 radix_tree_gang_lookup_index(const struct radix_tree_root *root, void **out, u32 *indices,
				 u32 first, u32 max)
{
	u32 n = 0;

	while (n < max) {
		out[n] = radix_tree_next(root, &first);
		if (!out[n])
			break;
		if (indices)
			indices[n] = first;
		n++;
		if (first++ == ~0u)
			break;
	}
	return n;
}

u32 radix_tree_gang_lookup(const struct radix_tree_root *root, void **out, u32 first, u32 max)
{
	return radix_tree_gang_lookup_index(root, out, NULL, first, max);
}

/* -- without the lock -------------------------------------------------------------------------- */

/* The first place at or behind *at, below node, that has something in it; *at becomes its index.
 * NULL: none. Whatever is met may just be changed by somebody else. */
static void **next_place(struct radix_tree_node *top, u64 *at)
{
	while (*at <= radix_tree_maxindex(top->height)) {
		struct radix_tree_node *node = top;
		u32 level = top->height;
		void **slot = NULL;

		while (node) {
			slot = slot_of(node, (u32)*at, --level);
			node = READ_ONCE(*slot);
			if (!level && node)
				return slot;
			if (!level)
				break;
		}
		level *= RADIX_TREE_MAP_SHIFT;
		*at = ((*at >> level) + 1) << level;
	}
	return NULL;
}

void **radix_tree_next_chunk(struct radix_tree_root *root, struct radix_tree_iter *iter)
{
	void *rnode = READ_ONCE(root->rnode), **slot = (void **)&root->rnode;
	u64 at = iter->next_index;

	if (radix_tree_deref_retry(rnode))
		slot = next_place(indirect_to_ptr(rnode), &at);
	else if (!rnode || at)
		return NULL;
	iter->index = (u32)at;
	iter->next_index = radix_tree_deref_retry(rnode) ? (at | RADIX_TREE_MAP_MASK) + 1 : 1;
	return slot;
}

void **radix_tree_next_slot(void **slot, struct radix_tree_iter *iter)
{
	while ((u64)iter->index + 1 < iter->next_index) {
		iter->index++;
		slot++;
		if (READ_ONCE(*slot))
			return slot;
	}
	return NULL;
}
