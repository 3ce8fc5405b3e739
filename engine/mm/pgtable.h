/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page-table entries as the kernel handles them: every change is an event, get-and-clear is an
 * XCHG, test-and-clear a BTR. Source: 2.5.26 include/asm-i386/pgtable.h, asm-generic/rmap.h.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include "i386/table.h"
#include "mm/mm.h"

#define pfn_valid(pfn) ((pfn) < current->machine->nr_frames)
#define pte_page(pte) pfn_to_page(pte_pfn(pte))
#define mk_pte(page, prot) pfn_pte(page_to_pfn(page), prot)

/* A pte as a chain names it: its kernel address or, with highpte, where it lies in memory, since it
 * has no address most of the time (2.6.0 asm-i386/rmap.h). 0: none. 32 bits, 64 with PAE and
 * highpte. */
typedef u64 pte_addr_t;

enum km_type { KM_PTE0, KM_PTE1, KM_PTE2 };
/* The table of ptep, if it is in high memory, is mapped at a slot of this cpu. */
void kmap_atomic_pte(const pte_t *ptep, enum km_type type) __attribute__((cold));

/* Where p, which points into machine ram, lies in it. */
static inline u64 ram_offset(const void *p)
{
	return (u64)((const char *)p - current->machine->ram);
}

/* The struct page of the frame that holds this entry, and both directions of kernel addresses: p
 * points into machine ram, or is NULL, which is 0. */
static inline struct page *virt_to_page(const void *p)
{
	return pfn_to_page((u32)(ram_offset(p) >> PAGE_SHIFT));
}

static inline kaddr_t to_kaddr(const void *p)
{
	return p ? PAGE_OFFSET + (kaddr_t)ram_offset(p) : 0;
}

static inline void *from_kaddr(kaddr_t kaddr)
{
	return kaddr ? current->machine->ram + (kaddr - PAGE_OFFSET) : NULL;
}

static inline pte_addr_t ptep_to_paddr(const pte_t *ptep)
{
	u64 offset = ram_offset(ptep);

	return HIGHPTE(current->machine) ? offset : PAGE_OFFSET + (kaddr_t)offset;
}

static inline pte_t *rmap_ptep_map(pte_addr_t pte_paddr)
{
	pte_t *ptep;

	if (!HIGHPTE(current->machine))
		return from_kaddr((kaddr_t)pte_paddr);
	ptep = (pte_t *)(current->machine->ram + pte_paddr);
	kmap_atomic_pte(ptep, KM_PTE2);
	return ptep;
}

/*
 * What a run of plain entries goes by (mm/ptes_quiet.h). It is in registers: of struct machine the
 * compiler thinks that any store to an entry or a page might have changed it.
 */
struct plain_way {
	struct page *mem_map;
	u32 nr_frames;
	uintptr_t window;         /* where on the host kernel address 0 would be */
	kaddr_t free_node;        /* 2.5.27: the first of the freelist */
	struct kmem_cache *nodes; /* 2.6.0, 2.6.5: of the chains; NULL: do not ask it */
};

/* As from_kaddr and to_kaddr, of what is not NULL. */
static inline void *from_window(const struct plain_way *way, kaddr_t kaddr)
{
	return (void *)(way->window + kaddr);
}

static inline kaddr_t to_window(const struct plain_way *way, const void *p)
{
	return (kaddr_t)((uintptr_t)p - way->window);
}

static inline void *page_address(const struct page *page)
{
	return machine_ram(current->machine, page_to_pfn(page));
}

/* What an entry says now. Each call looks at memory anew. */
static inline pteval_t ptep_get(const pte_t *ptep)
{
	return entry_get(current->machine, ptep);
}

/* The same without a lock: whoever holds it may just be writing. */
static inline pteval_t ptep_get_once(const pte_t *ptep)
{
	sched_point(SP_RACY_READ, ptep);
	return ptep_get(ptep);
}

static inline pgdval_t pgd_get(const pgd_t *pgd)
{
	return entry_get(current->machine, pgd);
}

/* From one entry to the next; loops ask once how far that is. */
static inline u32 pte_stride(void)
{
	return entry_bytes(current->machine);
}

static inline pte_t *pte_step(const pte_t *ptep, u32 stride)
{
	return (pte_t *)((char *)(uintptr_t)ptep + stride);
}

/* Entry i from ptep on, in the same table. */
static inline pte_t *pte_at(const pte_t *ptep, u32 i)
{
	return entry_at(current->machine, ptep, i);
}

/* Which page table of an mm maps address; the stretch that one maps. */
static inline u32 table_index(u32 address)
{
	return table_index_of(current->machine, address);
}

/* The entry of the pgd itself, and how many page tables are behind it. */
static inline u32 pgd_index(u32 address)
{
	return address >> (PAE(current->machine) ? DIRECTORY_SHIFT : 22);
}

static inline u32 tables_per_pgd(void)
{
	return PAE(current->machine) ? ptrs_per_pte(current->machine) : 1;
}

static inline u32 pmd_mask(void)
{
	return ~(pmd_size(current->machine) - 1);
}

/* How many entries from one to the other, of the same table. */
static inline u32 pte_distance(const pte_t *from, const pte_t *to)
{
	return (u32)((const char *)to - (const char *)from) / pte_stride();
}

static inline pteval_t pgoff_to_pte(u32 pgoff)
{
	return pgoff_pte(current->machine->pae, pgoff);
}

/*
 * Nothing more than the two stores. PAE: the high word first, so that an entry that was not
 * present is complete when P is seen (smp_wmb between them: another cpu may look in between).
 */
static inline void entry_set(void *entry, pteval_t val)
{
	u32 *word = entry;

	if (PAE(current->machine)) {
		word[1] = (u32)(val >> 32);
		sched_point(SP_RACY_WRITE, entry);
	}
	word[0] = (u32)val;
}

/* Every event about a pte opens with whose it is and which address it maps; n more operands follow,
 * and, if they have any, their high words as operands 4 and 5. */
void pte_event(enum event_kind kind, const struct site *site, const pte_t *ptep, u32 n,
	       pteval_t a, pteval_t b) __attribute__((cold));

/* Store, exchange with 0, test and clear A or D, clear RW; page_table_lock held, but for young,
 * which the chain lock is enough for. The macros hand the site of the caller to the event. */
static inline void set_pte_at(const struct site *site, pte_t *ptep, pteval_t pte)
{
	pteval_t old = ptep_get(ptep);

	entry_set(ptep, pte);
	if (EVENTS_ON)
		pte_event(EV_PTE_SET, site, ptep, 2, old, pte);
}

/* A LOCK-prefixed instruction on a pte: one of the locked operations, and counted apart. */
static inline void locked_pte_op(enum sp_kind kind, const pte_t *ptep)
{
	if (SMP) {
		count(locked_pte_ops);
		locked_op_slow(kind, ptep);
	}
}

/* BTR. true: one of bits was set. */
static inline bool pte_test_and_clear(pte_t *ptep, u32 bits)
{
	u32 *low = (u32 *)ptep;
	bool set;

	locked_pte_op(SP_BITOP, ptep);
	set = *low & bits;
	*low &= ~bits;
	return set;
}

/* XCHG with 0; PAE: of the low word, then nobody uses the high one any more. */
static inline pteval_t ptep_get_and_clear_at(const struct site *site, pte_t *ptep)
{
	u32 *word = (u32 *)ptep;
	pteval_t old;

	locked_pte_op(SP_ATOMIC, ptep);
	old = word[0];
	word[0] = 0;
	if (PAE(current->machine)) {
		old |= (pteval_t)word[1] << 32;
		word[1] = 0;
	}
	if (EVENTS_ON)
		pte_event(EV_PTE_CLEAR, site, ptep, 1, old, 0);
	return old;
}

static inline bool ptep_test_and_clear_young_at(const struct site *site, pte_t *ptep)
{
	bool young = pte_test_and_clear(ptep, _PAGE_ACCESSED);

	if (EVENTS_ON)
		pte_event(EV_PTE_YOUNG, site, ptep, 1, young, 0);
	return young;
}

static inline bool ptep_test_and_clear_dirty_at(const struct site *site, pte_t *ptep)
{
	bool dirty = pte_test_and_clear(ptep, _PAGE_DIRTY);

	if (EVENTS_ON)
		pte_event(EV_PTE_CLEAN, site, ptep, 1, dirty, 0);
	return dirty;
}

static inline void ptep_set_wrprotect_at(const struct site *site, pte_t *ptep)
{
	pte_test_and_clear(ptep, _PAGE_RW);
	if (EVENTS_ON)
		pte_event(EV_PTE_WRPROTECT, site, ptep, 0, 0, 0);
}

#define set_pte(ptep, pte) AT_SITE(PTE_SET, set_pte_at(&lock_site_, ptep, pte))
#define pte_clear(ptep) set_pte(ptep, 0)
#define ptep_get_and_clear(ptep) AT_SITE(PTE_CLEAR, ptep_get_and_clear_at(&lock_site_, ptep))
#define ptep_test_and_clear_young(ptep) \
	AT_SITE(PTE_YOUNG, ptep_test_and_clear_young_at(&lock_site_, ptep))
#define ptep_test_and_clear_dirty(ptep) \
	AT_SITE(PTE_CLEAN, ptep_test_and_clear_dirty_at(&lock_site_, ptep))
#define ptep_set_wrprotect(ptep) AT_SITE(PTE_WRPROTECT, ptep_set_wrprotect_at(&lock_site_, ptep))
/* 2.6: and forget the translation, the young one only where the bit was set. */
#define ptep_clear_flush(vma, address, ptep) ({ \
	pteval_t pte_was_ = ptep_get_and_clear(ptep); \
	flush_tlb_page(vma, address); \
	pte_was_; })
#define ptep_clear_flush_young(vma, address, ptep) ({ \
	bool was_young_ = ptep_test_and_clear_young(ptep); \
	if (was_young_) \
		flush_tlb_page(vma, address); \
	was_young_; })

/* No page table behind a directory entry; a bad entry breaks the machine. */
bool pgd_none_or_bad(const pgd_t *pgd);
/* Where the page table of address ends, or the range that ends at end does. */
u32 pgd_end(u32 address, u32 end);

/* The lock that guards an entry: the mm's, or, where page tables have locks of their own (2.6.16
 * with four cpus and more), that of its table. */
spinlock_t *pte_lockptr(struct mm_struct *mm, const pte_t *ptep);

/* The entry of address with its lock taken; NULL: there is no page table, and no lock is held. */
pte_t *pte_offset_map_lock(struct mm_struct *mm, u32 address, spinlock_t **ptlp);

/* private of a frame that is a page table or a directory, so that inspection can tell. A pmd is
 * a directory, and its index is where its GiB begins. */
#define PTE_TABLE_PAGE 0x20657470u
#define PGD_TABLE_PAGE 0x20646770u

/* A zeroed frame for a page table, and the way back for one that was never used. NULL: no memory
 * in eleven tries with a second of sleep after each, as on the i386. */
struct page *pte_alloc_one(void);
void pte_free(struct page *page);
/* A page directory without an entry for mm, with PAE its three pmds too. false: no memory. */
bool pgd_alloc(struct mm_struct *mm);
void pgd_free(struct mm_struct *mm);
#define PAE_PGD_SIZE 32u
#define USER_PTRS_PER_PAE_PGD 3u
/* Boot. false: no memory. */
bool pgtable_init(void);

/* A page-table page knows its owner (seed 000, asm-generic/rmap.h). */
void pgtable_add_rmap(struct page *page, struct mm_struct *mm, u32 address);
void pgtable_remove_rmap(struct page *page);
struct mm_struct *ptep_to_mm(const pte_t *ptep);
u32 ptep_to_address(const pte_t *ptep);

#endif
