/* SPDX-License-Identifier: GPL-2.0-only */
/* 2.6.5 with seed 002: pages of files by their object. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

extern const struct rmap_ops rmap_2004a_objrmap;

/* machine_config.errata: a bit for each, in this order; 2004a_objrmap.c knows them. */
static const char *const errata_2_6_5[] = {
	"referenced-trylock-0",
	NULL,
};

static const char *const missed_2_6_5[] = {
	"the zero page and other reserved pages: mapped, but neither counted nor in a chain",
	"a page that truncation takes from its file while somebody is mapping it",
	"the ptes that page_convert_anon had not come to when it ran out of memory",
	"by truncation, not by rmap: ptes that remap_file_pages put elsewhere in their vma",
	NULL,
};

static const char *const functions[] = {
	"ClearPageAnon", "PageAnon", "SetPageAnon", "do_anonymous_page", "do_no_page",
	"do_swap_page", "do_wp_page", "find_pte", "free_pages_check", "install_page",
	"page_add_rmap", "page_convert_anon", "page_referenced", "page_referenced_obj",
	"page_referenced_obj_one", "page_remove_rmap", "put_dirty_page", "try_to_unmap",
	"try_to_unmap_obj", "try_to_unmap_obj_one", "try_to_unmap_one", "unuse_pte", NULL,
};

static const char *const unmodelled[] = { NULL };

const struct kernel kernel_2_6_5_objrmap = {
	.name = "2.6.5-objrmap",
	.date = "2004-04-29",
	.commit = "2.6.5 (196c4ebdac1bcb919ff0c798526412d8f28239b7) with anobjrmap 1/6",
	.idea = "a file knows who maps it: its pages need a count, only the others a chain",
	.summary =
		"A page of a file can be found without a chain. The page names its file, the file "
		"lists its vmas, and a vma says where in it a page of the file must be: "
		"vm_start + (index - vm_pgoff). Dave McCracken's patch, which lived in Martin "
		"Bligh's tree and opens Hugh Dickins' series here, uses that. A page of a file "
		"has a count in place of a chain; page_referenced and try_to_unmap go over the "
		"vmas of the file and look into the page table where the page would be. Anonymous "
		"pages, which have no such object yet, keep the chains of 2.6.0.\n"
		"\n"
		"What that saves: a process that forks, maps a library or exits adds and takes "
		"away counts, not chain nodes. What it costs: asking about one page of a file "
		"means visiting every vma of the file, also those that do not cover the page, "
		"with a trylock of each page_table_lock.\n"
		"\n"
		"remap_file_pages breaks the arithmetic. Just before a page is installed where its "
		"vma does not say, page_convert_anon gives it chains: it sets PG_anon, forgets the "
		"count, and notes the ptes one by one. From then on PG_anon means 'tracked by "
		"chain', whatever the page is. Without memory the conversion stops in the middle "
		"and the system call fails; the ptes it had not come to are not found any more.\n"
		"\n"
		"The locks come in the wrong order for reclaim, so all of them are only tried, and "
		"somebody has to decide what a failure means. Hugh Dickins: the page may be in "
		"use, page_referenced says 1. Andrea Arcangeli had met a problem with that and "
		"said 0: erratum referenced-trylock-0. try_to_unmap says SWAP_AGAIN.\n"
		"\n"
		"Reclaim looks at a share of the inactive list, by priority, and at active pages "
		"in proportion. kswapd's nap depends on a count that nobody counts up. Of a list "
		"of less than 4,096 pages nothing would ever be due in a zone that was given up: "
		"here it is one page.\n"
		"\n"
		"Truncation does not look for nonlinear ptes, and forgets file ptes, as in 2.6.0.\n"
		"\n"
		"Not modelled, as in 2.6.0: buffers, "
		"directories and dirty inodes in memory, read-ahead of files, the timer and "
		"thresholds of write-back, files that grow by write(), huge pages, "
		"mlockall, resource limits and threads that share an address space.",
	.source = "seed 002",
	.rmap = &rmap_2004a_objrmap,
	.vmscan = &vmscan_2_6_5,
	.lru = &lru_2004,
	.memory = &memory_2004,
	.mmap = &mmap_2004a,
	.i_mmap = &i_mmap_lists_2003,
	.shmem = &shmem_2004a,
	.fremap = &fremap_2004a,
	.slots = &slots_2002,
	.swap_map = &swap_map_short,
	.oom = &oom_2004a,
	.anon_mark = ANON_CHAINED,
	.add_to_swap_owns = true,
	.truncate_count = true,
	.nonlinear = true,
	.swap_share = SHARE_BY_COUNT,
	.pagevec_size = 16,
	.pcp = PCP_2003,
	.pgtables_by_pgd = true,
	.page_struct_size = 40,
	.errata = errata_2_6_5,
	.own_errata = OWN_ERRATUM(READ_ERROR_MAPPED) | OWN_ERRATUM(WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_2_6_5,
	.seed = "002",
	.functions = functions,
	.unmodelled = unmodelled,
};
