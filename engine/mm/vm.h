/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's global variables, one set per machine. In kernel code: VM->nr_swap_pages. */
#ifndef MM_VM_H
#define MM_VM_H

#include "mm/mm.h"
#include "mm/oom.h"
#include "mm/slab.h"
#include "mm/swap.h"
#include "mm/swapoff.h"
#include "mm/workqueue.h"

struct rmap_ops;

#define NR_SHRINKERS 2 /* mm/dcache.c */

struct vm_state {
	const struct kernel *kernel;
	const struct rmap_ops *rmap;        /* the kernel's */
	const struct rmap_ops *quiet;       /* the same, when nobody watches: pte_loops() */
	struct {                            /* of its row, for mm/page_ops.h */
		u32 anon_flag;              /* mask of flags: PG_anon, or 0 */
		u32 anon_bit;               /* mask of mapping: PAGE_MAPPING_ANON, or 0 */
		bool swapcache_flag;
		bool reserved_counted;      /* zero_page_counted */
		bool chain_nodes;           /* each pte wants a node: up to 2.6.6 */
	} page_rules;
	struct page *mem_map;
	u32 max_mapnr;
	zone_t zones[MAX_NR_ZONES];
	u32 nr_reserved;                    /* frames not given to the allocator */
	u32 zero_pfn;                       /* empty_zero_page; PG_reserved */
	spinlock_t pagemap_lru_lock;        /* guards the two lists */
	struct list_head active_list, inactive_list;
	u32 nr_active, nr_inactive;
	struct list_head mmlist;            /* of all mm_structs */
	spinlock_t mmlist_lock;
	u32 mmlist_nr;
	struct mm_struct *swap_mm;          /* 2.5.26: the hand of swap_out; NULL: init_mm */
	struct list_head mms;               /* the model's own: every mm, as mmlist was in 2.5 */
	struct list_head inodes;
	u32 nr_inodes, last_ino;
	struct list_head dentry_unused, inode_unused; /* mm/dcache.c: of files on the disk */
	u32 nr_dentries, nr_in_core;        /* all of them, and inodes in memory */
	spinlock_t dcache_lock, inode_lock; /* for what they name, and nr_*; see mm/dcache.c */
	rw_semaphore_t iprune_sem;          /* 2.6; always down_write */
	u32 shrinker_nr[NR_SHRINKERS];      /* put by for the next call */
	rw_semaphore_t shrinker_sem;        /* from 2.6.9 on shrinker_rwsem; never waited for */
	u32 next_block;                     /* blocks of disk 0 given out */
	u32 next_vma_id;
	struct list_head shmem_inodes;      /* from 2.6.9 on shmem_swaplist: see mm/shmem.h */
	spinlock_t shmem_lock;              /* of this list; in 4.0 the next */
	rw_semaphore_t shmem_swaplist_mutex;
	struct address_space swapper_space;
	struct swap_info_struct swap_info[MAX_SWAPFILES];
	u32 nr_swapfiles;
	s32 swap_list_head, swap_list_next; /* -1: empty */
	spinlock_t swap_list_lock;
	struct list_head swap_avail_head;   /* 4.0: areas with free slots, under swap_avail_lock */
	spinlock_t swap_avail_lock;
	s32 nr_swap_pages, total_swap_pages; /* free, and all; free may be below 0 in swapoff */
	u32 swap_overflow;                  /* how often a short count was full */
	struct {                            /* 4.0: swapin_nr_pages */
		u32 hits, prev_offset, last_pages;
	} swapin;
	struct task_struct *swapoff;        /* who runs it when no process asks; NULL: not yet */
	struct swapoff_progress swapoff_progress[MAX_SWAPFILES];
	u32 page_cluster;
	bool swap_in_high_word;             /* of a pte: PAE, from 2.6.9 on */
	u32 own_errata;                     /* the row's, less those that were mended */
	/* 2.6 */
	struct pagevec lru_add_pvecs[MAX_CPUS], lru_add_active_pvecs[MAX_CPUS];
	u32 nr_mapped;                      /* pages that somebody maps, reserved ones apart */
	u32 writes_done;                    /* congestion_wqh: waiters for the disks sleep here */
	u32 writes_failed;                  /* of those */
	u32 total_memory;                   /* pages that can be reclaimed at best; at boot */
	u32 vm_swappiness;                  /* 0: mapped pages last .. 100: as good as others */
	bool split_ptlock;                  /* each page table has a lock: the row, and 4 cpus */
	kmem_cache_t *anon_vma_cachep, *anon_vma_chain_cachep, *pte_chain_cachep, *anonmm_cachep;
	kaddr_t local_pte_chain[MAX_CPUS];  /* 2.6.0: one node kept at hand */
	u32 half_converted;                 /* 2.6.5-objrmap: page_convert_anon without memory */
	struct {
		struct mm_struct *mm;       /* swap_token_mm; NULL: init_mm */
		u64 check, timeout;         /* virtual ns */
		spinlock_t lock;            /* swap_token_lock */
	} swap_token;                       /* from 2.6.9: mm/thrash.c */
	struct {
		kaddr_t head;               /* pte_chain_freelist */
		spinlock_t lock;
		u32 free, total;            /* nodes */
	} pte_chain_freelist;
	kmem_cache_t *caches;               /* list of slab caches */
	kmem_cache_t *clock_searchp;        /* where kmem_cache_reap looks next */
	kmem_cache_t *pae_pgd_cachep;       /* PAE: 32 bytes for each mm */
	kmem_cache_t *vm_area_cachep, *mm_cachep, *radix_node_cachep, *inode_cachep,
		*shmem_inode_cachep, *dentry_cachep;
	struct {                            /* mempool of radix tree nodes */
		struct radix_tree_node *nodes;
		spinlock_t lock;
		u32 nr, min;
	} radix_pool;
	s32 least_priority;                 /* of the last automatic swap area */
	struct task_struct *kswapd, *pdflush, *irq;
	struct cpu_workqueue_struct keventd[MAX_CPUS];
	u32 bdflush_wanted;                 /* pages pdflush was asked to write */
	struct {                            /* out_of_memory's memory */
		u64 first, last, lastkill;
		u32 count;                  /* failures since first */
		u32 writes_done;            /* when a round was last for nothing: 2.6.11 */
		u32 deaf;                   /* kills in a row of one that was killed before */
	} oom;
	bool no_oom;                        /* m:reclaim(): give up instead of killing */
	struct {
		u32 interval;               /* every so manieth request fails; 0: none */
		u32 times;                  /* so many are still to fail */
		u32 who;                    /* FAIL_ATOMIC, FAIL_WAIT */
		u32 seen;                   /* requests since the last that did */
	} fail_page_alloc;
	struct mmu_gather mmu_gathers[MAX_CPUS];
};

#define VM (current->machine->vm)
#define rmap_of(vm) ((vm)->rmap)
/* Is the n-th of kernel->errata switched on? machine{errata = {"name"}} in Lua. */
#define erratum(n) ((current->machine->config.errata >> (n) & 1) != 0)

/* Does this kernel lose that when a disk fails? (enum own_erratum) */
#define own_erratum(n) ((VM->own_errata >> (n) & 1) != 0)

/* Boot: zones, caches, files, swap, kswapd, pdflush, irq. current is the boot thread. */
int vm_boot(void);

/* A kernel thread that sleeps between what it has to do; it starts now. NULL: no memory. */
struct task_struct *daemon_start(const char *name, u32 cpu, void (*body)(void *));

#include "mm/page_ops.h"

#endif
