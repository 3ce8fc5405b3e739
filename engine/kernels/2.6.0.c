/* SPDX-License-Identifier: GPL-2.0-only */
/* 2.6.0: packed chains. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

extern const struct rmap_ops rmap_2003_pte_chain;

static const char *const none[] = { NULL };

static const char *const missed_2_6_0[] = {
	"the zero page and other reserved pages: mapped, but in no chain",
	"by truncation, not by rmap: ptes that remap_file_pages put elsewhere in their vma; their "
	"pages stay mapped, without a file, and are swapped like anonymous ones",
	NULL,
};

const struct kernel kernel_2_6_0 = {
	.name = "2.6.0",
	.date = "2003-12-17",
	.commit = "67e9bb60cdf60c3ead23020c96090e722895f47a",
	.idea = "seven ptes to a cache line, and none for a page that is mapped once",
	.summary =
		"Seventeen months after minimal rmap the chains are still there, and smaller. Most "
		"pages are mapped once, and such a page needs no chain: PG_direct says that "
		"struct page holds the pte's address itself. The second mapping gets a node, and "
		"a node is no longer one pte and a link but a cache line: with 32 bytes seven "
		"ptes and one word, in which the next node's address and the number of the first "
		"slot in use share the bits.\n"
		"\n"
		"Only the head of a chain has free slots. A new pte goes into the last of them; a "
		"pte that goes is replaced by the head's lowest. So there are never more nodes "
		"than needed, and a walk touches a seventh of the lines. A chain that shrinks to "
		"one pte is made direct again only when page_referenced passes by, that is, when "
		"memory is short.\n"
		"\n"
		"page_add_rmap cannot allocate, and it no longer panics: every caller brings a "
		"node that it got while it could still sleep, and most of the time takes it home "
		"again. Nodes come from a slab, so that reclaim gets their pages back, and each "
		"cpu keeps one at hand.\n"
		"\n"
		"What it costs: four bytes in struct page, 32 bytes for each seven mappings of a "
		"page that is shared, and at every fork a chain operation for every page of the "
		"parent, libraries included. A thousand processes that share 300 MiB fit into "
		"low memory now, as they did not with 2.5.27; the price of fork stays.\n"
		"\n"
		"New on the other side of the page tables is remap_file_pages: pages of a file in "
		"any order in one vma. A pte that reclaim takes away there must say which page it "
		"was. Each zone has its lists now, pages reach them in batches, and the reference "
		"that a batch holds makes a write fault copy a page that nobody else uses.\n"
		"\n"
		"Reclaim looks at twice as many pages as it wants, and asks every mapped active "
		"page whether it was used, even when none is to go: then the answer is lost. "
		"kswapd goes through its priorities once, never waits for the disk, and sleeps "
		"until it is woken again. A zone that was given up is looked at only in passing, "
		"until somebody frees a page in it.\n"
		"\n"
		"Known to be wrong in it, and kept: truncation looks for a page only where its vma "
		"says it is. A page that is mapped elsewhere stays mapped when its file has lost "
		"it; the entries around it, which truncation does find, forget which page they "
		"named. MADV_DONTNEED makes them forget as well.\n"
		"\n"
		"Not modelled: buffers (PG_private), so a page of a file is one block of a disk; "
		"directories, dirty inodes and quotas in memory; read-ahead of files; the "
		"timer that writes old dirty pages and the thresholds that slow down whoever "
		"dirties too many; files that grow by write(), huge pages, mlockall, resource "
		"limits, threads that share an address space; of tmpfs, directories, mount "
		"options, limits, memory policies and SHM_LOCK. Empty slabs go "
		"back when caches are shrunk, which in the kernel is a timer's work.",
	.source = "2.6.0 mm/rmap.c, and the context lines of seed 002",
	.rmap = &rmap_2003_pte_chain,
	.vmscan = &vmscan_2_6_0,
	.lru = &lru_2004,
	.memory = &memory_2004,
	.mmap = &mmap_2003,
	.i_mmap = &i_mmap_lists_2003,
	.shmem = &shmem_2003,
	.fremap = &fremap_2003,
	.slots = &slots_2002,
	.swap_map = &swap_map_short,
	.oom = &oom_2003,
	.anon_mark = ANON_UNMARKED,
	.add_to_swap_owns = true,
	.truncate_count = true,
	.nonlinear = true,
	.swap_share = SHARE_BY_COUNT,
	.pagevec_size = 16,
	.pcp = PCP_2003,
	.pgtables_by_pgd = true,
	.page_struct_size = 40,
	.errata = none,
	.own_errata = OWN_ERRATUM(READ_ERROR_MAPPED) | OWN_ERRATUM(WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_2_6_0,
};
