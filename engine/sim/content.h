/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a frame contains, without 4 KiB of host memory for each: a 64-bit tag that names the
 * content, and real bytes only once somebody stored words in it. Tag 0 is a page of zeros.
 * Copying a page copies both; a store gives the page a new tag.
 */
#ifndef SIM_CONTENT_H
#define SIM_CONTENT_H

#include "types.h"

struct machine;

/*
 * Marks in a tag, for what a disk error did; they go wherever the content goes, and stay when a
 * part of it is stored to. The frame was never filled; the content is older than what was to be
 * written to swap, or to a file; the frame was never filled, and swapoff has given it back all the
 * same. Two tags name the same content if they differ in nothing else. (The tag of a free frame has
 * none of these bits.)
 */
#define CONTENT_NOT_READ (1ull << 63)
#define CONTENT_NOT_SWAPPED (1ull << 60)
#define CONTENT_NOT_SAVED (1ull << 58)
#define CONTENT_SWAPPED_OFF (1ull << 55)
#define CONTENT_LOST \
	(CONTENT_NOT_READ | CONTENT_NOT_SWAPPED | CONTENT_NOT_SAVED | CONTENT_SWAPPED_OFF)

/* The frame holds zeros from now on: tag 0, no words. */
void content_clear(struct machine *m, u32 pfn);
/* Copy tag and words. */
void content_copy(struct machine *m, u32 to, u32 from);
/* Forget what a freed frame held: its tag becomes junk so that a stale user is caught. */
void content_forget(struct machine *m, u32 pfn);
u64 content_tag(const struct machine *m, u32 pfn);
/* A store that only says "written": a new tag, words kept. Returns the tag. */
u64 content_touch(struct machine *m, u32 pfn);
/* off in bytes, multiple of 4. A frame without words reads 0. Store returns the new tag. */
u32 content_load(const struct machine *m, u32 pfn, u32 off);
u64 content_store(struct machine *m, u32 pfn, u32 off, u32 word);
/* The frame's 1,024 words, NULL when it has none. */
const u32 *content_words(const struct machine *m, u32 pfn);
/* Replace the content of a frame (a disk read). words may be NULL. */
void content_set(struct machine *m, u32 pfn, u64 tag, const u32 *words);
/* The frame should have been filled from a disk, and was not: what it holds means nothing. */
void content_not_read(struct machine *m, u32 pfn);
/* One more mark, or several, on what the frame holds. */
void content_mark(struct machine *m, u32 pfn, u64 marks);
/* Forget the bytes of a page beyond off (truncate in the middle of a page). New tag. */
u64 content_zero_tail(struct machine *m, u32 pfn, u32 off);

#endif
