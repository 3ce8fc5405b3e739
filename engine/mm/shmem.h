/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is a file: tmpfs and shared anonymous mappings. Its pages are in the page cache of an
 * inode as those of a file are, but no disk is behind it: they go to swap.
 * Source: 2.5.26 to 4.0 mm/shmem.c, include/linux/shmem_fs.h.
 */
#ifndef MM_SHMEM_H
#define MM_SHMEM_H

#include "mm/swap.h"

/*
 * swapoff, one entry at a time: is entry in some inode? Then page, which is in the swap cache under
 * this entry, moves to the page cache of that inode, and the inode's use of the slot is given up.
 * page: locked, not under write-back, the caller has a reference. 1: found (it may have stayed in
 * the swap cache for want of memory; the use of the slot is given up even so, up to 2.6.16);
 * 0: no inode has it; -ENOMEM (4.0): found, and nothing changed.
 * May sleep. Source: mm/shmem.c shmem_unuse, 2.5.26 to 4.0.
 */
int shmem_unuse(swp_entry_t entry, struct page *page);

/*
 * swapoff, a whole area at a time: bring in every page of every inode whose entry is of area type.
 * 0: done, as far as nothing new went out meanwhile; -ENOMEM: not all of them; the call may be
 * repeated. A page that cannot be read (-EIO) is passed over and keeps its entry. May sleep.
 * Source: seed 003, and 5.1, mm/shmem.c shmem_unuse(type).
 */
int shmem_unuse_type(u32 type);

#endif
