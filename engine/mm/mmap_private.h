/* SPDX-License-Identifier: GPL-2.0-only */
/* Between mmap.c and mmap_unmap.c. */
#ifndef MM_MMAP_PRIVATE_H
#define MM_MMAP_PRIVATE_H

#include "mm/mm.h"

/* The vma before the one that find_vma(mm, address) answers; NULL: there is none. mmap_sem held. */
struct vm_area_struct *find_vma_before(struct mm_struct *mm, u32 address);

#endif
