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
 * mmap_sem is held for writing by whoever changes the list, and page_table_lock is taken for the
 * moment of the change: swapping out looks vmas up under page_table_lock alone.
 *
 * 2.5.26 has a red-black tree beside the list; a list is enough here. What it also has and this
 * does not: resource limits and the guess whether an mmap is obviously too much (overcommit).
 *
 * Source: 2.5.26 mm/mmap.c. exit and munmap are in mmap_unmap.c.
 */
#include "mm/mmap_private.h"
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

void __vma_link_file(struct vm_area_struct *vma)
{
	struct address_space *mapping = &vma->vm_file->i_data;

	list_add_tail(&vma->shared, vma->vm_flags & VM_SHARED ? &mapping->i_mmap_shared :
								&mapping->i_mmap);
}

/*
 * Into the list and onto the file's list of mappings. Split also shortens the vma that the new one
 * was cut from, at the same moment.
 */
static void vma_link(struct mm_struct *mm, struct vm_area_struct *vma, struct vm_area_struct *split)
{
	struct address_space *mapping = vma->vm_file ? &vma->vm_file->i_data : NULL;

	if (mapping)
		spin_lock(&mapping->i_shared_lock);
	spin_lock(&mm->page_table_lock);
	if (split)
		split->vm_end = vma->vm_start;
	__vma_link(mm, vma);
	if (mapping)
		__vma_link_file(vma);
	spin_unlock(&mm->page_table_lock);
	if (mapping)
		spin_unlock(&mapping->i_shared_lock);
}

void insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vma_link(mm, vma, NULL);
	EV(VMA_ADD, vma->vm_start, vma->vm_end);
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

/*
 * [vma->vm_start, addr) stays, [addr, vma->vm_end) becomes a vma of its own. Here and in vma_link
 * 2.5.26 takes page_table_lock before i_shared_lock, but truncation takes them the other way round:
 * two cpus could wait for each other. There is one order here, that of truncation.
 */
int split_vma(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr)
{
	FN;
	struct vm_area_struct *new;
	u32 id;

	if (mm->map_count >= MAX_MAP_COUNT)
		return -ENOMEM;
	new = vma_alloc(mm);
	if (!new)
		return -ENOMEM;
	id = new->id;
	*new = *vma;
	new->id = id;
	new->vm_start = addr;
	new->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	INIT_LIST_HEAD(&new->shared);
	if (new->vm_file)
		new->vm_file->i_count++;
	vma_link(mm, new, vma);
	EV(VMA_SPLIT, addr);
	return 0;
}

/* -- merging --------------------------------------------------------------------------------- */

bool can_vma_merge(const struct vm_area_struct *vma, u32 vm_flags)
{
	return vma && !vma->vm_file && vma->vm_flags == vm_flags;
}

/* prev grows to end, and takes in what comes next if the two meet now. page_table_lock held.
 * Returns the vma that is no longer needed, or NULL. */
static struct vm_area_struct *grow_up(struct mm_struct *mm, struct vm_area_struct *prev, u32 end,
				      u32 vm_flags)
{
	struct vm_area_struct *next = prev->vm_next;

	prev->vm_end = end;
	if (!can_vma_merge(next, vm_flags) || next->vm_start != end)
		return NULL;
	prev->vm_end = next->vm_end;
	__vma_unlink(mm, next, prev);
	return next;
}

/* Can an anonymous mapping [addr, end) be had by expanding what is before or behind it? The one it
 * became part of, or NULL. */
static struct vm_area_struct *vma_merge(struct mm_struct *mm, u32 addr, u32 end, u32 vm_flags)
{
	FN;
	struct vm_area_struct *prev = find_vma_before(mm, addr), *unused = NULL;
	struct vm_area_struct *vma = prev ? prev->vm_next : mm->mmap;

	if (can_vma_merge(prev, vm_flags) && prev->vm_end == addr) {
		vma = prev;
		spin_lock(&mm->page_table_lock);
		unused = grow_up(mm, prev, end, vm_flags);
		spin_unlock(&mm->page_table_lock);
	} else if (can_vma_merge(vma, vm_flags) && vma->vm_start == end) {
		spin_lock(&mm->page_table_lock);
		vma->vm_start = addr;
		spin_unlock(&mm->page_table_lock);
	} else {
		return NULL;
	}
	if (unused)
		kmem_cache_free(VM->vm_area_cachep, unused);
	EV(VMA_MERGE, vma->vm_start, vma->vm_end);
	return vma;
}

/* -- mmap ------------------------------------------------------------------------------------ */

static u32 calc_vm_flags(const struct inode *file, u32 prot, u32 flags)
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
	if (file && flags & MAP_SHARED)
		vm_flags |= VM_SHARED | VM_MAYSHARE;
	return vm_flags;
}

/* The first gap of len bytes at or above addr. */
static s64 first_gap(struct mm_struct *mm, u32 addr, u32 len)
{
	const struct vm_area_struct *vma = find_vma(mm, addr);

	for (;; vma = vma->vm_next) {
		if (addr > TASK_SIZE - len)
			return -ENOMEM;
		if (!vma || addr + len <= vma->vm_start)
			return addr;
		addr = vma->vm_end;
	}
}

s64 get_unmapped_area(struct mm_struct *mm, u32 addr, u32 len, u32 flags)
{
	if (flags & MAP_FIXED) {
		if (addr > TASK_SIZE - len)
			return -ENOMEM;
		return addr & ~PAGE_MASK ? -EINVAL : (s64)addr;
	}
	if (addr && addr <= TASK_SIZE) {
		addr = PAGE_ALIGN(addr);
		if (addr <= TASK_SIZE - len && !is_taken(mm, addr, addr + len))
			return addr;
	}
	return first_gap(mm, TASK_UNMAPPED_BASE, len);
}

/* 0 or -errno; len is rounded up to whole pages. 2.5.26 lets a length of 0 pass and maps nothing;
 * it is refused here, as by every later kernel. */
static int check_arguments(const struct mm_struct *mm, const struct inode *file, u32 *len,
			   u32 flags, u32 pgoff)
{
	u32 type = flags & MAP_TYPE;

	*len = PAGE_ALIGN(*len);
	if (!*len || *len > TASK_SIZE || pgoff + (*len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (type != MAP_SHARED && type != MAP_PRIVATE)
		return -EINVAL;
	if (!file && type == MAP_SHARED)
		return -ENOSYS; /* until there is shmem to back it */
	return mm->map_count > MAX_MAP_COUNT ? -ENOMEM : 0;
}

/* A new vma in the list, for a range where nothing is. NULL: no memory. */
static struct vm_area_struct *vma_create(struct mm_struct *mm, struct inode *file, u32 start,
					 u32 end, u32 vm_flags, u32 pgoff)
{
	struct vm_area_struct *vma = vma_alloc(mm);

	if (!vma)
		return NULL;
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_flags = vm_flags;
	vma->vm_page_prot = protection_map[vm_flags & 0x0f];
	vma->vm_pgoff = pgoff;
	vma->vm_file = file;
	if (file)
		file->i_count++;
	insert_vm_struct(mm, vma);
	return vma;
}

/* Map [addr, addr + len), after unmapping what was there: 0 or -errno. */
static int mmap_region(struct mm_struct *mm, struct inode *file, u32 addr, u32 len, u32 vm_flags,
		       u32 pgoff)
{
	FN;
	struct vm_area_struct *vma = NULL;
	u32 end = addr + len;

	if (is_taken(mm, addr, end) && do_munmap(mm, addr, len))
		return -ENOMEM;
	if (!file)
		vma = vma_merge(mm, addr, end, vm_flags);
	if (!vma)
		vma = vma_create(mm, file, addr, end, vm_flags, pgoff);
	if (!vma)
		return -ENOMEM;
	mm->total_vm += len >> PAGE_SHIFT;
	if (vm_flags & VM_LOCKED) {
		mm->locked_vm += len >> PAGE_SHIFT;
		make_pages_present(vma, addr, end);
	}
	return 0;
}

s64 do_mmap_pgoff(struct inode *file, u32 addr, u32 len, u32 prot, u32 flags, u32 pgoff)
{
	FN;
	struct mm_struct *mm = current->mm;
	int err = check_arguments(mm, file, &len, flags, pgoff);
	s64 where;

	if (err)
		return err;
	where = get_unmapped_area(mm, addr, len, flags);
	if (where < 0)
		return where;
	err = mmap_region(mm, file, (u32)where, len, calc_vm_flags(file, prot, flags), pgoff);
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

int do_brk(u32 addr, u32 len)
{
	FN;
	u32 vm_flags = VM_READ | VM_WRITE | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	if (current->mm->map_count > MAX_MAP_COUNT)
		return -ENOMEM;
	return mmap_region(current->mm, NULL, addr, len, vm_flags, 0);
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
