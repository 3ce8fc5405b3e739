/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the kernel and a generation of reverse mapping. mm/ calls these functions
 * by their historical names and never sees the generation behind them.
 *
 * The same event has had other names and arguments over the years:
 *
 *	                      2.5.27         2.6.0 - 2.6.5      from 2.6.7
 *	first pte of a page   page_add_rmap  page_add_rmap      page_add_anon_rmap, _file_rmap
 *	one more, by fork     page_add_rmap  page_add_rmap      page_dup_rmap
 *	needs beforehand      nothing        a pte_chain node   the vma's anon_vma
 *	a vma appears ...     nothing        nothing            anon_vma_link, _unlink, _merge
 *
 * So the entry points here take everything that some kernel wants, and a generation uses what it
 * knows. The functions with the historical arguments are the generation's own.
 */
#ifndef RMAP_RMAP_H
#define RMAP_RMAP_H

#include "mm/vm.h"
#include "sim/trail.h"

#define SWAP_SUCCESS 0
#define SWAP_AGAIN 1
#define SWAP_FAIL 2
#define SWAP_ERROR 3

/* One mapping of a page, as an rmap or the oracle finds it. */
struct mapping {
	u16 pid;      /* of the mm */
	u32 address;
	kaddr_t node; /* the piece of the generation that said so; 0: none, or the oracle */
	pte_t *ptep;
};

/* What is wrong with a structure: a constant sentence and two kernel addresses or counts. */
struct rmap_flaw {
	const char *text;
	u32 a, b;
};

/* What a caller has in hand before it takes locks under which it may not sleep. Zero: nothing. */
struct rmap_ready {
	kaddr_t pte_chain; /* a free node, 2.6.0 to 2.6.5 */
};

struct pte_copy;
struct pte_zap;

struct rmap_ops {
	const char *name;      /* "pte_chain" */
	const char *file;      /* "engine/rmap/2002b_pte_chain.c" */
	const char *idea;      /* one sentence */
	bool blind;            /* it keeps nothing at all: no page knows its mappings, nor how many
				* (2.5.26). walk and mapcount say 0, misses says so of each */
	u32 bytes_per_mapping; /* modelled, for a shared page; 0: nothing is kept per mapping */
	u32 unmapped;          /* the word of struct page that says who maps it, when nobody does:
				* what it is at boot, and again when the page is freed */

	/* Boot. false or NULL: no memory, or nothing to do. */
	bool (*init)(void);

	/*
	 * Get ready to map an anonymous page or one more page in vma. Sleeps when gfp_mask has
	 * __GFP_WAIT: mmap_sem held, no spinlock. 0 or -ENOMEM. May be called with ready filled.
	 * release gives back what was not used. NULL: this kernel has nothing to get ready.
	 */
	int (*prepare)(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask);
	void (*release)(struct rmap_ready *ready);

	/*
	 * *ptep, the entry of address in vma, maps page from now on. The lock of the page table is
	 * held. ready was filled by prepare, and is emptied when a piece of it is used. _dup_:
	 * fork, for a page that is mapped already. _new_: nobody else can see the page yet
	 * (2.6.16).
	 */
	void (*page_add_anon_rmap)(struct page *page, struct vm_area_struct *vma, u32 address,
				   pte_t *ptep, struct rmap_ready *ready);
	void (*page_add_new_anon_rmap)(struct page *page, struct vm_area_struct *vma, u32 address,
				       pte_t *ptep, struct rmap_ready *ready);
	void (*page_add_file_rmap)(struct page *page, struct vm_area_struct *vma, u32 address,
				   pte_t *ptep, struct rmap_ready *ready);
	void (*page_dup_rmap)(struct page *page, struct vm_area_struct *vma, u32 address,
			      pte_t *ptep, struct rmap_ready *ready);
	/* No longer; the pte is cleared already or about to be, under the same lock. */
	void (*page_remove_rmap)(struct page *page, pte_t *ptep);

	/*
	 * The loops that call these two most, around them: copy or clear the entries of
	 * [address, end), which lies in one page table (mm/ptes.h). Return how far they came,
	 * which may be before end: look at what the era's loop stops for, and go on. Never sleep.
	 */
	u32 (*copy_ptes)(struct pte_copy *c, u32 address, u32 end);
	u32 (*zap_ptes)(struct pte_zap *z, u32 address, u32 end);

	/*
	 * Test and clear every reference; how many there were. Up to 2.6.8 the chain or map lock is
	 * held; is_locked: the caller has the page lock (from seed 001 on).
	 */
	int (*page_referenced)(struct page *page, bool is_locked);
	/* Remove every mapping. Page lock held, and the chain or map lock up to 2.6.8. SWAP_*. */
	int (*try_to_unmap)(struct page *page);
	/* Does anybody map it? */
	bool (*page_mapped)(const struct page *page);
	/* The chain or map lock of vmscan around these three; NULL: there is none (seed 001). */
	bool has_map_lock;

	/*
	 * vmas and their anon_vma, from 2.6.8 on; NULL: nothing to do. mmap_sem is held for
	 * writing. mm/mmap_2004.c calls them, and there are two ways:
	 *
	 *	anon_vma_clones   false: 2.6.8 to 2.6.16        true: 4.0
	 *	link, import      anon_vma lock held (_lock),   before any spinlock: may sleep,
	 *	                  cannot fail                   locks for itself, 0 or -ENOMEM
	 *	merge             anon_vma lock held            after the locks are dropped
	 *
	 * link: vma is a copy of from in the same mm (split, mremap), with from's anon_vma pointer
	 * and on no list yet (anon_vma_node, anon_vma_chain are empty); from may have no anon_vma.
	 * import: importer is about to take over pages of exporter, which has an anon_vma; importer
	 * has none and gets it. merge: vma has taken over all of next, which is freed afterwards:
	 * next leaves its anon_vma; in 2.6.9 a vma without anon_vma adopts next's here (no import
	 * came before, see mmap_ops). fork: vma is a copy of pvma in a child, no lock held, before
	 * any pte is copied: 0 or -ENOMEM, then vma is freed. unlink: vma goes away, no lock held
	 * but perhaps the cpu must not be given up (up to 2.6.16). lock, unlock: the anon_vma of
	 * vma; none: nothing.
	 */
	bool anon_vma_clones;
	int (*anon_vma_link)(struct vm_area_struct *vma, struct vm_area_struct *from);
	int (*anon_vma_fork)(struct vm_area_struct *vma, struct vm_area_struct *pvma);
	void (*anon_vma_unlink)(struct vm_area_struct *vma);
	void (*anon_vma_merge)(struct vm_area_struct *vma, struct vm_area_struct *next);
	int (*anon_vma_import)(struct vm_area_struct *importer, struct vm_area_struct *exporter);
	void (*anon_vma_lock)(struct vm_area_struct *vma);
	void (*anon_vma_unlock)(struct vm_area_struct *vma);
	/* May a vma with anon_vma a and one with b become one? vma: the one of the two that is
	 * there already and has b, NULL: both are. NULL hook: if one is NULL or both are the
	 * same. 4.0 also wants vma's chain to have a single link (965f55dea0e3). */
	bool (*anon_vma_compatible)(const struct anon_vma *a, const struct anon_vma *b,
				    const struct vm_area_struct *vma);
	/* Around a change of borders that an index depends on (interval tree of 4.0); lock held. */
	void (*vma_pre_update)(struct vm_area_struct *vma);
	void (*vma_post_update)(struct vm_area_struct *vma);

	/* Address spaces: 2.6.7-anonmm. fork: -ENOMEM or 0. NULL: nothing to do. */
	int (*exec_rmap)(struct mm_struct *mm);
	int (*dup_rmap)(struct mm_struct *mm, struct mm_struct *oldmm);
	void (*exit_rmap)(struct mm_struct *mm);

	/*
	 * mremap is about to move the pte of page to new_address; -EAGAIN: it cannot be said of
	 * this page where it is now, make it exclusive first (2.6.7-anonmm). NULL: any page can
	 * move.
	 */
	int (*mremap_move)(struct page *page, u32 new_address);
	/* A page came back from swap: can it be mapped at address, or must it be copied at once? */
	bool (*swapin_must_copy)(const struct page *page, struct vm_area_struct *vma, u32 address);
	/* do_wp_page found the page to be the vma's alone and keeps it (4.0:
	 * page_move_anon_rmap). */
	void (*page_reused)(struct page *page, struct vm_area_struct *vma, u32 address);
	/* install_page is about to map a page where its vma does not say (2.6.5:
	 * page_convert_anon). Page locked; may sleep. 0 or -ENOMEM. */
	int (*page_convert_anon)(struct page *page);
	/* The page goes back to the allocator (2.6.5 clears PG_anon, seed 001 the mapping). */
	void (*page_freed)(struct page *page);
	/* swapoff: the address in vma where page would be; false: not in this vma. Any thread. */
	bool (*page_address_in_vma)(const struct page *page, const struct vm_area_struct *vma,
				    u32 *address);

	/* Inspection, changing nothing, host side; the machine is given: current is not set. */
	/* Mappings in the order the kernel would visit them; max are written, all counted. */
	u32 (*walk)(const struct machine *m, const struct page *page, struct mapping *out, u32 max);
	u32 (*mapcount)(const struct machine *m, const struct page *page);
	/* Does this generation say itself that it cannot find this mapping (a row of
	 * kernel->missed)? NULL: it finds all but reserved pages. */
	bool (*misses)(const struct machine *m, const struct page *page, const struct mapping *one);
	/* Is the structure of one page sound? False: flaw says what is wrong with it. Holds after
	 * every event. */
	bool (*check)(const struct machine *m, const struct page *page, struct rmap_flaw *flaw);
	/* The same for what belongs to no page (freelists, anon_vmas). mappings: how many walk()
	 * finds of all pages; in_flight: threads that may hold a piece that is not hooked up
	 * yet. */
	bool (*check_all)(const struct machine *m, u32 mappings, u32 in_flight,
			  struct rmap_flaw *flaw);
	/* The way from page to each of its ptes, for the rmap pane: steps in the order of a
	 * walk, at most max written, all counted. NULL: the pane draws what walk() finds. */
	u32 (*trail)(const struct machine *m, const struct page *page, struct rmap_step *out,
		     u32 max);
};

/* private of a frame that was turned into pte_chain nodes, so that inspection can tell. */
#define PTE_CHAIN_PAGE 0x6e696863u

/* Every generation that is compiled in, in order of time; ends with NULL. */
extern const struct rmap_ops *const rmap_generations[];

/* How a generation names its table, which the quiet flavour of it has, too (sim/machine.h). */
#ifdef QUIET
#define RMAP_TABLE(generation) quiet_##generation
#else
#define RMAP_TABLE(generation) rmap_##generation
#endif

/*
 * The kernel's entry points: registry.c hands each call to the generation of the machine's kernel,
 * and answers 0 where the generation has nothing to do. A generation defines RMAP_GENERATION before
 * it includes this header: its own static functions then carry the historical names, and so do its
 * frames on the modelled call stack.
 */
/* As in struct rmap_ops. */
int rmap_prepare(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask);
#ifndef RMAP_GENERATION
/* As in struct rmap_ops. Inline: what every pte that comes or goes tells. */
static inline void page_add_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
				      pte_t *ptep, struct rmap_ready *ready)
{
	VM->rmap->page_add_anon_rmap(page, vma, address, ptep, ready);
}

/* One more pte, by fork. */
static inline void page_dup_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
				 pte_t *ptep, struct rmap_ready *ready)
{
	VM->rmap->page_dup_rmap(page, vma, address, ptep, ready);
}

/* 2.5.27's callers */
static inline void page_add_rmap(struct page *page, pte_t *ptep)
{
	VM->rmap->page_add_anon_rmap(page, NULL, 0, ptep, NULL);
}

/* One pte less. */
static inline void page_remove_rmap(struct page *page, pte_t *ptep)
{
	VM->rmap->page_remove_rmap(page, ptep);
}

/* Does anybody map it? */
static inline bool page_mapped(const struct page *page)
{
	return VM->rmap->page_mapped(page);
}

/* What reclaim asks: was it used since it was asked last? And may it go? */
static inline int page_referenced(struct page *page, bool is_locked)
{
	return VM->rmap->page_referenced(page, is_locked);
}

static inline int try_to_unmap(struct page *page)
{
	return VM->rmap->try_to_unmap(page);
}

/* The table whose copy_ptes and zap_ptes are to be called now. Good for one call. */
static inline const struct rmap_ops *pte_loops(void)
{
	return machine_watched() ? VM->rmap : VM->quiet;
}

/* As in struct rmap_ops. */
void rmap_release(struct rmap_ready *ready);
void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			    pte_t *ptep, struct rmap_ready *ready);
void page_add_file_rmap(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
			struct rmap_ready *ready);

/* Nothing, or 0, where the generation has no such hook. */
int anon_vma_link(struct vm_area_struct *vma, struct vm_area_struct *from);
int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma);
void anon_vma_unlink(struct vm_area_struct *vma);
void anon_vma_merge(struct vm_area_struct *vma, struct vm_area_struct *next);
int anon_vma_import(struct vm_area_struct *importer, struct vm_area_struct *exporter);
void anon_vma_lock(struct vm_area_struct *vma);
void anon_vma_unlock(struct vm_area_struct *vma);
bool anon_vma_clones(void);
bool is_mergeable_anon_vma(const struct anon_vma *a, const struct anon_vma *b,
			   const struct vm_area_struct *vma);
void vma_pre_update(struct vm_area_struct *vma);
void vma_post_update(struct vm_area_struct *vma);
int exec_rmap(struct mm_struct *mm);
int dup_rmap(struct mm_struct *mm, struct mm_struct *oldmm);
void exit_rmap(struct mm_struct *mm);
int mremap_move_rmap(struct page *page, u32 new_address);
bool swapin_must_copy(const struct page *page, struct vm_area_struct *vma, u32 address);
void page_reused_rmap(struct page *page, struct vm_area_struct *vma, u32 address);
int page_convert_anon(struct page *page);
void page_freed_rmap(struct page *page);
#endif

/* registry.c: the generation's init, at boot. false: no memory. */
bool rmap_init(void);

/*
 * mm/mmap_2004.c, for anon_vma_prepare of every generation that has anon_vmas: a neighbour's, if
 * the two vmas could be merged one day. mmap_sem held. NULL: none fits.
 */
struct anon_vma *find_mergeable_anon_vma(struct vm_area_struct *vma);

/* oracle.c: every present pte of every mm that maps the frame, by walking everything; by pid, then
 * address. At most max written, all counted. */
u32 oracle_mappers(const struct machine *m, u32 pfn, struct mapping *out, u32 max);

#endif
