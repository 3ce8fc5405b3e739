/* SPDX-License-Identifier: GPL-2.0-only */
/* What the inspect files share. */
#ifndef INSPECT_IMPL_H
#define INSPECT_IMPL_H

#include "inspect.h"
#include "i386/table.h"

struct page;
struct mm_struct;

/* The frame's struct page, NULL when there is no such frame or the machine never booted. */
const struct page *inspect_frame(const struct machine *m, u32 pfn);
enum frame_use inspect_use(const struct machine *m, u32 pfn);
/* The address space of a process, also of one that fork is still making; NULL: none. */
struct mm_struct *inspect_mm(const struct machine *m, u32 pid);
/* The mm whose page directory is in this frame; NULL: none. */
struct mm_struct *inspect_mm_of_pgd(const struct machine *m, u32 pfn);

/* Where in the machine's heap an object lies: the same in every run. */
u32 inspect_place(const struct machine *m, const void *p);

#endif
