/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces: mm_struct, its vmas, and the fault, copy and zap paths.
 * Source: 2.5.26 include/linux/mm.h and sched.h, mm/memory.c, mm/mmap.c, kernel/fork.c + seed 000.
 */
#ifndef MM_MM_H
#define MM_MM_H

#include "mm/mmzone.h"
#include "mm/prio_tree.h"
#include "mm/rbtree.h"

struct anon_vma;
struct anonmm;
struct address_space;
struct file;
struct inode;

#define VM_READ 0x0001u
#define VM_WRITE 0x0002u
#define VM_EXEC 0x0004u
#define VM_SHARED 0x0008u
#define VM_MAYREAD 0x0010u
#define VM_MAYWRITE 0x0020u
#define VM_MAYEXEC 0x0040u
#define VM_MAYSHARE 0x0080u
#define VM_GROWSDOWN 0x0100u
#define VM_LOCKED 0x2000u
#define VM_SEQ_READ 0x8000u
#define VM_RAND_READ 0x10000u
#define VM_DONTCOPY 0x20000u
#define VM_DONTEXPAND 0x40000u
#define VM_RESERVED 0x80000u
#define VM_ACCOUNT 0x100000u
#define VM_NONLINEAR 0x800000u /* 2.6 to 3.19: remap_file_pages was here */

struct vm_area_struct {
	struct mm_struct *vm_mm;
	u32 vm_start, vm_end;            /* [start, end), page aligned */
	struct vm_area_struct *vm_next;  /* by address */
	pgprot_t vm_page_prot;
	u32 vm_flags;
	u32 vm_pgoff;                    /* of vm_start in the file, in pages */
	struct inode *vm_file;           /* NULL: anonymous. The vma holds a reference */
	union {                          /* where its file keeps it; see struct i_mmap_ops */
		struct list_head shared; /* i_mmap (private) or i_mmap_shared, up to 2.6.6 */
		struct {                 /* 2.6.7 to 2.6.16: see i_mmap_prio_tree.c */
			struct list_head list;       /* vmas of one interval, or nonlinear */
			struct vm_area_struct *head;
			struct prio_tree_node node;  /* parent NULL: not in the tree */
		} vm_set;
		struct {
			struct rb_node rb;
			u32 rb_subtree_last; /* largest page of the subtree, 4.0 */
		} interval;
	};
	struct anon_vma *anon_vma;       /* NULL until the first anonymous page, from 2.6.8 */
	union {
		struct list_head anon_vma_node;  /* on the list of anon_vma, to 2.6.33 */
		struct list_head anon_vma_chain; /* 4.0: its links, by same_vma */
	};
	u32 vm_truncate_count;           /* 2.6.11: how far a truncation has come here */
	u32 vm_private_data;             /* nonlinear: cursor of try_to_unmap_cluster, in bytes */
	u32 id;                          /* never reused; for handles and dumps */
};
#define I386_VMA_SIZE 64u

struct mm_struct {
	struct vm_area_struct *mmap;       /* sorted list; 2.5 has a tree beside it */
	struct vm_area_struct *mmap_cache; /* last hit of find_vma */
	u32 pgd_pfn, pgd_at;               /* frame of the page directory; PAE: and its place */
	atomic_t mm_users;
	u32 map_count;
	rw_semaphore_t mmap_sem;
	spinlock_t page_table_lock;        /* also guards rss */
	struct list_head mmlist;           /* VM->mmlist, a child right behind its parent */
	u32 swap_address;                  /* 2.5.26: where swap_out goes on; TASK_SIZE: it is
					    * through. Under page_table_lock */
	struct list_head mms;              /* VM->mms: all, for whoever looks from outside */
	u32 rss;                           /* pages, up to 2.6.11 */
	u32 file_rss, anon_rss;            /* 2.6.16: atomic where page tables have locks */
	u32 hiwater_rss, hiwater_vm;       /* 2.6.16: the most there ever was */
	u32 total_vm, locked_vm;           /* pages */
	u32 mmap_base;                     /* 2.6.9: where top-down search begins */
	u32 free_area_cache;               /* 2.6: where the last search ended */
	u32 cached_hole_size;              /* 2.6.16: the largest hole it passed over */
	struct anonmm *anonmm;             /* 2.6.7-anonmm */
	u64 swap_token_time;               /* 2.6.9: not before this time, virtual ns */
	bool recent_pagein;
	u32 start_brk, brk;
	u32 cpu_vm_mask;                   /* cpus that may hold translations of this mm */
	u16 pid;                           /* of the process that owns it; names it in events */
	bool dumpable;
	u32 nr_ptes;                       /* page tables */
};
#define I386_MM_SIZE 312u

/* results of handle_mm_fault */
#define VM_FAULT_OOM (-1)
#define VM_FAULT_SIGBUS 0
#define VM_FAULT_MINOR 1
#define VM_FAULT_MAJOR 2

/* What CR3 is when this mm is loaded. */
static inline u32 mm_cr3(const struct mm_struct *mm)
{
	return mm->pgd_pfn << PAGE_SHIFT | mm->pgd_at;
}

/* Pages mapped, however this kernel counts them. */
static inline u32 mm_rss(const struct mm_struct *mm)
{
	return mm->rss + mm->file_rss + mm->anon_rss;
}

/* rss is about to go down: what was the most so far? (2.6.15; two counters, and others may be
 * changing them: an estimate.) */
static inline void update_hiwater_rss(struct mm_struct *mm)
{
	if (mm->hiwater_rss < mm_rss(mm))
		mm->hiwater_rss = mm_rss(mm);
}

struct mmu_gather;

/* What a caller of zap wants to be spared; NULL: nothing (2.6.6 include/linux/mm.h). */
struct zap_details {
	struct vm_area_struct *nonlinear_vma;
	struct address_space *check_mapping; /* only pages of this file */
	u32 first_index, last_index;         /* of a nonlinear vma: only these pages of the file */
	bool atomic;                         /* a spinlock is held: the cpu is not given up */
	spinlock_t *i_mmap_lock;             /* 2.6.16: held, and others may want it: stop early */
	u32 truncate_count;                  /* 2.6.16: of the mapping, for vm_truncate_count */
};

/* The page of the file, or of the space of its anon_vma, that belongs at address. */
static inline u32 linear_page_index(const struct vm_area_struct *vma, u32 address)
{
	return ((address - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
}

/*
 * Page tables and faults, era by era: memory.c with memory_fault.c, memory_2004.c with
 * fault_2004.c, memory_2006.c with fault_2006.c. The functions are those declared below.
 */
struct memory_ops {
	const char *name;
	int (*handle_mm_fault)(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
			       bool write);
	int (*copy_page_range)(struct mm_struct *dst, struct mm_struct *src,
			       struct vm_area_struct *vma);
	void (*unmap_page_range)(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start,
				 u32 end, const struct zap_details *details);
	u32 (*unmap_vmas)(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
			  const struct zap_details *details); /* NULL in 2.5.27 */
	void (*zap_page_range)(struct vm_area_struct *vma, u32 start, u32 end,
			       const struct zap_details *details);
	/* Whatever maps pages [first, last] of the file is unmapped, private copies too if
	 * even_cows. Takes the mapping's lock. */
	void (*unmap_mapping_range)(struct address_space *mapping, u32 first, u32 last,
				    bool even_cows);
};
int handle_mm_fault_2002(struct mm_struct *mm, struct vm_area_struct *vma, u32 address,
			 bool write); /* mm/memory_fault.c, for its table */
extern const struct memory_ops memory_2002, memory_2004, memory_2006;

/*
 * vm.c hands these to the kernel's row. A file that has such a table defines MEMORY_GENERATION
 * before it includes this header: its own functions have the historical names.
 */
#ifndef MEMORY_GENERATION
int handle_mm_fault(struct mm_struct *mm, struct vm_area_struct *vma, u32 address, bool write);
/* Copy the ptes of one vma at fork. mmap_sem of src held for writing; dst is not yet visible to
 * anybody else but reclaim. 0 or -ENOMEM. */
int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma);
/* Unmap [start, end): clear ptes, drop pages. Takes page_table_lock inside. */
void zap_page_range(struct vm_area_struct *vma, u32 start, u32 end,
		    const struct zap_details *details);
/* The same for callers that gather the pages of several ranges. page_table_lock held, but in
 * 2.6.16 and later, where each page table is locked for itself. */
void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
		      const struct zap_details *details);
/*
 * 2.6: unmap what [start, end) has of vma and of those behind it (vm_next), in blocks, with a look
 * round for others after each: then the lock is dropped and retaken, and the gather is finished and
 * begun anew at the same place. Returns end, or where it stopped (details->i_mmap_lock).
 */
u32 unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
	       const struct zap_details *details);
void unmap_mapping_range(struct address_space *mapping, u32 first, u32 last, bool even_cows);
#endif
/*
 * mm/fremap.c, filemap_populate: map size bytes of the vma's file from page pgoff on at address,
 * with ptes of prot. nonblock: only what is in memory, the rest as file ptes. mmap_sem held for
 * reading, no spinlock. 0 or -errno (-EINVAL: beyond the end of the file, -EIO, -ENOMEM).
 */
int populate_range(struct vm_area_struct *vma, u32 address, u32 size, pgprot_t prot, u32 pgoff,
		   bool nonblock);
/* Free page tables first to first + nr - 1 (table_index), all of them empty.
 * page_table_lock held. */
void clear_page_tables(struct mmu_gather *tlb, u32 first, u32 nr);
/* The page table entry of address, allocating the table; page_table_lock held, may be dropped and
 * retaken. NULL: no memory. */
pte_t *pte_alloc_map(struct mm_struct *mm, pgd_t *pgd, u32 address);
/* Fault in every page of [start, end), for writing where the vma allows it. mmap_sem held; the
 * range lies in one vma. 0 or -errno; -EFAULT when the vma allows neither reading nor
 * writing. */
int make_pages_present(struct vm_area_struct *vma, u32 start, u32 end);
/* Find an existing entry; NULL when there is no table. page_table_lock held (or quiet). */
pte_t *pte_offset(const struct mm_struct *mm, u32 address);
/*
 * The same for kernel code that goes on to use it. A table in high memory (highpte) is mapped by
 * kmap_atomic for that: KM_PTE0, and KM_PTE1 where two are in use. To unmap it costs nothing, and
 * is not modelled: it only lets the cpu be given up again.
 */
pte_t *pte_offset_map(const struct mm_struct *mm, u32 address);
pte_t *pte_offset_map_nested(const struct mm_struct *mm, u32 address);
pgd_t *pgd_offset(const struct mm_struct *mm, u32 address);

/* mm/fault.c: one access of user code. Faults are handled until the access succeeds.
 * 0 and *pfn, or -SIGSEGV, -SIGBUS, -SIGKILL (negative signal numbers). */
int access_user(u32 address, bool write, u32 *pfn);

/* mm/mmap.c. The system calls, on the process's own thread: they take mmap_sem, check address,
 * length and offset, and answer with an address or a negative errno. */
s64 sys_mmap2(struct inode *file, u32 addr, u32 len, u32 prot, u32 flags, u32 pgoff);
int sys_munmap(u32 addr, u32 len);
s64 sys_brk(u32 brk);               /* the new or the unchanged break */
/* What is behind them; mmap_sem held for writing. */
s64 do_mmap_pgoff(struct inode *file, u32 addr, u32 len, u32 prot, u32 flags, u32 pgoff);
int do_munmap(struct mm_struct *mm, u32 addr, u32 len);
int do_brk(u32 addr, u32 len);      /* map [addr, addr + len) as heap: 0 or -errno */
/* The first vma with vm_end > address; NULL: none. mmap_sem or page_table_lock held. */
struct vm_area_struct *find_vma(struct mm_struct *mm, u32 address);
/* The first vma with vm_end > address reaches down to it, if it may (VM_GROWSDOWN): 0 or -errno.
 * mmap_sem held, for reading at least. From 2.6.8 on vma gets its anon_vma. mm/mmap_stack.c */
int expand_stack(struct vm_area_struct *vma, u32 address);
/* mm/mremap_2004.c: a write fault, so that the page at address is nobody else's. mmap_sem held. 0
 * or -errno (2.6.7-anonmm). */
int make_page_exclusive(struct vm_area_struct *vma, u32 address);
/* The last user is gone: unmap everything, free vmas and page tables (not the directory). */
void exit_mmap(struct mm_struct *mm);
extern const pgprot_t protection_map[16];
/*
 * A kernel's way with vmas, for its row: 2.5.27, 2.6.0, 2.6.5, 2.6.7-anonmm, 2.6.8, 2.6.9, 2.6.16,
 * 4.0, in this order. What is in them: mm/mmap_private.h.
 */
struct mmap_ops;
extern const struct mmap_ops mmap_2002, mmap_2003, mmap_2004a, mmap_2004b, mmap_2004c, mmap_2004d,
	mmap_2006, mmap_2015;

/*
 * mm/fremap.c: from now on [start, start + size) of a shared file mapping shows the pages of the
 * file from pgoff on. prot must be 0; flags: MAP_NONBLOCK, read nothing. 0, -EINVAL, -ENOMEM,
 * -ENOSYS (2.5.27). A call that fails may have mapped the first pages.
 */
int sys_remap_file_pages(u32 start, u32 size, u32 prot, u32 pgoff, u32 flags);
#define MAP_NONBLOCK 0x10000u

/* How a kernel remaps: what differs from one to the next. */
struct fremap_ops {
	const char *name;
	bool by_vma;            /* 4.0: with a new vma, and what follows is not there */
	bool downgrades;        /* mmap_sem is for writing first, even if for nothing: 2.6.7 */
	bool sees_truncation;   /* install_page asks whether the page is still in the file: 2.6.8 */
	bool notes_linear;      /* nonblock: what is not in memory is noted in any case: 2.6.8 */
	bool never_waits;       /* nonblock: not even for a page that is just being read: 2.6.16 */
	bool zap_forgets;       /* truncation and MADV_DONTNEED empty file ptes, and truncation
				 * looks for pages only where the vma has them: up to 2.6.5 */
	bool flushes_last;      /* the TLB is flushed when the new entry is there: 2.6.0 */
	bool has_cursor;        /* vm_private_data is the cursor of try_to_unmap_cluster: 2.6.7 */
	u32 cursor_flags;       /* and may be set in a vma with one of these */
};
extern const struct fremap_ops fremap_2003, fremap_2004a, fremap_2004b, fremap_2004c, fremap_2006,
	fremap_2015; /* 2.6.0; 2.6.5; 2.6.7; 2.6.8 and 2.6.9; 2.6.16; 4.0 */

#define PROT_READ 1u
#define PROT_WRITE 2u
#define PROT_EXEC 4u
#define PROT_SEM 8u
#define MAP_SHARED 1u
#define MAP_PRIVATE 2u
#define MAP_FIXED 0x10u
#define MAP_ANONYMOUS 0x20u
#define MAP_LOCKED 0x2000u

/*
 * One file each: mprotect.c, mlock.c, madvise.c, msync.c, mincore.c, mremap.c. On the process's own
 * thread; they take mmap_sem. 0 or a negative errno, mremap the address. A call that fails halfway
 * has done the first half, as in 2.5.26. start in bytes, len is rounded up to whole pages.
 */
int sys_mprotect(u32 start, u32 len, u32 prot);
int sys_mlock(u32 start, u32 len);
int sys_munlock(u32 start, u32 len);
int sys_madvise(u32 start, u32 len, u32 behavior);
int sys_msync(u32 start, u32 len, u32 flags);
/* Bit i of vec, which is all 0 before, is page i: vec has room for len. */
int sys_mincore(u32 start, u32 len, u64 *vec);
s64 sys_mremap(u32 addr, u32 old_len, u32 new_len, u32 flags, u32 new_addr);

#define MADV_NORMAL 0u
#define MADV_RANDOM 1u
#define MADV_SEQUENTIAL 2u
#define MADV_WILLNEED 3u
#define MADV_DONTNEED 4u
#define MADV_DONTFORK 10u /* 2.6.16: no child gets it; DOFORK takes it back */
#define MADV_DOFORK 11u
#define MS_ASYNC 1u
#define MS_INVALIDATE 2u
#define MS_SYNC 4u
#define MREMAP_MAYMOVE 1u
#define MREMAP_FIXED 2u

/* mm/fork.c */
struct mm_struct *mm_alloc(u16 pid);          /* mm_users 1, empty, on mmlist; NULL: no memory */
int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm); /* 0 or -ENOMEM */
void mmput(struct mm_struct *mm);
/* The one behind mm on mmlist; NULL is init_mm, the head of the list. mmlist_lock held. */
struct mm_struct *mmlist_next(const struct mm_struct *mm);
/* On the parent's thread: a child task with a copy of current->mm. Its pid or -ENOMEM, -EAGAIN. */
int do_fork(const char *comm);
void do_exit(void);                           /* on the task's own thread */

/*
 * mm/exec.c. current runs another program: name, with bytes of arguments and environment, which
 * fill the stack from its end downwards. bprm says afterwards what they are: tag[i] is the content
 * of the page (MAX_ARG_PAGES - i) before the end, for those from p on. 0; -E2BIG, -ENOMEM: nothing
 * happened, unless current is killed: then it was too late to go back.
 */
#define MAX_ARG_PAGES 32u
struct linux_binprm {
	struct page *page[MAX_ARG_PAGES];
	u64 tag[MAX_ARG_PAGES];
	u32 p;                      /* where the strings begin, bytes from the start of page[0] */
	struct mm_struct *mm;       /* from 2.6.0 on: the new one */
	struct vm_area_struct *vma; /* 4.0: its stack */
};
int do_execve(struct linux_binprm *bprm, const char *name, u32 bytes);

/* mm/tlb.c: the i386 flush primitives (2.5.26 arch/i386/mm, asm-i386/pgalloc.h) */
void flush_tlb_page(struct vm_area_struct *vma, u32 address);
void flush_tlb_range(struct vm_area_struct *vma, u32 start, u32 end);
void flush_tlb_mm(struct mm_struct *mm);
void activate_mm(struct mm_struct *mm);       /* load CR3 on current->cpu when it is not active */
void leave_mm(struct mm_struct *mm);          /* no cpu keeps translations of it any more */
/* machine_ops.switch_to: a process gets its page tables, a kernel thread borrows those that are
 * loaded (lazy TLB). */
void switch_mm(struct task_struct *next);
bool tlb_init(void);                          /* boot; false: no memory */

/*
 * mmu_gather: pages unmapped but not yet freed, because a TLB may still reach them (2.5.26
 * asm-generic/tlb.h). With one cpu pages are freed at once.
 */
#define FREE_PTE_NR 507 /* one less from 2.6.0 on: need_flush has its place */
struct mmu_gather {
	struct mm_struct *mm;
	u32 nr, freed;
	bool need_flush; /* 2.6: was anything unmapped at all? */
	u32 *pfns;  /* FREE_PTE_NR of them, one gather per cpu; NULL in fast mode */
};
/*
 * From gather to finish page_table_lock is held, or, where it is not needed any more (2.6.16), the
 * cpu is not given up. finish takes what was freed off mm->rss.
 */
struct mmu_gather *tlb_gather_mmu(struct mm_struct *mm);
void tlb_finish_mmu(struct mmu_gather *tlb, u32 start, u32 end);

#endif
