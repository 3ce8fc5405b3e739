/* SPDX-License-Identifier: GPL-2.0-only */
/* 2.6.8: anon_vma, with a map lock in every page. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

extern const struct rmap_ops rmap_2004c_anon_vma;

/* machine_config.errata: a bit for each, in this order. */
static const char *const errata_2_6_8[] = { "nr-mapped-twice", NULL };

static const char *const missed_2_6_8[] = {
	"the zero page and other reserved pages: mapped, but neither counted nor noted",
	"ptes in nonlinear vmas: they are aged in clusters, whatever page they map",
	"an address space whose rss is 0, as a child's is while fork has copied nothing yet",
	"a page that truncation takes from its file while somebody is mapping it",
	NULL,
};

/* Reclaim waits for the anon_vma's lock under the map lock, and only tries the others. */
static const u8 lock_order_2_6_8[] = {
	LC_MMAP_SEM, LC_I_SEM, LC_PAGE_LOCK, LC_SHMEM_MUTEX, LC_SHRINKER_SEM, LC_IPRUNE_SEM,
	LC_SHMEM_LIST_LOCK, LC_SHMEM_LOCK, LC_I_SHARED_LOCK, LC_MMLIST_LOCK, LC_PAGE_TABLE_LOCK,
	LC_PTE_CHAIN_LOCK, LC_ANON_VMA_LOCK, LC_PAGEMAP_LRU_LOCK, LC_SWAP_LIST_LOCK,
	LC_SWAP_DEVICE_LOCK, LC_MAPPING_PAGE_LOCK, LC_SLAB_LOCK, LC_ZONE_LOCK, NR_LOCK_CLASSES,
};

const struct kernel kernel_2_6_8 = {
	.name = "2.6.8",
	.date = "2004-08-13",
	.commit = "e8ce2f4ed7280dfde4aee0c2de1622b4f285d20b",
	.idea = "an anonymous page names the vmas it may be in, not the address space",
	.summary =
		"An address space and an address are not enough to find a page once mremap has "
		"moved it. Andrea Arcangeli's anon_vma starts from the vma instead. A vma is "
		"given an anon_vma just before its first anonymous page; fork, a split and a move "
		"put the new vma on the list of the same anon_vma. The page notes the anon_vma "
		"and an index, its place in a space of pages that all these vmas are cut from: "
		"vm_pgoff of an anonymous vma is where it began, and stays when the vma moves. So "
		"the address in any of the vmas is vm_start + (index - vm_pgoff), the same "
		"formula as for pages of files, and a page that was moved is found without any "
		"copy.\n"
		"\n"
		"Only vmas that may have the page are visited, not everybody who descends from "
		"one exec. What it costs: a larger vma, an anon_vma of twelve bytes for each that "
		"has anonymous pages, and care when vmas are split and merged: vmas with "
		"different anon_vmas cannot become one, so a new one takes its neighbour's where "
		"it can (find_mergeable_anon_vma). The last vma that leaves frees it. A process "
		"with many children makes the list long, for every child's vma is on it: what 4.0 "
		"is about.\n"
		"\n"
		"Each page has a map lock, a bit of its flags, which guards mapcount and the note "
		"of whose it is. Reclaim holds it from page_referenced to the end of "
		"try_to_unmap. Nobody can take the last pte of a page away meanwhile, so neither "
		"the anon_vma nor the file can go. But each page that fork and exit pass costs "
		"six locked operations, four of them for this lock: see 2.6.9-rc-mm.\n"
		"\n"
		"page_referenced flushes the TLB entry when it clears an accessed bit, from this "
		"kernel on. try_to_unmap leaves alone what was used since, and pages of the swap "
		"cache that somebody holds without a pte.\n"
		"\n"
		"Reclaim gives both lists the same share, and wants 32 pages of a zone. kswapd "
		"runs through its priorities once, without a nap: the count it asks for is 0 up to "
		"2.6.10. An allocation that may wait finds nothing below pages_low and reclaims "
		"itself: in the tables of 2.6.6 pages_min was forgotten.\n"
		"\n"
		"A page whose last pte goes with a cluster of a nonlinear vma was counted off "
		"nr_mapped twice (erratum nr-mapped-twice; seed 001 mends it in passing).\n"
		"\n"
		"Not modelled: what is not modelled of 2.6.0: buffers, "
		"directories and dirty inodes in memory, read-ahead of files, the timer and "
		"thresholds of write-back, files that grow by write(), huge pages, "
		"mlockall, resource limits and threads that share an address space.",
	.source = "facts on 2.6.8; what seed 001 takes out",
	.rmap = &rmap_2004c_anon_vma,
	.vmscan = &vmscan_2_6_8,
	.lru = &lru_2004,
	.memory = &memory_2004,
	.mmap = &mmap_2004c,
	.i_mmap = &i_mmap_prio_tree,
	.shmem = &shmem_2004a,
	.fremap = &fremap_2004c,
	.slots = &slots_2002,
	.swap_map = &swap_map_short,
	.oom = &oom_2004b,
	.anon_mark = ANON_FLAG,
	.swapcache_flag = true,
	.add_to_swap_owns = true,
	.truncate_count = true,
	.nonlinear = true,
	.swap_share = SHARE_BY_COUNT,
	.pagevec_size = 16,
	.pcp = PCP_2003,
	.lock_order = lock_order_2_6_8,
	.pgtables_by_pgd = true,
	.page_struct_size = 32,
	.errata = errata_2_6_8,
	.own_errata = OWN_ERRATUM(READ_ERROR_MAPPED) | OWN_ERRATUM(WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_2_6_8,
};
