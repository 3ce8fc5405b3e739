/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mincore: which pages of a file mapping could be had without waiting for the disk.
 *
 * It asks the page cache and looks at no pte: a page that nobody maps counts, and so does the page
 * of the file where a private mapping has a copy of its own. Anonymous memory has no page cache to
 * ask, and is ENOMEM, as if nothing were mapped.
 *
 * Source: 2.5.26 mm/mincore.c. The answer is a set of bits for the caller, not bytes in the memory
 * of the process: the EAGAIN of a kernel without a page for them, and EFAULT, do not occur.
 */
#include "mm/vm.h"

#include <errno.h>

static bool mincore_page(struct vm_area_struct *vma, u32 pgoff)
{
	struct page *page = find_get_page(&vma->vm_file->i_data, pgoff);
	bool present;

	if (!page)
		return false;
	present = PageUptodate(page);
	page_cache_release(page);
	return present;
}

/* Bits from *index on; it is moved behind the last. */
static int mincore_vma(struct vm_area_struct *vma, u32 start, u32 end, u64 *vec, u32 *index)
{
	FN;
	u32 pgoff = ((start - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;

	if (!vma->vm_file)
		return -ENOMEM;
	for (; start < end; start += PAGE_SIZE, pgoff++, ++*index)
		if (mincore_page(vma, pgoff))
			vec[*index / 64] |= 1ull << *index % 64;
	return 0;
}

/* Holes are passed over, and -ENOMEM says so at the end. */
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
		if (start >= end)
			return unmapped_error;
		error = mincore_vma(vma, start, vma->vm_end < end ? vma->vm_end : end, vec, &index);
		if (error || vma->vm_end >= end)
			return error ? error : unmapped_error;
	}
	return -ENOMEM;
}

int sys_mincore(u32 start, u32 len, u64 *vec)
{
	FN;
	u32 end = start + PAGE_ALIGN(len);
	int error = 0;

	if (start & ~PAGE_MASK || end < start)
		return -EINVAL;
	down_read(&current->mm->mmap_sem);
	if (end != start)
		error = do_mincore(current->mm, start, end, vec);
	up_read(&current->mm->mmap_sem);
	return error;
}
