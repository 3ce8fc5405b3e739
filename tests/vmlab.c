/* SPDX-License-Identifier: GPL-2.0-only */
#include "vmlab.h"

#include "rmap/rmap.h"

u32 file;

int vmlab_boot(void **state)
{
	struct op op = { .kind = OP_FILE, .arg = { PAGES(4) }, .text = "data" };

	(void)state;
	lab_boot(512, 64, 1);
	pid = (u32)OP(TASK, 0, 0);
	op_run(m, &op);
	file = (u32)op.ret;
	OP(MMAP, pid, A, PAGES(8), RW, MAP_PRIVATE | MAP_FIXED);
	OP(MMAP, pid, B, PAGES(4), RW, MAP_PRIVATE | MAP_FIXED);
	OP(MMAP, pid, S, PAGES(4), RW, MAP_SHARED | MAP_FIXED, file, 0);
	return 0;
}

int vmlab_done(void **state)
{
	struct violation v[4];
	u32 n = m ? check_machine(m, v, 4) : 0;

	lab_destroy(state);
	if (n)
		print_error("%s: %s\n", v[0].invariant, v[0].text);
	return n != 0;
}

/* -- what there is --------------------------------------------------------------------------- */

#define F_MASK (VM_READ | VM_WRITE | VM_EXEC | VM_LOCKED | VM_SEQ_READ | VM_RAND_READ)

void assert_vmas(const struct range *want, u32 n)
{
	struct vma_view vmas[24];
	u32 i, found = inspect_vmas(m, pid, vmas, ARRAY_SIZE(vmas));

	while (found && vmas[found - 1].start >= S)
		found--;
	assert_int_equal(found, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(vmas[i].start, want[i].start);
		assert_int_equal(vmas[i].end, want[i].end);
		assert_int_equal(vmas[i].flags & F_MASK, want[i].flags);
	}
}
u32 raw(u32 who, u32 address)
{
	struct pte_view pte;

	return inspect_pte(m, who, address, &pte) ? pte.raw : 0;
}

u32 bits(u32 who, u32 address)
{
	return raw(who, address) & 0xfff;
}

struct task_view task(void)
{
	struct task_view t;

	assert_true(inspect_task(m, pid, &t));
	return t;
}

void assert_mapped_once(u32 pfn, u32 who, u32 address)
{
	struct mapping_view one[2];

	assert_int_equal(inspect_rmap(m, pfn, one, 2), 1);
	assert_int_equal(one[0].pid, who);
	assert_int_equal(one[0].address, address);
	assert_int_equal(inspect_mappers(m, pfn, one, 2), 1);
	assert_int_equal(one[0].pid, who);
	assert_int_equal(one[0].address, address);
}

void send_to_swap(u32 who, u32 address)
{
	u32 pfn = lab_pfn(who, address);

	OP(REFERENCED, 0, pfn);
	assert_int_equal(OP(UNMAP, 0, pfn), SWAP_SUCCESS);
}

u32 dirty_pages(void)
{
	struct file_view view;

	assert_int_equal(inspect_files(m, &view, 1), 1);
	return view.dirty;
}

void evict_file(void)
{
	struct file_view view = { .pages = 1 };
	u32 laps;

	OP(SYNC, 0, 0);
	for (laps = 0; laps < 20 && view.pages; laps++) {
		OP(REFILL, 0, 400);
		OP(RECLAIM, 0, 400);
		assert_int_equal(inspect_files(m, &view, 1), 1);
	}
	assert_int_equal(view.pages, 0);
}
