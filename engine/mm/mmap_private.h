/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between mmap.c, mmap_unmap.c, mmap_fixup.c and the calls that change mappings: mprotect.c,
 * mlock.c, madvise.c, mremap.c. mmap_sem is held for writing. Source: 2.5.26 mm/mmap.c.
 */
#ifndef MM_MMAP_PRIVATE_H
#define MM_MMAP_PRIVATE_H

#include "mm/mm.h"

#define MAX_MAP_COUNT 65536u

/* The vma before the one that find_vma(mm, address) answers; NULL: there is none. */
struct vm_area_struct *find_vma_before(struct mm_struct *mm, u32 address);
/* Where a mapping of len bytes goes: exactly at addr (MAP_FIXED), there if it is free, or into the
 * first gap. An address, -EINVAL or -ENOMEM. */
s64 get_unmapped_area(struct mm_struct *mm, u32 addr, u32 len, u32 flags);

/* Is vma (NULL: no) anonymous, with exactly these flags? */
bool can_vma_merge(const struct vm_area_struct *vma, u32 vm_flags);
/* A vma with an id and nothing else; NULL: no memory. */
struct vm_area_struct *vma_alloc(struct mm_struct *mm);
/* Into the list of the mm and onto the file's list of mappings. */
void insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);
/* One of the two each. page_table_lock, or i_shared_lock, held. */
void __vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
void __vma_link_file(struct vm_area_struct *vma);
/* Off the list of the mm; prev is the one before. page_table_lock held. */
void __vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);

/*
 * mmap_fixup.c: new flags for a part of a vma, which becomes a vma of its own. The part is given
 * by the border inside vma. fixup_end returns the new vma, the part; NULL: no memory. The others
 * return 0 or -ENOMEM. No memory: nothing has changed.
 */
void fixup_all(struct vm_area_struct *vma, u32 newflags);
int fixup_start(struct vm_area_struct *vma, u32 end, u32 newflags);
struct vm_area_struct *fixup_end(struct vm_area_struct *vma, u32 start, u32 newflags);
int fixup_middle(struct vm_area_struct *vma, u32 start, u32 end, u32 newflags);
/* Whichever of the four [start, end) of vma asks for: 0 or -ENOMEM. */
int vma_fixup(struct vm_area_struct *vma, u32 start, u32 end, u32 newflags);

#endif
