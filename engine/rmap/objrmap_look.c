/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same walks from outside: who maps a page by its object, and the way there as lines of a
 * drawing. Host side; nothing is changed, nothing counted, and no lock is there to be taken.
 */
#include "rmap/objrmap.h"
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

bool rmap_flawed(struct rmap_flaw *flaw, const char *text, u32 a, u32 b)
{
	*flaw = (struct rmap_flaw){ .text = text, .a = a, .b = b };
	return false;
}

u32 heap_id(const struct machine *m, const void *object)
{
	return (u32)((const char *)object - (const char *)m->region);
}

pte_t *look_pte(const struct machine *m, const struct page *page, const struct mm_struct *mm,
		u32 address)
{
	pte_t *ptep = address < TASK_SIZE ? table_pte(m, mm_cr3(mm), address) : NULL;
	pteval_t pte = ptep ? entry_get(m, ptep) : 0;

	return pte_present(pte) && pte_pfn(pte) == page - m->vm->mem_map ? ptep : NULL;
}

static u32 place_in(const struct page *page, const struct vm_area_struct *vma)
{
	u32 address = vma->vm_start + ((page->index - vma->vm_pgoff) << PAGE_SHIFT);

	return address >= vma->vm_start && address < vma->vm_end ? address : NOT_IN_VMA;
}

/* -- lists of mappings ------------------------------------------------------------------------ */

void list_mm(struct mapping_list *list, const struct mm_struct *mm, u32 address, u32 node)
{
	pte_t *pte = look_pte(list->m, list->page, mm, address);

	if (!pte)
		return;
	if (list->n < list->max)
		list->out[list->n] = (struct mapping){
			.pid = mm->pid,
			.address = address,
			.node = node,
			.ptep = pte,
		};
	list->n++;
}

void list_vma(struct mapping_list *list, const struct vm_area_struct *vma, bool idle)
{
	u32 address = place_in(list->page, vma);

	if (address != NOT_IN_VMA && (idle || !mm_idle(vma->vm_mm)))
		list_mm(list, vma->vm_mm, address, 0);
}

static struct vm_area_struct *first_vma(const struct machine *m, const struct page *page,
					struct i_mmap_iter *iter)
{
	*iter = (struct i_mmap_iter){
		.mapping = page->mapping,
		.first = page->index,
		.last = page->index,
	};
	return m->vm->kernel->i_mmap->first(iter);
}

/* The page is neither anonymous nor out of its file's cache. */
static bool has_file(const struct machine *m, const struct page *page)
{
	const struct address_space *mapping = page_mapping_of(m->vm, page);

	return mapping && mapping->host && !PageSlab(page);
}

void list_file(struct mapping_list *list, bool idle)
{
	struct vm_area_struct *vma;
	struct i_mmap_iter iter;

	if (!has_file(list->m, list->page))
		return;
	for (vma = first_vma(list->m, list->page, &iter); vma;
	     vma = list->m->vm->kernel->i_mmap->next(&iter))
		list_vma(list, vma, idle);
}

/* -- what cannot be found --------------------------------------------------------------------- */

static const struct mm_struct *mm_of(const struct machine *m, u16 pid)
{
	const struct list_head *pos;

	list_for_each(pos, &m->vm->mms) {
		const struct mm_struct *mm = list_entry(pos, struct mm_struct, mms);

		if (mm->pid == pid)
			return mm;
	}
	return NULL;
}

bool file_rmap_misses(const struct machine *m, const struct page *page, const struct mapping *one,
		      bool idle)
{
	const struct mm_struct *mm = mm_of(m, one->pid);
	const struct vm_area_struct *vma;

	if (!mm || (!idle && mm_idle(mm)))
		return true;
	if (page_anon_of(m->vm, page) || page_swapcache_of(m->vm, page))
		return false;
	for (vma = mm->mmap; vma && vma->vm_end <= one->address; vma = vma->vm_next)
		;
	if (!vma || !vma->vm_file)
		return false;
	return !page->mapping /* truncated under its ptes */ || vma->vm_flags & VM_NONLINEAR;
}

bool anon_flag_check(const struct machine *m, struct rmap_flaw *flaw)
{
	u32 pfn;

	for (pfn = 0; pfn < m->nr_frames; pfn++) {
		const struct page *page = &m->vm->mem_map[pfn];

		if (test_bit(PG_anon, &page->flags) && !page->mapcount)
			return rmap_flawed(flaw, "PG_anon is set, and nobody maps the page", pfn,
					   page->flags);
	}
	return true;
}

bool nr_mapped_check(const struct machine *m, struct rmap_flaw *flaw)
{
	u32 pfn, mapped = 0;

	for (pfn = 0; pfn < m->nr_frames; pfn++)
		mapped += rmap_of(m->vm)->mapcount(m, &m->vm->mem_map[pfn]) != 0;
	if (mapped != m->vm->nr_mapped)
		return rmap_flawed(flaw, "frames that are mapped, nr_mapped", mapped,
				   m->vm->nr_mapped);
	return true;
}

/* -- the way there ---------------------------------------------------------------------------- */

void trail_step(struct trail *trail, struct rmap_step step)
{
	if (trail->n < trail->max)
		trail->out[trail->n] = step;
	trail->n++;
}

void trail_pte(struct trail *trail, const struct mm_struct *mm, u32 address, u8 depth)
{
	trail_step(trail, (struct rmap_step){
		.kind = STEP_PTE,
		.depth = depth,
		.maps = look_pte(trail->m, trail->page, mm, address) != NULL,
		.pid = mm->pid,
		.address = address,
	});
}

void trail_vma(struct trail *trail, const struct vm_area_struct *vma)
{
	u32 address = place_in(trail->page, vma);

	trail_step(trail, (struct rmap_step){
		.kind = STEP_VMA,
		.depth = 1,
		.pid = vma->vm_mm->pid,
		.id = vma->id,
		.start = vma->vm_start,
		.end = vma->vm_end,
		.address = address == NOT_IN_VMA ? 0 : address,
	});
	if (address != NOT_IN_VMA)
		trail_pte(trail, vma->vm_mm, address, 2);
}

static u32 vmas_of_page(const struct trail *trail)
{
	struct i_mmap_iter iter;
	u32 n = 0;

	if (first_vma(trail->m, trail->page, &iter))
		do
			n++;
		while (trail->m->vm->kernel->i_mmap->next(&iter));
	return n;
}

void trail_file(struct trail *trail)
{
	struct vm_area_struct *vma;
	struct i_mmap_iter iter;

	if (!has_file(trail->m, trail->page))
		return;
	trail_step(trail, (struct rmap_step){
		.kind = STEP_FILE,
		.id = trail->page->mapping->host->i_ino,
		.start = vmas_of_page(trail),
	});
	for (vma = first_vma(trail->m, trail->page, &iter); vma;
	     vma = trail->m->vm->kernel->i_mmap->next(&iter))
		trail_vma(trail, vma);
}
