/* SPDX-License-Identifier: GPL-2.0-only */
/* 2.6.16: anon_vma under RCU, page tables with locks of their own. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/spinlock.h"

extern const struct rmap_ops rmap_2006_anon_vma;

/* machine_config.errata: a bit for each, in this order; 2006_anon_vma.c knows it. */
static const char *const errata_2_6_16[] = {
	"anon-vma-not-rcu", /* what the third patch of the series of August 2004 cured */
	NULL,
};

static const char *const missed_2_6_16[] = {
	"ptes of nonlinear vmas: they are aged and unmapped in clusters, never looked for",
	"a page that a truncation took from its file while somebody was mapping it",
	"the zero page: its mappings are counted, but in no rmap",
	NULL,
};

/* Seed 004, "Lock ordering in mm"; i_sem and mmap_sem nest both ways there. */
static const u8 lock_order[] = {
	LC_MMAP_SEM, LC_I_SEM, LC_PAGE_LOCK, LC_SHMEM_MUTEX, LC_SHRINKER_SEM, LC_IPRUNE_SEM,
	LC_SHMEM_LIST_LOCK, LC_SHMEM_LOCK, LC_I_SHARED_LOCK, LC_ANON_VMA_LOCK, LC_PAGE_TABLE_LOCK,
	LC_PTE_LOCK, LC_PAGEMAP_LRU_LOCK, LC_SWAP_LIST_LOCK, LC_SWAP_DEVICE_LOCK, LC_MMLIST_LOCK,
	LC_MAPPING_PAGE_LOCK, NR_LOCK_CLASSES,
};

static const char *const functions[] = {
	"__anon_vma_link", "__anon_vma_merge", "__page_set_anon_rmap", "anon_vma_ctor",
	"anon_vma_init", "anon_vma_link", "anon_vma_prepare", "anon_vma_unlink",
	"page_add_anon_rmap", "page_add_file_rmap", "page_add_new_anon_rmap",
	"page_address_in_vma", "page_check_address", "page_lock_anon_vma", "page_referenced",
	"page_referenced_anon", "page_referenced_file", "page_referenced_one",
	"page_remove_rmap", "try_to_unmap", "try_to_unmap_anon", "try_to_unmap_cluster",
	"try_to_unmap_file", "try_to_unmap_one", "validate_anon_vma", "vma_address", NULL,
};

const struct kernel kernel_2_6_16 = {
	.name = "2.6.16",
	.date = "2006-03-20",
	.commit = "7705a8792b0fc82fd7d4dd923724606bbfd9fb20",
	.idea = "an anon_vma may be locked while it goes away, and each page table has a lock",
	.summary =
		"Two years after its birth anon_vma has no open ends left. A page has no chain "
		"and no lock of its own. A page of a file is found through the vmas of the "
		"file, an anonymous one through the vmas of its anon_vma, whose address, with "
		"the lowest bit set, is in page->mapping; _mapcount, which starts from -1, says "
		"how many ptes there are.\n"
		"\n"
		"The page holds no reference to its anon_vma, and unmapping does not ask for "
		"the page lock. So reclaim may read page->mapping, see that the page is mapped, "
		"and find that the last process exits before it gets the lock. The answer is in "
		"the slab allocator. The cache of anon_vmas has SLAB_DESTROY_BY_RCU: a freed "
		"anon_vma may be used again at once, as an anon_vma, but its frame goes back "
		"only after a grace period. page_lock_anon_vma reads and locks in an RCU "
		"section, and what it locks is an anon_vma, though perhaps somebody else's, on "
		"whose list nobody maps the page. Since then nothing is merely tried: rmap "
		"waits for page table locks, and anon_vma->lock is taken outside of them.\n"
		"\n"
		"page_table_lock had become the bottleneck of programs with many threads. On "
		"machines with four cpus and more each page table has a lock in its struct "
		"page, and a fault takes it only when it has everything in hand. rss is counted "
		"apart for files and for anonymous memory, and the most there ever was is kept.\n"
		"\n"
		"remap_file_pages is still there, and reclaim still does not look for a page in "
		"a nonlinear vma: it goes over such vmas in clusters of 32 ptes, clears "
		"accessed bits, and unmaps what was not used, whatever page that is. A page in "
		"a vma that is both shared and locked is known to be wanted without a further "
		"look. The swap token spares the pages of one process at a time, while it is in "
		"a fault, until reclaim comes to its last resort and takes it away.\n"
		"\n"
		"What it costs: all processes of a family share one anon_vma, from the first "
		"fork on. A page that is one child's alone is looked for in every relative: "
		"with a thousand children, a thousand and one vmas for one pte.\n"
		"\n"
		"The listing that is the source here was made between 2.6.15 and 2.6.16-rc1: "
		"i_sem has not become i_mutex, and try_to_unmap has one argument.\n"
		"\n"
		"Not modelled: buffers (PG_private), so a page of a file is one block of a "
		"disk; directories, dirty inodes and quotas in memory; read-ahead of files; "
		"the timer that writes old dirty pages and the thresholds that slow down "
		"whoever dirties too many; files that grow by write(), huge "
		"pages, page migration and memory "
		"policies, mlockall, resource limits, threads that share an address "
		"space. A grace period ends when the last cpu was quiescent, not at a timer "
		"tick after that. The locks of the swap areas are those of 2.6.9, not one "
		"swap_lock. Reclaim is put together from 2.6.14 and 2.6.18. "
		"Who is out of memory kills at once, as "
		"from 2.6.11 on, but not while pages are being written: a disk here writes page by "
		"page what it wrote in one request, and reclaim, which waits for requests, gives "
		"up earlier.",
	.source = "seed 004, with its lost lines from 2.6.14 and 2.6.18",
	.rmap = &rmap_2006_anon_vma,
	.vmscan = &vmscan_2_6_16,
	.lru = &lru_2004,
	.memory = &memory_2006,
	.mmap = &mmap_2006,
	.i_mmap = &i_mmap_prio_tree,
	.shmem = &shmem_2004b,
	.fremap = &fremap_2006,
	.slots = &slots_2005,
	.swap_map = &swap_map_short,
	.oom = &oom_2006,
	.anon_mark = ANON_MAPPING_BIT,
	.swapcache_flag = true,
	.add_to_swap_owns = true,
	.pae_swap_in_high_word = true,
	.truncate_count = true,
	.nonlinear = true,
	.split_ptlock = true,
	.zero_page_counted = true,
	.rss_by_kind = true,
	.mmlist_swapped = true,
	.swap_token = 2,
	.pagevec_size = 14,
	.pcp = PCP_2006,
	.swap_share = SHARE_BY_MAPCOUNT,
	.watermarks_2006 = true,
	.top_down_mmap = true,
	.lock_order = lock_order,
	.seed = "004",
	.functions = functions,
	.page_struct_size = 32,
	.errata = errata_2_6_16,
	.own_errata = OWN_ERRATUM(WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_2_6_16,
};
