/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeping the TLBs honest. cpu_vm_mask of an mm has a bit for each cpu whose TLB may know it:
 *
 *	cpu runs a thread of the mm          flush the entry
 *	cpu borrows the page tables (lazy)   leave the mm: no tables, no entries, bit cleared
 *	cpu is not in the mask               nothing: it reloads CR3 before it uses the mm again
 *
 * A kernel thread has no address space; it goes on with whatever tables are loaded and never looks
 * at user addresses. So a process that runs again on the same cpu needs no CR3 reload, unless the
 * cpu had to leave the mm meanwhile.
 *
 * Source: 2.5.26 arch/i386/kernel/smp.c, include/asm-i386/{mmu_context,pgalloc}.h,
 * include/asm-generic/tlb.h.
 */
#include "i386/mmu.h"
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/tlb.h"

static void set_mask(struct mm_struct *mm, const struct cpu *cpu)
{
	mm->cpu_vm_mask |= 1u << cpu->id;
}

static void clear_mask(struct mm_struct *mm, const struct cpu *cpu)
{
	mm->cpu_vm_mask &= ~(1u << cpu->id);
}

/* -- which page tables are loaded ------------------------------------------------------------ */

static void reload_cr3(struct cpu *cpu, u32 cr3)
{
	load_cr3(cpu, cr3);
	count(tlb_flushes);
	charge(CR3_RELOAD);
	EV(TLB_FLUSH, 0, cpu->id);
}

/* No tables at all: what swapper_pg_dir has below PAGE_OFFSET. */
static void cpu_leave_mm(struct cpu *cpu)
{
	clear_mask(cpu->active_mm, cpu);
	cpu->active_mm = NULL;
	reload_cr3(cpu, 0);
}

void activate_mm(struct mm_struct *mm)
{
	struct cpu *cpu = current->cpu;

	if (cpu->active_mm == mm)
		return;
	if (cpu->active_mm)
		clear_mask(cpu->active_mm, cpu);
	cpu->active_mm = mm;
	set_mask(mm, cpu);
	reload_cr3(cpu, mm_cr3(mm));
}

void switch_mm(struct task_struct *next)
{
	next->cpu->curr = next;
	if (next->mm)
		activate_mm(next->mm);
}

void leave_mm(struct mm_struct *mm)
{
	struct machine *m = current->machine;
	u32 i;

	for (i = 0; i < m->config.cpus; i++)
		if (m->cpus[i]->active_mm == mm)
			cpu_leave_mm(m->cpus[i]);
}

/* -- flushing -------------------------------------------------------------------------------- */

/* What to flush: one address, or everything of the mm. */
struct flush {
	struct mm_struct *mm;
	bool all;
	u32 address;
};

static void flush_cpu(struct cpu *cpu, const struct flush *f)
{
	if (f->all) {
		reload_cr3(cpu, mm_cr3(f->mm));
		return;
	}
	tlb_invlpg(cpu, f->address);
	count(tlb_flushes);
	charge(INVLPG);
	EV(TLB_FLUSH, f->address, cpu->id);
}

static bool cpu_is_lazy(const struct cpu *cpu, const struct mm_struct *mm)
{
	return !cpu->curr || cpu->curr->mm != mm;
}

/* One cpu that may know the mm. A kernel for one processor has no lazy state to leave. */
static void flush_or_leave(struct cpu *cpu, const struct flush *f)
{
	if (current->machine->smp && cpu_is_lazy(cpu, f->mm))
		cpu_leave_mm(cpu);
	else
		flush_cpu(cpu, f);
}

static void flush_tlb(const struct flush *f)
{
	struct machine *m = current->machine;
	u32 i;

	sched_point(SP_TLB, f->mm);
	if (current->cpu->active_mm == f->mm)
		flush_or_leave(current->cpu, f);
	for (i = 0; i < m->config.cpus; i++) {
		if (m->cpus[i] == current->cpu || !(f->mm->cpu_vm_mask & 1u << i))
			continue;
		charge(IPI);
		flush_or_leave(m->cpus[i], f);
	}
}

void flush_tlb_page(struct vm_area_struct *vma, u32 address)
{
	FN;

	flush_tlb(&(struct flush){ .mm = vma->vm_mm, .address = address & PAGE_MASK });
}

void flush_tlb_mm(struct mm_struct *mm)
{
	FN;

	flush_tlb(&(struct flush){ .mm = mm, .all = true });
}

/* The i386 makes no difference. */
void flush_tlb_range(struct vm_area_struct *vma, u32 start, u32 end)
{
	(void)start;
	(void)end;
	flush_tlb_mm(vma->vm_mm);
}

/* -- gathering ------------------------------------------------------------------------------- */

/* 2.6 notes whether there is anything to flush. */
static bool notes_need(void)
{
	return VM->kernel->memory != &memory_2002;
}

static u32 gather_size(void)
{
	return notes_need() ? FREE_PTE_NR - 1 : FREE_PTE_NR;
}

bool tlb_init(void)
{
	struct machine *m = current->machine;
	u32 i;

	for (i = 0; m->smp && i < m->config.cpus; i++) {
		u32 *pfns = region_alloc(m->region, FREE_PTE_NR * sizeof(*pfns));

		if (!pfns)
			return false;
		VM->mmu_gathers[i].pfns = pfns;
	}
	return true;
}

/* The gather belongs to the cpu, so nobody else may run on it until it is finished. */
struct mmu_gather *tlb_gather_mmu(struct mm_struct *mm)
{
	struct mmu_gather *tlb = &VM->mmu_gathers[current->cpu_id];

	preempt_disable();
	BUG_ON(tlb->mm);
	tlb->mm = mm;
	tlb->nr = 0;
	tlb->freed = 0;
	tlb->need_flush = !notes_need();
	return tlb;
}

/* First no TLB knows the pages, then they are freed. */
static void tlb_flush_mmu(struct mmu_gather *tlb)
{
	FN;
	u32 i, nr = tlb->nr;

	if (!tlb->need_flush)
		return;
	tlb->need_flush = !notes_need();
	flush_tlb_mm(tlb->mm);
	tlb->nr = 0;
	if (notes_need()) {
		free_pages_and_swap_cache(tlb->pfns, nr);
		return;
	}
	for (i = 0; i < nr; i++)
		free_page_and_swap_cache(pfn_to_page(tlb->pfns[i]));
}

void tlb_gather_page(struct mmu_gather *tlb, struct page *page)
{
	tlb->pfns[tlb->nr++] = page_to_pfn(page);
	if (tlb->nr >= gather_size())
		tlb_flush_mmu(tlb);
}

/* rss never goes below zero: do_no_page counts reserved pages that zap does not take back. */
void tlb_finish_mmu(struct mmu_gather *tlb, u32 start, u32 end)
{
	struct mm_struct *mm = tlb->mm;

	(void)start;
	(void)end;
	mm->rss -= tlb->freed < mm->rss ? tlb->freed : mm->rss;
	tlb_flush_mmu(tlb);
	tlb->mm = NULL;
	preempt_enable();
}
