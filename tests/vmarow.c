/* SPDX-License-Identifier: GPL-2.0-only */
#include "vmarow.h"

#include <stdio.h>
#include <string.h>

#include "sim/check.h"

#define MAX_TESTS 64

const struct kernel *vm_row;
u32 who, the_file;

/* -- the machine ----------------------------------------------------------------------------- */

static const struct mmap_ops *const order[] = {
	&mmap_2002, &mmap_2003, &mmap_2004a, &mmap_2004b, &mmap_2004c, &mmap_2004d, &mmap_2006,
	&mmap_2015,
};

bool vm_since(const struct mmap_ops *ops)
{
	u32 i, seen = 0;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		seen |= order[i] == ops;
		if (order[i] == vm_row->mmap)
			return seen;
	}
	return false;
}

int vmarow_boot(void **state)
{
	vm_row = *state;
	lab_boot_config((struct machine_config){
		.kernel = vm_row, .ram = PAGES(1024), .swap = PAGES(256), .cpus = 1,
		.page_cluster = -1, .seed = 1, .events = true, .truth = true,
	});
	who = (u32)OP(TASK, 0, 0);
	the_file = (u32)OP(FILE, 0, PAGES(64));
	return 0;
}

int vmarow_done(void **state)
{
	struct violation v[4];
	u32 n = m ? check_machine(m, v, 4) : 0;

	lab_destroy(state);
	if (n)
		print_error("%s: %s: %s\n", vm_row->name, v[0].invariant, v[0].text);
	return n != 0;
}

/* -- what there is --------------------------------------------------------------------------- */

u32 all_vmas(struct vma_view *v, u32 max)
{
	u32 n = inspect_vmas(m, who, v, max);

	assert_true(n <= max);
	return n;
}

void assert_row_vmas(const struct range *want, u32 n)
{
	struct vma_view v[16];
	u32 i, found = all_vmas(v, ARRAY_SIZE(v));

	for (i = 0; i < n && i < found; i++) {
		assert_int_equal(v[i].start, AT(want[i].first));
		assert_int_equal(v[i].end, AT(want[i].last));
		assert_int_equal(v[i].flags & (VM_READ | VM_WRITE | VM_EXEC), want[i].prot);
	}
	assert_int_equal(found, n);
}
struct vma_view vma_of_page(u32 page)
{
	struct vma_view v[16];
	u32 i, n = all_vmas(v, ARRAY_SIZE(v));

	for (i = 0; i < n; i++)
		if (v[i].start <= AT(page) && v[i].end > AT(page))
			return v[i];
	fail_msg("nothing is mapped at page %u", page);
	return v[0];
}

void map_pages(u32 first, u32 last, u32 prot)
{
	OP(MMAP, who, AT(first), PAGES(last - first), prot, MAP_PRIVATE | MAP_FIXED);
}

void map_file_pages(u32 first, u32 last, u32 prot, u32 offset, u32 flags)
{
	OP(MMAP, who, AT(first), PAGES(last - first), prot, flags | MAP_FIXED, the_file,
	   PAGES(offset));
}

void protect_pages(u32 first, u32 last, u32 prot)
{
	OP(MPROTECT, who, AT(first), PAGES(last - first), prot);
}

void write_pages(u32 first, u32 last)
{
	OP(TOUCH, who, AT(first), PAGES(last - first), 1);
}

/* -- tests ----------------------------------------------------------------------------------- */

int vmarow_run(const char *name, const struct CMUnitTest *tests, u32 n)
{
	struct CMUnitTest now[MAX_TESTS];
	char group[80];
	int failed = 0;
	u32 k, i;

	assert_true(n <= MAX_TESTS);
	for (k = 0; kernels[k]; k++) {
		memset(now, 0, sizeof(now));
		for (i = 0; i < n; i++) {
			now[i] = tests[i];
			now[i].initial_state = (void *)(uintptr_t)kernels[k];
		}
		snprintf(group, sizeof(group), "%s: %s", name, kernels[k]->name);
		failed += _cmocka_run_group_tests(group, now, n, NULL, NULL);
	}
	return failed;
}
