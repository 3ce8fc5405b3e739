/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of shared memory on every kernel: a small machine with much swap, and one process. */
#ifndef SHMEMLAB_H
#define SHMEMLAB_H

#include "eras.h"
#include "mm/shmem.h"

#define RAM 128u  /* frames of the machine */
#define SLOTS 1023u
#define MANY 400u /* pages, more than three times what there is */

extern u32 pid, ino; /* the process; the object made last */

int shmem_boot(void **state);
#define SHMEM_TEST(name) { #name, name, shmem_boot }

bool has_vector(void);           /* of entries: up to 2.6.16 */
u32 make_shmem(u32 pages);
struct shmem_inode_info *info_of(u32 inode);
u32 slots_used(void);
void whole(void);                /* every invariant */
/* Word i + 1 at the beginning of page i, by write(); and is it there? */
void fill(u32 inode, u32 first, u32 end);
void compare(u32 inode, u32 first, u32 end);
bool walks(void);                /* 2.5.26 */
void press(void);                /* somebody wants more memory than there is, and goes */
void assert_mapped(u32 pfn, u32 n);
/* Reclaim until all pages of the object are out, and the swap cache has none either. */
void push_out(u32 inode);
u32 map(u32 who, u32 inode, u32 pages, u32 flags);

#endif
