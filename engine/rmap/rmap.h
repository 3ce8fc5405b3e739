/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the kernel and a generation of reverse mapping. mm/ calls these functions
 * by their historical names and never sees the generation behind them.
 */
#ifndef RMAP_RMAP_H
#define RMAP_RMAP_H

#include "mm/mm.h"

#define SWAP_SUCCESS 0
#define SWAP_AGAIN 1
#define SWAP_FAIL 2
#define SWAP_ERROR 3

/* One mapping of a page, as an rmap or the oracle finds it. */
struct mapping {
	u16 pid;      /* of the mm */
	u32 address;
	kaddr_t node; /* the piece of the generation's structure that said so; 0: the oracle */
	pte_t *ptep;
};

/* What is wrong with a structure: a constant sentence and two kernel addresses or counts. */
struct rmap_flaw {
	const char *text;
	u32 a, b;
};

struct rmap_ops {
	const char *name;      /* "pte_chain" */
	const char *file;      /* "engine/rmap/2002b_pte_chain.c" */
	const char *idea;      /* one sentence */
	u32 bytes_per_mapping; /* modelled, for a shared page */

	/* Boot. */
	void (*init)(void);
	/* *ptep maps page from now on / no longer. page_table_lock of the mm held. */
	void (*page_add_rmap)(struct page *page, pte_t *ptep);
	void (*page_remove_rmap)(struct page *page, pte_t *ptep);
	/* Test and clear every reference; how many there were. Chain lock held. */
	int (*page_referenced)(struct page *page);
	/* Remove every mapping. LRU lock, page lock and chain lock held. SWAP_*. */
	int (*try_to_unmap)(struct page *page);
	/* Does anybody map it? */
	bool (*page_mapped)(const struct page *page);

	/* Inspection, changing nothing, host side; the machine is given: current is not set. */
	/* Mappings in the order the kernel would visit them; max are written, all counted. */
	u32 (*walk)(const struct machine *m, const struct page *page, struct mapping *out, u32 max);
	u32 (*mapcount)(const struct machine *m, const struct page *page);
	/* Is the structure of one page sound? False: flaw says what is wrong with it. Holds after
	 * every event. */
	bool (*check)(const struct machine *m, const struct page *page, struct rmap_flaw *flaw);
	/* The same for what belongs to no page (freelists). mappings: how many walk() finds of all
	 * pages; in_flight: threads that may hold a piece that is not hooked up yet. */
	bool (*check_all)(const struct machine *m, u32 mappings, u32 in_flight,
			  struct rmap_flaw *flaw);
};

/* private of a frame that was turned into pte_chain nodes, so that inspection can tell. */
#define PTE_CHAIN_PAGE 0x6e696863u

/* Every generation that is compiled in, in order of time; ends with NULL. */
extern const struct rmap_ops *const rmap_generations[];

/*
 * The kernel's entry points: registry.c hands each call to the generation of the machine's kernel.
 * A generation defines RMAP_GENERATION before it includes this header: its own static functions
 * then carry the historical names, and so do its frames on the modelled call stack.
 */
#ifndef RMAP_GENERATION
void page_add_rmap(struct page *page, pte_t *ptep);
void page_remove_rmap(struct page *page, pte_t *ptep);
int page_referenced(struct page *page);
int try_to_unmap(struct page *page);
bool page_mapped(const struct page *page);
#endif

/* registry.c: the generation's init, at boot. */
void rmap_init(void);

/* oracle.c: every present pte of every mm that maps the frame, by walking everything; by pid, then
 * address. At most max written, all counted. */
u32 oracle_mappers(const struct machine *m, u32 pfn, struct mapping *out, u32 max);

#endif
