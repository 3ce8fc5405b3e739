/* SPDX-License-Identifier: GPL-2.0-only */
/* Between truth.c (spaces, files, what must be where) and truth_pages.c (what was stored). */
#ifndef SIM_TRUTH_IMPL_H
#define SIM_TRUTH_IMPL_H

#include "truth.h"

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

struct mid {
	struct leaf *leaf[MID_LEAVES];
};

struct pages {
	struct mid *mid[TOP_MIDS];
};

struct space;
struct file_truth;

/* What was wrong, for truth_describe(). */
struct loss {
	u32 space, inode, at; /* at: an address, or an offset into the file */
	bool word;
	u32 want_word, found_word;
	u64 want_tag, found_tag;
};

struct truth {
	struct machine *m;
	u64 bytes;
	struct space *spaces;
	struct file_truth *files;
	struct loss loss;
};

/* Memory of the region, counted; NULL: there is none, and the machine is broken. give() of NULL is
 * fine. */
void *take(struct truth *t, u64 bytes);
void give(struct truth *t, void *p, u64 bytes);

/* The page at an index; NULL: nobody stored to it. */
struct stored *find_page(const struct pages *pages, u32 index);
/* The place of a page, made when there is none; NULL: no memory. */
struct stored *make_page(struct truth *t, struct pages *pages, u32 index);
void drop_words(struct truth *t, struct stored *page);
bool copy_page(struct truth *t, struct stored *to, const struct stored *from);
/* The first page at or after *index that was stored to; NULL: none up to last. */
struct stored *next_page(const struct pages *pages, u32 *index, u32 last);
void forget_pages(struct truth *t, struct pages *pages, u32 first, u32 last);
void free_tables(struct truth *t, struct pages *pages);
void copy_pages(struct truth *t, struct pages *to, const struct pages *from);

/* A word of a page (NULL: 0), at a multiple of 4. */
u32 word_at(const struct stored *page, u32 off);
void store_word(struct truth *t, struct stored *page, u32 off, u32 value);

#endif
