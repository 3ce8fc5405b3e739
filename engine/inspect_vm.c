/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's global state as plain values: zones, lists, swap, files, slabs, chains. */
#include "inspect_impl.h"
#include <stdio.h>
#include <string.h>
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/shmem.h"
#include "mm/vm.h"

static const struct page *lru_page(const struct list_head *pos)
{
	return list_entry(pos, const struct page, lru);
}

static u32 pfn_of(const struct machine *m, const struct page *page)
{
	return (u32)(page - m->vm->mem_map);
}

static void view_zone(const zone_t *zone, struct zone_view *out)
{
	u32 order;

	*out = (struct zone_view){
		.name = zone->name,
		.start_pfn = zone->start_pfn,
		.size = zone->size,
		.free = zone->free_pages + zone_pcp_pages(zone),
		.pcp = zone_pcp_pages(zone),
		.min = zone->pages_min,
		.low = zone->pages_low,
		.high = zone->pages_high,
		.need_balance = zone->need_balance,
		.scaled = zone->scaled,
		.nr_active = zone->nr_active,
		.nr_inactive = zone->nr_inactive,
		.due_active = zone->nr_scan_active,
		.due_inactive = zone->nr_scan_inactive,
		.pages_scanned = zone->pages_scanned,
		.prev_priority = zone->prev_priority,
		.all_unreclaimable = zone->all_unreclaimable,
	};
	memcpy(out->reserve, zone->lowmem_reserve, sizeof(out->reserve));
	for (order = 0; order < MAX_ORDER; order++)
		out->free_blocks[order] = zone->free_area[order].nr_free;
}

u32 inspect_zones(const struct machine *m, struct zone_view *out, u32 max)
{
	u32 i, n = 0;

	for (i = 0; m->vm && i < MAX_NR_ZONES; i++) {
		if (!m->vm->zones[i].size)
			continue;
		if (n < max)
			view_zone(&m->vm->zones[i], &out[n]);
		n++;
	}
	return n;
}

void inspect_lru(const struct machine *m, struct lru_view *out)
{
	const struct lru_ops *lru = m->vm->kernel->lru;
	u32 i, n;

	*out = (struct lru_view){
		.per_zone = m->vm->kernel->vmscan->version,
		.nr_mapped = m->vm->nr_mapped,
		.total_memory = m->vm->total_memory,
		.swappiness = m->vm->vm_swappiness,
	};
	for (i = 0; lru->list(m->vm, true, i, &n); i++)
		out->nr_active += n;
	for (i = 0; lru->list(m->vm, false, i, &n); i++)
		out->nr_inactive += n;
}

u32 inspect_lru_list(const struct machine *m, bool active, u32 *pfns, u32 max)
{
	const struct list_head *head, *pos;
	u32 i, count, n = 0;

	for (i = 0; (head = m->vm->kernel->lru->list(m->vm, active, i, &count)); i++) {
		list_for_each(pos, head) {
			if (n < max)
				pfns[n] = pfn_of(m, lru_page(pos));
			if (n++ > m->nr_frames)
				return n; /* a broken list must not hang who looks at it */
		}
	}
	return n;
}

static u32 slots_used(const struct machine *m, u32 type)
{
	u32 slot, n = 0;

	for (slot = 1; slot < m->vm->swap_info[type].max; slot++) {
		swp_entry_t entry = SWP_ENTRY(type, slot);

		n += swap_map_raw_of(m->vm, entry) && !swap_slot_bad_of(m->vm, entry);
	}
	return n;
}

static struct swapoff_view swapoff_of(const struct machine *m, u32 type)
{
	const struct swapoff_progress *p = &m->vm->swapoff_progress[type];

	return (struct swapoff_view){
		.pid = p->pid, .mm = p->mm, .begun = p->begun, .pass = p->pass,
		.slot = p->slot, .address = p->address,
	};
}

u32 inspect_swap(const struct machine *m, struct swap_view *out, u32 max)
{
	u32 type, n = 0;

	for (type = 0; m->vm && type < m->vm->nr_swapfiles; type++) {
		const struct swap_info_struct *p = &m->vm->swap_info[type];

		if (!(p->flags & SWP_USED) || !p->swap_map)
			continue;
		if (n < max)
			out[n] = (struct swap_view){
				.type = type,
				.max = p->max,
				.pages = p->pages,
				.used = slots_used(m, type),
				.disk = p->disk,
				.slot_bytes = p->slot_bytes,
				.continued_pages = p->continued_pages,
				.lowest = p->lowest_bit,
				.highest = p->highest_bit,
				.cluster_next = p->cluster_next,
				.cluster_nr = p->cluster_nr,
				.prio = p->prio,
				.swapoff = swapoff_of(m, type),
			};
		n++;
	}
	return n;
}

u32 inspect_swap_map(const struct machine *m, u32 type, u32 slot, struct slot_view *out, u32 n)
{
	u32 i;

	if (!m->vm || type >= m->vm->nr_swapfiles || !m->vm->swap_info[type].swap_map)
		return 0;
	for (i = 0; i < n && slot + i < m->vm->swap_info[type].max; i++) {
		swp_entry_t entry = SWP_ENTRY(type, slot + i);
		u32 raw = swap_map_raw_of(m->vm, entry);

		out[i] = (struct slot_view){
			.raw = raw,
			.users = swap_count_of(m->vm, entry),
			.cached = swap_has_cache_of(m->vm, entry),
			.bad = swap_slot_bad_of(m->vm, entry),
			.shmem = swap_is_shmem_of(m->vm, entry),
			.continued = m->vm->swap_info[type].slot_bytes == 1 && raw & 0x80 &&
				     !swap_is_shmem_of(m->vm, entry),
			.for_ever = m->vm->swap_info[type].slot_bytes == 2 && raw == SWAP_MAP_MAX,
		};
	}
	return i;
}

static bool keeps_entry(const struct machine *m, const struct inode *inode, swp_entry_t entry,
			u32 *index)
{
	const struct shmem_ops *ops = m->vm->kernel->shmem;
	swp_entry_t found;

	if (!inode_is_shmem(inode))
		return false;
	for (*index = 0; ops->next_entry(m, SHMEM_I(inode), index, &found); ++*index)
		if (found.val == entry.val)
			return true;
	return false;
}

u32 inspect_slot_file(const struct machine *m, u32 type, u32 slot, u32 *index)
{
	swp_entry_t entry = SWP_ENTRY(type, slot);
	struct list_head *pos;

	if (!m->vm || !entry.val)
		return 0;
	list_for_each(pos, &m->vm->inodes) {
		struct inode *inode = list_entry(pos, struct inode, inodes);

		if (keeps_entry(m, inode, entry, index))
			return inode->i_ino;
	}
	return 0;
}

/* The lists of a mapping are approximate, the bit is not. */
static u32 dirty_on(const struct list_head *list)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, list)
		n += PageDirty(list_entry(pos, const struct page, list));
	return n;
}

/* Where pages are in no list (shared memory, from 2.6.6 on) the tree has them. */
static u32 dirty_in_tree(const struct address_space *mapping)
{
	u32 index = 0, dirty = 0;
	void *item;

	while (radix_tree_gang_lookup_index(&mapping->page_tree, &item, &index, index, 1)) {
		dirty += !radix_tree_exceptional_entry(item) && PageDirty((struct page *)item);
		if (index++ == UINT32_MAX)
			break;
	}
	return dirty;
}

static u32 dirty_pages(const struct vm_state *vm, const struct address_space *mapping)
{
	if (mapping_has_no_lists(vm, mapping))
		return dirty_in_tree(mapping);
	return dirty_on(&mapping->clean_pages) + dirty_on(&mapping->dirty_pages) +
	       dirty_on(&mapping->locked_pages) + dirty_on(&mapping->io_pages);
}

static void view_file(const struct vm_state *vm, const struct inode *inode,
		      struct file_view *out)
{
	*out = (struct file_view){
		.inode = inode->i_ino,
		.pages = inode->i_data.nrpages,
		.first_block = inode->first_block,
		.size = inode->i_size,
		.dirty = dirty_pages(vm, &inode->i_data),
	};
	snprintf(out->name, sizeof(out->name), "%s", inode->name);
	out->shmem = inode_is_shmem(inode);
	out->unlinked = inode->unlinked;
	if (out->shmem)
		out->swapped = SHMEM_I(inode)->swapped;
}

u32 inspect_files(const struct machine *m, struct file_view *out, u32 max)
{
	struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &m->vm->inodes) {
		if (n < max)
			view_file(m->vm, list_entry(pos, struct inode, inodes), &out[n]);
		n++;
	}
	return n;
}

u32 inspect_slabs(const struct machine *m, struct slab_view *out, u32 max)
{
	struct slab_stats s;
	u32 n;

	for (n = 0; m->vm && slab_stats(m, n, &s); n++)
		if (n < max)
			out[n] = (struct slab_view){
				.name = s.name,
				.i386_size = s.i386_size,
				.per_slab = s.per_slab,
				.active = s.active,
				.total = s.total,
				.slabs = s.slabs,
			};
	return n;
}

void inspect_chains(const struct machine *m, u32 *free, u32 *total, u32 *pages)
{
	*free = m->vm->pte_chain_freelist.free;
	*total = m->vm->pte_chain_freelist.total;
	*pages = (u32)m->counters.chain_pages;
}
