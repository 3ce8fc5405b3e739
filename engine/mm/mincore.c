/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mincore: which pages could be had without waiting for the disk.
 *
 *	up to 2.6.19   asks the page cache of a file and looks at no pte: a page that nobody
 *	               maps counts, and so does the page of the file where a private mapping has
 *	               a copy of its own. Anonymous memory has no page cache to ask, and is
 *	               ENOMEM, as if nothing were mapped
 *	4.0            looks at the pte first: present is present. A place in swap asks the swap
 *	               cache, and only an empty entry asks the file's; anonymous memory may be
 *	               asked for, too
 *
 * Holes: up to 2.6.19 they are passed over, and ENOMEM says so at the end; in 4.0 the first ends
 * it.
 *
 * Source: 2.5.26, 2.6.12, 4.0 mm/mincore.c. The answer is a set of bits for the caller, not bytes
 * in the memory of the process: the EAGAIN of a kernel without a page for them, and EFAULT, do not
 * occur.
 */
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <errno.h>

static bool is_cached(struct address_space *mapping, u32 index)
{
	struct page *page = find_get_page(mapping, index);
	bool present;

	if (!page)
		return false;
	present = PageUptodate(page);
	page_cache_release(page);
	return present;
}

static bool mincore_page(struct vm_area_struct *vma, u32 address)
{
	return is_cached(vma_mapping(vma), linear_page_index(vma, address));
}

/* 4.0, under the lock of the entry only for a moment: what it names may be gone by then. */
static bool mincore_pte(struct vm_area_struct *vma, u32 address)
{
	pte_t *ptep = pte_offset_map(vma->vm_mm, address);
	pteval_t pte = 0;

	if (ptep) {
		spinlock_t *ptl = pte_lockptr(vma->vm_mm, ptep);

		spin_lock(ptl);
		pte = ptep_get(ptep);
		spin_unlock(ptl);
	}
	if (pte_present(pte))
		return true;
	if (!pte_none(pte))
		return is_cached(&VM->swapper_space, pte_to_swp_entry(pte).val);
	return vma->vm_file && mincore_page(vma, address);
}

/* Bits from *index on; it is moved behind the last. */
static int mincore_vma(struct vm_area_struct *vma, u32 start, u32 end, u64 *vec, u32 *index)
{
	FN;
	bool looks_at_ptes = mmap_since(MMAP_4_0);

	if (!vma->vm_file && !looks_at_ptes)
		return -ENOMEM;
	for (; start < end; start += PAGE_SIZE, ++*index)
		if (looks_at_ptes ? mincore_pte(vma, start) : mincore_page(vma, start))
			vec[*index / 64] |= 1ull << *index % 64;
	return 0;
}

static int do_mincore(struct mm_struct *mm, u32 start, u32 end, u64 *vec)
{
	FN;
	struct vm_area_struct *vma = find_vma(mm, start);
	int error, unmapped_error = 0;
	u32 index = 0;

	for (; vma; start = vma->vm_end, vma = vma->vm_next) {
		if (start < vma->vm_start) {
			unmapped_error = -ENOMEM;
			start = vma->vm_start;
		}
		if (start >= end || (unmapped_error && mmap_since(MMAP_4_0)))
			return unmapped_error;
		error = mincore_vma(vma, start, vma->vm_end < end ? vma->vm_end : end, vec, &index);
		if (error || vma->vm_end >= end)
			return error ? error : unmapped_error;
	}
	return -ENOMEM;
}

/* 2.6.12: what lies outside of the process's addresses is a hole, and no misuse. */
static int check_range(u32 start, u32 len)
{
	u32 end = start + PAGE_ALIGN(len);

	if (start & ~PAGE_MASK)
		return -EINVAL;
	if (!mmap_since(MMAP_2_6_16))
		return end < start ? -EINVAL : 0;
	if (start >= TASK_SIZE)
		return -ENOMEM;
	return len && (!PAGE_ALIGN(len) || PAGE_ALIGN(len) > TASK_SIZE - start) ? -ENOMEM : 0;
}

int sys_mincore(u32 start, u32 len, u64 *vec)
{
	FN;
	int error = check_range(start, len);

	len = PAGE_ALIGN(len);
	if (error || !len)
		return error;
	down_read(&current->mm->mmap_sem);
	error = do_mincore(current->mm, start, start + len, vec);
	up_read(&current->mm->mmap_sem);
	return error;
}
