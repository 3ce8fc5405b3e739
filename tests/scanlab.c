/* SPDX-License-Identifier: GPL-2.0-only */
#include "scanlab.h"

u32 bystander;

void scan_boot_config(struct machine_config config)
{
	config.kernel = kernel_by_name("2.5.26");
	config.page_cluster = -1;
	config.seed = 1;
	config.events = config.truth = true;
	lab_boot_config(config);
	bystander = (u32)OP(TASK, 0, 0);
}

void scan_boot(u32 ram, u32 swap, u32 cpus)
{
	scan_boot_config((struct machine_config){
		.ram = PAGES(ram), .swap = PAGES(swap), .cpus = cpus,
	});
}

void assert_sound(void)
{
	struct violation v;

	if (check_machine(m, &v, 1))
		fail_msg("%s: %s", v.invariant, v.text);
}

struct mm_struct *mm_of(u32 who)
{
	return thread_by_pid(m, who)->mm;
}

struct page *page_of(u32 who, u32 address)
{
	return &m->vm->mem_map[lab_pfn(who, address)];
}

struct pte_view pte_of(u32 who, u32 address)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, who, address, &pte));
	return pte;
}

u32 *pte_word(u32 who, u32 address)
{
	const void *table = machine_ram(m, pte_of(who, address).table_pfn);

	return entry_at(m, table, pte_index_of(m, address));
}

u32 idle_process(u32 pages, u32 *where)
{
	u32 who = lab_process(pages, where), i;

	OP(TOUCH, who, *where, PAGES(pages), 1);
	for (i = 0; i < pages; i++)
		*pte_word(who, *where + i * PAGE_SIZE) &= ~_PAGE_ACCESSED;
	for (i = 0; i < m->config.cpus; i++)
		tlb_flush_all(m->cpus[i]);
	return who;
}

u32 idle_and_more(u32 pages, u32 *where)
{
	u32 who = idle_process(pages, where);

	OP(MMAP, who, 0x60000000, PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED);
	return who;
}

void fill_inactive(void *arg)
{
	u32 i;

	current->machine->config.unchecked = true; /* they are nobody's */
	for (i = 0; i < *(u32 *)arg; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		require(page);
		lru_cache_add(page);
	}
}

/* -- laps ---------------------------------------------------------------------------------- */

zone_t *last_zone(void)
{
	zone_t *zone = &m->vm->zones[MAX_NR_ZONES - 1];

	while (!zone->size)
		zone--;
	return zone;
}

int lap_for(zone_t *classzone)
{
	struct mm_struct *mm;

	for (mm = mmlist_next(NULL); mm; mm = mmlist_next(mm))
		mm->swap_address = 0;
	VM->swap_mm = mm_of(bystander);
	return swap_out(DEF_PRIORITY, GFP_KERNEL, classzone);
}

static void lap_body(void *ret)
{
	*(int *)ret = lap_for(last_zone());
}

static void go_on_body(void *ret)
{
	*(int *)ret = swap_out(DEF_PRIORITY, GFP_KERNEL, last_zone());
}

static int result(void (*body)(void *))
{
	int ret = -1;

	lab_forget();
	lab_run(body, &ret);
	return ret;
}

int lap(void)
{
	return result(lap_body);
}

int go_on(void)
{
	return result(go_on_body);
}
