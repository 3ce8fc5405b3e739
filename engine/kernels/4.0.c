/* SPDX-License-Identifier: GPL-2.0-only */
/* 4.0: anon_vma chains and interval trees. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/spinlock.h"

extern const struct rmap_ops rmap_2015_anon_vma_chain;

static const char *const missed_4_0[] = {
	"a page that a truncation took from its file while somebody was mapping it",
	"the zero page and other reserved pages: mapped, but not counted",
	NULL,
};

/* machine_config.errata: a bit for each, in this order; anon_vma_chain.c knows it. */
static const char *const errata_4_0[] = {
	"reused-twice", /* 2555283eb40d */
	NULL,
};

/* 4.0 mm/rmap.c. Both rwsems sleep, and are outside every spinlock. */
static const u8 lock_order[] = {
	LC_MMAP_SEM, LC_I_SEM, LC_PAGE_LOCK, LC_SHMEM_MUTEX, LC_SHRINKER_SEM, LC_IPRUNE_SEM,
	LC_SHMEM_LIST_LOCK, LC_SHMEM_LOCK, LC_I_SHARED_SEM, LC_ANON_VMA_SEM, LC_PAGE_TABLE_LOCK,
	LC_PTE_LOCK, LC_PAGEMAP_LRU_LOCK, LC_SWAP_LIST_LOCK, LC_SWAP_DEVICE_LOCK, LC_MMLIST_LOCK,
	LC_MAPPING_PAGE_LOCK, NR_LOCK_CLASSES,
};

const struct kernel kernel_4_0 = {
	.name = "4.0",
	.date = "2015-04-12",
	.commit = "39a8804455fb23f09157341d3ba7db6d7ae6ee76",
	.idea = "every process has an anon_vma of its own, and links to those of its ancestors",
	.summary =
		"A server forks a thousand children, and each writes to a thousand pages: a "
		"million pages, each mapped once, on one anon_vma with a thousand and one vmas. "
		"To ask about one of these pages is to visit them all, while the other cpus "
		"spin for the lock. Rik van Riel's answer of 2010 (2.6.34) is that a child gets "
		"an anon_vma of its own for the pages it will make, and links, anon_vma_chains, "
		"to the anon_vmas of its ancestors for those it came with. A child's page is "
		"looked for in one vma; only what was there before the fork is looked for in "
		"all. And when a write fault finds that an old page has become one process's "
		"alone, page_move_anon_rmap gives it to that process's anon_vma.\n"
		"\n"
		"What it costs: an object for each pair of vma and anon_vma, so that fork links "
		"a vma once for each generation that came before; and a vma with more than one "
		"link does not merge with one that has none. A process that forks and exits, "
		"and whose child does the same, would make the chain longer for ever. Since "
		"3.19 an anon_vma counts its vmas and children (degree), and one that has lost "
		"its vma and has a single child is taken over at the next fork: there are never "
		"more than two anon_vmas to a vma. That one could be taken over twice was found "
		"in 2022, and is an erratum here (reused-twice).\n"
		"\n"
		"A family is locked as one, by the rwsem of its root, which walks share. The "
		"vmas of a file, and the links of an anon_vma, are in interval trees (3.7), so "
		"that a walk visits those vmas that cover the page and no others. One rmap_walk "
		"does for every purpose, with a control block of functions (3.14). Nonlinear "
		"mappings are gone: remap_file_pages makes an ordinary vma for every piece.\n"
		"\n"
		"The users of a swap slot are counted in a byte: six bits, one that says the "
		"swap cache has it (SWAP_HAS_CACHE), and one that the count goes on, on a page "
		"of its own (COUNT_CONTINUED). Areas with free slots take turns on a list by "
		"priority, and how much is read ahead goes by what was worth it. Disks without "
		"seek time and discarding are not here, nor frontswap, memory cgroups' charge, "
		"copies of KSM pages, and shared memory that is moved to a better zone "
		"(shmem_replace_page); page migration would take two of the 32 areas.\n"
		"\n"
		"Its reclaim is a later subject: this row reclaims as 2.6.16 does, one pair of "
		"lists for each zone. So "
		"page_referenced also asks for PG_referenced, which in 4.0 is vmscan's "
		"business, and a page in a locked vma is not put on a list of the unevictable, "
		"but activated whenever it cannot be unmapped. The OOM killer is its own "
		"(oom_badness); when it is called, and that it is not while pages are being "
		"written, is 2.6.16's. Its notifiers, memory cgroups and sysctls are not here.\n"
		"\n"
		"Not modelled of the mapping side: the tracking of dirty shared pages "
		"(page_mkclean), KSM, huge and migrating pages, memory cgroups, the notifiers "
		"of virtual machines, faultaround. And as in the other rows: buffers "
		"(PG_private), directories and dirty inodes in memory; read-ahead of "
		"files; the timer that writes old dirty pages and the thresholds that slow down "
		"whoever dirties too many; files that grow by write(), memory "
		"policies, mlockall, "
		"resource limits, threads that share an address space. A grace period ends when "
		"the last cpu was quiescent.",
	.source = "4.0 mm/rmap.c, mm/mmap.c, mm/interval_tree.c; 5beb49305251, 7a3ef208e662",
	.rmap = &rmap_2015_anon_vma_chain,
	.vmscan = &vmscan_2_6_16,
	.lru = &lru_2004,
	.memory = &memory_2006,
	.mmap = &mmap_2015,
	.i_mmap = &i_mmap_interval_tree,
	.shmem = &shmem_2015,
	.fremap = &fremap_2015,
	.slots = &slots_2014,
	.swap_map = &swap_map_byte,
	.oom = &oom_2015,
	.anon_mark = ANON_MAPPING_BIT,
	.swapcache_flag = true,
	.add_to_swap_owns = true,
	.pae_swap_in_high_word = true,
	.split_ptlock = true,
	.rss_by_kind = true,
	.mmlist_swapped = true,
	.pagevec_size = 14,
	.pcp = PCP_2006,
	.lockless_trees = true,
	.wp_waits = true,
	.swap_share = SHARE_REUSE,
	.readahead_by_hits = true,
	.watermarks_2006 = true,
	.top_down_mmap = true,
	.lock_order = lock_order,
	.page_struct_size = 32,
	.errata = errata_4_0,
	.own_errata = OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_4_0,
};
