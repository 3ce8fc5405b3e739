/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checker's walk of files, swap cache and swap areas, and of what everybody stored: is it
 * still where the kernel would look for it?
 */
#include "check_impl.h"

#include "content.h"
#include "disk.h"
#include "kernels.h"
#include "machine.h"
#include "mm/pgtable.h"
#include "mm/shmem.h"
#include "truth.h"

/* -- a mapping: index, lists, pages ----------------------------------------------------------- */

static const char *name_of(const struct address_space *mapping)
{
	return mapping->host ? mapping->host->name : "swap cache";
}

/* Where the index of a mapping has the page. */
static u32 key_of(const struct audit *a, const struct page *page)
{
	return page_swapcache_of(a->vm, page) ? page_swap_entry_of(a->vm, page).val : page->index;
}

static void cached_page(struct audit *a, const struct address_space *mapping,
			const struct page *page)
{
	u32 pfn = audit_pfn(a, page);

	if (pfn >= a->m->nr_frames) {
		broke(a, INV_CACHE, "%s: the index leads to no page", name_of(mapping));
		return;
	}
	if (page_mapping_of(a->vm, page) != mapping ||
	    radix_tree_lookup(&mapping->page_tree, key_of(a, page)) != page)
		broke(a, INV_CACHE, "%s: page %u, index %u, does not know that it is cached here",
		      name_of(mapping), pfn, key_of(a, page));
	if (a->frames[pfn].cached)
		broke(a, INV_CACHE, "%s: page %u is cached twice", name_of(mapping), pfn);
	a->frames[pfn].cached = true;
}

/* Pages in the index; entries of what is out (4.0, shared memory) are no pages. */
static u32 walk_index(struct audit *a, const struct address_space *mapping)
{
	void *pages[64];
	u32 got, i, indices[ARRAY_SIZE(pages)], first = 0, n = 0;

	do {
		got = radix_tree_gang_lookup_index(&mapping->page_tree, pages, indices, first,
						   ARRAY_SIZE(pages));
		for (i = 0; i < got; i++) {
			if (radix_tree_exceptional_entry(pages[i]))
				continue;
			cached_page(a, mapping, pages[i]);
			n++;
		}
		if (got)
			first = indices[got - 1] + 1;
	} while (got == ARRAY_SIZE(pages) && first && n <= a->m->nr_frames);
	return n;
}

static u32 walk_list(struct audit *a, const struct address_space *mapping,
		     const struct list_head *list)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, list) {
		const struct page *page = list_entry(pos, const struct page, list);

		if (n++ > a->m->nr_frames || list_prev(list_next(pos)) != pos) {
			broke(a, INV_CACHE, "%s: a list of pages is torn", name_of(mapping));
			break;
		}
		if (page->mapping != mapping)
			broke(a, INV_CACHE, "%s: page %u is listed, but not cached here",
			      name_of(mapping), audit_pfn(a, page));
	}
	return n;
}

static void audit_mapping(struct audit *a, const struct address_space *mapping)
{
	u32 indexed = walk_index(a, mapping), listed = 0;

	if (mapping_has_no_lists(a->vm, mapping))
		listed = mapping->nrpages;

	listed += walk_list(a, mapping, &mapping->clean_pages);
	listed += walk_list(a, mapping, &mapping->dirty_pages);
	listed += walk_list(a, mapping, &mapping->locked_pages);
	listed += walk_list(a, mapping, &mapping->io_pages);
	if (indexed != mapping->nrpages || listed != mapping->nrpages)
		broke(a, INV_CACHE, "%s: %u pages in the index, %u on the lists, nrpages is %u",
		      name_of(mapping), indexed, listed, mapping->nrpages);
}

/* -- who maps a file -------------------------------------------------------------------------- */

/* false: it was freed, and what lies behind it cannot be trusted. */
static bool mapper(struct audit *a, const struct inode *inode, const struct vm_area_struct *vma)
{
	if (!kmem_cache_owns(a->vm->vm_area_cachep, vma)) {
		broke(a, INV_FILE_VMAS, "%s: a vma of its was freed", inode->name);
		return false;
	}
	if (vma->vm_file != inode)
		broke(a, INV_FILE_VMAS, "%s: vma %08x-%08x is another's", inode->name,
		      vma->vm_start, vma->vm_end);
	return true;
}

/* Where there are two lists, private vmas are on one and shared ones on the other. */
static void on_its_list(struct audit *a, const struct inode *inode, const struct list_head *list,
			bool shared)
{
	const struct list_head *pos;

	list_for_each(pos, list) {
		const struct vm_area_struct *vma = list_entry(pos, struct vm_area_struct, shared);

		if (mapper(a, inode, vma) && !(vma->vm_flags & VM_SHARED) == shared)
			broke(a, INV_FILE_VMAS, "%s: vma %08x-%08x is on the wrong list",
			      inode->name, vma->vm_start, vma->vm_end);
	}
}

/* All vmas of the file, as its kernel keeps them. */
static u32 vmas_listed(struct audit *a, const struct inode *inode)
{
	struct i_mmap_iter iter = {
		.mapping = (struct address_space *)(uintptr_t)&inode->i_data,
		.last = UINT32_MAX,
	};
	const struct i_mmap_ops *ops = a->vm->kernel->i_mmap;
	const struct vm_area_struct *vma;
	const struct list_head *pos;
	u32 n = 0;

	on_its_list(a, inode, &inode->i_data.i_mmap, false);
	on_its_list(a, inode, &inode->i_data.i_mmap_shared, true);
	for (vma = ops->first(&iter); vma && mapper(a, inode, vma); vma = ops->next(&iter))
		n++;
	list_for_each(pos, &inode->i_data.i_mmap_nonlinear) {
		vma = list_entry(pos, struct vm_area_struct, vm_set.list);
		if (!mapper(a, inode, vma))
			break;
		n++;
	}
	return n;
}

static u32 vmas_of_file(const struct audit *a, const struct inode *inode)
{
	const struct vm_area_struct *vma;
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &a->vm->mms)
		for (vma = list_entry(pos, struct mm_struct, mms)->mmap; vma; vma = vma->vm_next)
			n += vma->vm_file == inode;
	return n;
}

static void audit_inode(struct audit *a, const struct inode *inode)
{
	u32 listed = vmas_listed(a, inode);
	u32 there = vmas_of_file(a, inode);
	u32 users = listed + !inode->unlinked + inode->held;
	bool same = listed == there, counted = inode->i_count == users;

	/* munmap and exit take all their vmas off the mm first. From 2.6.15 on they then hide a vma
	 * from its file, so that its page tables can go, and drop the file at last. */
	if (a->running)
		same = listed >= there;
	if (a->running && a->vm->kernel->split_ptlock)
		counted = inode->i_count >= users;
	a->nr_in_core += inode->in_core != NULL;
	a->nr_dentries += inode->dentry != NULL;
	audit_mapping(a, &inode->i_data);
	if (!same || !counted || (audit_idle(a) && inode->held))
		broke(a, INV_FILE_VMAS, "%s: %u vmas, %u on its lists, count %u", inode->name,
		      there, listed, inode->i_count);
}

/* -- shared memory ---------------------------------------------------------------------------- */

static void shmem_frame(struct audit *a, const struct inode *inode, u32 pfn)
{
	if (pfn >= a->m->nr_frames || a->frames[pfn].role != ROLE_NONE ||
	    audit_page(a, pfn)->private != SHMEM_DIR_PAGE)
		broke(a, INV_SHMEM, "%s: frame %u is no directory of it", inode->name, pfn);
	else
		a->frames[pfn].role = ROLE_SHMEM_DIR;
}

static void shmem_frames(struct audit *a, const struct inode *inode)
{
	const struct shmem_inode_info *info = SHMEM_I(inode);
	const u32 *dir, *sub;
	u32 i, j;

	if (!info->i_indirect)
		return;
	shmem_frame(a, inode, info->i_indirect);
	dir = machine_ram(a->m, info->i_indirect);
	for (i = 0; i < SHMEM_DIR_ENTRIES; i++) {
		if (!dir[i])
			continue;
		shmem_frame(a, inode, dir[i]);
		sub = machine_ram(a->m, dir[i]);
		for (j = 0; i >= SHMEM_DIR_ENTRIES / 2 && j < SHMEM_DIR_ENTRIES; j++)
			if (sub[j])
				shmem_frame(a, inode, sub[j]);
	}
}

/* 4.0 frees all entries before it counts them off. */
static bool being_cut(const struct inode *inode)
{
	return inode->i_sem.count < 0 || !inode->i_count;
}

/* The entry of each page that is out is a user of its slot; and no page is in and out. */
static void audit_shmem(struct audit *a, const struct inode *inode)
{
	const struct shmem_inode_info *info = SHMEM_I(inode);
	u32 index, n = 0;
	swp_entry_t entry;

	a->nr_shmem++;
	shmem_frames(a, inode);
	for (index = 0; a->vm->kernel->shmem->next_entry(a->m, info, &index, &entry); index++) {
		u32 type = SWP_TYPE(entry), slot = SWP_OFFSET(entry);
		const void *item = radix_tree_lookup(&inode->i_data.page_tree, index);

		n++;
		if (item && !radix_tree_exceptional_entry(item))
			broke(a, INV_SHMEM, "%s: page %u is in memory, and has slot %#x",
			      inode->name, index, entry.val);
		if (type < a->vm->nr_swapfiles && slot && slot < a->vm->swap_info[type].max)
			a->slots[type][slot]++;
		else
			broke(a, INV_SWAP_RANGE, "%s: page %u is in slot %u:%u", inode->name, index,
			      type, slot);
	}
	if (n != info->swapped && !being_cut(inode))
		broke(a, INV_SHMEM, "%s: %u pages are in swap, not %u", inode->name, n,
		      info->swapped);
}

/* -- names ------------------------------------------------------------------------------------ */

/* How many are on a list; those that belong on the other break it. */
static u32 names_on(struct audit *a, const struct list_head *head, bool dentries)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, head) {
		const struct inode *inode = dentries ? list_entry(pos, struct inode, d_lru)
						     : list_entry(pos, struct inode, i_list);

		if (!inode->in_core || !inode->dentry == dentries)
			broke(a, INV_NAMES, "%s is on the list of unused %s", inode->name,
			      dentries ? "dentries" : "inodes");
		n++;
	}
	return n;
}

static void audit_names(struct audit *a)
{
	const struct vm_state *vm = a->vm;
	u32 dentries, inodes;

	if (!audit_idle(a))
		return;
	dentries = names_on(a, &vm->dentry_unused, true);
	inodes = names_on(a, &vm->inode_unused, false);
	if (dentries != a->nr_dentries || dentries != vm->nr_dentries)
		broke(a, INV_NAMES, "%u dentries, %u listed, nr_dentries is %u", a->nr_dentries,
		      dentries, vm->nr_dentries);
	if (inodes != a->nr_in_core - a->nr_dentries || a->nr_in_core != vm->nr_in_core)
		broke(a, INV_NAMES, "%u inodes in memory, %u unused, nr_in_core is %u",
		      a->nr_in_core, inodes, vm->nr_in_core);
}

void audit_files(struct audit *a)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &a->vm->inodes) {
		const struct inode *inode = list_entry(pos, struct inode, inodes);

		audit_inode(a, inode);
		if (inode_is_shmem(inode))
			audit_shmem(a, inode);
		n++;
	}
	if (n != a->vm->nr_inodes)
		broke(a, INV_CACHE, "%u files, nr_inodes is %u", n, a->vm->nr_inodes);
	audit_names(a);
}

/* -- swap ------------------------------------------------------------------------------------- */

/* Pages in the swap cache count as users of their slots. */
static void audit_swap_cache(struct audit *a)
{
	u32 pfn;

	for (pfn = 0; pfn < a->m->nr_frames; pfn++) {
		const struct page *page = audit_page(a, pfn);
		swp_entry_t entry = page_swap_entry_of(a->vm, page);
		u32 type = SWP_TYPE(entry), slot = SWP_OFFSET(entry);

		if (!page_swapcache_of(a->vm, page))
			continue;
		if (!a->frames[pfn].cached)
			broke(a, INV_SWAPCACHE, "page %u is not in the index", pfn);
		if (type >= a->vm->nr_swapfiles || !slot || slot >= a->vm->swap_info[type].max) {
			broke(a, INV_SWAPCACHE, "page %u has slot %u:%u", pfn, type, slot);
			continue;
		}
		if (!PageLocked(page) && !PageUptodate(page) && !PageError(page))
			broke(a, INV_SWAPCACHE, "page %u was never read, and nobody reads it", pfn);
		a->slots[type][slot]++;
	}
}

/* found: ptes and shared memory files that name the slot, and the swap cache if it has it. A full
 * short knows no more; a byte that a shared memory file has counts nobody. */
static void one_slot(struct audit *a, swp_entry_t entry, u32 found)
{
	u32 type = SWP_TYPE(entry), slot = SWP_OFFSET(entry), raw = swap_map_raw_of(a->vm, entry);
	bool cached = radix_tree_lookup(&a->vm->swapper_space.page_tree, entry.val) != NULL;
	u32 users = swap_count_of(a->vm, entry);

	if (swap_slot_bad_of(a->vm, entry) != (slot == 0) || raw > SWAP_MAP_BAD)
		broke(a, INV_SWAP_RANGE, "slot %u:%u has count %#x", type, slot, raw);
	if (!slot || raw == SWAP_MAP_MAX)
		return;
	if (raw && swap_has_cache_of(a->vm, entry) != cached && audit_idle(a))
		broke(a, INV_SWAP_MAP, "slot %u:%u is%s marked as cached", type, slot,
		      cached ? " not" : "");
	if (users + (raw && cached) != found)
		broke(a, INV_SWAP_MAP, "slot %u:%u has count %u, but %u users", type, slot,
		      users + (raw && cached), found);
}

/* Where nothing is handed out, because swapoff is at work, all slots were counted off before. */
static void one_area(struct audit *a, u32 type, s32 *free)
{
	const struct swap_info_struct *p = &a->vm->swap_info[type];
	u32 slot;

	if (!(p->flags & SWP_WRITEOK))
		*free -= (s32)p->pages;

	for (slot = 0; slot < p->max; slot++) {
		swp_entry_t entry = SWP_ENTRY(type, slot);

		one_slot(a, entry, a->slots[type][slot]);
		if (swap_map_raw_of(a->vm, entry))
			continue;
		++*free;
		if (p->flags & SWP_WRITEOK && (slot < p->lowest_bit || slot > p->highest_bit))
			broke(a, INV_SWAP_FREE, "free slot %u:%u is outside %u..%u", type, slot,
			      p->lowest_bit, p->highest_bit);
	}
}

void audit_swap(struct audit *a)
{
	u32 type;
	s32 free = 0;

	audit_mapping(a, &a->vm->swapper_space);
	audit_swap_cache(a);
	for (type = 0; type < a->vm->nr_swapfiles; type++)
		if (a->vm->swap_info[type].flags & SWP_USED && a->vm->swap_info[type].swap_map)
			one_area(a, type, &free);
	if (free != a->vm->nr_swap_pages)
		broke(a, INV_SWAP_FREE, "%d slots are free, nr_swap_pages is %d", free,
		      a->vm->nr_swap_pages);
}

/* -- content ---------------------------------------------------------------------------------- */

/* Does this page hold what its mapping says, so that it must equal its block unless it is dirty? */
static bool settled(const struct audit *a, const struct page *page)
{
	return PageUptodate(page) && !PageLocked(page) && !PageWriteback(page) &&
	       !page_busy(a, page);
}

/* Two contents, unless a disk failed and this kernel is known to lose what one of them was. */
static bool differ(const struct audit *a, u64 one, u64 other)
{
	return (one ^ other) & ~CONTENT_LOST && !((one | other) & a->m->own_losses);
}

/* A wrong pte or index may name a block that is not there. */
static u64 tag_on(const struct disk *disk, u32 block)
{
	return disk && block < disk_blocks(disk) ? disk_tag(disk, block) : 0;
}

static u64 swap_tag(const struct audit *a, swp_entry_t entry)
{
	return tag_on(a->m->disks[a->vm->swap_info[SWP_TYPE(entry)].disk], SWP_OFFSET(entry));
}

static u64 block_tag(const struct audit *a, const struct address_space *mapping, u32 index)
{
	if (!mapping->host)
		return swap_tag(a, (swp_entry_t){ .val = index });
	if (inode_is_shmem(mapping->host)) /* clean, it was never written to */
		return 0;
	return tag_on(a->m->disks[0], inode_block(mapping->host, index));
}

/* What lies beyond the end of a file is on its way out (truncation), or all of it (its last user is
 * gone). When the last who mapped a page has broken COW and its slot is in no pte either, its
 * content is nobody's: the page only waits to be reclaimed. */
static bool wanted(const struct audit *a, u32 pfn, const struct page *page)
{
	const struct inode *host = page_mapping_of(a->vm, page)->host;
	swp_entry_t entry = page_swap_entry_of(a->vm, page);

	if (host)
		return host->i_count && page->index < inode_pages(host);
	if (a->frames[pfn].ptes)
		return true;
	return a->slots[SWP_TYPE(entry)] &&
	       SWP_OFFSET(entry) <= a->vm->swap_info[SWP_TYPE(entry)].max &&
	       a->slots[SWP_TYPE(entry)][SWP_OFFSET(entry)] > 1;
}

static void audit_clean(struct audit *a)
{
	u32 pfn;

	for (pfn = 0; pfn < a->m->nr_frames; pfn++) {
		const struct page *page = audit_page(a, pfn);
		const struct address_space *mapping = page_mapping_of(a->vm, page);

		if (!a->frames[pfn].cached || !mapping || PageDirty(page) ||
		    a->frames[pfn].dirty_pte || !settled(a, page) || !wanted(a, pfn, page))
			continue;
		if (differ(a, content_tag(a->m, pfn), block_tag(a, mapping, key_of(a, page))))
			broke(a, INV_DIRTY, "page %u is clean, but %s %#x has other content", pfn,
			      name_of(mapping), key_of(a, page));
	}
}

/* What no disk has, even if it was never read: swapoff may give such a page back to its file. */
static bool is_newest(const struct page *page)
{
	return PageUptodate(page) || PageDirty(page);
}

/* The content of a page of a mapping, wherever it is. */
static u64 tag_in(const struct audit *a, const struct address_space *mapping, u32 index)
{
	const struct page *page = radix_tree_lookup(&mapping->page_tree, index);

	if (page && !radix_tree_exceptional_entry(page) && is_newest(page))
		return content_tag(a->m, audit_pfn(a, page));
	return block_tag(a, mapping, index);
}

/* Of a file, also of one in memory. */
static u64 tag_in_file(const struct audit *a, const struct inode *inode, u32 index)
{
	u32 at = index;
	swp_entry_t entry;

	if (inode_is_shmem(inode) &&
	    a->vm->kernel->shmem->next_entry(a->m, SHMEM_I(inode), &at, &entry) && at == index)
		return tag_in(a, &a->vm->swapper_space, entry.val);
	return tag_in(a, &inode->i_data, index);
}

static const struct inode *inode_of(const struct audit *a, u32 number)
{
	const struct list_head *pos;

	list_for_each(pos, &a->vm->inodes) {
		const struct inode *inode = list_entry(pos, struct inode, inodes);

		if (inode->i_ino == number)
			return inode;
	}
	return NULL;
}

/* What a process would find at an address; false: nothing was ever there. */
static bool tag_at(const struct audit *a, const struct mm_struct *mm, u32 address, u64 *tag)
{
	const pte_t *ptep = table_pte(a->m, mm_cr3(mm), address);
	pteval_t pte;

	if (!ptep)
		return false;
	pte = entry_get(a->m, ptep);
	if (pte_none(pte))
		return false;
	if (pte_present(pte) && pte_pfn(pte) >= a->m->nr_frames)
		return false;
	*tag = pte_present(pte) ? content_tag(a->m, pte_pfn(pte))
				: tag_in(a, &a->vm->swapper_space, pte_to_swp_entry(pte).val);
	return true;
}

static void stored_in_space(struct audit *a, u32 pid, u32 address, u64 tag)
{
	const struct task_struct *t = thread_by_pid(a->m, pid);
	u64 found = 0;

	if (!t || !t->mm || mm_busy(a, t->mm))
		return;
	if (!tag_at(a, t->mm, address, &found))
		broke(a, INV_CONTENT, "%s (pid %u), %08x: content %llu is nowhere", t->comm, pid,
		      address, (unsigned long long)tag);
	else if (differ(a, found, tag))
		broke(a, INV_CONTENT, "%s (pid %u), %08x: content %llu became %llu", t->comm, pid,
		      address, (unsigned long long)tag, (unsigned long long)found);
}

static void stored(void *arg, u32 space, u32 inode, u32 page, u64 tag)
{
	struct audit *a = arg;
	const struct inode *file;
	u64 found;

	if (!inode) {
		stored_in_space(a, space, page << PAGE_SHIFT, tag);
		return;
	}
	file = inode_of(a, inode);
	found = file ? tag_in_file(a, file, page) : 0;
	if (differ(a, found, tag))
		broke(a, INV_CONTENT, "file %u, page %u: content %llu became %llu", inode, page,
		      (unsigned long long)tag, (unsigned long long)found);
}

void audit_content(struct audit *a)
{
	audit_clean(a);
	if (a->m->truth)
		truth_each(a->m->truth, stored, a);
}
