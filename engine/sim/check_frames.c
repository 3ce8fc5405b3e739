/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checker's look at frames: free blocks, the two lists, slabs, rmap, and whether everything
 * that was found to use a frame adds up to its count.
 */
#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "disk.h"
#include "kernels.h"
#include "machine.h"
#include "mm/pgtable.h"
#include "rmap/rmap.h"

/* -- free blocks ------------------------------------------------------------------------------ */

static void one_block(struct audit *a, const zone_t *zone, const struct page *page, u32 order)
{
	u32 pfn = audit_pfn(a, page), idx = pfn - zone->start_pfn, i;

	if (idx >= zone->size || (1u << order) > zone->size - idx || idx & ((1u << order) - 1)) {
		broke(a, INV_BUDDY, "zone %s: a block of order %u at page %u", zone->name, order,
		      pfn);
		return;
	}
	if (page->private != (PAGE_BUDDY | order))
		broke(a, INV_BUDDY, "zone %s: block %u of order %u is not marked so", zone->name,
		      pfn, order);
	for (i = 0; i < 1u << order; i++) {
		if (a->frames[pfn + i].role != ROLE_NONE)
			broke(a, INV_BUDDY, "zone %s: page %u is free twice, or free and in use",
			      zone->name, pfn + i);
		a->frames[pfn + i].role = ROLE_FREE;
	}
}

static u32 one_free_list(struct audit *a, const zone_t *zone, u32 order)
{
	const struct free_area *area = &zone->free_area[order];
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &area->free_list) {
		if (n++ > zone->size || list_prev(list_next(pos)) != pos) {
			broke(a, INV_BUDDY, "zone %s: the list of order %u is torn", zone->name,
			      order);
			break;
		}
		one_block(a, zone, list_entry(pos, const struct page, lru), order);
	}
	if (n != area->nr_free)
		broke(a, INV_BUDDY, "zone %s: %u blocks of order %u, nr_free is %u", zone->name, n,
		      order, area->nr_free);
	return n << order;
}

/* Free pages that a cpu keeps: marked so, on one list, and as many as it says. */
static void one_pcp_list(struct audit *a, const zone_t *zone, const struct per_cpu_pages *pcp)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &pcp->list) {
		const struct page *page = list_entry(pos, const struct page, lru);
		u32 pfn = audit_pfn(a, page);

		if (n++ > zone->size)
			break;
		if (!page_is_pcp(page) || pfn - zone->start_pfn >= zone->size ||
		    a->frames[pfn].role != ROLE_NONE)
			broke(a, INV_BUDDY, "zone %s: page %u is on the list of a cpu, and in use, "
			      "or not of this zone", zone->name, pfn);
		a->frames[pfn].role = ROLE_FREE;
	}
	if (n != pcp->count)
		broke(a, INV_BUDDY, "zone %s: %u pages on the list of a cpu, count is %u",
		      zone->name, n, pcp->count);
}

static void audit_pcp(struct audit *a, const zone_t *zone)
{
	u32 cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		one_pcp_list(a, zone, &zone->pageset[cpu].pcp[0]);
		one_pcp_list(a, zone, &zone->pageset[cpu].pcp[1]);
	}
}

static void audit_zone(struct audit *a, const zone_t *zone)
{
	u32 order, free = 0;

	for (order = 0; order < MAX_ORDER; order++)
		free += one_free_list(a, zone, order);
	audit_pcp(a, zone);
	if (free != zone->free_pages)
		broke(a, INV_BUDDY, "zone %s: %u pages in free blocks, free_pages is %u",
		      zone->name, free, zone->free_pages);
}

/* A page that its task keeps while it reclaims is neither free nor in use. */
static void audit_local(struct audit *a)
{
	const struct list_head *pos, *page;

	list_for_each(pos, &a->m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		list_for_each(page, &t->local_pages)
			a->frames[audit_pfn(a, list_entry(page, const struct page, lru))].role =
				ROLE_LOCAL;
	}
}

/* A block is split and merged in several steps under the zone lock: then the lists are nobody's
 * business. What is free is known all the same. */
void audit_zones(struct audit *a)
{
	bool moving = somebody_in(a, "rmqueue") || somebody_in(a, "__free_pages_ok") ||
		      somebody_in(a, "buffered_rmqueue") || somebody_in(a, "free_hot_cold_page");
	u32 i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		if (a->vm->zones[i].size)
			audit_zone(a, &a->vm->zones[i]);
	if (moving)
		memset(&a->findings[INV_BUDDY], 0, sizeof(a->findings[INV_BUDDY]));
	audit_local(a);
}

/* -- active and inactive ---------------------------------------------------------------------- */

static void one_lru_list(struct audit *a, const struct list_head *head, bool active, u32 counter)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, head) {
		const struct page *page = list_entry(pos, const struct page, lru);
		u32 pfn = audit_pfn(a, page);

		if (pfn >= a->m->nr_frames || n++ > a->m->nr_frames ||
		    list_prev(list_next(pos)) != pos) {
			broke(a, INV_LRU, "the %s list is torn", active ? "active" : "inactive");
			break;
		}
		if (!PageLRU(page) || PageActive(page) != active || a->frames[pfn].listed)
			broke(a, INV_LRU, "page %u, flags %08x, is on the %s list", pfn,
			      page->flags, active ? "active" : "inactive");
		a->frames[pfn].listed = true;
	}
	if (n != counter)
		broke(a, INV_LRU, "%u pages on the %s list, its counter is %u", n,
		      active ? "active" : "inactive", counter);
}

/* A page that waits in a pagevec is on no list yet, and has one more user. */
static void audit_pagevecs(struct audit *a, const struct lru_ops *lru)
{
	const struct page *waiting[2 * MAX_CPUS * PAGEVEC_MAX];
	u32 i, n = lru->queued(a->vm, waiting, ARRAY_SIZE(waiting));

	for (i = 0; i < n; i++)
		a->frames[audit_pfn(a, waiting[i])].queued++;
}

void audit_lru(struct audit *a)
{
	const struct lru_ops *lru = a->vm->kernel->lru;
	const struct list_head *head;
	u32 i, n;

	for (i = 0; (head = lru->list(a->vm, true, i, &n)); i++)
		one_lru_list(a, head, true, n);
	for (i = 0; (head = lru->list(a->vm, false, i, &n)); i++)
		one_lru_list(a, head, false, n);
	audit_pagevecs(a, lru);
}

/* -- slabs ------------------------------------------------------------------------------------ */

static void objects_are(struct audit *a, const struct slab_stats *s, const char *name, u32 there)
{
	if (audit_idle(a) && !strcmp(s->name, name) && s->active != there)
		broke(a, INV_SLAB, "%s: %u objects in use, but there are %u", name, s->active,
		      there);
}

void audit_slabs(struct audit *a)
{
	struct slab_stats s;
	u32 n, pfn, slabs = 0, frames = 0;

	for (n = 0; slab_stats(a->m, n, &s); n++) {
		slabs += s.slabs;
		if (s.active > s.total || s.total != s.slabs * s.per_slab)
			broke(a, INV_SLAB, "%s: %u of %u objects in %u slabs of %u", s.name,
			      s.active, s.total, s.slabs, s.per_slab);
		objects_are(a, &s, "vm_area_struct", a->nr_vmas);
		objects_are(a, &s, "mm_struct", a->nr_mms);
		objects_are(a, &s, "ext2_inode_cache", a->nr_in_core);
		objects_are(a, &s, "dentry_cache", a->nr_dentries);
		objects_are(a, &s, "shmem_inode_cache", a->nr_shmem);
	}
	for (pfn = 0; pfn < a->m->nr_frames; pfn++)
		frames += PageSlab(audit_page(a, pfn));
	if (slabs != frames || slabs != a->m->counters.slab_pages)
		broke(a, INV_SLAB, "%u slabs, %u frames, counted %llu", slabs, frames,
		      (unsigned long long)a->m->counters.slab_pages);
}

#define FEW 16 /* mappings of a page for which arrays on the stack will do */

/* -- rmap ------------------------------------------------------------------------------------- */

/* Is the page table that holds this pte one that nobody is changing? Tables that were not reached
 * belong to an mm that is being taken down. */
static bool steady(const struct audit *a, const pte_t *ptep)
{
	u64 pfn = (u64)((const char *)ptep - (const char *)machine_ram(a->m, 0)) >> PAGE_SHIFT;

	if (!a->running)
		return true;
	return a->frames[pfn].role == ROLE_TABLE && !a->frames[pfn].busy;
}

static int by_address(const void *x, const void *y)
{
	const pte_t *a = *(const pte_t *const *)x, *b = *(const pte_t *const *)y;

	return (a > b) - (a < b);
}

static void sort(const pte_t **ptes, u32 n)
{
	u32 i, j;

	if (n > FEW) {
		qsort(ptes, n, sizeof(*ptes), by_address);
		return;
	}
	for (i = 1; i < n; i++) {
		const pte_t *p = ptes[i];

		for (j = i; j > 0 && ptes[j - 1] > p; j--)
			ptes[j] = ptes[j - 1];
		ptes[j] = p;
	}
}

/* The steady ptes that rmap finds, or those of the walk; sorted. Returns how many. */
static u32 keep_steady(const struct audit *a, const pte_t **ptes, u32 n)
{
	u32 i, kept = 0;

	for (i = 0; i < n; i++)
		if (steady(a, ptes[i]))
			ptes[kept++] = ptes[i];
	sort(ptes, kept);
	return kept;
}

/* The first pte that one side has and the other has not. */
static const pte_t *difference(const pte_t **x, u32 nx, const pte_t **y, u32 ny)
{
	u32 i;

	for (i = 0; i < nx && i < ny; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? x[i] : y[i];
	return nx > ny ? x[i] : ny > nx ? y[i] : NULL;
}

static void name_difference(struct audit *a, u32 pfn, u32 rmap, u32 walk, const pte_t *ptep)
{
	u64 off = (u64)((const char *)ptep - (const char *)machine_ram(a->m, 0));
	const struct page *table = audit_page(a, (u32)(off >> PAGE_SHIFT));
	u32 address = table->index + (u32)(off & ~PAGE_MASK) * ptrs_per_pte(a->m);

	broke(a, INV_RMAP, "page %u: rmap finds %u mappings, a walk finds %u; not the same at %08x "
	      "(page table %u)", pfn, rmap, walk, address, (u32)(off >> PAGE_SHIFT));
}

/* Both sides of the comparison, in arrays for as many as both have. */
struct sides {
	struct mapping *found;
	const pte_t **rmap, **walk;
};

static bool among(const pte_t *const *ptes, u32 n, const pte_t *ptep)
{
	u32 i;

	for (i = 0; i < n && ptes[i] != ptep; i++)
		;
	return i < n;
}

/* A mapping that this kernel says it cannot find; see kernel->missed. */
static bool known_miss(const struct audit *a, const struct page *page, const pte_t *ptep)
{
	u64 off = (u64)((const char *)ptep - (const char *)machine_ram(a->m, 0));
	const struct page *table = audit_page(a, (u32)(off >> PAGE_SHIFT));
	const struct rmap_ops *ops = rmap_of(a->vm);
	struct mapping one = {
		.pid = ((const struct mm_struct *)(const void *)table->mapping)->pid,
		.address = table->index + (u32)(off & ~PAGE_MASK) * ptrs_per_pte(a->m),
		.ptep = (pte_t *)(uintptr_t)ptep,
	};

	return ops->misses && ops->misses(a->m, page, &one);
}

/* What the walk found, without what this kernel's rmap may miss and has missed. */
static u32 drop_misses(const struct audit *a, u32 pfn, struct sides *s, u32 nr_rmap, u32 nr_walk)
{
	u32 i, kept = 0;

	for (i = 0; i < nr_walk; i++)
		if (among(s->rmap, nr_rmap, s->walk[i]) ||
		    !known_miss(a, audit_page(a, pfn), s->walk[i]))
			s->walk[kept++] = s->walk[i];
	return kept;
}

static void compare_page(struct audit *a, u32 pfn, struct sides *s, u32 n)
{
	const struct tally *f = &a->frames[pfn];
	const pte_t *odd;
	u32 i, nr_rmap, nr_walk;

	for (i = 0; i < n; i++)
		s->rmap[i] = s->found[i].ptep;
	for (i = 0; i < f->ptes; i++)
		s->walk[i] = a->ptes[f->first + i].ptep;
	nr_rmap = keep_steady(a, s->rmap, n);
	nr_walk = keep_steady(a, s->walk, f->ptes);
	nr_walk = drop_misses(a, pfn, s, nr_rmap, nr_walk);
	odd = difference(s->rmap, nr_rmap, s->walk, nr_walk);
	if (odd)
		name_difference(a, pfn, nr_rmap, nr_walk, odd);
}

/* Nearly always a page has one mapping, and both sides agree. */
static bool same_at_a_glance(const struct audit *a, u32 pfn, const struct mapping *found, u32 n)
{
	const struct tally *f = &a->frames[pfn];

	return n == f->ptes && (n == 0 || (n == 1 && found[0].ptep == a->ptes[f->first].ptep));
}

static void compare_few(struct audit *a, const struct rmap_ops *ops, u32 pfn, u32 n)
{
	const pte_t *rmap[FEW], *walk[FEW];
	struct mapping found[FEW];

	ops->walk(a->m, audit_page(a, pfn), found, n);
	compare_page(a, pfn, &(struct sides){ found, rmap, walk }, n);
}

static void compare_many(struct audit *a, const struct rmap_ops *ops, u32 pfn, u32 n)
{
	struct sides s = {
		malloc(n * sizeof(*s.found) + 1),
		malloc(n * sizeof(*s.rmap) + 1),
		malloc(a->frames[pfn].ptes * sizeof(*s.walk) + 1),
	};

	if (s.found && s.rmap && s.walk) {
		ops->walk(a->m, audit_page(a, pfn), s.found, n);
		compare_page(a, pfn, &s, n);
	} else {
		a->no_memory = true;
	}
	free(s.walk);
	free(s.rmap);
	free(s.found);
}

/* From 2.6.7 on a page only counts its mappings, those too that no walk finds: all of them. */
static void compare_count(struct audit *a, const struct rmap_ops *ops, u32 pfn)
{
	const struct page *page = audit_page(a, pfn);
	u32 counted = ops->mapcount(a->m, page);

	if (a->vm->kernel->anon_mark >= ANON_FLAG && !a->running && !PageReserved(page) &&
	    counted != a->frames[pfn].ptes)
		broke(a, INV_RMAP, "page %u: mapcount is %u, a walk finds %u", pfn, counted,
		      a->frames[pfn].ptes);
}

/* How many mappings the page's rmap has. */
static u32 rmap_of_page(struct audit *a, const struct rmap_ops *ops, u32 pfn)
{
	const struct page *page = audit_page(a, pfn);
	struct mapping one[1];
	struct rmap_flaw flaw;
	u32 n;

	if (!ops->check(a->m, page, &flaw))
		broke(a, INV_CHAIN_SHAPE, "page %u: %s (%x, %x)", pfn, flaw.text, flaw.a, flaw.b);
	n = ops->walk(a->m, page, one, 1);
	compare_count(a, ops, pfn);
	if (page_busy(a, page) || same_at_a_glance(a, pfn, one, n))
		return n;
	if (n <= FEW && a->frames[pfn].ptes <= FEW)
		compare_few(a, ops, pfn, n);
	else
		compare_many(a, ops, pfn, n);
	return n;
}

/* Pieces that may be in nobody's place: a thread may sleep with one in its hands (a chain node got
 * ready, the anonmm of an address space that exec makes). Up to 2.6.5 mremap has no vma yet where
 * it moves ptes to: as many as it moves can be found by no walk over vmas. */
static u32 in_flight(const struct audit *a)
{
	return asleep_or_awake_in(a, "do_mremap") ? a->m->nr_frames : a->inside;
}

void audit_rmap(struct audit *a)
{
	const struct rmap_ops *ops = rmap_of(a->vm);
	struct rmap_flaw flaw;
	u32 pfn, mappings = 0;

	if (ops->blind)
		return; /* it says nothing that could be wrong */
	for (pfn = 0; pfn < a->m->nr_frames; pfn++)
		mappings += rmap_of_page(a, ops, pfn);
	if (!ops->check_all(a->m, mappings, in_flight(a), &flaw))
		broke(a, INV_RMAP_ALL, "%s (%u, %u)", flaw.text, flaw.a, flaw.b);
}

/* -- every frame ------------------------------------------------------------------------------ */

static bool is_chain_page(const struct audit *a, u32 pfn)
{
	return !a->frames[pfn].cached && region_frame_real(a->m->region, pfn) &&
	       audit_page(a, pfn)->private == PTE_CHAIN_PAGE && !content_words(a->m, pfn);
}

static void find_role(const struct audit *a, u32 pfn)
{
	struct tally *f = &a->frames[pfn];
	const struct page *page = audit_page(a, pfn);

	if (f->role != ROLE_NONE || f->cached)
		return;
	if (PageSlab(page))
		f->role = ROLE_SLAB;
	else if (is_chain_page(a, pfn))
		f->role = ROLE_CHAIN;
	else if (page->private == SWAP_MAP_PAGE && page_count(page) > 0)
		f->role = ROLE_SWAP_MAP;
}

/* 2.6.16 counts the mappings of the zero page as it counts those of a file. */
static bool tracked_by_rmap(const struct audit *a, const struct page *page)
{
	if (a->vm->kernel->zero_page_counted && audit_pfn(a, page) == a->vm->zero_pfn)
		return false;
	return rmap_of(a->vm)->mapcount(a->m, page) != 0;
}

static void reserved_frame(struct audit *a, u32 pfn, const struct page *page)
{
	if (PageLRU(page) || page->mapping || tracked_by_rmap(a, page) ||
	    a->frames[pfn].cached || a->frames[pfn].listed)
		broke(a, INV_RESERVED, "reserved page %u is tracked", pfn);
}

static void free_frame(struct audit *a, u32 pfn, const struct page *page)
{
	const struct tally *f = &a->frames[pfn];

	if (page_count(page) || page->mapping || rmap_of(a->vm)->mapcount(a->m, page) ||
	    f->ptes || f->listed || f->cached || (f->queued && audit_idle(a)) || PageLRU(page) ||
	    PageLocked(page) || PageWriteback(page) || PageSlab(page))
		broke(a, INV_FREE, "free page %u: count %d, flags %08x, %u ptes%s", pfn,
		      page_count(page), page->flags, f->ptes, f->cached ? ", cached" : "");
}

/* Users of a frame: one for what the kernel made of it, or its mappings and its cache. */
static void used_frame(struct audit *a, u32 pfn, const struct page *page)
{
	const struct tally *f = &a->frames[pfn];
	s32 kernel = f->role != ROLE_NONE, users = kernel + (s32)f->ptes + f->cached + f->queued;
	/* release_pages drops the references of a pagevec before the pagevec is empty. */
	s32 least = users - (a->running ? f->queued : 0);

	if (kernel && (f->ptes || f->cached || f->listed))
		broke(a, INV_FREE, "page %u of the kernel is mapped, cached or listed", pfn);
	if (page_count(page) > 0 && !users && audit_idle(a))
		broke(a, INV_LEAK, "page %u has count %d, and nobody uses it", pfn,
		      page_count(page));
	else if (page_count(page) < least && !page_busy(a, page))
		broke(a, INV_COUNT, "page %u has count %d, but %d users", pfn, page_count(page),
		      users);
	else if (page_count(page) > users && audit_idle(a))
		broke(a, INV_COUNT, "page %u has count %d, but %d users", pfn, page_count(page),
		      users);
}

/* The slot of a page in the swap cache is its own, or somebody else may still come for it. */
static bool shares_slot(const struct audit *a, const struct page *page)
{
	swp_entry_t entry = page_swap_entry_of(a->vm, page);

	return page_swapcache_of(a->vm, page) && swap_count_of(a->vm, entry) != 0;
}

static void exclusive_frame(struct audit *a, u32 pfn, const struct page *page)
{
	const struct address_space *mapping = page_mapping_of(a->vm, page);

	if (a->frames[pfn].ptes != 1)
		broke(a, INV_COW, "page %u may be written to by one of %u mappings", pfn,
		      a->frames[pfn].ptes);
	else if (mapping && mapping->host)
		broke(a, INV_COW, "page %u of %s may be written to privately", pfn,
		      mapping->host->name);
	else if (!page_busy(a, page) && shares_slot(a, page))
		broke(a, INV_COW, "page %u may be written to, but its slot %#x is shared", pfn,
		      page_swap_entry_of(a->vm, page).val);
}

static void one_frame(struct audit *a, u32 pfn, u32 *in_transfer)
{
	const struct page *page = audit_page(a, pfn);
	const struct tally *f = &a->frames[pfn];

	find_role(a, pfn);
	if (page_count(page) < 0)
		broke(a, INV_COUNT_SIGN, "page %u has count %d", pfn, page_count(page));
	*in_transfer += PageLocked(page) || PageWriteback(page);
	if (PageReserved(page)) {
		reserved_frame(a, pfn, page);
		return;
	}
	if (PageLRU(page) != f->listed)
		broke(a, INV_LRU, "page %u, flags %08x, is on %s list", pfn, page->flags,
		      f->listed ? "a" : "no");
	if (f->role == ROLE_FREE)
		free_frame(a, pfn, page);
	else if (f->role != ROLE_LOCAL)
		used_frame(a, pfn, page);
	if (page_count(page) == 0 && f->role == ROLE_NONE && audit_idle(a))
		broke(a, INV_LEAK, "page %u has no user and is not free", pfn);
	if (f->exclusive)
		exclusive_frame(a, pfn, page);
}

void audit_frames(struct audit *a)
{
	u32 pfn, in_transfer = 0;

	for (pfn = 0; pfn < a->m->nr_frames; pfn++)
		one_frame(a, pfn, &in_transfer);
	if (audit_idle(a) && in_transfer != disk_pending(a->m))
		broke(a, INV_IO, "%u pages are locked or being written, %u requests are pending",
		      in_transfer, disk_pending(a->m));
}
