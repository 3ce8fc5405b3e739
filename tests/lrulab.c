/* SPDX-License-Identifier: GPL-2.0-only */
#include "lrulab.h"
#include "mm/swap.h"

#include <stdio.h>

const struct kernel *row;
u32 at, pfn;
struct page *mine;

static const struct kernel *plain_row(void)
{
	static struct kernel plain;

	plain = *kernel_default;
	plain.name = "2.5.27 with the lists of 2.6";
	plain.lru = &lru_2004;
	plain.vmscan = &vmscan_2_6_9;
	plain.pagevec_size = 16;
	plain.add_to_swap_owns = true;
	return &plain;
}

static void on_row(const struct kernel *kernel, void (*test)(void))
{
	row = kernel;
	fprintf(stderr, "# %s\n", row->name); /* who fails is the last one named */
	test();
	lab_destroy(NULL);
}

void each_row(void (*test)(void))
{
	u32 i;

	on_row(plain_row(), test);
	for (i = 0; kernels[i]; i++)
		if (kernels[i]->lru == &lru_2004)
			on_row(kernels[i], test);
}

void row_boot(u32 ram, u32 swap, u32 cpus)
{
	lab_boot_config((struct machine_config){
		.kernel = row, .ram = (u64)ram << PAGE_SHIFT, .swap = (u64)swap << PAGE_SHIFT,
		.cpus = cpus, .page_cluster = -1, .seed = 1, .events = true, .truth = true,
	});
}

bool zone_list_is(u32 n, bool active, u32 count, struct page *const *pages)
{
	u32 counted, i = 0;
	const struct list_head *head = lru_2004.list(VM, active, n, &counted), *pos;

	if (counted != count)
		return false;
	for (pos = list_next(head); pos != head; pos = list_next(pos), i++)
		if (i == count || list_entry(pos, const struct page, lru) != pages[i])
			return false;
	return i == count;
}

void one_page(u32 ram, u32 swap)
{
	row_boot(ram, swap, 1);
	pid = lab_process(1, &at);
	OP(WRITE, pid, at, 4711);
	pfn = lab_pfn(pid, at);
	mine = &m->vm->mem_map[pfn];
	lab_forget();
}

/* The lists are what the test arranges: no kernel offers that as an operation. */
static void to_inactive(void *arg)
{
	struct page *it = arg;
	zone_t *zone = page_zone(it);

	lru_add_drain();
	require(PageLRU(it));
	if (PageActive(it)) {
		list_del(&it->lru);
		zone->nr_active--;
		it->flags &= ~(1u << PG_active);
		list_add(&it->lru, &zone->inactive_list);
		zone->nr_inactive++;
	}
}

void make_idle(u32 frame)
{
	lab_run(to_inactive, &m->vm->mem_map[frame]);
	OP(REFERENCED, 0, frame);
	OP(REFERENCED, 0, frame);
	lab_forget();
}
