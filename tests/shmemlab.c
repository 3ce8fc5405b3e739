/* SPDX-License-Identifier: GPL-2.0-only */
#include "shmemlab.h"

u32 ino;

int shmem_boot(void **state)
{
	era = *state;
	lab_boot_config((struct machine_config){
		.kernel = era, .ram = PAGES(RAM), .swap = PAGES(SLOTS + 1), .cpus = 1,
		.page_cluster = 2, .seed = 1, .events = true, .truth = true,
	});
	pid = (u32)OP(TASK, 0, 0);
	return 0;
}

bool has_vector(void)
{
	return era->shmem != &shmem_2015;
}

u32 make_shmem(u32 pages)
{
	ino = (u32)OP(SHMEM, 0, PAGES(pages));
	return ino;
}

struct shmem_inode_info *info_of(u32 inode)
{
	return SHMEM_I(mapping_of(inode)->host);
}

u32 slots_used(void)
{
	return m->vm->total_swap_pages - m->vm->nr_swap_pages;
}

void whole(void)
{
	struct violation v[4];

	if (check_machine(m, v, 4))
		fail_msg("%s: %s: %s", era->name, v[0].invariant, v[0].text);
}

/* Word i + 1 at the beginning of page i, by write(). */
void fill(u32 inode, u32 first, u32 end)
{
	for (; first < end; first++)
		OP(FILE_WRITE, 0, inode, PAGES(first), first + 1);
}

void compare(u32 inode, u32 first, u32 end)
{
	for (; first < end; first++)
		assert_int_equal(OP(FILE_READ, 0, inode, PAGES(first)), first + 1);
}

/* 2.5.26 walks page tables only when a good deal is asked of it. */
bool walks(void)
{
	return era->vmscan == &vmscan_2002a;
}

void press(void)
{
	u32 at, who = lab_process(RAM + 80, &at);

	OP(TOUCH, who, at, PAGES(RAM + 80), 1);
	OP(EXIT, who, 0);
}

void assert_mapped(u32 pfn, u32 n)
{
	struct mapping_view maps[8];

	assert_int_equal(inspect_mappers(m, pfn, maps, ARRAY_SIZE(maps)), n);
	if (!walks())
		assert_int_equal(inspect_rmap(m, pfn, maps, ARRAY_SIZE(maps)), n);
}

/* Reclaim until all pages of the object are out, and the swap cache has none either. */
void push_out(u32 inode)
{
	u32 tries = 0;

	while (mapping_of(inode)->nrpages || m->vm->swapper_space.nrpages) {
		assert_true(tries++ < 300);
		OP(REFILL, 0, 200);
		OP(RECLAIM, 0, 200);
		OP(TICK, 0, 100000000);
		if (walks() && tries % 4 == 0)
			press();
	}
}

u32 map(u32 who, u32 inode, u32 pages, u32 flags)
{
	return (u32)OP(MMAP, who, 0, PAGES(pages), RW_PROT, flags, inode, 0);
}
