/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Second opinions on a workload: every rmap against the oracle, and the end, when everybody has
 * exited and everything is reclaimed: nothing may be left.
 */
#include <stdio.h>

#include "mm/vm.h"
#include "rmap/rmap.h"
#include "workload.h"

/* The oracle's order is by pid and address, the rmap's is its own: compare as sets. */
static bool has(const struct mapping_view *all, u32 n, const struct mapping_view *one)
{
	u32 i, found = 0;

	for (i = 0; i < n; i++)
		found += all[i].pid == one->pid && all[i].address == one->address;
	return found == 1;
}

/* Is this one that the kernel says it cannot find? */
static bool may_miss(const struct workload *w, u32 pfn, const struct mapping_view *one)
{
	const struct rmap_ops *ops = w->m->config.kernel->rmap;
	struct mapping all[64];
	u32 i, n = oracle_mappers(w->m, pfn, all, 64);

	for (i = 0; i < n && i < 64; i++)
		if (all[i].pid == one->pid && all[i].address == one->address)
			return ops->misses && ops->misses(w->m, &w->m->vm->mem_map[pfn], &all[i]);
	return false;
}

bool workload_check_oracle(struct workload *w)
{
	struct mapping_view rmap[64], oracle[64];
	char text[100];
	u32 pfn, i, n, all;
	bool same;

	for (pfn = 0; pfn < w->m->nr_frames; pfn++) {
		if (PageReserved(&w->m->vm->mem_map[pfn]))
			continue;
		n = inspect_rmap(w->m, pfn, rmap, 64);
		all = inspect_mappers(w->m, pfn, oracle, 64);
		same = all >= n && all <= 64;
		for (i = 0; i < n && same; i++)
			same = has(oracle, all, &rmap[i]);
		for (i = 0; i < all && same; i++)
			same = has(rmap, n, &oracle[i]) || may_miss(w, pfn, &oracle[i]);
		if (!same) {
			snprintf(text, sizeof(text), "rmap and oracle differ for page %u", pfn);
			workload_wrong(w, text);
			return false;
		}
	}
	return true;
}

u32 workload_idle_frames(const struct machine *m)
{
	struct zone_view zones[3];
	u32 i, n = inspect_zones(m, zones, 3);
	u64 sum = m->counters.slab_pages + m->counters.chain_pages;

	for (i = 0; i < n; i++)
		sum += zones[i].free;
	for (i = 0; i < m->vm->nr_swapfiles; i++)
		sum += m->vm->swap_info[i].map_pages;
	return (u32)sum;
}

static bool run_op(struct workload *w, struct op op)
{
	w->ops++;
	w->op = op;
	op_run(w->m, &op);
	return workload_whole(w) && workload_done(w, &op) && workload_check(w);
}

/* Reclaim may find everything under write-back, or referenced: it is asked until nothing is left,
 * with time in between. */
static bool reclaim_all(struct workload *w)
{
	u32 i;

	for (i = 0; i < 12; i++)
		if (!run_op(w, (struct op){ .kind = OP_SYNC }) ||
		    !run_op(w, (struct op){ .kind = OP_REFILL, .arg = { w->m->nr_frames } }) ||
		    !run_op(w, (struct op){ .kind = OP_RECLAIM, .arg = { w->m->nr_frames } }) ||
		    !run_op(w, (struct op){ .kind = OP_TICK, .arg = { 20000000000ull } }))
			return false;
	return true;
}

static u32 slots_in_use(const struct machine *m)
{
	struct swap_view areas[4];
	u32 i, used = 0, n = inspect_swap(m, areas, 4);

	for (i = 0; i < n; i++)
		used += areas[i].used;
	return used;
}

static bool exit_all(struct workload *w)
{
	while (w->nr_pids)
		if (!run_op(w, (struct op){ .kind = OP_EXIT, .pid = (u16)w->pids[0] }))
			return false;
	return true;
}

/* A kernel that finds nothing to reclaim and nobody to kill panics, and rightly: there is always
 * an init. Here is one on each cpu for the time of the winding down; it also empties that cpu's
 * pagevecs when it exits, in which pages may be that swapoff has brought in. */
static bool start_init(struct workload *w)
{
	u32 i;

	for (i = 0; i < w->m->config.cpus; i++)
		if (!run_op(w, (struct op){ .kind = OP_TASK, .text = "init" }) ||
		    !run_op(w, (struct op){ .kind = OP_MMAP,
					    .pid = (u16)(w->nr_pids > i ? w->pids[i] : 0),
					    .arg = { 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE } }))
			return false;
	return true;
}

/* What shared memory has in swap it keeps, whoever exits. */
static bool empty_shmem(struct workload *w)
{
	struct file_view files[40];
	u32 i, n = inspect_files(w->m, files, ARRAY_SIZE(files));

	for (i = 0; i < n && i < ARRAY_SIZE(files); i++)
		if (files[i].shmem && !files[i].unlinked &&
		    !run_op(w, (struct op){ .kind = OP_TRUNCATE, .arg = { files[i].inode } }))
			return false;
	return true;
}

bool workload_wind_down(struct workload *w)
{
	char text[200];
	u32 free, total, pages, frames, slots;

	if (!exit_all(w) || !empty_shmem(w) || !start_init(w) || !reclaim_all(w) || !exit_all(w))
		return false;
	inspect_chains(w->m, &free, &total, &pages);
	frames = workload_idle_frames(w->m);
	slots = slots_in_use(w->m);
	if (frames == w->frames && free == total && !slots)
		return true;
	snprintf(text, sizeof(text), "when all is over: %u of %u frames, %u of %u nodes, %u slots "
		 "in use", frames, w->frames, free, total, slots);
	workload_wrong(w, text);
	return false;
}
