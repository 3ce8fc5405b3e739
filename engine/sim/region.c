/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap of a region is a bump allocator with free lists, one per size class:
 *
 *	| struct region | real[] | block | block | free | block |          | frames ...
 *	0                                                       brk   high
 *	                                                        |-----|
 *	                                 written once, before a restore: not zero
 *
 * Blocks are taken from the free list of their class or cut off at brk, and never split or
 * joined, so the same calls give the same offsets on any host. Zeroing is the only thing that
 * could touch a large block, and a block cut off beyond high is zero already: the memory maps of
 * a 4 GiB machine cost nothing until somebody looks at them.
 *
 * A frame that is not materialised always reads as zeros: dropping one clears it, making one only
 * sets its bit.
 */
#include "region.h"

#include <string.h>
#include <sys/mman.h>

#define JUNK 0x6b
#define SMALL 128u      /* classes up to here are 16 bytes apart */
#define SMALL_CLASSES 8
#define LARGEST (4ull << 30)

/* Four classes to each doubling beyond SMALL: at most a fifth of a block is unused. */
static u32 class_of(u64 bytes)
{
	u64 last = bytes ? bytes - 1 : 0;
	u32 doubling;

	if (last < SMALL)
		return (u32)last / 16;
	doubling = 63u - (u32)__builtin_clzll(last) - 7;
	return SMALL_CLASSES + 4 * doubling + (u32)(last >> (doubling + 5) & 3);
}

static u64 class_size(u32 class)
{
	u32 doubling, step;

	if (class < SMALL_CLASSES)
		return (class + 1) * 16u;
	doubling = (class - SMALL_CLASSES) / 4;
	step = (class - SMALL_CLASSES) % 4 + 1;
	return ((u64)SMALL << doubling) + ((u64)step * 32 << doubling);
}

static u64 bitmap_bytes(u32 nr_frames)
{
	return ((u64)nr_frames + 63) / 64 * 8;
}

static u64 header_bytes(u32 nr_frames)
{
	return (sizeof(struct region) + bitmap_bytes(nr_frames) + 15) & ~15ull;
}

static void region_begin(struct region *r, u64 size, u64 frames_at, u32 nr_frames)
{
	*r = (struct region){
		.size = size,
		.brk = header_bytes(nr_frames),
		.heap_limit = frames_at,
		.frames_at = frames_at,
		.nr_frames = nr_frames,
		.real = (u64 *)(r + 1),
	};
}

struct region *region_create(u64 heap_bytes, u32 nr_frames)
{
	u64 heap = header_bytes(nr_frames) + heap_bytes;
	u64 frames_at = (heap + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
	u64 size = frames_at + ((u64)nr_frames << PAGE_SHIFT);
	struct region *r = mmap(NULL, size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (r == MAP_FAILED)
		return NULL;
	region_begin(r, size, frames_at, nr_frames);
	return r;
}

void *region_first_block(const struct region *r)
{
	return (char *)(uintptr_t)r + header_bytes(r->nr_frames);
}

void region_reset(struct region *r)
{
	u64 size = r->size, frames_at = r->frames_at;
	u32 nr_frames = r->nr_frames;

	madvise(r, size, MADV_DONTNEED);
	region_begin(r, size, frames_at, nr_frames);
}

void region_destroy(struct region *r)
{
	munmap(r, r->size);
}

static void *at_offset(struct region *r, u64 offset)
{
	return (char *)r + offset;
}

/* Take a block that was freed before. */
static void *reuse(struct region *r, u32 class)
{
	u64 *block = at_offset(r, r->free_list[class]);

	r->free_list[class] = *block;
	return memset(block, 0, class_size(class));
}

/* Cut a new block off at brk; what lies below high was used before a restore. */
static void *extend(struct region *r, u64 size)
{
	u64 start = r->brk, end = start + size;

	if (end > r->heap_limit)
		return NULL;
	r->brk = end;
	if (start < r->high)
		memset(at_offset(r, start), 0, (end < r->high ? end : r->high) - start);
	return at_offset(r, start);
}

void *region_alloc(struct region *r, u64 bytes)
{
	u32 class;
	void *p;

	if (bytes > LARGEST)
		return NULL;
	class = class_of(bytes);
	p = r->free_list[class] ? reuse(r, class) : extend(r, class_size(class));
	if (p)
		r->live += class_size(class);
	return p;
}

void region_free(struct region *r, void *p, u64 bytes)
{
	u32 class = class_of(bytes);

	if (!p)
		return;
	memset(p, JUNK, class_size(class));
	*(u64 *)p = r->free_list[class];
	r->free_list[class] = (u64)((char *)p - (char *)r);
	r->live -= class_size(class);
}

void *region_realloc(struct region *r, void *p, u64 old_bytes, u64 bytes)
{
	void *q;

	if (!p)
		return region_alloc(r, bytes);
	if (bytes <= LARGEST && class_of(old_bytes) == class_of(bytes)) {
		if (bytes > old_bytes)
			memset((char *)p + old_bytes, 0, bytes - old_bytes);
		return p;
	}
	q = region_alloc(r, bytes);
	if (!q)
		return NULL;
	memcpy(q, p, old_bytes < bytes ? old_bytes : bytes);
	region_free(r, p, old_bytes);
	return q;
}

void *region_frame_make(struct region *r, u32 n)
{
	if (!region_frame_real(r, n)) {
		r->real[n >> 6] |= 1ull << (n & 63);
		r->nr_real++;
	}
	return region_frame(r, n);
}

void region_frame_drop(struct region *r, u32 n)
{
	if (!region_frame_real(r, n))
		return;
	r->real[n >> 6] &= ~(1ull << (n & 63));
	r->nr_real--;
	memset(region_frame(r, n), 0, PAGE_SIZE);
}
