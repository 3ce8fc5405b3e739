/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vmas of a file. Each kernel keeps them in its own way, and the functions here hand a call to
 * its row; the two lists of 2.5 and early 2.6 are below. i_mmap_prio_tree.c has what 2.6.7 put in
 * their place, i_mmap_interval.c what came after that.
 *
 *	i_mmap          private vmas   v - v - v        every vma of the file has to be looked at
 *	i_mmap_shared   shared vmas    v - v            to find those that cover a page
 *
 * Source: 2.5.26 mm/mmap.c (i_shared_lock), 2.6.0 mm/mmap.c (i_shared_sem).
 */
#include "kernels.h"
#include "mm/pagemap.h"
#include "mm/vm.h"

static const struct i_mmap_ops *i_mmap_of(void)
{
	return VM->kernel->i_mmap;
}

void i_mmap_init(struct address_space *mapping)
{
	INIT_LIST_HEAD(&mapping->i_mmap);
	INIT_LIST_HEAD(&mapping->i_mmap_shared);
	INIT_LIST_HEAD(&mapping->i_mmap_nonlinear);
	i_mmap_of()->init(mapping);
}

void i_mmap_lock(struct address_space *mapping)
{
	i_mmap_of()->lock(mapping);
}

bool i_mmap_trylock(struct address_space *mapping)
{
	return i_mmap_of()->trylock(mapping);
}

void i_mmap_unlock(struct address_space *mapping)
{
	i_mmap_of()->unlock(mapping);
}

void i_mmap_insert(struct vm_area_struct *vma, struct vm_area_struct *beside)
{
	if (vma->vm_flags & VM_SHARED)
		vma_mapping(vma)->i_mmap_writable++;
	i_mmap_of()->insert(vma_mapping(vma), vma, beside);
}

void i_mmap_remove(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		vma_mapping(vma)->i_mmap_writable--;
	i_mmap_of()->remove(vma_mapping(vma), vma);
}

struct vm_area_struct *i_mmap_first(struct i_mmap_iter *iter, struct address_space *mapping,
				    u32 first, u32 last)
{
	*iter = (struct i_mmap_iter){ .mapping = mapping, .first = first, .last = last };
	return i_mmap_of()->first(iter);
}

struct vm_area_struct *i_mmap_next(struct i_mmap_iter *iter)
{
	return i_mmap_of()->next(iter);
}

bool mapping_mapped(const struct address_space *mapping)
{
	return !i_mmap_of()->empty(mapping);
}

/* -- two lists ------------------------------------------------------------------------------- */

static void lists_init_2002(struct address_space *mapping)
{
	spin_lock_init(&mapping->i_shared_lock, LC_I_SHARED_LOCK,
		       mapping->host ? mapping->host->i_ino : 0);
}

static void lists_lock_2002(struct address_space *mapping)
{
	spin_lock(&mapping->i_shared_lock);
}

static bool lists_trylock_2002(struct address_space *mapping)
{
	return spin_trylock(&mapping->i_shared_lock);
}

static void lists_unlock_2002(struct address_space *mapping)
{
	spin_unlock(&mapping->i_shared_lock);
}

static void lists_insert(struct address_space *mapping, struct vm_area_struct *vma,
			 struct vm_area_struct *beside)
{
	if (beside)
		list_add_tail(&vma->shared, &beside->shared);
	else
		list_add_tail(&vma->shared, vma->vm_flags & VM_SHARED ? &mapping->i_mmap_shared :
									&mapping->i_mmap);
}

static void lists_remove(struct address_space *mapping, struct vm_area_struct *vma)
{
	(void)mapping;
	list_del(&vma->shared);
}

/* The vma at entry, or the first of the second list behind the end of the first. */
static struct vm_area_struct *lists_at(struct i_mmap_iter *iter, struct list_head *entry)
{
	if (entry == &iter->mapping->i_mmap)
		entry = list_next(&iter->mapping->i_mmap_shared);
	iter->vma = entry == &iter->mapping->i_mmap_shared ?
			    NULL :
			    list_entry(entry, struct vm_area_struct, shared);
	return iter->vma;
}

static struct vm_area_struct *lists_first(struct i_mmap_iter *iter)
{
	return lists_at(iter, list_next(&iter->mapping->i_mmap));
}

static struct vm_area_struct *lists_next(struct i_mmap_iter *iter)
{
	return lists_at(iter, list_next(&iter->vma->shared));
}

static bool lists_empty(const struct address_space *mapping)
{
	return list_empty(&mapping->i_mmap) && list_empty(&mapping->i_mmap_shared);
}

/* 2.6.0 guards the same lists with a semaphore: truncation may sleep while it holds it. */
static void lists_init_2003(struct address_space *mapping)
{
	init_rwsem(&mapping->i_shared_sem, LC_I_SHARED_SEM,
		   mapping->host ? mapping->host->i_ino : 0);
}

static void lists_lock_2003(struct address_space *mapping)
{
	down_write(&mapping->i_shared_sem);
}

static bool lists_trylock_2003(struct address_space *mapping)
{
	return down_write_trylock(&mapping->i_shared_sem);
}

static void lists_unlock_2003(struct address_space *mapping)
{
	up_write(&mapping->i_shared_sem);
}

const struct i_mmap_ops i_mmap_lists_2002 = {
	.name = "two lists",
	.init = lists_init_2002,
	.lock = lists_lock_2002,
	.trylock = lists_trylock_2002,
	.unlock = lists_unlock_2002,
	.insert = lists_insert,
	.remove = lists_remove,
	.first = lists_first,
	.next = lists_next,
	.empty = lists_empty,
};

const struct i_mmap_ops i_mmap_lists_2003 = {
	.name = "two lists",
	.init = lists_init_2003,
	.lock = lists_lock_2003,
	.trylock = lists_trylock_2003,
	.unlock = lists_unlock_2003,
	.insert = lists_insert,
	.remove = lists_remove,
	.first = lists_first,
	.next = lists_next,
	.empty = lists_empty,
};
