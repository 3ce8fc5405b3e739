/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables as they lie in frames: entries of four bytes in two levels or, with PAE, of eight
 * bytes in three. For whoever walks them, processor, kernel or onlooker; none of this needs
 * `current`. Two levels are the special case in which the directory is one table:
 *
 *	                         4 bytes    8 bytes (PAE)
 *	entries of a table       1024       512
 *	a table maps             4 MiB      2 MiB
 *	tables of a process      0..1023    0..2047, entries 0..511 of each of the four pmds
 *	of user space            768        1536
 */
#ifndef I386_TABLE_H
#define I386_TABLE_H

#include "i386/pte.h"
#include "sim/machine.h"
#include "sim/words.h"

static inline u32 ptrs_per_pte(const struct machine *m)
{
	return PAE(m) ? 512 : 1024;
}

static inline u32 entry_bytes(const struct machine *m)
{
	return PAE(m) ? 8 : 4;
}

/* log2 of what a page table maps; historically PMD_SHIFT, which without a pmd is PGDIR_SHIFT. */
static inline u32 pmd_shift(const struct machine *m)
{
	return PAE(m) ? 21 : 22;
}

static inline u32 pmd_size(const struct machine *m)
{
	return 1u << pmd_shift(m);
}

static inline u32 pte_index_of(const struct machine *m, u32 address)
{
	return address >> PAGE_SHIFT & (ptrs_per_pte(m) - 1);
}

/* Which of the page tables of an address space maps address, and how many there can be. */
static inline u32 table_index_of(const struct machine *m, u32 address)
{
	return address >> pmd_shift(m);
}

static inline u32 user_tables(const struct machine *m)
{
	return TASK_SIZE >> pmd_shift(m);
}

static inline u32 all_tables(const struct machine *m)
{
	return user_tables(m) / 3 * 4;
}

/* What an entry says. PAE: low word first; who changes it at the same time is seen half-way. */
static inline pteval_t entry_get(const struct machine *m, const void *entry)
{
	const u32 *word = entry;

	if (PAE(m))
		return word[0] | (pteval_t)word[1] << 32;
	return word[0];
}

/* Entry i of a table that begins at table. */
static inline void *entry_at(const struct machine *m, const void *table, u32 i)
{
	return (char *)(uintptr_t)table + (size_t)i * entry_bytes(m);
}

/* A table in a frame; NULL where none can be: a wild CR3 or entry leads nowhere. */
static inline void *table_at(const struct machine *m, u32 pfn)
{
	return pfn < m->nr_frames && region_frame_real(m->region, pfn) ? machine_ram(m, pfn) : NULL;
}

/* The first entry from i on that is not empty, or ptrs_per_pte(): there is none. */
static inline u32 entry_next(const struct machine *m, const void *table, u32 i)
{
	u32 words = entry_bytes(m) / sizeof(u32);

	return word_next(table, i * words, ptrs_per_pte(m) * words) / words;
}

#define DIRECTORY_SHIFT 30 /* a pmd maps 1 GiB: PGDIR_SHIFT with PAE; without, there is but one */

/* A directory is a frame full of entries that name page tables: the pgd, or one of four pmds. */
static inline u32 nr_directories(const struct machine *m)
{
	return PAE(m) ? 4 : 1;
}

/* Directory nr of the address space at cr3, NULL: it is missing. With PAE, a pmd: table.c. */
void *pmd_at(const struct machine *m, u32 cr3, u32 nr);
static inline void *directory_at(const struct machine *m, u32 cr3, u32 nr)
{
	return PAE(m) ? pmd_at(m, cr3, nr) : table_at(m, cr3 >> PAGE_SHIFT);
}

/* Every page table of an address space, empty entries of the directory skipped. */
struct table_iter {
	const struct machine *m;
	u32 cr3, next;
	const void *directory;
	u32 base;     /* the first address that the table maps */
	pgdval_t pde; /* the entry that names it */
};
/* false: there are no more. */
bool table_next(struct table_iter *it);
#define table_foreach(it, machine, root) \
	for (*(it) = (struct table_iter){ .m = (machine), .cr3 = (root) }; table_next(it); )

/*
 * Where table i of the address space at cr3 is named: the pgd entry, or, with PAE, the pmd entry.
 * cr3 is a physical address, of a frame or, with PAE, of 32 bytes. NULL: nowhere, the directory or
 * the pmd is missing.
 */
static inline pgd_t *table_slot(const struct machine *m, u32 cr3, u32 i)
{
	u32 n = ptrs_per_pte(m);
	void *directory = directory_at(m, cr3, i / n);

	return directory ? entry_at(m, directory, i & (n - 1)) : NULL;
}
/* What it says; 0 also where there is no such place. */
pgdval_t table_pde(const struct machine *m, u32 cr3, u32 i);
/* The page table it names; NULL: none. */
pte_t *table_of(const struct machine *m, pgdval_t pgd);
/* The entry of address, NULL: no table; and what it says, RW and US ANDed with the pde's as the
 * processor sees them, 0: nothing. */
pte_t *table_pte(const struct machine *m, u32 cr3, u32 address);
pteval_t table_says(const struct machine *m, u32 cr3, u32 address);

#endif
