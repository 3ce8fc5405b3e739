/* SPDX-License-Identifier: GPL-2.0-only */
/* 2.5.26: the last kernel without rmap. */
#include "kernels.h"

#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

extern const struct rmap_ops rmap_2002a_no_rmap;

static const char *const none[] = { NULL };

static const char *const missed_2_5_26[] = {
	"every mapping: no page knows who maps it",
	NULL,
};

/* Of seed 000: what it deletes, and what it changes and this kernel has in its old form. */
static const char *const functions[] = {
	"dup_mmap", "mmput", "refill_inactive", "shrink_cache", "swap_out",
	"swap_out_add_to_swap_cache", "swap_out_mm", "swap_out_pgd", "swap_out_pmd",
	"swap_out_vma", "truncate_complete_page", "try_to_swap_out", NULL,
};

const struct kernel kernel_2_5_26 = {
	.name = "2.5.26",
	.date = "2002-07-16",
	.commit = "0d84f0acc5c914fbd249b2611711517f5c001a0c",
	.idea = "no rmap: page tables are walked until they have been met that map a page",
	.summary =
		"Reclaim looks at the tail of the inactive list, as ever, but a page there cannot "
		"be asked who maps it. If it has more references than its cache has, or is in no "
		"cache at all, it is taken to be mapped and gets another lap. When one pass has "
		"met too many of these, it stops and walks page tables instead: swap_out takes up "
		"where it was last time, in whichever process that was, and goes through that "
		"process's addresses, then the next process's. A pte that was used since the last "
		"time is spared, its accessed bit cleared and the page marked referenced. One "
		"that was not is removed; an anonymous page is given a swap slot then and there. "
		"When 32 pages have lost their last pte the walk ends.\n"
		"\n"
		"What this does not need: a word in struct page, memory for each mapping, work at "
		"each fault, fork and exit. What it costs shows under pressure. The walk meets "
		"ptes in the order of addresses, whatever the lists say about the pages behind "
		"them, and the work grows with the memory that is mapped, not with that which is "
		"there: a page mapped by a thousand processes must be met a thousand times before "
		"it can go. And if everything was used since the last time, a whole lap over "
		"everybody's memory frees nothing but the accessed bits.\n"
		"\n"
		"The lists lean on PG_referenced, which a read(), a fault and the walk set. A "
		"page that comes down from the active list has it set on the way, so that one use "
		"is enough to bring it back.\n"
		"\n"
		"Everything outside reclaim is as in 2.5.27, without its calls to the rmap. Two "
		"differences besides: fork makes those ptes read-only that can be written, where "
		"2.5.27 does it to each; and a page that a truncation takes out of its file "
		"leaves the lists.\n"
		"\n"
		"One figure is scaled: a pass puts up with 32 x 8 pages in use at its first "
		"priority, looks at a sixth of the list, and so does not walk page tables before "
		"1,542 pages are inactive. Machines below 16 MiB would never swap; here the limit "
		"shrinks with them.\n"
		"\n"
		"Not modelled: what is not modelled of 2.5.27. A page directory entry that is bad "
		"stops the machine; the kernel reports it and clears it. As in 2.5.27, reclaim "
		"sees when the page it takes a reference to is gone, and set_page_dirty asks under "
		"the lock whether the page is still in its mapping. The page of a page table knows "
		"its owner: that is the model's own note, for the sentences about ptes.",
	.source = "seed 000 (the lines it deletes)",
	.rmap = &rmap_2002a_no_rmap,
	.vmscan = &vmscan_2002a,
	.lru = &lru_2002,
	.memory = &memory_2002,
	.mmap = &mmap_2002,
	.i_mmap = &i_mmap_lists_2002,
	.shmem = &shmem_2002,
	.slots = &slots_2002,
	.swap_map = &swap_map_short,
	.oom = &oom_2002,
	.anon_mark = ANON_UNMARKED,
	.truncated_off_lru = true,
	.pgtables_by_pgd = true,
	.page_struct_size = I386_PAGE_STRUCT_SIZE - 4, /* no pte_chain */
	.errata = none,
	.own_errata = OWN_ERRATUM(READ_ERROR_MAPPED) | OWN_ERRATUM(WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(FILE_WRITE_ERROR_DROPS_DATA) |
		      OWN_ERRATUM(SWAPOFF_MAPS_UNREAD),
	.missed = missed_2_5_26,
	.seed = "000",
	.functions = functions,
};
