/* SPDX-License-Identifier: GPL-2.0-only */
/* 2.6.7 as it was for a day: pages of files by their object, anonymous pages by anonmm. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

extern const struct rmap_ops rmap_2004b_anonmm;

/* machine_config.errata: a bit for each, in this order. */
static const char *const errata_2_6_7[] = { "nr-mapped-twice", "moved-page-reused", NULL };

static const char *const missed_2_6_7[] = {
	"the zero page and other reserved pages: mapped, but neither counted nor noted",
	"ptes in nonlinear vmas: they are aged in clusters, whatever page they map",
	"an address space whose rss is 0, as a child's is while fork has copied nothing yet",
	"a page that truncation takes from its file while somebody is mapping it",
	NULL,
};

/* Reclaim waits for the head's lock under the map lock, and only tries the others. */
static const u8 lock_order_2_6_7[] = {
	LC_MMAP_SEM, LC_I_SEM, LC_PAGE_LOCK, LC_SHMEM_MUTEX, LC_SHRINKER_SEM, LC_IPRUNE_SEM,
	LC_SHMEM_LIST_LOCK, LC_SHMEM_LOCK, LC_I_SHARED_LOCK, LC_MMLIST_LOCK, LC_PAGE_TABLE_LOCK,
	LC_PTE_CHAIN_LOCK, LC_ANONMM_LOCK, LC_PAGEMAP_LRU_LOCK, LC_SWAP_LIST_LOCK,
	LC_SWAP_DEVICE_LOCK, LC_MAPPING_PAGE_LOCK, LC_SLAB_LOCK, LC_ZONE_LOCK, NR_LOCK_CLASSES,
};

const struct kernel kernel_2_6_7_anonmm = {
	.name = "2.6.7-anonmm",
	.date = "2004-05-22",
	.commit = "e1fd9cc9cbb5ac6465601833ea1cc5d6d376a155",
	.idea = "an anonymous page names an address, and the relatives that may have it there",
	.summary =
		"Pages of files had lost their chains; could anonymous pages lose them too? They "
		"need an object to be found by, as a file is one. Hugh Dickins' answer was a year "
		"old when he brought it back in March 2004. A page that a parent and its children "
		"share is at the same address in all of them. So the page notes an address, and "
		"an anonmm: a small thing that stands for an address space, and that is in one "
		"circle with all that descend from the same exec. To find the ptes of a page, "
		"look at this address in the noted address space, then in all others of the "
		"circle, until as many were found as mapcount says.\n"
		"\n"
		"Nothing is allocated or linked when a page is mapped, faulted or forked. An "
		"anonmm outlives its address space as long as pages name it; page_referenced "
		"moves them on to a relative that lives. The swap slot of a page is in private "
		"from now on, for mapping and index are taken.\n"
		"\n"
		"The price is mremap. A shared page that is moved in one process would be at two "
		"addresses, and a page has room for one. Linus Torvalds' way out is to copy the "
		"page at once, as a write would: move_one_page says EAGAIN, and "
		"make_page_exclusive faults for writing. A page that is in swap at the moment of "
		"the move is copied when it comes back and the noted address does not fit "
		"(erratum moved-page-reused: unless its other user has just let go of it; then it "
		"was kept, mapped where nobody looks for it).\n"
		"\n"
		"The vmas of a file are in a radix priority search tree, so only those that cover "
		"the page are visited. Where remap_file_pages was, they are on a list of their "
		"own: such ptes are not looked for, but swept in clusters of 32 when a page of "
		"the file cannot be unmapped otherwise (erratum nr-mapped-twice: a page whose "
		"last pte goes that way was counted off nr_mapped twice, up to 2.6.8). A vma can "
		"be merged with its neighbours in all of the eight ways that mprotect and mmap "
		"may ask for.\n"
		"\n"
		"anonmm was merged in the morning of 22 May 2004 and taken out before the "
		"evening, for Andrea Arcangeli's anon_vma, which needs no copies: see 2.6.8. This "
		"is the state just before \"rmap 38 remove anonmm rmap\".\n"
		"\n"
		"Not modelled: that swapoff waited for mmap_sem with a page locked, and hung; what "
		"is not modelled of 2.6.0: buffers, directories and dirty inodes in memory, "
		"read-ahead of files, the timer and thresholds of write-back, files that grow by "
		"write(), shared anonymous memory, huge pages, mlockall, resource limits, threads "
		"that share an address space. Reclaim is that of 2.6.6: of a list of less than "
		"4,096 pages one page is due in a zone that was given up, where the kernel would "
		"never have looked again.",
	.source = "facts on the history between 2.6.6 and 2.6.7; seed 002 announces it",
	.rmap = &rmap_2004b_anonmm,
	.vmscan = &vmscan_2_6_6,
	.lru = &lru_2004,
	.memory = &memory_2004,
	.mmap = &mmap_2004b,
	.i_mmap = &i_mmap_prio_tree,
	.shmem = &shmem_2004a,
	.fremap = &fremap_2004b,
	.slots = &slots_2002,
	.swap_map = &swap_map_short,
	.oom = &oom_2004a,
	.anon_mark = ANON_FLAG,
	.swapcache_flag = true,
	.add_to_swap_owns = true,
	.truncate_count = true,
	.nonlinear = true,
	.swap_share = SHARE_BY_COUNT,
	.pagevec_size = 16,
	.pcp = PCP_2003,
	.lock_order = lock_order_2_6_7,
	.pgtables_by_pgd = true,
	.page_struct_size = 32,
	.errata = errata_2_6_7,
	.own_errata = OWN_ERRATUM(READ_ERROR_MAPPED) | OWN_ERRATUM(WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_2_6_7,
};
