/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is a file. So far there are no such inodes, and so none that has anything in swap.
 */
#include "mm/shmem.h"
#include "mm/vm.h"

int shmem_unuse(swp_entry_t entry, struct page *page)
{
	FN;

	(void)entry;
	(void)page;
	return 0;
}

int shmem_unuse_type(u32 type)
{
	FN_AS("shmem_unuse");

	(void)type;
	return 0;
}
