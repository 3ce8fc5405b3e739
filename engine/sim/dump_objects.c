/* SPDX-License-Identifier: GPL-2.0-only */
/* The dump of the kernel's objects: zones, frames, lists, address spaces, files, swap, slabs. */
#include "dump_impl.h"

#include <stdlib.h>

#include "content.h"
#include "kernels.h"
#include "machine.h"
#include "mm/pgtable.h"
#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/anon_vma_chain.h"
#include "rmap/rmap.h"

static u32 pfn_of(const struct dump *d, const struct page *page)
{
	return (u32)(page - d->m->vm->mem_map);
}

/* -- zones and lists -------------------------------------------------------------------------- */

static void dump_free_list(struct dump *d, const zone_t *zone, u32 order)
{
	const struct list_head *pos;

	if (list_empty(&zone->free_area[order].free_list))
		return;
	put(d, "  free %u:", order);
	list_for_each(pos, &zone->free_area[order].free_list)
		put(d, " %u", pfn_of(d, list_entry(pos, const struct page, lru)));
	put(d, "\n");
}

static void dump_pcp(struct dump *d, const zone_t *zone)
{
	const struct list_head *pos;
	u32 i;

	for (i = 0; i < 2 * MAX_CPUS; i++) {
		const struct per_cpu_pages *pcp = &zone->pageset[i / 2].pcp[i % 2];

		if (!pcp->count)
			continue;
		put(d, "  cpu %u %s:", i / 2, i % 2 ? "cold" : "hot");
		list_for_each(pos, &pcp->list)
			put(d, " %u", pfn_of(d, list_entry(pos, const struct page, lru)));
		put(d, "\n");
	}
}

static void dump_zones(struct dump *d)
{
	u32 i, order;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		const zone_t *zone = &d->m->vm->zones[i];

		if (!zone->size)
			continue;
		put(d, "zone %s start %u size %u free %u min %u low %u high %u%s\n", zone->name,
		    zone->start_pfn, zone->size, zone->free_pages, zone->pages_min,
		    zone->pages_low, zone->pages_high, zone->need_balance ? " unbalanced" : "");
		put(d, "  scan %u %u scanned %u priority %d %d%s\n", zone->nr_scan_active,
		    zone->nr_scan_inactive, zone->pages_scanned, zone->temp_priority,
		    zone->prev_priority, zone->all_unreclaimable ? " unreclaimable" : "");
		for (order = 0; order < MAX_ORDER; order++)
			dump_free_list(d, zone, order);
		dump_pcp(d, zone);
	}
}

static void dump_lru_list(struct dump *d, const char *name, const struct list_head *head, u32 n)
{
	const struct list_head *pos;

	put(d, "%s %u:", name, n);
	list_for_each(pos, head)
		put(d, " %u", pfn_of(d, list_entry(pos, const struct page, lru)));
	put(d, "\n");
}

static void dump_lru(struct dump *d)
{
	const struct vm_state *vm = d->m->vm;
	const struct lru_ops *lru = vm->kernel->lru;
	const struct page *waiting[2 * MAX_CPUS * PAGEVEC_MAX];
	const struct list_head *head;
	u32 i, n;

	for (i = 0; (head = lru->list(vm, true, i, &n)); i++)
		dump_lru_list(d, "active", head, n);
	for (i = 0; (head = lru->list(vm, false, i, &n)); i++)
		dump_lru_list(d, "inactive", head, n);
	n = lru->queued(vm, waiting, ARRAY_SIZE(waiting));
	put(d, "in pagevecs %u:", n);
	for (i = 0; i < n; i++)
		put(d, " %u", pfn_of(d, waiting[i]));
	put(d, "\n");
}

/* -- frames ----------------------------------------------------------------------------------- */

/* Where in the heap an object is: the same in every run. The lowest bit may be a mark. */
static u32 heap_place(const struct dump *d, const void *p)
{
	return p ? (u32)((const char *)p - (const char *)d->m->region) : 0;
}

static void dump_owner(struct dump *d, const struct page *page)
{
	const struct vm_state *vm = d->m->vm;

	swp_entry_t entry = page_swap_entry_of(vm, page);

	if (page_swapcache_of(vm, page))
		put(d, " slot %u:%u", SWP_TYPE(entry), SWP_OFFSET(entry));
	if (!page->mapping || page->mapping == &vm->swapper_space)
		return;
	if (page->private == PTE_TABLE_PAGE)
		put(d, " table of %u at %08x",
		    ((const struct mm_struct *)(const void *)page->mapping)->pid, page->index);
	else if (!page_mapping_of(vm, page) || page_swapcache_of(vm, page))
		put(d, " anon %x index %x", heap_place(d, page->mapping), page->index);
	else
		put(d, " file %u page %u", page->mapping->host->i_ino, page->index);
}

static void dump_rmap(struct dump *d, const struct page *page)
{
	const struct rmap_ops *ops = rmap_of(d->m->vm);
	u32 i, n = ops->walk(d->m, page, NULL, 0);
	struct mapping *found = n ? malloc(n * sizeof(*found)) : NULL;

	if (!n)
		return;
	if (!found) {
		d->no_memory = true;
		return;
	}
	n = ops->walk(d->m, page, found, n);
	put(d, " rmap");
	for (i = 0; i < n; i++)
		put(d, " %u:%08x@%x", found[i].pid, found[i].address, found[i].node);
	free(found);
}

static void dump_words(struct dump *d, u32 pfn)
{
	const u32 *words = content_words(d->m, pfn);
	u32 i;

	for (i = 0; words && i < PAGE_SIZE / sizeof(*words); i++)
		if (words[i])
			put(d, "  word %03x %08x\n", 4 * i, words[i]);
}

static void dump_frame(struct dump *d, u32 pfn, const struct page *page)
{
	put(d, "page %u flags %08x count %d tag %llu", pfn, page->flags, page_count(page),
	    (unsigned long long)content_tag(d->m, pfn));
	if (!page->mapping && page->private)
		put(d, " private %x", page->private);
	if (d->m->vm->kernel->anon_mark)
		put(d, " pte %x", page->pte_chain);
	dump_owner(d, page);
	dump_rmap(d, page);
	put(d, "\n");
	dump_words(d, pfn);
}

static void dump_frames(struct dump *d)
{
	u32 pfn;

	for (pfn = 0; pfn < d->m->nr_frames; pfn++) {
		const struct page *page = &d->m->vm->mem_map[pfn];

		if (page_count(page) && !PageReserved(page))
			dump_frame(d, pfn, page);
	}
	put(d, "zero page %u, %u frames reserved\n", d->m->vm->zero_pfn, d->m->vm->nr_reserved);
}

/* -- address spaces --------------------------------------------------------------------------- */

/* The links of a vma of 4.0 to anon_vmas, the newest first. */
static void dump_links(struct dump *d, const struct vm_area_struct *vma)
{
	const struct list_head *pos;

	list_for_each(pos, &vma->anon_vma_chain) {
		const struct anon_vma *anon_vma = avc_of_vma(pos)->anon_vma;

		put(d, "    link %x parent %x root %x degree %u refs %d sem %d\n",
		    heap_place(d, anon_vma), heap_place(d, anon_vma->parent),
		    heap_place(d, anon_vma->root), anon_vma->degree,
		    atomic_read(&anon_vma->refcount), anon_vma->root->rwsem.count);
	}
}

static void dump_vmas(struct dump *d, const struct mm_struct *mm)
{
	const struct vm_area_struct *vma;

	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		put(d, "  vma %u %08x-%08x flags %#x prot %#x file %u page %u anon_vma %x "
		    "cursor %x truncate %u%s\n", vma->id, vma->vm_start, vma->vm_end, vma->vm_flags,
		    vma->vm_page_prot, vma->vm_file ? vma->vm_file->i_ino : 0, vma->vm_pgoff,
		    heap_place(d, vma->anon_vma), vma->vm_private_data, vma->vm_truncate_count,
		    vma == mm->mmap_cache ? " cached" : "");
		if (rmap_of(d->m->vm)->anon_vma_clones)
			dump_links(d, vma);
	}
}

static void dump_table(struct dump *d, u32 base, const pte_t *table)
{
	u32 i;

	for (i = 0; i < ptrs_per_pte(d->m); i++) {
		pteval_t pte = entry_get(d->m, entry_at(d->m, table, i));

		if (!pte_none(pte))
			put(d, "    pte %08x %08llx\n", base + (i << PAGE_SHIFT), pte);
	}
}

/* PAE: where the pgd is in its frame, and the frames of the pmds. */
static void dump_pmds(struct dump *d, const struct mm_struct *mm)
{
	u32 nr;

	put(d, "  pgd at %u.%03x pmds", mm->pgd_pfn, mm->pgd_at);
	for (nr = 0; nr < nr_directories(d->m); nr++) {
		const char *pmd = directory_at(d->m, mm_cr3(mm), nr);

		if (pmd)
			put(d, " %u", (u32)((pmd - d->m->ram) >> PAGE_SHIFT));
	}
	put(d, "\n");
}

static void dump_tables(struct dump *d, const struct mm_struct *mm)
{
	struct table_iter it;

	if (d->m->pae)
		dump_pmds(d, mm);
	table_foreach(&it, d->m, mm_cr3(mm)) {
		const pte_t *table = table_of(d->m, it.pde);

		if (!table)
			continue;
		put(d, "  pde %08x %08llx\n", it.base, it.pde);
		dump_table(d, it.base, table);
	}
}

static void dump_mms(struct dump *d)
{
	const struct list_head *pos;

	list_for_each(pos, &d->m->vm->mms) {
		const struct mm_struct *mm = list_entry(pos, struct mm_struct, mms);

		put(d, "mm %u pgd %u users %d rss %u total %u locked %u tables %u maps %u brk "
		    "%08x-%08x cpus %x lock %u sem %d\n", mm->pid, mm->pgd_pfn,
		    atomic_read(&mm->mm_users), mm_rss(mm), mm->total_vm, mm->locked_vm,
		    mm->nr_ptes, mm->map_count, mm->start_brk, mm->brk, mm->cpu_vm_mask,
		    mm->page_table_lock.owner, mm->mmap_sem.count);
		if (d->m->vm->kernel->vmscan->virtual_scan)
			put(d, "  swap_address %08x%s\n", mm->swap_address,
			    d->m->vm->swap_mm == mm ? " hand" : "");
		dump_vmas(d, mm);
		if (mm->pgd_pfn < d->m->nr_frames)
			dump_tables(d, mm);
	}
}

/* -- files and swap --------------------------------------------------------------------------- */

static void dump_page_list(struct dump *d, const char *name, const struct list_head *head)
{
	const struct list_head *pos;

	if (list_empty(head))
		return;
	put(d, "  %s:", name);
	list_for_each(pos, head)
		put(d, " %u", pfn_of(d, list_entry(pos, const struct page, list)));
	put(d, "\n");
}

static void dump_mapping(struct dump *d, const struct address_space *mapping)
{
	dump_page_list(d, "clean", &mapping->clean_pages);
	dump_page_list(d, "dirty", &mapping->dirty_pages);
	dump_page_list(d, "locked", &mapping->locked_pages);
	dump_page_list(d, "io", &mapping->io_pages);
}

/* The vmas of a file in the order a walk meets them, nonlinear ones behind. */
static void dump_mappers(struct dump *d, const struct address_space *mapping)
{
	const struct i_mmap_ops *ops = d->m->vm->kernel->i_mmap;
	struct i_mmap_iter iter = {
		.mapping = (struct address_space *)(uintptr_t)mapping, .last = UINT32_MAX,
	};
	const struct vm_area_struct *vma;
	const struct list_head *pos;

	put(d, "  %s, truncations %u:", ops->name, mapping->truncate_count);
	for (vma = ops->first(&iter); vma; vma = ops->next(&iter))
		put(d, " %u", vma->id);
	list_for_each(pos, &mapping->i_mmap_nonlinear)
		put(d, " n%u", list_entry(pos, const struct vm_area_struct, vm_set.list)->id);
	put(d, "\n");
}

/* Which page of shared memory is in which slot. */
static void dump_shmem(struct dump *d, const struct inode *inode)
{
	const struct shmem_inode_info *info = SHMEM_I(inode);
	swp_entry_t entry;
	u32 index;

	put(d, "  shmem alloced %u swapped %u next %u flags %x indirect %u%s:", info->alloced,
	    info->swapped, info->next_index, info->flags, info->i_indirect,
	    inode->unlinked ? " unlinked" : "");
	for (index = 0; d->m->vm->kernel->shmem->next_entry(d->m, info, &index, &entry); index++)
		put(d, " %u=%x", index, entry.val);
	put(d, "\n");
}

/* Who goes first is at the tails. */
static void dump_dcache(struct dump *d)
{
	const struct vm_state *vm = d->m->vm;
	const struct list_head *pos;

	list_for_each(pos, &vm->dentry_unused)
		put(d, "dentry %u\n", list_entry(pos, struct inode, d_lru)->i_ino);
	list_for_each(pos, &vm->inode_unused)
		put(d, "inode %u unused\n", list_entry(pos, struct inode, i_list)->i_ino);
	if (vm->shrinker_nr[0] || vm->shrinker_nr[1])
		put(d, "shrinkers %u %u\n", vm->shrinker_nr[0], vm->shrinker_nr[1]);
}

static void dump_files(struct dump *d)
{
	const struct list_head *pos;

	list_for_each(pos, &d->m->vm->inodes) {
		const struct inode *inode = list_entry(pos, struct inode, inodes);

		put(d, "file %u %s size %llu count %u block %u pages %u%s%s%s\n", inode->i_ino,
		    inode->name, (unsigned long long)inode->i_size, inode->i_count,
		    inode->first_block, inode->i_data.nrpages, inode->in_core ? " inode" : "",
		    inode->dentry ? " dentry" : "", inode->d_referenced ? " used" : "");
		dump_mapping(d, &inode->i_data);
		if (inode_is_shmem(inode))
			dump_shmem(d, inode);
		dump_mappers(d, &inode->i_data);
	}
	put(d, "swap cache pages %u\n", d->m->vm->swapper_space.nrpages);
	if (!d->m->vm->kernel->swapcache_flag)
		dump_mapping(d, &d->m->vm->swapper_space);
	dump_dcache(d);
}

/* The count as it is stored, and all of it where it is continued. */
static void dump_slots(struct dump *d, u32 type, u32 max)
{
	const struct vm_state *vm = d->m->vm;
	u32 slot;

	for (slot = 0; slot < max; slot++) {
		swp_entry_t entry = SWP_ENTRY(type, slot);
		u32 raw = swap_map_raw_of(vm, entry);

		if (raw)
			put(d, " %u=%u", slot, raw);
		if (raw && vm->swap_info[type].continued_pages)
			put(d, "(%u)", swap_count_of(vm, entry));
	}
	put(d, "\n");
}

/* 4.0: whose turn it is among those with free slots, and what reading ahead goes by. */
static void dump_avail(struct dump *d)
{
	const struct vm_state *vm = d->m->vm;
	const struct list_head *pos;

	if (list_empty(&vm->swap_avail_head))
		return;
	put(d, "  available");
	list_for_each(pos, &vm->swap_avail_head)
		put(d, " %u", (u32)(list_entry(pos, struct swap_info_struct, avail_list) -
				    vm->swap_info));
	put(d, " hits %u from %u last %u\n", vm->swapin.hits, vm->swapin.prev_offset,
	    vm->swapin.last_pages);
}

static void dump_swap(struct dump *d)
{
	const struct vm_state *vm = d->m->vm;
	u32 i;

	put(d, "swap free %d of %d, next %d\n", vm->nr_swap_pages, vm->total_swap_pages,
	    vm->swap_list_next);
	for (i = 0; i < vm->nr_swapfiles; i++) {
		const struct swap_info_struct *p = &vm->swap_info[i];

		put(d, "  area %u prio %d max %u bits %u..%u cluster %u,%u:", i, p->prio, p->max,
		    p->lowest_bit, p->highest_bit, p->cluster_next, p->cluster_nr);
		dump_slots(d, i, p->max);
	}
	dump_avail(d);
}

/* -- memory the kernel keeps for itself ------------------------------------------------------- */

static void dump_slabs(struct dump *d)
{
	struct slab_stats s;
	u32 n;

	for (n = 0; slab_stats(d->m, n, &s); n++)
		put(d, "slab %s active %u of %u in %u\n", s.name, s.active, s.total, s.slabs);
	put(d, "radix pool %u of %u\n", d->m->vm->radix_pool.nr, d->m->vm->radix_pool.min);
}

/* The order of the freelist decides which node the next mapping gets. Nodes that lie one behind
 * the other make one entry. */
static void dump_freelist(struct dump *d)
{
	const struct vm_state *vm = d->m->vm;
	kaddr_t at = vm->pte_chain_freelist.head;
	u32 n = 0;

	put(d, "pte_chain nodes %u of %u free:", vm->pte_chain_freelist.free,
	    vm->pte_chain_freelist.total);
	while (at && n < vm->pte_chain_freelist.total) {
		kaddr_t first = at, last;

		do {
			last = at;
			at = *(const kaddr_t *)((const char *)machine_ram(d->m, 0) +
						(at - PAGE_OFFSET));
			n++;
		} while (at == last - 8);
		put(d, " %x-%x", first, last);
	}
	put(d, "\n");
}

void dump_kernel(struct dump *d)
{
	const struct vm_state *vm = d->m->vm;

	dump_zones(d);
	dump_lru(d);
	dump_frames(d);
	dump_mms(d);
	dump_files(d);
	dump_swap(d);
	dump_slabs(d);
	dump_freelist(d);
	put(d, "mapped %u mmlist %u token %u at %llu until %llu\n", vm->nr_mapped, vm->mmlist_nr,
	    vm->swap_token.mm ? vm->swap_token.mm->pid : 0,
	    (unsigned long long)vm->swap_token.check, (unsigned long long)vm->swap_token.timeout);
	if (d->m->rcu.completed || d->m->rcu.queued)
		put(d, "rcu completed %u queued %u waiting %x\n", d->m->rcu.completed,
		    d->m->rcu.queued, d->m->rcu.waiting);
	put(d, "oom %llu %llu %llu count %u writes %u bdflush %u\n",
	    (unsigned long long)vm->oom.first, (unsigned long long)vm->oom.last,
	    (unsigned long long)vm->oom.lastkill, vm->oom.count, vm->oom.writes_done,
	    vm->bdflush_wanted);
	if (vm->fail_page_alloc.times)
		put(d, "fail_page_alloc who %u every %u times %u seen %u\n",
		    vm->fail_page_alloc.who, vm->fail_page_alloc.interval,
		    vm->fail_page_alloc.times, vm->fail_page_alloc.seen);
}
