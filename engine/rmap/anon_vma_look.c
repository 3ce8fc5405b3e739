/* SPDX-License-Identifier: GPL-2.0-only */
/* anon_vmas from outside: what is on their lists, and whether the lists are sound. Host side. */
#include "rmap/anon_vma.h"
#include "kernels.h"
#include "mm/vm.h"

struct anon_vma *page_anon_vma(const struct machine *m, const struct page *page)
{
	if (!page_anon_of(m->vm, page))
		return NULL;
	return (struct anon_vma *)((uintptr_t)page->mapping & ~(uintptr_t)PAGE_MAPPING_ANON);
}

/* The same if it is one that lives; mapping is only good while the page is mapped. */
static struct anon_vma *sound_anon_vma(const struct machine *m, const struct page *page)
{
	struct anon_vma *anon_vma = page_anon_vma(m, page);

	if (!anon_vma || !rmap_of(m->vm)->mapcount(m, page) ||
	    !kmem_cache_owns(m->vm->anon_vma_cachep, anon_vma))
		return NULL;
	return anon_vma;
}

/* No list is longer than all vmas: a broken one may be a ring. */
#define anon_vma_foreach(pos, n, m, anon_vma) \
	for ((pos) = list_next(&(anon_vma)->head), (n) = 0; \
	     (pos) != &(anon_vma)->head && \
	     (n) < kmem_cache_in_use((m)->vm->vm_area_cachep); \
	     (pos) = list_next(pos), (n)++)

void list_anon_vma(struct mapping_list *list, bool idle)
{
	const struct anon_vma *anon_vma = sound_anon_vma(list->m, list->page);
	const struct list_head *pos;
	u32 n;

	if (anon_vma)
		anon_vma_foreach(pos, n, list->m, anon_vma)
			list_vma(list, anon_vma_entry(pos), idle);
}

static u32 anon_vma_length(const struct machine *m, const struct anon_vma *anon_vma)
{
	const struct list_head *pos;
	u32 n;

	anon_vma_foreach(pos, n, m, anon_vma)
		;
	return n;
}

void trail_anon_vma(struct trail *trail)
{
	const struct anon_vma *anon_vma = sound_anon_vma(trail->m, trail->page);
	const struct list_head *pos;
	u32 n;

	if (!anon_vma)
		return;
	trail_step(trail, (struct rmap_step){
		.kind = STEP_ANON_VMA,
		.id = heap_id(trail->m, anon_vma),
		.start = anon_vma_length(trail->m, anon_vma),
	});
	anon_vma_foreach(pos, n, trail->m, anon_vma)
		trail_vma(trail, anon_vma_entry(pos));
}

/* An mm with rss 0 is not looked at up to 2.6.14, and has no pages to be found. */
u32 anon_vma_walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max)
{
	struct mapping_list list = { .m = m, .page = page, .out = out, .max = max };

	if (!rmap_of(m->vm)->mapcount(m, page))
		return 0;
	if (page_anon_of(m->vm, page))
		list_anon_vma(&list, false);
	else
		list_file(&list, false);
	return list.n;
}

u32 anon_vma_trail(const struct machine *m, const struct page *page, struct rmap_step *out,
		   u32 max)
{
	struct trail trail = { .m = m, .page = page, .out = out, .max = max };

	if (page_anon_of(m->vm, page))
		trail_anon_vma(&trail);
	else if (PageLRU(page) || rmap_of(m->vm)->mapcount(m, page))
		trail_file(&trail);
	return trail.n;
}

/* -- checks ------------------------------------------------------------------------------------ */

bool anon_vma_check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw)
{
	if (!rmap_of(m->vm)->mapcount(m, page) || !page_anon_of(m->vm, page))
		return true;
	if (!sound_anon_vma(m, page))
		return rmap_flawed(flaw, "mapping names an anon_vma that is gone", page->index,
				   rmap_of(m->vm)->mapcount(m, page));
	return true;
}

/* What all lists come to. */
struct census {
	u32 vmas;   /* that have an anon_vma */
	u32 listed; /* on lists */
	u32 lists;
};

/* The whole list, counted at the vma that comes first in it. */
static bool count_list(const struct machine *m, const struct vm_area_struct *first,
		       struct census *census, struct rmap_flaw *flaw)
{
	const struct anon_vma *anon_vma = first->anon_vma;
	const struct list_head *pos;
	u32 n;

	anon_vma_foreach(pos, n, m, anon_vma) {
		const struct vm_area_struct *vma = anon_vma_entry(pos);

		if (list_prev(list_next(pos)) != pos)
			return rmap_flawed(flaw, "the list of an anon_vma is torn", vma->vm_start,
					   vma->vm_end);
		if (vma->anon_vma != anon_vma)
			return rmap_flawed(flaw, "a vma is on the list of another's anon_vma",
					   vma->vm_start, vma->vm_end);
	}
	census->listed += n;
	census->lists++;
	return true;
}

static bool count_vma(const struct machine *m, const struct vm_area_struct *vma,
		      struct census *census, struct rmap_flaw *flaw)
{
	if (!vma->anon_vma)
		return true;
	if (!kmem_cache_owns(m->vm->anon_vma_cachep, vma->anon_vma))
		return rmap_flawed(flaw, "a vma names an anon_vma that is gone", vma->vm_start,
				   vma->vm_end);
	census->vmas++;
	if (list_next(&vma->anon_vma->head) != &vma->anon_vma_node)
		return true;
	return count_list(m, vma, census, flaw);
}

static bool compare(const struct machine *m, const struct census *census, struct rmap_flaw *flaw)
{
	u32 objects = kmem_cache_in_use(m->vm->anon_vma_cachep);

	if (census->vmas != census->listed)
		return rmap_flawed(flaw, "vmas with an anon_vma, vmas on their lists", census->vmas,
				   census->listed);
	if (census->lists != objects)
		return rmap_flawed(flaw, "anon_vmas with vmas, anon_vmas in the cache",
				   census->lists, objects);
	return true;
}

bool anon_vma_check_all(const struct machine *m, u32 in_flight, struct rmap_flaw *flaw)
{
	const struct vm_area_struct *vma;
	struct census census = { 0 };
	const struct list_head *pos;

	if (in_flight)
		return true;
	list_for_each(pos, &m->vm->mms)
		for (vma = list_entry(pos, struct mm_struct, mms)->mmap; vma; vma = vma->vm_next)
			if (!count_vma(m, vma, &census, flaw))
				return false;
	return compare(m, &census, flaw);
}
