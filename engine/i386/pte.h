/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A linear address and the two tables it goes through (i386 without PAE):
 *
 *	 31            22 21            12 11             0
 *	+----------------+----------------+----------------+
 *	|  pgd index 10  |  pte index 10  |   offset 12    |
 *	+----------------+----------------+----------------+
 *	        |                |
 *	 CR3 -> pgd[index] ----> pte[index] ----> frame
 *
 * An entry (pde or pte) that the processor uses:
 *
 *	 31                      12 11  9  8  7  6  5  4   3   2  1  0
 *	+--------------------------+-----+--+--+--+--+---+---+--+--+--+
 *	|  frame number            | avl |G |PS|D |A |PCD|PWT|US|RW|P |
 *	+--------------------------+-----+--+--+--+--+---+---+--+--+--+
 *
 * When P is 0 all other bits belong to the kernel. A swapped-out page:
 *
 *	 31                       8  7  6      1  0
 *	+--------------------------+--+---------+--+
 *	|  slot                    | 0|  type   | 0|     2.5.26: type has six bits, 2.6: five
 *	+--------------------------+--+---------+--+
 */
#ifndef I386_PTE_H
#define I386_PTE_H

#include "sim/types.h"

typedef u32 pte_t;
typedef u32 pgd_t;   /* the pmd is folded into it, as on the real two-level i386 */
typedef u32 pgprot_t;

#define _PAGE_PRESENT 0x001u
#define _PAGE_RW 0x002u
#define _PAGE_USER 0x004u
#define _PAGE_PWT 0x008u
#define _PAGE_PCD 0x010u
#define _PAGE_ACCESSED 0x020u
#define _PAGE_DIRTY 0x040u
#define _PAGE_PSE 0x080u
#define _PAGE_GLOBAL 0x100u
#define _PAGE_PROTNONE 0x080u /* in a pte that is not present */

#define _PAGE_CHG_MASK (PAGE_MASK | _PAGE_ACCESSED | _PAGE_DIRTY)

#define _PAGE_TABLE (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define PAGE_NONE (_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_SHARED (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)
#define PAGE_COPY (_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define PAGE_READONLY (_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)

#define PGDIR_SHIFT 22
#define PGDIR_SIZE (1u << PGDIR_SHIFT)
#define PGDIR_MASK (~(PGDIR_SIZE - 1))
#define PTRS_PER_PGD 1024
#define PTRS_PER_PTE 1024
#define USER_PTRS_PER_PGD 768
#define TASK_SIZE 0xc0000000u
#define PAGE_OFFSET 0xc0000000u
#define TASK_UNMAPPED_BASE 0x40000000u

#define pgd_index(addr) ((addr) >> PGDIR_SHIFT)
#define pte_index(addr) ((addr) >> PAGE_SHIFT & (PTRS_PER_PTE - 1))

#define pte_none(pte) ((pte) == 0)
#define pte_present(pte) ((pte) & (_PAGE_PRESENT | _PAGE_PROTNONE))
#define pte_write(pte) ((pte) & _PAGE_RW)
#define pte_dirty(pte) ((pte) & _PAGE_DIRTY)
#define pte_young(pte) ((pte) & _PAGE_ACCESSED)
#define pte_pfn(pte) ((pte) >> PAGE_SHIFT)
#define pte_mkdirty(pte) ((pte) | _PAGE_DIRTY)
#define pte_mkclean(pte) ((pte) & ~_PAGE_DIRTY)
#define pte_mkyoung(pte) ((pte) | _PAGE_ACCESSED)
#define pte_mkold(pte) ((pte) & ~_PAGE_ACCESSED)
#define pte_mkwrite(pte) ((pte) | _PAGE_RW)
#define pte_wrprotect(pte) ((pte) & ~_PAGE_RW)
#define pte_modify(pte, prot) (((pte) & _PAGE_CHG_MASK) | (prot)) /* A and D stay */
#define pfn_pte(pfn, prot) ((pte_t)((pfn) << PAGE_SHIFT | (prot)))

/*
 * An entry that is not present and names a page of its vma's file (2.5.66: nonlinear mappings):
 * bit 6, with the page in bits 1-5 and 8-31. Swap entries leave bit 6 alone.
 */
#define _PAGE_FILE 0x40u
#define PTE_FILE_MAX_BITS 29
#define pte_file(pte) (!pte_present(pte) && ((pte) & _PAGE_FILE) != 0)
#define pte_to_pgoff(pte) (((pte) >> 1 & 0x1f) | ((pte) >> 8) << 5)
#define pgoff_to_pte(pgoff) ((pte_t)(((pgoff) & 0x1f) << 1 | (pgoff) >> 5 << 8 | _PAGE_FILE))

#define pgd_none(pgd) ((pgd) == 0)
#define pgd_bad(pgd) (((pgd) & ~PAGE_MASK & ~_PAGE_USER) != (_PAGE_TABLE & ~_PAGE_USER))
#define pgd_pfn(pgd) ((pgd) >> PAGE_SHIFT)

#endif
