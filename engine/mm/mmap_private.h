/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between mmap*.c and the calls that change mappings: mprotect*.c, mlock.c, madvise.c, mremap*.c.
 * mmap_sem is held for writing. Source: 2.5.26 to 4.0 mm/mmap.c.
 */
#ifndef MM_MMAP_PRIVATE_H
#define MM_MMAP_PRIVATE_H

#include "mm/mm.h"

#define MAX_MAP_COUNT 65536u

/* -- what eras do in their own way ----------------------------------------------------------- */

/* A change that is no more than a number or a test in common code asks since(). */
enum mmap_version {
	MMAP_2_5_27,
	MMAP_2_6_0,
	MMAP_2_6_5,
	MMAP_2_6_7,
	MMAP_2_6_8,
	MMAP_2_6_9,
	MMAP_2_6_16,
	MMAP_4_0,
};

/* What somebody wants to have mapped at [addr, end), or mapped from now on with these flags. */
struct vma_request {
	u32 addr, end;
	u32 vm_flags;
	u32 pgoff;                 /* of addr */
	struct inode *file;        /* NULL: anonymous */
	struct anon_vma *anon_vma; /* of what is there, NULL: nothing yet */
};

/* mremap's arguments, the lengths rounded up. */
struct remap {
	u32 addr, old_len, new_len, flags, new_addr;
};

/*
 * mmap_2002 (2.5.27), mmap_2003 (2.6.0), mmap_2004a (2.6.5), b (2.6.7), c (2.6.8), d (2.6.9),
 * mmap_2006 (2.6.16), mmap_2015 (4.0).
 */
struct mmap_ops {
	const char *name;
	u8 version; /* enum mmap_version */
	/* A gap of len bytes, or -ENOMEM: the lowest, and the highest where a kernel can (2.6.9).
	 * */
	s64 (*arch_get_unmapped_area)(struct mm_struct *mm, u32 len);
	s64 (*arch_get_unmapped_area_topdown)(struct mm_struct *mm, u32 len);
	/* The vma that r became part of because what is before or behind it was moved; NULL: none
	 * fits, nothing has changed. prev is the last vma that begins before r->addr. */
	struct vm_area_struct *(*vma_merge)(struct mm_struct *mm, struct vm_area_struct *prev,
					    const struct vma_request *r);
	/* Into the list of the mm, onto the file's and the anon_vma's. from: NULL, or the vma of
	 * the same mm that vma is a copy of. 0 or -ENOMEM. */
	int (*vma_link)(struct mm_struct *mm, struct vm_area_struct *vma,
			struct vm_area_struct *from);
	/* Two of one; the new vma is the part below addr or the one above. 0 or -ENOMEM. */
	int (*split_vma)(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr,
			 bool new_below);
	int (*do_munmap)(struct mm_struct *mm, u32 addr, u32 len);
	void (*exit_mmap)(struct mm_struct *mm);
	/* New flags for [start, end) of *vma, for mlock and madvise: 0 or -ENOMEM. *vma is the part
	 * then, which may have become larger; prev is the vma before it. */
	int (*vma_fixup)(struct vm_area_struct **vma, struct vm_area_struct *prev, u32 start,
			 u32 end, u32 newflags);
	int (*do_mprotect)(struct mm_struct *mm, u32 start, u32 end, u32 prot);
	s64 (*do_mremap)(struct mm_struct *mm, const struct remap *r);
};

/* Is this kernel that version or a later one? */
bool mmap_since(enum mmap_version version);

/* -- for all eras ---------------------------------------------------------------------------- */

/* The vma before the one that find_vma(mm, address) answers; NULL: there is none. */
struct vm_area_struct *find_vma_before(struct mm_struct *mm, u32 address);
/* The first vma with vm_end > address, and *prev, the one before it. */
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, u32 address,
				     struct vm_area_struct **prev);
/* Where a mapping of len bytes goes: exactly at addr (MAP_FIXED), there if it is free, or into a
 * gap. An address, -EINVAL or -ENOMEM. */
s64 get_unmapped_area(struct mm_struct *mm, u32 addr, u32 len, u32 flags);
/* What brk maps, and a stack but for VM_GROWSDOWN. */
u32 heap_flags(void);
#define STACK_LIMIT (8u << 20) /* RLIMIT_STACK */
/* VM_ACCOUNT: private memory that can be written has been promised, from 2.6.0 on. */
u32 account_flag(u32 vm_flags, u32 old_flags);

/* A vma with an id and nothing else, and a copy of one, on no list; NULL: no memory. */
struct vm_area_struct *vma_alloc(struct mm_struct *mm);
struct vm_area_struct *vma_copy(const struct vm_area_struct *vma);
/* Into the list of the mm; page_table_lock held, where it guards the list (to 2.6.7). */
void __vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
/* Off the list; prev is the one before. */
void __vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev);
/* How many pages it covers. */
static inline u32 vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

/* mmap.c hands these to the kernel's row; a file with a table has its own. */
#ifndef MMAP_GENERATION
struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
				 const struct vma_request *r);
int vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *from);
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr, bool new_below);
#endif
/* Into the list of the mm and onto the file's list of mappings: a vma with no anon_vma. */
void insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);

/* -- mmap_search.c --------------------------------------------------------------------------- */

s64 lowest_gap_2002(struct mm_struct *mm, u32 len);
s64 lowest_gap_2003(struct mm_struct *mm, u32 len);
s64 lowest_gap_2006(struct mm_struct *mm, u32 len);
s64 lowest_gap_2015(struct mm_struct *mm, u32 len);
s64 highest_gap_2004(struct mm_struct *mm, u32 len);
s64 highest_gap_2006(struct mm_struct *mm, u32 len);
s64 highest_gap_2015(struct mm_struct *mm, u32 len);
/* A new address space: where its searches begin. */
void arch_pick_mmap_layout(struct mm_struct *mm);
/* A vma was unmapped; or, from 2.6.16 on, all between prev and next: the next search may begin
 * there. */
void unmap_area(struct mm_struct *mm, const struct vm_area_struct *vma);
void unmap_area_between(struct mm_struct *mm, const struct vm_area_struct *prev,
			const struct vm_area_struct *next);

/* -- the parts of the tables ----------------------------------------------------------------- */

/* fork.c: an mm that nobody but its maker knows yet; NULL: no memory. Onto the lists, or away. */
struct mm_struct *mm_alloc_unlisted(u16 pid);
void mm_list(struct mm_struct *mm);
void mm_discard_unlisted(struct mm_struct *mm);

/* mmap_2002.c: is vma (NULL: no) anonymous, with exactly these flags? Also in 2.6.0. */
bool can_vma_merge(const struct vm_area_struct *vma, u32 vm_flags);
void __vma_link_file(struct vm_area_struct *vma); /* i_shared_lock held */

/*
 * mmap_fixup.c, 2.5.27: new flags for a part of a vma, which becomes a vma of its own. The part is
 * given by the border inside vma. fixup_end returns the new vma, the part; NULL: no memory. The
 * others return 0 or -ENOMEM. No memory: nothing has changed.
 */
void fixup_all(struct vm_area_struct *vma, u32 newflags);
int fixup_start(struct vm_area_struct *vma, u32 end, u32 newflags);
struct vm_area_struct *fixup_end(struct vm_area_struct *vma, u32 start, u32 newflags);
int fixup_middle(struct vm_area_struct *vma, u32 start, u32 end, u32 newflags);
/* Whichever of the four [start, end) of *vma asks for: 0 or -ENOMEM. */
int vma_fixup_2002(struct vm_area_struct **vma, struct vm_area_struct *prev, u32 start, u32 end,
		   u32 newflags);
/* From 2.6.0 on: split, and merge before that where the kernel does (2.6.16). */
int vma_fixup_2003(struct vm_area_struct **vma, struct vm_area_struct *prev, u32 start, u32 end,
		   u32 newflags);

/* mmap_unmap.c, mmap_unmap_2003.c */
int do_munmap_2002(struct mm_struct *mm, u32 addr, u32 len);
void exit_mmap_2002(struct mm_struct *mm);
int do_munmap_2003(struct mm_struct *mm, u32 addr, u32 len);
void exit_mmap_2003(struct mm_struct *mm);

/* mmap_2004.c */
struct vm_area_struct *vma_merge_2004(struct mm_struct *mm, struct vm_area_struct *prev,
				      const struct vma_request *r);
int vma_link_2004(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *from);
int split_vma_2004(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr, bool new_below);
/* New borders for vma, see there. insert: NULL, or the part that split_vma cut off. 0 or -ENOMEM.
 * */
int vma_adjust(struct vm_area_struct *vma, u32 start, u32 end, u32 pgoff,
	       struct vm_area_struct *insert);

/* mprotect.c, mprotect_2003.c */
int do_mprotect_2002(struct mm_struct *mm, u32 start, u32 end, u32 prot);
int do_mprotect_2003(struct mm_struct *mm, u32 start, u32 end, u32 prot);
int do_mprotect_2004(struct mm_struct *mm, u32 start, u32 end, u32 prot);
/* Give the ptes of [start, end) the rights of newprot; vma is one of the mm. */
void change_protection(struct vm_area_struct *vma, u32 start, u32 end, pgprot_t newprot);

/* mremap.c, mremap_2003.c, mremap_2004.c */
s64 do_mremap_2002(struct mm_struct *mm, const struct remap *r);
s64 do_mremap_2003(struct mm_struct *mm, const struct remap *r); /* to 2.6.16 */
s64 do_mremap_2015(struct mm_struct *mm, const struct remap *r);
/* What of MREMAP_FIXED can be seen from the numbers: 0 or -EINVAL. */
int remap_check_fixed(const struct remap *r);
/* The vma that r speaks of; NULL: there is none, or the range is not all of one vma's. */
struct vm_area_struct *vma_to_remap(struct mm_struct *mm, const struct remap *r);
/* The range ends where the vma does, there is room behind it, and nobody wants it elsewhere. */
bool remap_can_expand(const struct vm_area_struct *vma, const struct remap *r);
/* Move a range of one vma: the new address or -ENOMEM. _2003 is for lists and chains of ptes. */
s64 move_vma_2003(struct vm_area_struct *vma, u32 addr, u32 old_len, u32 new_len, u32 new_addr);
s64 move_vma_2004(struct vm_area_struct *vma, u32 addr, u32 old_len, u32 new_len, u32 new_addr);

/* Where moved pages will belong, up to 2.6.6: to a new vma, or to one that grew over the place. */
struct place {
	struct vm_area_struct *vma;
	struct vm_area_struct *absorbed; /* the one behind it, which became part of it */
	u32 start, end;
	bool allocated, below;           /* below: the vma that grew lies below the place */
};
/* Take the place: p->vma is NULL if there is no memory. And when the pages could not be moved. */
void place_take(struct mm_struct *mm, const struct vm_area_struct *vma, struct place *p);
void place_give_back(struct mm_struct *mm, const struct place *p);
/* A place that no neighbour could take gets a vma like vma, which maps the pages at addr. */
void place_insert_copy(struct mm_struct *mm, const struct vm_area_struct *vma, u32 addr,
		       const struct place *p);

#endif
