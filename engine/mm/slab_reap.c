/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that slab caches give back: the free slabs of one cache, or half of those of the cache
 * that has most of them, when memory is short.
 *
 * Source: 2.5.26 mm/slab.c (kmem_cache_reap, kmem_cache_shrink); 2.6.9 for SLAB_DESTROY_BY_RCU.
 */
#include "mm/slab_private.h"
#include "mm/pgtable.h"

#define REAP_SCANLEN 10
#define REAP_PERFECT 10

static u32 free_slabs(const kmem_cache_t *cache)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &cache->free)
		n++;
	return n;
}

/* How many frames could be had here; a cache that grew since the last look is left in peace. */
static u32 reapable(kmem_cache_t *cache)
{
	u32 n = 0;

	spin_lock(&cache->lock);
	if (!cache->grown)
		n = free_slabs(cache);
	cache->grown = false;
	spin_unlock(&cache->lock);
	return n;
}

static kmem_cache_t *next_cache(const kmem_cache_t *cache)
{
	return cache->next ? cache->next : VM->caches;
}

/* The cache with most to give, of the next ten in turn. */
static kmem_cache_t *best_cache(u32 *best_len)
{
	kmem_cache_t *cache = VM->clock_searchp ? VM->clock_searchp : VM->caches;
	kmem_cache_t *start = cache, *best = NULL;
	u32 scan = REAP_SCANLEN;

	*best_len = 0;
	do {
		u32 n = reapable(cache);

		if (n > *best_len) {
			*best_len = n;
			best = cache;
		}
		cache = next_cache(cache);
	} while (*best_len < REAP_PERFECT && --scan && cache != start);
	VM->clock_searchp = cache;
	return best;
}

static void kmem_freepages(kmem_cache_t *cache, struct slab *slab)
{
	struct page *page = pfn_to_page(slab->pfn);

	spin_lock(&cache->lock);
	cache->nr_slabs--;
	spin_unlock(&cache->lock);
	EV(SLAB_REAP, slab->pfn);
	region_free(current->machine->region, slab, slab_bytes(cache));
	ClearPageSlab(page);
	count_n(slab_pages, -1);
	__free_page(page);
}

/* A grace period has passed: nobody can be looking at an object of this slab any more. */
static void kmem_rcu_free(struct rcu_head *head)
{
	FN;
	struct slab *slab = container_of(head, struct slab, rcu);

	kmem_freepages(slab->cache, slab);
}

/* What of a slab was taken off the lists; nobody allocates from it again. */
static void slab_destroy(kmem_cache_t *cache, struct slab *slab)
{
	if (type_stable(cache))
		call_rcu(&slab->rcu, kmem_rcu_free);
	else
		kmem_freepages(cache, slab);
}

static struct slab *detach_free_slab(kmem_cache_t *cache)
{
	struct slab *slab = NULL;

	spin_lock(&cache->lock);
	if (!list_empty(&cache->free)) {
		slab = list_entry(list_prev(&cache->free), struct slab, list);
		list_del(&slab->list);
	}
	spin_unlock(&cache->lock);
	return slab;
}

/* Half of the free slabs of one cache. gfp_mask says whether the kernel might have waited for the
 * list of caches; that never changes here. */
void kmem_cache_shrink(kmem_cache_t *cache)
{
	FN;
	struct slab *slab;

	while ((slab = detach_free_slab(cache)))
		slab_destroy(cache, slab);
}

u32 kmem_cache_reap(u32 gfp_mask)
{
	FN;
	kmem_cache_t *cache;
	u32 wanted, freed;

	(void)gfp_mask;
	cache = best_cache(&wanted);
	if (!cache)
		return 0;
	wanted = (wanted + 1) / 2;
	for (freed = 0; freed < wanted; freed++) {
		struct slab *slab = detach_free_slab(cache);

		if (!slab)
			break;
		slab_destroy(cache, slab);
	}
	return freed;
}
