/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slab caches: objects of one size, many to a frame.
 *
 *	kmem_cache
 *	  full    ---> slab ---> slab               all objects in use
 *	  partial ---> slab                         some in use: allocate here first
 *	  free    ---> slab                         none in use: reaping gives these back
 *
 *	slab | header | tag object | tag object | ...        on the host, in the region
 *	frame of ram  (PG_slab)                              what the model is charged
 *
 *	slab | header | tag | tag | ...                      the same of a cache whose objects lie
 *	frame of ram | where the slab is | object | object   where they lay in the kernel
 *
 * How many objects share a frame follows from their size on the i386, where a slab's header and a
 * four-byte index for each object lie in the frame too; objects of 512 bytes and more keep theirs
 * elsewhere. The host's objects may be larger: they lie beside the frame, not in it.
 *
 * A freed object is filled with junk, and the junk is looked at before the object is used again:
 * that catches a store through a stale pointer. The tag of each object catches the other mistakes.
 * What lies in a frame is not filled: it goes back as its constructor made it, all zeros, and that
 * is looked at instead. Of SLAB_DESTROY_BY_RCU neither is true: see slab.h.
 *
 * Source: 2.5.26 mm/slab.c (kmem_cache_grow, kmem_cache_reap, sizes).
 */
#include "mm/slab.h"
#include "mm/pgtable.h"
#include "mm/vm.h"

#include <string.h>

#define L1_CACHE_BYTES 32u /* a Pentium III; caches ask for SLAB_HWCACHE_ALIGN */
#define I386_SLAB_T 24u
#define I386_BUFCTL 4u
#define OFF_SLAB_SIZE (PAGE_SIZE / 8)
#define REAP_SCANLEN 10
#define REAP_PERFECT 10
#define JUNK 0x6b

#define TAG_IN_USE 0x5ab05e5au
#define TAG_FREE 0x5ab0f4eeu
#define NO_OBJECT 0xffffu

/* Before each object, if that is on the host. 16 bytes: objects keep the alignment of the heap. */
struct object_tag {
	u32 state;  /* TAG_* */
	u16 index;  /* of the object in its slab */
	u16 next;   /* next free object of the slab, or NO_OBJECT */
	u64 slab;   /* bytes back to the slab's header */
};

struct slab {
	struct list_head list;
	struct kmem_cache *cache;
	u32 pfn;
	u16 inuse;
	u16 first_free;
	struct rcu_head rcu;  /* SLAB_DESTROY_BY_RCU, once it is off the lists */
} __attribute__((aligned(16)));

struct kmem_cache {
	const char *name;
	struct kmem_cache *next;
	u32 i386_size, host_size, per_slab;
	u32 stride;                           /* from one tag to the next */
	u32 first;                            /* of a frame's bytes: its first object; 0: on the
					       * host. The very first name the slab */
	u32 flags;                            /* SLAB_DESTROY_BY_RCU */
	void (*ctor)(void *object);           /* NULL: zeros will do */
	u32 nr_slabs, nr_active;
	bool grown;                           /* since the last reaping looked: spare it once */
	spinlock_t lock;
	struct list_head full, partial, free;
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

static u64 slab_bytes(const kmem_cache_t *cache)
{
	return sizeof(struct slab) + (u64)cache->per_slab * cache->stride;
}

static struct object_tag *tag_at(const kmem_cache_t *cache, const struct slab *slab, u32 index)
{
	return (struct object_tag *)((char *)(uintptr_t)(slab + 1) + (u64)index * cache->stride);
}

static void *object_at(const kmem_cache_t *cache, const struct slab *slab, struct object_tag *tag)
{
	char *frame;

	if (!cache->first)
		return tag + 1;
	frame = machine_ram(current->machine, slab->pfn);
	return frame + cache->first + tag->index * cache->host_size;
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
	cache->stride = sizeof(struct object_tag);
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

/* Must an object be as it was constructed at any time, in use or free? */
static bool type_stable(const kmem_cache_t *cache)
{
	return cache->flags & SLAB_DESTROY_BY_RCU;
}

/* The bytes of a frame are zeros until somebody stores there: nothing else to construct. */
static void init_objects(const kmem_cache_t *cache, struct slab *slab)
{
	u32 i;

	for (i = 0; i < cache->per_slab; i++) {
		struct object_tag *tag = tag_at(cache, slab, i);

		tag->state = TAG_FREE;
		tag->index = (u16)i;
		tag->next = (u16)(i + 1 < cache->per_slab ? i + 1 : NO_OBJECT);
		tag->slab = (u64)((char *)tag - (char *)slab);
		if (type_stable(cache))
			construct(cache, tag + 1);
		else if (!cache->first)
			memset(tag + 1, JUNK, cache->host_size);
	}
	if (cache->first)
		*(struct slab **)region_frame_make(current->machine->region, slab->pfn) = slab;
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
static void use_first(kmem_cache_t *cache, struct slab *slab, struct object_tag *tag)
{
	bool was_empty = !slab->inuse;

	tag->state = TAG_IN_USE;
	slab->first_free = tag->next;
	slab->inuse++;
	cache->nr_active++;
	if (slab->first_free == NO_OBJECT || was_empty) {
		list_del(&slab->list);
		list_add(&slab->list, slab->first_free == NO_OBJECT ? &cache->full :
								      &cache->partial);
	}
}

/* The tag of the object that goes next, and its slab. NULL: no slab has a free object. */
static inline struct object_tag *next_free(kmem_cache_t *cache, struct slab **slab)
{
	struct list_head *from = slabs_to_use(cache);

	if (list_empty(from))
		return NULL;
	*slab = list_entry(list_next(from), struct slab, list);
	return tag_at(cache, *slab, (*slab)->first_free);
}

/* Lock held. NULL: no slab has a free object. */
static void *take_object(kmem_cache_t *cache)
{
	struct slab *slab;
	struct object_tag *tag = next_free(cache, &slab);
	void *object;

	if (!tag)
		return NULL;
	BUG_ON(tag->state != TAG_FREE);
	object = object_at(cache, slab, tag);
	if (!type_stable(cache) && !untouched(cache, object))
		USE_AFTER_FREE("a slab object was written to after it was freed");
	use_first(cache, slab, tag);
	if (!type_stable(cache) && !cache->first) /* in a frame it is as it was constructed */
		construct(cache, object);
	return object;
}

void *kmem_cache_alloc_plain(kmem_cache_t *cache)
{
	struct slab *slab;
	struct object_tag *tag = next_free(cache, &slab);
	void *object;

	if (!tag)
		return NULL;
	object = object_at(cache, slab, tag);
	if (tag->state != TAG_FREE || !untouched(cache, object))
		return NULL;
	use_first(cache, slab, tag);
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

/* Which object of its frame is this? NULL: none. */
static struct object_tag *tag_in_frame(const struct machine *m, const kmem_cache_t *cache,
				       const void *object)
{
	u64 at = (u64)((const char *)object - (const char *)machine_ram(m, 0));
	u32 pfn = (u32)(at >> PAGE_SHIFT), off = at & ~PAGE_MASK;
	const struct slab *slab;

	if (at >> PAGE_SHIFT >= m->nr_frames || !PageSlab(&m->vm->mem_map[pfn]) ||
	    !region_frame_real(m->region, pfn))
		return NULL;
	slab = *(struct slab *const *)machine_ram(m, pfn);
	if (slab->cache != cache || off < cache->first || off & (cache->host_size - 1))
		return NULL;
	return tag_at(cache, slab, (off - cache->first) >> __builtin_ctz(cache->host_size));
}

/* The tag of an object, after a look at whether it is one. */
static struct object_tag *object_to_tag(const kmem_cache_t *cache, void *object)
{
	struct object_tag *tag = cache->first ? tag_in_frame(current->machine, cache, object) :
						(struct object_tag *)object - 1;
	struct slab *slab;

	if (!tag)
		BUG_TEXT("what is freed is no slab object");
	if (tag->state == TAG_FREE)
		USE_AFTER_FREE("a slab object is freed twice");
	if (tag->state != TAG_IN_USE)
		BUG_TEXT("what is freed is no slab object");
	slab = (struct slab *)((char *)tag - tag->slab);
	if (slab->cache != cache)
		BUG_TEXT("a slab object is freed into the wrong cache");
	return tag;
}

/* Its object is the first free one of the slab now. */
static void free_tag(kmem_cache_t *cache, struct slab *slab, struct object_tag *tag)
{
	tag->state = TAG_FREE;
	tag->next = slab->first_free;
	slab->first_free = tag->index;
	slab->inuse--;
	cache->nr_active--;
	if (!slab->inuse || slab->inuse + 1u == cache->per_slab) {
		list_del(&slab->list);
		list_add(&slab->list, slab->inuse ? &cache->partial : &cache->free);
	}
}

void kmem_cache_free(kmem_cache_t *cache, void *object)
{
	FN;
	struct object_tag *tag = object_to_tag(cache, object);
	struct slab *slab = (struct slab *)((char *)tag - tag->slab);

	spin_lock(&cache->lock);
	if (!cache->first && !type_stable(cache))
		memset(object, JUNK, cache->host_size);
	free_tag(cache, slab, tag);
	spin_unlock(&cache->lock);
}

bool kmem_cache_free_plain(kmem_cache_t *cache, void *object)
{
	struct object_tag *tag = tag_in_frame(current->machine, cache, object);

	if (!tag || tag->state != TAG_IN_USE)
		return false;
	free_tag(cache, (struct slab *)((char *)tag - tag->slab), tag);
	return true;
}

/* -- reaping --------------------------------------------------------------------------------- */

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
		u64 at = (u64)(p - (const char *)(slab + 1)) - sizeof(struct object_tag);

		if (p > (const char *)slab && at < (u64)cache->per_slab * cache->stride)
			return at % cache->stride == 0 &&
			       ((const struct object_tag *)p - 1)->state == TAG_IN_USE;
	}
	return false;
}

bool kmem_cache_owns(const kmem_cache_t *cache, const void *p)
{
	return list_owns(cache, &cache->full, p) || list_owns(cache, &cache->partial, p);
}

bool kmem_cache_owns_kaddr(const struct machine *m, const kmem_cache_t *cache, kaddr_t kaddr)
{
	const struct object_tag *tag;

	if (kaddr < PAGE_OFFSET)
		return false;
	tag = tag_in_frame(m, cache, (char *)machine_ram(m, 0) + (kaddr - PAGE_OFFSET));
	return tag && tag->state == TAG_IN_USE;
}

u32 kmem_cache_in_use(const kmem_cache_t *cache)
{
	return cache->nr_active;
}
