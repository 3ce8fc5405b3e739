/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the swap areas share, and nobody else sees. */
#ifndef MM_SWAP_PRIVATE_H
#define MM_SWAP_PRIVATE_H

#include "mm/swap.h"

/*
 * swap_map.c. The area of an entry that is in use, with both locks; NULL: it is in no use, and no
 * lock is held. put lets go of the locks.
 */
struct swap_info_struct *swap_info_get(swp_entry_t entry);
void swap_info_put(struct swap_info_struct *p);
/* Drop one user of a slot; locks held. How many are left, the swap cache counted. */
u32 swap_entry_free(struct swap_info_struct *p, u32 offset);

#endif
