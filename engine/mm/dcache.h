/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in memory of a file apart from its pages: a dentry, which is its name, and its inode; and
 * the shrinkers that take them away. Source: 2.5.26 to 2.6.16 fs/dcache.c, fs/inode.c.
 */
#ifndef MM_DCACHE_H
#define MM_DCACHE_H

#include "sim/types.h"

struct inode;

#define I386_DENTRY_SIZE 128u
#define I386_INODE_SIZE 368u /* an ext2 inode */

/* At boot. false: no memory. */
bool dcache_init(void);
/* A new file on a disk has both. false: no memory. Sleeps. */
bool d_instantiate(struct inode *inode);
/* From now on its name can be found, and pruned. Takes dcache_lock, then inode_lock. */
void d_add(struct inode *inode);
/* Instead: it will not be after all. */
void d_delete(struct inode *inode);
/*
 * A path is looked up: the file of that number is held until close_file, and dentry and inode are
 * in memory. What was pruned comes back, the inode after a read. Of what lives in memory nothing is
 * ever pruned. NULL: no memory. Sleeps.
 */
struct inode *open_file(u32 i_ino);
void close_file(struct inode *inode);

/* 2.5: every unused dentry but a share by priority, then every inode that nothing leads to. */
void shrink_dcache_memory_2002(int priority, u32 gfp_mask);
void shrink_icache_memory_2002(int priority, u32 gfp_mask);

/* How shrink_slab of 2.6 turns pages that were looked at into objects. */
enum slab_pressure {
	SLAB_TIMES_SEEKS, /* 2.6.0: what is costly to make is shrunk most; a mistake */
	SLAB_ALL_DUE,     /* 2.6.5: over 128, all that has come together */
	SLAB_PER_CENT,    /* 2.6.8: the same, and caches count by hundreds */
	SLAB_BATCHES,     /* 2.6.9: by hundreds, and in whole batches of 128 */
};
/* So many pages were looked at: as much pressure on what slab caches hold. Frames freed. */
u32 shrink_slab(u32 scanned, u32 gfp_mask);

#endif
