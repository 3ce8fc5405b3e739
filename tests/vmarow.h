/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of vmas on every kernel there is: a process, its vmas, and which kernel it is. */
#ifndef VMAROW_H
#define VMAROW_H

#include "lab.h"

#define A 0x50000000u
#define Z 0x60000000u /* nothing near it */
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define AT(n) ((u32)(A + PAGES(n)))
#define N 0u
#define R PROT_READ
#define RW (PROT_READ | PROT_WRITE)
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

extern const struct kernel *vm_row; /* of the running test */
extern u32 who, the_file;            /* the process; a file of 64 pages */

/* Is vm_row the kernel with these vmas or a later one? */
bool vm_since(const struct mmap_ops *ops);

struct range {
	u32 first, last, prot; /* pages from A on, last not included */
};
/* All vmas, in pages from A on, with their access rights. */
void assert_row_vmas(const struct range *want, u32 n);
#define VMAS(...) do { \
	const struct range want_[] = { __VA_ARGS__ }; \
	assert_row_vmas(want_, ARRAY_SIZE(want_)); \
} while (0)
u32 all_vmas(struct vma_view *v, u32 max); /* of the process; no more than max there may be */
struct vma_view vma_of_page(u32 page);      /* the one that a page of A is in */

/* Calls on pages of A: anonymous and private, or of the file; and a write to each page. */
void map_pages(u32 first, u32 last, u32 prot);
void map_file_pages(u32 first, u32 last, u32 prot, u32 offset, u32 flags);
void protect_pages(u32 first, u32 last, u32 prot);
void write_pages(u32 first, u32 last);

/* A group of tests on each kernel, a machine for each test; a main. */
int vmarow_run(const char *name, const struct CMUnitTest *tests, u32 n);
int vmarow_boot(void **state);
int vmarow_done(void **state); /* every invariant, and the end of the machine */
#define VMA_ROW_TEST(name) { #name, name, vmarow_boot, vmarow_done, NULL }

#endif
