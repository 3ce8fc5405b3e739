/* SPDX-License-Identifier: GPL-2.0-only */
#include "eras.h"

#include <stdio.h>

const struct kernel *era;

/* -- the kernels ----------------------------------------------------------------------------- */

bool of_2006(void)
{
	return era->memory == &memory_2006;
}

bool has_chains(void)
{
	return era->anon_mark < ANON_FLAG;
}

/* -- the machine ----------------------------------------------------------------------------- */

static void boot_with(const void *kernel, u32 ram, u32 cpus)
{
	era = kernel;
	lab_boot_config((struct machine_config){
		.kernel = era, .ram = PAGES(ram), .swap = PAGES(256), .cpus = cpus,
		.page_cluster = 0, .seed = 1, .events = true, .truth = true,
	});
}

int eras_boot(void **state)
{
	boot_with(*state, 512, 1);
	return 0;
}

int eras_boot_big(void **state)
{
	boot_with(*state, 4096, 2);
	return 0;
}

int eras_boot_watched(void **state)
{
	era = *state;
	lab_boot_config((struct machine_config){
		.kernel = era, .ram = PAGES(64), .swap = PAGES(64), .cpus = 2, .seed = 1,
		.events = true, .truth = true, .check_every_event = true,
	});
	return 0;
}

int eras_done(void **state)
{
	struct violation v[4];
	u32 n = m ? check_machine(m, v, 4) : 0;

	lab_destroy(state);
	if (n)
		print_error("%s: %s: %s\n", era->name, v[0].invariant, v[0].text);
	return n != 0;
}

u32 pte_raw(u32 who, u32 address)
{
	struct pte_view pte;

	return inspect_pte(m, who, address, &pte) ? pte.raw : 0;
}

static struct task_view task(u32 who)
{
	struct task_view view;

	assert_true(inspect_task(m, who, &view));
	return view;
}

struct page *page_at(u32 who, u32 address)
{
	return &m->vm->mem_map[lab_pfn(who, address)];
}

void assert_rss(u32 who, u32 files, u32 anon)
{
	struct task_view view = task(who);

	if (era->rss_by_kind) {
		assert_int_equal(view.file_rss, files);
		assert_int_equal(view.anon_rss, anon);
	} else {
		assert_int_equal(m->vm->kernel->rss_by_kind, false);
		assert_int_equal(view.rss, files + anon);
	}
}

void assert_mappings(u32 pfn, u32 n)
{
	struct mapping_view maps[8];

	assert_int_equal(inspect_rmap(m, pfn, maps, ARRAY_SIZE(maps)), n);
	assert_int_equal(inspect_mappers(m, pfn, maps, ARRAY_SIZE(maps)), n);
}

u32 make_file(u32 pages)
{
	struct op op = { .kind = OP_FILE, .arg = { PAGES(pages) }, .text = "data" };

	assert_true(op_run(m, &op));
	return (u32)op.ret;
}

u32 map_file(u32 who, u32 inode, u32 pages, u32 flags)
{
	return (u32)OP(MMAP, who, 0, PAGES(pages), RW_PROT, flags, inode, 0);
}

struct address_space *mapping_of(u32 inode)
{
	const struct list_head *pos;

	list_for_each(pos, &m->vm->inodes) {
		struct inode *one = list_entry(pos, struct inode, inodes);

		if (one->i_ino == inode)
			return &one->i_data;
	}
	fail_msg("no file %u", inode);
	return NULL;
}

struct vm_area_struct *vma_at(u32 who, u32 address)
{
	struct vm_area_struct *vma = thread_by_pid(m, who)->mm->mmap;

	while (vma && vma->vm_end <= address)
		vma = vma->vm_next;
	assert_non_null(vma);
	return vma;
}

static void drain(void *unused)
{
	(void)unused;
	lru_add_drain();
}

void settle(void)
{
	lab_run(drain, NULL);
}

void to_swap(u32 who, u32 address)
{
	u32 pfn = lab_pfn(who, address);

	settle();
	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
	assert_false(pte_present(pte_raw(who, address)));
}

/* -- each test for each kernel --------------------------------------------------------------- */

#define MOST 400

static int run_since(const struct era_test *each, u32 nr, bool all)
{
	static struct CMUnitTest tests[MOST];
	static char names[MOST][80];
	u32 i, j, n = 0;

	for (i = 0; kernels[i]; i++) {
		if (!all && kernels[i]->memory == &memory_2002)
			continue;
		for (j = 0; j < nr; j++, n++) {
			assert_true(n < MOST);
			snprintf(names[n], sizeof(names[n]), "%s: %s", kernels[i]->name,
				 each[j].name);
			tests[n] = (struct CMUnitTest){
				.name = names[n], .test_func = each[j].test,
				.setup_func = each[j].setup, .teardown_func = eras_done,
				.initial_state = (void *)(uintptr_t)kernels[i],
			};
		}
	}
	return _cmocka_run_group_tests("tests", tests, n, NULL, NULL);
}

int eras_run(const struct era_test *each, u32 nr)
{
	return run_since(each, nr, false);
}

int eras_run_all(const struct era_test *each, u32 nr)
{
	return run_since(each, nr, true);
}
