/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct anon_vma, as 2.6.8 to 2.6.16 had it: see the drawing in anon_vma.h.
 *
 *	fault     anon_vma_prepare    a neighbour's that the vma may be merged with one day, or a
 *	                              new one
 *	fork      anon_vma_link       the child's copy of the vma beside the parent's
 *	mprotect  __anon_vma_link     the new half of a split vma
 *	          __anon_vma_merge    the half that vanishes again
 *	mremap    __anon_vma_link     the new place; vm_pgoff stays, so every page is found at both
 *	munmap    anon_vma_unlink     one less; the last one frees it
 *
 * Source: 2.6.8 and 2.6.9 mm/rmap.c; seed 004.
 */
#include "rmap/anon_vma.h"
#include "mm/vm.h"

#include <errno.h>

/* RMAP_DEBUG of the original: on in the debug and san builds. */
#if defined(CHECK) && CHECK
#define RMAP_DEBUG 1
#else
#define RMAP_DEBUG 0
#endif

/* -- the cache -------------------------------------------------------------------------------- */

static void anon_vma_ctor(void *object)
{
	struct anon_vma *anon_vma = object;

	spin_lock_init(&anon_vma->lock, LC_ANON_VMA_LOCK, heap_id(current->machine, object));
	INIT_LIST_HEAD(&anon_vma->head);
}

bool anon_vma_init(bool rcu)
{
	VM->anon_vma_cachep = kmem_cache_create_ctor("anon_vma", I386_ANON_VMA_SIZE,
						     sizeof(struct anon_vma),
						     rcu ? SLAB_DESTROY_BY_RCU : 0, anon_vma_ctor);
	return VM->anon_vma_cachep != NULL;
}

static struct anon_vma *anon_vma_alloc(u32 gfp_mask)
{
	return kmem_cache_alloc(VM->anon_vma_cachep, gfp_mask);
}

static void anon_vma_free(struct anon_vma *anon_vma)
{
	kmem_cache_free(VM->anon_vma_cachep, anon_vma);
}

/* A vma that says it has an anon_vma is on its list. */
static void validate_anon_vma(const struct vm_area_struct *find_vma)
{
	const struct list_head *pos;
	u32 mapcount = 0;
	bool found = false;

	if (!RMAP_DEBUG)
		return;
	list_for_each(pos, &find_vma->anon_vma->head) {
		BUG_ON(++mapcount > 100000);
		found |= pos == &find_vma->anon_vma_node;
	}
	BUG_ON(!found);
}

/* -- a vma gets one --------------------------------------------------------------------------- */

/* Lock held, or nobody else knows the anon_vma yet. */
static void adopt(struct vm_area_struct *vma, struct anon_vma *anon_vma, bool neighbours)
{
	vma->anon_vma = anon_vma;
	list_add(&vma->anon_vma_node, &anon_vma->head);
	EV(ANON_VMA_NEW, vma->vm_mm->pid, vma->vm_start, vma->vm_end, neighbours);
}

/*
 * From 2.6.9 on: anon_vma->lock outside page_table_lock. A thread of the same mm may be here for
 * the same vma, with mmap_sem held for reading like us: that is why page_table_lock is taken.
 */
int anon_vma_prepare(struct vm_area_struct *vma, u32 gfp_mask)
{
	FN;
	struct mm_struct *mm = vma->vm_mm;
	struct anon_vma *anon_vma, *allocated = NULL, *locked = NULL;

	if (likely(vma->anon_vma))
		return 0;
	anon_vma = find_mergeable_anon_vma(vma);
	if (anon_vma) {
		locked = anon_vma;
		spin_lock(&locked->lock);
	} else {
		anon_vma = allocated = anon_vma_alloc(gfp_mask);
		if (!allocated)
			return -ENOMEM;
	}
	spin_lock(&mm->page_table_lock);
	if (likely(!vma->anon_vma)) {
		adopt(vma, anon_vma, locked);
		allocated = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (locked)
		spin_unlock(&locked->lock);
	if (allocated)
		anon_vma_free(allocated);
	return 0;
}

/* 2.6.8 and seed 001: inside it. */
int anon_vma_prepare_2004(struct vm_area_struct *vma, u32 gfp_mask)
{
	FN_AS("anon_vma_prepare");
	struct mm_struct *mm = vma->vm_mm;
	struct anon_vma *anon_vma, *allocated = NULL;

	if (likely(vma->anon_vma))
		return 0;
	anon_vma = find_mergeable_anon_vma(vma);
	if (!anon_vma) {
		anon_vma = allocated = anon_vma_alloc(gfp_mask);
		if (!allocated)
			return -ENOMEM;
	}
	spin_lock(&mm->page_table_lock);
	if (likely(!vma->anon_vma)) {
		bool neighbours = !allocated;

		if (neighbours)
			spin_lock(&anon_vma->lock);
		adopt(vma, anon_vma, neighbours);
		if (neighbours)
			spin_unlock(&anon_vma->lock);
		allocated = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (allocated)
		anon_vma_free(allocated);
	return 0;
}

/* -- vmas come and go -------------------------------------------------------------------------- */

/* Lock held. */
static void __anon_vma_link(struct vm_area_struct *vma)
{
	struct anon_vma *anon_vma = vma->anon_vma;

	if (!anon_vma)
		return;
	assert_spin_locked(&anon_vma->lock);
	list_add(&vma->anon_vma_node, &anon_vma->head);
	validate_anon_vma(vma);
	EV(ANON_VMA_LINK, vma->vm_mm->pid, vma->vm_start, vma->vm_end);
}

int link_anon_vma(struct vm_area_struct *vma, struct vm_area_struct *from)
{
	FN_AS("__anon_vma_link");

	(void)from;
	__anon_vma_link(vma);
	return 0;
}

int fork_anon_vma(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	FN_AS("anon_vma_link");
	struct anon_vma *anon_vma = vma->anon_vma;

	(void)pvma;
	if (!anon_vma)
		return 0;
	spin_lock(&anon_vma->lock);
	__anon_vma_link(vma);
	spin_unlock(&anon_vma->lock);
	return 0;
}

/* importer takes over pages of exporter, so it needs the anon_vma that they name. */
int import_anon_vma(struct vm_area_struct *importer, struct vm_area_struct *exporter)
{
	importer->anon_vma = exporter->anon_vma;
	__anon_vma_link(importer);
	return 0;
}

void merge_anon_vma(struct vm_area_struct *vma, struct vm_area_struct *next)
{
	FN_AS("__anon_vma_merge");

	if (!next->anon_vma)
		return;
	if (!vma->anon_vma) {
		vma->anon_vma = next->anon_vma;
		list_add(&vma->anon_vma_node, &next->anon_vma_node);
		EV(ANON_VMA_LINK, vma->vm_mm->pid, vma->vm_start, vma->vm_end);
	} else {
		BUG_ON(vma->anon_vma != next->anon_vma);
	}
	list_del(&next->anon_vma_node);
	EV(ANON_VMA_UNLINK, next->vm_mm->pid, next->vm_start, next->vm_end, 0);
}

void unlink_anon_vma(struct vm_area_struct *vma)
{
	FN_AS("anon_vma_unlink");
	struct anon_vma *anon_vma = vma->anon_vma;
	bool empty;

	if (!anon_vma)
		return;
	spin_lock(&anon_vma->lock);
	validate_anon_vma(vma);
	list_del(&vma->anon_vma_node);
	empty = list_empty(&anon_vma->head);
	spin_unlock(&anon_vma->lock);

	if (empty)
		anon_vma_free(anon_vma);
	EV(ANON_VMA_UNLINK, vma->vm_mm->pid, vma->vm_start, vma->vm_end, empty);
}

void lock_anon_vma(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		spin_lock(&vma->anon_vma->lock);
}

void unlock_anon_vma(struct vm_area_struct *vma)
{
	if (vma->anon_vma)
		spin_unlock(&vma->anon_vma->lock);
}

bool anon_vma_page_address(const struct page *page, const struct vm_area_struct *vma,
			   u32 *address)
{
	if (PageAnon(page)) {
		if (vma->anon_vma != page_anon_vma(current->machine, page))
			return false;
	} else if (!page->mapping || vma->vm_flags & VM_NONLINEAR || !vma->vm_file ||
		   vma_mapping(vma) != page->mapping) {
		return false;
	}
	*address = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);
	return *address >= vma->vm_start && *address < vma->vm_end;
}
