/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kmem_cache_alloc and kmem_cache_free do to a cache in frames, without lock and call frame,
 * for quiet code (mm/ptes_quiet.h); as long as the slab stays on its list. NULL, false: nothing was
 * done. The slab would become full, empty or partial, or something is amiss: leave it to those two.
 */
#ifndef MM_SLAB_QUIET_H
#define MM_SLAB_QUIET_H

#include "mm/slab_private.h"

/* size: of the cache's objects. */
static inline void *kmem_cache_alloc_plain(kmem_cache_t *cache, u32 size)
{
	struct slab *slab = list_entry(list_next(&cache->partial), struct slab, list);
	u64 *object, touched = 0;
	u32 i;

	if (list_empty(&cache->partial) || slab->bufctl[slab->free] == BUFCTL_END)
		return NULL;
	object = (u64 *)(void *)(slab->s_mem + (u64)slab->free * size);
	for (i = 0; i < size / sizeof(*object); i++)
		touched |= object[i];
	if (touched)
		return NULL;
	i = slab->free;
	slab->free = slab->bufctl[i];
	slab->bufctl[i] = BUFCTL_IN_USE;
	slab->inuse++;
	cache->nr_active++;
	return object;
}

/* object is one of the cache that is in use; nobody asks. */
static inline bool kmem_cache_free_plain(kmem_cache_t *cache, void *object)
{
	void *frame = (void *)((uintptr_t)object & ~(uintptr_t)(PAGE_SIZE - 1));
	struct slab *slab = *(struct slab **)frame;
	u64 index = (u64)((char *)object - slab->s_mem) >> cache->shift;

	if (slab->inuse == 1 || slab->inuse == cache->per_slab)
		return false;
	slab->bufctl[index] = (u16)slab->free;
	slab->free = (u32)index;
	slab->inuse--;
	cache->nr_active--;
	return true;
}

#endif
