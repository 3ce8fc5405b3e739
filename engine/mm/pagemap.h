/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and the page cache: inode, address_space, its radix tree and page lists.
 * Source: 2.5.26 include/linux/fs.h, mm/filemap.c, lib/radix-tree.c, mm/page-writeback.c.
 */
#ifndef MM_PAGEMAP_H
#define MM_PAGEMAP_H

#include "mm/mm.h"
#include "mm/prio_tree.h"
#include "mm/rbtree.h"

#define RADIX_TREE_MAP_SHIFT 6
#define RADIX_TREE_MAP_SIZE (1u << RADIX_TREE_MAP_SHIFT)
#define I386_RADIX_NODE_SIZE (4u + 4u * RADIX_TREE_MAP_SIZE)

struct radix_tree_root {
	u32 height;
	void *rnode; /* a node, RADIX_TREE_INDIRECT_PTR set; or the item of index 0 */
	u32 gfp_mask;
};

/*
 * lib/radix-tree.c. The caller holds the mapping's page_lock. Nodes come from a mempool: when the
 * slab cache has none under gfp_mask, from a reserve of VM->radix_pool.min nodes that freed nodes
 * refill first. Indices are whole 32-bit numbers (swap entries are indices).
 */
/* At boot. false: no memory for the reserve. */
bool radix_tree_init(void);
/* 0, -EEXIST, -ENOMEM; after an error the same items are there as before. */
int radix_tree_insert(struct radix_tree_root *root, u32 index, void *item);
void *radix_tree_lookup(const struct radix_tree_root *root, u32 index);
void *radix_tree_delete(struct radix_tree_root *root, u32 index); /* what was there */
/* Where the item of an index is, to replace it; NULL: there is no such place. */
void **radix_tree_lookup_slot(const struct radix_tree_root *root, u32 index);
/* Up to max items with index >= first, in order. Returns how many. */
u32 radix_tree_gang_lookup(const struct radix_tree_root *root, void **out, u32 first, u32 max);
/* The same, and at which index each is. */
u32 radix_tree_gang_lookup_index(const struct radix_tree_root *root, void **out, u32 *indices,
				 u32 first, u32 max);
/* 4.0: an item that is no page but a number (mm/shmem_2015.c). */
#define RADIX_TREE_EXCEPTIONAL_ENTRY 2u
static inline bool radix_tree_exceptional_entry(const void *item)
{
	return (uintptr_t)item & RADIX_TREE_EXCEPTIONAL_ENTRY;
}

/*
 * 4.0: a walk without the lock, between rcu_read_lock and rcu_read_unlock: each place that is not
 * empty, of the nodes as they are found. What is there is read by radix_tree_deref_slot, and may be
 * gone by then (NULL). Where radix_tree_deref_retry is true of it, the place belongs to a tree that
 * there is no more: begin again.
 */
#define RADIX_TREE_INDIRECT_PTR 1u
struct radix_tree_iter {
	u32 index;
	u64 next_index; /* where the next node's part begins */
};
void **radix_tree_next_chunk(struct radix_tree_root *root, struct radix_tree_iter *iter);
void **radix_tree_next_slot(void **slot, struct radix_tree_iter *iter);
#define radix_tree_for_each_slot(slot, root, iter, start) \
	for (*(iter) = (struct radix_tree_iter){ .next_index = (start) }, (slot) = NULL; \
	     (slot) || ((slot) = radix_tree_next_chunk(root, iter)); \
	     (slot) = radix_tree_next_slot(slot, iter))
#define radix_tree_deref_slot(slot) READ_ONCE(*(slot))
static inline bool radix_tree_deref_retry(const void *item)
{
	return (uintptr_t)item & RADIX_TREE_INDIRECT_PTR;
}

struct vm_state;

struct address_space {
	struct inode *host;              /* NULL: swapper_space */
	struct radix_tree_root page_tree;
	spinlock_t page_lock;            /* guards the tree and the lists */
	struct list_head clean_pages, dirty_pages, locked_pages, io_pages;
	u32 nrpages;
	/* Who maps the file; which of these are in use says the kernel's i_mmap_ops. */
	struct list_head i_mmap, i_mmap_shared; /* up to 2.6.6: private and shared vmas */
	struct prio_tree_root i_mmap_tree;      /* 2.6.7 to 2.6.16 */
	struct rb_root i_mmap_rb;               /* 4.0: an interval tree */
	struct list_head i_mmap_nonlinear;      /* 2.6.7 to 2.6.16 */
	spinlock_t i_shared_lock;               /* 2.5.27; from 2.6.7 on its name is i_mmap_lock */
	rw_semaphore_t i_shared_sem;            /* 2.6.0 and 2.6.5, for writing only; i_mmap_rwsem
						 * of 4.0 */
	u32 truncate_count;                     /* 2.6: truncations so far; a fault looks at it */
	u32 i_mmap_writable;                    /* vmas that are VM_SHARED, from 2.6.7 on */
};

/*
 * The vmas of a file, by the pages of the file they cover. Every function but lock, trylock and
 * empty wants the lock of the mapping to be held. mm/i_mmap.c hands each call to the kernel's row.
 */
struct i_mmap_iter {
	struct address_space *mapping;
	u32 first, last;                 /* pages wanted, both included */
	struct vm_area_struct *vma;      /* where the walk is */
	void *at[2];                     /* the structure's own place */
	struct prio_tree_iter prio;
};
struct i_mmap_ops {
	const char *name;                /* "two lists" "prio_tree" "interval tree" */
	void (*init)(struct address_space *mapping);
	void (*lock)(struct address_space *mapping);
	bool (*trylock)(struct address_space *mapping);
	void (*unlock)(struct address_space *mapping);
	/* beside: NULL, or a vma of the same range to stand next to (fork, the parent's). A vma
	 * that is VM_NONLINEAR goes on i_mmap_nonlinear, where there is one. */
	void (*insert)(struct address_space *mapping, struct vm_area_struct *vma,
		       struct vm_area_struct *beside);
	void (*remove)(struct address_space *mapping, struct vm_area_struct *vma);
	/* The linear vmas that cover a page of [first, last], in the order the kernel visits them;
	 * where there are two lists, all vmas of them. NULL: no more. */
	struct vm_area_struct *(*first)(struct i_mmap_iter *iter);
	struct vm_area_struct *(*next)(struct i_mmap_iter *iter);
	bool (*empty)(const struct address_space *mapping); /* nobody maps the file */
};
extern const struct i_mmap_ops i_mmap_lists_2002, i_mmap_lists_2003, i_mmap_prio_tree,
	i_mmap_interval_tree;

/* The same for the kernel of the current machine; first and next are a walk, see i_mmap_foreach. */
void i_mmap_init(struct address_space *mapping);
void i_mmap_lock(struct address_space *mapping);
bool i_mmap_trylock(struct address_space *mapping);
void i_mmap_unlock(struct address_space *mapping);
void i_mmap_insert(struct vm_area_struct *vma, struct vm_area_struct *beside);
void i_mmap_remove(struct vm_area_struct *vma);
struct vm_area_struct *i_mmap_first(struct i_mmap_iter *iter, struct address_space *mapping,
				    u32 first, u32 last);
struct vm_area_struct *i_mmap_next(struct i_mmap_iter *iter);
bool mapping_mapped(const struct address_space *mapping);
#define i_mmap_foreach(vma, iter, mapping, first, last) \
	for ((vma) = i_mmap_first(iter, mapping, first, last); (vma); (vma) = i_mmap_next(iter))
/* The file mapping of a vma; the vma has a file. */
#define vma_mapping(vma) (&(vma)->vm_file->i_data)

#define FILE_GROWN 8

/*
 * What a file is made of: a disk, or memory alone (mm/shmem.h). Of the kernel's a_ops, f_op, i_op
 * and vm_ops, what differs between the two.
 */
struct file_ops {
	const char *name;            /* "file" "shmem" */
	bool memory_backed;          /* no disk: nobody but reclaim ever writes its pages */
	bool nopage_locked;          /* nopage gives the page locked, and still of the file: 4.0 */
	/* See writepage() below. */
	int (*writepage)(struct page *page);
	/* The page for a fault, up to date and referenced. NULL: beyond the end, or it could not be
	 * read (SIGBUS) or, with *oom set, no memory. *major says a read was waited for. */
	struct page *(*nopage)(struct vm_area_struct *vma, u32 address, bool *major, bool *oom);
	/* The same for populate, by page: NULL: *err is -ENOMEM, -EIO or -EINVAL (behind the end),
	 * or, with nonblock, 0: it is not in memory. patient: a page that is just being read is
	 * waited for even so. */
	struct page *(*getpage)(struct inode *inode, u32 pgoff, bool nonblock, bool patient,
				int *err);
	/* Start to read those of nr pages from index on that are not in memory. NULL: it cannot. */
	void (*readahead)(struct inode *inode, u32 index, u32 nr);
	/* A page for read(), referenced; NULL with *err 0: zeros, and no page for them. */
	struct page *(*read_page)(struct inode *inode, u32 index, int *err);
	/* read() and write() of one word. 0 or -errno. */
	int (*read)(struct inode *inode, u64 pos, u32 *word);
	int (*write)(struct inode *inode, u64 pos, u32 word);
	/* Another size, under i_sem; vmtruncate or what calls it. 0 or -errno. */
	int (*setattr)(struct inode *inode, u64 size);
	/* For vmtruncate: may it have nr pages? And: it has shrunk, or grown, from old_pages. */
	int (*grow)(struct inode *inode, u32 nr);
	void (*truncate)(struct inode *inode, u32 old_pages);
	/* The last reference is gone. NULL: that never happens. */
	void (*delete_inode)(struct inode *inode);
};
extern const struct file_ops disk_file_ops;

struct dentry;
struct inode_in_core;

struct inode {
	u32 i_ino;           /* 1, 2, 3 ... never reused */
	u32 i_count;         /* the file handle itself, unless unlinked, and each vma */
	u32 held;            /* and who is in the middle of a call: hold_inode(), for check.c */
	bool unlinked;       /* nothing but mappings leads to it */
	const struct file_ops *f_op;
	u64 i_size;          /* bytes */
	u32 first_block;     /* on disk 0 */
	u32 nr_blocks;
	struct {             /* where it grew: the blocks behind those, and so on */
		u32 first_block, nr_blocks;
	} grown[FILE_GROWN];
	rw_semaphore_t i_sem; /* one at a time writes, truncates, syncs; always down_write */
	struct address_space i_data;
	struct list_head inodes; /* VM->inodes */
	struct inode_in_core *in_core; /* of a file on the disk: is it in memory? mm/dcache.c */
	struct dentry *dentry;   /* and its name? */
	bool d_referenced;       /* it was used, and stays once more */
	struct list_head d_lru, i_list; /* dentry_unused; without a dentry, inode_unused */
	char name[28];
};

/* The block of disk 0 behind a page; UINT32_MAX: the file has none there. */
static inline u32 inode_block(const struct inode *inode, u32 index)
{
	u32 i;

	if (index < inode->nr_blocks)
		return inode->first_block + index;
	index -= inode->nr_blocks;
	for (i = 0; i < FILE_GROWN; index -= inode->grown[i++].nr_blocks)
		if (index < inode->grown[i].nr_blocks)
			return inode->grown[i].first_block + index;
	return UINT32_MAX;
}

/* Pages up to the end of the file; the last may be one in part. */
static inline u32 inode_pages(const struct inode *inode)
{
	return (u32)((inode->i_size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/* mm/filemap.c */
struct page *find_get_page(struct address_space *mapping, u32 index);   /* with a reference */
struct page *find_lock_page(struct address_space *mapping, u32 index);  /* locked, referenced */
struct page *find_trylock_page(struct address_space *mapping, u32 index); /* locked, no reference */
/* The same, and when it is not there a new page, locked, not up to date; NULL: no memory. */
struct page *find_or_create_page(struct address_space *mapping, u32 index, u32 gfp_mask);
/* Page must be locked. 0, -EEXIST, -ENOMEM. add_to_page_cache_lru also puts it on the list. */
int add_to_page_cache(struct page *page, struct address_space *mapping, u32 index);
int add_to_page_cache_lru(struct page *page, struct address_space *mapping, u32 index);
/* Of what is in the tree already, and has its reference; page_lock held. */
void ___add_to_page_cache(struct page *page, struct address_space *mapping, u32 index);
void __remove_inode_page(struct page *page);   /* page_lock held */
void remove_inode_page(struct page *page);
/* The bit alone; true: it was dirty. The lists are approximate: writers move the page on. */
bool clear_page_dirty(struct page *page);
/* It is in no list of its mapping: those of the swap cache and of shared memory, from 2.6.6 on. */
bool mapping_has_no_lists(const struct vm_state *vm, const struct address_space *mapping);
/* Send a locked page to or from its disk. The lock of a page being read belongs to the disk from
 * here on and is released by end_page_read; a page being written is unlocked at once. */
void submit_page_read(struct page *page, struct disk *disk, u32 block);
void submit_page_write(struct page *page, struct disk *disk, u32 block);
/* Start to write every dirty page of a mapping. */
void filemap_fdatawrite(struct address_space *mapping);
/* Wait until every page of mapping->locked_pages is written. 0, or -EIO: one of those that were
 * waited for could not be written. */
int filemap_fdatawait(struct address_space *mapping);
/* mm/filemap_files.c. For disk_file_ops. */
struct page *filemap_nopage(struct vm_area_struct *vma, u32 address, bool *major, bool *oom);
struct page *filemap_getpage(struct inode *inode, u32 pgoff, bool nonblock, bool patient, int *err);
/* Start to read those of nr pages from index on that are in the file and not in the cache; where
 * the file can do so. */
void do_page_cache_readahead(struct inode *inode, u32 index, u32 nr);
/* read() and write() of one word. 0 or -errno. */
int generic_file_read(struct inode *inode, u64 pos, u32 *word);
int generic_file_write(struct inode *inode, u64 pos, u32 word);
/* read() of a range into a buffer nobody looks at: page by page, each is copied (2.5.26
 * mm/filemap.c). The bytes read, fewer at the end of the file or before an error; or -errno. */
s64 do_generic_file_read(struct inode *inode, u64 pos, u64 bytes);
/* Is a whole word at pos inside the file? And the word itself, in a page of the file that is up to
 * date; the content truth is told in the same breath, before anybody else can run. */
bool word_in_file(const struct inode *inode, u64 pos);
u32 load_word(const struct inode *inode, const struct page *page, u32 offset);
void store_word(const struct inode *inode, const struct page *page, u32 offset, u32 word);
/* NULL: no memory, or the disk is full. Page i has the content tag disk_tag(first_block) + i. */
struct inode *inode_create(const char *name, u64 size);
struct inode *inode_by_number(u32 i_ino);
/* What all kinds of files begin with: a number, one reference, size, name, an empty cache. */
void inode_init(struct inode *inode, const struct file_ops *f_op, const char *name, u64 size);
/* A reference more, false: the last is gone already, and the file is being deleted; a reference
 * less: the last one deletes the file, which may sleep. */
bool igrab(struct inode *inode);
void iput(struct inode *inode);
/* The same for the length of a call, by the thread that makes it. */
bool hold_inode(struct inode *inode);
void release_inode(struct inode *inode);
/* Blocks for the first nr pages of a file: 0, -ENOSPC, -EFBIG. What is new reads as zeros. */
int inode_grow(struct inode *inode, u32 nr);
/* A page of a file, locked, referenced and up to date; NULL: *err is -ENOMEM or -EIO. */
struct page *read_locked_page(struct inode *inode, u32 index, int *err);
void filemap_init(void);

/* mm/truncate.c. Make a file size bytes long, and take from everybody what they map beyond that.
 * 0, or what f_op->grow says. Takes i_sem; vmtruncate wants it held. */
int do_truncate(struct inode *inode, u64 size);
int vmtruncate(struct inode *inode, u64 size);
/* Take all pages behind size bytes out of the cache, and clear the rest of the last one. */
void truncate_inode_pages(struct address_space *mapping, u64 size);
/* Take those out that are clean and nobody uses. */
void invalidate_inode_pages(struct address_space *mapping);
/* Clear a locked page from byte partial on, and take one out of its cache; the second wants a
 * reference besides the cache's. */
void truncate_partial_page(struct page *page, u32 partial);
void truncate_complete_page(struct page *page);
/* The blocks of a file on a disk: its f_op->truncate. */
void truncate_blocks(struct inode *inode, u32 old_pages);

/*
 * mm/page_writeback.c. Write up to nr dirty pages of a mapping, those first that have been dirty
 * for longest. Returns how many were sent to disk. generic_vm_writeback is what reclaim calls for a
 * dirty page: it unlocks it and writes its mapping (2.5.26: perhaps quite other pages of it). Of
 * shared memory it is that page and no other that goes.
 */
/* The writepage of a page's mapping: of swapper_space and of files on a disk, send it there; of
 * shared memory, give it to the swap cache. It is locked, and its dirty bit is cleared. 0: it is
 * on its way, and unlocked. WRITEPAGE_ACTIVATE: it cannot be written, is dirty and still locked,
 * and reclaim should not see it again soon. */
#define WRITEPAGE_ACTIVATE 0x80000
int writepage(struct page *page);
int disk_writepage(struct page *page);
u32 generic_vm_writeback(struct page *page, u32 nr_to_write);
u32 generic_writepages(struct address_space *mapping, u32 nr_to_write);
void sync_inodes(void);          /* write everything dirty, do not wait */
void wait_inodes(void);          /* wait for what was sent, by sync_inodes or earlier */
void wakeup_bdflush(void);
void pdflush_thread(void *machine);

#endif
