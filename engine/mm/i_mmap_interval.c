/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmas of a file from 3.7 on: an interval tree by the pages of the file they cover, under
 * i_mmap_rwsem, which sleeps. There are no nonlinear vmas any more, so the tree has all of them.
 *
 * Up to 3.18 the lock was i_mmap_mutex; with a rwsem the rmap walks read side by side. The lock
 * functions here are those of whoever changes the tree; rmap takes it for reading.
 *
 * Source: 4.0 mm/interval_tree.c (vma_interval_tree), include/linux/fs.h (i_mmap_lock_write).
 */
#include "mm/interval_tree.h"
#include "mm/pagemap.h"

static const struct interval_tree vma_interval_tree;

static struct vm_area_struct *vma_of(const struct rb_node *node)
{
	return container_of(node, struct vm_area_struct, interval.rb);
}

static u32 vma_start_pgoff(const struct rb_node *node)
{
	return vma_of(node)->vm_pgoff;
}

static u32 vma_last_pgoff(const struct rb_node *node)
{
	const struct vm_area_struct *vma = vma_of(node);

	return vma->vm_pgoff + ((vma->vm_end - vma->vm_start) >> PAGE_SHIFT) - 1;
}

static u32 *vma_subtree_last(struct rb_node *node)
{
	return &vma_of(node)->interval.rb_subtree_last;
}

static void vma_update(struct rb_node *node)
{
	interval_tree_update(&vma_interval_tree, node);
}

static const struct interval_tree vma_interval_tree = {
	.start = vma_start_pgoff,
	.last = vma_last_pgoff,
	.subtree_last = vma_subtree_last,
	.update = vma_update,
};

static void interval_init(struct address_space *mapping)
{
	init_rwsem(&mapping->i_shared_sem, LC_I_SHARED_SEM,
		   mapping->host ? mapping->host->i_ino : 0);
	mapping->i_mmap_rb = (struct rb_root){ NULL };
}

static void i_mmap_lock_write(struct address_space *mapping)
{
	down_write(&mapping->i_shared_sem);
}

/* Only readers ask this way, and only where they may not sleep. */
static bool i_mmap_trylock_read(struct address_space *mapping)
{
	return down_read_trylock(&mapping->i_shared_sem);
}

static void i_mmap_unlock_either(struct address_space *mapping)
{
	if (mapping->i_shared_sem.count < 0)
		up_write(&mapping->i_shared_sem);
	else
		up_read(&mapping->i_shared_sem);
}

static void interval_insert(struct address_space *mapping, struct vm_area_struct *vma,
			    struct vm_area_struct *beside)
{
	if (beside)
		interval_tree_insert_after(&vma_interval_tree, &mapping->i_mmap_rb,
					   &vma->interval.rb, &beside->interval.rb);
	else
		interval_tree_insert(&vma_interval_tree, &mapping->i_mmap_rb, &vma->interval.rb);
}

static void interval_remove(struct address_space *mapping, struct vm_area_struct *vma)
{
	interval_tree_remove(&vma_interval_tree, &mapping->i_mmap_rb, &vma->interval.rb);
}

static struct vm_area_struct *found(struct i_mmap_iter *iter, struct rb_node *node)
{
	iter->vma = node ? vma_of(node) : NULL;
	return iter->vma;
}

static struct vm_area_struct *interval_first(struct i_mmap_iter *iter)
{
	return found(iter, interval_tree_iter_first(&vma_interval_tree, &iter->mapping->i_mmap_rb,
						    iter->first, iter->last));
}

static struct vm_area_struct *interval_next(struct i_mmap_iter *iter)
{
	return found(iter, interval_tree_iter_next(&vma_interval_tree, &iter->vma->interval.rb,
						   iter->first, iter->last));
}

static bool interval_empty(const struct address_space *mapping)
{
	return !mapping->i_mmap_rb.rb_node;
}

const struct i_mmap_ops i_mmap_interval_tree = {
	.name = "interval tree",
	.init = interval_init,
	.lock = i_mmap_lock_write,
	.trylock = i_mmap_trylock_read,
	.unlock = i_mmap_unlock_either,
	.insert = interval_insert,
	.remove = interval_remove,
	.first = interval_first,
	.next = interval_next,
	.empty = interval_empty,
};
