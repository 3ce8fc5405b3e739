/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is a file: tmpfs and shared anonymous mappings. Its pages are in the page cache of an
 * inode as those of a file are, but no disk is behind it: they go to swap. While a page is out, the
 * inode has the swap entry in its place.
 *
 *	               page cache of the inode        swap cache            disk
 *	shmem_writepage    | page | ----------------> | page | -----------> | slot |
 *	                   |entry |  the inode's note     written like any page there
 *	shmem_getpage      | page | <---------------- | page | <----------- | slot |
 *
 * A page is in one of the two caches, never in both, and only while nobody maps it does it go from
 * the first to the second. Where the entries are kept:
 *
 *	2.5, 2.6   a vector of them, i_direct and directories    shmem_swp.c
 *	4.0        in the page cache's tree, where the page was   shmem_2015.c
 *
 * Source: 2.5.27 to 4.0 mm/shmem.c, include/linux/shmem_fs.h.
 */
#ifndef MM_SHMEM_H
#define MM_SHMEM_H

#include "mm/swap.h"

#define SHMEM_NR_DIRECT 16
#define SHMEM_DIR_ENTRIES 1024u /* of a directory frame: entries, or frames further down */
/* Half the first directory leads to leaves, the other half to directories of leaves. */
#define SHMEM_MAX_INDEX \
	(SHMEM_NR_DIRECT + SHMEM_DIR_ENTRIES * SHMEM_DIR_ENTRIES / 2 * (SHMEM_DIR_ENTRIES + 1))
#define SHMEM_DIR_PAGE 0x656d6873u /* page->private of a directory; page->index: its entries */

#define SHMEM_PAGEIN 1u   /* a page came to the cache since truncation began */
#define SHMEM_TRUNCATE 2u /* shmem_truncate is at work */

struct shmem_inode_info {
	spinlock_t lock;          /* guards what follows */
	rw_semaphore_t sem;       /* 2.5: one at a time gets pages; always down_write */
	u32 next_index;           /* no entry at or behind it (up to 2.6.16) */
	swp_entry_t i_direct[SHMEM_NR_DIRECT];
	u32 i_indirect;           /* the first directory's frame; 0: none */
	u32 alloced;              /* pages in the cache and in swap, when last counted */
	u32 swapped;              /* of them, those in swap */
	u32 flags;                /* SHMEM_* */
	struct list_head list;    /* shmem_inodes: all of them; from 2.6.9 on shmem_swaplist: those
				   * that have, or lately had, something in swap */
	struct inode vfs_inode;
};

static inline struct shmem_inode_info *SHMEM_I(const struct inode *inode)
{
	return list_entry(inode, struct shmem_inode_info, vfs_inode);
}

/* What shmem_getpage is asked for. */
enum sgp_type {
	SGP_QUICK, /* only what is in the page cache */
	SGP_READ,  /* inside i_size; a page that was never there stays so: NULL */
	SGP_CACHE, /* inside i_size; a new page where there was none */
	SGP_WRITE, /* the same for write(), which in the kernel may also go beyond */
};

/* A kernel's way with it, for its row. */
struct shmem_ops {
	const char *name;
	const struct file_ops *f_op;
	bool swaplist;      /* list is shmem_swaplist: 2.6.9 */
	bool counts_major;  /* a page that is read from swap is a major fault: 2.6.5 */
	bool marks_accessed;/* mark_page_accessed in nopage, read() and write(): 2.6 */
	bool locks_written; /* the page for write() is locked: 2.5 */
	bool locks_page;    /* each page is: 4.0 */
	/*
	 * The page of an index, up to date (but, if 4.0 made it for SGP_WRITE, cleared by the
	 * caller) and referenced. *pagep is NULL before; after 0 it may still be (SGP_QUICK,
	 * SGP_READ). *major, if not NULL, is set when it had to be read. 0; -EINVAL: behind the
	 * end; -EFBIG; -ENOMEM; -EIO: its slot cannot be read. Sleeps.
	 */
	int (*getpage)(struct inode *inode, u32 index, struct page **pagep, enum sgp_type sgp,
		       bool *major);
	int (*unuse)(swp_entry_t entry, struct page *page); /* shmem_unuse */
	/* The first entry at or behind *index, which becomes its index; false: no more. Changes
	 * nothing, takes no lock: info->lock held (4.0: the mapping's page_lock), or inspection. */
	bool (*next_entry)(const struct machine *m, const struct shmem_inode_info *info,
			   u32 *index, swp_entry_t *entry);
	void (*lock_entries)(struct shmem_inode_info *info); /* for next_entry; NULL in 4.0 */
	void (*unlock_entries)(struct shmem_inode_info *info);
	/* For swapoff: up to UNUSE_BATCH indices from first on whose entry is of area type. */
	u32 (*find_swap_entries)(struct shmem_inode_info *info, u32 type, u32 first, u32 *indices);
	void (*lock_list)(void);   /* of shmem_inodes or shmem_swaplist */
	void (*unlock_list)(void);
};
/* 2.5.26 and 2.5.27; 2.6.0; 2.6.5 to 2.6.8; 2.6.9 to 2.6.16; 4.0 */
extern const struct shmem_ops shmem_2002, shmem_2003, shmem_2004a, shmem_2004b, shmem_2015;

/* At boot. false: no memory. */
bool shmem_init(void);

/* An object of size bytes, all zeros, with one reference: *err is -EINVAL (too large) or -ENOMEM
 * with NULL. Source: 2.5.27 to 4.0 shmem_file_setup, on the kernel's own mount: no limit of its
 * blocks. */
struct inode *shmem_file_setup(const char *name, u64 size, int *err);
/* An unlinked object behind a new vma, which has no file yet, for MAP_SHARED | MAP_ANONYMOUS. The
 * reference is the vma's. 0 or -ENOMEM. */
int shmem_zero_setup(struct vm_area_struct *vma);

/* Is this file one of those? For inspection too. */
static inline bool inode_is_shmem(const struct inode *inode)
{
	return inode->f_op->memory_backed;
}

/*
 * swapoff, one entry at a time: is entry in some inode? Then page, which is in the swap cache under
 * this entry, moves to the page cache of that inode, and the inode's use of the slot is given up.
 * page: locked, not under write-back, the caller has a reference. 1: found (it may have stayed in
 * the swap cache for want of memory; the use of the slot is given up even so, up to 2.6.16);
 * 0: no inode has it; -ENOMEM (4.0): found, and nothing changed.
 * May sleep. The page stays locked and referenced; in 4.0 shmem_unuse itself lets go of it.
 * Source: mm/shmem.c shmem_unuse, 2.5.27 to 4.0.
 */
int shmem_unuse(swp_entry_t entry, struct page *page);

/*
 * swapoff, a whole area at a time: bring in every page of every inode whose entry is of area type.
 * 0: done, as far as nothing new went out meanwhile; -ENOMEM: not all of them; the call may be
 * repeated. A page that cannot be read (-EIO) is passed over and keeps its entry. May sleep.
 * Source: seed 003, and 5.1, mm/shmem.c shmem_unuse(type).
 */
int shmem_unuse_type(u32 type);
#define UNUSE_BATCH PAGEVEC_MAX

/* -- for shmem*.c ---------------------------------------------------------------------------- */

/*
 * mm/shmem.c. What the eras have in common; see there.
 */
void shmem_recalc_inode(struct inode *inode);    /* info->lock held */
u32 shmem_find_swap_entries(struct shmem_inode_info *info, u32 type, u32 first, u32 *indices);
struct page *shmem_nopage(struct vm_area_struct *vma, u32 address, bool *major, bool *oom);
struct page *shmem_populate(struct inode *inode, u32 pgoff, bool nonblock, bool patient, int *err);
struct page *shmem_read_page(struct inode *inode, u32 index, int *err);
int shmem_file_read(struct inode *inode, u64 pos, u32 *word);
int shmem_file_write(struct inode *inode, u64 pos, u32 word);
void shmem_clear(struct page *page);
int shmem_grow(struct inode *inode, u32 nr);
void shmem_destroy_inode(struct inode *inode);   /* nothing is in its cache or in swap */
void shmem_list_lock(void);                      /* the spinlock of shmem_inodes, swaplist */
void shmem_list_unlock(void);

/*
 * mm/shmem_swp.c: the vector of entries, up to 2.6.16. info->lock (2.5: and info->sem) held.
 */
/* Where the entry of a page is. NULL: a directory is missing. page: NULL, or *page a fresh one from
 * shmem_dir_alloc that takes the place of the first that is missing, and *page is NULL then. */
swp_entry_t *shmem_swp_entry(struct shmem_inode_info *info, u32 index, struct page **page);
void shmem_swp_set(struct shmem_inode_info *info, swp_entry_t *entry, u32 value); /* counts */
struct page *shmem_dir_alloc(u32 gfp_mask);      /* sleeps: no lock held. NULL: no memory */
void shmem_dir_free(struct page *page);
/* Free all entries of [index, limit), and the directories that nothing is left of; limit is what
 * next_index was. */
void shmem_swp_truncate(struct shmem_inode_info *info, u32 index, u32 limit);
bool shmem_swp_next(const struct machine *m, const struct shmem_inode_info *info, u32 *index,
		    swp_entry_t *entry);
/* shmem_unuse of the kernels with a vector. */
int shmem_unuse_swp(swp_entry_t entry, struct page *page);
void shmem_swp_lock(struct shmem_inode_info *info);
void shmem_swp_unlock(struct shmem_inode_info *info);
/* The i_op->truncate and the end of an inode: 2.6.0 to 2.6.16, and 2.5 with its own truncate. */
void shmem_delete_inode(struct inode *inode);

/* mm/shmem_2015.c and shmem_2015_truncate.c: an entry as it is in the tree. */
static inline void *swp_to_radix_entry(swp_entry_t entry)
{
	return (void *)((uintptr_t)entry.val << 2 | RADIX_TREE_EXCEPTIONAL_ENTRY);
}

static inline swp_entry_t radix_to_swp_entry(const void *item)
{
	return (swp_entry_t){ (u32)((uintptr_t)item >> 2) };
}

void shmem_count_swapped(struct inode *inode, u32 change); /* takes info->lock */
int shmem_setattr(struct inode *inode, u64 size);
void shmem_evict_inode(struct inode *inode);

/*
 * mm/swap_move.c: a locked page from a file in memory to the swap cache, and back, up to 2.6.16.
 * The page keeps its references; it is dirty afterwards. 0, -ENOMEM, -EEXIST, -ENOENT: then nothing
 * has changed. info->lock held.
 * move_to: entry is fresh from get_swap_page; afterwards the swap cache and the inode have it.
 * move_from: the swap cache's claim on the slot is given up, the inode's is not.
 */
int move_to_swap_cache(struct page *page, swp_entry_t entry);
int move_from_swap_cache(struct page *page, u32 index, struct address_space *mapping);

#endif
