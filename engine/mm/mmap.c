/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory map of a process: a list of vmas, sorted, without overlap.
 *
 *	0        08048000      40000000                              c0000000
 *	|        | heap >      | mmap: the first gap that fits >     | kernel
 *
 *	munmap of a hole:   |        vma         |
 *	                    |  vma  |//////|  new |      split at both ends, take the middle off
 *	                                                 the list, unmap it, free it
 *
 * mmap_sem is held for writing by whoever changes the list. Up to 2.6.7 page_table_lock is taken
 * for the moment of the change, too: swapping out looks vmas up under page_table_lock alone. Later
 * it comes by another way, through anon_vma or the file, and those are locked instead.
 *
 * 2.5.26 has a red-black tree beside the list; a list is enough here. What it also has and this
 * does not: resource limits and the guess whether an mmap is obviously too much (overcommit).
 *
 * Which vmas merge, where a gap is found and what munmap does in which order has changed over the
 * years: mmap_2002.c, mmap_2003.c, mmap_2004.c, mmap_search.c, mmap_unmap*.c.
 *
 * Source: 2.5.26 to 4.0 mm/mmap.c.
 */
#include "kernels.h"
#include "mm/mmap_private.h"
#include "mm/shmem.h"
#include "mm/vm.h"

#include <errno.h>

#define MAP_TYPE (MAP_SHARED | MAP_PRIVATE)

/* Write protection of private mappings is what makes the first write fault (COW). */
const pgprot_t protection_map[16] = {
	[0] = PAGE_NONE,
	[VM_READ] = PAGE_READONLY,
	[VM_WRITE] = PAGE_COPY,
	[VM_WRITE | VM_READ] = PAGE_COPY,
	[VM_EXEC] = PAGE_READONLY,
	[VM_EXEC | VM_READ] = PAGE_READONLY,
	[VM_EXEC | VM_WRITE] = PAGE_COPY,
	[VM_EXEC | VM_WRITE | VM_READ] = PAGE_COPY,
	[VM_SHARED] = PAGE_NONE,
	[VM_SHARED | VM_READ] = PAGE_READONLY,
	[VM_SHARED | VM_WRITE] = PAGE_SHARED,
	[VM_SHARED | VM_WRITE | VM_READ] = PAGE_SHARED,
	[VM_SHARED | VM_EXEC] = PAGE_READONLY,
	[VM_SHARED | VM_EXEC | VM_READ] = PAGE_READONLY,
	[VM_SHARED | VM_EXEC | VM_WRITE] = PAGE_SHARED,
	[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ] = PAGE_SHARED,
};

/* -- the list -------------------------------------------------------------------------------- */

struct vm_area_struct *find_vma(struct mm_struct *mm, u32 address)
{
	struct vm_area_struct *vma = mm->mmap_cache;

	if (vma && vma->vm_start <= address && vma->vm_end > address)
		return vma;
	for (vma = mm->mmap; vma && vma->vm_end <= address; vma = vma->vm_next)
		;
	if (vma)
		mm->mmap_cache = vma;
	return vma;
}

/* The vma before the one that find_vma answers; NULL: that is the first. */
struct vm_area_struct *find_vma_before(struct mm_struct *mm, u32 address)
{
	struct vm_area_struct *vma, *prev = NULL;

	for (vma = mm->mmap; vma && vma->vm_end <= address; vma = vma->vm_next)
		prev = vma;
	return prev;
}

struct vm_area_struct *find_vma_prev(struct mm_struct *mm, u32 address,
				     struct vm_area_struct **prev)
{
	*prev = find_vma_before(mm, address);
	return *prev ? (*prev)->vm_next : mm->mmap;
}

/* Does a vma lie in, or reach into, [start, end)? */
static bool is_taken(struct mm_struct *mm, u32 start, u32 end)
{
	const struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end;
}

void __vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *prev = find_vma_before(mm, vma->vm_start);
	struct vm_area_struct **link = prev ? &prev->vm_next : &mm->mmap;

	vma->vm_next = *link;
	*link = vma;
	mm->map_count++;
}

void __vma_unlink(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *prev)
{
	prev->vm_next = vma->vm_next;
	if (mm->mmap_cache == vma)
		mm->mmap_cache = prev;
	mm->map_count--;
}

struct vm_area_struct *vma_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = kmem_cache_alloc(VM->vm_area_cachep, GFP_KERNEL);

	if (vma) {
		vma->vm_mm = mm;
		vma->id = VM->next_vma_id++;
	}
	return vma;
}

struct vm_area_struct *vma_copy(const struct vm_area_struct *vma)
{
	struct vm_area_struct *new = vma_alloc(vma->vm_mm);
	u32 id;

	if (!new)
		return NULL;
	id = new->id;
	*new = *vma;
	new->id = id;
	new->vm_next = NULL;
	INIT_LIST_HEAD(&new->shared);
	INIT_LIST_HEAD(&new->anon_vma_node);
	return new;
}

/* -- what the kernel's row does -------------------------------------------------------------- */

static const struct mmap_ops *ops(void)
{
	return VM->kernel->mmap;
}

bool mmap_since(enum mmap_version version)
{
	return ops()->version >= version;
}

struct vm_area_struct *vma_merge(struct mm_struct *mm, struct vm_area_struct *prev,
				 const struct vma_request *r)
{
	return ops()->vma_merge(mm, prev, r);
}

int vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *from)
{
	return ops()->vma_link(mm, vma, from);
}

int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr, bool new_below)
{
	return ops()->split_vma(mm, vma, addr, new_below);
}

int do_munmap(struct mm_struct *mm, u32 addr, u32 len)
{
	return ops()->do_munmap(mm, addr, len);
}

void exit_mmap(struct mm_struct *mm)
{
	ops()->exit_mmap(mm);
}

/* From 2.6.8 on the pages of an anonymous vma are numbered as if address 0 were page 0: then vmas
 * that touch fit together like those of a file. */
void insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	if (!vma->vm_file && mmap_since(MMAP_2_6_8)) {
		BUG_ON(vma->anon_vma);
		vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	}
	vma_link(mm, vma, NULL);
	EV(VMA_ADD, vma->vm_start, vma->vm_end);
}

/* -- mmap ------------------------------------------------------------------------------------ */

static u32 calc_vm_flags(u32 prot, u32 flags)
{
	u32 vm_flags = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	if (prot & PROT_READ)
		vm_flags |= VM_READ;
	if (prot & PROT_WRITE)
		vm_flags |= VM_WRITE;
	if (prot & PROT_EXEC)
		vm_flags |= VM_EXEC;
	if (flags & MAP_LOCKED) /* 2.5.26 knows the flag and forgets it: this is mmap, then mlock */
		vm_flags |= VM_LOCKED;
	if (flags & MAP_SHARED)
		vm_flags |= VM_SHARED | VM_MAYSHARE;
	return vm_flags | account_flag(vm_flags, 0);
}

/* No overcommit is modelled, but the flag keeps vmas apart that are else alike. */
u32 account_flag(u32 vm_flags, u32 old_flags)
{
	if (!mmap_since(MMAP_2_6_0) || !(vm_flags & VM_WRITE) || vm_flags & VM_SHARED ||
	    old_flags & (VM_ACCOUNT | VM_WRITE | VM_SHARED))
		return 0;
	return VM_ACCOUNT;
}

s64 get_unmapped_area(struct mm_struct *mm, u32 addr, u32 len, u32 flags)
{
	if (len > TASK_SIZE)
		return -ENOMEM;
	if (flags & MAP_FIXED) {
		if (addr > TASK_SIZE - len)
			return -ENOMEM;
		return addr & ~PAGE_MASK ? -EINVAL : (s64)addr;
	}
	if (mmap_since(MMAP_4_0))
		addr &= PAGE_MASK; /* round_hint_to_min, from 2.6.24 on */
	if (addr && addr <= TASK_SIZE) {
		addr = PAGE_ALIGN(addr);
		if (addr <= TASK_SIZE - len && !is_taken(mm, addr, addr + len))
			return addr;
	}
	return VM->kernel->top_down_mmap ? ops()->arch_get_unmapped_area_topdown(mm, len) :
					   ops()->arch_get_unmapped_area(mm, len);
}

/* 0 or -errno; len is rounded up to whole pages. 2.5.26 lets a length of 0 pass and maps nothing;
 * it is refused here, as by every kernel from 2.6.12 on. */
static int check_arguments(const struct mm_struct *mm, u32 *len, u32 flags, u32 pgoff)
{
	bool late = mmap_since(MMAP_2_6_16);
	u32 type = flags & MAP_TYPE;

	if (!*len)
		return -EINVAL;
	*len = PAGE_ALIGN(*len);
	if (!*len || *len > TASK_SIZE)
		return late ? -ENOMEM : -EINVAL;
	if (pgoff + (*len >> PAGE_SHIFT) < pgoff)
		return late ? -EOVERFLOW : -EINVAL;
	if (type != MAP_SHARED && type != MAP_PRIVATE)
		return -EINVAL;
	return mm->map_count > MAX_MAP_COUNT ? -ENOMEM : 0;
}

/* A vma for r, where nothing is. From 2.6.0 on that of a file may still become part of a neighbour:
 * the file system sees the new one first. NULL: no memory. */
static struct vm_area_struct *vma_create(struct mm_struct *mm, struct vm_area_struct *prev,
					 const struct vma_request *r)
{
	struct vm_area_struct *vma = vma_alloc(mm), *merged;

	if (!vma)
		return NULL;
	vma->vm_start = r->addr;
	vma->vm_end = r->end;
	vma->vm_flags = r->vm_flags;
	vma->vm_page_prot = protection_map[r->vm_flags & 0x0f];
	vma->vm_pgoff = r->pgoff;
	vma->vm_file = r->file;
	if (r->file && mmap_since(MMAP_2_6_0) && (merged = vma_merge(mm, prev, r))) {
		kmem_cache_free(VM->vm_area_cachep, vma);
		return merged;
	}
	if (r->file) {
		igrab(r->file);
	} else if (r->vm_flags & VM_SHARED && shmem_zero_setup(vma)) {
		kmem_cache_free(VM->vm_area_cachep, vma);
		return NULL;
	}
	insert_vm_struct(mm, vma);
	return vma;
}

/* Map [addr, addr + len), after unmapping what was there: 0 or -errno. */
static int mmap_region(struct mm_struct *mm, struct inode *file, u32 addr, u32 len, u32 vm_flags,
		       u32 pgoff)
{
	FN;
	struct vma_request r = {
		.addr = addr, .end = addr + len, .vm_flags = vm_flags, .pgoff = pgoff, .file = file,
	};
	struct vm_area_struct *vma = NULL, *prev;

	if (is_taken(mm, addr, r.end) && do_munmap(mm, addr, len))
		return -ENOMEM;
	if (!file && !(vm_flags & VM_SHARED) && mmap_since(MMAP_2_6_8))
		r.pgoff = addr >> PAGE_SHIFT;
	if (!file && vm_flags & VM_SHARED && mmap_since(MMAP_4_0))
		r.pgoff = 0; /* what was given is not looked at, from 2.6.31 on */
	prev = find_vma_before(mm, addr);
	if (!file && !(vm_flags & VM_SHARED))
		vma = vma_merge(mm, prev, &r);
	if (!vma)
		vma = vma_create(mm, prev, &r);
	if (!vma)
		return -ENOMEM;
	mm->total_vm += len >> PAGE_SHIFT;
	if (vm_flags & VM_LOCKED) {
		mm->locked_vm += len >> PAGE_SHIFT;
		make_pages_present(vma, addr, r.end);
	}
	return 0;
}

s64 do_mmap_pgoff(struct inode *file, u32 addr, u32 len, u32 prot, u32 flags, u32 pgoff)
{
	FN;
	struct mm_struct *mm = current->mm;
	int err = check_arguments(mm, &len, flags, pgoff);
	s64 where;

	if (err)
		return err;
	where = get_unmapped_area(mm, addr, len, flags);
	if (where < 0)
		return where;
	err = mmap_region(mm, file, (u32)where, len, calc_vm_flags(prot, flags), pgoff);
	return err ? err : where;
}

s64 sys_mmap2(struct inode *file, u32 addr, u32 len, u32 prot, u32 flags, u32 pgoff)
{
	FN;
	s64 ret;

	/* The kernel would pass over the file; but somebody means one or the other. */
	if (file && flags & MAP_ANONYMOUS)
		return -EINVAL;
	if (!file && !(flags & MAP_ANONYMOUS))
		return -EBADF;
	down_write(&current->mm->mmap_sem);
	ret = do_mmap_pgoff(file, addr, len, prot, flags, pgoff);
	up_write(&current->mm->mmap_sem);
	return ret;
}

/* -- the heap -------------------------------------------------------------------------------- */

u32 heap_flags(void)
{
	u32 vm_flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	if (!mmap_since(MMAP_2_6_8)) /* before pages could be made not executable */
		vm_flags |= VM_EXEC;
	return vm_flags | account_flag(vm_flags, 0);
}

int do_brk(u32 addr, u32 len)
{
	FN;

	if (current->mm->map_count > MAX_MAP_COUNT)
		return -ENOMEM;
	return mmap_region(current->mm, NULL, addr, len, heap_flags(), 0);
}

/* 0: the break may move to brk. mmap_sem held. 2.5.26 does not look at TASK_SIZE: the hole through
 * which a process could map the kernel, found in 2003. */
static int move_brk(struct mm_struct *mm, u32 brk)
{
	u32 newbrk = PAGE_ALIGN(brk), oldbrk = PAGE_ALIGN(mm->brk);

	if (brk < mm->start_brk || brk > TASK_SIZE)
		return -EINVAL;
	if (oldbrk == newbrk)
		return 0;
	if (brk <= mm->brk)
		return do_munmap(mm, newbrk, oldbrk - newbrk);
	if (is_taken(mm, oldbrk, newbrk + PAGE_SIZE))
		return -ENOMEM;
	return do_brk(oldbrk, newbrk - oldbrk);
}

s64 sys_brk(u32 brk)
{
	FN;
	struct mm_struct *mm = current->mm;
	s64 ret;

	down_write(&mm->mmap_sem);
	if (!move_brk(mm, brk))
		mm->brk = brk;
	ret = mm->brk;
	up_write(&mm->mmap_sem);
	return ret;
}
