/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor: control registers, the walk, the TLB. It knows nothing of the kernel; it reads
 * and writes page-table frames in the machine's ram and reports faults.
 */
#ifndef I386_MMU_H
#define I386_MMU_H

#include "i386/pte.h"
#include "sim/machine.h"

/* page fault error code */
#define PF_PROT 1u   /* 0: the page was not present, 1: protection */
#define PF_WRITE 2u
#define PF_USER 4u

#define TLB_SETS 16
#define TLB_WAYS 4   /* 64 entries, as on a Pentium III */

#define CR0_WP (1u << 16)

/*
 * One TLB set keeps tags and entries apart so that the four tags are compared at once. A tag is
 * the virtual page number + 1 (0: empty). An entry is the pte as it was when it was loaded, with
 * RW and US already ANDed with the pde's. It stays until it is flushed or replaced, whatever
 * happens to the page table meanwhile: stale entries really are stale.
 */
struct tlb_set {
	u32 tag[TLB_WAYS];
	u32 entry[TLB_WAYS];
} __attribute__((aligned(16)));

struct cpu {
	u32 id;
	u32 cr0, cr2, cr3;        /* cr3: pfn of the page directory << 12 */
	u32 victim;               /* round robin replacement: two bits for each set */
	u32 error_code;           /* of the last fault */
	struct task_struct *curr; /* the thread on this cpu; NULL: idle */
	struct mm_struct *active_mm;
	struct tlb_set tlb[TLB_SETS];
	u64 accesses, hits;       /* counted here: the hit path touches nothing else */
};

/*
 * Translate one access of user code (or of the kernel on its behalf: user false).
 * Returns the pfn, or -1: a page fault; cr2 and error_code are set, and what the TLB had for the
 * address is dropped. Sets A in pde and pte, D in the pte on a write; a write through an entry
 * whose D is clear walks again. Never sleeps, but the update of A and D is a scheduling point.
 */
s64 mmu_translate(struct machine *m, struct cpu *cpu, u32 addr, bool write, bool user);

/* INVLPG, and what loading CR3 does: drop every entry that is not global. */
void tlb_invlpg(struct cpu *cpu, u32 addr);
void tlb_flush_all(struct cpu *cpu);
void load_cr3(struct cpu *cpu, u32 pgd_pfn);
/* The entry for addr or 0. For the tlb pane and the checker. */
u32 tlb_lookup(const struct cpu *cpu, u32 addr);

#endif
