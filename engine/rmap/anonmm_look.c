/* SPDX-License-Identifier: GPL-2.0-only */
/* anonmms from outside: who is in a circle, and whether circles and counts are sound. Host side. */
#include "rmap/anonmm.h"
#include "kernels.h"
#include "mm/slab.h"
#include "mm/vm.h"

u32 anonmm_mapcount(const struct machine *m, const struct page *page)
{
	(void)m;
	return (u32)page->mapcount;
}

/* Of a mapped anonymous page; NULL: it names none that lives. */
static const struct anonmm *look_anonmm(const struct machine *m, const struct page *page)
{
	const struct anonmm *anonmm = page_anonmm(page);

	if (!page->mapcount || !page_anon_of(m->vm, page) ||
	    !kmem_cache_owns(m->vm->anonmm_cachep, anonmm))
		return NULL;
	return anonmm;
}

/* Once round from start; a broken circle ends when all there are could have been seen. */
#define circle_foreach(pos, n, m, start) \
	for ((pos) = &(start)->list, (n) = 0; \
	     ((n) == 0 || (pos) != &(start)->list) && \
	     (n) < kmem_cache_in_use((m)->vm->anonmm_cachep); \
	     (pos) = list_next(pos), (n)++)

u32 anonmm_walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max)
{
	struct mapping_list list = { .m = m, .page = page, .out = out, .max = max };
	const struct anonmm *start = look_anonmm(m, page);
	const struct list_head *pos;
	u32 n;

	if (!page->mapcount)
		return 0;
	if (!page_anon_of(m->vm, page)) {
		list_file(&list, false);
		return list.n;
	}
	if (start)
		circle_foreach(pos, n, m, start)
			if (anonmm_entry(pos)->mm && !mm_idle(anonmm_entry(pos)->mm))
				list_mm(&list, anonmm_entry(pos)->mm, page->index, 0);
	return list.n;
}

static void trail_circle(struct trail *trail, const struct anonmm *start)
{
	const struct list_head *pos;
	u32 n;

	circle_foreach(pos, n, trail->m, start) {
		const struct anonmm *anonmm = anonmm_entry(pos);

		trail_step(trail, (struct rmap_step){
			.kind = STEP_ANONMM,
			.depth = n != 0,
			.pid = anonmm->mm ? anonmm->mm->pid : 0,
			.id = heap_id(trail->m, anonmm),
			.address = trail->page->index,
		});
		if (anonmm->mm)
			trail_pte(trail, anonmm->mm, trail->page->index, 2);
	}
}

u32 anonmm_trail(const struct machine *m, const struct page *page, struct rmap_step *out, u32 max)
{
	struct trail way = { .m = m, .page = page, .out = out, .max = max };
	const struct anonmm *start = look_anonmm(m, page);

	if (start)
		trail_circle(&way, start);
	else if (!page_anon_of(m->vm, page) && (PageLRU(page) || page->mapcount))
		trail_file(&way);
	return way.n;
}

/* -- checks ------------------------------------------------------------------------------------ */

bool anonmm_check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw)
{
	if (page->mapcount < 0)
		return rmap_flawed(flaw, "mapcount is negative", (u32)page->mapcount, 0);
	if (page->mapcount && page_anon_of(m->vm, page) && !look_anonmm(m, page))
		return rmap_flawed(flaw, "mapping names an anonmm that is gone", page->index, 0);
	return true;
}

/* What all circles come to. */
struct census {
	u32 mms, members, counts;
};

static const struct anonmm *first_living(const struct machine *m, const struct anonmm *head)
{
	const struct list_head *pos;
	u32 n;

	circle_foreach(pos, n, m, head)
		if (anonmm_entry(pos)->mm)
			return anonmm_entry(pos);
	return NULL;
}

/* The whole circle, counted at its first living mm. */
static bool count_circle(const struct machine *m, const struct anonmm *first,
			 struct census *census, struct rmap_flaw *flaw)
{
	const struct list_head *pos;
	u32 n;

	if (first_living(m, first->head) != first)
		return true;
	circle_foreach(pos, n, m, first->head) {
		const struct anonmm *anonmm = anonmm_entry(pos);

		if (list_prev(list_next(pos)) != pos || anonmm->head != first->head)
			return rmap_flawed(flaw, "the circle of anonmms is torn", n, 0);
		if (anonmm->mm && anonmm->mm->anonmm != anonmm)
			return rmap_flawed(flaw, "an anonmm names a mm that has another",
					   anonmm->mm->pid, 0);
		census->counts += (u32)atomic_read(&anonmm->count);
	}
	census->members += n;
	return true;
}

static bool compare(const struct machine *m, const struct census *census, struct rmap_flaw *flaw)
{
	u32 pfn, objects = kmem_cache_in_use(m->vm->anonmm_cachep);
	u32 counts = census->mms + census->members;

	for (pfn = 0; pfn < m->nr_frames; pfn++)
		counts += look_anonmm(m, &m->vm->mem_map[pfn]) != NULL;
	if (census->members != objects)
		return rmap_flawed(flaw, "anonmms in circles, anonmms in the cache",
				   census->members, objects);
	if (census->counts != counts)
		return rmap_flawed(flaw, "the counts of all anonmms, their mms, pages and members",
				   census->counts, counts);
	return true;
}

bool anonmm_check_all(const struct machine *m, u32 mappings, u32 in_flight,
		      struct rmap_flaw *flaw)
{
	struct census census = { 0 };
	const struct list_head *pos;

	(void)mappings;
	if (in_flight)
		return true;
	list_for_each(pos, &m->vm->mms) {
		const struct mm_struct *mm = list_entry(pos, struct mm_struct, mms);

		if (!mm->anonmm)
			continue;
		census.mms++;
		if (!count_circle(m, mm->anonmm, &census, flaw))
			return false;
	}
	return compare(m, &census, flaw) && anon_flag_check(m, flaw) && nr_mapped_check(m, flaw);
}
