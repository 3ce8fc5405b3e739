/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel is one const row: what it is, what it is made of, and what of it is not here. */
#ifndef KERNELS_H
#define KERNELS_H

#include "sim/types.h"

struct fremap_ops;
struct i_mmap_ops;
struct lru_ops;
struct memory_ops;
struct mmap_ops;
struct oom_rules;
struct rmap_ops;
struct slot_ops;
struct swap_map_ops;
struct shmem_ops;
struct vmscan_ops;

struct kernel {
	const char *name;     /* "2.5.27", what machine{kernel=} takes */
	const char *date;     /* "2002-07-18" */
	const char *commit;
	const char *idea;     /* one sentence */
	const char *summary;  /* paragraphs; the last says plainly what is not modelled */
	const char *source;   /* "seed 000" */
	const struct rmap_ops *rmap;
	const struct vmscan_ops *vmscan;
	const struct lru_ops *lru;
	const struct memory_ops *memory;
	const struct mmap_ops *mmap;
	const struct i_mmap_ops *i_mmap;
	const struct shmem_ops *shmem;
	const struct fremap_ops *fremap; /* remap_file_pages; NULL: there is no such call */
	const struct slot_ops *slots;    /* which swap slot comes next */
	const struct swap_map_ops *swap_map; /* how its users are counted */
	const struct oom_rules *oom;         /* when memory is out, and who dies then */
	u8 anon_mark;         /* enum anon_mark of mm/page.h */
	bool swapcache_flag;  /* PG_swapcache and private (2.6.6); else mapping and index */
	bool add_to_swap_owns;/* 2.6: the cache has the count of get_swap_page, it frees none */
	bool readahead_by_hits; /* from swap: as many slots as were worth it: 3.14 */
	bool truncated_off_lru; /* pages leave the lists with their file: 2.5.26 */
	bool pae_swap_in_high_word; /* of a pte: 2.6.9-rc2 on */
	bool pgtables_by_pgd; /* munmap frees page tables by whole pgd entries, with PAE 1 GiB:
			       * up to 2.6.11 */
	const char *no_highpte; /* why its page tables are never in high memory; or NULL */
	bool truncate_count;  /* 2.6: a fault sees that a truncation overtook it */
	bool nonlinear;       /* remap_file_pages makes VM_NONLINEAR vmas: 2.6.0 to 2.6.16 */
	bool split_ptlock;    /* a lock for each page table, from four cpus on: 2.6.16 */
	bool zero_page_counted; /* mappings of the zero page count in rss and rmap: 2.6.16 */
	bool rss_by_kind;     /* file_rss and anon_rss: 2.6.16 */
	bool mmlist_swapped;  /* on mmlist are only address spaces that went to swap: 2.6.11 */
	u8 swap_token;        /* 0: none; 1: 2.6.9; 2: with the mmap_sem condition: 2.6.16, and by
			       * inference 2.6.9-rc-mm */
	u8 pagevec_size;      /* 0: pages go on the lists at once */
	bool lockless_trees;  /* of page caches: read under RCU, lower when they hold less: 4.0 */
	bool wp_waits;        /* a write fault waits for the lock of an old page: 4.0 */
	u8 pcp;               /* PCP_*: free pages that a cpu keeps at hand: 2.6.0; 2.6.16 */
	u8 swap_share;        /* enum swap_share of mm/swap.h: may a fault keep the page */
	bool watermarks_2006; /* min from 16 x lowmem, low and high close above it; lowmem_reserve:
			       * 2.6.16. Else the marks of 2.6.0 to 2.6.9, 1 : 2 : 3 */
	u8 top_down_mmap;     /* 2.6.9: the highest gap instead of the lowest */
	const u8 *lock_order; /* enum lock_class, outermost first, ends with NR_LOCK_CLASSES; NULL:
			       * as in LOCK_CLASSES. What it leaves out comes last */
	const char *seed;     /* "000": the seed that describes it (tests/data/seeds); NULL: none */
	const char *const *functions;  /* of its seed, those that the engine has; may be NULL */
	const char *const *unmodelled; /* and those it has not: "name: why"; may be NULL */
	u32 page_struct_size; /* bytes on i386, mem_map is charged with it */
	const char *const *errata;  /* names, NULL-terminated; what they are: errata.c */
	u32 own_errata;       /* OWN_ERRATUM() of those it has without being asked */
	const char *const *missed;  /* mappings its rmap is known not to find */
};

/*
 * What kernels lost by themselves when a disk failed: errata that a row has without being asked
 * (own_errata), and that machine{errata = {"-name"}} takes away. In config.errata such a bit, from
 * OWN_ERRATA_SHIFT on, means mended.
 */
#define OWN_ERRATA(X) \
	X(READ_ERROR_MAPPED, "read-error-mapped") \
	X(WRITE_ERROR_DROPS_DATA, "write-error-drops-data") \
	X(FILE_WRITE_ERROR_DROPS_DATA, "file-write-error-drops-data") \
	X(SWAPOFF_MAPS_UNREAD, "swapoff-maps-unread")
enum own_erratum {
#define X(erratum, name) erratum,
	OWN_ERRATA(X)
#undef X
	NR_OWN_ERRATA
};
#define OWN_ERRATA_SHIFT 24
#define OWN_ERRATUM(erratum) (1u << (erratum))
extern const char *const own_errata_names[NR_OWN_ERRATA];

/* engine/errata.c. The sentence of an erratum, whoever has it. */
struct erratum {
	const char *name, *what;
};
extern const struct erratum known_errata[]; /* ends with a NULL name */
const struct erratum *erratum_by_name(const char *name); /* NULL: no such erratum */
/* Does the row have it without being asked? */
bool erratum_is_own(const struct kernel *kernel, const char *name);
/* The names of the rows and of the ways to do swapoff that have it, in order of time. */
void erratum_where(const struct erratum *e, char *buf, size_t n);

/* engine/kernels/NAME.c */
extern const struct kernel kernel_2_5_26, kernel_2_5_27, kernel_2_6_0, kernel_2_6_5_objrmap,
	kernel_2_6_7_anonmm, kernel_2_6_8, kernel_2_6_9_rc_mm, kernel_2_6_16, kernel_4_0;
/* What one gets who names none: 2.5.27, where the story of this house begins. */
extern const struct kernel *const kernel_default;

extern const struct kernel *const kernels[]; /* in order of time, ends with NULL */
const struct kernel *kernel_by_name(const char *name); /* NULL: no such row */

/*
 * How an area is emptied is chosen apart from the kernel: machine{swapoff=}. Each way works on
 * every row; what of its page tables, counts and reverse mapping it finds there is the row's.
 */
struct swapoff_ops {
	const char *name;     /* "quadratic" */
	const char *date;     /* of the kernel or the mail */
	const char *idea;     /* one sentence */
	const char *summary;  /* paragraphs; the last says plainly what is not modelled */
	const char *source;
	const char *const *errata; /* names, NULL-terminated: machine_config.swapoff_errata */
	bool as_posted;       /* it has all of them, whatever machine_config says */
	/* Empty area type, from which nothing is handed out any more, of pages: 0; -EINTR, -ENOMEM,
	 * -EBUSY: some are left. Sleeps; no lock is held. */
	int (*try_to_unuse)(u32 type);
};
extern const struct swapoff_ops swapoff_quadratic, swapoff_linear_v7, swapoff_linear;
extern const struct swapoff_ops *const swapoffs[]; /* in order of time, ends with NULL */
const struct swapoff_ops *swapoff_by_name(const char *name); /* NULL: no such way */

#endif
