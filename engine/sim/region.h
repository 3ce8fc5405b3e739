/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A region is one reserved stretch of host memory that holds a whole state, so that the state
 * can be copied away and put back at the same address:
 *
 *	base                                 base + frames_at            base + size
 *	| struct region | heap ....... brk > |   (never touched)  | frames (pages)  |
 *
 * The heap has its own allocator. The frames part is an array of 4 KiB pages of which only the
 * materialised ones exist (a bit each): page tables, pte_chain pages, data frames that hold
 * stored words; in a script region, the pages of the C stack. Memory is reserved, not committed:
 * what was never touched costs nothing.
 *
 * Pointers inside a region are fine, since it is restored at its own address. Nothing outside
 * points in, except the handle itself.
 */
#ifndef SIM_REGION_H
#define SIM_REGION_H

#include "types.h"

#define REGION_CLASSES 108 /* 16 .. 128 by 16, then four steps to each doubling, to 4 GiB */

struct region {
	u64 size;                  /* bytes reserved in all */
	u64 brk;                   /* bytes of the heap part in use, this struct included */
	u64 heap_limit;            /* brk never passes this */
	u64 frames_at;             /* offset of the frames part; 4 KiB aligned */
	u32 nr_frames;
	u32 nr_real;               /* frames that are materialised */
	u64 live;                  /* bytes handed out and not freed, in size classes */
	u64 high;                  /* beyond this the heap was never written: zero. Host truth, not
				    * part of an image */
	u64 free_list[REGION_CLASSES]; /* offset of the first free block of each size class */
	u64 *real;                 /* one bit per frame: materialised */
	u64 stack_live_from;       /* script region: frames below this offset (from the base) hold
				    * no live data; 0: all count */
};

/*
 * Reserve a region: heap_bytes for the heap part and nr_frames pages behind it.
 * Returns NULL when the host refuses (reported once by the caller).
 */
struct region *region_create(u64 heap_bytes, u32 nr_frames);

/* Where the first block of a region lies: what its owner put there first is found again. */
void *region_first_block(const struct region *r);

/* Forget all content and start anew with the same geometry at the same address. */
void region_reset(struct region *r);
void region_destroy(struct region *r);

/* Zeroed memory, 16-byte aligned; NULL when the heap part is full. Deterministic: the same calls
 * give the same offsets. Large blocks that were never used are zero pages of the host. */
void *region_alloc(struct region *r, u64 bytes);
/* Give back a block with the size it was asked for. It is filled with junk (0x6b). */
void region_free(struct region *r, void *p, u64 bytes);
void *region_realloc(struct region *r, void *p, u64 old_bytes, u64 bytes);

static inline void *region_frame(const struct region *r, u32 n)
{
	return (char *)(uintptr_t)r + r->frames_at + ((u64)n << PAGE_SHIFT);
}

static inline bool region_frame_real(const struct region *r, u32 n)
{
	return r->real[n >> 6] >> (n & 63) & 1;
}

/* Make frame n exist, zeroed if it did not; drop it again. A frame that does not exist reads 0. */
void *region_frame_make(struct region *r, u32 n);
void region_frame_drop(struct region *r, u32 n);

/* An image is a copy of everything live in a region; pages equal to those of base are shared. */
struct image;

/* Host memory. NULL when the host has none left. base may be NULL. */
struct image *image_take(const struct region *r, struct image *base);
/* Put the region back to the moment of the image: byte for byte in all that is live. */
void image_restore(struct region *r, const struct image *image);
void image_free(struct image *image);
/* Host bytes that only this image holds, and bytes it describes. */
u64 image_own_bytes(const struct image *image);
u64 image_bytes(const struct image *image);

#endif
