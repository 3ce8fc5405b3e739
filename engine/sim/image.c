/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An image is a list of references to 4 KiB page copies: one per page of the heap, one per live
 * frame. Equal pages of successive images are one copy with several references, and a page of
 * zeros is no copy at all, so a checkpoint costs what has changed since the last one.
 *
 *	image 1   heap: [A][B][0][C]    frames: 17:[D]
 *	image 2   heap: [A][E][0][C]    frames: 17:[D] 40:[F]      own: E, F
 *
 * A restore writes only the pages that differ. It also clears the frames that came into being
 * since; the heap beyond the image's brk keeps its bytes, and `high` remembers that it does.
 *
 * The copies run over stacks that AddressSanitizer watches. They are loops of our own, which it
 * is told to leave alone, with a barrier that keeps the compiler from turning them into calls of
 * memcpy, which it would check.
 */
#include "region.h"

#include <stdlib.h>

#define WORDS (PAGE_SIZE / 8)
#define UNCHECKED __attribute__((no_sanitize("address")))
#define NOT_MEMCPY(p) __asm__ volatile("" : : "r"(p) : "memory")

typedef u64 __attribute__((may_alias)) word;

struct page_copy {
	u64 refs;
	word words[WORDS];
};

struct image {
	u64 brk;
	u64 bitmap_at;              /* offset of region->real */
	u32 nr_heap, nr_frames;
	struct page_copy **heap;    /* by page of the heap; NULL: zeros */
	struct page_copy **frames;  /* by position in pfns */
	u32 *pfns;                  /* ascending */
};

/* -- one page ---------------------------------------------------------------------------------- */

static UNCHECKED bool page_is_zero(const word *p)
{
	for (u32 i = 0; i < WORDS; i += 8)
		if (p[i] | p[i + 1] | p[i + 2] | p[i + 3] | p[i + 4] | p[i + 5] | p[i + 6] |
		    p[i + 7])
			return false;
	return true;
}

static UNCHECKED bool page_same(const word *a, const word *b)
{
	for (u32 i = 0; i < WORDS; i += 8) {
		word differ = (a[i] ^ b[i]) | (a[i + 1] ^ b[i + 1]) | (a[i + 2] ^ b[i + 2]) |
			      (a[i + 3] ^ b[i + 3]) | (a[i + 4] ^ b[i + 4]) |
			      (a[i + 5] ^ b[i + 5]) | (a[i + 6] ^ b[i + 6]) |
			      (a[i + 7] ^ b[i + 7]);
		if (differ)
			return false;
	}
	return true;
}

static UNCHECKED void page_write(word *to, const word *from)
{
	for (u32 i = 0; i < WORDS; i += 4) {
		to[i] = from[i];
		to[i + 1] = from[i + 1];
		to[i + 2] = from[i + 2];
		to[i + 3] = from[i + 3];
		NOT_MEMCPY(to);
	}
}

static UNCHECKED void page_zero(word *to)
{
	for (u32 i = 0; i < WORDS; i += 4) {
		to[i] = to[i + 1] = to[i + 2] = to[i + 3] = 0;
		NOT_MEMCPY(to);
	}
}

static bool copy_equals(const struct page_copy *copy, const word *page)
{
	return copy ? page_same(copy->words, page) : page_is_zero(page);
}

/* A reference to the content of page: old's copy when it is equal. false: no host memory. */
static bool copy_get(struct page_copy **ref, struct page_copy *old, const word *page)
{
	if (copy_equals(old, page)) {
		if (old)
			old->refs++;
		*ref = old;
		return true;
	}
	*ref = NULL;
	if (old && page_is_zero(page))
		return true;
	*ref = malloc(sizeof(**ref));
	if (!*ref)
		return false;
	(*ref)->refs = 1;
	page_write((*ref)->words, page);
	return true;
}

static void copy_put(struct page_copy *copy)
{
	if (copy && --copy->refs == 0)
		free(copy);
}

static void page_restore(word *page, const struct page_copy *copy)
{
	if (copy_equals(copy, page))
		return;
	if (copy)
		page_write(page, copy->words);
	else
		page_zero(page);
}

static word *heap_page(const struct region *r, u32 i)
{
	return (word *)((char *)(uintptr_t)r + ((u64)i << PAGE_SHIFT));
}

/* -- taking ------------------------------------------------------------------------------------ */

/* Frames of a script region below its stack pointer exist but hold nothing. */
static u32 first_live_frame(const struct region *r)
{
	if (r->stack_live_from <= r->frames_at)
		return 0;
	return (u32)((r->stack_live_from - r->frames_at) >> PAGE_SHIFT);
}

/* The first materialised frame from n on; nr_frames: none. */
static u32 next_real(const struct region *r, u32 n)
{
	while (n < r->nr_frames) {
		u64 rest = r->real[n >> 6] >> (n & 63);

		if (rest) {
			n += (u32)__builtin_ctzll(rest);
			return n < r->nr_frames ? n : r->nr_frames;
		}
		n = (n | 63) + 1;
	}
	return r->nr_frames;
}

static struct image *image_new(const struct region *r)
{
	u32 nr_heap = (u32)((r->brk + PAGE_SIZE - 1) >> PAGE_SHIFT);
	struct image *image = calloc(1, sizeof(*image));

	if (!image)
		return NULL;
	image->brk = r->brk;
	image->bitmap_at = (u64)((char *)r->real - (const char *)r);
	image->heap = calloc(nr_heap, sizeof(*image->heap));
	image->frames = calloc(r->nr_real + 1, sizeof(*image->frames));
	image->pfns = calloc(r->nr_real + 1, sizeof(*image->pfns));
	if (!image->heap || !image->frames || !image->pfns) {
		image_free(image);
		return NULL;
	}
	return image;
}

static bool take_heap(struct image *image, const struct region *r, struct image *base)
{
	u32 nr = (u32)((r->brk + PAGE_SIZE - 1) >> PAGE_SHIFT);

	for (u32 i = 0; i < nr; i++) {
		struct page_copy *old = base && i < base->nr_heap ? base->heap[i] : NULL;

		if (!copy_get(&image->heap[i], old, heap_page(r, i)))
			return false;
		image->nr_heap = i + 1;
	}
	return true;
}

static bool take_frames(struct image *image, const struct region *r, struct image *base)
{
	u32 b = 0;

	for (u32 n = next_real(r, first_live_frame(r)); n < r->nr_frames; n = next_real(r, n + 1)) {
		struct page_copy *old = NULL;
		u32 i = image->nr_frames;

		while (base && b < base->nr_frames && base->pfns[b] < n)
			b++;
		if (base && b < base->nr_frames && base->pfns[b] == n)
			old = base->frames[b];
		if (!copy_get(&image->frames[i], old, region_frame(r, n)))
			return false;
		image->pfns[i] = n;
		image->nr_frames = i + 1;
	}
	return true;
}

struct image *image_take(const struct region *r, struct image *base)
{
	struct image *image = image_new(r);

	if (!image)
		return NULL;
	if (take_heap(image, r, base) && take_frames(image, r, base))
		return image;
	image_free(image);
	return NULL;
}

/* -- putting back ------------------------------------------------------------------------------ */

/* A word of the image's heap, such as one of the bitmap of frames. */
static u64 image_word(const struct image *image, u64 offset)
{
	const struct page_copy *copy = image->heap[offset >> PAGE_SHIFT];

	return copy ? copy->words[(offset & (PAGE_SIZE - 1)) / 8] : 0;
}

static void drop_newer_frames(struct region *r, const struct image *image)
{
	for (u32 i = 0; i < (r->nr_frames + 63) / 64; i++) {
		u64 newer = r->real[i] & ~image_word(image, image->bitmap_at + i * 8ull);

		for (; newer; newer &= newer - 1)
			page_zero(region_frame(r, i * 64 + (u32)__builtin_ctzll(newer)));
	}
}

/*
 * Up to where the heap may hold bytes that are not zero: what was used, here or before an earlier
 * restore, and the rest of the image's last page, which is written as it was then.
 */
static u64 written_up_to(const struct region *r, const struct image *image)
{
	u64 high = r->brk > r->high ? r->brk : r->high, end = (u64)image->nr_heap << PAGE_SHIFT;

	return high > end ? high : end;
}

void image_restore(struct region *r, const struct image *image)
{
	u64 high = written_up_to(r, image);

	drop_newer_frames(r, image);
	for (u32 i = 0; i < image->nr_heap; i++)
		page_restore(heap_page(r, i), image->heap[i]);
	for (u32 i = 0; i < image->nr_frames; i++)
		page_restore(region_frame(r, image->pfns[i]), image->frames[i]);
	r->high = high;
}

void image_free(struct image *image)
{
	if (!image)
		return;
	for (u32 i = 0; i < image->nr_heap; i++)
		copy_put(image->heap[i]);
	for (u32 i = 0; i < image->nr_frames; i++)
		copy_put(image->frames[i]);
	free(image->heap);
	free(image->frames);
	free(image->pfns);
	free(image);
}

static u64 own_pages(struct page_copy *const *refs, u32 nr)
{
	u64 own = 0;

	for (u32 i = 0; i < nr; i++)
		own += refs[i] && refs[i]->refs == 1;
	return own;
}

u64 image_own_bytes(const struct image *image)
{
	u64 pages = own_pages(image->heap, image->nr_heap) +
		    own_pages(image->frames, image->nr_frames);

	return pages * sizeof(struct page_copy) + sizeof(*image) +
	       image->nr_heap * sizeof(*image->heap) +
	       image->nr_frames * (sizeof(*image->frames) + sizeof(*image->pfns));
}

u64 image_bytes(const struct image *image)
{
	return image->brk + ((u64)image->nr_frames << PAGE_SHIFT);
}
