/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For tests of calls on mappings: a process with three of them, and what there is of it.
 *
 *	50000000          50008000     5000c000      50010000
 *	| 8 pages rw      |    hole    | 4 pages rw  |
 *	51000000          51004000
 *	| file, shared    |
 */
#ifndef VMLAB_H
#define VMLAB_H

#include "lab.h"

#define A 0x50000000u
#define HOLE 0x50008000u
#define B 0x5000c000u
#define S 0x51000000u
#define FAR 0x60000000u /* nothing near it */

#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define RW (PROT_READ | PROT_WRITE)
#define SEGV (-11)
#define BUS (-7)

/* i386 bits of a pte that was written to: P RW US A D; read-only; for nobody; read and clean. */
#define WRITTEN 0x067u
#define PROTECTED 0x065u
#define NOBODY 0x0e0u
#define READ_ONLY 0x025u

extern u32 pid, file;   /* the process; an inode number */
int vmlab_boot(void **state);
int vmlab_done(void **state); /* every invariant, and the end of the machine */

struct range {
	u32 start, end, flags;
};

#define F_RW (VM_READ | VM_WRITE)
/* All vmas below S, with those of their flags that calls change. */
void assert_vmas(const struct range *want, u32 n);
#define VMAS(...) do { \
	const struct range want_[] = { __VA_ARGS__ }; \
	assert_vmas(want_, ARRAY_SIZE(want_)); \
} while (0)
#define THE_REST { B, B + 0x4000, F_RW }

u32 raw(u32 who, u32 address);  /* the pte, 0: none */
u32 bits(u32 who, u32 address); /* its low twelve */
struct task_view task(void);
/* rmap and oracle of a frame: exactly this one mapping. */
void assert_mapped_once(u32 pfn, u32 who, u32 address);
void send_to_swap(u32 who, u32 address);
/* Pages of the file that are to be written; and push all of it out of memory. */
u32 dirty_pages(void);
void evict_file(void);

#define VM_TEST(name) cmocka_unit_test_setup_teardown(name, vmlab_boot, vmlab_done)

#endif
