/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was stored to the pages of a space or a file.
 *
 *	pages -> mid[256] -> leaf[128] -> page[32]    tag, words: (offset, value) ...
 *
 * Pages lie in a three-level table, 32 pages to a leaf, so that small machines stay small. Words
 * lie in an array sorted by offset; a word that is not there reads 0.
 */
#include "machine.h"
#include "truth_impl.h"

#include <string.h>

/* -- memory ----------------------------------------------------------------------------------- */

void *take(struct truth *t, u64 bytes)
{
	void *p = region_alloc(t->m->region, bytes);

	if (p)
		t->bytes += bytes;
	else
		report_set(t->m, REPORT_MEMORY, NULL, "no room for the content truth", NULL);
	return p;
}

void give(struct truth *t, void *p, u64 bytes)
{
	if (!p)
		return;
	t->bytes -= bytes;
	region_free(t->m->region, p, bytes);
}

/* -- pages stored to -------------------------------------------------------------------------- */

struct stored *find_page(const struct pages *pages, u32 index)
{
	const struct mid *mid = pages->mid[index / MID_PAGES];
	struct leaf *leaf = mid ? mid->leaf[index / LEAF_PAGES % MID_LEAVES] : NULL;
	struct stored *page = leaf ? &leaf->page[index % LEAF_PAGES] : NULL;

	return page && page->there ? page : NULL;
}

/* The place of a page, made when there is none; NULL: no memory. */
struct stored *make_page(struct truth *t, struct pages *pages, u32 index)
{
	struct mid **mid = &pages->mid[index / MID_PAGES];
	struct leaf **leaf;

	if (!*mid)
		*mid = take(t, sizeof(**mid));
	if (!*mid)
		return NULL;
	leaf = &(*mid)->leaf[index / LEAF_PAGES % MID_LEAVES];
	if (!*leaf)
		*leaf = take(t, sizeof(**leaf));
	return *leaf ? &(*leaf)->page[index % LEAF_PAGES] : NULL;
}

void drop_words(struct truth *t, struct stored *page)
{
	give(t, page->words, page->room * sizeof(struct word));
	*page = (struct stored){ .there = false };
}

bool copy_page(struct truth *t, struct stored *to, const struct stored *from)
{
	*to = (struct stored){ .there = true, .tag = from->tag };
	if (!from->nr_words)
		return true;
	to->words = take(t, from->room * sizeof(struct word));
	if (!to->words)
		return false;
	memcpy(to->words, from->words, from->nr_words * sizeof(struct word));
	to->nr_words = from->nr_words;
	to->room = from->room;
	return true;
}

/* The first page at or after *index that was stored to; NULL: none up to last. */
struct stored *next_page(const struct pages *pages, u32 *index, u32 last)
{
	while (*index <= last && *index < ALL_PAGES) {
		const struct mid *mid = pages->mid[*index / MID_PAGES];
		const struct leaf *leaf = mid ? mid->leaf[*index / LEAF_PAGES % MID_LEAVES] : NULL;
		struct stored *page = leaf ? find_page(pages, *index) : NULL;

		if (page)
			return page;
		if (!mid)
			*index = (*index / MID_PAGES + 1) * MID_PAGES;
		else if (!leaf)
			*index = (*index / LEAF_PAGES + 1) * LEAF_PAGES;
		else
			++*index;
	}
	return NULL;
}

void forget_pages(struct truth *t, struct pages *pages, u32 first, u32 last)
{
	struct stored *page;

	while ((page = next_page(pages, &first, last)))
		drop_words(t, page);
}

void free_tables(struct truth *t, struct pages *pages)
{
	u32 i, j;

	forget_pages(t, pages, 0, ALL_PAGES - 1);
	for (i = 0; i < TOP_MIDS; i++) {
		struct mid *mid = pages->mid[i];

		for (j = 0; mid && j < MID_LEAVES; j++)
			give(t, mid->leaf[j], sizeof(struct leaf));
		give(t, mid, sizeof(*mid));
		pages->mid[i] = NULL;
	}
}

void copy_pages(struct truth *t, struct pages *to, const struct pages *from)
{
	const struct stored *page;
	u32 index = 0;

	for (; (page = next_page(from, &index, ALL_PAGES - 1)); index++) {
		struct stored *copy = make_page(t, to, index);

		if (!copy || !copy_page(t, copy, page))
			return;
	}
}

/* -- words ------------------------------------------------------------------------------------ */

/* Where off is, or where it belongs. */
static u32 word_place(const struct stored *page, u32 off)
{
	u32 low = 0, high = page->nr_words;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (page->words[mid].off < off)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

u32 word_at(const struct stored *page, u32 off)
{
	u32 i = page ? word_place(page, off) : 0;

	return page && i < page->nr_words && page->words[i].off == off ? page->words[i].value : 0;
}

static bool room_for_word(struct truth *t, struct stored *page)
{
	u32 room = page->room ? 2 * page->room : 4;
	struct word *words;

	if (page->nr_words < page->room)
		return true;
	words = take(t, room * sizeof(*words));
	if (!words)
		return false;
	if (page->nr_words)
		memcpy(words, page->words, page->nr_words * sizeof(*words));
	give(t, page->words, page->room * sizeof(*words));
	page->words = words;
	page->room = room;
	return true;
}

void store_word(struct truth *t, struct stored *page, u32 off, u32 value)
{
	u32 i = word_place(page, off);

	if (i == page->nr_words || page->words[i].off != off) {
		if (!room_for_word(t, page))
			return;
		memmove(&page->words[i + 1], &page->words[i],
			(page->nr_words - i) * sizeof(struct word));
		page->nr_words++;
	}
	page->words[i] = (struct word){ .off = off, .value = value };
}
