/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The content truth: what memory must contain, by a model too simple to be wrong.
 *
 *	space (a process)                          file
 *	  ranges: start, end, what, which file       first tag, pages
 *	  pages stored to: tag, words                pages stored to: tag, words
 *
 * A page of a private mapping is what the process last stored there; before that it is the page of
 * the file, as it is now, or zeros. A page of a shared mapping is the page of the file. fork copies
 * a space as it stands. That is all POSIX says, and all that matters to whoever uses memory: no
 * frames, no page tables, no swap.
 *
 * Pages stored to lie in a three-level table, 32 pages to a leaf, so that small machines stay
 * small. Words lie in an array sorted by offset; a word that is not there reads 0.
 */
#include "truth.h"

#include "machine.h"

#include <stdio.h>
#include <string.h>

#define LEAF_PAGES 32u
#define MID_LEAVES 128u
#define TOP_MIDS 256u
#define MID_PAGES (LEAF_PAGES * MID_LEAVES)
#define ALL_PAGES (MID_PAGES * TOP_MIDS)

struct word {
	u32 off, value;
};

struct stored {
	u64 tag;            /* 0: nobody stored to this page */
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

struct range {
	u32 start, end;     /* end is the last byte, so that 4 GiB has one */
	u32 flags, inode, pgoff;
	struct range *next; /* by address */
};

struct space {
	u32 id;
	struct range *ranges;
	struct pages pages;
	struct space *next;
};

struct file_truth {
	u32 inode, nr_pages;
	u64 first_tag;
	struct pages pages;
	struct file_truth *next;
};

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

/* What a page must be. */
struct expected {
	u64 tag;
	const struct stored *stored; /* NULL: no words */
};

/* -- memory ----------------------------------------------------------------------------------- */

static void *take(struct truth *t, u64 bytes)
{
	void *p = region_alloc(t->m->region, bytes);

	if (p)
		t->bytes += bytes;
	else
		report_set(t->m, REPORT_MEMORY, NULL, "no room for the content truth", NULL);
	return p;
}

static void give(struct truth *t, void *p, u64 bytes)
{
	if (!p)
		return;
	t->bytes -= bytes;
	region_free(t->m->region, p, bytes);
}

struct truth *truth_create(struct machine *m)
{
	struct truth *t = region_alloc(m->region, sizeof(*t));

	if (!t)
		return NULL;
	t->m = m;
	t->bytes = sizeof(*t);
	return t;
}

u64 truth_bytes(const struct truth *t)
{
	return t->bytes;
}

/* -- pages stored to -------------------------------------------------------------------------- */

static struct stored *find_page(const struct pages *pages, u32 index)
{
	const struct mid *mid = pages->mid[index / MID_PAGES];
	struct leaf *leaf = mid ? mid->leaf[index / LEAF_PAGES % MID_LEAVES] : NULL;
	struct stored *page = leaf ? &leaf->page[index % LEAF_PAGES] : NULL;

	return page && page->tag ? page : NULL;
}

/* The place of a page, made when there is none; NULL: no memory. */
static struct stored *make_page(struct truth *t, struct pages *pages, u32 index)
{
	u32 top = index / MID_PAGES, low = index / LEAF_PAGES % MID_LEAVES;
	struct mid **mid = &pages->mid[top];
	struct leaf **leaf;

	if (!*mid)
		*mid = take(t, sizeof(**mid));
	if (!*mid)
		return NULL;
	pages->there[top / 64] |= 1ull << top % 64;
	leaf = &(*mid)->leaf[low];
	if (!*leaf)
		*leaf = take(t, sizeof(**leaf));
	if (!*leaf)
		return NULL;
	(*mid)->there[low / 64] |= 1ull << low % 64;
	return &(*leaf)->page[index % LEAF_PAGES];
}

static void drop_words(struct truth *t, struct stored *page)
{
	give(t, page->words, page->room * sizeof(struct word));
	*page = (struct stored){ .tag = 0 };
}

static bool copy_page(struct truth *t, struct stored *to, const struct stored *from)
{
	*to = (struct stored){ .tag = from->tag };
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
static struct stored *next_page(const struct pages *pages, u32 *index, u32 last)
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

static void forget_pages(struct truth *t, struct pages *pages, u32 first, u32 last)
{
	struct stored *page;

	while ((page = next_page(pages, &first, last)))
		drop_words(t, page);
}

static void free_tables(struct truth *t, struct pages *pages)
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

static void copy_pages(struct truth *t, struct pages *to, const struct pages *from)
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

static u32 word_at(const struct stored *page, u32 off)
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

static void store_word(struct truth *t, struct stored *page, u32 off, u32 value)
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

/* -- spaces and ranges ------------------------------------------------------------------------ */

static struct space *find_space(const struct truth *t, u32 id)
{
	struct space *s = t->spaces;

	while (s && s->id != id)
		s = s->next;
	return s;
}

static struct range *find_range(const struct space *s, u32 addr)
{
	struct range *r = s ? s->ranges : NULL;

	while (r && r->end < addr)
		r = r->next;
	return r && r->start <= addr ? r : NULL;
}

void truth_space_new(struct truth *t, u32 space)
{
	struct space *s = take(t, sizeof(*s));

	if (!s)
		return;
	s->id = space;
	s->next = t->spaces;
	t->spaces = s;
}

void truth_space_fork(struct truth *t, u32 child, u32 parent)
{
	const struct space *from = find_space(t, parent);
	struct range **end;
	const struct range *r;
	struct space *to;

	truth_space_new(t, child);
	to = find_space(t, child);
	if (!to || !from)
		return;
	end = &to->ranges;
	for (r = from->ranges; r; r = r->next) {
		*end = take(t, sizeof(**end));
		if (!*end)
			return;
		**end = *r;
		(*end)->next = NULL;
		end = &(*end)->next;
	}
	copy_pages(t, &to->pages, &from->pages);
}

void truth_space_exit(struct truth *t, u32 space)
{
	struct space **at = &t->spaces, *s;
	struct range *r;

	while (*at && (*at)->id != space)
		at = &(*at)->next;
	s = *at;
	if (!s)
		return;
	*at = s->next;
	while ((r = s->ranges)) {
		s->ranges = r->next;
		give(t, r, sizeof(*r));
	}
	free_tables(t, &s->pages);
	give(t, s, sizeof(*s));
}

/* Let a range begin at addr if one lies across it. */
static void split_at(struct truth *t, struct space *s, u32 addr)
{
	struct range *r = find_range(s, addr), *tail;

	if (!r || r->start == addr)
		return;
	tail = take(t, sizeof(*tail));
	if (!tail)
		return;
	*tail = *r;
	tail->start = addr;
	tail->pgoff += (addr - r->start) >> PAGE_SHIFT;
	r->end = addr - 1;
	r->next = tail;
}

void truth_unmap(struct truth *t, u32 space, u32 start, u32 len)
{
	struct space *s = find_space(t, space);
	u32 last = start + len - 1;
	struct range **at, *r;

	if (!s || !len)
		return;
	split_at(t, s, start);
	if (last != UINT32_MAX)
		split_at(t, s, last + 1);
	for (at = &s->ranges; (r = *at) && r->start <= last;) {
		if (r->end < start) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		give(t, r, sizeof(*r));
	}
	forget_pages(t, &s->pages, start >> PAGE_SHIFT, last >> PAGE_SHIFT);
}

void truth_map(struct truth *t, u32 space, u32 start, u32 len, u32 flags, u32 inode, u32 pgoff)
{
	struct space *s = find_space(t, space);
	struct range **at, *r;

	if (!s || !len)
		return;
	truth_unmap(t, space, start, len);
	r = take(t, sizeof(*r));
	if (!r)
		return;
	*r = (struct range){
		.start = start, .end = start + len - 1,
		.flags = flags, .inode = inode, .pgoff = pgoff,
	};
	for (at = &s->ranges; *at && (*at)->start < start;)
		at = &(*at)->next;
	r->next = *at;
	*at = r;
}

u32 truth_flags(const struct truth *t, u32 space, u32 addr)
{
	const struct range *r = find_range(find_space(t, space), addr);

	return r ? r->flags : 0;
}

/* -- files ------------------------------------------------------------------------------------ */

static struct file_truth *find_file(const struct truth *t, u32 inode)
{
	struct file_truth *f = t->files;

	while (f && f->inode != inode)
		f = f->next;
	return f;
}

void truth_file_new(struct truth *t, u32 inode, u32 nr_pages, u64 first_tag)
{
	struct file_truth *f = take(t, sizeof(*f));

	if (!f)
		return;
	f->inode = inode;
	f->nr_pages = nr_pages;
	f->first_tag = first_tag;
	f->next = t->files;
	t->files = f;
}

static struct expected expect_file(const struct truth *t, u32 inode, u32 pgoff)
{
	const struct file_truth *f = find_file(t, inode);
	const struct stored *page = f && pgoff < ALL_PAGES ? find_page(&f->pages, pgoff) : NULL;

	if (page)
		return (struct expected){ page->tag, page };
	return (struct expected){ f && pgoff < f->nr_pages ? f->first_tag + pgoff : 0, NULL };
}

/* A store to a page that so far is what `was` says. */
static void store_to(struct truth *t, struct pages *pages, u32 index, struct expected was, u64 tag)
{
	struct stored *page = index < ALL_PAGES ? make_page(t, pages, index) : NULL;

	if (!page)
		return;
	if (!page->tag && was.stored && !copy_page(t, page, was.stored))
		return;
	page->tag = tag;
}

void truth_file_store(struct truth *t, u32 inode, u32 pgoff, u32 off, u32 word, u64 tag)
{
	struct file_truth *f = find_file(t, inode);
	struct stored *page;

	if (!f)
		return;
	store_to(t, &f->pages, pgoff, (struct expected){ 0, NULL }, tag);
	page = find_page(&f->pages, pgoff);
	if (page)
		store_word(t, page, off, word);
}

/* -- loads and stores through the MMU --------------------------------------------------------- */

static u32 file_page(const struct range *r, u32 addr)
{
	return r->pgoff + ((addr - r->start) >> PAGE_SHIFT);
}

static struct expected expect_mapped(const struct truth *t, const struct space *s,
				     const struct range *r, u32 addr)
{
	const struct stored *page = find_page(&s->pages, addr >> PAGE_SHIFT);

	if (page && !(r->flags & TRUTH_SHARED))
		return (struct expected){ page->tag, page };
	if (r->flags & TRUTH_FILE)
		return expect_file(t, r->inode, file_page(r, addr));
	return (struct expected){ 0, NULL };
}

static bool lost(struct truth *t, const char *text, struct loss loss)
{
	if (t->m->report.kind == REPORT_NONE)
		t->loss = loss;
	report_set(t->m, REPORT_CONTENT, NULL, text,
		   (u64[4]){ loss.space, loss.at, loss.want_word, loss.found_word });
	return false;
}

void truth_store(struct truth *t, u32 space, u32 addr, bool word, u32 value, u64 tag)
{
	struct space *s = find_space(t, space);
	const struct range *r = find_range(s, addr);
	struct file_truth *f = r && r->flags & TRUTH_SHARED ? find_file(t, r->inode) : NULL;
	u32 index = r && f ? file_page(r, addr) : addr >> PAGE_SHIFT;
	struct pages *pages = f ? &f->pages : s ? &s->pages : NULL;
	struct stored *page;

	if (!r || !(r->flags & TRUTH_WRITE)) {
		lost(t, r ? "a store to a read-only page went through"
			  : "a store where nothing is mapped went through",
		     (struct loss){ .space = space, .at = addr, .word = word, .found_word = value,
				    .found_tag = tag });
		return;
	}
	store_to(t, pages, index, expect_mapped(t, s, r, addr), tag);
	page = find_page(pages, index);
	if (page && word)
		store_word(t, page, addr & ~PAGE_MASK, value);
}

static bool compare(struct truth *t, struct expected want, struct loss loss)
{
	loss.want_tag = want.tag;
	if (loss.word)
		loss.want_word = word_at(want.stored, loss.at & ~PAGE_MASK);
	if (loss.found_tag == loss.want_tag && loss.found_word == loss.want_word)
		return true;
	return lost(t, "content was lost", loss);
}

bool truth_load(struct truth *t, u32 space, u32 addr, bool word, u32 value, u64 tag)
{
	const struct space *s = find_space(t, space);
	const struct range *r = find_range(s, addr);
	struct loss loss = {
		.space = space, .at = addr, .word = word, .found_word = value, .found_tag = tag,
	};

	if (!r || !(r->flags & TRUTH_READ))
		return lost(t, r ? "a load from a page without access went through"
				 : "a load where nothing is mapped went through", loss);
	return compare(t, expect_mapped(t, s, r, addr), loss);
}

bool truth_file_load(struct truth *t, u32 inode, u32 pgoff, u32 off, u32 value, u64 tag)
{
	return compare(t, expect_file(t, inode, pgoff), (struct loss){
		.inode = inode, .at = (pgoff << PAGE_SHIFT) + off, .word = true,
		.found_word = value, .found_tag = tag,
	});
}

struct visit {
	void (*fn)(void *arg, u32 space, u32 inode, u32 page, u64 tag);
	void *arg;
	u32 space, inode;
};

static void visit_leaf(const struct leaf *leaf, u32 first, const struct visit *v)
{
	u32 i;

	for (i = 0; i < LEAF_PAGES; i++)
		if (leaf->page[i].tag)
			v->fn(v->arg, v->space, v->inode, first + i, leaf->page[i].tag);
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

static void visit_pages(const struct pages *pages, const struct visit *v)
{
	u32 i;

	for (i = 0; (i = next_bit(pages->there, i, TOP_MIDS)) < TOP_MIDS; i++)
		visit_mid(pages->mid[i], i * MID_PAGES, v);
}

void truth_each(const struct truth *t,
		void (*fn)(void *arg, u32 space, u32 inode, u32 page, u64 tag), void *arg)
{
	const struct file_truth *f;
	const struct space *s;

	for (s = t->spaces; s; s = s->next)
		visit_pages(&s->pages, &(struct visit){ fn, arg, s->id, 0 });
	for (f = t->files; f; f = f->next)
		visit_pages(&f->pages, &(struct visit){ fn, arg, 0, f->inode });
}

/* -- the report ------------------------------------------------------------------------------- */

static int describe_place(const struct machine *m, const struct loss *l, char *buf, size_t n)
{
	if (l->inode)
		return snprintf(buf, n, "file %u at offset %u", l->inode, l->at);
	return snprintf(buf, n, "%s (pid %u) at %08x", thread_name(m, l->space), l->space, l->at);
}

int truth_describe(const struct machine *m, char *buf, size_t n)
{
	const struct loss *l = &m->truth->loss;
	char place[64];

	describe_place(m, l, place, sizeof(place));
	if (l->word && l->want_word != l->found_word)
		return snprintf(buf, n, "%s: expected the word %u, found %u", place, l->want_word,
				l->found_word);
	return snprintf(buf, n, "%s: expected content %llu, found content %llu", place,
			(unsigned long long)l->want_tag, (unsigned long long)l->found_tag);
}
