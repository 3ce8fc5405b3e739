/* SPDX-License-Identifier: GPL-2.0-only */
/* 2.6.9-rc-mm: anon_vma without the map lock, and not yet all of what replaces it. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

extern const struct rmap_ops rmap_2004d_anon_vma;

/* machine_config.errata: a bit for each, in this order; 2004d_anon_vma.c knows them. */
static const char *const errata_2_6_9[] = {
	"clear-mapping-on-last-unmap",
	"referenced-without-page-lock",
	"page-lock-kept",
	NULL,
};

static const char *const missed_2_6_9[] = {
	"the zero page and other reserved pages: mapped, but neither counted nor noted",
	"ptes in nonlinear vmas: they are aged in clusters, whatever page they map",
	"an address space whose rss is 0, as a child's is while fork has copied nothing yet",
	"a page that truncation takes from its file while somebody is mapping it",
	NULL,
};

/* Reclaim waits for the anon_vma's lock, and only tries i_mmap_lock and page_table_lock. */
static const u8 lock_order_2_6_9[] = {
	LC_MMAP_SEM, LC_I_SEM, LC_PAGE_LOCK, LC_SHMEM_MUTEX, LC_SHRINKER_SEM, LC_IPRUNE_SEM,
	LC_SHMEM_LIST_LOCK, LC_SHMEM_LOCK, LC_I_SHARED_LOCK, LC_MMLIST_LOCK, LC_PAGE_TABLE_LOCK,
	LC_ANON_VMA_LOCK, LC_PAGEMAP_LRU_LOCK, LC_SWAP_LIST_LOCK, LC_SWAP_DEVICE_LOCK,
	LC_MAPPING_PAGE_LOCK, LC_SLAB_LOCK, LC_ZONE_LOCK, NR_LOCK_CLASSES,
};

static const char *const functions[] = {
	"anon_vma_link", "anon_vma_prepare", "clear_page_anon", "free_pages_check",
	"page_add_anon_rmap", "page_add_file_rmap", "page_dup_rmap", "page_map_lock",
	"page_map_unlock", "page_mapcount", "page_mapped", "page_mapping_inuse",
	"page_referenced", "page_referenced_anon", "page_referenced_file",
	"page_referenced_one", "page_remove_rmap", "prep_new_page", "refill_inactive_zone",
	"shrink_list", "try_to_unmap", "try_to_unmap_anon", "try_to_unmap_file",
	"try_to_unmap_one", NULL,
};

static const char *const unmodelled[] = {
	"bad_page: a page in a state that cannot be breaks the machine, with the reason",
	"free_hot_cold_page: what it does to mapping is page_freed in 2004d_anon_vma.c",
	"memmap_init_zone: at boot reset_page_mapcounts goes over all frames",
	"reset_page_mapcount: the same",
	NULL,
};

const struct kernel kernel_2_6_9_rc_mm = {
	.name = "2.6.9-rc-mm",
	.date = "2004-08-16",
	.commit = "2.6.8.1-mm, rmaplock 2 of 6 (merged as edcc56dc6a7c758c4862321f)",
	.idea = "mapcount is atomic, and the map lock is gone",
	.summary =
		"The lists that reclaim walks have locks of their own, i_mmap_lock and the "
		"anon_vma's. \"So isn't the page_map_lock superfluous? Pretty much, yes.\" Hugh "
		"Dickins' patch takes it out. mapcount becomes atomic and starts at -1, so that "
		"one instruction counts and tells: atomic_inc_and_test sees the first mapping, "
		"atomic_add_negative the last, and nr_mapped stays exact. fork and exit of a page "
		"come down from six locked operations to four, \"roughly 10% cut off lmbench fork "
		"numbers\". PageAnon has moved into the lowest bit of mapping, by the patch "
		"before this one.\n"
		"\n"
		"What the lock did besides had to be replaced. Who takes the last pte away can no "
		"longer clear mapping: a fault that maps the page for another process counts "
		"after us and notes before us, and we would wipe out its note (erratum "
		"clear-mapping-on-last-unmap). So mapping and index stay, old and untrue, until "
		"the page is freed. Truncation can take a page out of its file while "
		"page_referenced is on its way to the file's lock (erratum "
		"referenced-without-page-lock): so the page lock must be held, and "
		"refill_inactive_zone, which does not hold it, tries it and takes a failure for "
		"\"referenced\".\n"
		"\n"
		"The third is open. Between a look at mapcount and taking the anon_vma's lock the "
		"last vma may go and the anon_vma with it; \"which this patch pretends to handle, "
		"but actually it needs the next\", SLAB_DESTROY_BY_RCU, see 2.6.16. Here the "
		"machine breaks when it happens, and says so. \"My testing failed to show the "
		"races even while they were knowingly exposed.\"\n"
		"\n"
		"As posted, page_referenced kept the lock of a page that truncation had taken "
		"from its file just before (erratum page-lock-kept; mended on 17 September 2004). "
		"The swap token is here: the holder's pages count as referenced, while it is in a "
		"fault. (That it asks for the fault, by mmap_sem, is inferred: from how far the "
		"lines of the patch are shifted. Released 2.6.9 does not.) mmap searches from the "
		"top. Allocations go by pages_low and pages_min again, as in 2.6.9; kswapd is "
		"that of August 2004, 2.6.8's: that it begins anew until all zones have enough "
		"came in October.\n"
		"\n"
		"Not modelled: what is not modelled of 2.6.0: buffers, "
		"directories and dirty inodes in memory, read-ahead of files, the timer and "
		"thresholds of write-back, files that grow by write(), huge pages, "
		"mlockall, resource limits and threads that share an address space.",
	.source = "seed 001",
	.rmap = &rmap_2004d_anon_vma,
	.vmscan = &vmscan_2_6_9,
	.lru = &lru_2004,
	.memory = &memory_2004,
	.mmap = &mmap_2004d,
	.i_mmap = &i_mmap_prio_tree,
	.shmem = &shmem_2004b,
	.fremap = &fremap_2004c,
	.slots = &slots_2002,
	.swap_map = &swap_map_short,
	.oom = &oom_2004c,
	.anon_mark = ANON_MAPPING_BIT,
	.swapcache_flag = true,
	.add_to_swap_owns = true,
	.pae_swap_in_high_word = true,
	.truncate_count = true,
	.nonlinear = true,
	.swap_token = 2,
	.swap_share = SHARE_BY_COUNT,
	.pagevec_size = 16,
	.pcp = PCP_2003,
	.top_down_mmap = true,
	.lock_order = lock_order_2_6_9,
	.pgtables_by_pgd = true,
	.page_struct_size = 32,
	.errata = errata_2_6_9,
	.own_errata = OWN_ERRATUM(READ_ERROR_MAPPED) | OWN_ERRATUM(WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_2_6_9,
	.seed = "001",
	.functions = functions,
	.unmodelled = unmodelled,
};
