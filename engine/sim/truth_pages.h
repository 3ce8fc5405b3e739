/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The content truth's memory of pages that were stored to: their tags and words, of one space or
 * of one file. A three-level table, 32 pages to a leaf, so that small machines stay small:
 *
 *	pages -> mid (4,096 pages) -> leaf (32 pages) -> stored: tag, words sorted by offset
 *
 * A page that is not there was never stored to; a word that is not there is 0.
 */
#ifndef TRUTH_PAGES_H
#define TRUTH_PAGES_H

#include "types.h"

struct truth;

#define LEAF_PAGES 32u
#define MID_LEAVES 128u
#define TOP_MIDS 256u
#define MID_PAGES (LEAF_PAGES * MID_LEAVES)
#define ALL_PAGES (MID_PAGES * TOP_MIDS)

struct word {
	u32 off, value;
};

struct stored {
	bool there;         /* somebody stored to this page, or it was copied */
	u64 tag;
	struct word *words; /* sorted by off */
	u32 nr_words, room;
};

struct leaf {
	struct stored page[LEAF_PAGES];
};

/* A bit for each pointer that is there: whoever visits all pages goes from bit to bit. */
struct mid {
	u64 there[MID_LEAVES / 64];
	struct leaf *leaf[MID_LEAVES];
};

struct pages {
	u64 there[TOP_MIDS / 64];
	struct mid *mid[TOP_MIDS];
};

/* Region memory, counted; NULL when there is none, and then the machine's report says so. */
void *truth_take(struct truth *t, u64 bytes);
void truth_give(struct truth *t, void *p, u64 bytes);

/* The page of this index; NULL: never stored to. */
struct stored *truth_page_find(const struct pages *pages, u32 index);
/* The place for it, made when there is none; NULL: no memory. */
struct stored *truth_page_make(struct truth *t, struct pages *pages, u32 index);
/* The first page at or after *index, up to last; NULL: there is none. */
struct stored *truth_page_next(const struct pages *pages, u32 *index, u32 last);
/* *to is overwritten. false: no memory. */
bool truth_page_copy(struct truth *t, struct stored *to, const struct stored *from);
void truth_pages_copy(struct truth *t, struct pages *to, const struct pages *from);
/* n pages from index from on to to; there is nothing there, and the two do not overlap. */
void truth_pages_move(struct truth *t, struct pages *pages, u32 from, u32 to, u32 n);
void truth_pages_forget(struct truth *t, struct pages *pages, u32 first, u32 last);
/* Forget all of them and free the tables. */
void truth_pages_free(struct truth *t, struct pages *pages);
void truth_pages_visit(const struct pages *pages,
		       void (*fn)(void *arg, u32 index, u64 tag), void *arg);

/* page may be NULL: then every word is 0. off in bytes. */
u32 truth_word(const struct stored *page, u32 off);
void truth_word_store(struct truth *t, struct stored *page, u32 off, u32 value);

#endif
