/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages that the content truth remembers; see truth_pages.h. */
#include "truth_pages.h"

#include <string.h>

/* -- pages stored to -------------------------------------------------------------------------- */

struct stored *truth_page_find(const struct pages *pages, u32 index)
{
	const struct mid *mid = pages->mid[index / MID_PAGES];
	struct leaf *leaf = mid ? mid->leaf[index / LEAF_PAGES % MID_LEAVES] : NULL;
	struct stored *page = leaf ? &leaf->page[index % LEAF_PAGES] : NULL;

	return page && page->there ? page : NULL;
}

/* The place of a page, made when there is none; NULL: no memory. */
struct stored *truth_page_make(struct truth *t, struct pages *pages, u32 index)
{
	u32 top = index / MID_PAGES, low = index / LEAF_PAGES % MID_LEAVES;
	struct mid **mid = &pages->mid[top];
	struct leaf **leaf;

	if (!*mid)
		*mid = truth_take(t, sizeof(**mid));
	if (!*mid)
		return NULL;
	pages->there[top / 64] |= 1ull << top % 64;
	leaf = &(*mid)->leaf[low];
	if (!*leaf)
		*leaf = truth_take(t, sizeof(**leaf));
	if (!*leaf)
		return NULL;
	(*mid)->there[low / 64] |= 1ull << low % 64;
	return &(*leaf)->page[index % LEAF_PAGES];
}

static void drop_words(struct truth *t, struct stored *page)
{
	truth_give(t, page->words, page->room * sizeof(struct word));
	*page = (struct stored){ .there = false };
}

bool truth_page_copy(struct truth *t, struct stored *to, const struct stored *from)
{
	*to = (struct stored){ .there = true, .tag = from->tag };
	if (!from->nr_words)
		return true;
	to->words = truth_take(t, from->room * sizeof(struct word));
	if (!to->words)
		return false;
	memcpy(to->words, from->words, from->nr_words * sizeof(struct word));
	to->nr_words = from->nr_words;
	to->room = from->room;
	return true;
}

/* The first page at or after *index that was stored to; NULL: none up to last. */
struct stored *truth_page_next(const struct pages *pages, u32 *index, u32 last)
{
	while (*index <= last && *index < ALL_PAGES) {
		const struct mid *mid = pages->mid[*index / MID_PAGES];
		const struct leaf *leaf = mid ? mid->leaf[*index / LEAF_PAGES % MID_LEAVES] : NULL;
		struct stored *page = leaf ? truth_page_find(pages, *index) : NULL;

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

void truth_pages_forget(struct truth *t, struct pages *pages, u32 first, u32 last)
{
	struct stored *page;

	while ((page = truth_page_next(pages, &first, last)))
		drop_words(t, page);
}

void truth_pages_free(struct truth *t, struct pages *pages)
{
	u32 i, j;

	truth_pages_forget(t, pages, 0, ALL_PAGES - 1);
	for (i = 0; i < TOP_MIDS; i++) {
		struct mid *mid = pages->mid[i];

		for (j = 0; mid && j < MID_LEAVES; j++)
			truth_give(t, mid->leaf[j], sizeof(struct leaf));
		truth_give(t, mid, sizeof(*mid));
		pages->mid[i] = NULL;
	}
}

void truth_pages_copy(struct truth *t, struct pages *to, const struct pages *from)
{
	const struct stored *page;
	u32 index = 0;

	for (; (page = truth_page_next(from, &index, ALL_PAGES - 1)); index++) {
		struct stored *copy = truth_page_make(t, to, index);

		if (!copy || !truth_page_copy(t, copy, page))
			return;
	}
}

void truth_pages_move(struct truth *t, struct pages *pages, u32 from, u32 to, u32 n)
{
	u32 index = from;
	struct stored *page, *place;

	for (; n && (page = truth_page_next(pages, &index, from + n - 1)); index++) {
		place = truth_page_make(t, pages, index - from + to);
		if (!place)
			return;
		*place = *page;
		*page = (struct stored){ .there = false };
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

u32 truth_word(const struct stored *page, u32 off)
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
	words = truth_take(t, room * sizeof(*words));
	if (!words)
		return false;
	if (page->nr_words)
		memcpy(words, page->words, page->nr_words * sizeof(*words));
	truth_give(t, page->words, page->room * sizeof(*words));
	page->words = words;
	page->room = room;
	return true;
}

void truth_word_store(struct truth *t, struct stored *page, u32 off, u32 value)
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

/* -- visiting ---------------------------------------------------------------------------------- */

struct visit {
	void (*fn)(void *arg, u32 index, u64 tag);
	void *arg;
};

static void visit_leaf(const struct leaf *leaf, u32 first, const struct visit *v)
{
	u32 i;

	for (i = 0; i < LEAF_PAGES; i++)
		if (leaf->page[i].there)
			v->fn(v->arg, first + i, leaf->page[i].tag);
}

/* The first set bit at or after i, or max. */
static u32 next_bit(const u64 *bits, u32 i, u32 max)
{
	for (; i < max; i = (i / 64 + 1) * 64) {
		u64 rest = bits[i / 64] >> i % 64;

		if (rest)
			return i + (u32)__builtin_ctzll(rest);
	}
	return max;
}

static void visit_mid(const struct mid *mid, u32 first, const struct visit *v)
{
	u32 i;

	for (i = 0; (i = next_bit(mid->there, i, MID_LEAVES)) < MID_LEAVES; i++)
		visit_leaf(mid->leaf[i], first + i * LEAF_PAGES, v);
}

void truth_pages_visit(const struct pages *pages,
		       void (*fn)(void *arg, u32 index, u64 tag), void *arg)
{
	const struct visit v = { fn, arg };
	u32 i;

	for (i = 0; (i = next_bit(pages->there, i, TOP_MIDS)) < TOP_MIDS; i++)
		visit_mid(pages->mid[i], i * MID_PAGES, &v);
}
