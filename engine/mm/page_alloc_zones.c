/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot: which frame is in which zone, which are never handed out, and how many must stay free.
 *
 *	pfn 0     1                  4,096 (16 MiB)             229,376 (896 MiB)
 *	| BIOS | zero page | DMA ... | mem_map | Normal ...      | HighMem ...
 *
 * A small machine has the DMA zone alone; mem_map then begins at frame 0. It is allocated as
 * bootmem did: above the DMA zone if it fits there, to save what old devices need.
 *
 * Source: 2.5.26 mm/page_alloc.c free_area_init_core, mm/bootmem.c.
 */
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/content.h"

#include <errno.h>

#define DMA_END (16u << 20 >> PAGE_SHIFT)
#define HIGHMEM_START (896u << 20 >> PAGE_SHIFT)

/* Watermark rules: min is a 128th of the zone, at least 20 and at most 255 pages. */
#define ZONE_BALANCE_RATIO 128u
#define ZONE_BALANCE_MIN 20u
#define ZONE_BALANCE_MAX 255u
#define SCALED_BELOW (4u << 20 >> PAGE_SHIFT)
#define SCALED_MIN 2u

static u32 clamp(u32 value, u32 low, u32 high)
{
	return value < low ? low : value > high ? high : value;
}

/* Below 4 MiB twenty pages would be too much of the machine: the lower clamp shrinks with it. */
static void zone_watermarks(zone_t *zone, u32 nr_frames)
{
	u32 least = ZONE_BALANCE_MIN;

	zone->scaled = nr_frames < SCALED_BELOW;
	if (zone->scaled)
		least = clamp(ZONE_BALANCE_MIN * nr_frames / SCALED_BELOW, SCALED_MIN,
			      ZONE_BALANCE_MIN);
	zone->pages_min = clamp(zone->size / ZONE_BALANCE_RATIO, least, ZONE_BALANCE_MAX);
	zone->pages_low = zone->pages_min * 2;
	zone->pages_high = zone->pages_min * 3;
}

void setup_watermarks_2002(void)
{
	u32 i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		if (VM->zones[i].size)
			zone_watermarks(&VM->zones[i], VM->max_mapnr);
}

static void zone_init(u32 index, const char *name, u32 start, u32 end)
{
	zone_t *zone = &VM->zones[index];
	struct page *page = pfn_to_page(start);
	u32 pfn, unmapped = rmap_of(VM)->unmapped;

	*zone = (zone_t){ .index = index, .name = name, .start_pfn = start, .size = end - start };
	spin_lock_init(&zone->lock, LC_ZONE_LOCK, index);
	spin_lock_init(&zone->lru_lock, LC_PAGEMAP_LRU_LOCK, index);
	if (!zone->size || (!index && !unmapped))
		return; /* fresh memory says all that already */
	for (pfn = start; pfn < end; pfn++, page++) {
		page->flags = index << ZONE_SHIFT;
		page->pte_chain = unmapped;
	}
}

/* The boundaries: where the i386 has them, unless the configuration moves them. */
static void zones_init(const struct machine_config *config)
{
	u32 frames = VM->max_mapnr;
	u32 dma = config->dma_end ? (u32)(config->dma_end >> PAGE_SHIFT) : DMA_END;
	u32 high = config->highmem_start ? (u32)(config->highmem_start >> PAGE_SHIFT) :
					   HIGHMEM_START;

	dma = clamp(dma, 0, frames);
	high = clamp(high, dma, frames);
	zone_init(ZONE_DMA, "DMA", 0, dma);
	zone_init(ZONE_NORMAL, "Normal", dma, high);
	zone_init(ZONE_HIGHMEM, "HighMem", high, frames);
}

static void reserve(u32 pfn, u32 nr)
{
	for (; nr--; pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (PageReserved(page))
			continue;
		page->flags |= 1u << PG_reserved;
		atomic_set(&page->count, 1);
		page_zone(page)->reserved_pages++;
		VM->nr_reserved++;
	}
}

/* With PAE and highpte pte.direct of 2.6.0 and 2.6.5 is eight bytes. */
static u32 page_struct_size(const struct machine *m)
{
	const struct kernel *kernel = m->config.kernel;
	bool wide = m->pae && m->highpte && kernel->nonlinear && kernel->anon_mark < ANON_FLAG;

	return kernel->page_struct_size + (wide ? 4 : 0);
}

/* Frames for mem_map, the zero page, and frame 0, which belongs to the BIOS or to mem_map. */
static int reserve_boot_frames(u32 page_struct_size)
{
	const zone_t *normal = &VM->zones[ZONE_NORMAL], *dma = &VM->zones[ZONE_DMA];
	u32 nr = (u32)(((u64)VM->max_mapnr * page_struct_size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	u32 first = normal->size > nr ? normal->start_pfn : 0;

	if (!first && nr + 1 >= dma->size)
		return -ENOMEM;
	reserve(first, nr);
	reserve(0, 1);
	VM->zero_pfn = first ? 1 : nr;
	reserve(VM->zero_pfn, 1);
	content_clear(current->machine, VM->zero_pfn);
	return 0;
}

/* The largest block that may begin at frame idx of the zone and ends before frame end. */
static u32 order_at(u32 idx, u32 end)
{
	u32 order = MAX_ORDER - 1;

	while (idx & ((1u << order) - 1) || idx + (1u << order) > end)
		order--;
	return order;
}

static bool is_reserved(const zone_t *zone, u32 idx)
{
	return PageReserved(pfn_to_page(zone->start_pfn + idx));
}

/*
 * Everything not reserved becomes free, at once in the largest blocks that fit: what freeing one
 * page after the other would have come to. Reserved frames lie at the start of a zone.
 */
static void zone_free_all(zone_t *zone)
{
	u32 idx = 0;

	while (idx < zone->size && is_reserved(zone, idx))
		idx++;
	while (idx < zone->size) {
		u32 order = order_at(idx, zone->size);
		struct page *page = pfn_to_page(zone->start_pfn + idx);

		page->private = PAGE_BUDDY | order;
		list_add(&page->lru, &zone->free_area[order].free_list);
		zone->free_area[order].nr_free++;
		zone->free_pages += 1u << order;
		idx += 1u << order;
	}
}

int free_area_init(void)
{
	struct machine *m = current->machine;
	u32 i;

	VM->max_mapnr = m->nr_frames;
	VM->mem_map = region_alloc(m->region, (u64)m->nr_frames * sizeof(struct page));
	if (!VM->mem_map)
		return -ENOMEM;
	m->mem_map = VM->mem_map;
	zones_init(&m->config);
	if (reserve_boot_frames(page_struct_size(m)))
		return -ENOMEM;
	for (i = 0; i < MAX_NR_ZONES; i++)
		zone_free_all(&VM->zones[i]);
	VM->kernel->vmscan->setup_watermarks();
	return tlb_init() ? 0 : -ENOMEM;
}
