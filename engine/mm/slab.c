/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab caches: objects of one size, many to a frame.
 *
 *	kmem_cache
 *	  full    ---> slab ---> slab               all objects in use
 *	  partial ---> slab                         some in use: allocate here first
 *	  free    ---> slab                         none in use: reaping gives these back
 *
 *	slab | header | bufctl | tag object | tag object     on the host, in the region
 *	frame of ram  (PG_slab)                              what the model is charged
 *
 *	slab | header | bufctl                               the same of a cache whose objects lie
 *	frame of ram | where the slab is | object | object   where they lay in the kernel
 *
 * bufctl has a number for each object: which free one of the slab follows it, or that it is in use.
 *
 * How many objects share a frame follows from their size on the i386, where a slab's header and a
 * four-byte index for each object lie in the frame too; objects of 512 bytes and more keep theirs
 * elsewhere. The host's objects may be larger: they lie beside the frame, not in it.
 *
 * A freed object is filled with junk, and the junk is looked at before the object is used again:
 * that catches a store through a stale pointer. bufctl and the tag, by which an object finds its
 * slab, catch the other mistakes. What lies in a frame is not filled: it goes back as its
 * constructor made it, all zeros, and that is looked at instead. Of SLAB_DESTROY_BY_RCU neither is
 * true: see slab.h.
 *
 * Source: 2.5.26 mm/slab.c (kmem_cache_grow, kmem_cache_reap, sizes).
 */
#include "mm/slab_private.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <string.h>

#define L1_CACHE_BYTES 32u /* a Pentium III; caches ask for SLAB_HWCACHE_ALIGN */
#define I386_SLAB_T 24u
#define I386_BUFCTL 4u
#define OFF_SLAB_SIZE (PAGE_SIZE / 8)
#define JUNK 0x6b
#define TAG 0x5ab05e5au

/* Before each object, if that is on the host. 16 bytes: objects keep the alignment of the heap. */
struct object_tag {
	u32 magic; /* TAG */
	u32 index; /* of the object in its slab */
	u64 slab;  /* bytes back to the slab's header */
};

/* -- sizes ----------------------------------------------------------------------------------- */

/* An object fills a cache line, or shares one with others of its kind. */
static u32 aligned_size(u32 size)
{
	u32 align = L1_CACHE_BYTES;

	while (size < align / 2)
		align /= 2;
	return (size + align - 1) & ~(align - 1);
}

static u32 header_size(u32 nr)
{
	return (I386_SLAB_T + nr * I386_BUFCTL + L1_CACHE_BYTES - 1) & ~(L1_CACHE_BYTES - 1);
}

static u32 objects_per_slab(u32 i386_size)
{
	u32 size = aligned_size(i386_size), nr = PAGE_SIZE / size;

	if (i386_size < OFF_SLAB_SIZE)
		while (nr * size + header_size(nr) > PAGE_SIZE)
			nr--;
	return nr;
}

/* Of the header with its bufctl, which objects on the host follow. */
static u64 slab_header(const kmem_cache_t *cache)
{
	return (sizeof(struct slab) + cache->per_slab * sizeof(u16) + 15) & ~15ull;
}

u64 slab_bytes(const kmem_cache_t *cache)
{
	return slab_header(cache) + (cache->first ? 0 : (u64)cache->per_slab * cache->stride);
}

static void *object_at(const kmem_cache_t *cache, const struct slab *slab, u32 index)
{
	return slab->s_mem + (u64)index * cache->stride;
}

static struct object_tag *tag_of(void *object)
{
	return (struct object_tag *)object - 1;
}

kmem_cache_t *kmem_cache_create(const char *name, u32 i386_size, u32 host_size)
{
	kmem_cache_t *cache = region_alloc(current->machine->region, sizeof(*cache)), **last;
	u32 id = 0;

	if (!cache)
		return NULL;
	for (last = &VM->caches; *last; last = &(*last)->next)
		id++;
	*last = cache;
	cache->name = name;
	cache->i386_size = i386_size;
	cache->host_size = host_size;
	cache->per_slab = objects_per_slab(i386_size);
	cache->stride = (u32)sizeof(struct object_tag) + ((host_size + 15) & ~15u);
	spin_lock_init(&cache->lock, LC_SLAB_LOCK, id);
	return cache;
}

/* What the header of a slab takes from its frame is rounded up to whole objects, so that each of
 * them begins at a multiple of its size. */
kmem_cache_t *kmem_cache_create_in_frames(const char *name, u32 size)
{
	kmem_cache_t *cache = kmem_cache_create(name, size, size);
	u32 per_slab = PAGE_SIZE / size;

	if (!cache)
		return NULL;
	while (per_slab * size + header_size(per_slab) > PAGE_SIZE)
		per_slab--;
	cache->per_slab = per_slab;
	cache->first = PAGE_SIZE - per_slab * size;
	cache->stride = size;
	cache->shift = (u32)__builtin_ctz(size);
	return cache;
}

kmem_cache_t *kmem_cache_create_ctor(const char *name, u32 i386_size, u32 host_size, u32 flags,
				     void (*ctor)(void *object))
{
	kmem_cache_t *cache = kmem_cache_create(name, i386_size, host_size);

	if (cache) {
		cache->flags = flags;
		cache->ctor = ctor;
	}
	return cache;
}

/* -- growing --------------------------------------------------------------------------------- */

static void construct(const kmem_cache_t *cache, void *object)
{
	memset(object, 0, cache->host_size);
	if (cache->ctor)
		cache->ctor(object);
}

/* The bytes of a frame are zeros until somebody stores there: nothing else to construct. */
static void init_objects(const kmem_cache_t *cache, struct slab *slab)
{
	u32 i;

	for (i = 0; i < cache->per_slab; i++) {
		void *object = object_at(cache, slab, i);

		slab->bufctl[i] = (u16)(i + 1 < cache->per_slab ? i + 1 : BUFCTL_END);
		if (cache->first)
			continue;
		*tag_of(object) = (struct object_tag){
			.magic = TAG, .index = i, .slab = (u64)((char *)object - (char *)slab),
		};
		if (type_stable(cache))
			construct(cache, object);
		else
			memset(object, JUNK, cache->host_size);
	}
}

/* Where a slab has its objects; a frame begins with the way back. */
static void place_objects(const kmem_cache_t *cache, struct slab *slab)
{
	char *frame;

	slab->s_mem = (char *)slab + slab_header(cache) + sizeof(struct object_tag);
	if (!cache->first)
		return;
	frame = region_frame_make(current->machine->region, slab->pfn);
	*(struct slab **)(void *)frame = slab;
	slab->s_mem = frame + cache->first;
}

/* A new slab on the free list; false: no memory. Lock not held: taking the frame may sleep. */
static bool kmem_cache_grow(kmem_cache_t *cache, u32 gfp_mask)
{
	FN;
	struct page *page = alloc_page(gfp_mask & ~__GFP_HIGHMEM);
	struct slab *slab;

	if (!page)
		return false;
	slab = region_alloc(current->machine->region, slab_bytes(cache));
	if (!slab) {
		__free_page(page);
		return false;
	}
	SetPageSlab(page);
	slab->cache = cache;
	slab->pfn = page_to_pfn(page);
	place_objects(cache, slab);
	init_objects(cache, slab);

	spin_lock(&cache->lock);
	list_add_tail(&slab->list, &cache->free);
	cache->nr_slabs++;
	cache->grown = true;
	count(slab_pages);
	EV(SLAB_GROW, slab->pfn, cache->per_slab, cache->i386_size);
	spin_unlock(&cache->lock);
	return true;
}

/* -- objects --------------------------------------------------------------------------------- */

/* Somebody uses, or frees, what is not his any more. */
#define USE_AFTER_FREE(text) do { \
	SITE_ROW(bug_site_, EV_BUG); \
	report_break(REPORT_USE_AFTER_FREE, &bug_site_, text, NULL); \
} while (0)

/* Is a free object as it was when it was freed? */
static bool untouched(const kmem_cache_t *cache, const char *object)
{
	const u64 fill = cache->first ? 0 : 0x0101010101010101ull * JUNK;
	u32 i;

	for (i = 0; i + sizeof(fill) <= cache->host_size; i += sizeof(fill))
		if (memcmp(object + i, &fill, sizeof(fill)))
			return false;
	return true;
}

/* Where the next object comes from. */
static struct list_head *slabs_to_use(kmem_cache_t *cache)
{
	return list_empty(&cache->partial) ? &cache->free : &cache->partial;
}

/* The first free object of a slab is in use now. */
static void use_first(kmem_cache_t *cache, struct slab *slab)
{
	u32 index = slab->free;
	bool was_empty = !slab->inuse;

	slab->free = slab->bufctl[index];
	slab->bufctl[index] = BUFCTL_IN_USE;
	slab->inuse++;
	cache->nr_active++;
	if (slab->free == BUFCTL_END || was_empty) {
		list_del(&slab->list);
		list_add(&slab->list, slab->free == BUFCTL_END ? &cache->full : &cache->partial);
	}
}

/* Lock held. NULL: no slab has a free object. */
static void *take_object(kmem_cache_t *cache)
{
	struct list_head *from = slabs_to_use(cache);
	struct slab *slab;
	void *object;

	if (list_empty(from))
		return NULL;
	slab = list_entry(list_next(from), struct slab, list);
	BUG_ON(slab->free >= cache->per_slab || slab->bufctl[slab->free] == BUFCTL_IN_USE);
	object = object_at(cache, slab, slab->free);
	if (!type_stable(cache) && !untouched(cache, object))
		USE_AFTER_FREE("a slab object was written to after it was freed");
	use_first(cache, slab);
	if (!type_stable(cache) && !cache->first) /* in a frame it is as it was constructed */
		construct(cache, object);
	return object;
}

void *kmem_cache_alloc(kmem_cache_t *cache, u32 gfp_mask)
{
	FN;
	void *object;

	do {
		spin_lock(&cache->lock);
		object = take_object(cache);
		spin_unlock(&cache->lock);
	} while (!object && kmem_cache_grow(cache, gfp_mask));
	return object;
}

/* Of a cache in frames: the slab of an object, and which one it is there. NULL: it is none. */
static struct slab *slab_in_frame(const struct machine *m, const kmem_cache_t *cache,
				  const void *object, u32 *index)
{
	u64 at = (u64)((const char *)object - (const char *)machine_ram(m, 0));
	u32 pfn = (u32)(at >> PAGE_SHIFT), off = at & ~PAGE_MASK;
	struct slab *slab;

	if (at >> PAGE_SHIFT >= m->nr_frames || !PageSlab(&m->vm->mem_map[pfn]) ||
	    !region_frame_real(m->region, pfn))
		return NULL;
	slab = *(struct slab *const *)machine_ram(m, pfn);
	if (slab->cache != cache || off < cache->first || off & (cache->stride - 1))
		return NULL;
	*index = (off - cache->first) >> cache->shift;
	return slab;
}

/* The slab of what should be an object of the cache. NULL: it is none. */
static struct slab *slab_of(const struct machine *m, const kmem_cache_t *cache, void *object,
			    u32 *index)
{
	const struct object_tag *tag = tag_of(object);

	if (cache->first)
		return slab_in_frame(m, cache, object, index);
	*index = tag->index;
	return tag->magic == TAG ? (struct slab *)(void *)((char *)object - tag->slab) : NULL;
}

/* The same, after a look at whether it is one that may be freed. */
static struct slab *object_to_slab(const kmem_cache_t *cache, void *object, u32 *index)
{
	struct slab *slab = slab_of(current->machine, cache, object, index);

	if (!slab)
		BUG_TEXT("what is freed is no slab object");
	if (slab->cache != cache)
		BUG_TEXT("a slab object is freed into the wrong cache");
	if (slab->bufctl[*index] != BUFCTL_IN_USE)
		USE_AFTER_FREE("a slab object is freed twice");
	return slab;
}

/* The object is the first free one of the slab now. */
static void free_object(kmem_cache_t *cache, struct slab *slab, u32 index)
{
	slab->bufctl[index] = (u16)slab->free;
	slab->free = index;
	slab->inuse--;
	cache->nr_active--;
	if (!slab->inuse || slab->inuse + 1 == cache->per_slab) {
		list_del(&slab->list);
		list_add(&slab->list, slab->inuse ? &cache->partial : &cache->free);
	}
}

void kmem_cache_free(kmem_cache_t *cache, void *object)
{
	FN;
	u32 index;
	struct slab *slab = object_to_slab(cache, object, &index);

	spin_lock(&cache->lock);
	if (!cache->first && !type_stable(cache))
		memset(object, JUNK, cache->host_size);
	free_object(cache, slab, index);
	spin_unlock(&cache->lock);
}

/* -- for the eyes ---------------------------------------------------------------------------- */

bool slab_stats(const struct machine *m, u32 n, struct slab_stats *out)
{
	const kmem_cache_t *cache = m->vm->caches;

	while (cache && n--)
		cache = cache->next;
	if (!cache)
		return false;
	*out = (struct slab_stats){
		.name = cache->name,
		.i386_size = cache->i386_size,
		.per_slab = cache->per_slab,
		.active = cache->nr_active,
		.total = cache->nr_slabs * cache->per_slab,
		.slabs = cache->nr_slabs,
	};
	return true;
}

static bool list_owns(const kmem_cache_t *cache, const struct list_head *head, const char *p)
{
	const struct list_head *pos;

	list_for_each(pos, head) {
		const struct slab *slab = list_entry(pos, struct slab, list);
		u64 at = (u64)(p - slab->s_mem);

		if (p >= slab->s_mem && at < (u64)cache->per_slab * cache->stride)
			return at % cache->stride == 0 &&
			       slab->bufctl[at / cache->stride] == BUFCTL_IN_USE;
	}
	return false;
}

bool kmem_cache_owns(const kmem_cache_t *cache, const void *p)
{
	return list_owns(cache, &cache->full, p) || list_owns(cache, &cache->partial, p);
}

bool kmem_cache_owns_kaddr(const struct machine *m, const kmem_cache_t *cache, kaddr_t kaddr)
{
	const struct slab *slab;
	u32 index;

	if (kaddr < PAGE_OFFSET)
		return false;
	slab = slab_in_frame(m, cache, m->ram + (kaddr - PAGE_OFFSET), &index);
	return slab && slab->bufctl[index] == BUFCTL_IN_USE;
}

u32 kmem_cache_in_use(const kmem_cache_t *cache)
{
	return cache->nr_active;
}
