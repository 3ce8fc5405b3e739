/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a range moves from 2.6.7 on. First there is a vma for the new place (copy_vma), then the ptes
 * move from the beginning to the end, then the old range is unmapped. The rmap is told nothing: a
 * page keeps its number, and the new vma has the vm_pgoff that makes its address of it.
 *
 *	                     page->index 50005
 *	old vma  50000000    vm_pgoff 50000        address = 50000000 + (50005 - 50000) pages
 *	new vma  60000000    vm_pgoff 50000        address = 60000000 + (50005 - 50000) pages
 *
 * Both vmas are on the page's anon_vma; the one where the pte is not is passed over.
 *
 * If there is no memory for a page table what was moved goes back, and it is the new range that is
 * unmapped. A truncation must not clear the new place first and the old one then, with a pte
 * slipping from here to there in between: the lock of the file's vmas keeps it out.
 *
 *	2.6.7, 2.6.9   one page at a time, under page_table_lock
 *	2.6.16         up to 64 pages at once, under the locks of both tables
 *	4.0            the TLB is flushed once, at the end; and the anon_vma is locked if a walk
 *	               over its vmas could pass the new one before and the old one after the move
 *
 * With anonmm a page knows its address, which must change with the move: impossible when others
 * share the page, so they part before (make_page_exclusive).
 *
 * Source: 2.6.7 (and the commit before "remove anonmm rmap"), 2.6.9, 2.6.14, 4.0 mm/mremap.c,
 * mm/mmap.c.
 */
#include "mm/mmap_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"

#include <errno.h>

#define LATENCY_LIMIT (64 * PAGE_SIZE)

/* A move under way. need_rmap_locks: 4.0. */
struct move {
	struct vm_area_struct *vma, *new_vma;
	bool need_rmap_locks;
};

/* -- the vma at the new place ---------------------------------------------------------------- */

/* Like vma, but at addr: NULL: no memory. */
static struct vm_area_struct *copy_to(struct vm_area_struct *vma, u32 addr, u32 len, u32 pgoff)
{
	struct vm_area_struct *new = vma_copy(vma);

	if (!new)
		return NULL;
	new->vm_start = addr;
	new->vm_end = addr + len;
	new->vm_pgoff = pgoff;
	if (vma_link(vma->vm_mm, new, vma)) {
		kmem_cache_free(VM->vm_area_cachep, new);
		return NULL;
	}
	if (new->vm_file)
		igrab(new->vm_file);
	EV(VMA_ADD, addr, addr + len);
	return new;
}

/*
 * The neighbour that grew may be one that never had an anonymous page: a private mapping of a file.
 * The pages that come must find it on their anon_vma. 2.6.7 to 4.0 forget that: the pages are lost
 * to rmap, and the anon_vma is freed with the old range while they still name it. 0 or -ENOMEM.
 */
static int adopt_anon_vma(struct vm_area_struct *new_vma, struct vm_area_struct *vma)
{
	int err;

	if (!vma->anon_vma || new_vma->anon_vma)
		return 0;
	if (anon_vma_clones())
		return anon_vma_import(new_vma, vma);
	anon_vma_lock(vma);
	err = anon_vma_import(new_vma, vma);
	anon_vma_unlock(vma);
	return err;
}

/* m->vma may become part of the new one. A vma without anonymous pages can still choose the numbers
 * that they will have. */
static struct vm_area_struct *copy_vma(struct move *m, u32 addr, u32 len, u32 pgoff)
{
	FN;
	struct vm_area_struct *vma = m->vma, *new_vma;
	struct mm_struct *mm = vma->vm_mm;
	u32 vma_start = vma->vm_start;
	struct vma_request r = {
		.addr = addr, .end = addr + len, .vm_flags = vma->vm_flags,
		.file = vma->vm_file, .anon_vma = vma->anon_vma, .pgoff = pgoff,
	};

	if (!vma->vm_file && !vma->anon_vma && mmap_since(MMAP_2_6_8))
		r.pgoff = addr >> PAGE_SHIFT;
	new_vma = vma_merge(mm, find_vma_before(mm, addr), &r);
	if (!new_vma)
		return copy_to(vma, addr, len, r.pgoff);
	if (vma_start >= new_vma->vm_start && vma_start < new_vma->vm_end)
		m->vma = new_vma;
	if (adopt_anon_vma(new_vma, m->vma)) {
		do_munmap(mm, addr, len);
		return NULL;
	}
	m->need_rmap_locks = new_vma->vm_pgoff <= m->vma->vm_pgoff;
	return new_vma;
}

/* -- 2.6.7 to 2.6.11 ------------------------------------------------------------------------- */

static pte_t *get_one_pte_map_nested(struct mm_struct *mm, u32 address)
{
	pte_t *pte;

	if (pgd_none_or_bad(pgd_offset(mm, address)))
		return NULL;
	pte = pte_offset_map_nested(mm, address);
	return pte_none(ptep_get(pte)) ? NULL : pte;
}

/* page_table_lock held, and dropped meanwhile. The locks are taken in their order again. */
static pte_t *alloc_one_pte_map(struct mm_struct *mm, struct address_space *mapping, u32 address)
{
	pte_t *pte;

	if (mapping)
		i_mmap_unlock(mapping);
	pte = pte_alloc_map(mm, pgd_offset(mm, address), address);
	if (mapping && !i_mmap_trylock(mapping)) {
		spin_unlock(&mm->page_table_lock);
		i_mmap_lock(mapping);
		spin_lock(&mm->page_table_lock);
	}
	return pte;
}

/* -EAGAIN: the page is shared and its rmap cannot tell the addresses apart (anonmm). */
static int can_move_one_pte(const pte_t *src, u32 new_addr)
{
	struct page *page;

	if (!pte_present(ptep_get(src)) || !pfn_valid(pte_pfn(ptep_get(src))))
		return 0;
	page = pte_page(ptep_get(src));
	return PageAnon(page) ? mremap_move_rmap(page, new_addr) : 0;
}

/* Both locks held. 0, -ENOMEM, -EAGAIN. */
static int move_pte(struct vm_area_struct *vma, struct address_space *mapping, u32 old_addr,
		    u32 new_addr)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t *src = get_one_pte_map_nested(mm, old_addr), *dst;
	pteval_t pte;
	int error;

	if (!src)
		return 0;
	dst = pte_offset_map(mm, new_addr);
	if (!dst) {
		dst = alloc_one_pte_map(mm, mapping, new_addr);
		src = get_one_pte_map_nested(mm, old_addr);
	}
	if (!src)
		return 0;
	if (!dst)
		return -ENOMEM;
	error = can_move_one_pte(src, new_addr);
	if (error)
		return error;
	pte = ptep_clear_flush(vma, old_addr, src);
	set_pte(dst, pte);
	return 0;
}

static int move_one_page(struct vm_area_struct *vma, u32 old_addr, u32 new_addr)
{
	FN;
	struct address_space *mapping = vma->vm_file ? vma_mapping(vma) : NULL;
	struct mm_struct *mm = vma->vm_mm;
	int error;

	if (mapping)
		i_mmap_lock(mapping);
	spin_lock(&mm->page_table_lock);
	error = move_pte(vma, mapping, old_addr, new_addr);
	spin_unlock(&mm->page_table_lock);
	if (mapping)
		i_mmap_unlock(mapping);
	return error;
}

/* A write fault on behalf of the process: whatever the vma says, the page becomes its own. */
int make_page_exclusive(struct vm_area_struct *vma, u32 address)
{
	FN;

	switch (handle_mm_fault(vma->vm_mm, vma, address, true)) {
	case VM_FAULT_MINOR:
	case VM_FAULT_MAJOR:
		return 0;
	case VM_FAULT_OOM:
		return -ENOMEM;
	default:
		return -EFAULT;
	}
}

/* How many bytes could be moved. */
static u32 move_pages(struct vm_area_struct *vma, u32 new_addr, u32 old_addr, u32 len)
{
	FN_AS("move_page_tables");
	u32 offset = 0;

	while (offset < len) {
		int ret = move_one_page(vma, old_addr + offset, new_addr + offset);

		if (ret == -EAGAIN)
			ret = make_page_exclusive(vma, old_addr + offset);
		else if (!ret)
			offset += PAGE_SIZE;
		if (ret)
			break;
	}
	return offset;
}

/* -- 2.6.14 to 4.0 --------------------------------------------------------------------------- */

static bool defers_flush(void)
{
	return mmap_since(MMAP_4_0);
}

static void lock_rmap(const struct move *m)
{
	struct vm_area_struct *vma = m->vma, *new_vma = m->new_vma;
	bool needed = !mmap_since(MMAP_4_0) || m->need_rmap_locks;

	if (vma->vm_file && needed) {
		i_mmap_lock(vma_mapping(vma));
		if (new_vma->vm_truncate_count &&
		    new_vma->vm_truncate_count != vma->vm_truncate_count)
			new_vma->vm_truncate_count = 0;
	}
	if (mmap_since(MMAP_4_0) && needed)
		anon_vma_lock(vma);
}

static void unlock_rmap(const struct move *m)
{
	bool needed = !mmap_since(MMAP_4_0) || m->need_rmap_locks;

	if (mmap_since(MMAP_4_0) && needed)
		anon_vma_unlock(m->vma);
	if (m->vma->vm_file && needed)
		i_mmap_unlock(vma_mapping(m->vma));
}

/* Both tables locked. What names a place in swap or a page of a file moves like what is present. */
static void move_entries(struct vm_area_struct *vma, u32 old_addr, u32 old_end, pte_t *old_pte,
			 pte_t *new_pte)
{
	u32 stride = pte_stride();
	pteval_t pte;

	for (; old_addr < old_end; old_addr += PAGE_SIZE, old_pte = pte_step(old_pte, stride),
				   new_pte = pte_step(new_pte, stride)) {
		if (pte_none(ptep_get(old_pte)))
			continue;
		pte = defers_flush() ? ptep_get_and_clear(old_pte) :
				       ptep_clear_flush(vma, old_addr, old_pte);
		set_pte(new_pte, pte);
	}
}

static void move_ptes(const struct move *m, u32 old_addr, u32 old_end, u32 new_addr)
{
	FN;
	struct mm_struct *mm = m->vma->vm_mm;
	pte_t *old_pte, *new_pte;
	spinlock_t *old_ptl, *new_ptl;

	lock_rmap(m);
	old_pte = pte_offset_map(mm, old_addr);
	new_pte = pte_offset_map_nested(mm, new_addr);
	old_ptl = pte_lockptr(mm, old_pte);
	new_ptl = pte_lockptr(mm, new_pte);
	spin_lock(old_ptl);
	if (new_ptl != old_ptl)
		spin_lock_nested(new_ptl); /* mmap_sem is held: nobody else takes two of this mm */
	move_entries(m->vma, old_addr, old_end, old_pte, new_pte);
	if (new_ptl != old_ptl)
		spin_unlock(new_ptl);
	spin_unlock(old_ptl);
	unlock_rmap(m);
}

static pte_t *alloc_new_pmd(struct mm_struct *mm, u32 address)
{
	pte_t *pte;

	spin_lock(&mm->page_table_lock);
	pte = pte_alloc_map(mm, pgd_offset(mm, address), address);
	spin_unlock(&mm->page_table_lock);
	return pte;
}

/* How much of [old_addr, old_end) lies in one table at both ends, and is not too much at once. */
static u32 extent_of(u32 old_addr, u32 old_end, u32 new_addr)
{
	u32 extent = pgd_end(old_addr, old_end) - old_addr, room;

	room = (new_addr & pmd_mask()) - pmd_mask() - new_addr;
	if (extent > room)
		extent = room;
	return extent;
}

/* How many bytes could be moved. */
static u32 move_page_tables(const struct move *m, u32 old_addr, u32 new_addr, u32 len)
{
	FN;
	struct mm_struct *mm = m->vma->vm_mm;
	u32 old_start = old_addr, old_end = old_addr + len, extent;

	for (; old_addr < old_end; old_addr += extent, new_addr += extent) {
		extent = pgd_end(old_addr, old_end) - old_addr;
		if (pgd_none_or_bad(pgd_offset(mm, old_addr)))
			continue;
		if (!alloc_new_pmd(mm, new_addr))
			break;
		extent = extent_of(old_addr, old_end, new_addr);
		if (extent > LATENCY_LIMIT)
			extent = LATENCY_LIMIT;
		move_ptes(m, old_addr, old_addr + extent, new_addr);
	}
	if (defers_flush() && old_addr > old_start)
		flush_tlb_range(m->vma, old_start, old_addr);
	return old_addr - old_start;
}

/* -- the whole ------------------------------------------------------------------------------- */

/* From vma to new_vma: how many bytes could be moved. */
static u32 move_range(const struct move *m, u32 old_addr, u32 new_addr, u32 len)
{
	if (mmap_since(MMAP_2_6_16))
		return move_page_tables(m, old_addr, new_addr, len);
	return move_pages(m->vma, new_addr, old_addr, len);
}

/* What was moved goes back; the page tables are still there. */
static void move_back(const struct move *m, u32 old_addr, u32 new_addr, u32 moved_len)
{
	struct move back = { .vma = m->new_vma, .new_vma = m->vma, .need_rmap_locks = true };

	move_range(&back, new_addr, old_addr, moved_len);
}

/* Unmap a range of vma. What was promised for it was promised for the other place now: the rest of
 * vma, in one piece or two, keeps VM_ACCOUNT. */
static void unmap_source(struct mm_struct *mm, struct vm_area_struct *vma, u32 addr, u32 len)
{
	bool account = vma->vm_flags & VM_ACCOUNT, split = false;
	u32 excess = 0;

	if (account) {
		vma->vm_flags &= ~VM_ACCOUNT;
		excess = vma->vm_end - vma->vm_start - len;
		split = addr > vma->vm_start && addr + len < vma->vm_end;
	}
	if (do_munmap(mm, addr, len) < 0)
		return; /* no memory to split vma, or nothing was moved: a second mapping */
	if (!excess)
		return;
	vma->vm_flags |= VM_ACCOUNT;
	if (split)
		vma->vm_next->vm_flags |= VM_ACCOUNT;
}

s64 move_vma_2004(struct vm_area_struct *vma, u32 addr, u32 old_len, u32 new_len, u32 new_addr)
{
	FN_AS("move_vma");
	struct move m = { .vma = vma };
	struct mm_struct *mm = vma->vm_mm;
	u32 vm_flags = vma->vm_flags, moved_len;
	s64 ret = new_addr;

	/* do_munmap may cut one vma into three. */
	if (mm->map_count >= MAX_MAP_COUNT - 3)
		return -ENOMEM;
	m.new_vma = copy_vma(&m, new_addr, new_len, linear_page_index(vma, addr));
	if (!m.new_vma)
		return -ENOMEM;
	moved_len = move_range(&m, addr, new_addr, old_len);
	if (moved_len < old_len) {
		move_back(&m, addr, new_addr, moved_len);
		m.vma = m.new_vma;
		old_len = new_len;
		addr = new_addr;
		ret = -ENOMEM;
	} else {
		EV(VMA_MOVE, addr, addr + old_len, new_addr);
	}
	unmap_source(mm, m.vma, addr, old_len);
	mm->total_vm += new_len >> PAGE_SHIFT;
	if (vm_flags & VM_LOCKED) {
		mm->locked_vm += new_len >> PAGE_SHIFT;
		if (new_len > old_len)
			make_pages_present(find_vma(mm, new_addr), new_addr + old_len,
					   new_addr + new_len);
	}
	return ret;
}
