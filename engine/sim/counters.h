/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters: exact, deterministic, and the only figures that tests and experiments assert.
 * One row each: name, what it counts. m.counters in Lua, the zones pane and bench read this table.
 */
#ifndef SIM_COUNTERS_H
#define SIM_COUNTERS_H

#include "types.h"

#define COUNTERS(X) \
	X(accesses, "memory accesses through the MMU") \
	X(tlb_misses, "translations not found in the TLB") \
	X(tlb_flushes, "INVLPG and CR3 reloads") \
	X(pgfault, "page faults") \
	X(pgmajfault, "page faults that had to wait for a read") \
	X(pgcow, "pages copied by do_wp_page") \
	X(pgalloc, "page frames allocated") \
	X(pgfree, "page frames freed") \
	X(pgscan, "pages looked at by shrink_cache") \
	X(pgsteal, "pages freed by reclaim") \
	X(pgactivate, "pages moved to the active list") \
	X(pgrefill, "pages looked at by refill_inactive_zone") \
	X(pgdeactivate, "pages moved to the inactive list") \
	X(pgrotated, "pages moved to the tail of the inactive list when they were written") \
	X(pgpgin, "pages read from a file") \
	X(pgpgout, "pages written to a file") \
	X(pswpin, "pages read from swap") \
	X(pswpout, "pages written to swap") \
	X(shrink_slab, "times reclaim asked slab caches to shrink") \
	X(slabs_scanned, "names and inodes that shrinkers were asked to look at") \
	X(dentries_pruned, "names of files that went for want of memory") \
	X(inodes_pruned, "inodes that went for want of memory") \
	X(slab_pressure, "pages looked at that it asked with: what is mapped or in swap twice") \
	X(unuse_pte_range, "page tables that swapoff searched: calls of unuse_pte_range") \
	X(unuse_ptes, "ptes that swapoff looked at") \
	X(io_errors, "transfers that a disk could not do") \
	X(alloc_errors, "requests for pages that were made to fail") \
	X(content_lost, "loads of what this kernel is known to lose") \
	X(kswapd_runs, "times kswapd was woken") \
	X(allocstall, "allocations that had to reclaim themselves") \
	X(oom_kills, "processes killed for want of memory") \
	X(ptes_visited, "ptes looked at by reclaim, through rmap or by scanning") \
	X(ptes_scanned, "entries that swap_out passed in page tables, empty ones too") \
	X(ptes_unmapped, "ptes cleared by try_to_unmap or try_to_swap_out") \
	X(ptes_copied, "ptes copied by fork") \
	X(ptes_zapped, "ptes cleared by munmap and exit") \
	X(chain_nodes_walked, "pte_chain nodes walked") \
	X(chain_adds, "mappings added to a chain") \
	X(chain_removes, "mappings removed from a chain") \
	X(chain_pages, "pages eaten by the pte_chain freelist") \
	X(vmas_visited, "vmas visited to find a pte") \
	X(mms_visited, "address spaces visited to find a pte, one after the other") \
	X(rmap_trylock_failed, "locks that an rmap walk only tries, and did not get") \
	X(kmap_atomics, "page tables in high memory that were mapped to be looked at") \
	X(locked_ops, "LOCK-prefixed instructions (0 with one cpu)") \
	X(locked_pte_ops, "of them, those that change a pte") \
	X(slab_pages, "page frames now held by slab caches") \
	X(context_switches, "switches between threads") \
	X(idle_ns, "virtual time in which no thread could run, in ns: the rest was charged") \
	X(sched_points, "scheduling points passed") \
	X(io_reads, "read requests sent to disks") \
	X(io_writes, "write requests sent to disks") \
	X(implicit_maps, "mappings that a replay had to invent")

struct counters {
#define X(name, what) u64 name;
	COUNTERS(X)
#undef X
};

struct counter_row {
	const char *name, *what;
	u32 offset; /* in struct counters */
};

extern const struct counter_row counter_rows[]; /* ends with a NULL name */

/* Count one, or n, on the current machine. */
#define count(name) (current->machine->counters.name++)
#define count_n(name, n) (current->machine->counters.name += (n))

#endif
