/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What screens and scripts see of a machine, and the canonical dump: every view says what the
 * kernel's own structures say, no view changes anything, and none minds being asked for what is
 * not there.
 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "i386/mmu.h"
#include "rmap/rmap.h"
#include "sim/content.h"

#define RW (PROT_READ | PROT_WRITE)

static u32 pid, at, child, file, map;

/* A process with a word, the zero page, a page in swap and a file; a child; two swap areas. */
static int boot(void **state)
{
	lab_boot(256, 128, 1);
	pid = lab_process(8, &at);
	OP(WRITE, pid, at, 42);
	OP(READ, pid, at + PAGE_SIZE);
	OP(WRITE, pid, at + 2 * PAGE_SIZE, 43);
	OP(UNMAP, 0, lab_pfn(pid, at + 2 * PAGE_SIZE));
	file = (u32)OP(FILE, 0, 3 * PAGE_SIZE);
	map = (u32)OP(MMAP, pid, 0, 3 * PAGE_SIZE, RW, MAP_SHARED, file);
	OP(WRITE, pid, map, 44);
	OP(READ, pid, map + PAGE_SIZE);
	OP(SWAPON, 0, 64 << PAGE_SHIFT, 5);
	child = (u32)OP(FORK, pid);
	return 0;
}

static struct page_view page(u32 pfn)
{
	struct page_view view;

	assert_true(inspect_page(m, pfn, &view));
	return view;
}

static u32 pfn_of_table(u32 address)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, pid, address, &pte));
	return pte.table_pfn;
}

/* -- frames -------------------------------------------------------------------------------- */

static void what_a_frame_is_used_for(void **state)
{
	struct page_view v;
	u32 pfn;

	assert_int_equal(page(0).use, FRAME_RESERVED);
	assert_int_equal(page(m->vm->zero_pfn).use, FRAME_ZERO);
	assert_int_equal(page(thread_by_pid(m, pid)->mm->pgd_pfn).use, FRAME_PGD);
	assert_int_equal(page(thread_by_pid(m, pid)->mm->pgd_pfn).table_pid, pid);
	v = page(pfn_of_table(at));
	assert_int_equal(v.use, FRAME_PTE);
	assert_int_equal(v.table_pid, pid);
	assert_int_equal(v.table_address, at & ~(pmd_size(m) - 1));

	v = page(lab_pfn(pid, at));
	assert_int_equal(v.use, FRAME_ANON);
	assert_int_equal(v.mapcount, 2);
	assert_int_equal(v.count, 2);
	assert_true(v.has_words && v.mapcount_known && v.chain && v.tag);
	assert_int_equal(v.lru, 1);
	v = page(lab_pfn(pid, map));
	assert_int_equal(v.use, FRAME_FILE);
	assert_int_equal(v.mapping_inode, file);
	assert_int_equal(v.index, 0);
	assert_false(v.swapcache);
	for (pfn = 0; page(pfn).use != FRAME_FREE; pfn++)
		;
	assert_int_equal(page(pfn).count, 0);
	assert_false(inspect_page(m, m->nr_frames, &v));
	assert_false(inspect_page(m, UINT32_MAX, &v));
}

static void a_page_in_the_swap_cache(void **state)
{
	struct pte_view pte;
	struct page_view v;
	u32 pfn;

	assert_true(inspect_pte(m, pid, at + 2 * PAGE_SIZE, &pte));
	assert_true(pte.swap && !pte.present);
	for (pfn = 0; page(pfn).use != FRAME_SWAPCACHE; pfn++)
		;
	v = page(pfn);
	assert_true(v.swapcache);
	assert_int_equal(v.swap_type, pte.swap_type);
	assert_int_equal(v.swap_offset, pte.swap_offset);
	assert_int_equal(v.mapcount, 0);
	assert_int_equal(v.mapping_inode, 0);
}

static void one_letter_a_frame(void **state)
{
	char letters[256], more[300];
	u32 pfn;

	assert_int_equal(inspect_frames(m, 0, letters, 256), 256);
	assert_int_equal(inspect_frames(m, 0, more, 300), 256);
	assert_int_equal(inspect_frames(m, 250, more, 300), 6);
	assert_int_equal(inspect_frames(m, 256, more, 300), 0);
	for (pfn = 0; pfn < 256; pfn++)
		assert_int_equal(letters[pfn], frame_use_rows[page(pfn).use].letter);
	assert_int_equal(letters[lab_pfn(pid, at)], 'a');
	m->vm->mem_map[lab_pfn(pid, at)].flags |= 1u << PG_active;
	inspect_frames(m, 0, letters, 256);
	assert_int_equal(letters[lab_pfn(pid, at)], 'A');
	m->vm->mem_map[lab_pfn(pid, at)].flags &= ~(1u << PG_active);
}

static void flags_by_name(void **state)
{
	char text[100], small[9];

	assert_int_equal(inspect_flags(1u << PG_locked | 1u << PG_dirty | 1u << PG_chainlock, text,
				       sizeof(text)), 22);
	assert_string_equal(text, "locked dirty chainlock");
	assert_int_equal(inspect_flags(1u << PG_locked | 1u << PG_dirty, small, sizeof(small)), 12);
	assert_string_equal(small, "locked d");
	assert_int_equal(inspect_flags(0, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(inspect_flags(1u << PG_locked, NULL, 0), 6);
}

/* -- address spaces ------------------------------------------------------------------------ */

static void an_entry_of_a_page_table(void **state)
{
	struct pte_view v;
	u32 pgd;
	u64 raw;

	assert_true(inspect_pte(m, pid, at + 8, &v));
	assert_true(v.present && v.user && v.dirty && !v.swap);
	assert_false(v.rw); /* since the fork */
	assert_int_equal(v.address, at);
	assert_int_equal(v.pid, pid);
	assert_int_equal(v.raw >> PAGE_SHIFT, v.pfn);
	assert_true(inspect_pte(m, pid, at + 5 * PAGE_SIZE, &v));
	assert_int_equal(v.raw, 0);
	assert_false(v.present || v.swap);
	assert_false(inspect_pte(m, pid, 0x80000000, &v)); /* no table */
	assert_false(inspect_pte(m, 999, at, &v));
	assert_false(inspect_pte(m, m->vm->kswapd->pid, at, &v));

	assert_true(inspect_pde(m, pid, at, &raw, &pgd));
	assert_int_equal(raw, pfn_pte(pfn_of_table(at), _PAGE_TABLE));
	assert_int_equal(pgd, thread_by_pid(m, pid)->mm->pgd_pfn);
	assert_true(inspect_pde(m, pid, 0x80000000, &raw, &pgd));
	assert_int_equal(raw, 0);
	assert_false(inspect_pde(m, 999, at, &raw, &pgd));
}

static void walking_the_entries(void **state)
{
	u32 found[] = { at, at + PAGE_SIZE, at + 2 * PAGE_SIZE, map, map + PAGE_SIZE };
	u32 address = 0, i;
	struct pte_view v;

	for (i = 0; i < ARRAY_SIZE(found); i++, address += PAGE_SIZE) {
		assert_true(inspect_next_pte(m, pid, &address, &v));
		assert_int_equal(address, found[i]);
		assert_int_equal(v.address, found[i]);
	}
	assert_false(inspect_next_pte(m, pid, &address, &v));
	address = 0xfffff000;
	assert_false(inspect_next_pte(m, pid, &address, &v));
	assert_false(inspect_next_pte(m, 999, &address, &v));
}

static void who_maps_a_frame(void **state)
{
	struct mapping_view one[1], two[2];
	u32 pfn = lab_pfn(pid, at);

	assert_int_equal(inspect_rmap(m, pfn, two, 2), 2);
	assert_int_equal(two[0].pid, child); /* the youngest first */
	assert_int_equal(two[1].pid, pid);
	assert_true(two[0].node && two[1].node);
	assert_int_equal(inspect_mappers(m, pfn, two, 2), 2);
	assert_int_equal(two[0].pid, pid);   /* by pid */
	assert_int_equal(two[0].node, 0);
	assert_int_equal(two[1].address, at);
	assert_int_equal(inspect_rmap(m, pfn, one, 1), 2);
	assert_int_equal(one[0].pid, child);
	assert_int_equal(inspect_rmap(m, m->nr_frames, two, 2), 0);
	assert_int_equal(inspect_mappers(m, UINT32_MAX, two, 2), 0);
}

static void more_mappings_than_fit_at_once(void **state)
{
	struct mapping_view all[200];
	u32 i, n;

	for (i = 0; i < 8; i++)
		OP(MMAP, pid, 0x50000000 + i * PAGE_SIZE, PAGE_SIZE, PROT_READ,
		   MAP_SHARED | MAP_FIXED, file);
	for (i = 0; i < 8; i++)
		OP(READ, pid, 0x50000000 + i * PAGE_SIZE);
	for (i = 0; i < 9; i++)
		OP(FORK, pid);
	n = 2 + 9 + 8 + 9 * 8;
	assert_int_equal(inspect_rmap(m, lab_pfn(pid, map), all, 200), n);
	assert_int_equal(inspect_mappers(m, lab_pfn(pid, map), all, 200), n);
	for (i = 1; i < n; i++)
		assert_true(all[i - 1].pid < all[i].pid ||
			    (all[i - 1].pid == all[i].pid && all[i - 1].address < all[i].address));
	assert_int_equal(inspect_mappers(m, lab_pfn(pid, map), all, 70), n);
}

static void the_map_of_a_process(void **state)
{
	struct vma_view v[4];

	assert_int_equal(inspect_vmas(m, pid, v, 4), 2);
	assert_int_equal(v[0].start, at);
	assert_int_equal(v[0].end, at + 8 * PAGE_SIZE);
	assert_int_equal(v[0].inode, 0);
	assert_int_equal(v[1].start, map);
	assert_int_equal(v[1].inode, file);
	assert_true(v[1].flags & VM_SHARED);
	assert_int_not_equal(v[0].id, v[1].id);
	assert_int_equal(inspect_vmas(m, pid, v, 0), 2);
	assert_int_equal(inspect_vmas(m, 999, v, 4), 0);
}

static void what_the_tlb_holds(void **state)
{
	struct tlb_view v[64];
	u32 i, n, who, cr3, cr2, seen = 0;

	OP(READ, pid, at);
	n = inspect_tlb(m, 0, v, 64);
	for (i = 0; i < n; i++) {
		assert_false(v[i].stale);
		if (v[i].address == at) {
			assert_int_equal(v[i].raw >> PAGE_SHIFT, lab_pfn(pid, at));
			assert_int_equal(v[i].set, (at >> PAGE_SHIFT) % TLB_SETS);
			seen++;
		}
	}
	assert_int_equal(seen, 1);
	inspect_cpu(m, 0, &who, &cr3, &cr2);
	assert_int_equal(cr3, thread_by_pid(m, pid)->mm->pgd_pfn);
	assert_int_equal(who, pid);
	assert_int_equal(inspect_tlb(m, 1, v, 64), 0);
	inspect_cpu(m, 99, &who, &cr3, &cr2);
	assert_int_equal(cr3, 0);
}

/* -- threads ------------------------------------------------------------------------------- */

static void who_there_is(void **state)
{
	struct task_view v[10], one;
	u32 i, n = inspect_tasks(m, v, 10), processes = 0;

	assert_int_equal(n, 6); /* swapper, irq, kswapd, pdflush, two processes */
	for (i = 0; i < n; i++)
		processes += v[i].process;
	assert_int_equal(processes, 2);
	assert_true(inspect_task(m, pid, &one));
	assert_string_equal(one.name, "task");
	assert_int_equal(one.rss, thread_by_pid(m, pid)->mm->rss);
	assert_int_equal(one.rss, 3);
	assert_int_equal(one.total_vm, 11);
	assert_int_equal(one.map_count, 2);
	assert_int_equal(one.op, NR_OPS);
	assert_int_equal(one.state, TASK_IDLE);
	OP(EXIT, child);
	assert_int_equal(inspect_tasks(m, v, 10), 5);
	assert_false(inspect_task(m, child, &one));
	assert_false(inspect_task(m, 999, &one));
	assert_string_equal(thread_name(m, child), "task");
}

struct moment {
	bool seen;
	struct frame_view stack[MAX_DEPTH];
	u32 depth, held;
	struct held_view locks[MAX_HELD];
	struct task_view task;
};

/* While the anonymous page is mapped: where is the process, and what does it hold? */
static void look(struct machine *machine, const struct event *ev, void *arg)
{
	struct moment *now = arg;

	if (ev->kind != EV_ANON_MAP || now->seen)
		return;
	now->seen = true;
	now->depth = inspect_stack(machine, ev->thread, now->stack, MAX_DEPTH);
	now->held = inspect_held(machine, ev->thread, now->locks, MAX_HELD);
	inspect_task(machine, ev->thread, &now->task);
}

static void in_the_middle_of_a_fault(void **state)
{
	static const char *const stack[] = {
		"do_page_fault", "handle_mm_fault", "handle_pte_fault", "do_no_page",
		"do_anonymous_page",
	};
	struct moment now = { .seen = false };
	struct machine_hooks hooks = { .event = look, .arg = &now };
	u32 i;

	m->hooks = &hooks;
	OP(WRITE, pid, at + 5 * PAGE_SIZE, 1);
	assert_true(now.seen);
	for (i = 0; i < ARRAY_SIZE(stack); i++) {
		assert_string_equal(now.stack[i].func, stack[i]);
		assert_non_null(strstr(now.stack[i].file, "engine/mm/"));
		assert_true(now.stack[i].line > 0);
	}
	assert_int_equal(now.depth, ARRAY_SIZE(stack));
	assert_int_equal(now.held, 1); /* with one cpu only semaphores are there */
	assert_string_equal(now.locks[0].name, "mmap_sem");
	assert_int_equal(now.locks[0].id, pid);
	assert_false(now.locks[0].write);
	assert_int_equal(now.task.op, OP_WRITE);
	assert_true(now.task.running);
	assert_int_equal(inspect_stack(m, pid, now.stack, MAX_DEPTH), 0);
	assert_int_equal(inspect_held(m, 999, now.locks, MAX_HELD), 0);
}

/* -- the kernel ---------------------------------------------------------------------------- */

static void zones_and_lists(void **state)
{
	u32 free = 0, order, pfns[256], few[1], n;
	struct zone_view z[3];
	struct lru_view lru;

	assert_int_equal(inspect_zones(m, z, 3), 1);
	assert_string_equal(z[0].name, "DMA");
	assert_int_equal(z[0].size, 256);
	for (order = 0; order < 16; order++)
		free += z[0].free_blocks[order] << order;
	assert_int_equal(z[0].free, free);
	assert_true(z[0].min < z[0].low && z[0].low < z[0].high && z[0].scaled);
	inspect_lru(m, &lru);
	n = inspect_lru_list(m, false, pfns, 256);
	assert_int_equal(n, lru.nr_inactive);
	assert_int_equal(inspect_lru_list(m, true, pfns + n, 256 - n), lru.nr_active);
	assert_int_equal(inspect_lru_list(m, false, few, 1), n);
	assert_int_equal(few[0], pfns[0]);
	while (n--)
		assert_int_equal(page(pfns[n]).lru, 1);
}

static void swap_areas(void **state)
{
	struct pte_view pte;
	struct swap_view v[2];
	struct slot_view slots[200];
	u32 i;

	assert_int_equal(inspect_swap(m, v, 2), 2);
	assert_int_equal(v[0].max, 128);
	assert_int_equal(v[1].max, 64);
	assert_int_equal(v[1].prio, 5);
	assert_int_equal(v[0].used, 1);
	assert_int_equal(v[1].used, 0);
	assert_true(inspect_pte(m, pid, at + 2 * PAGE_SIZE, &pte));
	assert_int_equal(inspect_swap_map(m, 0, 0, slots, 200), 128);
	assert_true(slots[0].bad && slots[0].raw == 0x8000);
	assert_int_equal(slots[0].users, 0);
	for (i = 1; i < 128; i++) {
		bool used = i == pte.swap_offset;

		assert_int_equal(slots[i].raw, used ? 3 : 0); /* two processes and the cache */
		assert_int_equal(slots[i].users, used ? 2 : 0);
		assert_int_equal(slots[i].cached, used);
	}
	assert_int_equal(inspect_swap_map(m, 0, 120, slots, 200), 8);
	assert_int_equal(inspect_swap_map(m, 2, 0, slots, 200), 0);
}

static void files_slabs_chains(void **state)
{
	u32 free, total, pages, i, n;
	struct slab_view s[8];
	struct file_view f;

	assert_int_equal(inspect_files(m, &f, 1), 1);
	assert_int_equal(f.inode, file);
	assert_int_equal(f.pages, 2);
	assert_int_equal(f.dirty, 0); /* only a pte knows */
	assert_int_equal(f.size, 3 * PAGE_SIZE);
	OP(FILE_WRITE, 0, file, 0, 1);
	inspect_files(m, &f, 1);
	assert_int_equal(f.dirty, 1);
	n = inspect_slabs(m, s, 8);
	assert_true(n >= 4 && n <= 8);
	for (i = 0; i < n; i++) {
		assert_int_equal(s[i].total, s[i].slabs * s[i].per_slab);
		if (!strcmp(s[i].name, "vm_area_struct"))
			assert_int_equal(s[i].active, 4);
	}
	inspect_chains(m, &free, &total, &pages);
	assert_int_equal(total, 512);
	assert_int_equal(pages, 1);
	assert_int_equal(total - free, 2 * 3); /* two processes, three pages each */
}

static void counters_and_memory(void **state)
{
	u64 region, truth, words, before;
	bool known;

	before = inspect_counter(m, "accesses", &known);
	assert_true(known);
	OP(READ, pid, at);
	assert_int_equal(inspect_counter(m, "accesses", &known) - before, 1);
	assert_int_equal(inspect_counter(m, "pgfault", &known), m->counters.pgfault);
	assert_true(known);
	inspect_counter(m, "no such counter", &known);
	assert_false(known);
	inspect_memory(m, &region, &truth, &words);
	assert_true(region > truth + words && truth > 0);
	assert_int_equal(words, 3 * PAGE_SIZE); /* three pages hold stored words */
}

/* -- the dump ------------------------------------------------------------------------------ */

static void the_dump_says_it(void **state)
{
	char want[80], *text = dump_machine(m);

	assert_non_null(text);
	assert_int_equal(strncmp(text, "machine 2.5.27 ram 1048576", 26), 0);
	snprintf(want, sizeof(want), "mm %u pgd ", pid);
	assert_non_null(strstr(text, want));
	snprintf(want, sizeof(want), "    pte %08x ", at);
	assert_non_null(strstr(text, want));
	assert_non_null(strstr(text, "  word 000 0000002a\n"));
	assert_non_null(strstr(text, " slot 0:1"));
	snprintf(want, sizeof(want), "page %u flags ", lab_pfn(pid, at));
	assert_non_null(strstr(text, want));
	assert_null(strstr(text, "0x7f"));
	free(text);
}

static void the_dump_tells_machines_apart(void **state)
{
	u64 before = dump_hash(m);

	assert_true(before == dump_hash(m));
	OP(READ, pid, at + 6 * PAGE_SIZE);
	assert_false(before == dump_hash(m));
	before = dump_hash(m);
	*(u32 *)((char *)machine_ram(m, lab_pfn(pid, at)) + 400) = 1;
	assert_false(before == dump_hash(m));
	before = dump_hash(m);
	m->vm->swap_info[1].cluster_next++;
	assert_false(before == dump_hash(m));
}

static void the_same_seed_the_same_dump(void **state)
{
	char *one = dump_machine(m), *two;

	lab_destroy(NULL);
	boot(NULL);
	two = dump_machine(m);
	assert_string_equal(one, two);
	free(one);
	free(two);
}

static void the_picture(void **state)
{
	char want[80], *text = dump_graph(m);
	u32 pfn = lab_pfn(pid, at);

	assert_non_null(text);
	assert_int_equal(strncmp(text, "digraph machine {", 17), 0);
	snprintf(want, sizeof(want), "  task%u -> table%u ", pid, pfn_of_table(at));
	assert_non_null(strstr(text, want));
	snprintf(want, sizeof(want), "  table%u -> page%u [label=\"%08x ", pfn_of_table(at), pfn,
		 at);
	assert_non_null(strstr(text, want));
	snprintf(want, sizeof(want), "  page%u -> table%u [style=dashed, label=\"2\"]", pfn,
		 pfn_of_table(at));
	assert_non_null(strstr(text, want));
	assert_non_null(strstr(text, " -> slot0_1 "));
	assert_string_equal(text + strlen(text) - 2, "}\n");
	free(text);
}

static void looking_changes_nothing(void **state)
{
	struct mapping_view mappings[8];
	struct vma_view vmas[8];
	struct tlb_view tlb[64];
	u64 before = dump_hash(m);
	u32 pfn;
	char *text;

	for (pfn = 0; pfn < m->nr_frames; pfn++) {
		page(pfn);
		inspect_rmap(m, pfn, mappings, 8);
		inspect_mappers(m, pfn, mappings, 8);
	}
	inspect_vmas(m, pid, vmas, 8);
	inspect_tlb(m, 0, tlb, 64);
	text = dump_graph(m);
	free(text);
	assert_true(before == dump_hash(m));
}

#define T(name) cmocka_unit_test_setup_teardown(name, boot, lab_destroy)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_a_frame_is_used_for),
		T(a_page_in_the_swap_cache),
		T(one_letter_a_frame),
		T(flags_by_name),
		T(an_entry_of_a_page_table),
		T(walking_the_entries),
		T(who_maps_a_frame),
		T(more_mappings_than_fit_at_once),
		T(the_map_of_a_process),
		T(what_the_tlb_holds),
		T(who_there_is),
		T(in_the_middle_of_a_fault),
		T(zones_and_lists),
		T(swap_areas),
		T(files_slabs_chains),
		T(counters_and_memory),
		T(the_dump_says_it),
		T(the_dump_tells_machines_apart),
		T(the_same_seed_the_same_dump),
		T(the_picture),
		T(looking_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
