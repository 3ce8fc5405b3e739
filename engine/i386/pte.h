/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A linear address and the tables it goes through. The i386 has two ways, fixed at boot:
 *
 *	 31            22 21            12 11             0
 *	+----------------+----------------+----------------+
 *	|  pgd index 10  |  pte index 10  |   offset 12    |	entries of 4 bytes
 *	+----------------+----------------+----------------+
 *	        |                |
 *	 CR3 -> pgd[index] ----> pte[index] ----> frame
 *
 *	 31 30 29         21 20           12 11            0
 *	+-----+-------------+---------------+---------------+
 *	|pgd 2| pmd index 9 |  pte index 9  |   offset 12   |	PAE: entries of 8 bytes
 *	+-----+-------------+---------------+---------------+
 *	   |        |               |
 *	CR3 -> pgd[0..3] -> pmd[index] -> pte[index] -> frame
 *
 * An entry that the processor uses; with PAE four more bits of frame number follow in the high
 * word:
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
 *
 * The same with PAE up to 2.6.8; from 2.6.9 on the low word is 0 and the high one says it all:
 *
 *	 63                             37 36    32 31              0
 *	+---------------------------------+--------+-----------------+
 *	|  slot                           |  type  |        0        |
 *	+---------------------------------+--------+-----------------+
 */
#ifndef I386_PTE_H
#define I386_PTE_H

#include "sim/types.h"

/*
 * An entry where it lies, in its table: four bytes or eight. Nothing but its address is ever used,
 * so the types have no members: what it says is read with ptep_get and pgd_get, and the next one
 * is found with pte_step. What an entry says is a pteval_t in either case.
 */
typedef struct pte_entry pte_t;
typedef struct pgd_entry pgd_t; /* the entry that names a page table: of the pmd, with PAE */
typedef unsigned long long pteval_t, pgdval_t;
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

#define PTE_FRAME_MASK 0xffffff000ull /* 36 bits of address */
#define _PAGE_CHG_MASK (PTE_FRAME_MASK | _PAGE_ACCESSED | _PAGE_DIRTY)

#define _PAGE_TABLE (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY)
#define PAGE_NONE (_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_SHARED (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED)
#define PAGE_COPY (_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
#define PAGE_READONLY (_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)

#define TASK_SIZE 0xc0000000u
#define PAGE_OFFSET 0xc0000000u
#define TASK_UNMAPPED_BASE 0x40000000u

#define pte_none(pte) ((pte) == 0)
#define pte_present(pte) (((pte) & (_PAGE_PRESENT | _PAGE_PROTNONE)) != 0)
#define pte_write(pte) (((pte) & _PAGE_RW) != 0)
#define pte_dirty(pte) (((pte) & _PAGE_DIRTY) != 0)
#define pte_young(pte) (((pte) & _PAGE_ACCESSED) != 0)
#define pte_pfn(pte) ((u32)((pteval_t)(pte) >> PAGE_SHIFT))
#define pte_mkdirty(pte) ((pte) | _PAGE_DIRTY)
#define pte_mkclean(pte) ((pte) & ~(pteval_t)_PAGE_DIRTY)
#define pte_mkyoung(pte) ((pte) | _PAGE_ACCESSED)
#define pte_mkold(pte) ((pte) & ~(pteval_t)_PAGE_ACCESSED)
#define pte_mkwrite(pte) ((pte) | _PAGE_RW)
#define pte_wrprotect(pte) ((pte) & ~(pteval_t)_PAGE_RW)
#define pte_modify(pte, prot) (((pte) & _PAGE_CHG_MASK) | (prot)) /* A and D stay */
#define pfn_pte(pfn, prot) ((pteval_t)(pfn) << PAGE_SHIFT | (prot))

/*
 * An entry that is not present and names a page of its vma's file (2.5.66: nonlinear mappings):
 * bit 6, with the page in bits 1-5 and 8-31, or, with PAE, in the high word. Swap entries leave
 * bit 6 alone. What is read back needs not be told which: the other place is 0.
 */
#define _PAGE_FILE 0x40u
#define pte_file_max_bits(pae) ((pae) ? 32u : 29u)
#define pte_file(pte) (!pte_present(pte) && ((pte) & _PAGE_FILE) != 0)

static inline u32 pte_to_pgoff(pteval_t pte)
{
	return (u32)(pte >> 32) | ((u32)pte >> 1 & 0x1f) | (u32)pte >> 8 << 5;
}

static inline pteval_t pgoff_pte(bool pae, u32 pgoff)
{
	if (pae)
		return (pteval_t)pgoff << 32 | _PAGE_FILE;
	return (pgoff & 0x1f) << 1 | pgoff >> 5 << 8 | _PAGE_FILE;
}

#define pgd_none(pgd) ((pgd) == 0)
#define pgd_bad(pgd) (((pgd) & ~PTE_FRAME_MASK & ~(pgdval_t)_PAGE_USER) != \
		      (_PAGE_TABLE & ~_PAGE_USER))
#define pgd_pfn(pgd) pte_pfn(pgd)

#endif
