/* SPDX-License-Identifier: GPL-2.0-only */
/* 2.5.27: minimal rmap. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

extern const struct rmap_ops rmap_2002b_pte_chain;

static const char *const none[] = { NULL };

static const char *const missed_2_5_27[] = {
	"the zero page and other reserved pages: mapped, but in no chain",
	NULL,
};

static const char *const functions[] = {
	"__delete_from_swap_cache", "__free_pages_ok", "activate_page", "add_page_to_active_list",
	"add_page_to_inactive_list", "add_to_swap", "alloc_new_pte_chains", "copy_one_pte",
	"del_page_from_active_list", "del_page_from_inactive_list", "do_anonymous_page",
	"do_no_page", "do_swap_page", "do_wp_page", "dup_mmap", "free_one_pmd",
	"is_page_cache_freeable", "mmput", "page_add_rmap", "page_mapping_inuse",
	"page_referenced", "page_remove_rmap", "pgtable_add_rmap", "pgtable_remove_rmap",
	"pte_alloc_map", "pte_chain_alloc", "pte_chain_free", "pte_chain_lock", "pte_chain_pop",
	"pte_chain_push", "pte_chain_unlock", "ptep_to_address", "ptep_to_mm", "put_dirty_page",
	"refill_inactive", "shrink_cache", "truncate_complete_page", "try_to_unmap",
	"try_to_unmap_one", "unuse_pte", "zap_pte_range", NULL,
};

static const char *const unmodelled[] = {
	"page_over_rsslimit: declared by the patch and defined nowhere",
	"pte_alloc_kernel: no page tables of kernel space in this model",
	NULL,
};

const struct kernel kernel_2_5_27 = {
	.name = "2.5.27",
	.date = "2002-07-18",
	.commit = "c48c43e6ed41a3bcec0155e8e4b8440a9a769a0a",
	.idea = "every page knows the page-table entries that map it",
	.summary =
		"Up to this day reclaim did not know who maps a page. When too many pages at the "
		"tail of the inactive list turned out to be mapped, it walked the page tables of "
		"one process after the other and removed entries on its way, and a page could be "
		"freed once the walk had happened to meet every entry that pointed to it.\n"
		"\n"
		"Rik van Riel's patch, ported to 2.5 by Craig Kulesa and merged by Andrew Morton, "
		"turns this round. Each struct page gets a pointer, pte_chain, to a linked list "
		"with one node of eight bytes for each entry that maps the page. The node points "
		"to the entry; the struct page of the page table it is in names the process and "
		"the address. page_referenced asks all mappings of a page at once whether they "
		"were used, and try_to_unmap removes them in one go. An anonymous page at the tail "
		"that nobody used is given a swap slot, unmapped, written, and freed when it comes "
		"round again. The lists and everything else stay as they were.\n"
		"\n"
		"What it costs: four bytes in every struct page, a node for each mapping even when "
		"there is only one, and a walk along the chain when a mapping is removed. Nodes "
		"come from whole pages that are never given back, and when none can be had the "
		"kernel panics. fork and exit pay, reclaim gains.\n"
		"\n"
		"This is the commit itself, without the changes that followed on the same day (no "
		"PG_direct for pages mapped once, no counters in /proc/vmstat). Two races it "
		"inherited, which are not its subject, are mended: reclaim sees when the page it "
		"takes a reference to is gone, and set_page_dirty asks under the lock whether the "
		"page is still in its mapping. So are holes of mremap that were found later: want "
		"of memory while the target is unmapped, a new length of 0, a neighbour that stays "
		"grown after a move that failed, vmas looked at after they were freed. A fault and "
		"a truncation of the same file at once may still leave a page mapped that is in no "
		"cache, as in every kernel up to 2.6; and a page of shared memory that swapoff "
		"brings in behind an end that is just being cut stays there, and is a BUG() when "
		"it is to be written.\n"
		"\n"
		"Not modelled: buffers (PG_private), so a page of a file is one block of a disk; "
		"directories, dirty inodes and quotas in memory; read-ahead of files; the "
		"timer that writes old dirty pages (kupdate) and the thresholds that slow down "
		"whoever dirties too many; files that grow by write(), exec, mlockall, resource "
		"limits, threads that share an address space. Of tmpfs there are the objects and "
		"their way to swap, not directories, mount options, limits and SHM_LOCK; and "
		"reclaim writes the very page that it wants, as from 2.5.41 on: to write what lies "
		"around it, mapped or not, let shared files fall apart. An allocation that "
		"2.5.27 would repeat for ever fails after ten seconds. A swap area uses its last "
		"slot too.",
	.source = "seed 000",
	.rmap = &rmap_2002b_pte_chain,
	.vmscan = &vmscan_2002,
	.lru = &lru_2002,
	.memory = &memory_2002,
	.mmap = &mmap_2002,
	.i_mmap = &i_mmap_lists_2002,
	.slots = &slots_2002,
	.swap_map = &swap_map_short,
	.oom = &oom_2002,
	.shmem = &shmem_2002,
	.anon_mark = ANON_UNMARKED,
	.pgtables_by_pgd = true,
	.no_highpte = "2.5.27 cannot have page tables in high memory (highpte): its chains keep "
		      "pointers to ptes; 2.5.28 took the option away",
	.page_struct_size = I386_PAGE_STRUCT_SIZE,
	.errata = none,
	.own_errata = OWN_ERRATUM(READ_ERROR_MAPPED) | OWN_ERRATUM(WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_2_5_27,
	.seed = "000",
	.functions = functions,
	.unmodelled = unmodelled,
};
