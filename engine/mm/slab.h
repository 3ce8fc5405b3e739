/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab caches. Objects live in the region at their host size, but every slab is charged as a
 * modelled frame and holds as many objects as their i386 size allows, because that cost was the
 * argument. Source of the behaviour: 2.5.26 mm/slab.c (full, partial and free slabs; reaping).
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "mm/mmzone.h"

typedef struct kmem_cache kmem_cache_t;

/* name must be a constant; i386_size in bytes, 8 .. 4096; host_size is sizeof the object. */
kmem_cache_t *kmem_cache_create(const char *name, u32 i386_size, u32 host_size);
/*
 * A cache whose objects lie in their frames, each at a multiple of its size, a power of two of 8 to
 * 512 bytes: others may keep their kernel addresses. Its constructor fills with zeros, and so must
 * be an object that is freed.
 */
kmem_cache_t *kmem_cache_create_in_frames(const char *name, u32 size);
/*
 * A cache with a constructor (2.6.9 mm/slab.c). Without a flag an object comes from
 * kmem_cache_alloc as ctor makes it out of zeros, and is junk once it is freed.
 *
 * SLAB_DESTROY_BY_RCU: who reads under RCU may still hold on to an object when it is freed, and
 * finds an object of this cache there until rcu_read_unlock, the same or another: a free object is
 * used again at once, but the frame of a slab goes back only after a grace period. So ctor runs
 * when the slab is made and never again, an object is freed in its constructed state and comes back
 * in it, and there is no junk: such a reader must find a lock that works.
 */
#define SLAB_DESTROY_BY_RCU 0x00080000u
kmem_cache_t *kmem_cache_create_ctor(const char *name, u32 i386_size, u32 host_size, u32 flags,
				     void (*ctor)(void *object));
/* Zeroed object, or NULL when no frame can be had under gfp_mask. */
void *kmem_cache_alloc(kmem_cache_t *cache, u32 gfp_mask);
/* The object is filled with junk; freeing twice or into the wrong cache is a BUG. */
void kmem_cache_free(kmem_cache_t *cache, void *object);
/* Give the free slabs of one cache back. */
void kmem_cache_shrink(kmem_cache_t *cache);
/* Give free slabs back: frames freed. */
u32 kmem_cache_reap(u32 gfp_mask);

struct slab_stats {
	const char *name;
	u32 i386_size, per_slab, active, total, slabs; /* objects in use, objects, frames; also
							* those that wait for a grace period */
};
/* The n-th cache; false when there are no more. */
struct machine;
bool slab_stats(const struct machine *m, u32 n, struct slab_stats *out);
/* Is p an object in use of this cache? For the checker. */
bool kmem_cache_owns(const kmem_cache_t *cache, const void *p);
/* The same for a cache in frames, by kernel address; any number may be asked about. */
bool kmem_cache_owns_kaddr(const struct machine *m, const kmem_cache_t *cache, kaddr_t kaddr);
u32 kmem_cache_in_use(const kmem_cache_t *cache); /* objects */

#endif
