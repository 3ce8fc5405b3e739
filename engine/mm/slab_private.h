/* SPDX-License-Identifier: GPL-2.0-only */
/* What slab.c, slab_reap.c and slab_quiet.h share: the drawing is in slab.c. */
#ifndef MM_SLAB_PRIVATE_H
#define MM_SLAB_PRIVATE_H

#include "mm/slab.h"
#include "mm/vm.h"

/* What bufctl says of an object, if it is not the number of the next free one. */
#define BUFCTL_END 0xffffu    /* free, and the last of them */
#define BUFCTL_IN_USE 0xfffeu

struct slab {
	struct list_head list;
	struct kmem_cache *cache;
	char *s_mem;          /* the first object */
	u32 pfn;
	u32 inuse;
	u32 free;             /* first of the free ones, or BUFCTL_END */
	struct rcu_head rcu;  /* SLAB_DESTROY_BY_RCU, once it is off the lists */
	u16 bufctl[];
} __attribute__((aligned(16)));

struct kmem_cache {
	const char *name;
	struct kmem_cache *next;
	u32 i386_size, host_size, per_slab;
	u32 stride;                           /* from one object to the next */
	u32 shift;                            /* log2 of it, in a frame */
	u32 first;                            /* of a frame's bytes: its first object; 0: on the
					       * host. The very first name the slab */
	u32 flags;                            /* SLAB_DESTROY_BY_RCU */
	void (*ctor)(void *object);           /* NULL: zeros will do */
	u32 nr_slabs, nr_active;
	bool grown;                           /* since the last reaping looked: spare it once */
	spinlock_t lock;
	struct list_head full, partial, free;
};

/* What the region is asked for when a slab is made. */
u64 slab_bytes(const kmem_cache_t *cache);

/* Must an object be as it was constructed at any time, in use or free? */
static inline bool type_stable(const kmem_cache_t *cache)
{
	return cache->flags & SLAB_DESTROY_BY_RCU;
}

#endif
