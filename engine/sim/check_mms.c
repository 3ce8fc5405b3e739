/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checker's walk of every address space: vmas, directories, page tables. It leaves behind how
 * many present ptes name each frame, which ptes they are, and how many swap ptes name each slot.
 */
#include "check_impl.h"

#include <stdlib.h>

#include "i386/mmu.h"
#include "kernels.h"
#include "machine.h"
#include "mm/pgtable.h"

/* One address space, and the vma the entries of its page tables are compared with. */
struct walk {
	u32 pid;
	const struct mm_struct *mm;       /* NULL: it is being taken down */
	const struct vm_area_struct *vma; /* the first that ends behind the address */
	bool busy;
	u32 rss, tables;
};

/* -- what a pte says -------------------------------------------------------------------------- */

static bool room_for_pte(struct audit *a)
{
	struct found_pte *more;

	if (a->nr_ptes < a->max_ptes)
		return true;
	more = realloc(a->ptes, 2ul * a->max_ptes * sizeof(*more));
	if (!more) {
		a->no_memory = true;
		return false;
	}
	a->ptes = more;
	a->max_ptes *= 2;
	return true;
}

static bool tracked(const struct audit *a, u32 pfn)
{
	return !PageReserved(audit_page(a, pfn));
}

static void present_pte(struct audit *a, struct walk *w, u32 address, const pte_t *ptep)
{
	pteval_t pte = entry_get(a->m, ptep);
	u32 pfn = pte_pfn(pte);
	struct tally *f;

	if (pfn >= a->m->nr_frames) {
		broke(a, INV_PTE_FRAME, "pid %u, %08x: pte %08llx names no frame", w->pid,
		      address, pte);
		return;
	}
	if (!tracked(a, pfn)) {
		if (pte_write(pte))
			broke(a, INV_RESERVED, "pid %u, %08x: pte %08llx may write to page %u",
			      w->pid, address, pte, pfn);
		w->rss += a->vm->kernel->zero_page_counted && pfn == a->vm->zero_pfn;
		return;
	}
	if (!room_for_pte(a))
		return;
	a->ptes[a->nr_ptes++] = (struct found_pte){ pfn, ptep };
	w->rss++;
	f = &a->frames[pfn];
	f->ptes++;
	f->dirty_pte |= pte_dirty(pte) != 0;
	if (pte_write(pte) && w->vma && !(w->vma->vm_flags & VM_SHARED) && !w->busy)
		f->exclusive = true;
}

/* A pte that says which page of the file is meant: only remap_file_pages leaves those, where it
 * says something else than the vma, or did not want to wait for the page (MAP_NONBLOCK). */
static void file_pte(struct audit *a, const struct walk *w, u32 address, pteval_t pte)
{
	const struct vm_area_struct *vma = w->vma;

	if (!w->busy && vma && !(vma->vm_flags & VM_NONLINEAR) &&
	    pte_to_pgoff(pte) != vma->vm_pgoff + ((address - vma->vm_start) >> PAGE_SHIFT))
		broke(a, INV_PTE_VMA, "pid %u, %08x: file pte %08llx in a linear mapping", w->pid,
		      address, pte);
}

static void swap_pte(struct audit *a, const struct walk *w, u32 address, pteval_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);
	u32 type = SWP_TYPE(entry), slot = SWP_OFFSET(entry);

	if (type < a->vm->nr_swapfiles && slot && slot < a->vm->swap_info[type].max)
		a->slots[type][slot]++;
	else
		broke(a, INV_SWAP_RANGE, "pid %u, %08x: pte %08llx names slot %u:%u", w->pid,
		      address, pte, type, slot);
}

/* A page that truncation missed because it was mapped nonlinearly has no file any more, and up to
 * 2.6.5 is swapped like an anonymous one. */
static bool lost_its_file(const struct audit *a, pteval_t pte)
{
	(void)pte;
	return a->vm->kernel->anon_mark <= ANON_CHAINED && a->vm->kernel->nonlinear;
}

/* Does the vma at this address, if any, allow the entry? */
static void allowed(struct audit *a, const struct walk *w, u32 address, pteval_t pte)
{
	const struct vm_area_struct *vma = w->vma;

	if (!vma || vma->vm_start > address)
		broke(a, INV_PTE_VMA, "pid %u, %08x: pte %08llx lies in no vma", w->pid, address,
		      pte);
	else if (pte_present(pte) && pte_write(pte) && !(vma->vm_flags & VM_WRITE))
		broke(a, INV_PTE_VMA, "pid %u, %08x: pte %08llx may write, the vma may not",
		      w->pid, address, pte);
	else if (!pte_present(pte) && !pte_file(pte) && vma->vm_flags & VM_SHARED &&
		 !lost_its_file(a, pte))
		broke(a, INV_PTE_VMA, "pid %u, %08x: pte %08llx swaps shared memory", w->pid,
		      address, pte);
}

static void one_pte(struct audit *a, struct walk *w, u32 address, const pte_t *ptep)
{
	pteval_t pte = entry_get(a->m, ptep);

	while (w->vma && w->vma->vm_end <= address && w->vma->vm_end)
		w->vma = w->vma->vm_next;
	if (!w->busy)
		allowed(a, w, address, pte);
	if (pte_present(pte))
		present_pte(a, w, address, ptep);
	else if (pte_file(pte))
		file_pte(a, w, address, pte);
	else
		swap_pte(a, w, address, pte);
}

/* -- tables ----------------------------------------------------------------------------------- */

static void one_table(struct audit *a, struct walk *w, u32 base, const pte_t *table)
{
	u32 i, n = ptrs_per_pte(a->m);

	for (i = entry_next(a->m, table, 0); i < n; i = entry_next(a->m, table, i + 1))
		one_pte(a, w, base + (i << PAGE_SHIFT), entry_at(a->m, table, i));
}

/* The frame behind a directory entry, if it is what it should be. */
static const pte_t *table_behind(struct audit *a, const struct walk *w, u32 base, pgdval_t pgd)
{
	u32 pfn = pgd_pfn(pgd);
	const struct page *page;

	if (pgd_bad(pgd) || pfn >= a->m->nr_frames || !region_frame_real(a->m->region, pfn)) {
		broke(a, INV_TABLES, "pid %u, %08x: pde %08llx leads to no page table", w->pid,
		      base, pgd);
		return NULL;
	}
	page = audit_page(a, pfn);
	if (page->private != PTE_TABLE_PAGE || page->index != base ||
	    (w->mm && (const void *)page->mapping != w->mm))
		broke(a, INV_TABLES, "pid %u, %08x: page table %u is not marked as this mm's",
		      w->pid, base, pfn);
	if (a->frames[pfn].role != ROLE_NONE)
		broke(a, INV_TABLES, "pid %u, %08x: frame %u is used twice", w->pid, base, pfn);
	a->frames[pfn].role = ROLE_TABLE;
	return machine_ram(a->m, pfn);
}

static void one_pde(struct audit *a, struct walk *w, u32 i, pgdval_t pgd)
{
	u32 base = i << pmd_shift(a->m);
	const pte_t *table = table_behind(a, w, base, pgd);

	if (i >= user_tables(a->m))
		broke(a, INV_TABLES, "pid %u: pde %u of kernel space is set", w->pid, i);
	if (!table)
		return;
	a->frames[pgd_pfn(pgd)].busy = w->busy;
	w->tables++;
	one_table(a, w, base, table);
}

/* Directory nr of an address space; NULL: it is missing, as that of kernel space is with PAE. */
static void one_directory(struct audit *a, struct walk *w, u32 nr, const void *directory)
{
	u32 i, n = ptrs_per_pte(a->m);

	if (!directory)
		return;
	a->frames[((const char *)directory - a->m->ram) >> PAGE_SHIFT].role = ROLE_PGD;
	for (i = entry_next(a->m, directory, 0); i < n; i = entry_next(a->m, directory, i + 1))
		one_pde(a, w, nr * n + i, entry_get(a->m, entry_at(a->m, directory, i)));
}

/* -- vmas ------------------------------------------------------------------------------------- */

static void one_vma(struct audit *a, const struct vm_area_struct *vma, u32 from)
{
	u32 pid = vma->vm_mm->pid;

	if (vma->vm_start < from || vma->vm_start >= vma->vm_end || vma->vm_end > TASK_SIZE ||
	    (vma->vm_start | vma->vm_end) & ~PAGE_MASK)
		broke(a, INV_VMAS, "pid %u: vma %08x-%08x after %08x", pid, vma->vm_start,
		      vma->vm_end, from);
	if (!kmem_cache_owns(a->vm->vm_area_cachep, vma))
		broke(a, INV_VMAS, "pid %u: vma %08x-%08x was freed", pid, vma->vm_start,
		      vma->vm_end);
}

static void vmas_of(struct audit *a, const struct mm_struct *mm, bool busy)
{
	const struct vm_area_struct *vma;
	u32 n = 0, pages = 0, locked = 0, end = 0;

	for (vma = mm->mmap; vma; vma = vma->vm_next, n++) {
		if (vma->vm_mm != mm) {
			broke(a, INV_VMAS, "pid %u: vma %08x-%08x belongs to another", mm->pid,
			      vma->vm_start, vma->vm_end);
			break;
		}
		one_vma(a, vma, end);
		end = vma->vm_end;
		pages += (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
		if (vma->vm_flags & VM_LOCKED)
			locked += (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
	}
	a->nr_vmas += n;
	if (!busy && (n != mm->map_count || pages != mm->total_vm || locked != mm->locked_vm))
		broke(a, INV_VMAS, "pid %u: %u vmas, %u pages, %u locked; the mm says %u, %u, %u",
		      mm->pid, n, pages, locked, mm->map_count, mm->total_vm, mm->locked_vm);
}

/* -- all of them ------------------------------------------------------------------------------ */

static void one_mm(struct audit *a, const struct mm_struct *mm)
{
	struct walk w = { .pid = mm->pid, .mm = mm, .vma = mm->mmap, .busy = mm_busy(a, mm) };
	u32 nr;

	vmas_of(a, mm, w.busy);
	if (mm->pgd_pfn >= a->m->nr_frames || !region_frame_real(a->m->region, mm->pgd_pfn)) {
		broke(a, INV_TABLES, "pid %u has no page directory", mm->pid);
		return;
	}
	for (nr = 0; nr < nr_directories(a->m); nr++)
		one_directory(a, &w, nr, directory_at(a->m, mm_cr3(mm), nr));
	if (!w.busy && w.rss != mm_rss(mm))
		broke(a, INV_RSS, "pid %u: %u pages are present, rss is %u", mm->pid, w.rss,
		      mm_rss(mm));
	if (!w.busy && w.tables != mm->nr_ptes)
		broke(a, INV_TABLES, "pid %u: %u page tables, nr_ptes is %u", mm->pid, w.tables,
		      mm->nr_ptes);
}

/*
 * exit takes its mm off the list before it takes it down, and fork fills a directory before it is
 * on the list: until then they are found by their page directories.
 */
static void unlisted_mms(struct audit *a)
{
	u32 pfn, nr;

	for (pfn = 0; pfn < a->m->nr_frames; pfn++) {
		struct walk w = { .busy = true };

		if (audit_page(a, pfn)->private != PGD_TABLE_PAGE || a->frames[pfn].role ||
		    page_count(audit_page(a, pfn)) != 1 || audit_page(a, pfn)->mapping ||
		    !region_frame_real(a->m->region, pfn))
			continue;
		nr = a->m->pae ? audit_page(a, pfn)->index >> DIRECTORY_SHIFT : 0;
		one_directory(a, &w, nr, machine_ram(a->m, pfn));
	}
}

/* The hand of swap_out points at an mm of the list or at its head, and where it goes on in each is
 * an address of a page. */
static void audit_hand(struct audit *a)
{
	const struct list_head *pos;
	bool there = !a->vm->swap_mm;

	if (!a->vm->kernel->vmscan->virtual_scan)
		return;
	list_for_each(pos, &a->vm->mmlist) {
		const struct mm_struct *mm = list_entry(pos, struct mm_struct, mmlist);

		there |= mm == a->vm->swap_mm;
		if (mm->swap_address & ~PAGE_MASK || mm->swap_address > TASK_SIZE)
			broke(a, INV_MMLIST, "swap_out would go on at %08x of pid %u",
			      mm->swap_address, mm->pid);
	}
	if (!there)
		broke(a, INV_MMLIST, "swap_mm is on mmlist no more");
}

/* Every process that lives has an mm on the list; what else is on it is being made or taken
 * down. */
static void audit_owners(struct audit *a)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &a->m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		if (!t->mm || t->state == TASK_ZOMBIE)
			continue;
		n++;
		if (list_empty(&t->mm->mmlist) && !a->vm->kernel->mmlist_swapped)
			broke(a, INV_MMLIST, "the mm of %s (pid %u) is not on mmlist", t->comm,
			      t->pid);
		if (!kmem_cache_owns(a->vm->mm_cachep, t->mm))
			broke(a, INV_MMLIST, "the mm of %s (pid %u) was freed", t->comm, t->pid);
	}
	if (a->nr_mms != a->vm->mmlist_nr && !a->vm->kernel->mmlist_swapped)
		broke(a, INV_MMLIST, "%u mms on mmlist, mmlist_nr is %u", a->nr_mms,
		      a->vm->mmlist_nr);
	audit_hand(a);
	if (audit_idle(a) && n != a->nr_mms)
		broke(a, INV_MMLIST, "%u processes, but %u mms", n, a->nr_mms);
}

static void sort_ptes(struct audit *a)
{
	struct found_pte *sorted = malloc((a->nr_ptes + 1ul) * sizeof(*sorted));
	u32 i, sum = 0;

	if (!sorted) {
		a->no_memory = true;
		return;
	}
	for (i = 0; i < a->m->nr_frames; i++) {
		a->frames[i].first = sum;
		sum += a->frames[i].ptes;
		a->frames[i].ptes = 0;
	}
	for (i = 0; i < a->nr_ptes; i++) {
		struct tally *f = &a->frames[a->ptes[i].pfn];

		sorted[f->first + f->ptes++] = a->ptes[i];
	}
	free(a->ptes);
	a->ptes = sorted;
}

void audit_mms(struct audit *a)
{
	const struct list_head *pos;

	list_for_each(pos, &a->vm->mms) {
		a->nr_mms++;
		one_mm(a, list_entry(pos, struct mm_struct, mms));
	}
	audit_owners(a);
	if (!audit_idle(a))
		unlisted_mms(a);
	if (!a->no_memory)
		sort_ptes(a);
}

/* -- what the processors remember ------------------------------------------------------------- */

static const struct mm_struct *mm_of_cr3(const struct audit *a, u32 cr3)
{
	const struct list_head *pos;

	list_for_each(pos, &a->vm->mms) {
		const struct mm_struct *mm = list_entry(pos, struct mm_struct, mms);

		if (mm_cr3(mm) == cr3)
			return mm;
	}
	return NULL;
}

/* The accessed bit may be gone since: the kernel of 2002 does not flush for it. */
static void one_entry(struct audit *a, const struct cpu *cpu, const struct mm_struct *mm,
		      u32 address, pteval_t entry)
{
	pteval_t now = table_says(a->m, mm_cr3(mm), address);
	pteval_t rights = _PAGE_RW | _PAGE_USER | _PAGE_DIRTY;

	if (!(now & _PAGE_PRESENT) || pte_pfn(now) != pte_pfn(entry) || entry & rights & ~now)
		broke(a, INV_TLB, "cpu %u: the TLB has %08llx for %08x of pid %u, the table "
		      "%08llx",
		      cpu->id, entry, address, mm->pid, now);
}

/* Its ptes are being cleared, perhaps by somebody else; the flush comes at the end. */
static bool is_gathered(const struct audit *a, const struct mm_struct *mm)
{
	u32 i;

	for (i = 0; i < a->m->config.cpus; i++)
		if (a->vm->mmu_gathers[i].mm == mm)
			return true;
	return false;
}

static void one_tlb(struct audit *a, const struct cpu *cpu)
{
	const struct mm_struct *mm = mm_of_cr3(a, cpu->cr3);
	u32 set, way;

	/* fork flushes when it is through, and the process itself runs no code until then. While it
	 * is taken down a directory stays loaded until just before it is freed. */
	if (mm ? mm_busy(a, mm) || mm->mmap_sem.count < 0 || is_gathered(a, mm)
	       : a->running && (a->m->pae ||
				      a->frames[cpu->cr3 >> PAGE_SHIFT].role == ROLE_PGD))
		return;
	for (set = 0; set < TLB_SETS; set++)
		for (way = 0; way < TLB_WAYS; way++) {
			pteval_t entry = tlb_entry(&cpu->tlb[set], way);
			u32 tag = cpu->tlb[set].tag[way];

			if (tag && mm)
				one_entry(a, cpu, mm, (tag - 1) << PAGE_SHIFT, entry);
			else if (tag)
				broke(a, INV_TLB, "cpu %u: the TLB has %08llx"
				      " of an mm that is gone",
				      cpu->id, entry);
		}
}

void audit_tlbs(struct audit *a)
{
	u32 i;

	for (i = 0; i < a->m->config.cpus; i++)
		if (a->m->cpus[i])
			one_tlb(a, a->m->cpus[i]);
}
